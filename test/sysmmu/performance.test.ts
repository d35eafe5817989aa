// Performance counters by the event numbers that drivers of each generation use (spec/sysmmu-hardware 1.1).
import { describe, expect, it } from "vitest";
import type { Generation } from "../../src/sysmmu/registers.js";
import { PPC_EVENTS } from "../../src/sysmmu/registers-a.js";
import { builds } from "../cores.js";
import { FAULT, MEMORY, Unit } from "./unit.js";

const [PMNC, SET, CLEAR, INTENS, INTENC, FLAG, CCNT] = [0x800, 0x810, 0x820, 0x830, 0x840, 0x850, 0x900];
const select = (generation: Generation, n: number) => (generation === "v1" ? 0x40 : 0x58) + 4 * n;
const pmcnt = (n: number) => 0x910 + 0x10 * n;
const MAPS_A = ["v1", "v2", "v3.1", "v3.2", "v3.3"] as const;

function unit(build: "debug" | "release", generation: Generation): Unit {
  const l2 = generation === "v2" ? { sets: 8, ways: 2 } : null;
  const u = new Unit(build, generation, { l1: { sets: 1, ways: 2 }, l2, flpd: 2, buffers: 3 });
  u.link(0);
  u.map(0, MEMORY, 16);
  return u;
}

// Lookups, and who answers: reads 0, 1, 2 miss; 0 misses the first level of two entries; 2 and 2 hit.
// Then two writes, a hit and a miss.
function work(u: Unit): void {
  for (const page of [0, 1, 2, 0, 2, 2]) u.go(page * 4096);
  for (const page of [2, 5]) u.go(page * 4096, true);
}

const COUNTS: Record<Generation, Partial<Record<string, readonly [number, number]>>> = {
  v1: { TOTAL: [6, 2], TLB_MISS: [4, 1] },
  v2: { TOTAL: [6, 2], L1TLB_MISS: [4, 1], L2TLB_MISS: [3, 1] },
  "v3.1": { TOTAL: [6, 2], TLB_MISS: [4, 1] },
  "v3.2": { TOTAL: [6, 2], TLB_MISS: [4, 1] },
  "v3.3": { TOTAL: [6, 2], TLB_MISS: [4, 1], FLPD_CACHE_MISS: [1, 0] },
  v5: {},
};

