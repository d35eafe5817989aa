// Reading single values out of what was measured; null where nothing was.

import type { Figure, PointResult } from "./harness.js";
import type { QuantityResult } from "./suite.js";

/** Figure of a contender at a point. */
export function figure(result: PointResult, name: string): Figure | undefined {
  return result.figures.find((f) => f.name === name);
}

/** Points of a suite whose name matches. */
export function pick(
  results: readonly PointResult[],
  suite: string,
  points?: RegExp,
): readonly PointResult[] {
  return results.filter((r) => r.suite === suite && (points === undefined || points.test(r.point)));
}

/** Times of `rival` over the first contender's, at every point that has it. */
export function ratios(results: readonly PointResult[], rival: string): number[] {
  return results.flatMap((result) => figure(result, rival)?.ratio ?? []);
}

/** Smallest value; null of none. */
export function least(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values);
}

/** Largest value; null of none. */
export function most(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.max(...values);
}

/** Geometric mean; null of none. */
export function geometricMean(values: readonly number[]): number | null {
  return values.length === 0
    ? null
    : Math.exp(values.reduce((sum, v) => sum + Math.log(v), 0) / values.length);
}

/** Our time over a native rival's: the worst point. */
export function overNative(results: readonly PointResult[], rival: string): number | null {
  const worst = least(ratios(results, rival));
  return worst === null ? null : 1 / worst;
}

/** Nanoseconds of a contender at the first point. */
export function nanoseconds(results: readonly PointResult[], name: string): number | null {
  const first = results[0];
  return (first === undefined ? undefined : figure(first, name))?.nanoseconds ?? null;
}

/** Times of `rival` over `ours`, at every point that has both. */
export function between(results: readonly PointResult[], rival: string, ours: string): number[] {
  return results.flatMap((result) => {
    const [a, b] = [figure(result, rival), figure(result, ours)];
    return a === undefined || b === undefined ? [] : a.nanoseconds / b.nanoseconds;
  });
}

/** Millions a second of a contender at the first point. */
export function perSecond(results: readonly PointResult[], name: string): number | null {
  const ns = nanoseconds(results, name);
  return ns === null ? null : 1e3 / ns;
}

/** Nanoseconds of a whole cycle of the first contender. */
export function cycle(result: PointResult | undefined): number | null {
  return result === undefined ? null : result.figures[0]!.nanoseconds * result.operations;
}

/** Value of the first quantity whose name begins so. */
export function quantity(counted: readonly QuantityResult[], name: string): number | null {
  return counted.find((q) => q.name.startsWith(name))?.value ?? null;
}

/** a / b, null when one is missing. */
export function quotient(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a / b;
}
