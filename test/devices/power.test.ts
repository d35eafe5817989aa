import { describe, expect, it } from "vitest";
import { BusError, DmaDirection, exynos4210, Machine, type Profile } from "../../src/index.js";
import { NO_HANDLE, Op } from "../../src/trace/opcodes.js";

function make(profile: Profile = "v6.1") {
  const machine = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 }, profile });
  const fimc0 = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(fimc0);
  const pa = machine.memory.alloc(4096)!;
  machine.cpu.write(pa, Uint8Array.of(1, 2, 3, 4));
  const dma = fimc0.dma.mapSingle(pa, 4096, DmaDirection.ToDevice);
  return { machine, fimc0, mmu: machine.sysmmu("fimc0"), pa, dma };
}

describe("power domains", () => {
  it("off and on as the kernel does it: suspended, lost, programmed anew", () => {
    for (const profile of ["v4.4", "v6.1"] as const) {
      const { machine, fimc0, mmu, dma } = make(profile);
      fimc0.read(dma, 4);
      const base = mmu.peekUint32(0x14);
      const { misses } = mmu.statistics();
      machine.power.off("CAM");
      expect(machine.power.isOn("CAM")).toBe(false);
      expect([mmu.peekUint32(0), mmu.peekUint32(4), mmu.peekUint32(0x14)]).toEqual([0, 0, 0]);
      machine.power.on("CAM");
      expect(mmu.peekUint32(0)).toBe(5);
      expect(mmu.peekUint32(0x14)).toBe(base);
      expect([...fimc0.read(dma, 4)]).toEqual([1, 2, 3, 4]);
      expect(mmu.statistics().misses).toBe(misses + 1); // the translation cache was lost too
    }
  });

  it("abruptly: the System MMU comes back off and its master goes past it", () => {
    const { machine, fimc0, mmu, pa, dma } = make();
    machine.power.off("CAM", { abrupt: true });
    machine.power.on("CAM", { abrupt: true });
    expect(mmu.peekUint32(0)).toBe(0);
    expect(fimc0.read(dma, 4).length).toBe(0);
    expect(fimc0.lastAccess.status).toBe("bus-error"); // 0x20000000 is no DRAM
    machine.cpu.barrier();
    expect(fimc0.read(pa, 4).length).toBe(4);
    expect(mmu.statistics().bypassed).toBeGreaterThan(0);
  });

  it("register access without power is a bus error, peek and counters are not", () => {
    const { machine, mmu } = make();
    const before = mmu.statistics().registerReads;
    machine.power.off("CAM");
    const during = mmu.statistics().registerReads;
    expect(() => mmu.readUint32(0x34)).toThrow(BusError);
    expect(() => mmu.readUint32(0x34)).toThrow(
      "fimc0: no answer at 0x34: power domain CAM is off (the real bus hangs)",
    );
    expect(() => mmu.writeUint32(0, 5)).toThrow(BusError);
    expect(mmu.statistics().registerReads).toBe(during);
    expect(during).toBeGreaterThanOrEqual(before);
    expect(mmu.peekUint32(0x34)).toBe(0x8000_0001);
    machine.sysmmu("g2d").readUint32(0x34); // LCD0
    machine.power.on("CAM");
    expect(mmu.readUint32(0x34)).toBe(0x8000_0001);
  });

  it("policy ignore: reads 0, writes dropped", () => {
    const { machine, mmu } = make();
    machine.power.policy = "ignore";
    machine.power.off("CAM");
    expect(mmu.readUint32(0x34)).toBe(0);
    mmu.writeUint32(0x14, 0x4000_0000);
    machine.power.on("CAM", { abrupt: true });
    expect(mmu.readUint32(0x14)).toBe(0);
    expect(() => {
      machine.power.policy = "hang" as "ignore";
    }).toThrow(/^policy must be one of bus-error, ignore/);
  });

  it("a parent takes its children along, a child brings its parent", () => {
    const { machine } = make();
    const { power } = machine;
    power.off("LCD0");
    expect([power.isOn("LCD0"), power.isOn("TV"), power.isOn("CAM")]).toEqual([false, false, true]);
    expect(() => machine.sysmmu("tv").readUint32(0)).toThrow("power domain TV is off");
    power.on("LCD0");
    expect([power.isOn("LCD0"), power.isOn("TV")]).toEqual([true, false]);
    power.off("LCD0");
    power.on("TV");
    expect([power.isOn("LCD0"), power.isOn("TV")]).toEqual([true, true]);
    expect(() => power.off("NOWHERE")).toThrow(/^domain must be one of CAM, TV/);
  });

  it("a circle of domains ends", () => {
    const powerDomains = exynos4210.powerDomains.map((d) =>
      d.name === "LCD0" ? { ...d, parent: "TV" } : d.name === "CAM" ? { ...d, parent: "CAM" } : d,
    );
    const machine = Machine.create({ soc: { ...exynos4210, powerDomains }, dram: { bytes: 16 << 20 } });
    for (const name of ["LCD0", "CAM"]) {
      machine.power.off(name);
      expect(machine.power.isOn(name)).toBe(false);
      machine.power.on(name);
      expect(machine.power.isOn(name)).toBe(true);
    }
  });

  it("power takes an interrupt with it", () => {
    const { machine, fimc0 } = make();
    machine.interrupts.enable("fimc0");
    fimc0.read(0x2080_0000, 4);
    expect(machine.interrupts.pending).toEqual([4]);
    machine.power.off("CAM");
    expect(machine.interrupts.pending).toEqual([]);
  });

  it("a master without power moves no byte and counts none", () => {
    const { machine, fimc0, dma } = make();
    machine.power.off("CAM");
    const before = fimc0.counters;
    expect(fimc0.read(dma, 4).length).toBe(0);
    expect(fimc0.write(dma, new Uint8Array(4))).toEqual({ done: 0, status: "bus-error" });
    expect(fimc0.counters).toEqual(before);
    machine.power.on("CAM");
    expect(fimc0.read(dma, 4).length).toBe(4);
  });

  it("op-stream records and the driver lose their accesses too, counted", () => {
    const { machine, fimc0, mmu, dma } = make("v3.6");
    const instance = mmu.index;
    const records = Uint32Array.of(
      ...[Op.RegWrite | (instance << 16), 0x24, 0x1234_5000, 0],
      ...[Op.RegRead | (instance << 16), 0x34, 0x8000_0001, 1],
      ...[Op.DevRead | (fimc0.index << 16), NO_HANDLE, dma, 4],
    );
    expect(machine.run(records)).toBe(3);
    expect(machine.statistics().replay).toMatchObject({ registersEqual: 1, registersDifferent: 0 });
    expect(fimc0.counters).toMatchObject({ reads: 1, busErrors: 0 });
    machine.power.off("CAM");
    expect(machine.run(records)).toBe(3);
    expect(machine.statistics().replay).toMatchObject({ registersEqual: 1, registersDifferent: 0 });
    expect(fimc0.counters).toMatchObject({ reads: 2, readBytes: 4, busErrors: 1 });
    expect(mmu.statistics().darkAccesses).toBe(2);
    // v3.6 knows nothing of the power going: its flush after an unmap meets a block that is off.
    const { registerWrites } = mmu.statistics();
    fimc0.dma.unmapSingle(dma, 4096, DmaDirection.ToDevice);
    expect(mmu.statistics().darkAccesses).toBeGreaterThan(2);
    expect(mmu.statistics().registerWrites).toBe(registerWrites);
    machine.power.on("CAM");
    machine.power.clockOff("smmu_fimc0");
    const { darkAccesses } = mmu.statistics();
    machine.run(records.subarray(0, 8));
    expect(mmu.statistics().darkAccesses).toBe(darkAccesses + 2);
    fimc0.dma.mapSingle(machine.memory.alloc(4096)!, 4096, DmaDirection.ToDevice);
    expect(mmu.statistics().darkAccesses).toBe(darkAccesses + 2);
  });

  it("a snapshot keeps what is off", () => {
    const { machine } = make();
    machine.power.off("CAM");
    machine.power.clockOff("smmu_g2d");
    const again = Machine.restore(machine.snapshot());
    expect(again.power.isOn("CAM")).toBe(false);
    expect(again.power.clockIsOn("smmu_g2d")).toBe(false);
    again.power.on("CAM");
    expect(again.sysmmu("fimc0").readUint32(0)).toBe(5);
    expect(machine.power.isOn("CAM")).toBe(false);
  });
});

