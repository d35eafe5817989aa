// The replay engine behind the command line: files to sources, options checked by the machine to
// usage errors.

import type { ReplayReport } from "../report/types.js";
import { openSources } from "../trace/source-node.js";
import type { ReplayEngine } from "./commands/replay.js";
import { UsageError } from "./io.js";

/** Runs trace files through `replayTrace`. */
export const replayEngine: ReplayEngine = async (files, request) => {
  const module = (await import(new URL("../replay/replay.js", import.meta.url).href)) as {
    replayTrace(sources: readonly unknown[], options: unknown): Promise<ReplayReport>;
  };
  const { dramBytes, ...rest } = request;
  try {
    return await module.replayTrace(openSources(files), {
      ...rest,
      ...(dramBytes === undefined ? {} : { dram: { bytes: dramBytes } }),
    });
  } catch (error) {
    // The machine names the option it refuses ("options.dram.bytes must be ...").
    if (error instanceof RangeError && error.message.startsWith("options.")) {
      throw new UsageError(error.message.replace(/^options\.(dram)\.\w+/, "--$1"));
    }
    throw error;
  }
};
