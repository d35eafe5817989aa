// V2: the Exynos IOMMU driver of three kernels over seven hardware versions: every return value, every
// register access, cache operation and message in order, and the page tables.
//
// One operation is a recorded call (result and all its events) or a dump of a domain's tables.
// Physical addresses of tables are the machine's own; they are shown as recorded (README, V2).
//
// Not modelled: nothing is left out; a version without a profile counts as not run.

import type { Core } from "../core/core.js";
import { IOMMU_SWITCHES } from "../dma/profiles/iommu.js";
import type { DriverEvent } from "../iommu/driver-events.js";
import { crc32, dumpedTables, readTables } from "./e2e-tables.js";
import {
  needsTargetMemory,
  PAGETABLE_DRAM_BASE,
  type PagetableLine,
  PagetablePlayer,
} from "./pagetable-player.js";
import { newCore } from "./prepare.js";
import { Tally } from "./tally.js";
import type { ConformanceResult, ConformanceRunner, VectorRecord } from "./types.js";

/** Makes a core with `bytes` of DRAM at `base`. */
export type CoreFactory = (base: number, bytes: number) => Core;

const DRAM_BYTES = 16 << 20;
/** Reaches over 0x48000000..0x4fffffff, the memory behind the sections of misused tables. */
const WIDE_DRAM_BYTES = 256 << 20;
const SHOWN_EVENTS = 24;

export const runConformance: ConformanceRunner = (file) => runPagetable(file.records, newCore);

/** Plays the sequences of a V2 file, each on a core of its own. */
export function runPagetable(records: readonly VectorRecord[], coreFor: CoreFactory): ConformanceResult {
  const tally = new Tally();
  let from = 0;
  while (from < records.length) {
    let to = from + 1;
    while (to < records.length && records[to]!.value["t"] !== "seq") to++;
    playSequence(records.slice(from, to), coreFor, tally);
    from = to;
  }
  return tally.result();
}

function playSequence(records: readonly VectorRecord[], coreFor: CoreFactory, tally: Tally): void {
  const lines = records.map((record) => record.value as unknown as PagetableLine);
  const sequence = lines[0]!;
  if (sequence.t !== "seq" || !(sequence.ver! in IOMMU_SWITCHES.SWITCH_DRIVER)) {
    const reason = sequence.t === "seq" ? `no profile ${sequence.ver}` : "no seq line before it";
    tally.skip(reason, Math.max(1, lines.length - 1), records[0]!.line);
    return;
  }
  const core = coreFor(PAGETABLE_DRAM_BASE, needsTargetMemory(sequence) ? WIDE_DRAM_BYTES : DRAM_BYTES);
  const player = new PagetablePlayer(core, sequence, lines.slice(1));
  const name = `${sequence.ver} hw=0x${sequence.hw_version_reg!.toString(16)} s=${sequence.s}`;
  for (let n = 1; n < lines.length; n++) {
    const line = lines[n]!;
    const where = records[n]!.line;
    if (line.t === "dump") {
      const describe = () => `${name} dump after ${JSON.stringify(records[n]!.value["after"])}`;
      tally.compare(where, describe, recordedDump(line), ownDump(core, player, line.d!));
      continue;
    }
    const describe = () => `${name} i=${line.i} ${line.op} ${JSON.stringify(line.a)}`;
    const { result, events } = player.play(line);
    tally.compare(where, describe, recordedOperation(line), ownOperation(line, result, events));
  }
}

function recordedOperation(line: PagetableLine): string {
  const sum = line.evn === undefined ? "" : ` ${line.evn} ${line.evcrc}`;
  return `${JSON.stringify(line.r)} ${JSON.stringify(line.ev)}${sum}`;
}

function ownOperation(line: PagetableLine, result: unknown, events: readonly DriverEvent[]): string {
  if (line.evn === undefined) return `${JSON.stringify(result)} ${JSON.stringify(events)}`;
  const text = JSON.stringify(events).slice(1, -1);
  const first = JSON.stringify(events.slice(0, SHOWN_EVENTS));
  return `${JSON.stringify(result)} ${first} ${events.length} ${crc32(text)}`;
}

/** The recorded tables, links shown by their low bits. */
function recordedDump(line: PagetableLine): string {
  return JSON.stringify([dumpedTables(line.l1!), line.cnt]);
}

function ownDump(core: Core, player: PagetablePlayer, d: number): string {
  const { exports } = core;
  const pointer = player.domain(d);
  const zeroPa = exports["domainEmptyTable"](pointer) >>> 0;
  const shift = player.descriptorShift;
  const fallback = zeroPa === 0 ? 0 : ((zeroPa >>> shift) | 1) >>> 0;
  const tables = readTables(
    core,
    PAGETABLE_DRAM_BASE,
    exports["domainTable"](pointer) >>> 0,
    fallback,
    shift,
  );
  const bits = shift === 0 ? 0x3ff : 0x3f;
  const shown = tables.map((item) => ((item.entry & 3) === 1 ? { ...item, entry: item.entry & bits } : item));
  const counts: [number, number][] = [];
  for (let index = 0; index < 4096; index++) {
    const count = exports["domainFreeEntries"](pointer, index) | 0;
    if (count !== 0) counts.push([index, count]);
  }
  return JSON.stringify([shown, counts]);
}
