// Faults: which bit, which address register, what is held and what lets it go.
import { describe, expect, it } from "vitest";
import { exynos4210, exynos4412, Machine } from "../../src/index.js";
import { GENERATIONS } from "../../src/sysmmu/registers.js";
import { builds, moduleOf } from "../cores.js";
import { FAULT, MEMORY, STALLED, Unit } from "./unit.js";

const OLD = GENERATIONS.filter((generation) => generation !== "v5");
const EAP = 5;

// Two entries that answer page 0x01: a small page cached first, then a large one over it.
function doubled(u: Unit): void {
  u.link(0);
  u.map(1, MEMORY + 0x3000);
  u.go(0x1000);
  u.large(0, MEMORY);
  u.go(0x2000);
}

describe.each(builds)("faults on the %s core", (build) => {
  it.each(OLD)("of %s: bits 0 to 7 and their address registers", (generation) => {
    const addresses = (u: Unit) => [0x24, 0x28, 0x2c, 0x30].map((offset) => u.peek(offset));
    const page = new Unit(build, generation);
    expect([page.go(0x1234), page.status, addresses(page)]).toEqual([FAULT, 1, [0x1234, 0, 0, 0]]);
    const write = new Unit(build, generation);
    expect([write.go(0x1234, true), write.status, addresses(write)]).toEqual([FAULT, 1, [0x1234, 0, 0, 0]]);
    const reserved = new Unit(build, generation);
    reserved.lv1(0, 0xffff_ffff);
    expect([reserved.go(4), reserved.status]).toEqual([FAULT, 1]);
    const multi = new Unit(build, generation);
    doubled(multi);
    expect([multi.go(0x1008), multi.status, addresses(multi)]).toEqual([FAULT, 2, [0, 0, 0x1008, 0]]);
    const multiWrite = new Unit(build, generation);
    doubled(multiWrite);
    expect([multiWrite.go(0x1008, true), multiWrite.status]).toEqual([FAULT, 4]);
    expect(addresses(multiWrite)).toEqual([0, 0x1008, 0, 0]);
    for (const broken of [0x9000_0001, 0x3fff_fc01]) {
      const bus = new Unit(build, generation);
      bus.lv1(0, broken);
      expect([bus.go(0x1234), bus.status, addresses(bus)]).toEqual([FAULT, 8, [0x1234, 0, 0, 0x1234]]);
    }
    const far = new Unit(build, generation);
    far.write(0x14, 0x9000_0000);
    expect([far.go(0x1234, true), far.status, addresses(far)]).toEqual([FAULT, 8, [0x1234, 0, 0, 0x1234]]);
    const rights = new Unit(build, generation);
    rights.write(4, EAP);
    rights.link(0);
    rights.map(0, MEMORY, 1, 1); // read only
    rights.map(1, MEMORY, 1, 0); // nothing
    expect([rights.go(0), rights.status]).toEqual([MEMORY, 0]);
    expect([rights.go(4, true), rights.status, addresses(rights)]).toEqual([FAULT, 0x80, [0, 4, 0, 0]]);
    expect([rights.go(0x1004), rights.status, addresses(rights)]).toEqual([FAULT, 0xa0, [0, 4, 0x1004, 0]]);
    // Without EAP nobody looks at the rights.
    rights.clear(0xff);
    rights.write(4, 1);
    expect([rights.go(4, true), rights.go(0x1004)]).toEqual([MEMORY + 4, MEMORY + 4]);
    const info = generation === "v3.3" ? [rights.peek(0x4c), write.peek(0x4c)] : [0, 1 << 20];
    expect(info).toEqual([0, 1 << 20]);
  });

  it("of 5.x: AR in bits 4:0, AW in 20:16, an address and an info register each", () => {
    const seen = (u: Unit) => [u.status, ...[0x70, 0x78, 0x80, 0x88].map((offset) => u.peek(offset))];
    const u = new Unit(build, "v5");
    expect([u.go(0x1234), ...seen(u)]).toEqual([FAULT, 2, 0x1234, 0, 0, 0]);
    expect([u.go(0x5678, true), ...seen(u)]).toEqual([FAULT, 0x2_0002, 0x1234, 0, 0x5678, 1 << 20]);
    u.clear(0x2_0002);
    u.lv1(0, 0xf000_0001); // a table above 4 GiB
    u.lv1(1, 7);
    expect([u.go(8), u.go(8, true), u.status]).toEqual([FAULT, FAULT, 0x1_0001]);
    u.clear(0x1_0001);
    expect([u.go(0x10_0000), u.status]).toEqual([FAULT, 2]);
    u.clear(2);
    doubled(u);
    expect([u.go(0x1000), u.go(0x1000, true), u.status]).toEqual([FAULT, FAULT, 0x4_0004]);
    u.clear(0x4_0004);
    u.flush();
    u.write(4, EAP);
    u.map(0, MEMORY, 1, 2); // write only
    u.map(1, MEMORY, 1, 1);
    expect([u.go(0, true), u.go(0x1000), u.status]).toEqual([MEMORY, MEMORY, 0]);
    expect([u.go(0), u.go(0x1000, true), u.status]).toEqual([FAULT, FAULT, 0x8_0008]);
  });

  it.each(GENERATIONS)(
    "of %s hold the master until INT_CLEAR, then the tables are read again",
    (generation) => {
      const u = new Unit(build, generation);
      u.link(0);
      expect([u.go(0x1000), u.read(8), u.core.sysmmuIrqLevel(0)]).toEqual([FAULT, 1, 1]);
      u.map(1, MEMORY);
      // Mended, but not acknowledged: still held, by a fault of its own for the other direction
      expect([u.go(0x1000), u.go(0x1000), u.count("held")]).toEqual([STALLED, STALLED, 2]);
      u.write(0, 5); // what drivers write last; it does not clear
      expect([u.go(0x1000), u.read(8)]).toEqual([STALLED, 1]);
      const v3 = generation.startsWith("v3");
      if (v3) u.flush(); // 3.x keeps the fault
      u.clear(u.status);
      expect([u.read(8), u.core.sysmmuIrqLevel(0), u.go(0x1000)]).toEqual([0, 0, MEMORY]);
      expect(u.count("walks")).toBe(2);
    },
  );

  it("let a held master pass untranslated when the MMU is switched off", () => {
    const u = new Unit(build, "v1");
    expect([u.go(0x1000), u.go(0x1000)]).toEqual([FAULT, STALLED]);
    u.write(0, 0);
    expect([u.go(0x1000), u.read(8), u.status]).toEqual([0x1000, 0, 1]);
    expect(u.core.sysmmuIrqLevel(0)).toBe(0); // CTRL.2 is clear
    // On again with the fault uncleared: the channel is free, finds the same fault and is held.
    u.write(0, 5);
    expect([u.go(0x1000), u.go(0x1000), u.count("held")]).toEqual([FAULT, STALLED, 2]);
  });

  it("keep one read and one write apart, and lose neither", () => {
    const u = new Unit(build, "v2", { l2: { sets: 4, ways: 2 } });
    u.write(4, EAP);
    u.link(0);
    u.map(0, MEMORY, 4, 1);
    u.map(8, MEMORY + 0x8000);
    u.map(1, MEMORY, 1, 0);
    expect([u.go(0x1000), u.go(0x2000, true), u.status]).toEqual([FAULT, FAULT, 0xa0]);
    expect([u.peek(0x2c), u.peek(0x28)]).toEqual([0x1000, 0x2000]);
    expect([u.go(0x1000), u.go(0x2000, true), u.go(0x3000)]).toEqual([STALLED, STALLED, STALLED]);
    u.clear(0x20); // the handler takes one cause at a time
    expect([u.status, u.core.sysmmuIrqLevel(0), u.go(0x1000), u.go(0x2000, true)]).toEqual([
      0x80,
      1,
      STALLED,
      STALLED,
    ]);
    u.clear(0x80);
    expect([u.go(0x3000), u.go(0x8000, true)]).toEqual([MEMORY + 0x3000, MEMORY + 0x8000]);
    expect(u.records().map((r) => (r as { bit: number }).bit)).toEqual([5, 7]);
  });

  it("hold the other direction without a fault when its address is good", () => {
    const u = new Unit(build, "v1");
    u.link(0);
    u.map(0, MEMORY);
    expect([u.go(0x5000), u.go(0, true), u.status]).toEqual([FAULT, STALLED, 1]);
    u.clear(1);
    expect(u.go(0, true)).toBe(MEMORY);
  });

  it("walk every descriptor type, and read past the bits that other masters use", () => {
    const u = new Unit(build, "v1", { l1: { sets: 1, ways: 32 } });
    u.lv1(0, 0x4010_0002 | (0x7_7dfc & ~(1 << 18))); // section with TEX, C, B, domain, S, nG... set
    for (let n = 16; n < 32; n++) u.lv1(n, 0x4504_0402);
    u.link(1);
    u.large(0x10, MEMORY + 0x2_0000);
    u.map(0x20, MEMORY + 0x5000);
    u.memory.put(0x4000_8000 + 0x21 * 4, (MEMORY + 0x6000) | 3 | 0xdec); // XN, TEX, S, nG, C, B
    expect(u.go(0xf_fffc)).toBe(0x401f_fffc);
    expect(u.go(0x123_4568)).toBe(0x4523_4568);
    expect(u.go(0x1fe_0004)).toBe(0x45fe_0004);
    expect(u.go(0x11_fffc)).toBe(MEMORY + 0x2_fffc);
    expect(u.go(0x12_0ffc)).toBe(MEMORY + 0x5ffc);
    expect(u.go(0x12_1008)).toBe(MEMORY + 0x6008);
    const five = new Unit(build, "v5", { l1: { sets: 1, ways: 32 } });
    for (const n of [2, 3]) five.lv1(n, 0x0420_0034); // 2 MiB
    for (let n = 16; n < 32; n++) five.lv1(n, 0xa450_0036); // 16 MiB above 4 GiB
    expect([five.go(0x21_2345), five.go(0x3f_2345)]).toEqual([0x4201_2345, 0x421f_2345]);
    expect([five.go(0x123_4567), five.core.sysmmuPaHigh(0)]).toEqual([0x4523_4567, 0xa]);
  });

  it("mark walks with CFG.5, whose 4 KiB table is taken for one of 16 KiB", () => {
    const u = new Unit(build, "v1");
    u.link(0);
    u.map(0, MEMORY, 2);
    u.go(0);
    u.write(4, 0x21);
    u.go(0x1000);
    expect([u.count("walks"), u.count("smallWalks")]).toEqual([2, 1]);
  });
});

