// The explanation of a walk: what it says, and that saying it changes nothing.
import { describe, expect, it } from "vitest";
import { exynos4412, Machine } from "../../src/index.js";
import { GENERATIONS } from "../../src/sysmmu/registers.js";
import { builds, moduleOf } from "../cores.js";
import { FAULT, MEMORY, Unit } from "./unit.js";

const OUT = 0x18_0000;

describe.each(builds)("explain on the %s core", (build) => {
  it.each(GENERATIONS)("of %s leaves no trace", (generation) => {
    const u = new Unit(build, generation, { l2: { sets: 4, ways: 2 }, flpd: 2, buffers: 3, fetch: 2 });
    u.write(4, 1 | (1 << 20));
    u.link(0);
    u.map(0, MEMORY, 2);
    u.go(0);
    u.core.sysmmuMarkStale(0, 0, 4096, 5);
    u.go(0x5000);
    const before = u.words.slice(0, OUT >>> 2);
    const caches = u.caches();
    for (const va of [0, 0x1000, 0x5000, 0x10_0000, 0xffff_f000]) u.core.sysmmuExplain(0, va, OUT);
    expect(u.words.slice(0, OUT >>> 2).every((word, n) => word === before[n])).toBe(true);
    expect(u.caches()).toEqual(caches);
  });

  it("tells the walk, what the caches would answer first, and why it fails", () => {
    const machine = Machine.create({
      soc: exynos4412,
      dram: { bytes: 1 << 20 },
      sysmmuVersion: 0x3060_0010,
      tlb: { fetch: 1, l2Sets: false },
      core: moduleOf(build),
    });
    const mmu = machine.sysmmu("fimc0");
    const poke = (pa: number, ...words: number[]) =>
      machine.memory.poke(pa, new Uint8Array(Uint32Array.from(words).buffer));
    poke(0x4000_4000, 0x4000_8001, 0x9000_0001, 0x4008_0402, 3);
    poke(0x4000_8000, 0x4000_0010 | 2, 0x4001_0211);
    expect(mmu.explain(0)).toContain("MMU off: the address passes unchanged");
    mmu.writeUint32(0x14, 0x4000_4000);
    mmu.writeUint32(4, 0x10_0004);
    mmu.writeUint32(0, 5);
    const text = (iova: number) => mmu.explain(iova).join("\n");
    expect(text(8)).toContain("level 2 at 0x40008000: 0x40000012");
    expect(text(8)).toContain("page of 4096 bytes: physical address 0x40000008, read and write");
    expect(text(0x1008)).toContain("page of 65536 bytes: physical address 0x40011008, read only");
    expect(text(0x2000)).toContain("fault descriptor: PAGE FAULT");
    expect(text(0x10_0000)).toContain("a descriptor lies outside memory: BUS ERROR");
    expect(text(0x20_0004)).toContain("page of 1048576 bytes: physical address 0x40000004");
    expect(text(0x30_0000)).toContain("fault descriptor");
    machine.device("fimc0").read(0, 4);
    poke(0x4000_8000, 0);
    expect(text(8)).toContain("the translation cache (level 1) answers first: page 0x40000000");
    expect(text(8)).toContain("the level-1 descriptor cache holds 0x40008001");
  });

  it("tells a multi-hit before it happens", () => {
    const u = new Unit(build, "v1");
    u.link(0);
    u.map(1, MEMORY);
    u.go(0x1000);
    u.large(0, MEMORY);
    u.go(0);
    u.core.sysmmuExplain(0, 0x1000, OUT);
    expect(u.words[(OUT + 36) >>> 2]).toBe(5);
    expect(u.go(0x1000)).toBe(FAULT);
  });
});
