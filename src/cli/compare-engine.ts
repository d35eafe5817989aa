// The engine behind `sysmmu compare`: runs traces and workloads, reads saved reports; what the library
// refuses becomes a usage error.
//
// Not modelled: reports of other tools.

import { compareTrace, compareWorkload } from "../replay/comparison.js";
import type { ReplayOptions } from "../replay/replay.js";
import { compareReports, type ReportComparison } from "../replay/report-comparison.js";
import { ReportError, readSavedReport } from "../replay/saved-report.js";
import { workloadOptions } from "../replay/workloads.js";
import { openSources } from "../trace/source-node.js";
import type { CompareEngine, CompareRequest } from "./commands/compare.js";
import { UsageError } from "./io.js";

/** Errors of the library that the user can mend, in the words of the command line. */
async function usable<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ReportError) throw new UsageError(error.message);
    // The library names the option as scripts know it ("options.dram.bytes must be ...").
    if (error instanceof RangeError && error.message.startsWith("options.")) {
      throw new UsageError(error.message.replace(/^options\.(\w+)[.\w]*/, "--$1"));
    }
    throw error;
  }
}

function replayOptions(request: CompareRequest): ReplayOptions {
  const { strategies, dramBytes, access, lenient, profile, soc, onProgress } = request;
  return {
    profile,
    soc,
    access,
    lenient,
    onProgress,
    ...(strategies === null ? {} : { strategies }),
    ...(dramBytes === undefined ? {} : { dram: { bytes: dramBytes } }),
  };
}

/** The engine over files. */
export const compareEngine: CompareEngine = {
  traces: (files, request) => usable(() => compareTrace(openSources(files), replayOptions(request))),
  workload: (name, rounds, seed, request) =>
    usable(() => compareWorkload(workloadOptions(name, rounds, seed), replayOptions(request))),
  reports: (a, b): Promise<ReportComparison> =>
    usable(() => compareReports(readSavedReport(a.file, a.text), readSavedReport(b.file, b.text))),
};
