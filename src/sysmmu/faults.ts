// Fault records of the core as objects, and the lines that drivers print for them.
//
// Record layout: assembly/abi.ts (64 bytes at FAULTS). Messages: spec/sysmmu-hardware 2.5.

import { type Core, coreConstant } from "../core/core.js";
import { generationOfVersion } from "./registers.js";

/** One fault of a System MMU, or the first use of a stale translation. */
export interface FaultRecord {
  /** Instance number of the SysMMU. */
  readonly instance: number;
  /** Where it was found: by the walk, in the translation cache, injected; "stale" is no fault. */
  readonly kind: "walk" | "tlb" | "injected" | "stale";
  /** Bit of INT_STATUS. */
  readonly bit: number;
  /** The driver's name of that bit, e.g. "PAGE FAULT". */
  readonly name: string;
  /** IO address of the access. */
  readonly va: number;
  readonly write: boolean;
  /** Descriptors the walk met: physical address and value, null where it did not come so far. */
  readonly lv1: { readonly pa: number; readonly value: number } | null;
  readonly lv2: { readonly pa: number; readonly value: number } | null;
  /** Mapping that holds (kind "stale": held) the address; 0 for none. */
  readonly owner: number;
  /** Level-1 table. */
  readonly ptBase: number;
  /** Sequence number. */
  readonly seq: number;
}

/** Names of INT_STATUS bits 0..7 of 1.x to 3.x. */
export const FAULT_NAMES = [
  "PAGE FAULT",
  "AR MULTI-HIT FAULT",
  "AW MULTI-HIT FAULT",
  "BUS ERROR",
  "AR SECURITY PROTECTION FAULT",
  "AR ACCESS PROTECTION FAULT",
  "AW SECURITY PROTECTION FAULT",
  "AW ACCESS PROTECTION FAULT",
] as const;

/** Names of 5.x, by bit modulo 16. */
export const FAULT_NAMES_V5 = [
  "PTW",
  "PAGE",
  "MULTI-HIT",
  "ACCESS PROTECTION",
  "SECURITY PROTECTION",
] as const;

const KINDS = ["walk", "tlb", "injected", "stale"] as const;
const NO_PA = 0xffff_ffff;

/** Name of INT_STATUS bit `bit` for hardware that reads `version`. */
export function faultName(bit: number, version: number): string {
  if (generationOfVersion(version) === "v5") {
    const name = FAULT_NAMES_V5[bit % 16];
    return name === undefined ? "UNKNOWN FAULT" : `${bit >= 16 ? "AW" : "AR"} ${name} FAULT`;
  }
  return FAULT_NAMES[bit] ?? "UNKNOWN FAULT";
}

/** The records of the ring for `instance` (all instances: null), oldest first; the ring keeps 1024. */
export function readFaults(core: Core, instance: number | null): FaultRecord[] {
  const words = core.u32;
  const head = words[0x30 >>> 2]!;
  const room = coreConstant(core, "FAULT_COUNT");
  const bytes = coreConstant(core, "FAULT_BYTES");
  const base = coreConstant(core, "FAULTS");
  const out: FaultRecord[] = [];
  for (let n = Math.max(0, head - room); n < head; n++) {
    const at = (base + (n % room) * bytes) >>> 2;
    if (instance !== null && words[at] !== instance) continue;
    const bit = words[at + 1]! & 0xff;
    const descriptor = (i: number) =>
      words[at + i] === NO_PA ? null : { pa: words[at + i]!, value: words[at + i + 1]! };
    out.push({
      instance: words[at]!,
      kind: KINDS[words[at + 1]! >>> 8] ?? "walk",
      bit,
      name: faultName(bit, words[at + 14]!),
      va: words[at + 2]!,
      write: words[at + 3] === 1,
      lv1: descriptor(4),
      lv2: descriptor(6),
      owner: words[at + 8]!,
      ptBase: generationOfVersion(words[at + 14]!) === "v5" ? words[at + 9]! * 4096 : words[at + 9]!,
      seq: core.views.u64(base + (n % room) * bytes + 0x28),
    });
  }
  return out;
}

/**
 * The lines that the Exynos IOMMU driver prints for a fault nobody handles: "v3.6" (2012 driver) or
 * "v6.1" (5.15 to 6.2 wording), `device` being the SysMMU's device name.
 */
export function driverMessage(fault: FaultRecord, device: string, driver: "v3.6" | "v6.1"): string[] {
  const hex = (n: number) => `0x${n.toString(16)}`;
  if (driver === "v3.6") {
    const lines = [`${fault.name} occurred at ${hex(fault.va)}(Page table base: ${hex(fault.ptBase)})`];
    if (fault.lv1 !== null) lines.push(`\tLv1 entry: ${hex(fault.lv1.value)}`);
    if (fault.lv2 !== null) lines.push(`\t Lv2 entry: ${hex(fault.lv2.value)}`);
    return [...lines, "Generating Kernel OOPS... because it is unrecoverable."];
  }
  const name = fault.name.replace(/ FAULT$/, "");
  const lines = [
    `${device}: ${name} FAULT occurred at ${hex(fault.va)}`,
    `Page table base: 0x${fault.ptBase.toString(16).padStart(8, "0")}`,
  ];
  if (fault.lv1 !== null) lines.push(`\tLv1 entry: ${hex(fault.lv1.value)}`);
  if (fault.lv2 !== null) lines.push(`\t Lv2 entry: ${hex(fault.lv2.value)}`);
  return lines;
}
