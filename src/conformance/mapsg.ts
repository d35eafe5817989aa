// V3: the IOMMU dma ops of three kernels, every result and every event in order, with a recorder in
// the place of the IOMMU (as when the file was made).
//
// Not modelled: nothing is left out; an operation that is unknown counts as not run.

import type { Core } from "../core/core.js";
import { failureOf } from "./field-watch.js";
import { type MapsgLine, type MapsgOutcome, MapsgScenario } from "./mapsg-scenario.js";
import { newCore, setProfile, setSwitch } from "./prepare.js";
import { NotRun } from "./tally.js";
import type { ConformanceRunner, Difference, VectorFile, VectorRecord } from "./types.js";

/** Guest memory of a run; recorded addresses lie below it, so that page blocks are never mixed. */
export const MAPSG_DRAM_BASE = 0x8000_0000;
const DRAM_BYTES = 16 << 20;
const SHOWN = 10;

/** A scenario line of a V3 file with the operations that belong to it. */
export interface MapsgScript {
  readonly scenario: MapsgLine;
  readonly operations: VectorRecord[];
}

/** Scenarios of a V3 file by number. */
export function mapsgScripts(file: VectorFile): Map<number, MapsgScript> {
  const scripts = new Map<number, MapsgScript>();
  for (const record of file.records) {
    const s = record.value["s"] as number;
    if (record.value["t"] === "scn") scripts.set(s, { scenario: record.value, operations: [] });
    else scripts.get(s)?.operations.push(record);
  }
  return scripts;
}

/** A core for scenarios of kernel `version`: no caches, no SysMMU, the version's switches. */
export function mapsgCore(version: string, stub: boolean): Core {
  const core = newCore(MAPSG_DRAM_BASE, DRAM_BYTES);
  setProfile(core, version);
  setSwitch(core, "SWITCH_IOMMU_STUB", stub ? 1 : 0);
  core.exports["cacheInit"](0, 0, 0, 0, 0, 0);
  return core;
}

/** The fields of `line` that `outcome` answers, as comparable text. */
export function recordedResult(line: MapsgLine, outcome: MapsgOutcome): string {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(outcome)) fields[name] = line[name];
  return JSON.stringify(fields);
}

/** An operation's place and arguments, short. */
export function describeOperation(scenario: MapsgLine, line: MapsgLine): string {
  const { ev: _ev, out: _out, r: _r, s, i, op, ...rest } = line;
  const text = JSON.stringify(rest);
  return `${String(scenario["ver"])} s=${String(s)} i=${String(i)} ${String(op)} ${text.slice(0, 200)}`;
}

export const runConformance: ConformanceRunner = (file) => {
  let operations = 0;
  let agreed = 0;
  let differed = 0;
  const failed = new NotRun();
  const differences: Difference[] = [];
  for (const { scenario, operations: records } of mapsgScripts(file).values()) {
    operations += records.length;
    const core = mapsgCore(scenario["ver"] as string, true);
    const lines = records.map((record) => record.value);
    const player = new MapsgScenario(core, scenario, lines, { domain: 0 });
    for (const { line, value } of records) {
      let outcome: MapsgOutcome;
      try {
        outcome = player.play(value);
      } catch (error) {
        failed.add(
          failureOf(error, value, (again) => player.play(again)),
          1,
          line,
        );
        continue;
      }
      const expected = recordedResult(value, outcome);
      const actual = JSON.stringify(outcome);
      if (expected === actual) agreed++;
      else {
        differed++;
        const operation = describeOperation(scenario, value);
        if (differences.length < SHOWN) differences.push({ line, operation, expected, actual });
      }
    }
  }
  return { operations, agreed, differed, differences, notRun: failed.list() };
};
