// Measuring: benchmark.js times every contender, one fixed piece of work per sample, in rounds
// that go through all of them (in changing order), so that a busy moment of the machine hits all
// alike. Figures are medians of stats.sample; ratios are medians of the ratios within a round.
//
// Before anything is timed every contender does the work once and must give the same hash.

import Benchmark from "benchmark";

/** One way of doing the work of a point. */
export interface Contender {
  readonly name: string;
  /** Brings back the state that a cycle starts from; not timed. */
  readonly setup?: () => void;
  /** One cycle: the whole work. */
  readonly run: () => void;
  /** Hash of the results of one cycle from the start state; absent: does other work, not compared. */
  readonly check?: () => number;
}

/** A contender in a process of its own, which times itself. */
export interface NativeContender {
  readonly name: string;
  /** Seconds of one cycle. */
  readonly cycle: () => Promise<number>;
  readonly check?: () => Promise<number>;
}

/** One piece of work and those who do it. Ratios are against the first contender. */
export interface Point {
  readonly name: string;
  /** What is counted: `op`, `access`, `line`, `record`. */
  readonly unit: string;
  /** Units per cycle. */
  readonly operations: number;
  readonly contenders: readonly (Contender | NativeContender)[];
  /** Ends what the point holds (processes). */
  readonly close?: () => void;
}

/** One contender's figures at a point. */
export interface Figure {
  readonly name: string;
  readonly nanoseconds: number;
  /** Time as a multiple of the first contender's: above 1 is slower than it. */
  readonly ratio: number;
  readonly samples: number;
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
  readonly rounds: number;
}

/** Contenders gave different results: the figures would mean nothing. */
export class DisagreementError extends Error {
  override readonly name = "DisagreementError";
}

function isNative(contender: Contender | NativeContender): contender is NativeContender {
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

function bench({ name, setup, run }: Contender): () => number {
  // minTime below one cycle keeps the count at 1, so every sample is the same work from the same state.
  const timing = { minSamples: 1, minTime: 1e-7, maxTime: 1e-7, initCount: 1 };
  const options = { fn: run, ...timing, ...(setup === undefined ? {} : { setup }) };
  const benchmark = new Benchmark(name, options);
  return () => {
    benchmark.reset();
    benchmark.run({ async: false });
    const failure = (benchmark as unknown as { error?: unknown }).error;
    if (failure !== undefined) throw failure;
    return median(benchmark.stats.sample);
  };
}

async function agree(suite: string, point: Point): Promise<void> {
  let first: { name: string; hash: number } | undefined;
  for (const contender of point.contenders) {
    if (contender.check === undefined) continue;
    const hash = await contender.check();
    first ??= { name: contender.name, hash };
    if (hash !== first.hash) {
      throw new DisagreementError(
        `${suite}, ${point.name}: ${contender.name} gives 0x${hash.toString(16)}, ${first.name} 0x${first.hash.toString(16)}`,
      );
    }
  }
}

/** Checks the contenders of a point against each other, then measures them. */
export async function measure(suite: string, point: Point, effort: Effort): Promise<PointResult> {
  await agree(suite, point);
  const timers = point.contenders.map((contender) =>
    isNative(contender) ? contender.cycle : bench(contender),
  );
  const samples: number[][] = timers.map(() => []);
  for (let round = -1; round < effort.rounds; round++) {
    for (let k = 0; k < timers.length; k++) {
      const i = (k + round + timers.length) % timers.length;
      const seconds = await timers[i]!();
      if (round >= 0) samples[i]!.push(seconds); // the round before 0 warms up
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
      nanoseconds: (median(samples[i]!) * 1e9) / point.operations,
      ratio: median(samples[i]!.map((seconds, round) => seconds / base[round]!)),
      samples: samples[i]!.length,
    })),
  };
}