describe.each(builds)("performance counters on the %s core", (build) => {
  it.each(MAPS_A)("of %s count the events by their numbers, reads and writes apart", (generation) => {
    for (const [name, counts] of Object.entries(COUNTS[generation])) {
      const numbers = (PPC_EVENTS[generation] as Record<string, readonly number[]>)[name]!;
      for (const direction of [0, 1]) {
        const u = unit(build, generation);
        u.write(4, 1 | (1 << 20));
        u.write(select(generation, 2), numbers[direction]!);
        u.write(PMNC, 1);
        u.write(SET, 1 << 2);
        work(u);
        expect([name, direction, u.read(pmcnt(2))]).toEqual([name, direction, counts![direction]]);
        expect([1, 3].map((n) => u.read(pmcnt(n)))).toEqual([0, 0]);
      }
    }
  });

  it.each(["v3.1", "v3.2", "v3.3"] as const)(
    "of %s count look-ups and misses of prefetch buffers",
    (generation) => {
      const events = PPC_EVENTS[generation];
      const u = unit(build, generation);
      if (generation === "v3.3") {
        u.write(0x40c, 1); // for reads
        u.write(0x414, 0xffff);
      } else {
        u.write(4, generation === "v3.1" ? 1 | (2 << 28) : 0x1_0001);
        u.write(generation === "v3.1" ? 0x50 : 0x74, 0xffff);
      }
      u.write(select(generation, 1), events.PB_LOOKUP[0]);
      u.write(select(generation, 2), events.PB_MISS[0]);
      u.write(select(generation, 3), events.PB_LOOKUP[1]);
      u.write(PMNC, 1);
      u.write(SET, 0xe);
      work(u);
      u.go(0x10_0000); // outside the window
      // one miss loads all sixteen pages
      expect([1, 2, 3].map((n) => u.read(pmcnt(n)))).toEqual([6, 1, generation === "v3.3" ? 0 : 2]);
    },
  );

  it("of 3.3 count descriptor misses that only prefetching made", () => {
    const u = unit(build, "v3.3");
    u.link(16);
    u.write(4, 1 | (1 << 20));
    u.write(0x40c, 0x1101);
    u.write(0x410, 0xff_0000);
    u.write(0x414, 0x100_ffff);
    u.link(15);
    u.map(0xff, MEMORY);
    u.write(select("v3.3", 0), 5);
    u.write(select("v3.3", 1), 4);
    u.write(PMNC, 1);
    u.write(SET, 3);
    expect(u.go(0xff_f000)).toBe(MEMORY); // the next block lies in a section that no walk has met
    expect([0, 1].map((n) => u.read(pmcnt(n)))).toEqual([1, 1]);
  });

  it("run only while PMNC.0 and their enable bit are set, and keep their value", () => {
    const u = unit(build, "v1");
    u.write(select("v1", 0), 5);
    u.write(select("v1", 3), 5);
    u.go(0);
    u.write(SET, 1);
    u.go(0);
    expect(u.read(pmcnt(0))).toBe(0); // PMNC is off
    u.write(PMNC, 1);
    u.go(0);
    u.write(SET, 8); // sets, does not replace
    u.go(0);
    expect([u.read(SET), u.read(CLEAR), u.read(pmcnt(0)), u.read(pmcnt(3))]).toEqual([9, 9, 2, 1]);
    u.write(CLEAR, 1);
    u.go(0);
    u.write(PMNC, 0);
    u.go(0);
    expect([u.read(SET), u.read(pmcnt(0)), u.read(pmcnt(3))]).toEqual([8, 2, 2]);
    u.write(PMNC, 1);
    u.write(SET, 1);
    u.go(0);
    expect([u.read(pmcnt(0)), u.read(pmcnt(3))]).toEqual([3, 3]);
  });

  it("go on from what is written to them, whichever event they follow next", () => {
    const u = unit(build, "v1");
    u.write(PMNC, 1);
    u.write(SET, 2);
    u.write(select("v1", 1), 5);
    u.write(pmcnt(1), 100);
    u.go(0);
    u.go(0x1000);
    expect(u.read(pmcnt(1))).toBe(102);
    u.write(select("v1", 1), 1); // TLB misses of reads
    u.go(0x1000);
    u.go(0x2000);
    expect(u.read(pmcnt(1))).toBe(103);
    u.write(select("v1", 1), 15); // no event
    u.go(0x3000);
    expect(u.read(pmcnt(1))).toBe(103);
  });

  it("run over into FLAG, which ones clear", () => {
    const u = unit(build, "v2");
    u.write(PMNC, 1);
    u.write(SET, 3);
    u.write(select("v2", 0), 5);
    u.write(select("v2", 1), 5);
    u.write(pmcnt(0), 0xffff_ffff);
    u.write(pmcnt(1), 0xffff_fffe);
    expect(u.read(FLAG)).toBe(0);
    u.go(0);
    expect([u.read(FLAG), u.read(pmcnt(0)), u.read(pmcnt(1))]).toEqual([1, 0, 0xffff_ffff]);
    u.go(0);
    expect([u.peek(FLAG), u.read(pmcnt(0))]).toEqual([3, 1]);
    u.write(FLAG, 1);
    expect(u.read(FLAG)).toBe(2);
    u.go(0);
    expect([u.read(FLAG), u.read(pmcnt(0))]).toEqual([2, 2]);
    u.write(PMNC, 0);
    expect(u.read(FLAG)).toBe(2);
  });

  it("store what has no effect: overflow interrupts, cycles", () => {
    const u = unit(build, "v3.3");
    u.write(INTENS, 5);
    u.write(INTENS, 2);
    u.write(INTENC, 1);
    u.write(CCNT, 77);
    u.write(PMNC, 1);
    u.go(0);
    expect([u.read(INTENS), u.read(INTENC), u.read(CCNT)]).toEqual([6, 6, 77]);
    expect(u.core.sysmmuIrqLevel(0)).toBe(0);
  });

  it("of 3.0/3.1: counter 0 follows nothing, PB1_EADDR lies over its event number", () => {
    const u = unit(build, "v3.1");
    u.write(0x58, 5);
    u.write(0x5c, 5);
    u.write(PMNC, 1);
    u.write(SET, 3);
    u.go(0);
    expect([u.read(0x58), u.read(pmcnt(0)), u.read(pmcnt(1))]).toEqual([5, 0, 1]);
  });

  it("count lookups that fault, and none of accesses that pass or are held", () => {
    const u = unit(build, "v1");
    u.write(PMNC, 1);
    u.write(SET, 1);
    u.write(select("v1", 0), 5);
    expect(u.go(0x10_0000)).toBe(FAULT);
    u.go(0x10_0000);
    u.write(0, 0);
    u.go(0);
    expect(u.read(pmcnt(0))).toBe(1);
  });

  it("count what a batch and a range do as single accesses", () => {
    const u = unit(build, "v2");
    u.write(PMNC, 1);
    u.write(SET, 15);
    for (const [n, event] of [5, 1, 3, 4].entries()) u.write(select("v2", n), event);
    u.batch([0, 0x1000, 0x2000, 0, 0x10], false);
    u.core.sysmmuAccess(0, 0x3000, 8192, 64, 1, 0, 0);
    expect([0, 1, 2, 3].map((n) => u.read(pmcnt(n)))).toEqual([5, 4, 3, 128]);
  });
});
