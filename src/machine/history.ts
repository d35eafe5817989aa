// The mapping history as objects: who held which bus address, from when to when.
//
// Record layout: assembly/sanitize/history.ts.

import { coreConstant } from "../core/core.js";
import { DIRECTION_NAMES } from "../dma/direction.js";
import type { Live } from "./live.js";

/** One mapping, alive or dead. Sequence numbers count calls and records since the machine was made. */
export interface MappingRecord {
  /** Number of the mapping, from 1 in order of birth. */
  readonly id: number;
  /** Name of the device it was made for. */
  readonly device: string;
  readonly kind: "single" | "scatter-gather" | "coherent" | "resource";
  /** Kernel name of the direction, without DMA_. */
  readonly direction: string;
  /** Bus address of its first byte (first segment of a list). */
  readonly dmaAddress: number;
  /** Bytes. */
  readonly size: number;
  /** Physical address of its first byte. */
  readonly pa: number;
  /** Attribute bits. */
  readonly attrs: number;
  /** Call-site label, empty when none was given. */
  readonly label: string;
  /** Sequence number of the call that made it. */
  readonly birth: number;
  /** Sequence number of the call that ended it, or null while it lives. */
  readonly death: number | null;
  /** Entries and segments of a list; 0 otherwise. */
  readonly entries: number;
  readonly segments: number;
  /** Handle of the op-stream record that made it, null for a call of the API. */
  readonly handle: number | null;
  /** Segments of a list one by one: what the device may access. Otherwise, and where there was no memory to keep them, none. */
  readonly ranges: readonly SegmentRange[];
}

/** One segment of a mapped list. */
export interface SegmentRange {
  readonly dmaAddress: number;
  readonly length: number;
}

const PAGE = 4096;
const KINDS = ["single", "scatter-gather", "coherent", "resource"] as const;

/** Segments kept with a list: entries as at SG (assembly/layout.ts), word 3 the bus address, 4 the length. */
function readRanges(live: Live, list: number, segments: number): SegmentRange[] {
  const { u32 } = live.core;
  const words = coreConstant(live.core, "SG_BYTES") >>> 2;
  return Array.from({ length: segments }, (_, i) => {
    const at = (list >>> 2) + i * words;
    return { dmaAddress: u32[at + 3]!, length: u32[at + 4]! };
  });
}

/** @internal The record at address `at`. */
export function readRecord(live: Live, at: number, names: readonly string[]): MappingRecord {
  const { core } = live;
  const w = core.u32.subarray(at >>> 2, (at >>> 2) + 16);
  const head = w[1]!;
  const death = core.views.u64(at + 40);
  const kind = KINDS[(head >>> 24) & 0x7f] ?? "single";
  return {
    id: w[0]!,
    device: names[head & 0xffff] ?? `device ${head & 0xffff}`,
    kind,
    direction: DIRECTION_NAMES[(head >>> 16) & 0xff] ?? "NONE",
    dmaAddress: w[2]!,
    size: w[3]!,
    pa: w[4]!,
    attrs: w[5]!,
    label: live.labels[w[6]!] ?? "",
    birth: core.views.u64(at + 32),
    death: death === 0 ? null : death,
    entries: w[13]!,
    segments: w[14]!,
    handle: w[15] === 0 ? null : w[15]! - 1,
    ranges: kind === "scatter-gather" && w[12] !== 0 ? readRanges(live, w[12]!, w[14]!) : [],
  };
}

/** Every live mapping, in order of birth. `names` are the device names by index. */
export function liveMappings(live: Live, names: readonly string[]): MappingRecord[] {
  const { core } = live;
  const out: MappingRecord[] = [];
  for (let n = 0; ; n++) {
    const at = core.exports.historySlot(n) >>> 0;
    if (at === 0) break;
    if (core.u32[at >>> 2] !== 0) out.push(readRecord(live, at, names));
  }
  return out.sort((a, b) => a.id - b.id);
}

/** Deaths since the machine was made. */
export function deathsOf(live: Live): number {
  return live.core.exports.historyDeaths() >>> 0;
}

/**
 * The last dead mappings, oldest first; the core remembers `HISTORY_DEAD` of them. `from`: the number of
 * deaths to pass over, for those since an earlier look.
 */
export function deadMappings(live: Live, names: readonly string[], from = 0): MappingRecord[] {
  const { core } = live;
  const deaths = deathsOf(live);
  const kept = Math.min(deaths, core.constants["HISTORY_DEAD"] ?? 0);
  const out: MappingRecord[] = [];
  for (let n = Math.max(from, deaths - kept); n < deaths; n++) {
    out.push(readRecord(live, core.exports.historyDead(n) >>> 0, names));
  }
  return out;
}

/** True when the mapping was made by moment `seq` and not ended before it. */
export function aliveAt(m: MappingRecord, seq: number): boolean {
  return m.birth <= seq && (m.death === null || m.death > seq);
}

/** What the mapping covers: a list its segments, everything else one range. */
function rangesOf(m: MappingRecord): readonly SegmentRange[] {
  return m.ranges.length > 0 ? m.ranges : [{ dmaAddress: m.dmaAddress, length: m.size }];
}

/** True when the mapping covers bus address `dma`; behind an IOMMU whole pages count. */
export function covers(mapping: MappingRecord, dma: number, pages: boolean): boolean {
  return rangesOf(mapping).some(({ dmaAddress, length }) => {
    const start = pages ? dmaAddress - (dmaAddress % PAGE) : dmaAddress;
    const end = dmaAddress + length;
    return dma >= start && dma < (pages ? Math.ceil(end / PAGE) * PAGE : end);
  });
}

/** True when the mapping, or a segment of it, ends in the page before that of `dma`, or (`pages` false) right before it. */
export function endsBefore(mapping: MappingRecord, dma: number, pages: boolean): boolean {
  const start = pages ? dma - (dma % PAGE) : dma;
  return rangesOf(mapping).some(({ dmaAddress, length }) => {
    const end = dmaAddress + length;
    return (pages ? Math.ceil(end / PAGE) * PAGE : end) === start;
  });
}

/** "mapping 12 (capture, 4096 bytes at 0x20000000 FROM_DEVICE, seq 3..4)". */
export function describeMapping(m: MappingRecord): string {
  const label = m.label === "" ? "" : `${m.label}, `;
  const end = m.death === null ? "alive" : `unmapped at seq ${m.death}`;
  return `mapping ${m.id} (${label}${m.kind} of ${m.device}, ${m.size} bytes at 0x${m.dmaAddress.toString(16)}, ${m.direction}, mapped at seq ${m.birth}, ${end})`;
}
