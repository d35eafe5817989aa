import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { runConformance } from "../../src/conformance/dmadebug.js";

const text = gunzipSync(readFileSync("test/vectors/dmadebug.jsonl.gz")).toString();
const records = text
  .trimEnd()
  .split("\n")
  .map((line, i) => ({ line: i + 1, value: JSON.parse(line) as Record<string, unknown> }));
const run = (changed = records) =>
  runConformance({ name: "dmadebug.jsonl.gz", kind: "dmadebug", records: changed }, { files: [] });

test("every recorded call of kernel 6.1.192 agrees", async () => {
  const result = await run();
  expect(result.differences).toEqual([]);
  expect(result.operations).toBe(records.filter(({ value }) => value["op"] !== undefined).length);
  expect(result.agreed).toBe(result.operations);
});

test("a changed record is found, an unknown call is not skipped", async () => {
  const changed = structuredClone(records);
  const at = changed.findIndex(({ value }) => value["op"] === "unmap_page");
  changed[at]!.value["error_count"] = 99;
  changed.at(-1)!.value["op"] = "map_teapot";
  const result = await run(changed);
  expect(result.differed).toBe(1);
  expect(result.differences[0]).toMatchObject({ line: at + 1 });
  const { line } = records.at(-1)!;
  expect(result.notRun).toEqual([{ reason: "unknown operation map_teapot", operations: 1, line }]);
});

test("pointers are compared as numbers", async () => {
  const env = records[0]!;
  const scenario = { line: 2, value: { t: "scn", s: 1, name: "stack", all_errors: 1 } };
  const call = (pointer: string) => ({
    line: 3,
    value: {
      s: 1,
      i: 0,
      op: "map_page",
      a: [0, 0x4020_0000, 0x10, 64, 1, 0x2000_0000, 0],
      ev: [
        [
          "WARN",
          `DMA-API: exynos-drm 12c10000.fimd: device driver maps memory from stack [addr=${pointer}]\n`,
        ],
      ],
      error_count: 1,
      show_num: 1,
      active: 1,
      disabled: 0,
    },
  });
  for (const [pointer, agreed] of [
    ["c0200010", 1],
    ["0xc0200010", 1],
    ["c0200011", 0],
  ] as const) {
    expect((await run([env, scenario, call(pointer)])).agreed).toBe(agreed);
  }
});
