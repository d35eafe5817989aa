import { describe, expect, it } from "vitest";
import { LiveTable } from "../../src/trace/live.js";
import { Op } from "../../src/trace/opcodes.js";
import { openTrace, type TraceOptions } from "../../src/trace/reader.js";
import { PageRenumber } from "../../src/trace/renumber.js";
import { textSource } from "../../src/trace/source.js";
import { textLines } from "../../src/trace/text.js";

const MIB = 1 << 20;

async function convert(text: string, options: Partial<TraceOptions> = {}) {
  const names: string[] = [];
  const reader = openTrace([textSource("t", text)], {
    device: (name) => names.push(name) - 1,
    guestBase: 0x4000_0000,
    guestBytes: 64 * MIB,
    access: "none",
    expect: false,
    ...options,
  });
  let out = "";
  for await (const chunk of reader) out += textLines(chunk.records);
  return { lines: out.trim() === "" ? [] : out.trim().split("\n"), names, summary: reader.summary };
}

const line = (event: string, task = 7) => `  t-${task} [000] ..... 1.000000: ${event}\n`;
const iommuMap = (iova: number, pa: number, size: number, task = 7) =>
  line(
    `map: IOMMU: iova=0x${iova.toString(16)} - 0x${(iova + size).toString(16)} paddr=0x${pa.toString(16)} size=${size}`,
    task,
  );
const iommuUnmap = (iova: number, size: number, task = 7) =>
  line(
    `unmap: IOMMU: iova=0x${iova.toString(16)} - 0x${(iova + size).toString(16)} size=${size} unmapped_size=${size}`,
    task,
  );
const map = (dma: number, pa: number, size = 4096, dir = "TO_DEVICE") =>
  line(
    `dma_map_page: dev dir=${dir} dma_addr=${dma.toString(16)} size=${size} phys_addr=${pa.toString(16)} attrs=`,
  );
const unmap = (dma: number, size = 4096, dir = "TO_DEVICE") =>
  line(`dma_unmap_page: dev dir=${dir} dma_addr=${dma.toString(16)} size=${size} attrs=`);
const list = (addresses: number[]) => `{${addresses.map((a) => `0x${a.toString(16)}`).join(",")}}`;

