// Names of strategies, what they make of a machine, and what they change about the records.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROFILES } from "../../src/dma/profiles.js";
import { compareTrace, comparisonOf } from "../../src/replay/comparison.js";
import { FIGURES } from "../../src/replay/figures.js";
import { replayTrace } from "../../src/replay/replay.js";
import { RecordRewriter } from "../../src/replay/rewrite.js";
import { parseStrategy, SYSMMU_WORDS } from "../../src/replay/strategy-name.js";
import { GENERATIONS, generationOfVersion } from "../../src/sysmmu/registers.js";
import { NO_HANDLE, Op } from "../../src/trace/opcodes.js";
import { textSource } from "../../src/trace/source.js";

describe("names of strategies", () => {
  it("stand for what they say, in any order of words", () => {
    expect(parseStrategy("iommu", "v6.1")).toEqual({
      name: "iommu",
      ops: "iommu",
      bounce: null,
      coherent: false,
      profile: "v6.1",
      allocator: null,
      memory: null,
      generation: null,
      barriers: true,
      syncs: true,
    });
    expect(parseStrategy(" rb-tree + v3.14+ write-combine", "v6.1")).toMatchObject({
      name: "iommu+v3.14+range-tree+write-combine",
      profile: "v3.14",
      allocator: "range-tree",
      memory: "write-combine",
    });
    expect(parseStrategy("coherent", "v4.4")).toMatchObject({
      name: "coherent",
      ops: "linear",
      coherent: true,
      profile: "v4.4",
    });
    expect(parseStrategy("coherent+iommu", "v4.4")).toMatchObject({ name: "iommu+coherent", ops: "iommu" });
    expect(parseStrategy("dmabounce", "v6.1")).toMatchObject({ ops: "bounce", bounce: "dmabounce" });
    expect(parseStrategy("no-sync+no-barrier+bounce", "v6.1").name).toBe("bounce+no-barrier+no-sync");
  });

  it("read back as they are written, whatever the words", () => {
    const pick = (...words: string[]) => fc.option(fc.constantFrom(...words), { nil: undefined });
    const words = fc.tuple(
      pick("linear", "iommu", "bounce", "dmabounce", "swiotlb"),
      pick("coherent"),
      pick(...PROFILES),
      pick("bitmap", "gen-pool", "range-tree", "range-cache", "own"),
      pick("write-combine", "bufferable", "strongly-ordered", "cached"),
      pick(...Object.keys(SYSMMU_WORDS)),
      pick("no-barrier"),
      pick("no-sync"),
    );
    let read = 0;
    fc.assert(
      fc.property(words, fc.constantFrom(...PROFILES), (some, profile) => {
        const list = some.filter((word) => word !== undefined);
        if (list.length === 0) list.push("iommu");
        let first: ReturnType<typeof parseStrategy>;
        try {
          first = parseStrategy(list.toReversed().join("+"), profile);
        } catch (error) {
          expect((error as Error).message).toMatch(
            /needs iommu ops|iommu ops only|does not know System MMU 5/,
          );
          return;
        }
        read++;
        expect(parseStrategy(first.name, profile)).toEqual(first);
      }),
      { seed: 4, numRuns: 300 },
    );
    expect(read).toBeGreaterThan(40);
  });

  it("name every generation, each by a version of it", () => {
    const words = Object.values(SYSMMU_WORDS);
    expect(words.map((w) => w.generation)).toEqual([...GENERATIONS]);
    for (const { generation, version } of words) expect(generationOfVersion(version)).toBe(generation);
  });

  it.each([
    ["swap", /a strategy takes linear, iommu.* got "swap"/],
    ["", /got ""/],
    ["iommu+linear", /names the ops twice/],
    ["iommu+v3.6+v3.6", /names the kernel twice/],
    ["iommu+bitmap+own", /allocator twice/],
    ["cached+bufferable", /memory of allocations twice/],
    ["sysmmu-1+sysmmu-2", /System MMU twice/],
    ["linear+bitmap", /IO-address allocator needs iommu ops/],
    ["coherent+sysmmu-2", /used with iommu ops only/],
    ["iommu+v4.4+sysmmu-5", /driver of v4\.4 does not know System MMU 5/],
  ])("refuse %s", (name, message) => {
    expect(() => parseStrategy(name, "v6.1")).toThrow(message);
  });
});

