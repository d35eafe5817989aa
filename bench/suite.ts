// A suite: points of one kind of work.

import type { Point } from "./harness.js";

/** One suite of the bench. */
export interface Suite {
  readonly name: string;
  readonly title: string;
  /** Exports of the core without which the suite cannot run; it is then reported as not run. */
  readonly needs: readonly string[];
  /** The points, each made when its turn comes; `quick` makes few and small ones. */
  points(quick: boolean): Iterable<Point> | AsyncIterable<Point>;
}
