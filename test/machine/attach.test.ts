// Attaching and detaching: who can be, what the interrupt line does, what is left behind.

import { expect, test } from "vitest";
import { DmaDirection, exynos4210, IommuError, Machine, PROFILES } from "../../src/index.js";

function setUp() {
  const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 16 << 20 } });
  const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 });
  return { machine, mapping, device: machine.device("fimc0") };
}

test("a device without a SysMMU is unknown to the driver (ENODEV)", () => {
  const { machine, mapping } = setUp();
  const pdma = machine.device("pdma0");
  expect(() => mapping.attach(pdma)).toThrow(IommuError);
  expect(() => mapping.attach(pdma)).toThrow(/pdma0 has no SysMMU.*errno 19/);
  expect(pdma.mapping).toBe(null);
  expect(mapping.references).toBe(1);
  expect(pdma.dma.ops.name).toBe("linear");
});

test("the interrupt line follows the registers over detach, snapshot and attach", () => {
  const { machine, mapping, device } = setUp();
  mapping.attach(device);
  machine.interrupts.enable("fimc0");
  const told: [number, boolean][] = [];
  const line: boolean[] = [];
  machine.interrupts.onInterrupt = (spi, level) => told.push([spi, level]);
  machine.sysmmu("fimc0").onInterrupt = (level) => line.push(level);
  device.read(0x2000_0000, 4);
  expect(machine.interrupts.pending).toEqual([4]);
  mapping.detach(device);
  expect(machine.sysmmu("fimc0").interrupt).toBe(false);
  expect(machine.interrupts.pending).toEqual([]);
  expect(told).toEqual([
    [4, true],
    [4, false],
  ]);
  expect(line).toEqual([true, false]);
  expect(Machine.restore(machine.snapshot()).interrupts.pending).toEqual([]);
});

test("mappings that a detachment leaves behind are findings", () => {
  const { machine, mapping, device } = setUp();
  mapping.attach(device);
  const pa = machine.memory.alloc(8192)!;
  const kept = device.dma.mapSingle(pa, 4096, DmaDirection.ToDevice, 0, "kept");
  const undone = device.dma.mapSingle(pa + 4096, 4096, DmaDirection.ToDevice, 0, "undone");
  device.dma.unmapSingle(undone, 4096, DmaDirection.ToDevice);
  const leaks = () => machine.findings().filter((f) => f.kind === "leak");
  expect(leaks()).toEqual([]);
  mapping.detach(device);
  expect(leaks()).toMatchObject([{ device: "fimc0", iova: kept, mapping: { label: "kept" } }]);
  // In a new space the same address is another mapping.
  machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 }).attach(device);
  expect(device.dma.mapSingle(pa, 4096, DmaDirection.ToDevice, 0, "new")).toBe(kept);
  expect(leaks()).toMatchObject([{ mapping: { label: "kept" } }]);
});

test.each(PROFILES)(
  "%s: mappings from before the attachment are out of reach, and the books stay true",
  (profile) => {
    const machine = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 }, profile });
    const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 });
    const device = machine.device("fimc0");
    const pa = machine.memory.alloc(8192)!;
    const old = device.dma.mapSingle(pa, 4096, DmaDirection.ToDevice);
    mapping.attach(device);
    const used = mapping.usedPages;
    const mine = device.dma.mapSingle(pa, 4096, DmaDirection.ToDevice);
    const held = mapping.usedPages;
    expect(device.read(old, 4)).toHaveLength(0);
    expect(device.lastAccess.status).toBe("fault");
    device.abort();
    const live = () => {
      expect(device.counters.live).toBe(machine.statistics().live);
      expect(device.counters.liveBytes).toBe(4096 * machine.statistics().live);
      return machine.liveMappings().map((m) => m.dmaAddress);
    };
    expect(live()).toEqual([old, mine]);
    const unknown = () => machine.statistics().hazards.unknownUnmaps;
    device.dma.unmapSingle(old, 4096, DmaDirection.ToDevice);
    // Either the mapping has ended, or the call was one of no mapping: never half of both.
    expect(live()).toEqual(unknown() === 0 ? [mine] : [old, mine]);
    expect(mapping.usedPages).toBe(held);
    device.dma.unmapSingle(mine, 4096, DmaDirection.ToDevice);
    expect(live()).toEqual(unknown() === 0 ? [] : [old]);
    expect(mapping.usedPages).toBe(used);
  },
);

test("translateBatch goes through the port it names", () => {
  const { machine, mapping } = setUp();
  const mfc = machine.device("mfc");
  mapping.attach(mfc);
  const pa = machine.memory.alloc(4096)!;
  const iova = mfc.dma.mapSingle(pa, 4096, DmaDirection.ToDevice);
  const pas = new Uint32Array(1);
  const lookups = () => mfc.sysmmus.map((name) => machine.sysmmu(name).statistics().lookups);
  expect(mfc.sysmmus).toHaveLength(2);
  expect(machine.translateBatch(mfc, Uint32Array.of(iova), pas, "read", 1)).toBe(1);
  expect(pas[0]).toBe(pa);
  expect(lookups()).toEqual([0, 1]);
});
