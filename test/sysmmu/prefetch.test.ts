// Prefetch buffers as a model: what they take along, what they serve, what drops it.
import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4412, Machine } from "../../src/index.js";
import { builds } from "../cores.js";
import { FAULT, MEMORY, Unit } from "./unit.js";

const BLOCK = 0x1_0000;

// Four blocks of pages at 0, mapped one to one; windows are the test's.
function unit(build: "debug" | "release", generation: "v3.1" | "v3.2" | "v3.3", buffers = 3): Unit {
  const u = new Unit(build, generation, { l1: { sets: 1, ways: 4 }, flpd: 2, buffers });
  u.link(0);
  u.map(0, MEMORY, 64);
  return u;
}

function window33(u: Unit, n: number, start: number, end: number, cfg: number): void {
  u.write(0x408, n);
  u.write(0x40c, cfg);
  u.write(0x410, start);
  u.write(0x414, end);
}

const seen = (u: Unit) => [u.count("pbLookups"), u.count("pbMisses"), u.count("pbLoads")];

describe.each(builds)("prefetch buffers on the %s core", (build) => {
  it("serve a stream after its first access, a block ahead of it", () => {
    const u = unit(build, "v3.3");
    window33(u, 0, 0, 4 * BLOCK - 1, 0x1101);
    for (let page = 0; page < 64; page++) expect(u.go(page * 4096 + 4)).toBe(MEMORY + page * 4096 + 4);
    // one miss, four blocks; the walk of the first page alone came through the TLB
    expect(seen(u)).toEqual([64, 1, 4]);
    expect([u.count("lookups"), u.count("hits"), u.count("misses"), u.count("walks")]).toEqual([
      64, 63, 1, 1,
    ]);
    expect(u.count("descriptors")).toBe(2 + 4 * (16 + 1));
  });

  it("run downwards, or not at all, as PB_CFG says", () => {
    const down = unit(build, "v3.3");
    window33(down, 0, 0, 4 * BLOCK - 1, 0x101);
    for (let page = 63; page >= 0; page--) down.go(page * 4096);
    expect(seen(down)).toEqual([64, 1, 4]);
    const still = unit(build, "v3.3");
    window33(still, 0, 0, 4 * BLOCK - 1, 1);
    for (let page = 0; page < 64; page++) still.go(page * 4096);
    expect(seen(still)).toEqual([64, 4, 4]);
  });

  it("of 3.3 serve one direction each, and only addresses of their window", () => {
    const u = unit(build, "v3.3");
    window33(u, 0, 0x1000, 0x2fff, 1);
    window33(u, 1, 0x2000, 0x2fff, 0x11);
    expect([u.go(0), u.go(0x3000), ...seen(u)]).toEqual([MEMORY, MEMORY + 0x3000, 0, 0, 0]);
    u.go(0x1000);
    u.go(0x2000);
    u.go(0x1000, true);
    expect(seen(u)).toEqual([2, 1, 1]);
    u.go(0x2000, true);
    u.go(0x2ffc, true);
    expect(seen(u)).toEqual([4, 2, 2]);
    expect(u.count("fills") - u.count("evictions")).toBe(4 + 2 + 1); // 4 in the TLB, pages 1 and 2, page 2
  });

  it("are dropped by FLUSH and, for the page alone, by FLUSH_ENTRY", () => {
    for (const generation of ["v3.1", "v3.2", "v3.3"] as const) {
      const u = unit(build, generation);
      if (generation === "v3.3") window33(u, 0, 0, BLOCK - 1, 1);
      else u.write(generation === "v3.1" ? 0x50 : 0x74, BLOCK - 1);
      if (generation !== "v3.3") u.write(4, generation === "v3.1" ? 1 | (2 << 28) : 0x1_0001);
      u.go(0);
      u.map(0, MEMORY + 8 * BLOCK, 16);
      expect(u.go(0x5000)).toBe(MEMORY + 0x5000); // as loaded
      u.flushEntry(0x5000);
      expect([u.go(0x5000), u.go(0x6000)]).toEqual([MEMORY + 8 * BLOCK + 0x5000, MEMORY + 0x6000]);
      u.flush();
      expect(u.go(0x6000)).toBe(MEMORY + 8 * BLOCK + 0x6000);
    }
  });

  it("drop the whole page of whatever size by one FLUSH_ENTRY", () => {
    const u = unit(build, "v3.1");
    u.write(4, 1 | (2 << 28));
    u.write(0x50, 0xffff_ffff);
    u.lv1(0, 0x4000_0402);
    u.go(0);
    u.go(0x8_0000);
    u.lv1(0, 0);
    u.flushEntry(0xf_0000);
    expect(u.go(0)).toBe(FAULT);
    u.clear(1);
    expect(u.go(0x8_0000)).toBe(FAULT);
  });

  it("keep no fault, raise none, and check rights", () => {
    const u = unit(build, "v3.3");
    u.write(4, 5);
    u.unmap(2);
    u.map(3, MEMORY, 1, 0);
    window33(u, 0, 0, 4 * BLOCK - 1, 0x1101);
    u.unmap(16, 48);
    expect([u.go(0), u.status]).toEqual([MEMORY, 0]); // the next block has no page at all
    expect([u.go(0x3000), u.status]).toEqual([FAULT, 0x20]);
    u.clear(0x20);
    expect([u.go(0x2000), u.status]).toEqual([FAULT, 1]);
    u.clear(1);
    u.lv1(0, 0x9000_0001);
    u.flush();
    expect([u.go(0), u.status]).toEqual([FAULT, 8]);
  });

  it("go on using a dead mapping, blamed on its owner", () => {
    const u = unit(build, "v3.2");
    u.write(4, 0x1_0001);
    u.write(0x74, BLOCK - 1);
    u.go(0);
    u.core.sysmmuMarkStale(0, 0x4000, 4096, 12);
    u.unmap(4);
    expect([u.go(0x4000), u.go(0x4004)]).toEqual([MEMORY + 0x4000, MEMORY + 0x4004]);
    expect(u.staleUses()).toEqual([{ owner: 12, va: 0x4000, hits: 2 }]);
  });

  it("of 3.0/3.1 and 3.2 share their storage as CFG says", () => {
    // Blocks that stay after 0, 1, 2 and 3 were used without a window to run ahead into.
    const kept = (generation: "v3.1" | "v3.2", cfg: number) => {
      const u = unit(build, generation);
      u.write(generation === "v3.1" ? 0x50 : 0x74, 4 * BLOCK - 1);
      u.write(4, (1 | cfg) >>> 0);
      for (const block of [0, 1, 2, 3]) u.go(block * BLOCK);
      const subs = (u.caches() as { subs: { block: number | null }[] }).subs;
      return subs.filter((sub) => sub.block !== null).length;
    };
    expect([0, 1, 2, 3].map((mode) => kept("v3.1", mode << 28))).toEqual([0, 0, 2, 4]);
    const combined = [0, 1 << 16, (1 << 16) | (1 << 21), (1 << 16) | (1 << 19), 1 << 17];
    expect(combined.map((cfg) => kept("v3.2", cfg))).toEqual([0, 2, 4, 4, 1]); // PB1's window is [0, 0]
  });

  it("of 3.3: PB_INFO tells how many, PB_LMM takes some away, SPB_BASE_VPN shows what they hold", () => {
    const left: Record<number, number[]> = { 3: [3, 2, 2], 4: [4, 3, 2, 1, 1], 6: [6, 5, 4, 3, 3, 2, 2] };
    for (const [count, usable] of Object.entries(left)) {
      const u = unit(build, "v3.3", Number(count));
      expect(u.peek(0x400)).toBe(Number(count));
      for (let n = 0; n < Number(count); n++) window33(u, n, n * 4096, n * 4096 + 4095, 1);
      usable.forEach((expected, lmm) => {
        u.write(0x404, lmm);
        const before = u.count("pbLookups");
        for (let n = 0; n < Number(count); n++) u.go(n * 4096);
        expect([count, lmm, u.count("pbLookups") - before]).toEqual([count, lmm, expected]);
      });
    }
    const u = unit(build, "v3.3");
    window33(u, 1, 0, 4 * BLOCK - 1, 0x1101);
    u.go(BLOCK + 0x3000);
    expect(u.peek(0x418)).toBe(0x10);
    u.write(0x408, 0x101);
    expect(u.peek(0x418)).toBe(0x20);
    u.write(0x408, 0);
    expect(u.peek(0x418)).toBe(0);
    u.write(0x408, 3);
    expect([u.peek(0x418), u.peek(0x40c)]).toEqual([0, 0]);
  });

  it("are nothing but registers until they are modelled", () => {
    const u = unit(build, "v3.3", 0);
    window33(u, 0, 0, 4 * BLOCK - 1, 0x1101);
    for (let page = 0; page < 8; page++) u.go(page * 4096);
    expect([seen(u), u.count("misses"), u.peek(0x418), u.peek(0x40c)]).toEqual([[0, 0, 0], 8, 0, 0x1101]);
    for (const generation of ["v1", "v2", "v5"] as const) {
      const other = new Unit(build, generation, { buffers: 3 });
      other.link(0);
      other.map(0, MEMORY);
      expect([other.go(0), ...seen(other)]).toEqual([MEMORY, 0, 0, 0]);
    }
  });

  it("answer batches and ranges as single accesses", () => {
    const make = () => {
      const u = unit(build, "v3.3");
      window33(u, 0, 0, 4 * BLOCK - 1, 0x1101);
      u.unmap(40);
      return u;
    };
    const [one, many, range] = [make(), make(), make()];
    const vas = Array.from({ length: 48 }, (_, n) => n * 4096);
    expect(many.batch(vas, false)).toEqual(one.singles(vas, false));
    expect(range.core.sysmmuAccess(0, 0, 48 * 4096, 4096, 0, 0, 0)).toBe(40 * 4096);
    for (const u of [many, range]) {
      expect(u.caches()).toEqual(one.caches());
      expect([seen(u), u.records()]).toEqual([seen(one), one.records()]);
    }
  });
});

