// Several strategies side by side: one row per figure, one value per strategy. What `sysmmu compare`
// prints for a trace or a workload, and returns with --json.
//
// Not modelled: which strategy is better; time.

import {
  COMPARE_SCHEMA_VERSION,
  type FiguresByArea,
  type ReplayReport,
  type ReplaySettings,
  type StrategySettings,
} from "../report/types.js";
import { socOf } from "../soc/check.js";
import type { ByteSource } from "../trace/source.js";
import { FIGURES, type FigureUnit } from "./figures.js";
import { REPLAY_DRAM, type ReplayOptions, replayTrace } from "./replay.js";
import { WORKLOAD_TABLE, type WorkloadOptions, workloadSource } from "./workloads.js";

/** One figure of all strategies. */
export interface ComparisonRow {
  readonly area: string;
  readonly name: string;
  readonly title: string;
  readonly unit: FigureUnit;
  /** In the order of `strategies`; null where a strategy cannot have it. */
  readonly values: readonly (number | null)[];
  /** Two values differ; null counts as 0, for a strategy without TLB looked nothing up. */
  readonly differs: boolean;
}

/** What was run. */
export type ComparisonInput =
  | { readonly kind: "trace"; readonly files: readonly string[] }
  | {
      readonly kind: "workload";
      readonly name: string;
      readonly title: string;
      readonly rounds: number;
      readonly seed: number;
    };

/** One input under several strategies. */
export interface StrategyComparison {
  readonly schema: "sysmmu/compare";
  readonly schemaVersion: typeof COMPARE_SCHEMA_VERSION;
  readonly kind: "strategies";
  readonly input: ComparisonInput;
  readonly settings: ReplaySettings;
  readonly strategies: readonly StrategySettings[];
  /** Faults, bus errors, stale hits, failed maps and allocations, and hazards, by strategy. */
  readonly findings: readonly number[];
  readonly rows: readonly ComparisonRow[];
  /** Strategies that no figure tells apart: lists of names. */
  readonly alike: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** Figures that count a mistake of the driver or a refusal; all are 0 in a run without. */
const FINDING_FIGURES: readonly (readonly [area: string, name: string])[] = [
  ["findings", "faults"],
  ["findings", "busErrors"],
  ["findings", "staleHits"],
  ["findings", "cpuBusErrors"],
  ["findings", "badHandles"],
  ["findings", "takenHandles"],
  ["mappings", "mapErrors"],
  ["mappings", "allocErrors"],
  ["hazards", "bufferedReads"],
  ["hazards", "staleLines"],
  ["hazards", "writesUnderDirty"],
];

/** How many findings a strategy's figures tell. */
export function findingsOf(figures: FiguresByArea): number {
  return FINDING_FIGURES.reduce((total, [area, name]) => total + (figures[area]?.[name] ?? 0), 0);
}

/** Groups of two or more strategies whose figures are all equal. */
function alike(names: readonly string[], rows: readonly ComparisonRow[]): string[][] {
  const groups = new Map<string, string[]>();
  for (const [i, name] of names.entries()) {
    const key = rows.map((row) => String(row.values[i])).join(" ");
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

/** The comparison that a replay under several strategies gives. */
export function comparisonOf(report: ReplayReport, input: ComparisonInput): StrategyComparison {
  const rows = FIGURES.map(({ area, name, title, unit }): ComparisonRow => {
    const values = report.strategies.map((s) => s.figures[area]?.[name] ?? null);
    return { area, name, title, unit, values, differs: new Set(values.map((v) => v ?? 0)).size > 1 };
  });
  const strategies = report.strategies.map((s) => s.settings);
  return {
    schema: "sysmmu/compare",
    schemaVersion: COMPARE_SCHEMA_VERSION,
    kind: "strategies",
    input,
    settings: report.settings,
    strategies,
    findings: report.strategies.map((s) => findingsOf(s.figures)),
    rows,
    alike: alike(
      strategies.map((s) => s.name),
      rows,
    ),
    notes: report.notes,
  };
}

/**
 * Runs one recording under several strategies.
 * @throws TraceError for input that cannot be read; RangeError for a bad option
 */
export async function compareTrace(
  sources: readonly ByteSource[],
  options: ReplayOptions = {},
): Promise<StrategyComparison> {
  const report = await replayTrace(sources, options);
  return comparisonOf(report, { kind: "trace", files: report.traces.map((t) => t.name) });
}

/**
 * Runs a workload (workloads.ts: `workloadOptions` completes its options) under several strategies,
 * by default those that it is made for.
 * @throws RangeError for a bad option
 */
export async function compareWorkload(
  workload: WorkloadOptions,
  options: ReplayOptions = {},
): Promise<StrategyComparison> {
  const { name, rounds, seed } = workload;
  const { strategies, title, window } = WORKLOAD_TABLE[name];
  const { dramBase } = socOf("options.soc", options.soc ?? "exynos4210");
  const report = await replayTrace([workloadSource(workload, dramBase)], {
    strategies,
    window,
    dram: { bytes: REPLAY_DRAM },
    ...options,
    access: "none",
    workload: true,
  });
  return comparisonOf(report, { kind: "workload", name, title, rounds, seed });
}
