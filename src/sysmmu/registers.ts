// Register tables of the System MMU by generation: data, with sources.
//
//   map A: 1.x, 2.x, 3.0/3.1, 3.2, 3.3          map B: 5.x (36-bit descriptors)
//
// Access: RO read only, RW, WO strobe (reads 0), W1C and W1S write one to clear and to set. Reset values are not
// published; all are 0 here but VERSION and capabilities (spec/sysmmu-hardware 1.5).
//
// Not modelled: map C (7.x, 9.x), which no Exynos4 has.

import { checkU32, hex } from "../check.js";
import { MAP_A, MAP_A_V1, MAP_A_V2, MAP_A_V31, MAP_A_V32, MAP_A_V33 } from "./registers-a.js";
import { MAP_B } from "./registers-b.js";

/** How software may use a register. */
export type RegisterAccess = "RO" | "RW" | "WO" | "W1C" | "W1S";

/** A bit field: `name` in bits high..low. */
export interface RegisterField {
  readonly name: string;
  readonly high: number;
  readonly low: number;
  readonly text: string;
}

/** One register of a generation's window. */
export interface RegisterDescription {
  readonly name: string;
  /** Byte offset in the 4 KiB window. */
  readonly offset: number;
  readonly access: RegisterAccess;
  readonly reset: number;
  readonly fields: readonly RegisterField[];
  /** Section of the hardware fact sheet, or who names it. */
  readonly source: string;
}

/** Hardware generations with a table. */
export const GENERATIONS = ["v1", "v2", "v3.1", "v3.2", "v3.3", "v5"] as const;
/** Name of a generation. */
export type Generation = (typeof GENERATIONS)[number];

/** Registers of each generation in order of offset. */
export const REGISTERS: Readonly<Record<Generation, readonly RegisterDescription[]>> = {
  v1: sorted(MAP_A, MAP_A_V1),
  v2: sorted(MAP_A, MAP_A_V2),
  "v3.1": sorted(MAP_A, MAP_A_V2, MAP_A_V31),
  "v3.2": sorted(MAP_A, MAP_A_V2, MAP_A_V32),
  "v3.3": sorted(MAP_A, MAP_A_V2, MAP_A_V33),
  v5: sorted(MAP_B),
};

function sorted(...tables: (readonly RegisterDescription[])[]): RegisterDescription[] {
  const byOffset = new Map<number, RegisterDescription>();
  for (const table of tables) for (const row of table) byOffset.set(row.offset, row);
  return [...byOffset.values()].sort((a, b) => a.offset - b.offset);
}

/**
 * Generation that a VERSION value names (spec/sysmmu-hardware 1.4): 0x80000001 is taken for 1.0, as
 * its driver does.
 */
export function generationOfVersion(version: number): Generation {
  if (version >>> 0 === 0x8000_0001) return "v1";
  const major = version >>> 28;
  const minor = (version >>> 21) & 0x7f;
  if (major <= 1) return "v1";
  if (major === 2) return "v2";
  if (major >= 5) return "v5";
  if (major === 4) return "v3.3";
  if (minor <= 1) return "v3.1";
  return minor === 2 ? "v3.2" : "v3.3";
}

/** "1.0" of a VERSION value, "1.0 (reads 0x80000001)" for the value that is no version. */
export function versionText(version: number): string {
  if (version >>> 0 === 0x8000_0001) return "1.0 (reads 0x80000001)";
  return `${version >>> 28}.${(version >>> 21) & 0x7f}`;
}

/**
 * Throws unless `value` is a MMU_VERSION whose hardware is modelled; returns it.
 * @throws RangeError naming those that are
 */
export function checkVersion(name: string, value: unknown): number {
  const version = checkU32(name, value);
  const major = version >>> 28;
  if (version === 0x8000_0001 || (major >= 1 && major <= 3) || major === 5) return version;
  throw new RangeError(
    `${name} must be of a modelled generation: 1.x (0x1…), 2.x (0x2…), 3.x (0x3…), 5.x (0x5…; major in bits 31:28, minor in 27:21) or 0x80000001, got ${hex(version)}`,
  );
}
