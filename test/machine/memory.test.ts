// memory.free takes back what memory.alloc gave, whole and once.

import { expect, test } from "vitest";
import { exynos4210, Machine } from "../../src/index.js";

test("pages that were not given out, or not so, are not taken back", () => {
  const { memory } = setUp();
  const pa = memory.alloc(10_000)!;
  const used = memory.used;
  expect(() => memory.free(pa, 4096)).toThrow(/bytes: the allocation at 0x\w+ has 12288 bytes, got 4096/);
  expect(() => memory.free(pa + 4096, 4096)).toThrow(/pa: no allocation of memory\.alloc begins at/);
  expect(() => memory.free(memory.base + memory.bytes - 4096, 4096)).toThrow(RangeError);
  expect(memory.used).toBe(used);
  memory.free(pa, 10_000);
  expect(memory.used).toBe(used - 12_288);
  expect(() => memory.free(pa, 10_000)).toThrow(RangeError);
  const again = memory.alloc(4096)!;
  expect(memory.alloc(4096)).not.toBe(again);
});

test("page tables in use are not taken back", () => {
  const machine = setUp();
  machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 }).attach(machine.device("fimc0"));
  const table = (machine.sysmmu("fimc0").peekUint32(0x14) >>> 14) << 14;
  expect(() => machine.memory.free(table, 16 << 10)).toThrow(RangeError);
});

test("reserved pages stay reserved", () => {
  const { memory } = setUp();
  memory.reserve(memory.base + (8 << 20), 8192);
  expect(() => memory.free(memory.base + (8 << 20), 8192)).toThrow(RangeError);
});

function setUp(): Machine {
  return Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 16 << 20 } });
}