describe("clocks", () => {
  it("without its own or its master's clock nothing answers and nothing is lost", () => {
    const { machine, mmu, fimc0, dma } = make();
    const ctrl = mmu.readUint32(0);
    for (const clock of ["smmu_fimc0", "fimc0"]) {
      machine.power.clockOff(clock);
      expect(machine.power.clockIsOn(clock)).toBe(false);
      expect(() => mmu.readUint32(0)).toThrow(`clock ${clock} is off`);
      expect(fimc0.read(dma, 4).length).toBe(0);
      machine.power.clockOn(clock);
      expect(mmu.readUint32(0)).toBe(ctrl);
      expect([...fimc0.read(dma, 4)]).toEqual([1, 2, 3, 4]);
    }
    expect(() => machine.power.clockOff("quartz")).toThrow(/^clock must be one of smmu_fimc0/);
  });

  it("the two ports of MFC have clocks of their own and one of the master", () => {
    const { machine } = make();
    machine.power.clockOff("smmu_mfcl");
    expect(() => machine.sysmmu("mfc_l").readUint32(0)).toThrow(BusError);
    machine.sysmmu("mfc_r").readUint32(0);
    machine.power.clockOff("mfc");
    expect(() => machine.sysmmu("mfc_r").readUint32(0)).toThrow("clock mfc is off");
  });
});
