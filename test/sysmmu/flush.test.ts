// What a write to a FLUSH register drops, per page size and generation: as many writes as the drivers
// of that generation make, and no fewer.
import { describe, expect, it } from "vitest";
import { GENERATIONS } from "../../src/sysmmu/registers.js";
import { builds } from "../cores.js";
import { FAULT, MEMORY, Unit } from "./unit.js";

// One entry before the second level, so that a page elsewhere takes it.
const SHAPE = { l1: { sets: 1, ways: 1 }, l2: { sets: 64, ways: 8 } };
const SIZES = [
  ["4 KiB", 1],
  ["64 KiB", 16],
  ["1 MiB", 256],
] as const;

function mapped(u: Unit, pages: number): void {
  if (pages === 256) u.lv1(0, u.section(MEMORY));
  else u.link(0);
  if (pages === 16) u.large(0, MEMORY);
  if (pages === 1) u.map(0, MEMORY);
  u.link(2, 1);
  u.map(0, MEMORY, 1, 3, 1);
  // Every page of it has been used, so every set has it that may.
  for (let n = 0; n < pages; n++) {
    expect(u.go(n * 4096)).toBe(MEMORY + n * 4096);
    elsewhere(u);
  }
}

function elsewhere(u: Unit): void {
  expect(u.go(0x20_0000)).toBe(MEMORY);
}

function unmapped(u: Unit, pages: number): void {
  if (pages === 256) u.lv1(0, 0);
  else u.unmap(0, pages);
}

describe.each(builds)("FLUSH on the %s core", (build) => {
  describe.each(GENERATIONS)("of %s", (generation) => {
    it.each(SIZES)("needs as many FLUSH_ENTRY for %s as its driver writes", (_size, pages) => {
      const writes = generation === "v2" ? Math.min(pages, 64) : 1;
      for (const made of [writes - 1, writes]) {
        const u = new Unit(build, generation, SHAPE);
        mapped(u, pages);
        unmapped(u, pages);
        for (let n = 0; n < made; n++) u.flushEntry(n * 4096);
        // The pages whose write has not been made are still there, and only they.
        const reached = Array.from({ length: pages }, (_, n) => {
          elsewhere(u);
          const pa = u.go(n * 4096);
          if (pa === FAULT) u.clear(u.status);
          return pa === MEMORY + n * 4096;
        });
        const left = reached.map((_, n) => (generation === "v2" ? n % 64 >= made : made === 0));
        expect(reached).toEqual(left);
      }
    });

    it("drops everything by FLUSH, one page by FLUSH_ENTRY", () => {
      const u = new Unit(build, generation, SHAPE);
      u.link(0);
      u.map(0, MEMORY, 3);
      for (const va of [0, 0x1000, 0x2000]) u.go(va);
      u.flushEntry(0x1000);
      u.unmap(0, 3);
      expect([u.go(0), u.go(0x2000), u.go(0x1000)]).toEqual([MEMORY, MEMORY + 0x2000, FAULT]);
      u.flush();
      u.clear(u.status);
      expect(u.go(0)).toBe(FAULT);
      expect(u.caches()).toMatchObject({ descriptors: {} });
    });

    it("drops what is cached while the MMU is off or blocked, too", () => {
      const u = new Unit(build, generation, SHAPE);
      u.link(0);
      u.map(0, MEMORY, 2);
      u.go(0);
      u.go(0x1000);
      u.unmap(0, 2);
      u.write(0, 0);
      u.write(0, 5);
      expect(u.go(0)).toBe(MEMORY); // off and on drops nothing
      u.write(0, 7);
      u.flushEntry(0);
      u.write(0, 0);
      u.flushEntry(0x1000);
      u.write(0, 5);
      expect(u.go(0)).toBe(FAULT);
      u.clear(u.status);
      expect(u.go(0x1000)).toBe(FAULT);
    });
  });

  it("of 5.x drops a range, both ends included and rounded to pages", () => {
    const u = new Unit(build, "v5", SHAPE);
    u.link(0);
    u.map(0, MEMORY, 5);
    for (let n = 0; n < 5; n++) u.go(n * 4096);
    u.unmap(0, 5);
    u.write(0x20, 0x1004);
    u.write(0x24, 0x3000);
    u.write(0x18, 1);
    expect([u.go(0), u.go(0x4000)]).toEqual([MEMORY, MEMORY + 0x4000]);
    for (const n of [1, 2, 3]) {
      expect(u.go(n * 4096)).toBe(FAULT);
      u.clear(u.status);
    }
    u.write(0x20, 0x4000);
    u.write(0x24, 0x2fff); // ends before it starts
    u.write(0x18, 1);
    expect([u.go(0), u.go(0x4000)]).toEqual([MEMORY, MEMORY + 0x4000]);
  });

  it("of 3.2 drops the level-1 descriptor of the address, and no fault was kept", () => {
    const u = new Unit(build, "v3.2", { flpd: 2 });
    u.write(4, 1 | (1 << 20));
    expect(u.go(0)).toBe(FAULT);
    u.clear(1);
    expect(u.count("flpdFills")).toBe(0);
    u.link(0);
    u.map(0, MEMORY, 2);
    u.flush();
    expect([u.go(0), u.count("flpdFills")]).toEqual([MEMORY, 1]);
    u.link(0, 1); // another table
    u.map(1, MEMORY + 0x9000, 1, 3, 1);
    expect([u.go(0x1000), u.count("flpdHits"), u.count("flpdStale")]).toEqual([MEMORY + 0x1000, 1, 1]);
    u.flushEntry(0x1000);
    expect(u.go(0x1000)).toBe(MEMORY + 0x9000);
  });

  it("of 3.3 must follow a first level-2 table: sixteen descriptors were taken along, faults too", () => {
    const u = new Unit(build, "v3.3", { flpd: 2 });
    u.write(4, 1 | (1 << 20));
    u.link(0);
    u.map(0, MEMORY);
    expect([u.go(0), u.count("flpdFills")]).toEqual([MEMORY, 16]);
    u.link(15);
    expect(u.go(0xf0_0000)).toBe(FAULT); // hidden by the descriptor fetched before
    u.flush();
    u.clear(1);
    u.lv1(14, 0x4000_0402);
    expect(u.go(0xf0_0000)).toBe(MEMORY);
    u.lv1(13, 0x4010_0402);
    u.flushEntry(0xd0_0000);
    expect(u.go(0xd0_0000)).toBe(MEMORY + 0x10_0000);
    // CFG.20 off: the cache is not asked.
    u.lv1(12, 0x4000_0402);
    u.write(4, 1);
    expect(u.go(0xc0_0000)).toBe(MEMORY);
  });

  it("of 5.x drops a cached section by FLUSH_ENTRY, a cached link only by FLUSH_ALL", () => {
    const u = new Unit(build, "v5", { flpd: 2 });
    u.write(4, 1 | (1 << 20));
    u.lv1(0, u.section(MEMORY));
    u.link(1);
    u.map(0, MEMORY, 2);
    expect([u.go(0), u.go(0x10_0000)]).toEqual([MEMORY, MEMORY]);
    u.lv1(0, u.section(MEMORY + 0x10_0000));
    u.link(1, 1);
    u.map(0, MEMORY + 0x5000, 1, 3, 1);
    u.flushEntry(0);
    u.flushEntry(0x10_0000);
    expect([u.go(0), u.go(0x10_0000)]).toEqual([MEMORY + 0x10_0000, MEMORY]);
    u.flush();
    expect(u.go(0x10_0000)).toBe(MEMORY + 0x5000);
  });
});

