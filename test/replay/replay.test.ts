import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { replayFiles } from "../../src/replay/files-node.js";
import { replayTrace } from "../../src/replay/replay.js";
import { textSource } from "../../src/trace/source.js";

const camera = "examples/traces/exynos4210-camera";
const files = [
  "01-boot-probe",
  "02-drm-gem",
  "03-v4l2-video0",
  "03-v4l2-video1",
  "03-v4l2-video2",
  "03-v4l2-video3",
  "03-v4l2-video4",
  "03-v4l2-video5",
  "03-v4l2-video6",
  "06-unbind-rebind",
  "07-hold-live",
].map((name) => `${camera}/${name}.trace.txt.gz`);

/** Events by type, counted the slow way. */
function grep(path: string): Record<string, number> {
  const out: Record<string, number> = {};
  for (const line of gunzipSync(readFileSync(path)).toString("latin1").split("\n")) {
    const match =
      /: (map|unmap|dma_[a-z_]+|(?:at|de)tach_[a-z_]+|(?:add|remove)_[a-z_]+|swiotlb_bounced): /.exec(line);
    if (match !== null) out[match[1]!] = (out[match[1]!] ?? 0) + 1;
  }
  return out;
}

describe("replay of the camera recording", () => {
  it("counts the events of every file as grep does, and accounts for each", async () => {
    const report = await replayFiles(files, { strategies: ["iommu"] });
    for (const [i, path] of files.entries()) expect(report.traces[i]!.byType).toEqual(grep(path));
    const o = report.operations;
    expect(o.replayed + o.beforeRecording + o.below + o.skipped + o.malformed).toBe(o.events);
  });

  it("gives every buffer of every device the IO address that mainline Linux gave it", async () => {
    const report = await replayFiles(files, { strategies: ["iommu"] });
    const run = report.strategies[0]!;
    expect(run.faults).toBe(0);
    for (const device of run.devices) expect(device).toMatchObject({ mapErrors: 0, allocErrors: 0 });
    // Devices without a System MMU (DMA engines, SD hosts) had their memory from the recorded CMA area,
    // MFC from its reserved region: their addresses are physical.
    const others = run.devices.filter((d) => d.space === null || d.name.startsWith("mfc"));
    const elsewhere = others.reduce((n, d) => n + d.maps + d.allocs, 0);
    expect(run.addresses.different).toBeLessThanOrEqual(elsewhere);
    expect(run.addresses.equal).toBeGreaterThan(800);
  });

  it("cleans page-table memory exactly as often as the recorded driver did", async () => {
    const buffers = files.filter((path) => !path.includes("01-boot"));
    const report = await replayFiles(buffers, { strategies: ["iommu"], access: "none" });
    const { recorded, made } = report.strategies[0]!.tableSyncs;
    expect(recorded).toBe(21205);
    expect(made).toBe(recorded);
  });
});

describe("replay", () => {
  const line = (event: string) => `  t-1 [000] ..... 1.000000: ${event}\n`;
  const map = (dma: string, pa: string) =>
    line(`dma_map_page: dev dir=TO_DEVICE dma_addr=${dma} size=4096 phys_addr=${pa} attrs=`);
  const unmap = (dma: string) => line(`dma_unmap_page: dev dir=TO_DEVICE dma_addr=${dma} size=4096 attrs=`);

  it("keeps two maps of one page apart", async () => {
    const text =
      map("1000", "40001000") + map("1000", "40001000") + unmap("1000") + unmap("1000") + unmap("1000");
    const report = await replayTrace([textSource("t", text)]);
    for (const run of report.strategies) {
      // Behind the IOMMU the first has IO address 0, whose unmap the kernel ignores.
      const kept = run.strategy === "iommu" ? 1 : 0;
      expect(run.devices[0]).toMatchObject({ maps: 2, unmaps: 2, live: kept });
      expect(run.liveAtEnd.mappings).toBe(kept);
    }
    expect(report.operations).toMatchObject({ replayed: 4, beforeRecording: 1 });
  });

  it("gives the same counts whatever the size of the pieces it reads", async () => {
    let text = "";
    for (let i = 0; i < 2000; i++) {
      text += map((0x1000 * (i + 1)).toString(16), (0x4000_0000 + 4096 * (i % 97)).toString(16));
      if (i % 3 !== 0) text += unmap((0x1000 * (i + 1)).toString(16));
    }
    const bytes = new TextEncoder().encode(text);
    const pieces = (step: number) => ({
      name: "t",
      bytesTotal: bytes.length,
      bytesRead: 0,
      async *open() {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
      },
    });
    const strip = async (step: number) => {
      const report = await replayTrace([pieces(step)], { clock: () => 0 });
      return JSON.stringify(report);
    };
    expect(await strip(7)).toBe(await strip(1 << 20));
  });

  it("refuses what it cannot read, naming file and line", async () => {
    const bad = (text: string, options = {}) => replayTrace([textSource("t.txt", text)], options);
    await expect(bad("")).rejects.toThrow("t.txt: empty file");
    await expect(bad("hello\nworld\n")).rejects.toThrow(/t\.txt: not a trace/);
    await expect(bad(map("1000", "40001000") + map("zz", "1"))).rejects.toThrow(
      /t\.txt:2: malformed dma_map_page/,
    );
    const lenient = await bad(map("1000", "40001000") + map("zz", "1"), { lenient: true });
    expect(lenient.operations.malformed).toBe(1);
    await expect(bad(map("1000", "1"), { access: "twice" })).rejects.toThrow(/access/);
    await expect(bad(map("1000", "1"), { soc: "exynos9" })).rejects.toThrow(/soc/);
    await expect(bad(map("1000", "1"), { dram: { bytes: 1 } })).rejects.toThrow(/dram\.bytes/);
  });

  it("stops when told to", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(replayTrace([textSource("t", map("1000", "1"))], { signal })).rejects.toThrow("enough");
  });
});

describe("the command", () => {
  it("is what npm start runs", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
      scripts: Record<string, string>;
    };
    expect(scripts["start"]).toContain("replay");
    const out = execFileSync(process.execPath, [
      "dist/cli/main.js",
      "replay",
      files[10]!,
      "--json",
      "--strategy",
      "iommu",
    ]);
    expect(JSON.parse(out.toString())).toMatchObject({ schema: "sysmmu/replay", schemaVersion: 1 });
  });
});
