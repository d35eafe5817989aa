// A comparison as text: areas of figures, one column per strategy; or two reports with difference and ratio.
//
// Columns are headed by what their names do not share; by letters with a legend where that is too wide. A
// table that is too wide even so goes on below itself.
//
// Not modelled: colour.

import type { ComparisonRow, StrategyComparison } from "../replay/comparison.js";
import { AREAS, type FigureUnit } from "../replay/figures.js";
import type { ComparedPair, DifferenceRow, ReportComparison } from "../replay/report-comparison.js";
import { formatBytes, formatCount } from "../report/format.js";
import { type Column, REPORT_WIDTH, tableLines, wrap } from "../report/table.js";

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes with five significant digits, for values that three do not tell apart. */
function finerBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(5)} ${UNITS[unit]}`;
}

const BYTE_TEXTS: readonly ((bytes: number) => string)[] = [formatBytes, finerBytes, formatCount];

function valueText(value: number | null, unit: FigureUnit, bytes = formatCount): string {
  if (value === null) return "-";
  if (unit === "share") return `${(100 * value).toFixed(2)}%`;
  return unit === "bytes" ? bytes(value) : formatCount(value);
}

/** Values of one row; bytes with as many digits as it takes to show that two differ. */
function valuesText(values: readonly (number | null)[], unit: FigureUnit): string[] {
  let texts: string[] = [];
  for (const bytes of BYTE_TEXTS) {
    texts = values.map((value) => valueText(value, unit, bytes));
    if (new Set(texts).size === new Set(values).size) break;
  }
  return texts;
}

/** Words that every name has, in the order of the first. */
function sharedWords(names: readonly string[]): string[] {
  const lists = names.map((name) => name.split("+"));
  return (lists[0] ?? []).filter((word) => names.length > 1 && lists.every((list) => list.includes(word)));
}

interface Heads {
  readonly titles: readonly string[];
  readonly legend: readonly string[];
}

function letter(i: number): string {
  return i < 26 ? String.fromCharCode(65 + i) : `${letter(Math.floor(i / 26) - 1)}${letter(i % 26)}`;
}

/** Titles of the columns: names without what all share, or letters when those leave no room for `rest`. */
function headsOf(names: readonly string[], rest: number): Heads {
  const shared = sharedWords(names);
  const short = names.map((name) => {
    const own = name.split("+").filter((word) => !shared.includes(word));
    return own.length === 0 ? name : own.join("+");
  });
  const width = short.reduce((total, title) => total + 2 + Math.max(title.length, 9), rest);
  if (width <= REPORT_WIDTH) {
    const legend = shared.length === 0 ? [] : [`All columns: ${shared.join("+")}`];
    return { titles: short, legend };
  }
  return { titles: names.map((_, i) => letter(i)), legend: names.map((name, i) => `${letter(i)}  ${name}`) };
}

function groupByArea<T extends { area: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(row.area, [...(groups.get(row.area) ?? []), row]);
  return groups;
}

/** One table in which each area is headed by its name, and `last` lines. */
function areaTable<T extends { area: string; title: string }>(
  columns: readonly Column[],
  rows: readonly T[],
  cells: (row: T) => string[],
  last: readonly string[][] = [],
): string[] {
  const lines: string[][] = [];
  for (const [area, list] of groupByArea(rows)) {
    if (lines.length > 0) lines.push([]);
    lines.push([AREAS[area] ?? area]);
    for (const row of list) lines.push([`  ${row.title}`, ...cells(row)]);
  }
  return splitTable(columns, last.length === 0 ? lines : [...lines, [], ...last]);
}

/** The table in parts, one below the other, each as wide as a report may be and with the first column. */
function splitTable(columns: readonly Column[], lines: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, i) =>
    lines.reduce((width, line) => Math.max(width, (line[i] ?? "").length), title.length),
  );
  const parts: number[][] = [];
  let width = Number.POSITIVE_INFINITY;
  for (let i = 1; i < columns.length; i++) {
    width += 2 + widths[i]!;
    if (width > REPORT_WIDTH) {
      parts.push([]);
      width = widths[0]! + 2 + widths[i]!;
    }
    parts.at(-1)!.push(i);
  }
  return parts.flatMap((part, n) => {
    const pick = <T>(cells: readonly T[]) => [0, ...part].map((i) => cells[i]!);
    const table = tableLines(
      pick(columns),
      lines.map((line) => (line.length < 2 ? line : pick(line))),
    );
    return n === 0 ? table : ["", ...table];
  });
}

function inputText({ input, settings }: StrategyComparison): string[] {
  const machine = `${settings.soc}, kernel profile ${settings.profile} where none is named`;
  if (input.kind === "workload") {
    const { name, title, rounds, seed } = input;
    const length = `${formatCount(rounds)} ${rounds === 1 ? "round" : "rounds"}`;
    return [`Workload ${name}, ${length}, seed ${seed}`, title, `on ${machine}`];
  }
  const files =
    input.files.length === 1 ? input.files[0]! : `${input.files.length} files, ${input.files[0]} ...`;
  return [`Trace ${files}`, `on ${machine}, device accesses: ${settings.access}`];
}

function hiddenText(hidden: number, all: boolean): string[] {
  if (hidden === 0 || all) return [];
  return [`${formatCount(hidden)} figures are equal and not shown (--all shows them)`];
}

/** A comparison of strategies as text that ends in a line feed. */
export function renderComparison(comparison: StrategyComparison, all: boolean): string {
  const { strategies, findings, alike, notes } = comparison;
  const rows = comparison.rows.filter((row) => all || row.differs);
  const widest = rows.reduce((width, row) => Math.max(width, row.title.length + 2), 6);
  const heads = headsOf(
    strategies.map((s) => s.name),
    widest,
  );
  const columns: Column[] = [{ title: "Figure" }, ...heads.titles.map((title) => ({ title }))];
  const cells = (row: ComparisonRow) => valuesText(row.values, row.unit);
  const found = findings.some((n) => n > 0) ? [["All findings", ...findings.map(formatCount)]] : [];
  const blocks = [
    inputText(comparison),
    rows.length === 0 ? [] : heads.legend,
    rows.length === 0 ? ["No figure differs"] : areaTable(columns, rows, cells, found),
    [
      ...hiddenText(comparison.rows.length - rows.length, all),
      ...alike.flatMap((names) => wrap(`No figure tells these apart: ${names.join(", ")}`)),
      ...notes.flatMap((note) => wrap(`Note: ${note}`)),
    ],
  ];
  return joined(blocks);
}

function joined(blocks: readonly (readonly string[])[]): string {
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function ratioText({ a, b, ratio }: DifferenceRow): string {
  if (ratio !== null)
    return ratio >= 100 ? `x ${formatCount(Math.round(ratio))}` : `x ${ratio.toPrecision(3)}`;
  return a === 0 && b === 0 ? "" : "-";
}

function differenceText(row: DifferenceRow): string {
  if (row.difference === null) return row.a === row.b ? "" : `only ${row.a === null ? "b" : "a"}`;
  if (row.difference === 0) return "";
  const text = row.unit === "share" ? valueText(row.difference, "share") : formatCount(row.difference);
  return row.difference > 0 ? `+${text}` : text;
}

function pairBlock(pair: ComparedPair, all: boolean): string[] {
  const rows = pair.rows.filter((row) => all || row.differs);
  const who = pair.a === pair.b ? pair.a : `a: ${pair.a}, b: ${pair.b}`;
  const title = `Strategy ${who}, ${pair.run}`;
  if (rows.length === 0) return [title, `no figure differs (${formatCount(pair.rows.length)} compared)`];
  const columns: Column[] = ["Figure", "a", "b", "difference", "ratio"].map((text) => ({ title: text }));
  return [
    title,
    ...areaTable(columns, rows, (row) => [
      valueText(row.a, row.unit),
      valueText(row.b, row.unit),
      differenceText(row),
      ratioText(row),
    ]),
    ...hiddenText(pair.rows.length - rows.length, all),
  ];
}

/** A comparison of two reports as text that ends in a line feed. */
export function renderReportComparison(comparison: ReportComparison, all: boolean): string {
  const { a, b, settings, pairs, onlyInOne } = comparison;
  const several = new Set(pairs.map((p) => p.run)).size > 1;
  return joined([
    [`a  ${a.file} (${a.schema})`, `b  ${b.file} (${b.schema})`],
    settings.map((s) => `Setting ${s.name}${several ? `, ${s.run}` : ""}: a ${s.a}, b ${s.b}`),
    onlyInOne.map((item) => `Only in ${item.report}: ${item.kind} ${item.name}`),
    ...pairs.map((pair) => pairBlock(pair, all)),
    pairs.length === 0 ? ["The reports have nothing in common that could be compared"] : [],
  ]);
}
