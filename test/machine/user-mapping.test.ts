import { describe, expect, it } from "vitest";
import { DmaAttr, exynos4210, Machine, UserMapping } from "../../src/index.js";

function make(iommu: boolean): Machine {
  const m = Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 } });
  if (iommu) m.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(m.device("fimc0"));
  return m;
}

describe.each([true, false])("user mapping of a buffer (IOMMU %s)", (iommu) => {
  const m = make(iommu);
  const { dma } = m.device("fimc0");

  it("maps the pages of the buffer, not its bus address", () => {
    const buffer = dma.alloc(5 * 4096, iommu ? DmaAttr.NoKernelMapping : 0)!;
    const area = dma.mmap(buffer, { pgoff: 1, pages: 3 });
    if (!(area instanceof UserMapping)) throw new Error(`mmap returned ${area}`);
    expect(area.length).toBe(3 * 4096);
    expect(area.pages[0]).toBe(buffer.paOf(4096));
    if (iommu) expect(area.pages[0]).not.toBe(buffer.dmaAddress + 4096);
    area.write(4090, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]));
    m.cpu.barrier();
    expect([...m.device("fimc0").read(buffer.dmaAddress + 4096 + 4090, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...area.read(4090, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(() => area.read(area.length, 1)).toThrow(/outside/);
    expect(dma.mmap(buffer, { pgoff: 5 })).toBe(-6);
    expect(dma.mmap(buffer, { pgoff: 2, pages: 4 })).toBe(-6);
    dma.free(buffer);
    expect(() => dma.mmap(buffer)).toThrow(/freed before/);
    const { used } = m.memory;
    const next = m.memory.alloc(5 * 4096)!;
    for (const use of [() => area.read(0, 4), () => area.write(0, new Uint8Array(4))]) {
      expect(use).toThrow(TypeError);
      expect(use).toThrow(/allocation: it was freed before/);
    }
    m.memory.free(next, 5 * 4096);
    expect(m.memory.used).toBe(used);
  });

  it("has the memory type of its own attributes, and wants those of alloc behind an IOMMU", () => {
    const strong = Machine.create({
      soc: exynos4210,
      dram: { bytes: 32 << 20 },
      coherentMemory: "strongly-ordered",
    });
    const device = strong.device("fimc0");
    if (iommu) strong.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(device);
    const mapOf = (b: NonNullable<ReturnType<typeof device.dma.alloc>>, attrs?: number) =>
      device.dma.mmap(b, attrs === undefined ? {} : { attrs });
    const buffer = device.dma.allocCoherent(4096)!;
    const [plain, combined] = [mapOf(buffer), mapOf(buffer, DmaAttr.WriteCombine)];
    if (!(plain instanceof UserMapping) || !(combined instanceof UserMapping)) throw new Error("no mmap");
    expect([plain.memoryType, combined.memoryType]).toEqual(["strongly-ordered", "bufferable"]);
    combined.write(0, Uint8Array.of(1));
    expect(device.read(buffer.dmaAddress, 1)[0]).toBe(0); // waits in the write buffer
    plain.write(4, Uint8Array.of(2));
    expect(device.read(buffer.dmaAddress + 4, 1)[0]).toBe(2);
    const cookie = device.dma.alloc(4096, DmaAttr.NoKernelMapping)!;
    const wrong = [mapOf(cookie, 0), mapOf(buffer, DmaAttr.NoKernelMapping)];
    if (iommu) expect(wrong).toEqual([-6, -6]);
    else expect(wrong.every((w) => w instanceof UserMapping)).toBe(true);
    // Freed with other attributes: nothing happens behind an IOMMU, the buffers stay.
    expect(device.dma.free(cookie, 0)).toBe(!iommu);
    expect(device.dma.free(buffer, DmaAttr.NoKernelMapping)).toBe(!iommu);
    expect(strong.statistics().live).toBe(iommu ? 2 : 0);
    expect(strong.statistics().counters["COUNT_FREE_ATTRIBUTES"]).toBe(iommu ? 2 : 0);
    if (iommu) {
      expect(device.dma.free(cookie)).toBe(true);
      expect(device.dma.free(buffer)).toBe(true);
    }
    expect(strong.statistics().live).toBe(0);
  });

  it("lists the memory of the buffer", () => {
    const buffer = dma.alloc(3 * 4096 + 100)!;
    if (iommu) {
      const list = dma.getSgtable(buffer);
      if (!Array.isArray(list)) throw new Error(`getSgtable returned ${list}`);
      expect(list.reduce((sum, entry) => sum + entry.length, 0)).toBe(3 * 4096 + 100);
      expect(list[0]!.pa).toBe(buffer.paOf(0));
    }
    dma.free(buffer);
  });
});
