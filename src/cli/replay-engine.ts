// The replay engine behind the command line: options that the machine refuses become usage errors.

import { replayFiles } from "../replay/files-node.js";
import type { ReplayEngine } from "./commands/replay.js";
import { UsageError } from "./io.js";

/** Runs trace files through `replayFiles`. */
export const replayEngine: ReplayEngine = async (files, { dramBytes, ...rest }) => {
  try {
    return await replayFiles(files, {
      ...rest,
      ...(dramBytes === undefined ? {} : { dram: { bytes: dramBytes } }),
    });
  } catch (error) {
    // The library names the option as scripts know it ("options.dram.bytes must be ...").
    if (error instanceof RangeError && error.message.startsWith("options.")) {
      throw new UsageError(error.message.replace(/^options\.(\w+)[.\w]*/, "--$1"));
    }
    throw error;
  }
};
