// `sysmmu replay [traces]`: recorded DMA traffic on the emulated machine, one report.

import { dirname } from "node:path";
import { renderReplayReport } from "../../report/replay-report.js";
import { REPLAY_SCHEMA_VERSION, type ReplayReport, STRATEGIES, type Strategy } from "../../report/types.js";
import { SOCS } from "../../soc/find.js";
import type { SocDescription } from "../../soc/types.js";
import { type Command, EXIT_DONE, EXIT_FINDINGS, type OptionValues } from "../command.js";
import { type Io, UsageError } from "../io.js";
import { accessOption, bytesOption, choiceOption, textOption } from "../options.js";
import { jsonText, writeOutput } from "../output.js";
import { startProgress } from "../progress.js";
import { strategiesOption } from "../strategies.js";
import { traceFiles } from "../traces.js";
import { socArgument } from "./soc.js";

const PROFILES = ["rfc2011", "v3.6", "v3.14", "v4.4", "v6.1"] as const;

/** What the replay engine is asked. */
export interface ReplayRequest {
  readonly strategies: readonly Strategy[];
  readonly profile: string;
  readonly soc: string | SocDescription;
  readonly dramBytes: number | undefined;
  readonly access: string;
  readonly lenient: boolean;
  readonly onProgress: (done: number, total: number, detail: string) => void;
}

/** Runs trace files; tests hand in their own. */
export type ReplayEngine = (files: readonly string[], request: ReplayRequest) => Promise<ReplayReport>;

/** What --fail-on-findings takes for one: the trace must run without these. */
function findings(report: ReplayReport): number {
  return report.strategies.reduce(
    (total, s) =>
      total +
      s.faults +
      s.staleHits +
      s.busErrors +
      s.badHandles +
      s.takenHandles +
      s.cpuBusErrors +
      s.findings.hazards +
      s.devices.reduce((errors, d) => errors + d.mapErrors + d.allocErrors, 0),
    0,
  );
}

/** A table by its name, or the description of the device tree at a path. */
function socOption(value: string, cwd: string): string | SocDescription {
  if (Object.hasOwn(SOCS, value)) return value;
  if (!/[./\\]/.test(value)) {
    throw new UsageError(
      `--soc must be one of ${Object.keys(SOCS).join(", ")} or a device tree (.dtb), got ${JSON.stringify(value)}`,
    );
  }
  return socArgument(value, cwd);
}

function byFolder(files: readonly string[]): string[][] {
  const folders = new Map<string, string[]>();
  for (const file of files) {
    const folder = dirname(file);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders.values()];
}

/** The command over another engine. */
export async function runReplayCommand(
  args: readonly string[],
  options: OptionValues,
  io: Io,
  engine: ReplayEngine,
): Promise<number> {
  const profile = choiceOption(options, "profile", PROFILES, "v6.1");
  const request = {
    strategies: strategiesOption(options, "strategy", STRATEGIES, profile),
    profile,
    soc: socOption(textOption(options, "soc", "exynos4210"), io.cwd),
    dramBytes: bytesOption(options, "dram"),
    access: accessOption(options, "once"),
    lenient: options["lenient"] === true,
  };
  // What is named is one recording; the shipped folders are one each.
  const recordings = args.length > 0 ? [traceFiles(args, io)] : byFolder(traceFiles(args, io));
  const reports: ReplayReport[] = [];
  const progress = await startProgress("replay", io);
  try {
    for (const files of recordings) {
      reports.push(await engine(files, { ...request, onProgress: progress.update }));
    }
  } finally {
    progress.stop();
  }
  const [first] = reports;
  const data =
    reports.length === 1
      ? first
      : { schema: "sysmmu/replay-set", schemaVersion: REPLAY_SCHEMA_VERSION, reports };
  const text = reports.map(renderReplayReport).join(`\n${"=".repeat(100)}\n\n`);
  writeOutput(options["json"] === true ? jsonText(data) : text, options, io);
  return options["failOnFindings"] === true && reports.some((report) => findings(report) > 0)
    ? EXIT_FINDINGS
    : EXIT_DONE;
}

/** Replays traces, or the recordings that the package brings. */
export const replay: Command = {
  usage: "replay [...traces]",
  summary: "Replay recorded DMA traces on the emulated machine and print a report",
  options: [
    {
      flags: "--strategy <list>",
      text: `How devices reach memory: names as for compare (default ${STRATEGIES.join(",")}, side by side)`,
    },
    { flags: "--profile <version>", text: `Kernel whose rules apply: ${PROFILES.join(", ")} (default v6.1)` },
    {
      flags: "--soc <name>",
      text: `SoC: ${Object.keys(SOCS).join(", ")} (default exynos4210), or the device tree of a board (.dtb)`,
    },
    { flags: "--dram <size>", text: "Guest DRAM, 32M to 2G (default 1152M)" },
    { flags: "--access <how>", text: "Accesses of the masters: none, once, stream:N (default once)" },
    { flags: "--lenient", text: "Count malformed events instead of stopping at the first" },
    {
      flags: "--fail-on-findings",
      text: "Exit status 1 on faults, stale hits, bus errors, failed maps or wrong handles",
    },
  ],
  examples: [
    "sysmmu replay",
    "sysmmu replay trace.txt.gz --strategy iommu --access stream:4",
    "sysmmu replay trace.txt.gz --soc exynos4412-odroidu3.dtb",
    "trace-cmd report | sysmmu replay - --json --out report.json",
  ],
  run: (args, options, io) =>
    runReplayCommand(args, options, io, async (files, request) => {
      const { replayEngine } = await import("../replay-engine.js");
      return replayEngine(files, request);
    }),
};