describe("what a strategy changes about records", () => {
  const memory = {
    taken: [] as number[],
    given: [] as number[],
    alloc(bytes: number) {
      if (bytes > 8192) return null;
      this.taken.push(bytes);
      return 0x4000_0000 + 4096 * this.taken.length;
    },
    free(pa: number) {
      this.given.push(pa);
    },
  };
  const rewriter = (name: string, workload = false) =>
    new RecordRewriter(parseStrategy(name, "v6.1"), workload, memory);
  const run = (r: RecordRewriter, ...records: number[][]) => {
    const words = r.rewrite(new Uint32Array(records.flat()));
    return Array.from({ length: words.length / 4 }, (_, i) => [...words.subarray(i * 4, i * 4 + 4)]);
  };
  const nop = [Op.Nop, NO_HANDLE, 0, 0];
  const alloc = [Op.Alloc | (3 << 16), 7, 4096, 0];
  const free = [Op.Free, 7, 0, 0];

  it("is nothing for iommu, and feed-pages for the others", () => {
    const feed = [Op.FeedPages, 0x4000_0000, 4096, 0];
    const barrier = [Op.Barrier, 0, 0, 0];
    const sync = [Op.SyncForCpu, 1, 0, 0];
    expect(run(rewriter("iommu"), feed, alloc, barrier, sync)).toEqual([feed, alloc, barrier, sync]);
    expect(run(rewriter("linear"), feed, alloc, barrier, sync)).toEqual([nop, alloc, barrier, sync]);
    expect(run(rewriter("no-barrier"), feed, barrier, sync)).toEqual([feed, nop, sync]);
    expect(run(rewriter("no-sync"), feed, barrier, sync)).toEqual([feed, barrier, nop]);
  });

  it("sets or clears DMA_ATTR_WRITE_COMBINE and keeps the rest of the prefix", () => {
    const prefix = [Op.Prefix, 0x10, 5, 1];
    expect(run(rewriter("write-combine"), alloc)).toEqual([[Op.Prefix, 0x4, 0, 0], alloc]);
    // The prefix may have come with the chunk before.
    const r = rewriter("write-combine");
    expect(run(r, prefix)).toEqual([prefix]);
    expect(run(r, alloc)).toEqual([[Op.Prefix, 0x14, 5, 1], alloc]);
    expect(run(r, alloc)).toEqual([[Op.Prefix, 0x4, 0, 0], alloc]);
    const combined = [Op.Prefix, 0x4, 0, 0];
    expect(run(rewriter("bufferable"), combined, alloc)).toEqual([combined, [Op.Prefix, 0, 0, 0], alloc]);
  });

  it("maps cached buffers, and gives their memory back when the unmap has run", () => {
    const r = rewriter("cached");
    memory.taken = [];
    memory.given = [];
    expect(run(r, alloc)).toEqual([[Op.Map | (3 << 16), 7, 0x4000_1000, 4096]]);
    expect(run(r, free)).toEqual([[Op.Unmap | (255 << 8), 7, 0, 0]]);
    expect(memory.given).toEqual([]);
    r.settle();
    expect(memory.given).toEqual([0x4000_1000]);
    expect(run(r, [Op.Alloc, 8, 1 << 20, 0])).toEqual([nop]);
    expect(r.refused).toBe(1);
  });

  it("leaves out a workload's syncs of allocations, and only those", () => {
    const sync = (handle: number) => [Op.SyncForDevice, handle, 0, 0];
    expect(run(rewriter("iommu", true), alloc, sync(7), sync(8), free, sync(7))).toEqual([
      alloc,
      nop,
      sync(8),
      free,
      sync(7),
    ]);
    expect(run(rewriter("cached", true), alloc, sync(7))[1]).toEqual(sync(7));
  });
});

