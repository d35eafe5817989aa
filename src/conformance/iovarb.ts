// V6: drivers/iommu/iova.c of 6.1, tree and magazines: every operation in order, and the ranges in
// the tree (nodes, frames, CRC-32) at the recorded points.
//
// Not modelled: nothing is left out; an operation of another letter counts as not run.

import type { Core } from "../core/core.js";
import { newCore } from "./prepare.js";
import { Tally } from "./tally.js";
import type { ConformanceResult, ConformanceRunner, VectorRecord } from "./types.js";

type Op = readonly [letter: string, ...operands: number[]];

interface RangeLine {
  readonly ver: string;
  readonly seq: number;
  readonly granule: number;
  readonly start_pfn: number;
  readonly ops: readonly Op[];
  /** [after n allocations and frees, nodes, frames, CRC-32]. */
  readonly chk: readonly (readonly number[])[];
}

/** Letters whose operations `chk` counts. */
const COUNTED = "AFfu";

function span(core: Core, node: number): number[] {
  return [core.exports["rbNodeLo"](node) >>> 0, core.exports["rbNodeHi"](node) >>> 0];
}

/** What an operation gave and what was recorded; undefined for an unknown letter. */
function play(
  core: Core,
  tree: number,
  op: Op,
): [expected: readonly number[], actual: readonly number[]] | undefined {
  const { exports } = core;
  const [letter, a = 0, b = 0, c = 0, d = 0] = op;
  switch (letter) {
    case "A":
      return [[d], [exports["rbAlloc"](tree, a, b, c) | 0]];
    case "F":
      exports["rbFree"](tree, a);
      return [[], []];
    case "f":
      return [[d], [exports["rbAllocFast"](tree, a, b, c) >>> 0]];
    case "u":
      exports["rbFreeFast"](tree, a, b);
      return [[], []];
    case "R":
      return [[c, d], span(core, exports["rbReserve"](tree, a, b) >>> 0)];
    case "?": {
      const node = exports["rbFind"](tree, a) >>> 0;
      return b === -1
        ? [[-1], node === 0 ? [-1] : span(core, node)]
        : [[b, c], node === 0 ? [-1] : span(core, node)];
    }
    default:
      return undefined;
  }
}

function playSequence(core: Core, tree: number, value: RangeLine, line: number, tally: Tally): void {
  const { exports } = core;
  const checks = new Map(value.chk.map((check) => [check[0], check]));
  const name = `${value.ver} seq=${value.seq}`;
  let counted = 0;
  value.ops.forEach((op, i) => {
    const outcome = play(core, tree, op);
    if (outcome === undefined) {
      tally.skip(`no operation ${op[0]}`, 1, line);
      return;
    }
    const [expected, actual] = outcome;
    tally.compare(line, () => `${name} i=${i} ${JSON.stringify(op)}`, expected.join(" "), actual.join(" "));
    if (!COUNTED.includes(op[0])) return;
    const check = checks.get(++counted);
    if (check === undefined) return;
    const state = [exports["rbNodes"](tree), exports["rbPages"](tree) >>> 0, exports["rbCrc"](tree) >>> 0];
    tally.compare(line, () => `${name} tree after ${counted}`, check.slice(1).join(" "), state.join(" "));
  });
}

/** Plays the lines of a V6 file in `core`. One operation: an op or a check. */
export function runIovarb(records: Iterable<VectorRecord>, core: Core): ConformanceResult {
  const tally = new Tally();
  for (const record of records) {
    const value = record.value as unknown as RangeLine;
    const tree = core.exports["rbCreate"](value.granule, value.start_pfn) >>> 0;
    if (tree === 0) {
      tally.skip("the engine gave no memory for a tree", value.ops.length + value.chk.length, record.line);
      continue;
    }
    playSequence(core, tree, value, record.line, tally);
    core.exports["rbDestroy"](tree);
  }
  return tally.result();
}

export const runConformance: ConformanceRunner = (file) =>
  runIovarb(file.records, newCore(0x4000_0000, 1 << 20));
