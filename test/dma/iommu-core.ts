// Cores for the tests of the IOMMU dma ops: the switches of one kernel, a recorder below.
import { type Core, CoreInstance } from "../../src/core/core.js";
import type { CoreExports } from "../../src/core/exports.js";
import { CACHE_SWITCHES } from "../../src/dma/profiles/cache.js";
import { DMA_SWITCHES } from "../../src/dma/profiles/dma.js";
import { IOMMU_SWITCHES } from "../../src/dma/profiles/iommu.js";
import { IOVA_SWITCHES } from "../../src/dma/profiles/iova.js";
import { type Build, rawCore } from "../cores.js";

export const DRAM_BASE = 0x8000_0000;

/** A core under kernel `version`; `stub`: a recorder in the place of the IOMMU. */
export function iommuCore(build: Build, version: string, stub = true, dramBytes = 16 << 20): Core {
  const exports = rawCore<CoreExports>(build, dramBytes, DRAM_BASE);
  const constants: Record<string, number> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global) constants[name] = Number(value.value) >>> 0;
  }
  const core = new CoreInstance(exports, constants);
  for (const table of [IOVA_SWITCHES, IOMMU_SWITCHES, CACHE_SWITCHES, DMA_SWITCHES]) {
    for (const [name, row] of Object.entries(table as Record<string, Record<string, number>>)) {
      setSwitch(core, name, row[version]!);
    }
  }
  setSwitch(core, "SWITCH_IOMMU_STUB", stub ? 1 : 0);
  exports["cacheInit"](0, 0, 0, 0, 0, 0);
  return core;
}

/** Writes one switch. */
export function setSwitch(core: Core, name: string, value: number): void {
  core.u32[(core.constants["SWITCHES"]! >>> 2) + core.constants[name]!] = value;
}

/** A machine-wide counter. */
export function counter(core: Core, name: string): number {
  return core.views.u64(core.constants["COUNTERS"]! + 8 * core.constants[name]!);
}