describe("a trace under strategies", () => {
  // A streaming buffer to the device, an allocation, and an access to each.
  const stream = [
    "# sysmmu op stream 1",
    "device 0 fimc0",
    "map dev=0 dir=1 handle=0x0 pa=0x40010000 size=0x8000",
    "cpu-write handle=0x0 length=0x8000",
    "sync-for-device handle=0x0 dir=1",
    "dev-read handle=0x0 dir=1",
    "unmap dir=255 handle=0x0",
    "alloc dev=0 handle=0x1 size=0x10000",
    "cpu-write handle=0x1 length=0x100",
    "barrier",
    "dev-read handle=0x1 dir=1",
    "free handle=0x1",
    "",
  ].join("\n");
  // Not from 0: the kernel neither syncs nor unmaps IO address 0.
  const window = { base: 0x2000_0000, size: 128 << 20 };
  const run = (strategies: string[], profile = "v6.1") =>
    compareTrace([textSource("t.ops.txt", stream)], { strategies, profile, window });
  const valuesOf = (comparison: Awaited<ReturnType<typeof run>>) => (area: string, name: string) =>
    comparison.rows.find((r) => r.area === area && r.name === name)!.values;

  it("syncs nothing for coherent devices, and still reads what the CPU wrote", async () => {
    const values = valuesOf(
      await run(["linear", "coherent", "iommu", "iommu+coherent", "linear+no-sync", "coherent+no-sync"]),
    );
    // 32 KiB are 1024 lines, cleaned by map and by the sync.
    expect(values("caches", "l1Cleaned")).toEqual([2048, 0, 2048, 0, 1024, 0]);
    expect(values("hazards", "staleLines")).toEqual([0, 0, 0, 0, expect.any(Number), 0]);
    expect(values("hazards", "staleLines")[4]).toBeGreaterThan(0);
    const [linear, coherent, iommu, both] = values("caches", "snoopHits");
    expect([linear, iommu]).toEqual([0, 0]);
    expect(coherent).toBeGreaterThan(0);
    expect(both).toBeGreaterThan(0);
  });

  it("bounces by the profile or as told", async () => {
    const values = valuesOf(
      await run(["bounce", "dmabounce", "swiotlb", "bounce+v3.14", "dmabounce+v3.14", "swiotlb+v3.14"]),
    );
    expect(values("bounce", "buffers")).toEqual([1, 1, 1, 1, 1, 1]);
    const bytes = values("bounce", "bytesIn");
    expect(bytes[0]).toBe(bytes[2]);
    expect(bytes[3]).toBe(bytes[4]);
    // dmabounce's buffers are coherent memory, which the copies fill through the write buffer.
    const writes = values("writes", "busWrites");
    expect(writes[0]).toBe(writes[2]);
    expect(writes[3]).toBe(writes[4]);
    expect(writes[1]).toBeGreaterThan(writes[0]!);
  });

  it("has translation figures behind an IOMMU only", async () => {
    const comparison = await run(["linear", "iommu", "iommu+sysmmu-2", "iommu+sysmmu-5", "iommu+rfc2011"]);
    const row = (area: string, name: string) =>
      comparison.rows.find((r) => r.area === area && r.name === name)!;
    expect(row("tlb", "lookups").values[0]).toBeNull();
    const lookups = row("tlb", "lookups").values.slice(1);
    expect(lookups.every((n) => n === lookups[0] && n! > 0)).toBe(true);
    expect(row("registers", "writes").differs).toBe(true);
    expect(row("tables", "largePages").values).toEqual([null, 1, 1, 1, 0]);
    expect(row("findings", "faults").values).toEqual([0, 0, 0, 0, 0]);
  });

  it("lists every figure once, and equal columns as alike", async () => {
    const comparison = await run(["iommu", "iommu+v6.1", "linear"]);
    expect(comparison.rows.map((r) => `${r.area}.${r.name}`)).toEqual(
      FIGURES.map((f) => `${f.area}.${f.name}`),
    );
    expect(new Set(comparison.rows.map((r) => `${r.area}.${r.name}`)).size).toBe(comparison.rows.length);
    expect(new Set(comparison.rows.map((r) => `${r.area}.${r.title}`)).size).toBe(comparison.rows.length);
    expect(comparison.alike).toEqual([["iommu", "iommu+v6.1"]]);
    for (const row of comparison.rows) {
      expect(row.differs).toBe(new Set(row.values.map((v) => v ?? 0)).size > 1);
    }
  });

  it("is what a replay reports", async () => {
    const report = await replayTrace([textSource("t.ops.txt", stream)], { strategies: ["linear", "iommu"] });
    const comparison = comparisonOf(report, { kind: "trace", files: ["t.ops.txt"] });
    expect(comparison.strategies).toEqual(report.strategies.map((s) => s.settings));
    const maps = comparison.rows.find((r) => r.area === "mappings" && r.name === "maps")!;
    expect(maps.values).toEqual(report.strategies.map((s) => s.devices.reduce((n, d) => n + d.maps, 0)));
    const walks = comparison.rows.find((r) => r.area === "tlb" && r.name === "walks")!;
    expect(walks.values).toEqual([null, report.strategies[1]!.tlb!.walks]);
  });
});
