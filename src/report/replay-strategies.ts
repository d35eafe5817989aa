// The table of a replay report that puts the strategies side by side.
// Not modelled: judging which strategy is better.

import { formatBytes, formatCount, formatRate, formatShare } from "./format.js";
import { tableLines } from "./table.js";
import type { DeviceReport, StrategyReport, TlbReport } from "./types.js";

type Figure = readonly [title: string, value: (s: StrategyReport) => string];

function tlbFigure(title: string, value: (tlb: TlbReport) => string): Figure {
  return [title, (s) => (s.tlb === null ? "-" : value(s.tlb))];
}

function sum(s: StrategyReport, pick: (d: DeviceReport) => number): number {
  return s.devices.reduce((total, device) => total + pick(device), 0);
}

const FIGURES: readonly Figure[] = [
  ["records of the op stream", (s) => formatCount(s.records)],
  ["million operations per second", (s) => formatRate(s.throughput.millionPerSecond)],
  ["maps and sg lists made", (s) => formatCount(sum(s, (d) => d.maps + d.mapSgs))],
  ["maps and allocations failed", (s) => formatCount(sum(s, (d) => d.mapErrors + d.allocErrors))],
  ["bytes mapped", (s) => formatBytes(sum(s, (d) => d.mappedBytes))],
  ["bytes synced", (s) => formatBytes(sum(s, (d) => d.syncedBytes))],
  ["bytes through bounce buffers", (s) => formatBytes(s.bouncedBytes)],
  ["IO address as recorded", (s) => formatCount(s.addresses.equal)],
  ["IO address differs", (s) => formatCount(s.addresses.different)],
  ["IO address not in the trace", (s) => formatCount(s.addresses.noData)],
  tlbFigure("TLB lookups", (t) => formatCount(t.lookups)),
  tlbFigure("TLB hits", (t) => `${formatCount(t.hits)} ${formatShare(t.hits, t.lookups)}`),
  tlbFigure("TLB misses", (t) => formatCount(t.misses)),
  tlbFigure("page-table walks", (t) => formatCount(t.walks)),
  tlbFigure("descriptor reads", (t) => formatCount(t.descriptorReads)),
  ["page-table cleans made", (s) => formatCount(s.tableSyncs.made)],
  [
    "page-table cleans recorded",
    (s) => (s.tableSyncs.recorded === null ? "-" : formatCount(s.tableSyncs.recorded)),
  ],
  ["L1 lines cleaned", (s) => formatCount(s.cache.l1.cleaned)],
  ["L1 lines invalidated", (s) => formatCount(s.cache.l1.invalidated)],
  ["L1 lines written back", (s) => formatCount(s.cache.l1.writtenBack)],
  ["L2 lines cleaned", (s) => formatCount(s.cache.l2.cleaned)],
  ["L2 lines invalidated", (s) => formatCount(s.cache.l2.invalidated)],
  ["L2 lines written back", (s) => formatCount(s.cache.l2.writtenBack)],
  ["faults", (s) => formatCount(s.faults)],
  ["bus errors", (s) => formatCount(s.busErrors)],
  ["stale TLB hits", (s) => formatCount(s.staleHits)],
  ["mapped at the end", (s) => formatCount(s.liveAtEnd.mappings)],
  ["bytes mapped at the end", (s) => formatBytes(s.liveAtEnd.bytes)],
];

/** Mistakes that only op streams can make: shown where there is one. */
const MISTAKES: readonly (readonly [string, (s: StrategyReport) => number])[] = [
  ["handles that name nothing", (s) => s.badHandles],
  ["handles mapped while alive", (s) => s.takenHandles],
  ["CPU lines outside DRAM", (s) => s.cpuBusErrors],
];

/** One row per figure, one column per strategy. */
export function strategyBlock(strategies: readonly StrategyReport[]): string[] {
  if (strategies.length === 0) return [];
  const mistakes = MISTAKES.filter(([, count]) => strategies.some((s) => count(s) > 0));
  const figures = [
    ...FIGURES,
    ...mistakes.map(([title, count]): Figure => [title, (s) => formatCount(count(s))]),
  ];
  return tableLines(
    [{ title: "Strategy" }, ...strategies.map((s) => ({ title: s.strategy }))],
    figures.map(([title, value]) => [title, ...strategies.map(value)]),
  );
}
