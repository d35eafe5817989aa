// Two saved reports side by side: each figure with difference and ratio, and what only one of them has.
//
//   runs are matched by name (one with one in any case), strategies by name (one with one in any case)
//
// Not modelled: throughput, which is the host's and differs from run to run.

import { COMPARE_SCHEMA_VERSION } from "../report/types.js";
import { FIGURES, type FigureUnit } from "./figures.js";
import type { SavedColumn, SavedReport, SavedRun } from "./saved-report.js";

/** One figure of both reports. */
export interface DifferenceRow {
  /** Area of the figure, `operations`, or `device NAME`. */
  readonly area: string;
  readonly name: string;
  readonly title: string;
  readonly unit: FigureUnit;
  /** null where the strategy cannot have it; both numbers make the next two. */
  readonly a: number | null;
  readonly b: number | null;
  /** b - a. */
  readonly difference: number | null;
  /** b / a; null for a of 0. */
  readonly ratio: number | null;
  readonly differs: boolean;
}

/** One strategy of the first report with one of the second. */
export interface ComparedPair {
  readonly run: string;
  readonly a: string;
  readonly b: string;
  readonly rows: readonly DifferenceRow[];
}

/** Something that one report lacks. */
export interface OnlyInOne {
  readonly report: "a" | "b";
  readonly kind: "run" | "strategy" | "device" | "figure";
  readonly name: string;
}

/** Two reports compared. */
export interface ReportComparison {
  readonly schema: "sysmmu/compare";
  readonly schemaVersion: typeof COMPARE_SCHEMA_VERSION;
  readonly kind: "reports";
  readonly a: { readonly file: string; readonly schema: string };
  readonly b: { readonly file: string; readonly schema: string };
  /** Settings in which compared runs differ. */
  readonly settings: readonly {
    readonly run: string;
    readonly name: string;
    readonly a: string;
    readonly b: string;
  }[];
  readonly pairs: readonly ComparedPair[];
  readonly onlyInOne: readonly OnlyInOne[];
}

type Figures = Readonly<Record<string, number | null>>;

const TITLES = new Map(FIGURES.map((f) => [`${f.area}.${f.name}`, f]));

function row(area: string, name: string, a: number | null, b: number | null): DifferenceRow {
  const known = TITLES.get(`${area}.${name}`);
  const both = a !== null && b !== null;
  const difference = both ? b - a : null;
  return {
    area,
    name,
    title: known?.title ?? name,
    unit: known?.unit ?? (/bytes/i.test(name) ? "bytes" : "count"),
    a,
    b,
    // Shares have four digits; a difference of them should too.
    difference: difference === null ? null : Math.round(difference * 1e4) / 1e4,
    ratio: both && a !== 0 ? b / a : null,
    differs: a !== b,
  };
}

/** Figures of a device that either has: space and TLB depend on the strategy, not on the report. */
function deviceRows(device: string, a: Figures, b: Figures): DifferenceRow[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].map((name) => row(`device ${device}`, name, a[name] ?? null, b[name] ?? null));
}

class Comparison {
  readonly pairs: ComparedPair[] = [];
  readonly onlyInOne: OnlyInOne[] = [];
  readonly settings: { run: string; name: string; a: string; b: string }[] = [];

  #only(report: "a" | "b", kind: OnlyInOne["kind"], name: string): void {
    this.onlyInOne.push({ report, kind, name });
  }

  /** Names that both have; the others are noted. */
  #shared(kind: OnlyInOne["kind"], where: string, a: readonly string[], b: readonly string[]): string[] {
    const inB = new Set(b);
    const inA = new Set(a);
    const prefix = where === "" ? "" : `${where}: `;
    for (const name of a) if (!inB.has(name)) this.#only("a", kind, prefix + name);
    for (const name of b) if (!inA.has(name)) this.#only("b", kind, prefix + name);
    return a.filter((name) => inB.has(name));
  }

  #figures(area: string, where: string, a: Figures, b: Figures): DifferenceRow[] {
    const names = this.#shared("figure", `${where}, ${area}`, Object.keys(a), Object.keys(b));
    return names.map((name) => row(area, name, a[name]!, b[name]!));
  }

  #columns(run: string, operations: readonly DifferenceRow[], a: SavedColumn, b: SavedColumn): void {
    const where = a.name === b.name ? a.name : `${a.name} and ${b.name}`;
    const rows = [...operations];
    const areas = this.#shared("figure", where, Object.keys(a.figures), Object.keys(b.figures));
    for (const area of areas) rows.push(...this.#figures(area, where, a.figures[area]!, b.figures[area]!));
    const names = [Object.keys(a.devices), Object.keys(b.devices)] as const;
    // A comparison has no devices; that says nothing about them.
    if (names[0].length > 0 && names[1].length > 0) {
      for (const name of this.#shared("device", where, ...names)) {
        rows.push(...deviceRows(name, a.devices[name]!, b.devices[name]!));
      }
    }
    this.pairs.push({ run, a: a.name, b: b.name, rows });
  }

  runs(run: string, a: SavedRun, b: SavedRun): void {
    for (const name of new Set([...Object.keys(a.settings), ...Object.keys(b.settings)])) {
      const [left, right] = [a.settings[name] ?? "-", b.settings[name] ?? "-"];
      if (left !== right) this.settings.push({ run, name, a: left, b: right });
    }
    const both = Object.keys(a.operations).length > 0 && Object.keys(b.operations).length > 0;
    const operations = both ? this.#figures("operations", run, a.operations, b.operations) : [];
    const [left, right] = [a.columns, b.columns];
    if (left.length === 1 && right.length === 1) {
      this.#columns(run, operations, left[0]!, right[0]!);
      return;
    }
    const names = this.#shared(
      "strategy",
      "",
      left.map((c) => c.name),
      right.map((c) => c.name),
    );
    for (const [i, name] of names.entries()) {
      this.#columns(
        run,
        i === 0 ? operations : [],
        left.find((c) => c.name === name)!,
        right.find((c) => c.name === name)!,
      );
    }
  }

  reports(a: SavedReport, b: SavedReport): void {
    if (a.runs.length === 1 && b.runs.length === 1) {
      const [left, right] = [a.runs[0]!, b.runs[0]!];
      this.runs(left.name === right.name ? left.name : `${left.name} and ${right.name}`, left, right);
      return;
    }
    const names = this.#shared(
      "run",
      "",
      a.runs.map((r) => r.name),
      b.runs.map((r) => r.name),
    );
    for (const name of names) {
      this.runs(name, a.runs.find((r) => r.name === name)!, b.runs.find((r) => r.name === name)!);
    }
  }
}

/** Compares two saved reports, figure by figure. */
export function compareReports(a: SavedReport, b: SavedReport): ReportComparison {
  const comparison = new Comparison();
  comparison.reports(a, b);
  const { settings, pairs, onlyInOne } = comparison;
  return {
    schema: "sysmmu/compare",
    schemaVersion: COMPARE_SCHEMA_VERSION,
    kind: "reports",
    a: { file: a.file, schema: a.schema },
    b: { file: b.file, schema: b.schema },
    settings,
    pairs,
    onlyInOne,
  };
}

/** Whether anything differs: a figure, a setting, or what only one report has. */
export function reportsDiffer({ pairs, settings, onlyInOne }: ReportComparison): boolean {
  return settings.length > 0 || onlyInOne.length > 0 || pairs.some((p) => p.rows.some((r) => r.differs));
}
