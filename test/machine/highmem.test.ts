import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, Machine, PROFILES } from "../../src/index.js";

const BASE = 0x4000_0000;
const HIGH = BASE + (8 << 20);
const soc = exynos4210;
const { ToDevice, FromDevice } = DmaDirection;

describe.each(PROFILES)("%s: memory without a linear mapping", (profile) => {
  it("is maintained through kmaps, page by page, with the right bytes", () => {
    const m = Machine.create({ soc, dram: { base: BASE, bytes: 16 << 20 }, profile, highmem: HIGH });
    const device = m.device("fimc0");
    const kmaps = () => m.statistics().counters["COUNT_KMAP_TEMPORARY"];
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(device);
    for (const [pa, pages] of [
      [HIGH - 3 * 4096, 0],
      [HIGH + 4096, 2],
    ] as const) {
      m.cpu.write(pa + 4094, Uint8Array.of(1, 2, 3, 4));
      const before = kmaps()!;
      const a = device.dma.mapSingle(pa + 16, 8192 - 16, ToDevice);
      expect(kmaps()! - before).toBe(pages);
      expect([...device.read(a + 4094 - 16, 4)]).toEqual([1, 2, 3, 4]);
      device.dma.unmapSingle(a, 8192 - 16, ToDevice);
      const b = device.dma.mapSingle(pa, 8192, FromDevice);
      device.write(b + 4095, Uint8Array.of(5, 6));
      const mapped = kmaps()!;
      device.dma.unmapSingle(b, 8192, FromDevice);
      expect(kmaps()! - mapped).toBe(pages);
      expect([...m.cpu.read(pa + 4094, 4)]).toEqual([1, 5, 6, 4]);
    }
    expect(m.findings()).toEqual([]);
    const restored = Machine.restore(m.snapshot());
    const again = restored.device("fimc0").dma;
    const before = restored.statistics().counters["COUNT_KMAP_TEMPORARY"]!;
    again.mapSingle(HIGH, 4096, ToDevice);
    expect(restored.statistics().counters["COUNT_KMAP_TEMPORARY"]! - before).toBe(1);
  });

  it("cannot be bounced by dmabounce, which says so; swiotlb copies it", () => {
    const m = Machine.create({ soc, dram: { base: BASE, bytes: 16 << 20 }, profile, highmem: HIGH });
    const device = m.device("fimc0");
    device.setOps("bounce", { force: true, poolBytes: 1 << 20 });
    const a = device.dma.mapSingle(HIGH, 64, ToDevice);
    expect(device.dma.mappingError(a)).toBe(profile !== "v6.1");
    expect(m.statistics().counters["COUNT_BOUNCE_REFUSED"]).toBe(profile === "v6.1" ? 0 : 1);
  });
});

it("starts at a page of DRAM, or nowhere", () => {
  const make = (highmem: number) => () =>
    Machine.create({ soc, dram: { base: BASE, bytes: 1 << 20 }, highmem });
  expect(make(BASE + 100)).toThrow(/options.highmem must be a multiple of 0x1000/);
  expect(make(BASE - 4096)).toThrow(/options.highmem must be in DRAM \[0x40000000, 0x40100000\]/);
  expect(make(BASE + (1 << 20) + 4096)).toThrow(RangeError);
  expect(make("high" as unknown as number)).toThrow(TypeError);
  expect(make(BASE + (1 << 20))).not.toThrow();
});
