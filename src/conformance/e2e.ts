// V7: the scenarios of V3 through the whole stack, ops, IO addresses, IOMMU core and Exynos driver,
// and the page tables that result: a checksum after each operation, contents every now and then.
//
//   crc words, per entry of level 1 that is not the default: index, entry (of a link: its low 10 bits),
//   then of a linked table: slot, entry of each slot that is not 0
//
// The tables are read as the CPU sees them; v3.6 leaves some of its changes in the cache.
//
// Not modelled: SysMMU 3.3 is not attached, as in the recording; nothing else is left out.

import type { Core } from "../core/core.js";
import { dumpedTables, readTables, tablesCrc, withoutAddresses } from "./e2e-tables.js";
import { describeOperation, MAPSG_DRAM_BASE, type MapsgScript, mapsgCore, mapsgScripts } from "./mapsg.js";
import { MapsgScenario } from "./mapsg-scenario.js";
import { NotRun } from "./tally.js";
import type { ConformanceRunner, Difference, VectorFile, VectorRecord } from "./types.js";

const SHOWN = 10;

export const runConformance: ConformanceRunner = (file, context) => {
  const scripts = scriptsOf(context.files);
  const bySequence = new Map<number, VectorRecord[]>();
  for (const record of file.records) {
    const s = record.value["s"] as number;
    const list = bySequence.get(s);
    if (list === undefined) bySequence.set(s, [record]);
    else list.push(record);
  }
  let agreed = 0;
  let differed = 0;
  const missing = new NotRun();
  const differences: Difference[] = [];
  for (const [s, records] of bySequence) {
    const script = scripts.get(s);
    if (script === undefined) {
      missing.add("its V3 scenario is not among the files", records.length, records[0]!.line);
      continue;
    }
    for (const { line, operation, expected, actual } of playTables(script, records)) {
      if (expected === actual) agreed++;
      else {
        differed++;
        if (differences.length < SHOWN) differences.push({ line, operation, expected, actual });
      }
    }
  }
  return { operations: file.records.length, agreed, differed, differences, notRun: missing.list() };
};

function scriptsOf(files: readonly VectorFile[]): Map<number, MapsgScript> {
  const scripts = new Map<number, MapsgScript>();
  for (const file of files) {
    if (file.kind !== "mapsg") continue;
    for (const [s, script] of mapsgScripts(file)) scripts.set(s, script);
  }
  return scripts;
}

/** Plays a scenario and tells, at each of its records, what the tables should be and are. */
function* playTables(script: MapsgScript, records: readonly VectorRecord[]): Generator<Difference> {
  const { scenario, operations } = script;
  const core = mapsgCore(scenario["ver"] as string, false);
  const domain = core.exports["domainCreate"]() >>> 0;
  const l1Pa = core.u32[domain >>> 2]!;
  const zeroPa = core.u32[(domain >>> 2) + 1]!;
  const fallback = scenario["ver"] === "v3.6" ? 0 : (zeroPa | 1) >>> 0;
  const lines = operations.map((record) => record.value);
  const player = new MapsgScenario(core, scenario, lines, { domain });
  let next = 0;
  let broken: string | undefined;
  for (const { line, value } of records) {
    const after = (value["after_op"] ?? value["after"]) as number;
    try {
      while (next < lines.length && (lines[next]!["i"] as number) <= after) player.play(lines[next++]!);
    } catch (error) {
      // What an earlier operation should have made is missing: everything from here on differs.
      next = lines.length;
      broken = error instanceof Error ? error.message : String(error);
    }
    if (broken !== undefined) {
      yield { line, operation: `s=${String(value["s"])}`, expected: "", actual: broken };
      continue;
    }
    const tables = readTables(core, MAPSG_DRAM_BASE, l1Pa, fallback);
    const operation = `after ${describeOperation(scenario, lines[next - 1] ?? scenario)}`;
    if (value["t"] === "crc") {
      yield { line, operation, expected: String(value["crc"]), actual: String(tablesCrc(tables)) };
      continue;
    }
    // The driver's counters are compared where the core tells them.
    const counts = freeEntries(core, domain);
    const recorded = [dumpedTables(value["l1"] as unknown[][]), counts === null ? null : value["cnt"]];
    const actual = JSON.stringify([withoutAddresses(tables), counts]);
    yield { line, operation, expected: JSON.stringify(recorded), actual };
  }
}

/** The driver's counters of free level 2 entries that are not 0; null when the core keeps them to itself. */
function freeEntries(core: Core, domain: number): [number, number][] | null {
  const read = core.exports["domainFreeEntries"] as ((domain: number, index: number) => number) | undefined;
  if (read === undefined) return null;
  const counts: [number, number][] = [];
  for (let index = 0; index < 4096; index++) {
    const count = read(domain, index) | 0;
    if (count !== 0) counts.push([index, count]);
  }
  return counts;
}
