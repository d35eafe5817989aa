// The kernels' bitmap rules against the slow model, the strange requests included.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coreConstant } from "../../src/core/core.js";
import { builds } from "../cores.js";
import { SlowSpace, type SlowVersion } from "../model/iova.js";
import { iovaCore } from "./core.js";

const MIB = 2 ** 20;
const versions: SlowVersion[] = ["v3.6", "v3.14", "v4.4", "v6.1"];

const spaces = fc.record({
  base: fc.constantFrom(0, 0x1000_0000, 0x2000_0000, 0xf800_0000, 0xffff_0000, 0x1000_0123),
  size: fc.oneof(
    fc.constantFrom(
      1,
      4095,
      4096,
      20 << 10,
      132 << 10,
      MIB,
      3_280_896,
      128 * MIB,
      200 * MIB,
      300 * MIB,
      2 ** 32,
      2 ** 32 + 1,
    ),
    fc.integer({ min: 4096, max: 4 * MIB }),
  ),
  order: fc.constantFrom(0, 0, 1, 4, 8),
  // CONFIG_ARM_DMA_IOMMU_ALIGNMENT may be 4 .. 9.
  cap: fc.constantFrom(8, 8, 4, 7, 9),
});
const size = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 40 }).map((pages) => pages * 4096) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 600 }).map((pages) => pages * 4096) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 140 }).map((mib) => mib * MIB) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 0xffff_f001, 0xffff_ffff, 0x8000_0000, 128 * MIB, 128 * MIB + 1),
  },
);
const op = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant("alloc" as const), size }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant("free" as const), pick: fc.nat() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("stray" as const),
      offset: fc.oneof(
        fc.integer({ min: -2, max: 70_000 }).map((page) => page * 4096),
        fc.integer({ min: -5000, max: 400_000 }),
      ),
      size,
    }),
  },
);

describe.each(builds)("kernel bitmaps, %s", (build) => {
  it.each(versions)("of %s allocate and free as the rules say", (version) => {
    const { core, iova } = iovaCore(build, version);
    const capAt = (coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, "SWITCH_IOVA_ALIGN_CAP");
    fc.assert(
      fc.property(
        spaces,
        fc.array(op, { maxLength: 80, size: "max" }),
        ({ base, size: bytes, order, cap }, ops) => {
          if (version !== "v3.6") core.u32[capAt] = cap;
          const space = iova.iovaCreate(base, bytes >>> 0, Math.floor(bytes / 2 ** 32), order) >>> 0;
          let model: SlowSpace;
          try {
            model = new SlowSpace(version, base, bytes, order, cap);
          } catch (errno) {
            expect([space, iova.lastError()]).toEqual([0, errno]);
            return;
          }
          expect([iova.iovaBits(space), iova.iovaExtensions(space)]).toEqual([model.bits, model.extensions]);
          const live: { address: number; size: number }[] = [];
          for (const step of ops) {
            if (step.op === "alloc") {
              const address = iova.iovaAlloc(space, step.size) >>> 0;
              expect(address).toBe(model.alloc(step.size) ?? 0xffff_ffff);
              if (address !== 0xffff_ffff) live.push({ address, size: step.size });
            } else {
              const stray = step.op === "stray";
              if (!stray && live.length === 0) continue;
              const range = stray
                ? { address: (base + step.offset + 2 ** 32) % 2 ** 32, size: step.size }
                : live.splice(step.pick % live.length, 1)[0]!;
              expect(iova.iovaFree(space, range.address, range.size)).toBe(
                model.free(range.address, range.size),
              );
            }
          }
          const unit = 2 ** (version === "v3.6" || version === "v3.14" ? order : 0);
          expect(iova.iovaUsedPages(space)).toBe(model.used * unit);
          expect(iova.iovaBitmapCount(space)).toBe(model.rows.length);
          const runs = model.rows.flatMap((row) => row.runs());
          for (let i = model.rows.length; i < model.extensions; i++) runs.push(model.bits);
          expect(iova.iovaFreeRuns(space)).toBe(runs.length);
          expect(iova.iovaLargestFree(space)).toBe(Math.max(0, ...runs) * unit);
          iova.iovaDestroy(space);
        },
      ),
      { numRuns: 60 },
    );
  });

  // spec/dma-mapping 2.3, derived by hand.
  it("gives the addresses of the worked example", () => {
    const { iova } = iovaCore(build, "v6.1");
    const space = iova.iovaCreate(0x2000_0000, 0x4000_0000, 0, 0) >>> 0;
    const sizes = [0x1000, 0x2000, 0x1000, 0x3000, 0x10000, 0x180000, 0x100000, 0x1000, 0x5000];
    const addresses = [
      0x20000000, 0x20002000, 0x20001000, 0x20004000, 0x20010000, 0x20100000, 0x20300000, 0x20007000,
      0x20008000,
    ];
    expect(sizes.map((bytes) => iova.iovaAlloc(space, bytes) >>> 0)).toEqual(addresses);
  });

  it("adds a bitmap for every request that cannot fit", () => {
    const { iova } = iovaCore(build, "v6.1");
    const space = iova.iovaCreate(0, 0, 1, 0) >>> 0;
    for (let bitmaps = 2; bitmaps <= 32; bitmaps++) {
      expect(iova.iovaAlloc(space, 129 * MIB) | 0).toBe(-1);
      expect(iova.iovaBitmapCount(space)).toBe(bitmaps);
    }
    expect(iova.iovaAlloc(space, 129 * MIB) | 0).toBe(-1);
    expect(iova.iovaBitmapCount(space)).toBe(32);
    expect(iova.iovaFailures(space)).toBe(32);
    // The last bitmap of a space that ends at 4 GiB can never be freed into.
    expect(iova.iovaFree(space, 0xf800_0000, 4096)).toBe(1);
    expect(iova.iovaBugs(space)).toBe(1);
    iova.iovaDestroy(space);
  });
});
