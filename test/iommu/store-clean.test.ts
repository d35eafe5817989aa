// The one-step store and clean of a word must leave what store, inner clean and outer clean leave:
// every byte of the machine and every counter, whatever state the lines are in.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Build, builds } from "../cores.js";
import { bench, DRAM_BASE } from "./core.js";

const IOVA = 0x1000_0000;

interface Step {
  readonly what: string;
  readonly page: number;
  readonly pages: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom("map", "map", "unmap", "unmap", "read", "write", "flush"),
  page: fc.integer({ min: 0, max: 40 }),
  pages: fc.constantFrom(1, 1, 1, 2, 16),
});

/** Runs the steps; with `watched`, a log group that nothing here uses keeps the one-step way off. */
function run(build: Build, policy: number, steps: readonly Step[], watched: boolean): Uint8Array {
  const { core, iommu, device } = bench(build, "v6.1", 0x1000_0000);
  const { exports } = core;
  exports["cacheInit"](2048, 4, 8192, 8, policy, 7);
  const domain = iommu.domainCreate() >>> 0;
  iommu.driverAttach(domain, device);
  const l1Pa = iommu.domainTable(domain) >>> 0;
  core.u32[(core.constants["HEADER"]! >>> 2) + 10] = watched ? 0x8000_0000 : 0;
  for (const { what, page, pages } of steps) {
    const iova = IOVA + page * 4096;
    if (what === "map") iommu.iommuMap(domain, iova, DRAM_BASE + (8 << 20) + page * 4096, pages * 4096, 3);
    else if (what === "unmap") iommu.iommuUnmap(domain, iova, pages * 4096);
    else if (what === "read") exports["cpuRead32"](l1Pa + page * 32);
    else if (what === "write") exports["cpuWrite32"](DRAM_BASE + (9 << 20) + page * 32, page);
    else exports["cacheFlushAll"]();
  }
  core.u32[(core.constants["HEADER"]! >>> 2) + 10] = 0;
  return core.u8.slice();
}

describe.each(builds)("store and clean in one step, %s core", (build) => {
  it.each([0, 1, 2])("is no different, replacement policy %i", (policy) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const quick = run(build, policy, steps, false);
        const slow = run(build, policy, steps, true);
        expect(Buffer.compare(quick, slow)).toBe(0);
      }),
      { numRuns: 12 },
    );
  });
});
