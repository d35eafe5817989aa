// A worker that plays a recording on a machine of its own. Asked for cycles it plays them and says
// when it began and ended, by the process's clock; asked for a check it says what it counted.

import { parentPort, workerData } from "node:worker_threads";
import { machineFor, type Stream } from "../recordings.js";

/** What the worker is asked for. */
export type Ask = { readonly cycles: number } | "check";
/** Seconds of the cycles, or the records executed so far and the mappings alive. */
export type Answer = { readonly seconds: number } | { readonly records: number; readonly live: number };

const stream = workerData.stream as Stream;
const machine = machineFor(stream);
const port = parentPort!;

port.on("message", (ask: Ask) => {
  if (ask === "check") {
    const { live, replay } = machine.statistics();
    port.postMessage({ records: replay.records, live } satisfies Answer);
    return;
  }
  const start = performance.now();
  for (let i = 0; i < ask.cycles; i++) {
    machine.run(stream.records);
    machine.run(stream.ending);
  }
  port.postMessage({ seconds: (performance.now() - start) / 1e3 } satisfies Answer);
});
port.postMessage({ seconds: 0 } satisfies Answer);
