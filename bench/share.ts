// How much of the clock's time a piece of work had a processor: other work on the computer takes
// it away, and that is not ours.
//
// Linux tells for how long the main thread was ready and waited (/proc/self/schedstat, second field);
// elsewhere the processor time of the process stands for it, helper threads of the engine included.

import { closeSync, openSync, readSync } from "node:fs";

/** One measurement. */
export interface Sample {
  readonly seconds: number;
  /** Share of the clock's time that the work had a processor, above 0 to 1. */
  readonly share: number;
}

/** A moment to measure from. */
export interface Mark {
  readonly start: number;
  readonly waited: number;
  readonly processor: NodeJS.CpuUsage;
}

const text = Buffer.alloc(128);
let file: number | null | undefined;

function open(): number | null {
  try {
    const opened = openSync("/proc/self/schedstat", "r");
    process.on("exit", () => closeSync(opened));
    return opened;
  } catch {
    return null;
  }
}

/** Milliseconds that the main thread has waited so far; NaN when the system does not tell. */
function waited(): number {
  if (file === undefined) file = open();
  if (file === null) return Number.NaN;
  const length = readSync(file, text, 0, text.length, 0);
  return Number(text.toString("latin1", 0, length).split(" ")[1]) / 1e6;
}

/** Now. */
export function mark(): Mark {
  const processor = process.cpuUsage();
  const before = waited();
  return { processor, waited: before, start: performance.now() };
}

/** Share since `begun`. */
export function shareSince(begun: Mark): number {
  const wall = performance.now() - begun.start;
  const wait = waited() - begun.waited;
  const { user, system } = process.cpuUsage(begun.processor);
  const share = Number.isNaN(wait) ? (user + system) / 1e3 / wall : 1 - wait / wall;
  return Math.min(1, Math.max(0.001, share));
}

/** Times work that waits for threads of its own: by the clock, as for what keeps `processors` busy. */
export async function timedByClock(work: () => Promise<unknown>, processors: number): Promise<Sample> {
  const { start, processor } = mark();
  await work();
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(processor);
  return { seconds: wall / 1e3, share: Math.min(1, (user + system) / 1e3 / (wall * processors)) };
}

/** Times work that only waits for files in the host's page cache. */
export async function timed(work: () => Promise<unknown>): Promise<Sample> {
  const begun = mark();
  await work();
  const wall = performance.now() - begun.start;
  const share = shareSince(begun);
  return { seconds: (wall * share) / 1e3, share };
}
