// docs/json.md against what the commands print: every field is documented, every documented field is there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runReplayCommand } from "../../src/cli/commands/replay.js";
import { run } from "../../src/cli/run.js";
import { sampleReport } from "../report/sample.js";
import { FakeIo } from "./io.js";

const TRACE = join(process.cwd(), "examples/traces/exynos4210-camera/07-hold-live.trace.txt.gz");
/** A device that misses a map: one fault, one mapping above it and one below. */
const OPS = `# sysmmu op stream 1
device 0 fimc0
label 1 capture
prefix label=1
map dev=0 dir=1 handle=0 pa=0x40001000 size=0x1000
map dev=0 dir=1 handle=1 pa=0x40003000 size=0x1000
map dev=0 dir=1 handle=2 pa=0x40005000 size=0x1000
unmap handle=1
dev-read dev=0 handle=0xffffffff offset=0x1000 length=4
`;

interface Section {
  readonly version: number;
  /** Field names of the objects at a path; null: names are data. */
  readonly objects: Map<string, string[] | null>;
}

function sections(doc: string): Map<string, Section> {
  const found = new Map<string, Section>();
  for (const part of doc.split(/^## /m).slice(1)) {
    const head = /^`(sysmmu\/[a-z-]+)` (\d+)(, reports)?\n/.exec(part);
    if (head === null) continue;
    const objects = new Map<string, string[] | null>();
    // A bullet: paths in the first words, then prose, a colon, and the fields.
    for (const bullet of part.split(/^\* /m).slice(1)) {
      const text = bullet.split(/\n\n/)[0]!.replace(/\s+/g, " ");
      const colon = text.indexOf(": ");
      const names = (piece: string) => Array.from(piece.matchAll(/`([^`]+)`/g), (m) => m[1]!);
      const fields = names(text.slice(colon));
      for (const path of names(text.slice(0, colon))) {
        if (path.endsWith("{}")) objects.set(path.slice(0, -2), null);
        else objects.set(path === "." ? "" : path, fields);
      }
    }
    found.set(head[1]! + (head[3] ?? ""), { version: Number(head[2]), objects });
  }
  return found;
}

const documented = sections(readFileSync("docs/json.md", "utf8"));

/** Objects of `value` by path, as lists of their field names. */
function walk(value: unknown, path: string, open: ReadonlySet<string>, out: Map<string, string[][]>): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, `${path}[]`, open, out);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  out.set(path, [...(out.get(path) ?? []), Object.keys(value)]);
  if (open.has(path)) return;
  for (const [name, item] of Object.entries(value))
    walk(item, path === "" ? name : `${path}.${name}`, open, out);
}

function compare(section: string, values: readonly unknown[]): void {
  const { version, objects } = documented.get(section)!;
  const open = new Set([...objects].filter(([, fields]) => fields === null).map(([path]) => path));
  const seen = new Map<string, string[][]>();
  for (const value of values) {
    expect(value).toMatchObject({ schema: section.replace(", reports", ""), schemaVersion: version });
    walk(value, "", open, seen);
  }
  expect([...seen.keys()].sort()).toEqual([...objects.keys()].sort());
  for (const [path, fields] of objects) {
    if (fields === null) continue;
    const must = fields.filter((f) => !f.endsWith("?"));
    const all = fields.map((f) => f.replace("?", ""));
    const there = seen.get(path)!;
    for (const names of there) {
      expect(
        names.filter((n) => !all.includes(n)),
        `${path}: not documented`,
      ).toEqual([]);
      expect(
        must.filter((n) => !names.includes(n)),
        `${path}: not there`,
      ).toEqual([]);
    }
    expect(
      all.filter((n) => !there.flat().includes(n)),
      `${path}: never there`,
    ).toEqual([]);
  }
}

describe("docs/json.md", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sysmmu-json-"));
    writeFileSync(join(folder, "a.ops"), OPS);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function json(...args: string[]): Promise<unknown> {
    const io = new FakeIo(folder);
    expect(await run([...args, "--json"], io), io.err).toBeLessThan(2);
    return JSON.parse(io.out);
  }
  const ops = () => join(folder, "a.ops");

  it("describes every schema there is, and no other", () => {
    expect([...documented.keys()]).toEqual([
      "sysmmu/replay",
      "sysmmu/replay-set",
      "sysmmu/compare",
      "sysmmu/compare, reports",
      "sysmmu/convert",
      "sysmmu/explain",
      "sysmmu/socs",
      "sysmmu/soc",
      "sysmmu/conformance",
    ]);
  });

  it("describes replay", async () => {
    compare("sysmmu/replay", [await json("replay", TRACE), await json("replay", ops())]);
  });

  it("describes replay of several recordings", async () => {
    const io = new FakeIo(folder);
    await runReplayCommand([], { json: true }, io, async () => sampleReport);
    compare("sysmmu/replay-set", [JSON.parse(io.out)]);
  });

  it("describes compare", async () => {
    compare("sysmmu/compare", [
      await json("compare", ops()),
      await json("compare", "--workload", "descriptor-ring", "--rounds", "1"),
    ]);
  });

  it("describes compare of reports", async () => {
    for (const [name, strategies] of [
      ["a", "iommu,linear"],
      ["b", "iommu,bounce"],
    ] as const) {
      const report = await json(
        "replay",
        ops(),
        "--strategy",
        strategies,
        ...(name === "a" ? ["--access", "none"] : []),
      );
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(report));
    }
    compare("sysmmu/compare, reports", [
      await json("compare", join(folder, "a.json"), join(folder, "b.json")),
    ]);
  });

  it("describes convert", async () => {
    compare("sysmmu/convert", [await json("convert", TRACE, "--out", "out.ops")]);
  });

  it("describes explain", async () => {
    const fault = join(folder, "log.txt");
    writeFileSync(fault, "11800000.sysmmu: PAGE FAULT occurred at 0x1010\n");
    const other =
      "DMAR: [DMA Read] Request device [01:00.2] PASID ffffffff fault addr 1010 [fault reason 06] x";
    compare("sysmmu/explain", [
      await json("explain", fault, "--trace", ops()),
      await json("explain", "0x1010", "--trace", ops()),
      await json("explain", "0x10", "--trace", ops()),
      await json("explain", other),
      await json("explain", "0x2010"),
    ]);
  });

  it("describes soc", async () => {
    compare("sysmmu/socs", [await json("soc")]);
    compare("sysmmu/soc", [await json("soc", "exynos4210"), await json("soc", "exynos4412")]);
  });

  it("describes conformance", async () => {
    const line = { t: "seq", ver: "v6.1", base: 0, size: 4096, order: 0, ops: [], bits: 9, extensions: 9 };
    writeFileSync(
      join(folder, "a.jsonl"),
      `${JSON.stringify(line)}\n${JSON.stringify({ ...line, ver: "v0" })}\n`,
    );
    const dmadebug = [
      { t: "env", devices: [] },
      { op: "map_page", a: [] },
    ];
    writeFileSync(join(folder, "b.jsonl"), dmadebug.map((value) => JSON.stringify(value)).join("\n"));
    compare("sysmmu/conformance", [await json("conformance", "a.jsonl", "b.jsonl")]);
  });
});
