// `sysmmu conformance <files or folders>`: plays recorded kernel behaviour against the emulator.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FieldWatch } from "../../conformance/field-watch.js";
import type {
  ConformanceContext,
  ConformanceResult,
  ConformanceRunner,
  Difference,
  VectorFile,
  VectorKind,
} from "../../conformance/types.js";
import { formatCount } from "../../report/format.js";
import { tableLines } from "../../report/table.js";
import { type Command, EXIT_DONE, EXIT_FINDINGS, type OptionValues } from "../command.js";
import { type Io, UsageError } from "../io.js";
import { jsonText, writeOutput } from "../output.js";
import { startProgress } from "../progress.js";
import { checkKinds, listVectorFiles, neighbours, readVectorRecords, vectorKind } from "../vectors.js";

/** Raised when the JSON form changes. */
const SCHEMA_VERSION = 2;
const SIDE_WIDTH = 48;

/** One file's outcome; `result` is null when no runner took it, and `problem` says why. */
interface FileOutcome {
  readonly file: string;
  readonly kind: VectorKind | null;
  readonly result: ConformanceResult | null;
  readonly problem: string | null;
  readonly records: number;
}

/** Finds the runner of a kind; undefined when this version has none. */
export type RunnerLoader = (kind: VectorKind) => Promise<ConformanceRunner | undefined>;

const loadRunner: RunnerLoader = async (kind) => {
  const url = new URL(`../../conformance/${kind}.js`, import.meta.url);
  const path = fileURLToPath(url);
  // The second name is that of a source tree run without a build.
  if (!existsSync(path) && !existsSync(path.replace(/\.js$/, ".ts"))) return undefined;
  const module = (await import(url.href)) as { runConformance?: ConformanceRunner };
  return module.runConformance;
};

function sum(parts: readonly { operations: number }[]): number {
  return parts.reduce((total, part) => total + part.operations, 0);
}

function checkedResult(file: VectorFile, result: ConformanceResult): string | null {
  const parts = result.agreed + result.differed + sum(result.notRun);
  if (parts === result.operations) return null;
  return `the runner of ${file.kind} accounts for ${parts} of ${result.operations} operations`;
}

async function runFile(
  file: VectorFile,
  context: ConformanceContext,
  load: RunnerLoader,
): Promise<FileOutcome> {
  const outcome = { file: file.name, kind: file.kind, records: file.records.length };
  const runner = await load(file.kind);
  if (runner === undefined) {
    return { ...outcome, result: null, problem: `not run: no runner for ${file.kind} in this version` };
  }
  try {
    const result = await runner(file, context);
    return { ...outcome, result, problem: checkedResult(file, result) };
  } catch (error) {
    // One file that breaks its runner must not hide how the others fare.
    return { ...outcome, result: null, problem: await whatBroke(error, file, context, runner) };
  }
}

/** Plays the file again to learn at which line and field its runner broke. */
async function whatBroke(
  error: unknown,
  file: VectorFile,
  context: ConformanceContext,
  runner: ConformanceRunner,
): Promise<string> {
  const watch = new FieldWatch();
  const files = context.files.map((one) => watch.overFile(one));
  const own = files[context.files.indexOf(file)] ?? watch.overFile(file);
  try {
    await runner(own, { files });
  } catch (again) {
    const found = watch.explain(again);
    if (found !== null) return `not run to its end: ${found.place}: ${found.what}`;
  }
  return `not run to its end: ${(error as Error).message}`;
}

function failed({ result, problem }: FileOutcome): boolean {
  return result === null || problem !== null || result.differed > 0 || result.notRun.length > 0;
}

function sideBySide(difference: Difference): string[] {
  const left = chunks(difference.expected);
  const right = chunks(difference.actual);
  const lines = [`  line ${difference.line}: ${difference.operation}`];
  lines.push(`    ${"recorded".padEnd(SIDE_WIDTH)}   emulator`);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [a, b] = [left[i] ?? "", right[i] ?? ""];
    lines.push(`    ${a.padEnd(SIDE_WIDTH)} ${a === b ? " " : "|"} ${b}`.trimEnd());
  }
  return lines;
}

/** Lines of a text, cut to the width of one side. */
function chunks(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const parts: string[] = [];
    for (let i = 0; i === 0 || i < line.length; i += SIDE_WIDTH) parts.push(line.slice(i, i + SIDE_WIDTH));
    return parts;
  });
}

function renderText(outcomes: readonly FileOutcome[]): string {
  const rows = outcomes.map(({ file, kind, result }) => [
    file,
    kind ?? "unknown",
    ...(result === null
      ? ["-", "-", "-", "-"]
      : [result.operations, result.agreed, result.differed, sum(result.notRun)].map(formatCount)),
  ]);
  const titles = ["operations", "agree", "differ", "not run"];
  const lines = tableLines(
    [{ title: "File" }, { title: "kind", align: "left" }, ...titles.map((title) => ({ title }))],
    rows,
  );
  for (const { file, problem, result } of outcomes) {
    if (problem !== null) lines.push("", `${file}: ${problem}`);
    if (result === null) continue;
    for (const { reason, operations, line } of result.notRun) {
      const place = line === undefined ? file : `${file}:${line}`;
      lines.push("", `${place}: ${formatCount(operations)} not run: ${reason}`);
    }
    const first = result.differences[0];
    if (first !== undefined) lines.push("", `${file}: first difference`, ...sideBySide(first));
  }
  const bad = outcomes.filter(failed).length;
  lines.push("", bad === 0 ? "all operations agree" : `${bad} of ${outcomes.length} files do not agree`);
  return `${lines.join("\n")}\n`;
}

/** The command over another source of runners; tests hand in their own. */
export async function runConformanceCommand(
  args: readonly string[],
  options: OptionValues,
  io: Io,
  load: RunnerLoader,
): Promise<number> {
  if (args.length === 0) throw new UsageError("conformance needs vector files or folders of them");
  const outcomes: FileOutcome[] = [];
  const files: VectorFile[] = [];
  for (const name of listVectorFiles(args, io)) {
    const records = readVectorRecords(name, io);
    const kind = vectorKind(records);
    checkKinds(name, kind, records);
    if (kind !== undefined) files.push({ name, kind, records });
    else {
      const problem = "not run: no line tells what kind of vectors these are";
      outcomes.push({ file: name, kind: null, result: null, problem, records: records.length });
    }
  }
  const context: ConformanceContext = { files: [...files, ...neighbours(files, io)] };
  const progress = await startProgress("conformance", io);
  try {
    for (const [i, file] of files.entries()) {
      progress.update(i, files.length, file.name);
      outcomes.push(await runFile(file, context, load));
    }
  } finally {
    progress.stop();
  }
  const agree = !outcomes.some(failed);
  const json = { schema: "sysmmu/conformance", schemaVersion: SCHEMA_VERSION, agree, files: outcomes };
  writeOutput(options["json"] === true ? jsonText(json) : renderText(outcomes), options, io);
  return agree ? EXIT_DONE : EXIT_FINDINGS;
}

/** Plays vector files; exit status 1 when an operation differs or could not be run. */
export const conformance: Command = {
  usage: "conformance [...files]",
  summary: "Compare with vectors recorded from real kernel code",
  options: [],
  examples: ["sysmmu conformance test/vectors", "sysmmu conformance iova.jsonl.gz --json"],
  run: (args, options, io) => runConformanceCommand(args, options, io, loadRunner),
};
