// Replays one recording under several strategies side by side: read once, run on each machine.
//
// Not modelled: time of the recording; the throughput told is this host's.

import {
  checkCallback,
  checkChoice,
  checkFlag,
  checkInteger,
  checkMaybeObject,
  checkObject,
  checkSignal,
  describe,
} from "../check.js";
import type { CoreSource } from "../core/load.js";
import { PROFILES, type Profile } from "../dma/profiles.js";
import type { MachineOptions } from "../machine/options.js";
import { REPLAY_SCHEMA_VERSION, type ReplayReport, STRATEGIES, type Strategy } from "../report/types.js";
import { socOf } from "../soc/check.js";
import type { SocDescription } from "../soc/types.js";
import { openTrace, type TraceReader } from "../trace/reader.js";
import type { ByteSource } from "../trace/source.js";
import { strategyReport } from "./report.js";
import { planDram, type RunPlan, type StrategyMachineOptions, StrategyRun } from "./strategy.js";
import { parseStrategy } from "./strategy-name.js";

/** DRAM where the options do not say: the 1 GiB of an Exynos4 board, and the machine's own part. */
export const REPLAY_DRAM = (1024 + 128) << 20;

const OPTIONS: readonly (keyof ReplayOptions)[] = [
  "strategies",
  "profile",
  "soc",
  "dram",
  "access",
  "lenient",
  "machine",
  "signal",
  "onProgress",
  "clock",
  "core",
  "window",
  "workload",
];

/** Options of {@link replayTrace}. */
export interface ReplayOptions {
  /**
   * Strategies to run, in this order: names such as "linear", "iommu+v3.14+gen-pool" (docs/compare.md).
   * Default linear, iommu and bounce.
   */
  strategies?: readonly Strategy[];
  /** Kernel profile of the strategies that name none. Default "v6.1". */
  profile?: string;
  /** SoC by name, or a description (`socFromDeviceTree`). Default "exynos4210". */
  soc?: string | SocDescription;
  /** DRAM in bytes, 32 MiB to 2 GiB. Default 1152 MiB. */
  dram?: { bytes?: number };
  /** Accesses the replay makes for the masters: "none", "once", "stream:N". Default "once". */
  access?: string;
  /** Count malformed events instead of stopping. */
  lenient?: boolean;
  /** Further options of the machines (translation caches, CPU caches, switches). */
  machine?: Omit<MachineOptions, "soc" | "dram" | "profile" | "core">;
  /** Stops the replay: throws the signal's reason. */
  signal?: AbortSignal;
  /** Bytes of the inputs done and in total (0: not known), and the file being read. */
  onProgress?: (done: number, total: number, detail: string) => void;
  /** Milliseconds from some start; default `performance.now` where there is one. */
  clock?: () => number;
  /** Compiled core; default the embedded one. */
  core?: CoreSource;
  /** IO-address window of every device. Default mainline's: 4 GiB from 0, for a display 1 GiB from 0x20000000. */
  window?: { base: number; size: number };
  /** @internal The stream is a workload (workloads.ts). */
  workload?: boolean;
}

/**
 * Replays `sources`, in order, as one recording.
 * @throws TraceError for input that cannot be read; RangeError for a bad option
 */
