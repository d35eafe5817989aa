// Measuring: benchmark.js times every contender, one fixed piece of work per sample, in rounds
// that go through all of them (in changing order), so that a busy moment of the machine hits all
// alike. Figures are medians of stats.sample; ratios are medians of the ratios within a round.
//
// A sample counts the time for which its thread had a processor (share.ts). One without a processor
// for a tenth of the time or more is taken again; the least disturbed one stays and is counted as
// disturbed if it still was.
//
// Before anything is timed every contender does the work once and must give the same hash.

import { setTimeout } from "node:timers/promises";
import Benchmark from "benchmark";
import { mark, type Sample, shareSince } from "./share.js";

/** What is compared of a contender's results: a hash of all, or hashes by name. Equal names must be equal. */
export type Checks = number | Readonly<Record<string, number>>;

/** One way of doing the work of a point. */
export interface Contender {
  readonly name: string;
  /** Brings back the state that a cycle starts from; not timed. */
  readonly setup?: () => void;
  /** One cycle: the whole work. */
  readonly run: () => void;
  /** Hashes of the results of one cycle from the start state; absent: does other work, not compared. */
  readonly check?: () => Checks;
}

/** A contender that times itself: in a process or a worker of its own, or because it waits for input. */
export interface TimedContender {
  readonly name: string;
  /** One cycle; a plain number is seconds of which nobody knows how many were disturbed. */
  readonly cycle: () => Promise<number | Sample>;
  readonly check?: () => Promise<Checks>;
}

/** One piece of work and those who do it. Ratios are against the first contender. */
export interface Point {
  readonly name: string;
  /** What is counted: `op`, `access`, `line`, `record`. */
  readonly unit: string;
  /** Units per cycle. */
  readonly operations: number;
  readonly contenders: readonly (Contender | TimedContender)[];
  /** Ends what the point holds (processes, workers, machines). */
  readonly close?: () => void | Promise<void>;
}

/** One contender's figures at a point. */
export interface Figure {
  readonly name: string;
  readonly nanoseconds: number;
  /** Time as a multiple of the first contender's: above 1 is slower than it. */
  readonly ratio: number;
  readonly samples: number;
  /** Samples that other work on the computer disturbed. */
  readonly disturbed: number;
}

/** What was measured at a point. */
export interface PointResult {
  readonly suite: string;
  readonly point: string;
  readonly unit: string;
  readonly operations: number;
  readonly figures: readonly Figure[];
}

/** How long to measure. */
export interface Effort {
  /** Samples of each contender. */
  readonly rounds: number;
  /** Fewer where a point takes longer than `seconds`, but this many. */
  readonly atLeast: number;
  readonly seconds: number;
  /** Seconds of work of each contender before the first sample. */
  readonly warm: number;
  /** How often a disturbed sample is taken at most. */
  readonly tries: number;
}

/** Contenders gave different results: the figures would mean nothing. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}

function timesItself(contender: Contender | TimedContender): contender is TimedContender {
  return "cycle" in contender;
}

/** Median of a non-empty list. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

// benchmark.js likes to paste a function's source into its loop; closures do not survive that.
(Benchmark as unknown as { support: { decompilation: boolean } }).support.decompilation = false;

function bench({ name, setup, run }: Contender): () => Sample {
  // minTime below one cycle keeps the count at 1, so every sample is the same work from the same state.
  const timing = { minSamples: 1, minTime: 1e-7, maxTime: 1e-7, initCount: 1 };
  let begun = mark();
  const prepare = () => {
    setup?.();
    begun = mark(); // right before the clock of benchmark.js starts
  };
  const benchmark = new Benchmark(name, { fn: run, setup: prepare, ...timing });
  return () => {
    benchmark.reset();
    benchmark.run({ async: false });
    const share = shareSince(begun);
    const failure = (benchmark as unknown as { error?: unknown }).error;
    if (failure !== undefined) throw failure;
    return { seconds: median(benchmark.stats.sample) * share, share };
  };
}

async function agree(suite: string, point: Point): Promise<void> {
  const first = new Map<string, { contender: string; hash: number }>();
  for (const contender of point.contenders) {
    if (contender.check === undefined) continue;
    const found = await contender.check();
    const checks = typeof found === "number" ? { results: found } : found;
    for (const [what, hash] of Object.entries(checks)) {
      const before = first.get(what);
      if (before === undefined) first.set(what, { contender: contender.name, hash });
      else if (hash !== before.hash) {
        throw new DisagreementError(
          `${suite}, ${point.name}, ${what}: ${contender.name} gives 0x${hash.toString(16)}, ${before.contender} 0x${before.hash.toString(16)}`,
        );
      }
    }
  }
}

type Timer = () => number | Sample | Promise<number | Sample>;

async function sampleOf(timer: Timer): Promise<Sample> {
  const found = await timer();
  return typeof found === "number" ? { seconds: found, share: 1 } : found;
}

// The optimising compiler works in threads of its own: it gets the processor for this long.
const COMPILE_MILLISECONDS = 100;

/** Before the first round: cold code runs in the baseline compiler, fresh pages are not there yet. */
async function warm(timers: readonly Timer[], seconds: number): Promise<void> {
  if (seconds === 0) return;
  for (const timer of timers) {
    const start = performance.now();
    let spent = 0;
    // Short cycles cost more around them than in them.
    while (spent < seconds && performance.now() - start < 10e3 * seconds)
      spent += (await sampleOf(timer)).seconds;
  }
  await setTimeout(COMPILE_MILLISECONDS);
  for (const timer of timers) await sampleOf(timer);
}

/** Less of a processor than this, and a sample is taken again... */
const UNDISTURBED = 0.9;
/** ...unless it is so long that the next would be disturbed as well. */
const LONG_SECONDS = 0.05;

async function undisturbed(timer: Timer, tries: number): Promise<Sample> {
  let best = await sampleOf(timer);
  for (let i = 1; i < tries && best.share < UNDISTURBED && best.seconds < LONG_SECONDS; i++) {
    const next = await sampleOf(timer);
    if (next.share > best.share) best = next;
  }
  return best;
}

/** Checks the contenders of a point against each other, then measures them. */
export async function measure(suite: string, point: Point, effort: Effort): Promise<PointResult> {
  await agree(suite, point);
  const timers: readonly Timer[] = point.contenders.map((contender) =>
    timesItself(contender) ? contender.cycle : bench(contender),
  );
  await warm(timers, effort.warm);
  const samples: Sample[][] = timers.map(() => []);
  const start = performance.now();
  const spent = () => (performance.now() - start) / 1e3;
  for (let round = 0; round < effort.rounds; round++) {
    if (round >= effort.atLeast && spent() > effort.seconds) break;
    for (let k = 0; k < timers.length; k++) {
      const i = (k + round) % timers.length;
      samples[i]!.push(await undisturbed(timers[i]!, effort.tries));
    }
  }
  const base = samples[0]!;
  return {
    suite,
    point: point.name,
    unit: point.unit,
    operations: point.operations,
    figures: point.contenders.map(({ name }, i) => ({
      name,
      nanoseconds: (median(samples[i]!.map((s) => s.seconds)) * 1e9) / point.operations,
      ratio: median(samples[i]!.map((s, round) => s.seconds / base[round]!.seconds)),
      samples: samples[i]!.length,
      disturbed: samples[i]!.filter((s) => s.share < UNDISTURBED).length,
    })),
  };
}