describe("calls", () => {
  it("become records with small recycled handles", async () => {
    let text = "";
    for (let i = 1; i <= 50; i++) text += map(i * 4096, 0x4000_0000) + unmap(i * 4096);
    const { lines, summary } = await convert(text);
    expect(lines).toHaveLength(100);
    expect(lines[0]).toBe("map dev=0 dir=1 handle=0x0 pa=0x40000000 size=0x1000");
    expect(lines[1]).toBe("unmap dir=1 handle=0x0 size=0x1000");
    expect(summary).toMatchObject({ handles: 1, live: 0 });
  });

  it("claim the map lines of their task as the layer below", async () => {
    const text =
      iommuMap(0x1000, 0x4001_0000, 4096) +
      map(0x1200, 0x4001_0200, 512) +
      iommuUnmap(0x1000, 4096) +
      unmap(0x1200, 512);
    const { lines, summary } = await convert(text);
    expect(lines).toEqual([
      "map dev=0 dir=1 handle=0x0 pa=0x40010200 size=0x200",
      "unmap dir=1 handle=0x0 size=0x200",
    ]);
    expect(summary.counts).toMatchObject({ replayed: 2, below: 2 });
  });

  it("give allocations the recorded page blocks", async () => {
    const text =
      iommuMap(0, 0x4110_0000, MIB) +
      iommuMap(MIB, 0x4030_0000, 65536) +
      line(
        "dma_alloc: dev dir=BIDIRECTIONAL dma_addr=0 size=1114112 virt_addr=(ptrval) flags=GFP_KERNEL attrs=WRITE_COMBINE",
      );
    const { lines } = await convert(text);
    expect(lines).toEqual([
      "feed-pages pa=0x41100000 bytes=0x100000",
      "feed-pages pa=0x40300000 bytes=0x10000",
      "prefix attrs=0x4",
      "alloc dev=0 handle=0x0 size=0x110000",
    ]);
  });

  it("take the lengths of list entries from the map lines", async () => {
    const text =
      iommuMap(0x10000, 0x4000_0000, 8192) +
      iommuMap(0x12000, 0x4010_0000, 4096) +
      line(
        `dma_map_sg: dev dir=TO_DEVICE nents=2/2 ents=1/1 dma_addrs={0x10200} sizes=${list([0x1e00 + 100])} phys_addrs=${list([0x4000_0200, 0x4010_0000])} attrs=`,
      ) +
      line(`dma_unmap_sg: dev dir=TO_DEVICE phys_addrs=${list([0x4000_0200, 0x4010_0000])} attrs=`);
    const { lines } = await convert(text);
    expect(lines).toEqual([
      "sg-begin dev=0 dir=1 handle=0x0 nents=0x2",
      "sg-entry pa=0x40000200 length=0x1e00",
      "sg-entry pa=0x40100000 length=0x64",
      "sg-end dir=1 handle=0x0",
      "unmap-sg dir=1 handle=0x0",
    ]);
  });

  it("find the mapping a sync lies in", async () => {
    const text =
      map(0x5000, 0x4000_0000, 8192, "FROM_DEVICE") +
      line("dma_sync_single_for_cpu: dev dir=FROM_DEVICE dma_addr=6010 size=64");
    const { lines } = await convert(text);
    expect(lines[1]).toBe("sync-for-cpu dir=2 handle=0x0 offset=0x1010 size=0x40");
  });

  it("count what they cannot or need not replay", async () => {
    const text =
      unmap(0x9000) +
      map(2 ** 64 - 1, 0x4000_0000).replace(/dma_addr=\w+/, "dma_addr=ffffffffffffffff") +
      line("dma_free: dev dir=BIDIRECTIONAL dma_addr=0 size=0 virt_addr=0000000000000000 attrs=") +
      line(
        "dma_alloc: dev dir=BIDIRECTIONAL dma_addr=f00 size=64 virt_addr=0000000000000000 flags=GFP_KERNEL attrs=",
      ) +
      line("dma_sync_single_for_device: 13620000.sysmmu dir=TO_DEVICE dma_addr=49388000 size=4") +
      line("swiotlb_bounced: dev_name: dev dma_mask=ffffffff dev_addr=c83d000 size=4096 FORCE") +
      line("attach_device_to_domain: IOMMU: device=dev");
    const { lines, summary } = await convert(text);
    expect(lines).toEqual([]);
    expect(summary.counts).toMatchObject({
      replayed: 0,
      beforeRecording: 1,
      skipped: 4,
      failed: 2,
      below: 2,
      tableSyncs: 1,
      bounced: 1,
    });
  });

  it("count sizes that 32 bits do not hold, and refuse those that no number is", async () => {
    const sg = (sizes: number[]) =>
      line(
        `dma_map_sg: dev dir=TO_DEVICE nents=1/1 ents=1/1 dma_addrs={0x1000} sizes=${list(sizes)} phys_addrs=${list([0x4000_0000])} attrs=`,
      );
    const alloc = (size: string) =>
      line(`dma_alloc: dev dir=BIDIRECTIONAL dma_addr=1000 size=${size} virt_addr=(ptrval) flags=0 attrs=`);
    const { lines, summary } = await convert(
      map(0x1000, 0x4000_0000, 2 ** 32) + sg([2 ** 32]) + alloc("4294967296") + unmap(0x1000, 2 ** 32),
    );
    expect(lines).toEqual([]);
    expect(summary.counts).toMatchObject({
      replayed: 0,
      skipped: 3,
      failed: 0,
      tooLarge: 3,
      beforeRecording: 1,
    });
    const most = "18446744073709551615";
    const text = alloc(most) + map(0x1000, 0x4000_0000).replace("size=4096", `size=${most}`);
    await expect(convert(text)).rejects.toThrow(/^t:1: malformed dma_alloc, bad size/);
    const lenient = await convert(text, { lenient: true });
    expect(lenient.lines).toEqual([]);
    expect(lenient.summary.counts).toMatchObject({ replayed: 0, malformed: 2 });
  });

  it("never make a direction that no map has", async () => {
    const { lines, summary } = await convert(
      map(0x1000, 0x4000_0000, 4096, "NONE") +
        map(0x2000, 0x4000_0000) +
        unmap(0x2000).replace("TO_DEVICE", "NONE"),
    );
    expect(lines).toEqual([
      "map dev=0 dir=1 handle=0x0 pa=0x40000000 size=0x1000",
      "unmap dir=255 handle=0x0 size=0x1000",
    ]);
    expect(summary.counts).toMatchObject({ replayed: 2, skipped: 1, failed: 1 });
  });

  it("bring accesses of the master and expected addresses along", async () => {
    const { lines } = await convert(map(0x5000, 0x4000_0000, 4096, "FROM_DEVICE"), {
      access: "stream:2",
      expect: true,
    });
    expect(lines.slice(1)).toEqual([
      "expect handle=0x0 address=0x5000",
      "dev-write handle=0x0",
      "dev-write handle=0x0",
    ]);
  });
});

