// A replay report as text for a terminal of 100 columns: traces, events, operations, the
// strategies side by side, then tables per device.
// Not modelled: colour; the text reads the same in a file.

import { formatAddress, formatBytes, formatCount, formatRate, formatShare } from "./format.js";
import { type Column, dropEmptyColumns, shorten, tableLines } from "./table.js";
import type { DeviceReport, ReplayReport, StrategyReport, TlbReport } from "./types.js";

const WIDTH = 100;
const FILE_WIDTH = 44;
const NAME_WIDTH = 20;
/** Rows of the table of live mappings. */
const LIVE_ROWS = 8;

/** The whole report as text that ends in a line feed. */
export function renderReplayReport(report: ReplayReport): string {
  const blocks = [
    [headline(report)],
    traceBlock(report),
    eventBlock(report),
    operationBlock(report),
    strategyBlock(report.strategies),
    ...deviceBlocks(report.strategies),
    liveBlock(report.strategies),
    report.notes.length === 0 ? [] : ["Notes", ...report.notes.flatMap((note) => wrap(`- ${note}`))],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function headline(report: ReplayReport): string {
  const { profile, soc, dramBase, dramBytes, access } = report.settings;
  return `Replay on ${soc}, kernel profile ${profile}, ${formatBytes(dramBytes)} of DRAM at ${formatAddress(dramBase)}, device accesses: ${access}`;
}

function traceBlock(report: ReplayReport): string[] {
  const columns: Column[] = [
    { title: "Trace" },
    { title: "format", align: "left" },
    { title: "lines" },
    { title: "events" },
    { title: "other lines" },
    { title: "malformed" },
    { title: "lost" },
  ];
  const row = (cells: readonly (string | number)[]) =>
    cells.map((cell) => (typeof cell === "number" ? formatCount(cell) : cell));
  const rows = report.traces.map((t) =>
    row([shorten(t.name, FILE_WIDTH), t.format, t.lines, t.events, t.otherLines, t.malformed, t.lost]),
  );
  if (report.traces.length > 1) {
    const sum = (pick: (t: ReplayReport["traces"][number]) => number) =>
      report.traces.reduce((total, t) => total + pick(t), 0);
    rows.push(
      row([
        "all",
        "",
        sum((t) => t.lines),
        sum((t) => t.events),
        sum((t) => t.otherLines),
        sum((t) => t.malformed),
        sum((t) => t.lost),
      ]),
    );
  }
  const kept = dropEmptyColumns(columns, rows);
  const lines = tableLines(kept.columns, kept.rows);
  const bad = report.traces.flatMap((t) => t.malformedLines).slice(0, 10);
  return bad.length === 0 ? lines : [...lines, ...bad.map((text) => `  malformed ${text}`)];
}

function eventBlock(report: ReplayReport): string[] {
  const sorted = Object.entries(report.events).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  if (sorted.length === 0) return [];
  // Three pairs side by side, filled downwards.
  const perColumn = Math.ceil(sorted.length / 3);
  const rows: string[][] = [];
  for (let i = 0; i < perColumn; i++) {
    rows.push(
      [0, 1, 2].flatMap((k) => {
        const pair = sorted[i + k * perColumn];
        return pair === undefined ? ["", ""] : [shorten(pair[0], 22), formatCount(pair[1])];
      }),
    );
  }
  const columns: Column[] = [0, 1, 2].flatMap(() => [
    { title: "Event", align: "left" as const },
    { title: "count", align: "right" as const },
  ]);
  return tableLines(
    columns.slice(0, sorted.length > perColumn * 2 ? 6 : sorted.length > perColumn ? 4 : 2),
    rows,
  );
}

function operationBlock({ operations: o }: ReplayReport): string[] {
  const rows: [string, number, string][] = [
    ["replayed", o.replayed, "calls of drivers, executed by the machine"],
    ["before recording", o.beforeRecording, "unmaps, frees and syncs whose map is not in the trace"],
    ["below", o.below, "lines of the layer under a call: compared, not replayed"],
    ["skipped", o.skipped, "events that ask nothing of the machine"],
    ["malformed", o.malformed, "events that do not read as one"],
    ["lost", o.lost, "dropped by the recorder, not among the events"],
  ];
  return [
    ...tableLines(
      [{ title: "Operations" }, { title: "count" }, { title: "meaning", align: "left" }],
      rows.map(([name, count, meaning]) => [name, formatCount(count), meaning]),
    ),
    `${formatCount(o.events)} events in all`,
  ];
}

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

function strategyBlock(strategies: readonly StrategyReport[]): string[] {
  if (strategies.length === 0) return [];
  return tableLines(
    [{ title: "Strategy" }, ...strategies.map((s) => ({ title: s.strategy }))],
    FIGURES.map(([title, value]) => [title, ...strategies.map(value)]),
  );
}

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
  return [shorten(d.name, NAME_WIDTH), ...counts.map(formatCount)];
}

const BYTES = ["mapped", "synced", "allocated", "read", "written", "live", "bytes live", "peak"];

function byteRow(d: DeviceReport): string[] {
  return [
    shorten(d.name, NAME_WIDTH),
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
    const text = tableLines(columns, s.devices.map(row)).join("\n");
    shared.set(text, [...(shared.get(text) ?? []), s.strategy]);
  }
  return [...shared].map(([text, names]) => [`${title} (${names.join(", ")})`, text]);
}

function deviceBlocks(strategies: readonly StrategyReport[]): string[][] {
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
            shorten(d.name, NAME_WIDTH),
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
  return [`IO-address space per device (${s.strategy})`, ...tableLines(columnsOf(titles), rows)];
}

function tlbBlock(s: StrategyReport): string[] {
  const rows = s.devices.flatMap((d) =>
    d.tlb === null
      ? []
      : [
          [
            shorten(d.name, NAME_WIDTH),
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
  return [`SysMMU per device (${s.strategy})`, ...tableLines(columnsOf(titles), rows)];
}

function liveBlock(strategies: readonly StrategyReport[]): string[] {
  // What stays mapped is a property of the trace; addresses are those of the strategy named.
  const s = strategies.find((x) => x.strategy === "iommu") ?? strategies[0];
  if (s === undefined || s.liveAtEnd.oldest.length === 0) return [];
  const { mappings, bytes, oldest } = s.liveAtEnd;
  const rows = oldest
    .slice(0, LIVE_ROWS)
    .map((m) => [
      shorten(m.device, NAME_WIDTH),
      m.kind,
      formatAddress(m.dmaAddress),
      formatBytes(m.bytes),
      m.direction,
      formatCount(m.born),
      shorten(m.label, 24),
    ]);
  const columns: Column[] = [
    { title: "Device" },
    { title: "kind", align: "left" },
    { title: "address" },
    { title: "size" },
    { title: "direction", align: "left" },
    { title: "born at" },
    { title: "made by", align: "left" },
  ];
  const kept = dropEmptyColumns(columns, rows);
  const more = mappings > rows.length ? [`... and ${formatCount(mappings - rows.length)} more`] : [];
  return [
    `Still mapped at the end (${s.strategy}): ${formatCount(mappings)} of ${formatBytes(bytes)}, oldest first`,
    ...tableLines(kept.columns, kept.rows),
    ...more,
  ];
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > WIDTH && line !== "") {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