it("a read and a write at fault raise the line once, and each clears alone", () => {
  const machine = Machine.create({ soc: exynos4412, dram: { bytes: 1 << 20 } });
  const mmu = machine.sysmmu("fimc0");
  const levels: boolean[] = [];
  mmu.onInterrupt = (level) => levels.push(level);
  mmu.writeUint32(0x14, 0x4000_4000);
  mmu.writeUint32(0, 5);
  const fimc = machine.device("fimc0");
  fimc.read(0x1000, 4);
  fimc.write(0x2000, new Uint8Array(4));
  expect(mmu.faults().map((f) => [f.va, f.write])).toEqual([
    [0x1000, false],
    [0x2000, true],
  ]);
  fimc.abort();
  mmu.writeUint32(0x1c, 1);
  expect(levels).toEqual([true, false]);
});

it("a held transaction is presented again after the handler has mended the table", () => {
  for (const build of builds) {
    const machine = Machine.create({ soc: exynos4210, dram: { bytes: 1 << 20 }, core: moduleOf(build) });
    const mmu = machine.sysmmu("fimc0");
    mmu.writeUint32(0x14, 0x4000_4000);
    mmu.writeUint32(0, 5);
    const fimc = machine.device("fimc0");
    machine.memory.poke(0x4000_0000, Uint8Array.of(1, 2, 3, 4));
    expect(fimc.read(0, 4)).toHaveLength(0);
    machine.memory.poke(0x4000_4000, new Uint8Array(Uint32Array.of(0x4000_0402).buffer));
    expect(fimc.read(0, 4)).toHaveLength(0);
    mmu.writeUint32(0x1c, mmu.readUint32(0x18));
    expect([...fimc.read(0, 4)]).toEqual([1, 2, 3, 4]);
  }
});