describe("a recording without dma events", () => {
  it("is rebuilt from runs of map lines and the unmaps that cover them", async () => {
    const text =
      iommuMap(0xff63_0000, 0x4000_0000, 4096) +
      iommuMap(0xff63_1000, 0x4001_0000, 4096) +
      iommuMap(0xff00_0000, 0x4000_0000, 4096, 9) +
      iommuUnmap(0xff63_0000, 8192) +
      iommuUnmap(0xff00_0000, 4096) +
      iommuUnmap(0xee00_0000, 4096);
    const { lines, names, summary } = await convert(text);
    expect(names).toEqual(["iommu"]);
    expect(lines).toEqual([
      "sg-begin dev=0 dir=0 handle=0x0 nents=0x2 max-segment=0xffffffff",
      "sg-entry pa=0x40000000 length=0x1000",
      "sg-entry pa=0x40010000 length=0x1000",
      "sg-end handle=0x0",
      "unmap-sg dir=255 handle=0x0",
      "map dev=0 dir=0 handle=0x0 pa=0x40000000 size=0x1000",
      "unmap dir=255 handle=0x0",
    ]);
    expect(summary.counts).toMatchObject({ replayed: 5, beforeRecording: 1 });
  });

  it("never joins lines to what 32 bits do not hold", async () => {
    const gib = 2 ** 30;
    let text = "";
    for (let i = 0; i < 5; i++) text += iommuMap(i * gib, (i % 3) * gib, gib);
    text += iommuMap(0x10_0000_0000, 0, 2 ** 32, 9);
    const { lines, summary } = await convert(text, { guestBase: 0, guestBytes: 2 ** 32 - MIB });
    expect(lines.map((l) => l.split(" ").at(-1))).toEqual(["size=0xc0000000", "size=0x80000000"]);
    expect(summary.counts).toMatchObject({ replayed: 5, skipped: 1, tooLarge: 1 });
  });

  it("ends a mapping when its last part is unmapped", async () => {
    const text =
      iommuMap(0x10000, 0x4000_0000, 16384) + iommuUnmap(0x10000, 4096) + iommuUnmap(0x11000, 12288);
    const { lines } = await convert(text);
    expect(lines).toEqual([
      "map dev=0 dir=0 handle=0x0 pa=0x40000000 size=0x4000",
      "unmap dir=255 handle=0x0",
    ]);
  });
});

describe("pages", () => {
  it("keep their address inside the region and their neighbours outside it", () => {
    const r = new PageRenumber(0x4000_0000, 16 * MIB);
    expect(r.of(0x4000_5123)).toBe(0x4000_5123);
    const a = r.of(0x1_2345_6000);
    expect(a).toBeGreaterThanOrEqual(0x4000_0000);
    expect(r.of(0x1_2345_7000)).toBe(a + 4096);
    expect(r.of(0x1_2345_6000)).toBe(a);
  });

  it("go to smaller pieces and then say that DRAM is too small", () => {
    const r = new PageRenumber(0x4000_0000, 2 * MIB);
    const seen = new Set<number>();
    let error = "";
    for (let i = 0; i < 100 && error === ""; i++) {
      try {
        const at = r.of(0x8000_0000 + i * 64 * MIB);
        expect(at).toBeLessThan(0x4000_0000 + 2 * MIB);
        expect(seen.has(at - (at % 4096))).toBe(false);
        seen.add(at - (at % 4096));
      } catch (cause) {
        error = (cause as Error).message;
      }
    }
    expect(seen.size).toBe(1 + 15 + 16);
    expect(error).toMatch(/guest DRAM too small.*--dram/);
  });

  it("say where in the trace they ran out", async () => {
    let text = "";
    for (let i = 0; i < 100; i++) text += map(4096 * (i + 1), 0x8000_0000 + i * 64 * MIB);
    await expect(convert(text, { guestBytes: 2 * MIB })).rejects.toThrow(/t:33: .*--dram/);
  });
});

describe("the live table", () => {
  it("holds twins apart and gives handles back", () => {
    const t = new LiveTable();
    const entry = { kind: "page" as const, device: 0, dma: 0x1000, firstPhys: 1, lastPhys: 1, nents: 1 };
    const a = t.add({ ...entry, size: 64 });
    const b = t.add({ ...entry, size: 128 });
    expect(t.byDma(0, 0x1000, 64)).toBe(a);
    expect(t.byDma(0, 0x1000, 1)).toBe(b);
    t.remove(a);
    expect(t.byDma(0, 0x1000, 64)).toBe(b);
    expect(t.add({ ...entry, size: 1 }).handle).toBe(a.handle);
    expect(t.containing(0, 0x1001)).not.toBeNull();
    expect(t.containing(1, 0x1001)).toBeNull();
  });
});

it("knows the core's op numbers", async () => {
  const { moduleOf } = await import("../cores.js");
  const exports = new WebAssembly.Instance(moduleOf("release"), {}).exports as Record<
    string,
    WebAssembly.Global
  >;
  for (const [name, n] of Object.entries(Op)) {
    const constant = `OP_${name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()}`;
    expect([constant, exports[constant]?.value]).toEqual([constant, n]);
  }
});
