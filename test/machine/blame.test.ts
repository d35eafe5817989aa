// Whom findings and explanations name: lists by their segments, buffers that end right before a fault.

import { expect, test } from "vitest";
import { DmaDirection, exynos4210, Machine } from "../../src/index.js";

function setUp(): Machine {
  return Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 16 << 20 } });
}

test("a list without an IOMMU is blamed for its segments, not for what lies between", () => {
  const machine = setUp();
  const device = machine.device("pdma0");
  const list = [
    { pa: 0x4010_0000, offset: 0, length: 4096 },
    { pa: 0x4080_0000, offset: 0x100, length: 0x200 },
  ];
  expect(device.dma.mapSg(list, DmaDirection.ToDevice, 0, "list")).toBe(2);
  const holder = (iova: number) => machine.explain(device, iova).holder?.label ?? null;
  expect(holder(0x4010_0fff)).toBe("list");
  expect(holder(0x4010_1000)).toBe(null);
  expect(holder(0x4080_0100)).toBe("list");
  expect(holder(0x4080_02ff)).toBe("list");
  expect(holder(0x4070_0000)).toBe(null);
  expect(machine.liveMappings()[0]?.ranges).toEqual([
    { dmaAddress: 0x4010_0000, length: 4096 },
    { dmaAddress: 0x4080_0100, length: 0x200 },
  ]);
  device.dma.unmapSg(list, DmaDirection.ToDevice);
  expect(machine.explain(device, 0x4080_0100)).toMatchObject({ holder: null, lastHolder: { label: "list" } });
  expect(machine.explain(device, 0x4010_1100).lastHolder).toBe(null);
});

test("the list of a dead mapping outlives the lists after it", () => {
  const machine = setUp();
  const device = machine.device("pdma0");
  for (let n = 0; n < 5000; n++) {
    const list = [
      { pa: 0x4010_0000, offset: n % 4096, length: 1 },
      { pa: 0x4080_0000, offset: n % 4096, length: 2 },
    ];
    device.dma.mapSg(list, DmaDirection.ToDevice);
    device.dma.unmapSg(list, DmaDirection.ToDevice);
  }
  const dead = machine.deadMappings();
  expect(dead.length).toBeGreaterThan(1000);
  for (const [i, m] of dead.entries()) {
    const n = 5000 - dead.length + i;
    expect(m.ranges).toEqual([
      { dmaAddress: 0x4010_0000 + (n % 4096), length: 1 },
      { dmaAddress: 0x4080_0000 + (n % 4096), length: 2 },
    ]);
  }
});

test("an access past the end of a buffer names that buffer", () => {
  const machine = setUp();
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 }).attach(device);
  const pa = machine.memory.alloc(4096) ?? 0;
  const iova = device.dma.mapSingle(pa, 4096, DmaDirection.ToDevice, 0, "frame");
  expect(device.read(iova, 5000).length).toBe(4096);
  const [finding] = machine.findings();
  expect(finding).toMatchObject({ kind: "fault", mapping: null, neighbour: { label: "frame" } });
  expect(finding?.message).toMatch(/right before it ends mapping 1 \(frame/);
  const explained = machine.explain(device, iova + 4096);
  expect(explained).toMatchObject({ holder: null, neighbour: { label: "frame" } });
  expect(explained.text).toMatch(/right before it ends mapping 1 \(frame/);
  expect(machine.explain(device, iova + 8192).neighbour).toBe(null);
});
