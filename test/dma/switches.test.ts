// Single switches: only values that a switch may have, and none of those, alone, brings the core down.

import { describe, expect, test } from "vitest";
import { SWITCH_RANGES } from "../../src/dma/profiles/ranges.js";
import { PROFILE_SWITCHES, PROFILES } from "../../src/dma/profiles.js";
import { exynos4210, IommuError, Machine, type MachineOptions } from "../../src/index.js";

const make = (options: Partial<MachineOptions>) =>
  Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 4 << 20 }, ...options });

function valuesOf(name: string): number[] {
  const range = SWITCH_RANGES[name] ?? 1;
  if (typeof range !== "number") return [...range];
  return range <= 31 ? Array.from({ length: range + 1 }, (_, i) => i) : [0, 1, 31, range];
}

test("every profile has values in range", () => {
  for (const [name, byProfile] of Object.entries(PROFILE_SWITCHES)) {
    const range = SWITCH_RANGES[name] ?? 1;
    for (const profile of PROFILES) {
      const value = byProfile[profile];
      const fits = typeof range === "number" ? value >= 0 && value <= range : range.includes(value);
      expect(fits, `${name} ${profile} ${value}`).toBe(true);
    }
  }
  for (const name of Object.keys(SWITCH_RANGES)) expect(PROFILE_SWITCHES).toHaveProperty(name);
});

test.each([
  [
    { SWITCH_IOVA_KIND: 5 },
    RangeError,
    /options\.switches\.SWITCH_IOVA_KIND must be in \[0x0, 0x4\], got 0x5/,
  ],
  [{ SWITCH_IOVA_KIND: -1 }, RangeError, /options\.switches\.SWITCH_IOVA_KIND/],
  [{ SWITCH_IOVA_KIND: "1" }, TypeError, /options\.switches\.SWITCH_IOVA_KIND must be a number/],
  [{ SWITCH_IOMMU_SIZES: 0x2000 }, RangeError, /options\.switches\.SWITCH_IOMMU_SIZES must be one of/],
  [{ toString: 1 }, TypeError, /options\.switches\.toString: there is no such option/],
  [
    { SWITCH_OF_MINE: 1 },
    TypeError,
    /options\.switches\.SWITCH_OF_MINE: there is no such option, there are SWITCH_IOVA_KIND/,
  ],
])("%j is refused", (switches, kind, said) => {
  const wrong = () => make({ switches: switches as unknown as Record<string, number> });
  expect(wrong).toThrow(kind);
  expect(wrong).toThrow(said);
});

describe.each(["v3.6", "v6.1"] as const)("profile %s", (profile) => {
  test.each(Object.keys(PROFILE_SWITCHES))("%s does no harm", (name) => {
    for (const value of valuesOf(name).filter((v) => v !== PROFILE_SWITCHES[name]![profile])) {
      const machine = make({ profile, switches: { [name]: value } });
      const pa = machine.memory.alloc(16 << 10)!;
      const mappingOf = (base: number) => {
        try {
          return machine.iommu.createMapping({ base, size: 1 << 22 });
        } catch (error) {
          // A granule may be larger than the space.
          expect(error).toBeInstanceOf(IommuError);
          return null;
        }
      };
      const mapping = mappingOf(0x2000_0000);
      for (const device of [machine.device("fimc0"), machine.device("pdma0")]) {
        if (device.sysmmus.length > 0) mapping?.attach(device);
        const { dma } = device;
        const single = dma.mapSingle(pa + 100, 5000, 1);
        if (!dma.mappingError(single)) {
          dma.syncSingleForCpu(single, 100, 1);
          device.read(single, 64);
          dma.unmapSingle(single, 5000, 1);
        }
        const list = [
          { pa, offset: 0, length: 4096 },
          { pa: pa + 8192, offset: 16, length: 100 },
        ];
        if (dma.mapSg(list, 0) > 0) dma.unmapSg(list, 0);
        for (const atomic of [false, true]) {
          const buffer = dma.alloc(20_000, 0, { atomic });
          if (buffer !== null) {
            dma.mmap(buffer);
            dma.free(buffer);
          }
        }
        if (device.sysmmus.length > 0 && mapping !== null) mapping.detach(device);
      }
      machine.findings();
      machine.dispose();
    }
  });
});
