// Counting while a vector file is played.
//
// Not modelled: nothing.

import type { ConformanceResult, Difference, Uncompared } from "./types.js";

const SHOWN = 10;

/** Operations that could not be run, by reason, with the first line of each. */
export class NotRun {
  readonly #byReason = new Map<string, { reason: string; operations: number; line: number }>();

  /** `operations` more for `reason`. */
  add(reason: string, operations: number, line: number): void {
    const known = this.#byReason.get(reason);
    if (known === undefined) this.#byReason.set(reason, { reason, operations, line });
    else known.operations += operations;
  }

  /** All reasons, in the order they came up. */
  list(): Uncompared[] {
    return [...this.#byReason.values()];
  }
}

/** Collects comparisons into a result. */
export class Tally {
  #agreed = 0;
  #differed = 0;
  readonly #differences: Difference[] = [];
  readonly #skipped = new NotRun();

  /** One operation: `expected` is the recorded result, `describe` says what it was (asked for only on a difference). */
  compare(line: number, describe: () => string, expected: string, actual: string): void {
    if (expected === actual) {
      this.#agreed++;
      return;
    }
    this.#differed++;
    if (this.#differences.length < SHOWN) {
      this.#differences.push({ line, operation: describe(), expected, actual });
    }
  }

  /** `operations` that differ because an earlier one did and could not be played at all. */
  differ(operations: number): void {
    this.#differed += operations;
  }

  /** `operations` that this version cannot run. */
  skip(reason: string, operations: number, line: number): void {
    this.#skipped.add(reason, operations, line);
  }

  /** The outcome so far. */
  result(): ConformanceResult {
    const notRun = this.#skipped.list();
    const skipped = notRun.reduce((total, { operations }) => total + operations, 0);
    return {
      operations: this.#agreed + this.#differed + skipped,
      agreed: this.#agreed,
      differed: this.#differed,
      differences: this.#differences,
      notRun,
    };
  }
}
