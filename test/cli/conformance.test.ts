// The conformance command: kinds by content, every file accounted for, differences shown.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OptionValues } from "../../src/cli/command.js";
import { type RunnerLoader, runConformanceCommand } from "../../src/cli/commands/conformance.js";
import { run } from "../../src/cli/run.js";
import { vectorKind } from "../../src/cli/vectors.js";
import type { ConformanceResult, VectorKind } from "../../src/conformance/types.js";
import { FakeIo } from "./io.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-conformance-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, ...lines: object[]): void {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  writeFileSync(join(folder, name), name.endsWith(".gz") ? gzipSync(text) : text);
}

const SIGNS: [VectorKind, object][] = [
  ["iova", { t: "seq", ver: "v6.1", bits: 32, ops: [] }],
  ["iova", { t: "create", base: 0, size: 0, order: 0, err: -22 }],
  ["pagetable", { t: "seq", hw_version_reg: 0x30600000, kind: "mmio" }],
  ["mapsg", { s: 1, t: "scn", coherent: 0, base: 0, size: 1048576, highmem_start: 0x6f800000 }],
  ["cachemaint", { k: "l1line", fn: "v7_dma_inv_range" }],
  ["dmadebug", { t: "env", devices: [] }],
  ["dmadebug", { t: "scn", name: "theme", all_errors: 1 }],
  ["iovarb", { t: "seq", granule: 4096, ops: [] }],
  ["e2e", { s: 5, t: "crc", after_op: 0, crc: 1 }],
];

const good: ConformanceResult = {
  operations: 3,
  agreed: 3,
  differed: 0,
  differences: [],
  notRun: [],
};

async function conformance(load: RunnerLoader, options: OptionValues = {}, args = ["."]) {
  const io = new FakeIo(folder);
  return { status: await runConformanceCommand(args, options, io, load), io };
}

describe("kinds", () => {
  it.each(SIGNS)("%s", (kind, value) => {
    const records = [{ s: 5, i: 0, op: "map" }, value].map((v, i) => ({ line: i + 1, value: { ...v } }));
    expect(vectorKind(records)).toBe(kind);
  });
});

describe("outcome", () => {
  it("is 0 when all agree, with plain and gzip'd files", async () => {
    write("a.jsonl", SIGNS[0]![1]);
    write("b.jsonl.gz", SIGNS[4]![1]);
    const { status, io } = await conformance(async () => () => good);
    expect(status).toBe(0);
    expect(io.out).toMatch(/^a\.jsonl +iova +3 +3 +0 +0$/m);
    expect(io.out).toMatch(/^b\.jsonl\.gz +cachemaint +3/m);
    expect(io.out).toContain("all operations agree");
  });

  it("is 1 and shows the first difference side by side", async () => {
    write("a.jsonl", SIGNS[0]![1]);
    const difference = { line: 7, operation: "alloc 4096", expected: "0x1000", actual: "0x2000" };
    const result = { ...good, agreed: 2, differed: 1, differences: [difference] };
    const { status, io } = await conformance(async () => () => result);
    expect(status).toBe(1);
    expect(io.out).toContain("line 7: alloc 4096");
    expect(io.out).toMatch(/^ +0x1000 +\| 0x2000$/m);
  });

  it("is 1 for a kind without a runner, an unknown kind, and operations not run", async () => {
    write("a.jsonl", SIGNS[0]![1]);
    const none = await conformance(async () => undefined);
    expect(none.status).toBe(1);
    expect(none.io.out).toContain("a.jsonl: not run: no runner for iova");

    write("a.jsonl", { something: "else" });
    const unknown = await conformance(async () => () => good);
    expect(unknown.status).toBe(1);
    expect(unknown.io.out).toContain("not run: no line tells what kind");

    write("a.jsonl", SIGNS[0]![1]);
    const notRun = [{ reason: "version v9", operations: 1 }];
    const some = await conformance(async () => () => ({ ...good, agreed: 2, notRun }));
    expect(some.status).toBe(1);
    expect(some.io.out).toContain("1 not run: version v9");
  });

  it("is 1 when a runner loses operations", async () => {
    write("a.jsonl", SIGNS[0]![1]);
    const { status, io } = await conformance(async () => () => ({ ...good, agreed: 2 }));
    expect(status).toBe(1);
    expect(io.out).toContain("accounts for 2 of 3 operations");
  });

  it("is 1 when a runner breaks, and still runs the other files", async () => {
    write("a.jsonl", SIGNS[0]![1]);
    write("b.jsonl", SIGNS[4]![1]);
    const { status, io } = await conformance(async (kind) => () => {
      if (kind === "iova") throw new TypeError("no such field");
      return good;
    });
    expect(status).toBe(1);
    expect(io.out).toContain("a.jsonl: not run to its end: no such field");
    expect(io.out).toMatch(/^b\.jsonl +cachemaint +3 +3/m);
  });

  it("prints JSON with a schema version", async () => {
    write("a.jsonl", SIGNS[0]![1]);
    const { io } = await conformance(async () => () => good, { json: true });
    expect(JSON.parse(io.out)).toMatchObject({
      schema: "sysmmu/conformance",
      schemaVersion: 2,
      agree: true,
      files: [{ file: "a.jsonl", kind: "iova", records: 1, result: good, problem: null }],
    });
  });

  it("hands end-to-end runs the scenarios beside them", async () => {
    write("e2e.jsonl", SIGNS[8]![1]);
    write("mapsg.jsonl", SIGNS[3]![1]);
    let seen: string[] = [];
    await conformance(
      async () => (_file, context) => {
        seen = context.files.map((file) => file.kind);
        return good;
      },
      {},
      ["e2e.jsonl"],
    );
    expect(seen).toEqual(["e2e", "mapsg"]);
  });
});

