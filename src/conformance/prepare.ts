// Cores for conformance runs: a fresh machine with the switches of one kernel.
//
// Not modelled: nothing.

import { type Core, coreConstant } from "../core/core.js";
import { loadCore } from "../core/load.js";
import { BOUNCE_SWITCHES } from "../dma/profiles/bounce.js";
import { CACHE_SWITCHES } from "../dma/profiles/cache.js";
import { DMA_SWITCHES } from "../dma/profiles/dma.js";
import { IOMMU_SWITCHES } from "../dma/profiles/iommu.js";
import { IOVA_SWITCHES } from "../dma/profiles/iova.js";

type SwitchTable = Readonly<Record<string, Readonly<Record<string, number>>>>;

const TABLES: readonly SwitchTable[] = [
  IOVA_SWITCHES,
  IOMMU_SWITCHES,
  CACHE_SWITCHES,
  DMA_SWITCHES,
  BOUNCE_SWITCHES,
];

/** A core with `dramBytes` of guest memory at `dramBase`; its switches are all 0. */
export function newCore(dramBase: number, dramBytes: number): Core {
  const core = loadCore();
  const error = core.exports.machineInit(dramBase, dramBytes, 0);
  if (error !== 0) throw new Error(`the engine gave no memory for a machine: errno ${error}`);
  return core;
}

/** Writes the switches of kernel `version`. Throws RangeError when there is no such profile. */
export function setProfile(core: Core, version: string): void {
  for (const table of TABLES) {
    for (const [name, row] of Object.entries(table)) {
      const value = row[version];
      if (value === undefined) throw new RangeError(`version must be a profile, got ${version}`);
      setSwitch(core, name, value);
    }
  }
}

/** Sets one switch by its name in assembly/abi.ts. */
export function setSwitch(core: Core, name: string, value: number): void {
  core.u32[(coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, name)] = value;
}
