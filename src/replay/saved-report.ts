// A report read back from JSON: what `replay --json --out` and `compare --json --out` wrote, as columns
// of figures that can be compared.
//
// Not modelled: reports of other schema versions; they are refused, not converted.

import { COMPARE_SCHEMA_VERSION, type FiguresByArea, REPLAY_SCHEMA_VERSION } from "../report/types.js";

/** A file that is no report this version can read; the message names the file. */
export class ReportError extends Error {
  override readonly name = "ReportError";
}

/** One strategy of a saved report. */
export interface SavedColumn {
  /** Strategy by name. */
  readonly name: string;
  readonly figures: FiguresByArea;
  /** Figures by device, `space.usedBytes` for what is nested; empty for comparisons. */
  readonly devices: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

/** One recording or workload of a saved report. */
export interface SavedRun {
  /** The traces or the workload it was made from. */
  readonly name: string;
  readonly settings: Readonly<Record<string, string>>;
  /** What became of the events; empty for comparisons. */
  readonly operations: Readonly<Record<string, number | null>>;
  readonly columns: readonly SavedColumn[];
}

/** A saved report. */
export interface SavedReport {
  readonly file: string;
  readonly schema: string;
  readonly runs: readonly SavedRun[];
}

type Json = Readonly<Record<string, unknown>>;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Checked access to a parsed report: every failure names the file and where in it. */
class Reader {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  fail(what: string): never {
    throw new ReportError(`${this.#file}: ${what}`);
  }

  object(value: unknown, where: string): Json {
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      this.fail(`${where} is no object`);
    }
    return value as Json;
  }

  list(value: unknown, where: string): readonly unknown[] {
    if (!Array.isArray(value)) this.fail(`${where} is no list`);
    return value;
  }

  text(value: unknown, where: string): string {
    if (typeof value !== "string") this.fail(`${where} is no text`);
    return value;
  }

  figure(value: unknown, where: string): number | null {
    if (value === null) return null;
    if (typeof value !== "number") this.fail(`${where} is no number: ${shown(value)}`);
    // Counts, bytes, lines and shares: none is below 0, and no counter goes past what a double holds exactly.
    if (!(value >= 0 && value <= Number.MAX_SAFE_INTEGER)) {
      this.fail(`${where} is ${value}, figures are from 0 to 2^53 - 1`);
    }
    return value;
  }

  /** The numbers of an object, nested objects flattened; anything else in it is refused. */
  numbers(value: unknown, where: string, prefix = ""): Record<string, number | null> {
    const out: Record<string, number | null> = {};
    for (const [key, item] of Object.entries(this.object(value, where))) {
      if (typeof item === "object" && item !== null && !Array.isArray(item)) {
        Object.assign(out, this.numbers(item, `${where}.${key}`, `${prefix}${key}.`));
      } else out[prefix + key] = this.figure(item, `${where}.${key}`);
    }
    return out;
  }

  settings(value: unknown): Record<string, string> {
    const out: Record<string, string> = {};
    for (const [key, item] of Object.entries(this.object(value, "settings"))) out[key] = String(item);
    return out;
  }
}

const VERSIONS: Readonly<Record<string, number>> = {
  "sysmmu/replay": REPLAY_SCHEMA_VERSION,
  "sysmmu/replay-set": REPLAY_SCHEMA_VERSION,
  "sysmmu/compare": COMPARE_SCHEMA_VERSION,
};

function replayColumn(r: Reader, value: unknown, where: string): SavedColumn {
  const strategy = r.object(value, where);
  const name = r.text(strategy["strategy"], `${where}.strategy`);
  if (strategy["figures"] === undefined) {
    r.fail(`${where} (${name}) has no figures: it was written before there were any; replay again`);
  }
  const figures: Record<string, Record<string, number | null>> = {};
  for (const [area, list] of Object.entries(r.object(strategy["figures"], `${where}.figures`))) {
    figures[area] = r.numbers(list, `${where}.figures.${area}`);
  }
  const devices: Record<string, Record<string, number | null>> = {};
  for (const [i, item] of r.list(strategy["devices"], `${where}.devices`).entries()) {
    const at = `${where}.devices[${i}]`;
    // A null stands for a whole object that the device lacks: no space, no TLB.
    const { name, ...rest } = r.object(item, at);
    const figures = Object.entries(r.numbers(rest, at)).filter(([, value]) => value !== null);
    devices[r.text(name, `${at}.name`)] = Object.fromEntries(figures);
  }
  return { name, figures, devices };
}

