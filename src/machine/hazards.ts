// Wrong meetings of CPU, caches, API and masters, as findings (assembly/sanitize/hazards.ts).
//
// Not modelled: which instruction did it; the label of the mapping is the nearest call site.

import { coreConstant } from "../core/core.js";
import { DIRECTION_NAMES } from "../dma/direction.js";
import { type Finding, holderAt } from "./findings.js";
import { aliveAt, covers, describeMapping, type MappingRecord, readRecord } from "./history.js";
import type { Live } from "./live.js";

/** The sequence number in the header (assembly/header.ts). */
const HEADER_SEQ = 0x20;

/** One slot of the core's table. */
interface Hazard {
  readonly device: string;
  readonly owner: number;
  readonly dma: number;
  readonly pa: number;
  readonly count: number;
  readonly seq: number;
  readonly given: number;
  readonly mapped: number;
}

/** What happened in words, and what the driver left out. `n` counts lines or calls. */
const TEXTS: Readonly<
  Record<string, { kind: Finding["kind"]; text: (h: Hazard) => string; advice: string }>
> = {
  HAZARD_STALE_DEVICE_READ: {
    kind: "stale-device-read",
    text: (h) => `${h.device} read ${lines(h.count)} at ${at(h)} that the CPU's caches held newer`,
    advice: "map after the last store, or syncSingleForDevice before the device reads",
  },
  HAZARD_LOST_DEVICE_WRITE: {
    kind: "lost-device-write",
    text: (h) =>
      `${h.device} wrote ${lines(h.count)} at ${at(h)} that the CPU's caches held changed: their write-back destroys what it wrote`,
    advice: "map or syncSingleForDevice before the device writes, and share no cache line with other data",
  },
  HAZARD_STALE_CPU_READ: {
    kind: "stale-cpu-read",
    text: (h) =>
      `the CPU read ${lines(h.count)} from its caches, older than what ${h.device} wrote at ${at(h)}`,
    advice: "unmap or syncSingleForCpu before the CPU reads",
  },
  HAZARD_BUFFERED_READ: {
    kind: "buffered-device-read",
    text: (h) => `${h.device} read ${at(h)} while stores to it waited in the write buffer, ${times(h.count)}`,
    advice: "a barrier between the stores and the start of the device",
  },
  HAZARD_LOST_CPU_WRITE: {
    kind: "lost-cpu-write",
    text: (h) =>
      `handing ${at(h)} of ${h.device} to the CPU threw away ${lines(h.count)} that the CPU had changed meanwhile`,
    advice: "the CPU writes before the map, or between syncSingleForCpu and syncSingleForDevice",
  },
  HAZARD_BUFFERED_WRITE: {
    kind: "buffered-device-write",
    text: (h) =>
      `${h.device} wrote ${at(h)} while stores to it waited in the write buffer and drain over it, ${times(h.count)}`,
    advice: "a barrier between the stores and the start of the device",
  },
  HAZARD_SYNC_UNKNOWN: {
    kind: "sync-unknown",
    text: (h) => `${h.device}: sync of ${at(h)}, which no live mapping holds, ${times(h.count)}`,
    advice: "sync between map and unmap, with the address that the map returned",
  },
  HAZARD_SYNC_SIZE: {
    kind: "sync-size",
    text: (h) =>
      `${h.device}: sync of ${at(h)} up to byte ${h.given} of a mapping of ${h.mapped} bytes, ${times(h.count)}`,
    advice: "sync inside the mapping",
  },
  HAZARD_SYNC_DIRECTION: {
    kind: "sync-direction",
    text: (h) =>
      `${h.device}: sync of ${at(h)} as ${direction(h.given)}, mapped was ${direction(h.mapped)}, ${times(h.count)}`,
    advice: "sync with the direction of the map",
  },
  HAZARD_UNMAP_KIND: {
    kind: "unmap-kind",
    text: (h) =>
      `${h.device}: unmap of ${at(h)} by ${UNMAPS[h.given]}, mapped was a ${KINDS[h.mapped]} mapping, ${times(h.count)}`,
    advice: "unmap with the call that belongs to the map",
  },
  HAZARD_UNMAP_UNKNOWN: {
    kind: "unmap-unknown",
    text: (h) => `${h.device}: unmap of ${at(h)}, where no live mapping starts, ${times(h.count)}`,
    advice: "unmap once, with the address that the map returned",
  },
  HAZARD_UNMAP_SIZE: {
    kind: "unmap-size",
    text: (h) =>
      `${h.device}: unmap of ${at(h)} with ${h.given} bytes, mapped were ${h.mapped}, ${times(h.count)}`,
    advice: "unmap with the size of the map; lists with the nents of the map, not its result",
  },
  HAZARD_UNMAP_DIRECTION: {
    kind: "unmap-direction",
    text: (h) =>
      `${h.device}: unmap of ${at(h)} as ${direction(h.given)}, mapped was ${direction(h.mapped)}, ${times(h.count)}`,
    advice: "unmap with the direction of the map",
  },
};

