import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, IommuError, IovaSpace, Machine, PROFILES } from "../../src/index.js";
import { IOVA_ALLOCATORS, type IovaAllocator } from "../../src/iova/allocators.js";

const { ToDevice } = DmaDirection;
const BASE = 0x2000_0000;
const SIZE = 16 << 20;

/** Sizes mapped and unmapped, so that placements differ from one allocator to the next. */
const PLAN = [1, 3, 17, 2, -1, 5, 1, -0, 33, 1, -2, 2, 8, -5, 8].map((n) => n);

describe.each(PROFILES)("createMapping on %s", (profile) => {
  it.each(IOVA_ALLOCATORS)("%s: places as the allocator alone does, and holds a snapshot", (allocator) => {
    const m = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 }, profile });
    const device = m.device("fimc0");
    const mapping = m.iommu.createMapping({ base: BASE, size: SIZE, allocator });
    expect(mapping.allocator).toBe(allocator);
    mapping.attach(device);
    const alone = IovaSpace.create({ base: BASE, size: SIZE, profile, allocator });
    const pa = m.memory.alloc(64 * 4096)!;
    const held: [number, number][] = [];
    for (const step of PLAN) {
      if (step > 0) {
        const got = device.dma.mapSingle(pa, step * 4096, ToDevice);
        expect(got).toBe(alone.alloc(step * 4096));
        held.push([got, step * 4096]);
      } else {
        const [at, bytes] = held.splice(-step, 1)[0]!;
        device.dma.unmapSingle(at, bytes, ToDevice);
        expect(alone.free(at, bytes)).toBe("freed");
      }
    }
    expect(mapping.figures.used).toBe(alone.usedPages);
    expect(device.read(held[0]![0], 4)).toHaveLength(4);
    const again = Machine.restore(m.snapshot());
    const restored = again.device("fimc0");
    expect(restored.mapping!.allocator).toBe(allocator);
    expect(restored.dma.mapSingle(pa, 4096, ToDevice)).toBe(alone.alloc(4096));
  });
});

describe("createMapping", () => {
  it("follows the profile where no allocator is named", () => {
    for (const profile of PROFILES) {
      const m = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 }, profile });
      const mapping = m.iommu.createMapping({ base: BASE, size: SIZE });
      expect(mapping.allocator).toBeNull();
      mapping.attach(m.device("fimc0"));
      const pa = m.memory.alloc(8192)!;
      const { dma } = m.device("fimc0");
      dma.mapSingle(pa, 4096, ToDevice);
      // gen_pool's granule is 64 KiB.
      expect(dma.mapSingle(pa, 4096, ToDevice)).toBe(BASE + (profile === "rfc2011" ? 0x1_0000 : 0x1000));
    }
  });

  it("names the allocators there are, and what the kernel refuses", () => {
    const m = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 } });
    expect(() => m.iommu.createMapping({ allocator: "slab" as IovaAllocator })).toThrow(
      /options.allocator must be one of bitmap, gen-pool, range-tree, range-cache, own, got "slab"/,
    );
    expect(() => m.iommu.createMapping({ size: 2 ** 33, allocator: "range-tree" })).toThrow(IommuError);
  });
});
