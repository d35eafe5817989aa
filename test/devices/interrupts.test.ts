import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, exynos4412, Machine } from "../../src/index.js";

function make(soc = exynos4210) {
  const machine = Machine.create({ soc, dram: { bytes: 16 << 20 } });
  const attach = (name: string) => {
    const device = machine.device(name);
    machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(device);
    return device;
  };
  const told: [number, boolean][] = [];
  machine.interrupts.onInterrupt = (spi, level) => told.push([spi, level]);
  return { machine, attach, told };
}

describe("interrupts", () => {
  it("a fault reaches the GIC when the combiner lets it through", () => {
    const { machine, attach, told } = make();
    const fimc0 = attach("fimc0");
    const mmu = machine.sysmmu("fimc0");
    fimc0.read(0x2000_0000, 4);
    expect(mmu.interrupt).toBe(true);
    expect(machine.interrupts.combiner!.readUint32(0x18)).toBe(1 << 2);
    expect(machine.interrupts.pending).toEqual([]);
    expect(machine.interrupts.enable("fimc0")).toBe(4);
    expect(machine.interrupts.pending).toEqual([4]);
    fimc0.abort();
    mmu.writeUint32(0x1c, mmu.readUint32(0x18));
    expect(machine.interrupts.level(4)).toBe(false);
    expect(told).toEqual([
      [4, true],
      [4, false],
    ]);
  });

  it("two faults of one group together: the level stays up until both are clear", () => {
    const { machine, attach, told } = make();
    const masters = ["fimc0", "fimc1"].map((name) => {
      machine.interrupts.enable(name);
      return attach(name);
    });
    for (const m of masters) m.write(0x2000_0000, new Uint8Array(4));
    expect(machine.interrupts.combiner!.readUint32(0x1c)).toBe(0b1100);
    for (const m of masters) m.abort();
    for (const name of ["fimc0", "fimc1"]) machine.sysmmu(name).writeUint32(0x1c, 0xff);
    expect(told).toEqual([
      [4, true],
      [4, false],
    ]);
  });

  it("a handler may repair and clear inside the callback", () => {
    const { machine, attach, told } = make();
    const jpeg = attach("jpeg");
    machine.interrupts.enable("jpeg");
    const mmu = machine.sysmmu("jpeg");
    const levels: boolean[] = [];
    mmu.onInterrupt = (level) => levels.push(level);
    let fixed = 0;
    machine.interrupts.onInterrupt = (spi, level) => {
      told.push([spi, level]);
      if (!level) return;
      const pa = machine.memory.alloc(4096)!;
      fixed = jpeg.dma.mapSingle(pa, 4096, DmaDirection.FromDevice);
      mmu.writeUint32(0x1c, mmu.readUint32(0x18));
    };
    // The access is walked again when the handler clears the fault: it ends well before the call returns.
    expect(jpeg.write(0x2000_0000, new Uint8Array(4))).toEqual({ done: 4, status: "ok" });
    expect(fixed).toBe(0x2000_0000);
    expect(jpeg.counters).toMatchObject({ accessFaults: 1, writeBytes: 4 });
    expect(told).toEqual([
      [4, true],
      [4, false],
    ]);
    expect(levels).toEqual([true, false]);
  });

  it("every System MMU of the tables arrives at the SPI of its group", () => {
    for (const soc of [exynos4210, exynos4412]) {
      const machine = Machine.create({ soc, dram: { bytes: 16 << 20 } });
      for (const { name, interrupt } of soc.sysmmus) {
        if (interrupt === null) {
          expect(() => machine.interrupts.enable(name)).toThrow(`the interrupt of ${name} is not known`);
          continue;
        }
        if (interrupt.kind !== "combiner") throw new Error("table");
        const spi = machine.interrupts.enable(name);
        expect(spi).toBe(soc.combiner!.spis[interrupt.group]);
        const { combiner } = machine.interrupts;
        expect(combiner!.enabled(interrupt.group, interrupt.bit)).toBe(true);
        machine.interrupts.disable(name);
        expect(combiner!.enabled(interrupt.group, interrupt.bit)).toBe(false);
      }
    }
  });

  it("the left port of MFC raises its own source", () => {
    const { machine, attach } = make();
    const mfc = attach("mfc");
    mfc.read(0x2000_0000, 4, 0);
    expect(machine.interrupts.combiner!.line(5, 5)).toBe(true);
    expect(machine.interrupts.combiner!.line(5, 6)).toBe(false);
    mfc.write(0x2000_0000, new Uint8Array(4), 1);
    expect(machine.interrupts.combiner!.line(5, 6)).toBe(true);
  });

  it("lines of blocks go to the GIC directly or through the combiner, and are ORed", () => {
    const { machine, told } = make();
    const { interrupts } = machine;
    expect(interrupts.enableLine("fimc0")).toBe(84);
    interrupts.setLine("fimc0", true);
    interrupts.setLine("fimc0", true);
    interrupts.setLine("ehci", true); // SPI 70, shared with ohci
    interrupts.setLine("ohci", true);
    interrupts.setLine("ehci", false);
    expect(interrupts.pending).toEqual([70, 84]);
    interrupts.setLine("ohci", false);
    expect(interrupts.enableLine("fimd0", 1)).toBe(11);
    interrupts.setLine("fimd0", true, 1);
    interrupts.disableLine("fimd0", 1);
    expect(told).toEqual([
      [84, true],
      [70, true],
      [70, false],
      [11, true],
      [11, false],
    ]);
    expect(() => interrupts.setLine("nobody", true)).toThrow(/^device must be a device of exynos4210/);
    expect(() => interrupts.setLine("fimc0", true, 1)).toThrow(/^which must be/);
    expect(() => interrupts.enable("nobody")).toThrow(/^sysmmu must be one of fimc0/);
  });

  it("an op stream's fault is acknowledged and leaves no level behind", () => {
    const { machine, attach } = make();
    const fimc0 = attach("fimc0");
    machine.interrupts.enable("fimc0");
    machine.run(Uint32Array.of(15 | (fimc0.index << 16), 0xffff_ffff, 0x2000_0000, 64));
    expect(machine.interrupts.pending).toEqual([]);
  });

  it("a snapshot keeps enables, levels and lines", () => {
    const { machine, attach } = make();
    const fimc0 = attach("fimc0");
    machine.interrupts.enable("fimc0");
    machine.interrupts.setLine("rotator", true);
    fimc0.read(0x2000_0000, 4);
    const again = Machine.restore(machine.snapshot());
    expect(again.interrupts.pending).toEqual([4, 83]);
    const told: [number, boolean][] = [];
    again.interrupts.onInterrupt = (spi, level) => told.push([spi, level]);
    again.device("fimc0").abort();
    again.sysmmu("fimc0").writeUint32(0x1c, 0xff);
    again.interrupts.setLine("rotator", false);
    expect(told).toEqual([
      [4, false],
      [83, false],
    ]);
    expect(machine.interrupts.pending).toEqual([4, 83]);
  });

  it("a description without combiner has none, and lines out of range are not wired", () => {
    const sysmmus = exynos4210.sysmmus.map((s) => ({
      ...s,
      interrupt: { kind: "combiner", group: 99, bit: 9 } as const,
    }));
    for (const combiner of [null, { base: 0, groups: 0, spis: [] }, exynos4210.combiner]) {
      const { machine, attach } = make({ ...exynos4210, sysmmus, combiner });
      attach("fimc0").read(0x2000_0000, 4);
      expect(machine.interrupts.pending).toEqual([]);
      expect(() => machine.interrupts.enable("fimc0")).toThrow(/has no source 99, 9/);
    }
  });
});
