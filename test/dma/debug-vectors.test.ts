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
  expect(result.notRun).toEqual([{ reason: "unknown operation map_teapot", operations: 1 }]);
});
