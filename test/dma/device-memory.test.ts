import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DmaAllocation,
  DmaDirection,
  exynos4210,
  Machine,
  PROFILES,
  UserMapping,
} from "../../src/index.js";

function make(profile: (typeof PROFILES)[number] = "v6.1"): Machine {
  return Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 }, profile });
}

const NO_IOMMU = { ports: 0 };

describe("memory of a device's own", () => {
  it.each(PROFILES)("%s: serves allocations first, at its own bus address, zeroed", (profile) => {
    const m = make(profile);
    const device = m.addDevice("video", NO_IOMMU);
    const { dma } = device;
    const pa = m.memory.alloc(64 << 10)!;
    m.memory.poke(pa, new Uint8Array(8192).fill(0xaa));
    expect(dma.declareCoherentMemory(pa, 64 << 10, { dmaAddress: 0x1000_0000 })).toBe(0);
    const used = m.memory.used;
    const a = dma.alloc(5000)!;
    expect(a).toMatchObject({ dmaAddress: 0x1000_0000, cpu: "device-memory" });
    expect(a.memoryType).toBe(profile === "v6.1" ? "bufferable" : "strongly-ordered");
    expect(a.paOf(0)).toBe(pa);
    m.cpu.barrier();
    expect(m.memory.peek(pa, 8192).every((b) => b === 0)).toBe(true);
    a.write(4096, Uint8Array.of(1, 2));
    m.cpu.barrier();
    expect([...device.read(0x1000_1000, 2)]).toEqual([1, 2]);
    // 5 pages take 8, at a multiple of 8.
    const b = dma.alloc(5 * 4096)!;
    expect(b.dmaAddress).toBe(0x1000_8000);
    expect(dma.declaredMemory).toEqual({ pages: 16, used: 10, buffers: 2 });
    expect(m.memory.used).toBe(used);
    const area = dma.mmap(b, { pgoff: 1, pages: 4 });
    if (!(area instanceof UserMapping)) throw new Error(`mmap returned ${area}`);
    expect(area.pages[0]).toBe(pa + 9 * 4096);
    expect(dma.mmap(b, { pgoff: 4, pages: 2 })).toBe(-6);
    dma.free(a);
    dma.free(b);
    expect(dma.declaredMemory).toEqual({ pages: 16, used: 0, buffers: 0 });
    expect(m.statistics().live).toBe(0);
    expect(m.statistics().counters["COUNT_DEVICE_MEMORY"]).toBe(2);
  });

  it.each(PROFILES)("%s: a full region passes the call on, unless it is exclusive", (profile) => {
    const m = make(profile);
    for (const exclusive of [false, true]) {
      const { dma } = m.addDevice(`video${exclusive}`, NO_IOMMU);
      const pa = m.memory.alloc(8192)!;
      expect(dma.declareCoherentMemory(pa, 8192, { exclusive })).toBe(0);
      expect(dma.alloc(8192)!.cpu).toBe("device-memory");
      const next = dma.alloc(4096);
      if (exclusive || profile === "v6.1") expect(next).toBeNull();
      else expect(next!.cpu).toBe("remap");
      expect(m.statistics().counters["COUNT_DEVICE_MEMORY_FULL"]).toBe(exclusive ? 2 : 1);
    }
  });

  it.each(PROFILES)("%s: behind an IOMMU it is looked at since v4.3 only, and never for mmap", (profile) => {
    const m = make(profile);
    const device = m.device("fimc0");
    const pa = m.memory.alloc(8192)!;
    expect(device.dma.declareCoherentMemory(pa, 8192)).toBe(0);
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(device);
    const buffer = device.dma.alloc(4096, 0, { label: "own" })!;
    const wrapper = profile === "v4.4" || profile === "v6.1";
    expect(buffer.cpu === "device-memory").toBe(wrapper);
    expect(buffer.dmaAddress).toBe(wrapper ? pa : 0x2000_0000);
    expect(device.dma.mmap(buffer) instanceof UserMapping).toBe(!wrapper);
    expect(m.liveMappings()).toMatchObject([{ label: "own", dmaAddress: buffer.dmaAddress }]);
    // Its bus address is not mapped: the SysMMU stops the master.
    device.write(buffer.dmaAddress, Uint8Array.of(1));
    expect(device.lastAccess.status).toBe(wrapper ? "fault" : "ok");
    device.dma.free(buffer);
    expect(m.liveMappings()).toEqual([]);
    expect(device.dma.declaredMemory.used).toBe(0);
    expect(device.mapping!.usedPages).toBe(0);
  });

  it("declares once, says why not, and is released", () => {
    const m = make();
    const { dma } = m.device("fimc0");
    const pa = m.memory.alloc(8192)!;
    expect(dma.declareCoherentMemory(pa, 0)).toBe(-22);
    expect(dma.declareCoherentMemory(pa, 4096)).toBe(0);
    expect(dma.declareCoherentMemory(pa, 4096)).toBe(-16);
    expect(() => dma.declareCoherentMemory(pa + 1, 4096)).toThrow(/pa must be a multiple of 0x1000/);
    expect(() => dma.declareCoherentMemory(0x1000, 4096)).toThrow(/is not in DRAM/);
    const lost = dma.alloc(4096)!;
    expect(dma.releaseDeclaredMemory()).toBe(1);
    expect(dma.releaseDeclaredMemory()).toBe(0);
    dma.free(lost);
    expect(m.statistics().counters["COUNT_DEVICE_MEMORY_GONE"]).toBe(1);
    expect(m.statistics().live).toBe(0);
    expect(dma.alloc(4096)!.cpu).toBe("remap");
    // Less than a page: a region in which nothing fits.
    const tiny = m.device("fimc1").dma;
    expect(tiny.declareCoherentMemory(pa, 100)).toBe(0);
    expect(tiny.alloc(100)).toBeNull();
  });

  it("is nobody else's: neither the allocator's nor another device's", () => {
    const m = make();
    const [one, two] = [m.device("fimc0").dma, m.device("fimc1").dma];
    const pa = m.memory.alloc(4 * 4096)!;
    expect(() => one.declareCoherentMemory(pa, 5 * 4096)).toThrow(/is free in part: take it by memory.alloc/);
    expect(() => one.declareCoherentMemory(pa + (4 << 20), 4096)).toThrow(RangeError);
    expect(one.declaredMemory.pages).toBe(0);
    expect(one.declareCoherentMemory(pa + 4096, 2 * 4096)).toBe(0);
    for (const [offset, bytes] of [
      [0, 8192],
      [8192, 8192],
      [4096, 4096],
      [0, 16384],
    ] as const) {
      const call = () => two.declareCoherentMemory(pa + offset, bytes);
      expect(call).toThrow(/is declared as memory of a device's own in part/);
    }
    expect(two.declareCoherentMemory(pa + 3 * 4096, 4096)).toBe(0);
    expect(() => m.memory.free(pa, 4 * 4096)).toThrow(/a device's own: dma.releaseDeclaredMemory\(\) first/);
    one.releaseDeclaredMemory();
    expect(() => m.memory.free(pa, 4 * 4096)).toThrow(TypeError);
    two.releaseDeclaredMemory();
    m.memory.free(pa, 4 * 4096);
    const kept = m.memory.base + (8 << 20);
    m.memory.reserve(kept, 8192);
    expect(one.declareCoherentMemory(kept, 8192)).toBe(0);
  });

  it("attributes do nothing there", () => {
    const m = make();
    const { dma } = m.device("fimc0");
    dma.declareCoherentMemory(m.memory.alloc(4096)!, 4096);
    dma.alloc(64, 0x10);
    expect(m.statistics().idleAttributes).toEqual([
      { call: "alloc", attribute: "NO_KERNEL_MAPPING", count: 1 },
    ]);
    expect(dma.mappingError(dma.mapSingle(m.memory.alloc(64)!, 64, DmaDirection.ToDevice))).toBe(false);
  });

  it("places as a flat bitmap does (bitmap_find_free_region)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.integer({ min: -8, max: 20 }), { maxLength: 60 }),
        (pages, steps) => {
          const m = make();
          const { dma } = m.device("fimc0");
          const pa = m.memory.alloc(pages * 4096)!;
          dma.declareCoherentMemory(pa, pages * 4096, { dmaAddress: 0, exclusive: true });
          const taken = new Array<boolean>(pages).fill(false);
          const held: [DmaAllocation, number, number][] = [];
          for (const step of steps) {
            if (step > 0) {
              let n = 1;
              while (n < step) n *= 2;
              let first = 0;
              while (first + n <= pages && taken.slice(first, first + n).includes(true)) first += n;
              const fits = first + n <= pages;
              const got = dma.alloc(step * 4096);
              if ((got?.dmaAddress ?? -1) !== (fits ? first * 4096 : -1)) return false;
              if (got !== null) {
                taken.fill(true, first, first + n);
                held.push([got, first, n]);
              }
            } else if (held.length > 0) {
              const [gone, first, n] = held.splice(-step % held.length, 1)[0]!;
              dma.free(gone);
              taken.fill(false, first, first + n);
            }
            if (dma.declaredMemory.used !== taken.filter(Boolean).length) return false;
          }
          m.dispose();
          return true;
        },
      ),
      { numRuns: 12 },
    );
  });
});
