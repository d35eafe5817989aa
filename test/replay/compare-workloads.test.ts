// Workloads against a write buffer written the slow way, and against what the memory types promise.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compareWorkload, type StrategyComparison } from "../../src/replay/comparison.js";
import { WORKLOADS, type WorkloadName, workloadOptions, workloadSource } from "../../src/replay/workloads.js";
import { BinaryReader } from "../../src/trace/binary.js";
import { Op } from "../../src/trace/opcodes.js";
import { type Build, builds } from "../cores.js";

const cores = Object.fromEntries(
  builds.map((build) => [build, new WebAssembly.Module(readFileSync(`build/${build}.wasm`))]),
) as Record<Build, WebAssembly.Module>;

const BASE = 0x4000_0000;

/** Value of a figure for one strategy. */
function figure(comparison: StrategyComparison, strategy: string, area: string, name: string): number | null {
  const column = comparison.strategies.findIndex((s) => s.name === strategy);
  const row = comparison.rows.find((r) => r.area === area && r.name === name);
  if (column < 0 || row === undefined) throw new Error(`no ${area}.${name} of ${strategy}`);
  return row.values[column]!;
}

async function recordsOf(name: WorkloadName, rounds: number, seed: number): Promise<number[][]> {
  const reader = new BinaryReader("w", { device: () => 0 });
  const out: number[][] = [];
  for await (const bytes of workloadSource(workloadOptions(name, rounds, seed), BASE).open()) {
    for (const words of reader.feed(bytes)) {
      for (let at = 0; at < words.length; at += 4) out.push([...words.subarray(at, at + 4)]);
    }
  }
  return out;
}

interface Entry {
  home: number;
  born: number;
}

/** Four entries of 8 bytes that merge, drain when a fifth is wanted, at a barrier, at a load, or by age. */
class SlowWriteBuffer {
  entries: Entry[] = [];
  counts = { stores: 0, merges: 0, busWrites: 0, bursts: 0, bufferedReads: 0 };
  now = 0;

  #drain(n: number): void {
    const gone = this.entries.splice(0, n);
    for (const [i, entry] of gone.entries()) {
      this.counts.busWrites++;
      if (i === 0 || entry.home !== gone[i - 1]!.home + 8) this.counts.bursts++;
    }
  }

  #age(): void {
    let n = 0;
    while (n < this.entries.length && this.now - this.entries[n]!.born > 64) n++;
    this.#drain(n);
  }

  store(at: number): void {
    this.#age();
    this.counts.stores++;
    const home = at - (at % 8);
    if (this.entries.some((e) => e.home === home)) {
      this.counts.merges++;
      return;
    }
    if (this.entries.length === 4) {
      let n = 1;
      while (n < 4 && this.entries[n]!.home === this.entries[n - 1]!.home + 8) n++;
      this.#drain(n);
    }
    this.entries.push({ home, born: this.now });
  }

  load(at: number, bytes: number): void {
    this.#age();
    let n = 0;
    for (const [i, e] of this.entries.entries()) if (e.home < at + bytes && e.home + 8 > at) n = i + 1;
    this.#drain(n);
  }

  deviceRead(at: number, bytes: number): void {
    for (let page = at; page < at + bytes; page += 4096) {
      const end = Math.min(page + 4096, at + bytes);
      this.#age();
      if (this.entries.some((e) => e.home < end && e.home + 8 > page)) this.counts.bufferedReads++;
    }
  }

  deviceWrite(): void {
    this.#age();
  }

  barrier(): void {
    this.#drain(4);
  }
}

/** Plays records of one buffer; `barriers` false leaves barriers out. */
function play(records: readonly number[][], barriers: boolean): SlowWriteBuffer["counts"] {
  const buffer = new SlowWriteBuffer();
  for (const [w0, , offset, bytes] of records) {
    buffer.now++;
    switch (w0! & 0xff) {
      case Op.CpuWrite:
        buffer.store(offset!);
        break;
      case Op.CpuRead:
        buffer.load(offset!, bytes!);
        break;
      case Op.DevRead:
        buffer.deviceRead(offset!, bytes!);
        break;
      case Op.DevWrite:
        buffer.deviceWrite();
        break;
      case Op.Barrier:
        if (barriers) buffer.barrier();
        break;
      case Op.Free:
        // The unmap cleans descriptors, and cache maintenance ends with a barrier.
        buffer.barrier();
        break;
    }
  }
  return buffer.counts;
}