/** What a recording is called: its files without the folder they share. */
function recordingName(r: Reader, traces: unknown): string {
  const names = r
    .list(traces, "traces")
    .map((t, i) => r.text(r.object(t, `traces[${i}]`)["name"], `traces[${i}].name`));
  const [first = ""] = names;
  const folder = first.slice(0, first.lastIndexOf("/"));
  return names.length === 1 || folder === "" ? names.join(" ") : `${folder}, ${names.length} files`;
}

function replayRun(r: Reader, value: unknown, where: string): SavedRun {
  const report = r.object(value, where);
  const strategies = r.list(report["strategies"], `${where}.strategies`);
  return {
    name: recordingName(r, report["traces"]),
    settings: r.settings(report["settings"]),
    operations: r.numbers(report["operations"], `${where}.operations`),
    columns: strategies.map((s, i) => replayColumn(r, s, `${where}.strategies[${i}]`)),
  };
}

function comparisonRun(r: Reader, report: Json): SavedRun {
  if (report["kind"] !== "strategies") {
    r.fail("is a comparison of two reports, which cannot be compared again");
  }
  const names = r
    .list(report["strategies"], "strategies")
    .map((s, i) => r.text(r.object(s, `strategies[${i}]`)["name"], `strategies[${i}].name`));
  const figures = names.map((): Record<string, Record<string, number | null>> => ({}));
  for (const [n, item] of r.list(report["rows"], "rows").entries()) {
    const row = r.object(item, `rows[${n}]`);
    const values = r.list(row["values"], `rows[${n}].values`);
    if (values.length !== names.length)
      r.fail(`rows[${n}] has ${values.length} values for ${names.length} strategies`);
    const area = r.text(row["area"], `rows[${n}].area`);
    const name = r.text(row["name"], `rows[${n}].name`);
    for (const [i, value] of values.entries()) {
      figures[i]![area] ??= {};
      figures[i]![area]![name] = r.figure(value, `rows[${n}].values[${i}]`);
    }
  }
  const input = r.object(report["input"], "input");
  const name =
    input["kind"] === "workload"
      ? `workload ${input["name"]}, ${input["rounds"]} rounds, seed ${input["seed"]}`
      : r.list(input["files"], "input.files").join(" ");
  return {
    name,
    settings: r.settings(report["settings"]),
    operations: {},
    columns: names.map((column, i) => ({ name: column, figures: figures[i]!, devices: {} })),
  };
}

/**
 * Reads a saved report.
 * @param file its name, for messages
 * @throws ReportError for what is no JSON, no report, or one of another schema version
 */
export function readSavedReport(file: string, text: string): SavedReport {
  const r = new Reader(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    r.fail(`is no JSON (${(error as Error).message})`);
  }
  const report = r.object(json, "the report");
  const schema = String(report["schema"]);
  const known = Object.hasOwn(VERSIONS, schema) ? VERSIONS[schema] : undefined;
  if (known === undefined) {
    r.fail(
      `has the schema ${JSON.stringify(report["schema"] ?? null)}, not ${Object.keys(VERSIONS).join(", ")}`,
    );
  }
  if (report["schemaVersion"] !== known) {
    r.fail(
      `is ${schema} of version ${JSON.stringify(report["schemaVersion"] ?? null)}, this sysmmu reads ${known}`,
    );
  }
  if (schema === "sysmmu/compare") return { file, schema, runs: [comparisonRun(r, report)] };
  if (schema === "sysmmu/replay") return { file, schema, runs: [replayRun(r, report, "report")] };
  const reports = r.list(report["reports"], "reports");
  return { file, schema, runs: reports.map((item, i) => replayRun(r, item, `reports[${i}]`)) };
}
