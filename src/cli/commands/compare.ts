// `sysmmu compare`: one trace or workload under several strategies side by side, or two saved reports.
//
//   compare trace.txt.gz --strategies linear,iommu,iommu+v3.14+gen-pool
//   compare --workload descriptor-ring
//   compare before.json after.json
//
// Files that begin with `{` are saved reports; anything else is a trace.
//
// Not modelled: findings and dma-debug texts of the strategies; counters only.

import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { StrategyComparison } from "../../replay/comparison.js";
import type { ReportComparison } from "../../replay/report-comparison.js";
import { type Command, EXIT_DONE, EXIT_FINDINGS, type OptionValues } from "../command.js";
import { type Io, UsageError } from "../io.js";
import { accessOption, bytesOption, choiceOption, integerOption } from "../options.js";
import { jsonText, writeOutput } from "../output.js";
import { startProgress } from "../progress.js";
import { strategiesOption } from "../strategies.js";
import { traceFiles } from "../traces.js";

const PROFILES = ["rfc2011", "v3.6", "v3.14", "v4.4", "v6.1"] as const;
const SOCS = ["exynos4210", "exynos4212", "exynos4412"] as const;
const WORKLOADS = ["framebuffer", "scatter-writes", "descriptor-ring", "mapping-churn"] as const;
/** Strategies for a trace when none are named. */
const TRACE_STRATEGIES = ["linear", "coherent", "iommu", "bounce"];

/** What the engine is asked about a trace or a workload. */
export interface CompareRequest {
  /** null: those that a workload is made for. */
  readonly strategies: readonly string[] | null;
  readonly profile: (typeof PROFILES)[number];
  readonly soc: string;
  readonly dramBytes: number | undefined;
  readonly access: string;
  readonly lenient: boolean;
  readonly onProgress: (done: number, total: number, detail: string) => void;
}

/** A saved report as it lies in its file. */
export interface ReportFile {
  readonly file: string;
  readonly text: string;
}

/** What the command runs; tests hand in their own. */
export interface CompareEngine {
  traces(files: readonly string[], request: CompareRequest): Promise<StrategyComparison>;
  workload(
    name: string,
    rounds: number | undefined,
    seed: number | undefined,
    request: CompareRequest,
  ): Promise<StrategyComparison>;
  reports(a: ReportFile, b: ReportFile): Promise<ReportComparison>;
}