/** Lines of a real file of each kind, one field short or wrong. */
describe("a line that cannot be played", () => {
  const real = (source: string) => join(process.cwd(), "src/conformance", source);
  const load: RunnerLoader = async (kind) => (await import(real(`${kind}.ts`))).runConformance;

  it.each<[string, object[], RegExp]>([
    [
      "iova",
      [{ t: "seq", ver: "v6.1", seq: 1, base: 0, size: 4096, order: 0, bits: 1, ops: 5 }],
      /a\.jsonl: not run to its end: a\.jsonl:1: field ops is 5, which cannot be played/,
    ],
    [
      "iovarb",
      [{ t: "seq", ver: "v6.1", granule: 4096, start_pfn: 1, chk: [] }],
      /a\.jsonl: not run to its end: a\.jsonl:1: field ops is missing/,
    ],
    [
      "dmadebug",
      [
        { t: "env", devices: [["a", "b"]] },
        { t: "scn", name: "x", all_errors: 1 },
      ],
      /a\.jsonl: not run to its end: a\.jsonl:1: field linear_map is missing/,
    ],
    [
      "dmadebug",
      [
        {
          t: "env",
          devices: [],
          linear_map: [0, 0],
          vmalloc: [0, 0],
          kernel_text: [0, 0],
          rodata: [0, 0],
          stack: [0, 0],
        },
        { t: "scn", name: "x", all_errors: 1 },
        { s: 1, i: 0, op: "map_page", a: null, ev: [], error_count: 0, show_num: 0, active: 0, disabled: 0 },
      ],
      /a\.jsonl: not run to its end: a\.jsonl:3: field a is null/,
    ],
    ["cachemaint", [{ k: "prim", ver: "v6.1", ev: [] }], /a\.jsonl:1: 1 not run: field \S+ is missing/],
    ["e2e", [{ s: 5, t: "crc", after_op: 0, crc: 1 }], /a\.jsonl:1: 1 not run: its V3 scenario/],
    [
      "pagetable",
      [
        { t: "seq", s: 1, ver: "v6.1", hw_version_reg: 0x30600000, kind: "mmio", ninst: 1 },
        { s: 1, i: 0, op: "probe", ev: [], r: 0 },
      ],
      /not run to its end: a\.jsonl:[12]: field /,
    ],
    [
      "cachemaint",
      [{ k: "prim", ver: "v6.1", op: "fly", ev: [] }],
      /a\.jsonl:1: 1 not run: (unknown operation fly|field \S+ is missing)/,
    ],
  ])("%s: file, line and field", async (_kind, lines, message) => {
    write("a.jsonl", ...lines);
    const { status, io } = await conformance(load);
    expect(status).toBe(1);
    expect(io.out).toMatch(message);
    expect(io.out).not.toContain("Cannot read properties");
  });
});

describe("what comes from a file", () => {
  it("does not reach the terminal as control characters", async () => {
    write("a.jsonl", SIGNS[0]![1]);
    const difference = { line: 1, operation: "\u001b[2J", expected: "\u009b1m", actual: "\u0007" };
    const { io } = await conformance(async () => () => ({
      ...good,
      agreed: 2,
      differed: 1,
      differences: [difference],
    }));
    expect(io.out).toContain("\\u001b[2J");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(io.out).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);

    writeFileSync(join(folder, "a.jsonl"), Uint8Array.of(0x1b, 0x5b, 0x32, 0x4a, 0, 7, 0xc2, 0x9b));
    const binary = new FakeIo(folder);
    expect(await run(["conformance", "a.jsonl"], binary)).toBe(2);
    expect(binary.err).toContain("a.jsonl:1: not JSON: \\u001b[2J");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(binary.err).not.toMatch(/[\0-\x08\x0b-\x1f\x7f-\x9f]/);
  });
});

describe("bad files", () => {
  it.each([
    ["kind.jsonl", '{"k":"nosuchkind"}\n', /kind\.jsonl:1: unknown kind "nosuchkind"; one of l1line, /],
    ["mixed.jsonl", '{"k":"sg"}\n\n{"k":7}\n', /mixed\.jsonl:3: unknown kind 7/],
    ["no.jsonl", "not json\n", /no\.jsonl:1: not JSON: not json/],
    ["list.jsonl", "[1]\n", /list\.jsonl:1: not a JSON object/],
    ["empty.jsonl", "\n", /empty\.jsonl: empty/],
    ["cut.jsonl.gz", gzipSync('{"t":"env"}\n').subarray(0, 20), /cut\.jsonl\.gz: /],
  ])("%s", async (name, content, message) => {
    writeFileSync(join(folder, name), content);
    await expect(conformance(async () => () => good)).rejects.toThrow(message);
  });
});