describe("tlb.prefetchBuffers", () => {
  const machine = (prefetchBuffers: number) =>
    Machine.create({
      soc: exynos4412,
      dram: { bytes: 1 << 20 },
      sysmmuVersion: 0x3060_0010,
      tlb: { prefetchBuffers },
    });

  it("turns them on for every SysMMU of a machine", () => {
    const m = machine(6);
    const mmu = m.sysmmu("fimc0");
    expect(mmu.readUint32(0x400)).toBe(6);
    const setup: [number, number][] = [
      [0x408, 0],
      [0x40c, 1],
      [0x414, 0xffff],
      [0x14, 0x4000_4000],
      [0, 5],
    ];
    for (const [offset, value] of setup) mmu.writeUint32(offset, value);
    m.memory.poke(0x4000_4000, new Uint8Array(Uint32Array.of(0x4000_0402).buffer));
    m.device("fimc0").read(0, 128);
    const { prefetchLookups, prefetchMisses } = mmu.statistics();
    expect([prefetchLookups, prefetchMisses]).toEqual([2, 1]);
    expect(mmu.explain(0x2000).join("\n")).toContain("a prefetch buffer answers reads of it");
    expect(mmu.explain(0x1_2000).join("\n")).not.toContain("prefetch buffer");
    expect(machine(0).sysmmu("fimc0").readUint32(0x400)).toBe(3);
  });

  it("are flushed by the driver's unmap when they alone hold the page", () => {
    const m = Machine.create({
      soc: exynos4412,
      dram: { bytes: 4 << 20 },
      profile: "v3.6", // the driver that opens both windows
      sysmmuVersion: 0x3020_0000,
      tlb: { prefetchBuffers: 3, fetch: 1, l2Sets: false },
    });
    const device = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(device);
    const [a, b] = [0, 1].map(() =>
      device.dma.mapSingle(m.memory.alloc(4096)!, 4096, DmaDirection.ToDevice, 0, "page"),
    );
    device.read(a!, 64);
    const live = () => {
      const { fills, evictions, invalidated } = m.sysmmu("fimc0").statistics();
      return fills - evictions - invalidated;
    };
    expect(live()).toBe(3); // one in the cache, both in the buffer
    device.dma.unmapSingle(a!, 4096, DmaDirection.ToDevice);
    expect(live()).toBe(1);
    device.dma.unmapSingle(b!, 4096, DmaDirection.ToDevice);
    expect(live()).toBe(0);
  });

  it("and the rest of tlb are checked by name", () => {
    expect(() => machine(5)).toThrow("options.tlb.prefetchBuffers must be 0, 3, 4 or 6, got 5");
    const refused: [object, string][] = [
      [{ l1Sets: 3 }, "options.tlb.l1Sets must be a power of two up to 65536, got 3"],
      [{ l2Ways: 5000 }, "options.tlb.l2Ways must be a number up to 4096, got 5000"],
      [{ l1Sets: 1024, l1Ways: 512 }, "options.tlb.l1Sets * l1Ways must be at most 262144, got 1024 * 512"],
      [{ fetch: 6 }, "options.tlb.fetch must be a power of two up to 256, got 6"],
      [{ flpdLines: 4097 }, "options.tlb.flpdLines must be a number up to 4096, got 4097"],
      [{ l1Ways: -1 }, "options.tlb.l1Ways"],
    ];
    for (const [tlb, message] of refused) {
      expect(() => Machine.create({ soc: exynos4412, dram: { bytes: 1 << 20 }, tlb })).toThrow(message);
    }
  });
});
