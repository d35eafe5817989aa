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
