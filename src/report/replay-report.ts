// A replay report as text for a terminal of 100 columns: traces, events, operations, the
// strategies side by side, then tables per device.
// Not modelled: colour; the text reads the same in a file.

import { formatAddress, formatBytes, formatCount } from "./format.js";
import { deviceBlocks } from "./replay-devices.js";
import { strategyBlock } from "./replay-strategies.js";
import { type Column, dropEmptyColumns, fittedLines, shorten, tableLines, wrap } from "./table.js";
import type { ReplayReport, StrategyReport } from "./types.js";

/** Rows of the table of live mappings. */
const LIVE_ROWS = 8;
/** Findings shown of each strategy. */
const FINDING_ROWS = 8;

/** The whole report as text that ends in a line feed. */
export function renderReplayReport(report: ReplayReport): string {
  const blocks = [
    [headline(report)],
    traceBlock(report),
    eventBlock(report),
    operationBlock(report),
    strategyBlock(report.strategies),
    ...deviceBlocks(report.strategies),
    findingBlock(report.strategies),
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
  const machine = `Replay on ${soc}, kernel profile ${profile}, ${formatBytes(dramBytes)} of DRAM at ${formatAddress(dramBase)}`;
  const streams = report.traces.filter(isStream).length;
  if (streams === 0) return `${machine}, device accesses: ${access}`;
  // An op stream brings its accesses along, whatever was asked for.
  const others = streams < report.traces.length ? `, of the other traces: ${access}` : "";
  return `${machine}\ndevice accesses: those of the op stream${streams > 1 ? "s" : ""}${others}`;
}

function isStream({ format }: ReplayReport["traces"][number]): boolean {
  return format !== "ftrace";
}

/** Folder that all names share, with its slash; empty for none. */
function commonFolder(names: readonly string[]): string {
  let folder = names[0]?.slice(0, names[0].lastIndexOf("/") + 1) ?? "";
  while (folder !== "" && !names.every((name) => name.startsWith(folder))) {
    folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1);
  }
  return folder;
}

function traceBlock(report: ReplayReport): string[] {
  const folder = report.traces.length > 1 ? commonFolder(report.traces.map((t) => t.name)) : "";
  const columns: Column[] = [
    { title: folder === "" ? "Trace" : `Trace in ${folder}` },
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
    row([t.name.slice(folder.length), t.format, t.lines, t.events, t.otherLines, t.malformed, t.lost]),
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
  const lines = fittedLines(kept.columns, kept.rows);
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

function operationBlock({ operations: o, traces }: ReplayReport): string[] {
  const streams = traces.some(isStream);
  const calls = streams ? "calls of drivers and accesses" : "calls of drivers";
  const rows: [string, number, string][] = [
    ["replayed", o.replayed, `${calls}, executed by the machine`],
    ["before recording", o.beforeRecording, "unmaps, frees and syncs whose map is not in the trace"],
    streams
      ? ["below", o.below, "parts of a call (prefix, entries, page blocks), addresses to compare"]
      : ["below", o.below, "lines of the layer under a call: compared, not replayed"],
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

function liveBlock(strategies: readonly StrategyReport[]): string[] {
  // What stays mapped is a property of the trace; addresses are those of the strategy named.
  const s = strategies.find((x) => x.settings.ops === "iommu") ?? strategies[0];
  if (s === undefined || s.liveAtEnd.oldest.length === 0) return [];
  const { mappings, bytes, oldest } = s.liveAtEnd;
  const rows = oldest
    .slice(0, LIVE_ROWS)
    .map((m) => [
      m.device,
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
    ...fittedLines(kept.columns, kept.rows),
    ...more,
  ];
}

function findingBlock(strategies: readonly StrategyReport[]): string[] {
  return strategies.flatMap(({ strategy, findings }) => {
    if (findings.total === 0) return [];
    const shown = findings.first.slice(0, FINDING_ROWS);
    const rest = findings.total - shown.length;
    return [
      `Findings (${strategy}): ${formatCount(findings.total)}`,
      ...shown.flatMap(({ kind, message }) => wrap(`- ${kind}: ${message}`)),
      ...(rest > 0 ? [`... and ${formatCount(rest)} more`] : []),
    ];
  });
}
