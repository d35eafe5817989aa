// Results as tables and as JSON.

import { cpus } from "node:os";
import { type Column, tableLines } from "../src/report/table.js";
import type { PointResult } from "./harness.js";
import { nativeCompiler } from "./native.js";
import type { NotRun, QuantityResult, Suite } from "./suite.js";
import { targetStands } from "./targets.js";

/** Raised when the JSON form changes. */
const SCHEMA_VERSION = 2;

/** All of one run of the bench. */
export interface BenchRun {
  readonly quick: boolean;
  readonly results: readonly PointResult[];
  readonly quantities: readonly QuantityResult[];
  readonly notRun: readonly NotRun[];
}

/** The machine that measured, without its name. */
function machine(): Record<string, string | number | null> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    node: process.version,
    v8: process.versions.v8,
    compiler: nativeCompiler(),
  };
}

/** JSON form: everything measured, the targets, the machine. */
export function benchJson(run: BenchRun): unknown {
  return {
    schema: "sysmmu/bench",
    schemaVersion: SCHEMA_VERSION,
    machine: machine(),
    quick: run.quick,
    results: run.results,
    quantities: run.quantities,
    targets: targetStands(run),
    notRun: run.notRun,
  };
}

function figureText(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value.toPrecision(value >= 1 ? 3 : 2);
}

/** Tables of one suite: times, then quantities. */
export function suiteLines(
  suite: Suite,
  results: readonly PointResult[],
  quantities: readonly QuantityResult[],
): string[] {
  return [suite.title, ...timeLines(results), ...quantityLines(quantities)];
}

function quantityLines(quantities: readonly QuantityResult[]): string[] {
  if (quantities.length === 0) return [];
  const columns: Column[] = [
    { title: "Counted" },
    { title: "what", align: "left" },
    { title: "value" },
    { title: "unit", align: "left" },
  ];
  return tableLines(
    columns,
    quantities.map(({ point, name, value, unit }) => [point, name, figureText(value), unit]),
  );
}

/** Nanoseconds per unit, and each contender's time over the first's. */
function timeLines(results: readonly PointResult[]): string[] {
  if (results.length === 0) return [];
  const names = [...new Set(results.flatMap((result) => result.figures.map((f) => f.name)))];
  const unit = results[0]!.unit;
  const same = results.every((result) => result.unit === unit);
  const columns: Column[] = [
    { title: same ? `ns per ${unit}` : "ns per unit" },
    ...names.map((title) => ({ title })),
  ];
  const rows = results.map((result) => [
    same ? result.point : `${result.point} (${result.unit})`,
    ...names.map((name, i) => {
      const found = result.figures.find((f) => f.name === name);
      if (found === undefined) return "-";
      const text = figureText(found.nanoseconds);
      return i === 0 ? text : `${text} (${found.ratio.toFixed(2)}x)`;
    }),
  ]);
  return tableLines(columns, rows);
}

/** Table of the targets. */
export function targetLines(run: BenchRun): string[] {
  const columns: Column[] = [
    { title: "Target" },
    { title: "what", align: "left" },
    { title: "bound" },
    { title: "value" },
    { title: "unit", align: "left" },
    { title: "stands", align: "left" },
  ];
  const rows = targetStands(run).map((t) => [
    t.area,
    t.what,
    t.target,
    t.value === null ? "-" : t.value.toPrecision(3),
    t.unit,
    t.stands,
  ]);
  return tableLines(columns, rows);
}

/** The line under all tables: what measured. */
export function machineLine(run: BenchRun): string {
  const { cpu, cores, node, compiler } = machine();
  const effort = run.quick ? "; quick run: figures are rough" : "";
  const figures = run.results.flatMap((result) => result.figures);
  const samples = figures.reduce((sum, f) => sum + f.samples, 0);
  const disturbed = figures.reduce((sum, f) => sum + f.disturbed, 0);
  const share = Math.round((disturbed / Math.max(samples, 1)) * 100);
  const busy = share === 0 ? "" : `; other work disturbed ${share} % of the samples`;
  return `${cpu}, ${cores} cores, Node ${node}, C compiler ${compiler ?? "none"}${effort}${busy}`;
}