export async function replayTrace(
  sources: readonly ByteSource[],
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  checkObject("options", options, OPTIONS);
  const names = options.strategies ?? STRATEGIES;
  if (!Array.isArray(names) || names.length === 0) {
    throw new RangeError(
      `options.strategies must be an array of at least one, such as ${STRATEGIES.join(", ")}, got ${describe(names)}`,
    );
  }
  checkMaybeObject("options.dram", options.dram, ["bytes"]);
  checkSignal("options.signal", options.signal);
  checkCallback("options.onProgress", options.onProgress);
  checkCallback("options.clock", options.clock);
  checkFlag("options.lenient", options.lenient ?? false);
  const profile = checkChoice("options.profile", options.profile ?? "v6.1", PROFILES) as Profile;
  const strategies = names.map((name) => parseStrategy(name, profile));
  const soc = socOf("options.soc", options.soc ?? "exynos4210");
  const bytes = checkInteger("options.dram.bytes", options.dram?.bytes ?? REPLAY_DRAM, 32 << 20, 0x8000_0000);
  const access = options.access ?? "once";
  const dram = planDram(soc.dramBase, bytes - (bytes % 65536));
  const clock = options.clock ?? (() => globalThis.performance?.now() ?? 0);
  const machine: StrategyMachineOptions = {
    ...options.machine,
    soc,
    ...(options.core === undefined ? {} : { core: options.core }),
  };
  const plan: RunPlan = { dram, workload: options.workload === true, window: options.window ?? null };
  const runs = strategies.map((settings) => new StrategyRun(settings, machine, plan));
  let detail = sources[0]?.name ?? "";
  try {
    const reader = openTrace(sources, {
      device: (name) => {
        const indices = runs.map((run) => run.device(name));
        // The machines are built alike, so the index is the same on each.
        return indices[0] ?? 0;
      },
      sysmmus: () => Math.min(...runs.map((run) => run.machine.sysmmuNames.length)),
      dramBytes: dram.bytes,
      guestBase: dram.base,
      guestBytes: dram.traceBytes,
      access,
      lenient: options.lenient === true,
      onProgress: (done, total) => options.onProgress?.(done, total ?? 0, detail),
    });
    for await (const chunk of reader) {
      options.signal?.throwIfAborted();
      for (const run of runs) run.run(chunk.records, clock);
      detail = sources[chunk.file]?.name ?? "";
    }
    return report(reader, runs, {
      profile,
      soc: soc.name,
      dramBase: dram.base,
      dramBytes: dram.bytes,
      access,
      lenient: options.lenient === true,
    });
  } finally {
    for (const run of runs) run.machine.dispose();
  }
}

function report(
  reader: TraceReader,
  runs: readonly StrategyRun[],
  settings: ReplayReport["settings"],
): ReplayReport {
  const { summary } = reader;
  const events: Record<string, number> = {};
  for (const file of summary.files) {
    for (const [type, n] of Object.entries(file.byType)) events[type] = (events[type] ?? 0) + n;
  }
  const { counts } = summary;
  const recorded = counts.tableSyncs > 0 ? counts.tableSyncs : null;
  return {
    schema: "sysmmu/replay",
    schemaVersion: REPLAY_SCHEMA_VERSION,
    settings,
    traces: summary.files,
    events,
    operations: {
      events: counts.replayed + counts.beforeRecording + counts.below + counts.skipped + counts.malformed,
      replayed: counts.replayed,
      beforeRecording: counts.beforeRecording,
      below: counts.below,
      skipped: counts.skipped,
      malformed: counts.malformed,
      lost: counts.lost,
    },
    strategies: runs.map((run) => {
      const one = strategyReport(run);
      return {
        ...one,
        tableSyncs: { ...one.tableSyncs, recorded: run.settings.ops === "iommu" ? recorded : null },
      };
    }),
    notes: notes(reader, runs, settings),
  };
}

function notes(
  reader: TraceReader,
  runs: readonly StrategyRun[],
  settings: ReplayReport["settings"],
): string[] {
  const out: string[] = [];
  const { counts, files } = reader.summary;
  const ftrace = files.some((f) => f.format === "ftrace");
  if (ftrace && settings.access !== "none") {
    const times = settings.access === "once" ? "once" : `${settings.access.slice(7)} times`;
    out.push(
      `the trace has no accesses of the masters: the replay reads or writes each mapped range ${times}, by its direction`,
    );
  }
  if (counts.lost > 0)
    out.push(`the recorder lost ${counts.lost} events: maps without unmaps are to be expected`);
  if (counts.failed > 0)
    out.push(`${counts.failed} maps or allocations failed on the recording machine already`);
  if (counts.tooLarge > 0)
    out.push(`${counts.tooLarge} maps or allocations of 4 GiB or more, or of too many entries, are left out`);
  if (counts.bounced > 0) out.push(`the recording machine bounced ${counts.bounced} buffers`);
  for (const run of runs) {
    if (run.refused.length > 0)
      out.push(`${run.settings.name}: no memory for the pool of ${run.refused.join(", ")}`);
    if (run.refusedAllocations > 0)
      out.push(`${run.settings.name}: no memory for ${run.refusedAllocations} buffers`);
  }
  return out;
}
