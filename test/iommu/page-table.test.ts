import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, Machine, PageTable, PROFILES } from "../../src/index.js";

describe("a page table alone", () => {
  it("is what the v6.1 driver writes: the largest pages that fit, permissions, the shared empty table", () => {
    const t = PageTable.create();
    expect(t.entries()).toEqual([]);
    expect(t.map(0x2010_0000, 0x5010_0000, (1 << 20) + 65536 + 4096, "read")).toBe(0);
    expect(t.entries()).toMatchObject([
      { index: 0x201, value: 0x5010_8402, lv2: null },
      {
        index: 0x202,
        lv2: [...Array(16)]
          .map((_, index) => ({ index, value: 0x5020_0211 }))
          .concat([{ index: 16, value: 0x5021_0212 }]),
      },
    ]);
    expect(t.iovaToPhys(0x2021_0123)).toBe(0x5021_0123);
    expect(t.map(0x2010_0000, 0x6000_0000, 4096)).toBe(-98);
    expect(t.map(0x100, 0x6000_0000, 4096)).toBe(-22);
    expect(t.unmap(0x2010_0000, (1 << 20) + 65536 + 4096)).toBe((1 << 20) + 65536 + 4096);
    expect(t.iovaToPhys(0x2010_0000)).toBe(0);
    expect(t.entries()).toMatchObject([{ index: 0x202, lv2: [] }]);
  });

  it("knows the 36-bit format and the drivers without permissions", () => {
    const v5 = PageTable.create({ version: 0x5000_0000 });
    v5.map(0x1000, 0x4000_0000, 4096);
    expect(v5.entries()[0]!.lv2).toEqual([{ index: 1, value: 0x0400_000e }]);
    const old = PageTable.create({ profile: "v3.6" });
    old.map(0x1000, 0x4000_0000, 4096, "read");
    expect(old.entries()[0]!.lv2).toEqual([{ index: 1, value: 0x4000_0002 }]);
    expect(() => PageTable.create({ profile: "v9" as "v6.1" })).toThrow(/options\.profile/);
    expect(() => old.map(-1, 0, 4096)).toThrow(/iova/);
  });
});

describe("noncoherent memory", () => {
  it("is cached, zeroed, and wants syncs", () => {
    const m = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 } });
    const fimc0 = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(fimc0);
    const buffer = fimc0.dma.allocNoncoherent(5000, DmaDirection.Bidirectional)!;
    expect(buffer.size).toBe(8192);
    m.cpu.write32(buffer.pa, 0x1234_5678);
    fimc0.dma.syncSingleForDevice(buffer.dmaAddress, 8192, DmaDirection.Bidirectional);
    expect([...fimc0.read(buffer.dmaAddress, 8)]).toEqual([0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0]);
    fimc0.dma.freeNoncoherent(buffer);
    expect(m.statistics().live).toBe(0);
  });

  it.each(PROFILES)(
    "%s: gives the CPU the first turn: without a sync its zeros meet the device's bytes",
    (profile) => {
      for (const dir of [DmaDirection.Bidirectional, DmaDirection.ToDevice, DmaDirection.FromDevice]) {
        for (const correct of [true, false]) {
          const m = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 }, profile });
          const { dma } = m.device("fimc0");
          m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(m.device("fimc0"));
          const { dmaAddress, pa } = dma.allocNoncoherent(8192, dir)!;
          if (correct) dma.syncSingleForDevice(dmaAddress, 8192, dir);
          if (dir !== DmaDirection.ToDevice) m.device("fimc0").write(dmaAddress, Uint8Array.of(7));
          dma.syncSingleForCpu(dmaAddress, 8192, dir);
          if (dir !== DmaDirection.ToDevice && correct) expect(m.cpu.read(pa, 1)[0]).toBe(7);
          dma.freeNoncoherent(dma.noncoherentBuffers[0]!);
          const bad = !correct && dir !== DmaDirection.ToDevice;
          const kinds = m.findings().map((f) => f.kind);
          expect(kinds.includes("lost-device-write"), `${dir} ${correct} ${kinds}`).toBe(bad);
          if (!bad) expect(kinds).toEqual([]);
        }
      }
    },
  );
});
