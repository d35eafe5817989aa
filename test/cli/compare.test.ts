// `sysmmu compare` from the command line: which of its three forms is meant, what it prints, how it ends.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../src/cli/run.js";
import type { StrategyComparison } from "../../src/replay/comparison.js";
import type { ReportComparison } from "../../src/replay/report-comparison.js";
import { FakeIo } from "./io.js";

const STREAM = [
  "# sysmmu op stream 1",
  "device 0 fimc0",
  "map dev=0 dir=1 handle=0x0 pa=0x40010000 size=0x8000",
  "map dev=0 dir=1 handle=0x1 pa=0x40020000 size=0x1800",
  "dev-read handle=0x1 dir=1",
  "unmap dir=255 handle=0x0",
  "",
].join("\n");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-compare-"));
  writeFileSync(join(folder, "t.ops.txt"), STREAM);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function sysmmu(args: string[], isTTY = false) {
  const io = new FakeIo(folder, isTTY);
  // Traces are opened relative to the process, reports relative to the folder of the command.
  const status = await run(
    args.map((arg) => (arg === "t.ops.txt" ? join(folder, arg) : arg)),
    io,
  );
  return { status, io };
}

const DRAM = ["--dram", "1G"];

describe("compare of strategies", () => {
  it("puts the ops tables side by side by default and shows what differs", async () => {
    const { status, io } = await sysmmu(["compare", "t.ops.txt", ...DRAM]);
    expect(status).toBe(0);
    expect(io.err).toBe("");
    expect(io.out).toMatch(/^Trace .*t\.ops\.txt\non exynos4210, kernel profile v6\.1 where none is named/);
    expect(io.out).toMatch(/\nFigure +linear +coherent +iommu +bounce\n/);
    expect(io.out).toMatch(/\n {2}mappings that got a buffer +0 +0 +0 +2\n/);
    expect(io.out).toMatch(/\n {2}lookups +- +- +\d+ +-\n/);
    expect(io.out).not.toContain("single maps made");
    expect(io.out).toMatch(/\d+ figures are equal and not shown \(--all shows them\)\n/);
    for (const line of io.out.split("\n").slice(1)) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("shows all figures on demand", async () => {
    const { io } = await sysmmu(["compare", "t.ops.txt", "--strategies", "linear,iommu", "--all", ...DRAM]);
    expect(io.out).toMatch(/\n {2}single maps made +2 +2\n/);
    expect(io.out).not.toContain("not shown");
  });

  it("heads columns with what their names do not share, or with letters", async () => {
    const short = await sysmmu(["compare", "t.ops.txt", "--strategies", "iommu+v3.6,iommu+v6.1", ...DRAM]);
    expect(short.io.out).toMatch(/\nAll columns: iommu\n\nFigure +v3\.6 +v6\.1\n/);
    const names = ["v3.6", "v3.14", "v4.4", "v6.1"].map((v) => `iommu+${v}+gen-pool+strongly-ordered`);
    const distinct = [...names, "linear+strongly-ordered+no-barrier"];
    const long = await sysmmu(["compare", "t.ops.txt", "--strategies", distinct.join(","), ...DRAM]);
    expect(long.io.out).toMatch(/\nA {2}iommu\+v3\.6\+gen-pool\+strongly-ordered\nB /);
    expect(long.io.out).toMatch(/\nFigure +A +B +C +D +E\n/);
    const all = [...distinct, "iommu", "linear", "coherent", "bounce", "dmabounce"];
    const wide = await sysmmu(["compare", "t.ops.txt", "--strategies", all.join(","), "--all", ...DRAM]);
    const heads = wide.io.out.split("\n").filter((line) => line.startsWith("Figure "));
    // Too wide for one table: the columns go on in a second one, with all rows again.
    expect(heads.length).toBeGreaterThan(1);
    expect(heads.flatMap((line) => line.split(/ +/).slice(1)).join("")).toBe("ABCDEFGHIJ");
    expect(wide.io.out.split("single maps made").length - 1).toBe(heads.length);
    for (const line of wide.io.out.split("\n").slice(1)) expect(line.length).toBeLessThanOrEqual(100);
  });

  it("prints JSON, and writes --out whole", async () => {
    const args = [
      "compare",
      "t.ops.txt",
      "--strategies",
      "linear,rb-tree",
      "--json",
      "--out",
      "c.json",
      ...DRAM,
    ];
    const { status, io } = await sysmmu(args);
    expect(status).toBe(0);
    expect(io.out).toBe("");
    expect(readdirSync(folder).sort()).toEqual(["c.json", "t.ops.txt"]);
    const json = JSON.parse(readFileSync(join(folder, "c.json"), "utf8")) as StrategyComparison;
    expect(json).toMatchObject({ schema: "sysmmu/compare", schemaVersion: 1, kind: "strategies" });
    expect(json.strategies.map((s) => s.name)).toEqual(["linear", "iommu+range-tree"]);
    expect(json.input.kind).toBe("trace");
    const maps = json.rows.find((r) => r.area === "mappings" && r.name === "maps")!;
    expect(maps).toMatchObject({ title: "single maps made", unit: "count", values: [2, 2], differs: false });
  });

  it("runs workloads under the strategies they are made for, or others", async () => {
    const { status, io } = await sysmmu([
      "compare",
      "--workload",
      "descriptor-ring",
      "--rounds",
      "8",
      "--json",
      "--fail-on-findings",
    ]);
    expect(status).toBe(1);
    const json = JSON.parse(io.out) as StrategyComparison;
    expect(json.input).toMatchObject({ kind: "workload", name: "descriptor-ring", rounds: 8, seed: 1 });
    expect(json.strategies).toHaveLength(7);
    expect(json.alike).toEqual([["iommu+write-combine", "iommu+bufferable"]]);
    const clean = await sysmmu([
      "compare",
      "--workload",
      "scatter-writes",
      "--rounds=1",
      "--seed=7",
      "--strategies=write-combine,bufferable",
      "--fail-on-findings",
    ]);
    expect(clean.status).toBe(0);
    expect(clean.io.out).toContain("1 round, seed 7\n");
    expect(clean.io.out).toContain("No figure differs\n");
  });

  it("shows a bar on a terminal and nothing elsewhere", async () => {
    expect((await sysmmu(["compare", "t.ops.txt", "--strategies=linear", ...DRAM], true)).io.err).toContain(
      "compare [",
    );
    expect((await sysmmu(["compare", "t.ops.txt", "--strategies=linear", ...DRAM])).io.err).toBe("");
  });
});

describe("compare of reports", () => {
  const replay = (strategy: string, out: string) =>
    sysmmu(["replay", "t.ops.txt", "--strategy", strategy, "--json", "--out", out, ...DRAM]);

  it("shows difference and ratio, and ends with 1 on a difference where asked", async () => {
    await replay("iommu,linear", "a.json");
    await replay("iommu,iommu+v3.6", "b.json");
    const { status, io } = await sysmmu(["compare", "a.json", "b.json"]);
    expect(status).toBe(0);
    expect(io.out).toMatch(/^a {2}a\.json \(sysmmu\/replay\)\nb {2}b\.json \(sysmmu\/replay\)\n/);
    expect(io.out).toContain("\nOnly in a: strategy linear\nOnly in b: strategy iommu+v3.6\n");
    expect(io.out).toMatch(/\nStrategy iommu, .*\nno figure differs \(\d+ compared\)\n/);
    expect((await sysmmu(["compare", "a.json", "b.json", "--fail-on-findings"])).status).toBe(1);
    expect((await sysmmu(["compare", "a.json", "a.json", "--fail-on-findings"])).status).toBe(0);
  });

  it("pairs single strategies, with signs and factors", async () => {
    await replay("iommu", "a.json");
    await replay("iommu+gen-pool", "b.json");
    const { io } = await sysmmu(["compare", "a.json", "b.json"]);
    expect(io.out).toMatch(
      /\nStrategy a: iommu, b: iommu\+gen-pool, .*t\.ops\.txt\nFigure +a +b +difference +ratio\n/,
    );
    expect(io.out).toMatch(/\n {2}most addresses taken at once +40,960 +131,072 +\+90,112 +x 3\.20\n/);
    const json = await sysmmu(["compare", "a.json", "b.json", "--json"]);
    const comparison = JSON.parse(json.io.out) as ReportComparison;
    expect(comparison).toMatchObject({ schema: "sysmmu/compare", schemaVersion: 1, kind: "reports" });
    const peak = comparison.pairs[0]!.rows.find((r) => r.name === "usedBytesPeak")!;
    expect(peak).toMatchObject({ a: 40960, b: 131072, difference: 90112, ratio: 3.2, differs: true });
  });
});

describe("bad usage of compare", () => {
  const files: Record<string, string> = {
    "other.json": '{"schema":"other"}',
    "old.json": '{"schema":"sysmmu/replay","schemaVersion":0}',
    "broken.json": "{",
  };
  beforeEach(() => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  });

  it.each([
    [["compare"], /compare needs a trace, two saved reports, or --workload/],
    [["compare", "missing.txt"], /missing\.txt.*no such file/i],
    [["compare", "t.ops.txt", "--strategies", "swap"], /--strategies takes linear, .* got "swap"/],
    [["compare", "t.ops.txt", "--strategies", "linear+own"], /--strategies: .*needs iommu ops/],
    [["compare", "t.ops.txt", "--strategies", "iommu,iommu+"], /--strategies takes .* got ""/],
    [
      ["compare", "t.ops.txt", "--strategies", "rb-tree,range-tree"],
      /names a value twice: "iommu\+range-tree"/,
    ],
    [["compare", "t.ops.txt", "--workload", "framebuffer"], /a trace or a workload/],
    [["compare", "--workload", "boot"], /--workload must be one of framebuffer, .* got "boot"/],
    [["compare", "--workload", "framebuffer", "--rounds", "0"], /--rounds must be an integer from 1/],
    [["compare", "--workload", "framebuffer", "--seed", "x"], /--seed must be an integer/],
    [["compare", "--workload", "framebuffer", "--access", "once"], /--access has no meaning for a workload/],
    [["compare", "t.ops.txt", "--seed", "3"], /--seed has no meaning without --workload/],
    [["compare", "t.ops.txt", "--dram", "1M"], /--dram/],
    [["compare", "old.json"], /compare takes two reports, got 1/],
    [["compare", "old.json", "t.ops.txt"], /old\.json is a report, .*t\.ops\.txt is none/],
    [["compare", "old.json", "old.json"], /old\.json: is sysmmu\/replay of version 0, this sysmmu reads 1/],
    [["compare", "other.json", "old.json"], /other\.json: has the schema "other"/],
    [["compare", "broken.json", "old.json"], /broken\.json: is no JSON/],
    [["compare", "old.json", "old.json", "--dram", "64M"], /--dram has no meaning for saved reports/],
  ] as [string[], RegExp][])("%j", async (args, message) => {
    const { status, io } = await sysmmu(args);
    expect(io.err).toMatch(message);
    expect(io.err).toMatch(/^sysmmu: [^\n]+\n$/);
    expect(status).toBe(2);
    expect(io.out).toBe("");
  });
});
