// What the drivers of kernels 3.6, 4.4 and 6.1 did (V2): all of hardware 3.3, samples of the others.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runPagetable } from "../../src/conformance/pagetable.js";
import { builds } from "../cores.js";
import { plainCore } from "./core.js";

const records = gunzipSync(readFileSync("test/vectors/pagetable.jsonl.gz"))
  .toString()
  .trim()
  .split("\n")
  .map((text, n) => ({ line: n + 1, value: JSON.parse(text) as Record<string, unknown> }));
const starts = records.flatMap((record, n) => (record.value["t"] === "seq" ? [n] : []));
const sequences = starts.map((start, k) => {
  const { ver, hw_version_reg, s, note } = records[start]!.value;
  const name = `${ver} on 0x${(hw_version_reg as number).toString(16)}, ${s}: ${note}`;
  return [name, records.slice(start, starts[k + 1])] as const;
});

describe.each(builds)("recorded driver calls, %s core", (build) => {
  it.each(sequences)("%s", (_name, lines) => {
    const { operations, agreed, differences } = runPagetable(lines, (base, bytes) =>
      plainCore(build, base, bytes),
    );
    expect(differences).toEqual([]);
    expect(agreed).toBe(operations);
    expect(operations).toBe(lines.length - 1);
  });
});
