// The tables per device of a replay report: calls, bytes, IO-address space, SysMMU.
// Not modelled: devices without any call are shown too; a trace named them.

import { formatAddress, formatBytes, formatCount, formatShare } from "./format.js";
import { type Column, fittedLines } from "./table.js";
import type { DeviceReport, StrategyReport } from "./types.js";

function columnsOf(titles: readonly string[]): Column[] {
  return [{ title: "Device" }, ...titles.map((title) => ({ title }))];
}

const CALLS = ["maps", "unmaps", "sg", "unsg", "entries", "segments", "syncs", "allocs", "frees", "errors"];

function callRow(d: DeviceReport): string[] {
  const counts = [
    d.maps,
    d.unmaps,
    d.mapSgs,
    d.unmapSgs,
    d.sgEntries,
    d.sgSegments,
    d.syncsForCpu + d.syncsForDevice,
    d.allocs,
    d.frees,
    d.mapErrors + d.allocErrors,
  ];
  return [d.name, ...counts.map(formatCount)];
}

const BYTES = ["mapped", "synced", "allocated", "read", "written", "live", "bytes live", "peak"];

function byteRow(d: DeviceReport): string[] {
  return [
    d.name,
    formatBytes(d.mappedBytes),
    formatBytes(d.syncedBytes),
    formatBytes(d.allocatedBytes),
    formatBytes(d.readBytes),
    formatBytes(d.writtenBytes),
    formatCount(d.live),
    formatBytes(d.liveBytes),
    formatBytes(d.liveBytesPeak),
  ];
}

/** A table per strategy, or one for all strategies that would show the same. */
function sharedTables(
  title: string,
  columns: readonly Column[],
  strategies: readonly StrategyReport[],
  row: (device: DeviceReport) => string[],
): string[][] {
  const shared = new Map<string, string[]>();
  for (const s of strategies) {
    if (s.devices.length === 0) continue;
    const text = fittedLines(columns, s.devices.map(row)).join("\n");
    shared.set(text, [...(shared.get(text) ?? []), s.strategy]);
  }
  return [...shared].map(([text, names]) => [`${title} (${names.join(", ")})`, text]);
}

/** All tables per device; one for all strategies that would show the same. */
export function deviceBlocks(strategies: readonly StrategyReport[]): string[][] {
  return [
    ...sharedTables("Calls per device", columnsOf(CALLS), strategies, callRow),
    ...sharedTables("Bytes per device", columnsOf(BYTES), strategies, byteRow),
    ...strategies.flatMap((s) => [spaceBlock(s), tlbBlock(s)]),
  ];
}

function spaceBlock(s: StrategyReport): string[] {
  const rows = s.devices.flatMap((d) =>
    d.space === null
      ? []
      : [
          [
            d.name,
            formatAddress(d.space.base),
            formatBytes(d.space.totalBytes),
            formatBytes(d.space.usedBytes),
            formatBytes(d.space.usedBytesPeak),
            formatBytes(d.space.largestFreeBytes),
            formatCount(d.space.freeRuns),
          ],
        ],
  );
  if (rows.length === 0) return [];
  const titles = ["base", "space", "used", "peak", "largest free", "free runs"];
  return [`IO-address space per device (${s.strategy})`, ...fittedLines(columnsOf(titles), rows)];
}

function tlbBlock(s: StrategyReport): string[] {
  const rows = s.devices.flatMap((d) =>
    d.tlb === null
      ? []
      : [
          [
            d.name,
            formatCount(d.tlb.lookups),
            formatCount(d.tlb.hits),
            formatShare(d.tlb.hits, d.tlb.lookups),
            formatCount(d.tlb.misses),
            formatCount(d.tlb.walks),
            formatCount(d.tlb.descriptorReads),
            formatCount(d.tlb.staleHits),
            formatCount(d.faults),
          ],
        ],
  );
  if (rows.length === 0) return [];
  const titles = ["lookups", "hits", "rate", "misses", "walks", "descriptors", "stale", "faults"];
  return [`SysMMU per device (${s.strategy})`, ...fittedLines(columnsOf(titles), rows)];
}
