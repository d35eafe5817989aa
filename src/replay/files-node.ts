// `sysmmu/replay`: replays trace files from scripts under Node.

import type { ReplayReport } from "../report/types.js";
import { openSources } from "../trace/source-node.js";
import { type ReplayOptions, replayTrace } from "./replay.js";

export { TraceError } from "../trace/error.js";
export { type ReplayOptions, replayTrace } from "./replay.js";

/**
 * Replays the files at `paths` (plain or gzip, "-" is standard input), in order, as one recording.
 * @throws TraceError naming file and line; RangeError for a bad option
 */
export function replayFiles(paths: readonly string[], options: ReplayOptions = {}): Promise<ReplayReport> {
  return replayTrace(openSources(paths), options);
}