describe.each(builds)("workloads on the %s core", (build) => {
  const run = (name: WorkloadName, strategies: string[], rounds: number, seed = 1) =>
    compareWorkload(workloadOptions(name, rounds, seed), { strategies, core: cores[build] });

  it.each([
    ["framebuffer", 1, 1],
    ["scatter-writes", 3, 1],
    ["scatter-writes", 2, 99],
    ["descriptor-ring", 40, 1],
  ] as const)("counts the write buffer in %s as a slow one does", async (name, rounds, seed) => {
    const strategies = ["iommu+write-combine", "iommu+write-combine+no-barrier"];
    const comparison = await run(name, strategies, rounds, seed);
    const records = await recordsOf(name, rounds, seed);
    for (const [i, strategy] of strategies.entries()) {
      const counts = play(records, i === 0);
      const got = {
        stores: figure(comparison, strategy, "writes", "stores"),
        merges: figure(comparison, strategy, "writes", "merges"),
        busWrites: figure(comparison, strategy, "writes", "busWrites"),
        bursts: figure(comparison, strategy, "writes", "bursts"),
        bufferedReads: figure(comparison, strategy, "hazards", "bufferedReads"),
      };
      expect(got).toEqual(counts);
    }
    expect(comparison.findings[0]).toBe(0);
    expect(comparison.findings[1]).toBeGreaterThan(0);
  });

  it("cannot tell write-combine from coherent memory of ARMv7, but from Strongly Ordered", async () => {
    for (const name of ["scatter-writes", "descriptor-ring"] as const) {
      const strategies = ["iommu+write-combine", "iommu+bufferable", "iommu+strongly-ordered"];
      const comparison = await run(name, strategies, 1);
      expect(comparison.alike).toEqual([strategies.slice(0, 2)]);
      const stores = (await recordsOf(name, 1, 1)).filter(([w0]) => (w0! & 0xff) === Op.CpuWrite).length;
      expect(figure(comparison, "iommu+strongly-ordered", "writes", "busWrites")).toBe(stores);
      expect(figure(comparison, "iommu+strongly-ordered", "writes", "bursts")).toBe(stores);
      expect(figure(comparison, "iommu+strongly-ordered", "writes", "stores")).toBe(0);
    }
  });

  it("needs a barrier for buffered memory, a sync for cached memory, nothing for Strongly Ordered", async () => {
    const comparison = await run(
      "descriptor-ring",
      [
        "iommu+write-combine+no-barrier",
        "iommu+strongly-ordered+no-barrier",
        "iommu+cached",
        "iommu+cached+no-sync",
        "iommu+cached+no-barrier",
      ],
      64,
    );
    // Every fourth device looks late: the store has drained by age.
    expect(figure(comparison, "iommu+write-combine+no-barrier", "hazards", "bufferedReads")).toBe(48);
    expect(figure(comparison, "iommu+write-combine+no-barrier", "writes", "drainedByAge")).toBeGreaterThan(0);
    expect(comparison.findings).toEqual([48, 0, 0, expect.any(Number), 0]);
    expect(figure(comparison, "iommu+cached+no-sync", "hazards", "staleLines")).toBe(64);
    expect(figure(comparison, "iommu+cached", "sync", "forDevice")).toBe(64);
    expect(figure(comparison, "iommu+cached", "writes", "busWrites")).toBe(0);
  });

  it("shows what each IO-address allocator makes of the same requests", async () => {
    const kinds = ["bitmap", "gen-pool", "range-tree", "range-cache", "own"].map((kind) => `iommu+${kind}`);
    const comparison = await run("mapping-churn", kinds, 800, 3);
    for (const kind of kinds) {
      const of = (name: string) => figure(comparison, kind, "space", name)!;
      expect(of("totalBytes")).toBe(16 << 20);
      expect(of("usedBytesPeak")).toBeGreaterThanOrEqual(
        figure(comparison, kind, "mappings", "liveBytesPeak")!,
      );
      expect(figure(comparison, kind, "mappings", "mapErrors")).toBe(of("failures"));
      expect(figure(comparison, kind, "mappings", "live")).toBe(0);
    }
    // gen_pool hands out granules of 64 KiB; the bitmaps waste no page.
    expect(figure(comparison, "iommu+gen-pool", "space", "usedBytesPeak")! % 65536).toBe(0);
    expect(figure(comparison, "iommu+bitmap", "space", "usedBytesPeak")).toBe(
      figure(comparison, "iommu+bitmap", "mappings", "liveBytesPeak"),
    );
  });
});

describe("workloads", () => {
  it("are the same for the same seed, and others for another", async () => {
    for (const name of WORKLOADS) {
      expect(String(await recordsOf(name, 1, 5))).toBe(String(await recordsOf(name, 1, 5)));
    }
    expect(await recordsOf("scatter-writes", 3, 5)).not.toEqual(await recordsOf("scatter-writes", 3, 6));
    expect(await recordsOf("mapping-churn", 30, 5)).not.toEqual(await recordsOf("mapping-churn", 30, 6));
    const once = await compareWorkload(workloadOptions("descriptor-ring", 8), { strategies: ["cached"] });
    const twice = await compareWorkload(workloadOptions("descriptor-ring", 8), { strategies: ["cached"] });
    expect(JSON.stringify(once)).toBe(JSON.stringify(twice));
  });

  it("refuse options that are none", () => {
    expect(() => workloadOptions("frame")).toThrow(/options\.workload must be one of framebuffer/);
    expect(() => workloadOptions("framebuffer", 0)).toThrow(/options\.rounds/);
    expect(() => workloadOptions("framebuffer", 1, 0)).toThrow(/options\.seed/);
  });
});
