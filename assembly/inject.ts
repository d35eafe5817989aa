// Fault injection: "the n-th X fails". One u32 countdown per kind at INJECT;
// 0 is off, 1 makes the next attempt fail. A second u32 per kind counts attempts,
// so that a script can sweep n over all of them.
// At INJECT + 256 + 4 * kind the host may put the errno that the failure reports.
// Not modelled: probabilistic failures; a sweep over n covers every point exactly.

import { ENOMEM } from "./abi";
import { INJECT } from "./layout";

/** Counts an attempt of `kind` (abi.ts INJECT_*) and says whether it must fail. */
export function injected(kind: u32): bool {
  const p = INJECT + ((<usize>kind) << 3);
  store<u32>(p, load<u32>(p, 4) + 1, 4);
  const left = load<u32>(p);
  if (left === 0) return false;
  store<u32>(p, left - 1);
  return left === 1;
}

/** True when some attempt of `kind` will fail; while false, `injectedMany` may stand for single attempts. */
export function injectionArmed(kind: u32): bool {
  return load<u32>(INJECT + ((<usize>kind) << 3)) !== 0;
}

/** Counts `n` attempts of `kind` that did not fail. */
export function injectedMany(kind: u32, n: u32): void {
  const p = INJECT + ((<usize>kind) << 3);
  store<u32>(p, load<u32>(p, 4) + n, 4);
}

/** Errno (positive) that an injected failure of `kind` reports; ENOMEM unless set. */
export function injectedErrno(kind: u32): i32 {
  const errno = load<i32>(INJECT + ((<usize>kind) << 2), 256);
  return errno === 0 ? ENOMEM : errno;
}
