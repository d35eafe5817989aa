// `sysmmu/replay`: replays and compares trace files from scripts under Node.

import { checkText, describe } from "../check.js";
import type { ReplayReport } from "../report/types.js";
import { openSources } from "../trace/source-node.js";
import { compareTrace, type StrategyComparison } from "./comparison.js";
import { type ReplayOptions, replayTrace } from "./replay.js";

export type { ReplayReport, StrategyReport, StrategySettings } from "../report/types.js";
export { TraceError } from "../trace/error.js";
export {
  type ComparisonRow,
  compareTrace,
  compareWorkload,
  type StrategyComparison,
} from "./comparison.js";
export { type ReplayOptions, replayTrace } from "./replay.js";
export { compareReports, type ReportComparison } from "./report-comparison.js";
export { ReportError, readSavedReport, type SavedReport } from "./saved-report.js";
export { parseStrategy } from "./strategy-name.js";
export { WORKLOADS, type WorkloadOptions, workloadOptions } from "./workloads.js";

/**
 * Replays the files at `paths` (plain or gzip, "-" is standard input), in order, as one recording.
 * @throws TraceError naming file and line; RangeError for a bad option
 */
export async function replayFiles(
  paths: readonly string[],
  options: ReplayOptions = {},
): Promise<ReplayReport> {
  if (!Array.isArray(paths)) throw new TypeError(`paths must be an array of paths, got ${describe(paths)}`);
  for (const [i, path] of paths.entries()) checkText(`paths[${i}]`, path);
  return replayTrace(openSources(paths), options);
}

/** Runs the files at `paths`, in order and as one recording, under several strategies side by side; throws as {@link replayFiles}. */
export function compareFiles(
  paths: readonly string[],
  options: ReplayOptions = {},
): Promise<StrategyComparison> {
  return compareTrace(openSources(paths), options);
}
