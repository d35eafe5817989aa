// Machine-wide counters: u64 cells at COUNTERS, indexed by the numbers of abi.ts.
// Not modelled: rates; a cost model turns counts into time after the run.

import { COUNTERS } from "./layout";

/** The value of counter `index`. */
export function counter(index: u32): u64 {
  return load<u64>(COUNTERS + ((<usize>index) << 3));
}

/** Adds 1 to counter `index`. */
export function count(index: u32): void {
  const p = COUNTERS + ((<usize>index) << 3);
  store<u64>(p, load<u64>(p) + 1);
}

/** Adds `n` to counter `index`. */
export function countAdd(index: u32, n: u64): void {
  const p = COUNTERS + ((<usize>index) << 3);
  store<u64>(p, load<u64>(p) + n);
}