const KINDS = ["single", "list", "coherent", "resource"];
const UNMAPS = ["unmapSingle or unmapPage", "unmapSg", "free", "unmapResource"];

function lines(n: number): string {
  return n === 1 ? "1 line" : `${n} lines`;
}

function times(n: number): string {
  return n === 1 ? "once" : `${n} times`;
}

function at(h: Hazard): string {
  return `0x${h.dma.toString(16)}`;
}

function direction(n: number): string {
  return DIRECTION_NAMES[n] ?? `direction ${n}`;
}

function blamed(
  h: Hazard,
  record: MappingRecord | null,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): MappingRecord | null {
  if (h.owner !== 0) return [...live, ...dead].find((m) => m.id === h.owner) ?? record;
  return (
    holderAt(h.device, h.dma, h.seq, live, dead) ??
    // Of another device: the wrong one was named.
    [...live, ...dead].find(
      (m) => m.device !== h.device && h.dma !== 0 && aliveAt(m, h.seq) && covers(m, h.dma, false),
    ) ??
    null
  );
}

/**
 * One finding per kind, device and mapping, in order of first occurrence: missed syncs, lost writes, missing
 * barriers, unmaps that do not match. Those beyond the core's table of 256 come as one, dated now.
 */
export function hazardFindings(
  machine: Live,
  names: readonly string[],
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): Finding[] {
  const { core } = machine;
  const block = core.exports.hazardBlock() >>> 0;
  if (block === 0) return [];
  const out: Finding[] = [];
  const first = block + coreConstant(core, "HAZARD_FIRST");
  const bytes = coreConstant(core, "HAZARD_SLOT_BYTES");
  for (let i = 0; i < core.u32[block >>> 2]!; i++) {
    const slot = first + i * bytes;
    const w = core.u32.subarray(slot >>> 2, (slot + bytes) >>> 2);
    const name = Object.keys(TEXTS).find((k) => core.constants[k] === (w[0]! & 0xffff));
    if (name === undefined) continue;
    const hazard: Hazard = {
      device: names[w[0]! >>> 16] ?? "a master",
      owner: w[1]!,
      dma: w[2]!,
      pa: w[3]!,
      count: core.views.u64(slot + 16),
      seq: core.views.u64(slot + 24),
      given: w[10]!,
      mapped: w[11]!,
    };
    const kept = slot + coreConstant(core, "HAZARD_RECORD");
    const record = core.u32[kept >>> 2] === 0 ? null : readRecord(machine, kept, names);
    const mapping = blamed(hazard, record, live, dead);
    const { kind, text, advice } = TEXTS[name]!;
    const whose =
      mapping !== null
        ? `it ${mapping.death === null ? "belongs to" : "was"} ${describeMapping(mapping)}`
        : hazard.owner !== 0
          ? `it was mapping ${hazard.owner}, which is forgotten`
          : "no mapping of it is remembered";
    const { seq } = hazard;
    out.push({
      kind,
      message: `${text(hazard)}, first at seq ${seq}; ${whose}; ${advice}`,
      device: hazard.device,
      iova: hazard.dma,
      seq,
      count: hazard.count,
      mapping,
    });
  }
  const beyond = core.views.u64(block + 8);
  if (beyond > 0) {
    out.push({
      kind: "more-hazards",
      message: `${beyond} more missed syncs or wrong unmaps of other mappings: the table holds ${out.length}`,
      device: "",
      iova: 0,
      seq: core.views.u64(HEADER_SEQ),
      count: beyond,
      mapping: null,
    });
  }
  return out;
}
