// V1: the ARM layer's IO-address bitmaps of three kernels: create cases, every allocation and free
// in order, and the bitmaps themselves (bits set, bitmaps present, CRC-32) at the recorded points.
//
// Not modelled: nothing is left out; a version without a profile counts as not run.

import type { Core } from "../core/core.js";
import { IOVA_SWITCHES } from "../dma/profiles/iova.js";
import { type IovaProfile, writeIovaSwitches } from "../iova/iova-space.js";
import { newCore } from "./prepare.js";
import { Tally } from "./tally.js";
import type { ConformanceResult, ConformanceRunner, VectorRecord } from "./types.js";

interface IovaLine {
  readonly t: "seq" | "create";
  readonly ver: string;
  readonly seq?: number;
  readonly base: number;
  readonly size: number;
  /** -1 where the version has no order. */
  readonly order: number;
  readonly err?: number;
  readonly bits?: number;
  readonly extensions?: number;
  /** [0, size, address or -1] or [1, address, size], a fourth element "BUG" where the kernel stops. */
  readonly ops?: readonly (readonly (number | string)[])[];
  /** [after n operations, bits set, bitmaps, CRC-32]. */
  readonly chk?: readonly (readonly number[])[];
}

const FREE_OUTCOMES = ["freed", "BUG", "foreign memory"] as const;

function isProfile(version: string): version is IovaProfile {
  return version in IOVA_SWITCHES.SWITCH_IOVA_KIND;
}

function play(
  core: Core,
  space: number,
  op: readonly (number | string)[],
): [expected: string, actual: string] {
  const { exports } = core;
  if (op[0] === 0) return [hex(op[2] as number), hex(exports["iovaAlloc"](space, op[1] as number))];
  const outcome: number = exports["iovaFree"](space, op[1] as number, op[2] as number);
  return [op[3] === "BUG" ? "BUG" : "freed", FREE_OUTCOMES[outcome]!];
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

function playSequence(core: Core, space: number, value: IovaLine, line: number, tally: Tally): void {
  const { exports } = core;
  const checks = new Map(value.chk?.map((check) => [check[0], check]));
  const name = `${value.ver} seq=${value.seq}`;
  value.ops?.forEach((op, i) => {
    const [expected, actual] = play(core, space, op);
    tally.compare(
      line,
      () => `${name} i=${i} ${op[0] === 0 ? "alloc" : "free"} ${JSON.stringify(op)}`,
      expected,
      actual,
    );
    const check = checks.get(i + 1);
    if (check === undefined) return;
    const used = exports["iovaUsedPages"](space) >>> Math.max(0, value.order);
    const state = [used, exports["iovaBitmapCount"](space), exports["iovaBitmapCrc"](space) >>> 0];
    tally.compare(line, () => `${name} bitmaps after ${i + 1}`, check.slice(1).join(" "), state.join(" "));
  });
}

function operationsOf(value: IovaLine): number {
  return 1 + (value.ops?.length ?? 0) + (value.chk?.length ?? 0);
}

/** Plays the lines of a V1 file in `core`, whose switches it sets. One operation: a create, an op, a check. */
export function runIova(records: Iterable<VectorRecord>, core: Core): ConformanceResult {
  const tally = new Tally();
  for (const record of records) {
    const value = record.value as unknown as IovaLine;
    if (!isProfile(value.ver)) {
      tally.skip(`no profile ${value.ver}`, operationsOf(value), record.line);
      continue;
    }
    writeIovaSwitches(core, value.ver);
    const { exports } = core;
    const high = Math.floor(value.size / 2 ** 32);
    const space = exports["iovaCreate"](value.base, value.size >>> 0, high, Math.max(0, value.order)) >>> 0;
    const error = space === 0 ? -exports.lastError() : 0;
    const expected =
      value.err === undefined || value.err === 0 ? `0 ${value.bits} ${value.extensions}` : `${value.err}`;
    const actual =
      error !== 0 ? `${error}` : `0 ${exports["iovaBits"](space)} ${exports["iovaExtensions"](space)}`;
    const { ops: _ops, chk: _chk, ...header } = value;
    tally.compare(record.line, () => `create ${JSON.stringify(header)}`, expected, actual);
    if (space === 0) {
      tally.differ(operationsOf(value) - 1);
      continue;
    }
    playSequence(core, space, value, record.line, tally);
    exports["iovaDestroy"](space);
  }
  return tally.result();
}

export const runConformance: ConformanceRunner = (file) =>
  runIova(file.records, newCore(0x4000_0000, 1 << 20));
