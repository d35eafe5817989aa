// Uses of translations whose mapping is gone: each is counted with the mapping that owned it.
import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, Machine } from "../../src/index.js";
import { builds, moduleOf } from "../cores.js";
import { FAULT, MEMORY, Unit } from "./unit.js";

describe.each(builds)("dead mappings on the %s core", (build) => {
  it("stay usable from either level, and each use counts for their owner", () => {
    const u = new Unit(build, "v2", { l1: { sets: 1, ways: 1 }, l2: { sets: 4, ways: 2 } });
    u.link(0);
    u.map(0, MEMORY, 2);
    u.go(0);
    u.go(0x1000);
    u.unmap(0, 2);
    u.core.sysmmuMarkStale(0, 0, 4096, 7);
    u.core.sysmmuMarkStale(0, 0x1000, 4096, 9);
    expect([u.go(0x1004), u.go(4), u.go(8), u.go(0x1008, true)]).toEqual([
      MEMORY + 0x1004,
      MEMORY + 4,
      MEMORY + 8,
      MEMORY + 0x1008,
    ]);
    expect(u.staleUses()).toEqual([
      { owner: 9, va: 0x1004, hits: 2 },
      { owner: 7, va: 4, hits: 2 },
    ]);
    // One record for each entry, at its first use; 9 has one in either level.
    expect(u.records()).toMatchObject([
      { kind: "stale", owner: 9, va: 0x1004, lv2: 0 },
      { kind: "stale", owner: 7, va: 4 },
      { kind: "stale", owner: 9, va: 0x1008, write: true },
    ]);
    u.flush();
    expect([u.go(0), u.count("staleHits")]).toEqual([FAULT, 4]);
  });

  it("keep the blame of the first death, and lose it with the entry", () => {
    const u = new Unit(build, "v1", { l1: { sets: 1, ways: 1 } });
    u.link(0);
    u.map(0, MEMORY, 2);
    u.go(0);
    u.core.sysmmuMarkStale(0, 0, 0x2000, 3);
    u.core.sysmmuMarkStale(0, 0, 0x1000, 4);
    u.go(0);
    u.go(0x1000); // takes the entry
    u.go(0);
    expect(u.staleUses()).toEqual([{ owner: 3, va: 0, hits: 1 }]);
  });

  it("are counted in batches and ranges as in single accesses", () => {
    const u = new Unit(build, "v1", { l1: { sets: 64, ways: 8 } });
    u.link(0);
    u.map(0, MEMORY, 2);
    u.batch([0, 0x1000], false);
    u.core.sysmmuMarkStale(0, 0x1000, 4096, 5);
    u.batch([0, 0x1000, 0x1004, 0x1008, 0], false);
    u.core.sysmmuAccess(0, 0xf00, 0x200, 64, 0, 0, 0);
    expect(u.staleUses()).toEqual([{ owner: 5, va: 0x1000, hits: 3 + 4 }]);
  });

  it("may be as many as there is memory for", () => {
    const u = new Unit(build, "v1", { l1: { sets: 64, ways: 8 } });
    u.link(0);
    u.map(0, MEMORY, 256);
    for (let round = 0; round < 2; round++) {
      for (let page = 0; page < 256; page++) {
        u.go(page * 4096);
        u.core.sysmmuMarkStale(0, page * 4096, 4096, 1000 + round * 256 + page);
      }
      for (let page = 0; page < 256; page++) {
        for (let n = 0; n <= page % 3; n++) u.go(page * 4096 + n * 4);
      }
      u.flush();
    }
    const uses = Array.from({ length: 512 }, (_, n) => ({
      owner: 1000 + n,
      va: (n % 256) * 4096,
      hits: 1 + ((n % 256) % 3),
    }));
    expect(u.staleUses()).toEqual(uses);
    expect(u.count("staleHits")).toBe(uses.reduce((sum, use) => sum + use.hits, 0));
  });

  it.each(["v3.2", "v3.3", "v5"] as const)("live on in cached level-1 sections of %s", (generation) => {
    const u = new Unit(build, generation, { l1: { sets: 1, ways: 1 }, flpd: 2 });
    u.write(4, 5 | (1 << 20));
    u.lv1(0, u.section(MEMORY));
    u.link(1);
    u.map(0, MEMORY);
    expect([u.go(0), u.go(0x10_0000)]).toEqual([MEMORY, MEMORY]); // the second takes the only entry
    u.lv1(0, 0);
    u.core.sysmmuMarkStale(0, 0, 2 ** 21, 6);
    // Walks take the section from the descriptor cache; the link beside it is none of the dead.
    expect([u.go(0x1000), u.go(0x2000, true)]).toEqual([MEMORY + 0x1000, MEMORY + 0x2000]);
    expect([u.count("walks"), u.count("flpdStale")]).toEqual([3, 1]);
    u.go(0x10_0000);
    expect(u.staleUses()).toEqual([{ owner: 6, va: 0x1000, hits: 2 }]);
    expect(u.records()).toMatchObject([{ kind: "stale", owner: 6, va: 0x1000, lv1: 0 }]);
    u.flushEntry(0);
    expect(u.go(0)).toBe(FAULT);
  });

  it("leave no mark on the section that is cached in their place", () => {
    const u = new Unit(build, "v3.3", { l1: { sets: 1, ways: 1 }, flpd: 2 });
    u.write(4, 1 | (1 << 20));
    u.lv1(0, u.section(MEMORY));
    u.link(1);
    u.map(0, MEMORY);
    u.go(0);
    u.core.sysmmuMarkStale(0, 0, 2 ** 20, 6);
    u.core.sysmmuMarkStale(0, 0x10_0000, 4096, 8); // a link is none of the dead
    u.flushEntry(0); // its neighbours stay in the line
    u.lv1(0, u.section(MEMORY + 2 ** 20));
    expect([u.go(0), u.go(0x10_0000), u.go(4)]).toEqual([MEMORY + 2 ** 20, MEMORY, MEMORY + 2 ** 20 + 4]);
    expect([u.count("flpdHits"), u.count("staleHits")]).toEqual([2, 0]);
  });

  it.each(["v3.6", "v6.1"] as const)(
    "are blamed on the mapping whose unmap could not block (%s)",
    (profile) => {
      const machine = Machine.create({
        soc: exynos4210,
        dram: { bytes: 4 << 20 },
        core: moduleOf(build),
        profile,
      });
      const device = machine.device("fimc0");
      machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(device);
      const mmu = machine.sysmmu("fimc0");
      const maps = [1, 2, 3].map((n) => {
        const pa = machine.memory.alloc(4096)!;
        return device.dma.mapSingle(pa, 4096, DmaDirection.FromDevice, 0, `buffer ${n}`);
      });
      for (const dma of maps) device.read(dma, 4096);
      const before = mmu.statistics();
      mmu.setBlockPolls(Number.POSITIVE_INFINITY);
      device.dma.unmapSingle(maps[1]!, 4096, DmaDirection.FromDevice);
      // The driver gives up after its reads of STATUS, and says nothing.
      expect(mmu.statistics().flushEntry).toBe(before.flushEntry);
      expect(mmu.statistics().registerReads - before.registerReads).toBe(121);
      expect(device.read(maps[1]! + 64, 64)).toHaveLength(64);
      device.write(maps[1]!, new Uint8Array(64));
      expect(mmu.staleUses()).toMatchObject([{ va: maps[1]! + 64, hits: 2 }]);
      const stale = machine.findings().filter((f) => f.kind === "stale-hit");
      expect(stale).toMatchObject([{ device: "fimc0", iova: maps[1]! + 64, count: 2 }]);
      expect(stale[0]!.mapping).toMatchObject({ id: mmu.staleUses()[0]!.owner, dmaAddress: maps[1] });
      mmu.setBlockPolls(2);
      device.dma.unmapSingle(maps[0]!, 4096, DmaDirection.FromDevice);
      // v3.6 leaves the cleared descriptor in the CPU's cache: a new walk still finds the old one.
      expect(device.read(maps[0]!, 64)).toHaveLength(profile === "v3.6" ? 64 : 0);
      expect(mmu.staleUses()).toHaveLength(1);
    },
  );
});
