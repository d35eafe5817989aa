// A suite: points of one kind of work, and quantities that are no times.

import type { Point } from "./harness.js";

/** Something counted or weighed: bytes, a share, a speed. */
export interface Quantity {
  /** What it was taken from. */
  readonly point: string;
  /** What it is. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** A quantity of a suite. */
export interface QuantityResult extends Quantity {
  readonly suite: string;
}

/** A suite, or part of one, that could not be measured here, and why. */
export interface NotRun {
  readonly suite: string;
  readonly reason: string;
}

/** One suite of the bench. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** Exports of the core without which the suite cannot run; it is then reported as not run. */
  readonly needs: readonly string[];
  /** The points, each made when its turn comes; `quick` makes few and small ones. */
  points(quick: boolean): Iterable<Point> | AsyncIterable<Point>;
  /** What is counted once, after the points. */
  quantities?(quick: boolean): Iterable<Quantity> | AsyncIterable<Quantity>;
  /** Why the suite cannot run on this computer; null when it can. */
  obstacle?(): string | null;
}