/** True when the file at `path` begins like JSON. Missing files are the reader's business. */
function isReport(path: string): boolean {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const head = Buffer.alloc(64);
  const file = openSync(path, "r");
  try {
    const n = readSync(file, head);
    return /^\uFEFF?\s*\{/.test(head.toString("utf8", 0, n));
  } finally {
    closeSync(file);
  }
}

/** Options that only a run of a trace or a workload has. */
const RUN_OPTIONS = [
  "strategies",
  "workload",
  "rounds",
  "seed",
  "profile",
  "soc",
  "dram",
  "access",
  "lenient",
];

function refuseOptions(options: OptionValues, names: readonly string[], why: string): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} has no meaning ${why}`);
}

async function reports(
  args: readonly string[],
  options: OptionValues,
  io: Io,
  engine: CompareEngine,
): Promise<number> {
  if (args.length !== 2) throw new UsageError(`compare takes two reports, got ${args.length}`);
  refuseOptions(options, RUN_OPTIONS, "for saved reports");
  const [a, b] = args.map((file) => ({ file, text: readFileSync(resolve(io.cwd, file), "utf8") }));
  const comparison = await engine.reports(a!, b!);
  const { renderReportComparison } = await import("../compare-render.js");
  const text = () => renderReportComparison(comparison, options["all"] === true);
  writeOutput(options["json"] === true ? jsonText(comparison) : text(), options, io);
  const { reportsDiffer } = await import("../../replay/report-comparison.js");
  return options["failOnFindings"] === true && reportsDiffer(comparison) ? EXIT_FINDINGS : EXIT_DONE;
}

async function strategies(
  args: readonly string[],
  options: OptionValues,
  io: Io,
  engine: CompareEngine,
): Promise<number> {
  const workload =
    options["workload"] === undefined ? null : choiceOption(options, "workload", WORKLOADS, "framebuffer");
  if (workload !== null && args.length > 0) {
    throw new UsageError(`compare runs a trace or a workload, got --workload ${workload} and ${args[0]}`);
  }
  if (workload === null) refuseOptions(options, ["rounds", "seed"], "without --workload");
  else refuseOptions(options, ["access", "lenient"], "for a workload");
  const profile = choiceOption(options, "profile", PROFILES, "v6.1");
  const named = options["strategies"] !== undefined;
  const request = {
    strategies:
      workload !== null && !named ? null : strategiesOption(options, "strategies", TRACE_STRATEGIES, profile),
    profile,
    soc: choiceOption(options, "soc", SOCS, "exynos4210"),
    dramBytes: bytesOption(options, "dram"),
    access: accessOption(options, "once"),
    lenient: options["lenient"] === true,
  };
  const rounds = integerOption(options, "rounds", 1, 1_000_000);
  const seed = integerOption(options, "seed", 1, 0xffff_ffff);
  const files = workload === null ? traceFiles(args, io) : [];
  const progress = await startProgress("compare", io);
  let comparison: StrategyComparison;
  try {
    const asked = { ...request, onProgress: progress.update };
    comparison =
      workload === null
        ? await engine.traces(files, asked)
        : await engine.workload(workload, rounds, seed, asked);
  } finally {
    progress.stop();
  }
  const { renderComparison } = await import("../compare-render.js");
  const text = () => renderComparison(comparison, options["all"] === true);
  writeOutput(options["json"] === true ? jsonText(comparison) : text(), options, io);
  const found = comparison.findings.some((n) => n > 0);
  return options["failOnFindings"] === true && found ? EXIT_FINDINGS : EXIT_DONE;
}

/** The command over another engine. */
export async function runCompareCommand(
  args: readonly string[],
  options: OptionValues,
  io: Io,
  engine: CompareEngine,
): Promise<number> {
  if (args.length === 0 && options["workload"] === undefined) {
    throw new UsageError("compare needs a trace, two saved reports, or --workload");
  }
  const saved = args.filter((arg) => arg !== "-" && isReport(resolve(io.cwd, arg)));
  if (saved.length === 0) return strategies(args, options, io, engine);
  if (saved.length === args.length) return reports(args, options, io, engine);
  const trace = args.find((arg) => !saved.includes(arg));
  throw new UsageError(
    `compare takes traces or two saved reports, not both: ${saved[0]} is a report, ${trace} is none`,
  );
}

/** Compares strategies, or reports. */
export const compare: Command = {
  usage: "compare [...files]",
  summary: "Put one trace or workload under several strategies side by side, or two saved reports",
  options: [
    {
      flags: "--strategies <list>",
      text: `Names with commas between: ops (linear, coherent, iommu, bounce, dmabounce, swiotlb), then words after "+": kernel (${PROFILES.join(", ")}), IO-address allocator (bitmap, gen-pool, rb-tree, range-cache, own), memory of allocations (write-combine, bufferable, strongly-ordered, cached), System MMU (sysmmu-1, -2, -3.1, -3.2, -3.3, -5), no-barrier, no-sync (default ${TRACE_STRATEGIES.join(",")}, or what a workload is made for)`,
    },
    { flags: "--workload <name>", text: `Built-in workload instead of a trace: ${WORKLOADS.join(", ")}` },
    { flags: "--rounds <n>", text: "Rounds of the workload" },
    { flags: "--seed <n>", text: "Seed of what is random in the workload (default 1)" },
    { flags: "--all", text: "Show all figures, not only those that differ" },
    { flags: "--profile <version>", text: "Kernel of strategies that name none (default v6.1)" },
    { flags: "--soc <name>", text: `SoC: ${SOCS.join(", ")} (default exynos4210)` },
    { flags: "--dram <size>", text: "Guest DRAM, 32M to 2G (default 1152M)" },
    {
      flags: "--access <how>",
      text: "Accesses of the masters in a trace: none, once, stream:N (default once)",
    },
    { flags: "--lenient", text: "Count malformed events instead of stopping at the first" },
    {
      flags: "--fail-on-findings",
      text: "Exit status 1 on faults, failed maps, stale or unfenced reads; for reports, on any difference",
    },
  ],
  examples: [
    "sysmmu compare trace.txt.gz --strategies iommu+bitmap,iommu+gen-pool",
    "sysmmu compare --workload descriptor-ring",
    "sysmmu compare before.json after.json --fail-on-findings",
  ],
  run: (args, options, io) => {
    const engine = async () => (await import("../compare-engine.js")).compareEngine;
    return runCompareCommand(args, options, io, {
      traces: async (...rest) => (await engine()).traces(...rest),
      workload: async (...rest) => (await engine()).workload(...rest),
      reports: async (...rest) => (await engine()).reports(...rest),
    });
  },
};
