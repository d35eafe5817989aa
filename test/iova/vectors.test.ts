// Recorded behaviour of real kernels. test/vectors/iova.jsonl.gz: the first 750 operations of each
// sequence of 3.6.0, 3.14.57 and 6.1.192 (= 4.4.38 = 5.15.189); iovarb.jsonl.gz: 6.1.192.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runIova } from "../../src/conformance/iova.js";
import { runIovarb } from "../../src/conformance/iovarb.js";
import type { ConformanceResult, VectorRecord } from "../../src/conformance/types.js";
import { builds } from "../cores.js";
import { iovaCore } from "./core.js";

const folder = process.env["SYSMMU_VECTORS"] ?? "test/vectors";

function records(name: string): VectorRecord[] {
  const lines = gunzipSync(readFileSync(`${folder}/${name}`))
    .toString()
    .trimEnd()
    .split("\n");
  return lines.map((text, i) => ({ line: i + 1, value: JSON.parse(text) as Record<string, unknown> }));
}

function expectAgreement(result: ConformanceResult, least: number): void {
  expect(result.differences).toEqual([]);
  expect(result.notRun).toEqual([]);
  expect(result.agreed).toBe(result.operations);
  expect(result.operations).toBeGreaterThan(least);
}

describe.each(builds)("recorded kernels, %s", (build) => {
  it("bitmaps agree", () => {
    expectAgreement(runIova(records("iova.jsonl.gz"), iovaCore(build).core), 15_000);
  });

  it("range tree and magazines agree", () => {
    expectAgreement(runIovarb(records("iovarb.jsonl.gz"), iovaCore(build).core), 20_000);
  });
});
