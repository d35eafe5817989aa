// Buffers go back where they came from, once: to their machine, their device, as the object handed out.

import { expect, test } from "vitest";
import {
  type DmaAllocation,
  DmaDirection,
  exynos4210,
  Machine,
  type NoncoherentBuffer,
} from "../../src/index.js";

function setUp(): Machine {
  return Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 16 << 20 } });
}

test("an allocation of another machine is refused by free, mmap and getSgtable", () => {
  const [a, b] = [setUp().device("fimc0"), setUp().device("fimc0")];
  const mine = a.dma.alloc(4096)!;
  const theirs = b.dma.alloc(4096)!;
  for (const call of [() => a.dma.free(theirs), () => a.dma.mmap(theirs), () => a.dma.getSgtable(theirs)]) {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/allocation: it belongs to another machine/);
  }
  a.dma.free(mine);
  b.dma.free(theirs);
  expect(a.counters.live + b.counters.live).toBe(0);
});

test.each([undefined, null, 5, {}, "x"])("%s is no allocation", (value) => {
  const { dma } = setUp().device("fimc0");
  const wrong = value as unknown as DmaAllocation;
  for (const call of [() => dma.free(wrong), () => dma.mmap(wrong), () => dma.getSgtable(wrong)]) {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/^allocation must be a DmaAllocation/);
  }
});

test("a noncoherent buffer goes back once, to its device, as the object it was", () => {
  const machine = setUp();
  const { dma } = machine.device("fimc0");
  const used = machine.memory.used;
  const buffer = dma.allocNoncoherent(8192, DmaDirection.ToDevice)!;
  expect(dma.noncoherentBuffers).toEqual([buffer]);
  for (const wrong of [{ ...buffer }, null, undefined, 5]) {
    const call = () => dma.freeNoncoherent(wrong as NoncoherentBuffer);
    expect(call).toThrow(TypeError);
    expect(call).toThrow(/^buffer must be one that allocNoncoherent/);
  }
  expect(() => machine.device("fimc1").dma.freeNoncoherent(buffer)).toThrow(TypeError);
  expect(() => setUp().device("fimc0").dma.freeNoncoherent(buffer)).toThrow(TypeError);
  expect(() => Object.assign(buffer, { pa: 0 })).toThrow(TypeError);
  dma.freeNoncoherent(buffer);
  expect(() => dma.freeNoncoherent(buffer)).toThrow(TypeError);
  expect(machine.memory.used).toBe(used);
});

test("a restored machine reaches what is alive in it", () => {
  const machine = setUp();
  const device = machine.device("fimc0");
  const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 });
  const spare = machine.iommu.createMapping({ base: 0x3000_0000, size: 1 << 24 });
  mapping.attach(device);
  const first = device.dma.alloc(10_000, 0, { label: "ring" })!;
  first.write(5, Uint8Array.of(1, 2, 3));
  const other = machine.device("pdma0").dma.allocWritecombine(4096)!;
  const loose = device.dma.allocNoncoherent(4096, DmaDirection.FromDevice)!;
  expect(machine.allocations()).toEqual([first, other]);
  expect(machine.allocations(device)[0]).toBe(first);

  const again = Machine.restore(machine.snapshot());
  const restored = again.device("fimc0");
  const [ring] = again.allocations(restored);
  expect(ring).toMatchObject({
    dmaAddress: first.dmaAddress,
    size: 10_000,
    attrs: 0,
    runs: first.runs,
    memoryType: first.memoryType,
  });
  expect(again.allocations(restored)[0]).toBe(ring);
  expect([...ring!.read(5, 3)]).toEqual([1, 2, 3]);
  expect(again.allocations().map((a) => a.memoryType)).toEqual([first.memoryType, other.memoryType]);
  restored.dma.free(ring!);
  expect(() => restored.dma.free(ring!)).toThrow(/freed before/);
  const [buffer] = restored.dma.noncoherentBuffers;
  expect(buffer).toEqual(loose);
  restored.dma.freeNoncoherent(buffer!);
  expect(restored.counters.live).toBe(0);
  expect(again.allocations(restored)).toEqual([]);
  expect(again.iommu.mappings.map((m) => m.base)).toEqual([mapping.base, spare.base]);
  again.iommu.mappings[1]!.attach(again.device("fimc1"));
  expect(() => restored.dma.free(first)).toThrow(/another machine/);
});

test("mappings are listed until they are freed", () => {
  const machine = setUp();
  const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 });
  expect(machine.iommu.mappings).toEqual([mapping]);
  mapping.release();
  expect(machine.iommu.mappings).toEqual([]);
});
