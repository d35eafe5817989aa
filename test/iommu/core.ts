// Cores for the tests of the IOMMU floor: a machine under one kernel with System MMUs and a master.
import { type Core, CoreInstance } from "../../src/core/core.js";
import type { IommuExports } from "../../src/core/exports/iommu.js";
import type { CoreExports } from "../../src/core/exports.js";
import { CACHE_SWITCHES } from "../../src/dma/profiles/cache.js";
import { IOMMU_SWITCHES } from "../../src/dma/profiles/iommu.js";
import { type Build, rawCore } from "../cores.js";

export const DRAM_BASE = 0x4000_0000;
export type KernelVersion = keyof typeof IOMMU_SWITCHES.SWITCH_DRIVER;

/** A core without switches set. */
export function plainCore(build: Build, base: number, bytes: number): Core {
  const exports = rawCore<CoreExports>(build, bytes, base);
  const constants: Record<string, number> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global) constants[name] = Number(value.value) >>> 0;
  }
  return new CoreInstance(exports, constants);
}

export interface Bench {
  readonly core: Core;
  readonly iommu: IommuExports;
  readonly device: number;
  readonly units: readonly number[];
}

/** A machine under kernel `version` with System MMUs that read `hardware` from VERSION, probed, not attached. */
export function bench(build: Build, version: KernelVersion, hardware = 0x3060_0000, units = 1): Bench {
  const core = plainCore(build, DRAM_BASE, 16 << 20);
  for (const table of [IOMMU_SWITCHES, CACHE_SWITCHES]) {
    for (const [name, row] of Object.entries(table as Record<string, Record<string, number>>)) {
      core.u32[(core.constants["SWITCHES"]! >>> 2) + core.constants[name]!] = row[version]!;
    }
  }
  const { exports } = core;
  const made = Array.from(
    { length: units },
    () => exports["sysmmuCreate"](hardware, 0, 0, 0, 0, 0, 0) as number,
  );
  const device: number = exports["deviceCreate"]();
  for (const unit of made) exports["deviceAddSysmmu"](device, unit);
  const iommu = exports as unknown as IommuExports;
  for (const unit of made) iommu.driverProbe(unit);
  return { core, iommu, device, units: made };
}

/** A machine-wide counter. */
export function counter(core: Core, name: string): number {
  return core.views.u64(core.constants["COUNTERS"]! + 8 * core.constants[name]!);
}

/** A word of guest DRAM, past the caches. */
export function dram32(core: Core, pa: number): number {
  return core.u32[(core.constants["DRAM"]! + (pa - DRAM_BASE)) >>> 2]!;
}