describe.each(builds)("a walk on the %s core", (build) => {
  it.each(["v1", "v2", "v5"] as const)("of %s keeps no fault", (generation) => {
    const u = new Unit(build, generation, { fetch: 4 });
    u.link(0);
    expect(u.go(0x1000)).toBe(FAULT);
    u.map(0, MEMORY, 4);
    u.clear(u.status);
    expect([u.go(0x1000), u.count("fills")]).toEqual([MEMORY + 0x1000, 4]);
    u.unmap(4, 4);
    u.map(4, MEMORY);
    expect([u.go(0x4000), u.count("fills")]).toEqual([MEMORY, 5]);
  });

  it.each(["v3.1", "v3.2", "v3.3"] as const)(
    "of %s keeps faults, the neighbours' too, until a flush",
    (generation) => {
      const u = new Unit(build, generation, { fetch: 4, l2: { sets: 8, ways: 2 } });
      u.link(0);
      u.map(1, MEMORY + 0x1000);
      expect([u.go(0x1000), u.count("descriptors"), u.count("fills")]).toEqual([MEMORY + 0x1000, 5, 5]);
      u.map(0, MEMORY);
      u.map(4, MEMORY);
      expect([u.go(0), u.records()]).toMatchObject([FAULT, [{ kind: "tlb", bit: 0, va: 0 }]]);
      u.clear(1);
      expect(u.go(0x4000)).toBe(MEMORY); // of the next block nothing was known
      u.flushEntry(0);
      expect(u.go(0)).toBe(MEMORY);
    },
  );

  it("takes one entry for the copies of a large page", () => {
    const u = new Unit(build, "v3.1", { fetch: 32, l1: { sets: 1, ways: 64 } });
    u.link(0);
    u.large(0, MEMORY);
    u.large(16, MEMORY + 0x1_0000);
    expect([u.go(0x3000), u.count("fills")]).toEqual([MEMORY + 0x3000, 2]);
    expect([u.go(0x1_f000), u.count("misses")]).toEqual([MEMORY + 0x1_f000, 1]);
  });
});
