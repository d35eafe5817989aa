// Selections of V7: the recorded scenarios through IO addresses, IOMMU core and Exynos driver, and
// the page tables in guest memory that result. Needs the driver of every kernel, not of one.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { dumpedTables, readTables, tablesCrc, withoutAddresses } from "../../src/conformance/e2e-tables.js";
import { mapsgScripts } from "../../src/conformance/mapsg.js";
import { type MapsgLine, MapsgScenario } from "../../src/conformance/mapsg-scenario.js";
import { builds } from "../cores.js";
import { DRAM_BASE, iommuCore } from "./iommu-core.js";

function records(name: string): { line: number; value: MapsgLine }[] {
  const text = gunzipSync(readFileSync(`test/vectors/${name}`)).toString();
  return text
    .trim()
    .split("\n")
    .map((line, n) => ({ line: n + 1, value: JSON.parse(line) as MapsgLine }));
}

const scripts = mapsgScripts({ name: "mapsg.jsonl.gz", kind: "mapsg", records: records("mapsg.jsonl.gz") });
const tables = new Map<number, MapsgLine[]>();
for (const { value } of records("e2e.jsonl.gz")) {
  const s = value["s"] as number;
  tables.set(s, [...(tables.get(s) ?? []), value]);
}

describe.each(builds)("page tables of recorded scenarios, %s core", (build) => {
  const complete = iommuCore(build, "v6.1").exports["domainFreeEntries"] !== undefined;
  it.runIf(complete).each([...tables])("number %i", (s, checks) => {
    const { scenario, operations } = scripts.get(s)!;
    const version = scenario["ver"] as string;
    const core = iommuCore(build, version, false);
    const domain = core.exports["domainCreate"]() >>> 0;
    const [l1Pa, zeroPa] = core.u32.subarray(domain >>> 2, (domain >>> 2) + 2) as unknown as [number, number];
    const lines = operations.map((record) => record.value);
    const player = new MapsgScenario(core, scenario, lines, { domain });
    let next = 0;
    for (const check of checks) {
      const after = (check["after_op"] ?? check["after"]) as number;
      while (next < lines.length && (lines[next]!["i"] as number) <= after) player.play(lines[next++]!);
      const found = readTables(core, DRAM_BASE, l1Pa, version === "v3.6" ? 0 : (zeroPa | 1) >>> 0);
      if (check["t"] === "crc") expect(tablesCrc(found), `operation ${after}`).toBe(check["crc"]);
      else expect(withoutAddresses(found)).toEqual(dumpedTables(check["l1"] as unknown[][]));
    }
  });
});
