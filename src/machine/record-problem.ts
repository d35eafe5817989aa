// Says why the core stopped at a record of `machine.run`, in the words of the file readers
// (src/trace/stream-check.ts).
//
// The core stops at an op that is none, a device or System MMU that is not there, a direction of no map, and at
// lists that do not come out even. An open list is looked for in the same buffer.
//
// Not modelled: a list that an earlier buffer opened; the sentence says so.

import { Op, RECORD_WORDS } from "../trace/opcodes.js";
import { HANDLES, StreamCheck } from "../trace/stream-check.js";

/** What the machine has: numbers of devices and System MMUs, bytes of DRAM. */
export interface Present {
  readonly devices: number;
  readonly sysmmus: number;
  readonly dramBytes: number;
}

/** Number of the record that opened the newest list before record `at`, -1 for none. */
function opened(words: Uint32Array, at: number): number {
  for (let n = at - 1; n >= 0; n--) if ((words[n * RECORD_WORDS]! & 0xff) === Op.SgBegin) return n;
  return -1;
}

/** Why record `at` of `words` was refused. */
export function recordProblem(words: Uint32Array, at: number, present: Present): string {
  const check = new StreamCheck({
    device: (number) => number < present.devices,
    label: () => true,
    sysmmus: () => present.sysmmus,
    dramBytes: present.dramBytes,
  });
  const word = (n: number, w: number): number => words[n * RECORD_WORDS + w]!;
  const begin = opened(words, at);
  if (begin >= 0) {
    // The core took these, whatever else may be said of them: only their number counts.
    check.problem(word(begin, 0), word(begin, 1) % HANDLES, word(begin, 2), word(begin, 3));
    for (let n = begin + 1; n < at; n++) {
      if ((word(n, 0) & 0xff) === Op.SgEntry) check.problem(Op.SgEntry, 0, 0, 0);
    }
  }
  const what = check.problem(word(at, 0), word(at, 1), word(at, 2), word(at, 3));
  return begin < 0 && what.includes("no list is open")
    ? `${what} in these records`
    : what || "it cannot be executed";
}
