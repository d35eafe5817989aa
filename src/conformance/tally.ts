// Counting while a vector file is played.
//
// Not modelled: nothing.

import type { ConformanceResult, Difference } from "./types.js";

const SHOWN = 10;

/** Collects comparisons into a result. */
export class Tally {
  #agreed = 0;
  #differed = 0;
  readonly #differences: Difference[] = [];
  readonly #skipped = new Map<string, number>();

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
  skip(reason: string, operations: number): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + operations);
  }

  /** The outcome so far. */
  result(): ConformanceResult {
    const notRun = [...this.#skipped].map(([reason, operations]) => ({ reason, operations }));
    const skipped = notRun.reduce((total, { operations }) => total + operations, 0);
    return {
      operations: this.#agreed + this.#differed + skipped,
      agreed: this.#agreed,
      differed: this.#differed,
      differences: this.#differences,
      excepted: [],
      notRun,
    };
  }
}
