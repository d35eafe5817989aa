// Lengths of the entries of a recorded scatterlist. The event prints where each entry begins and how
// long the merged segments are, not how long each entry is.
//
//   as many segments as entries     the segments' lengths
//   map lines of the call known     an entry reaches to the next one of its run, or to the run's end
//   else                            an entry reaches to the end of its page, the last takes the rest
//
// Not modelled: entries that end before their page does, except the last of a list.

import type { NumberList } from "./events.js";

/** One iommu:map line: whole pages. */
export interface Run {
  readonly iova: number;
  readonly pa: number;
  readonly size: number;
}

/** One length per address; all at least 1, their sum is `total` where that leaves room. */
export function entryLengths(
  addresses: NumberList,
  sizes: NumberList,
  total: number,
  runs: readonly Run[],
): number[] {
  const n = addresses.length;
  if (sizes.length === n) return Array.from(sizes.at.subarray(0, n));
  const out: number[] = [];
  let left = total;
  let run = 0;
  for (let i = 0; i < n; i++) {
    const at = addresses.at[i]!;
    while (run < runs.length && !inRun(runs[run]!, at)) run++;
    const end = run < runs.length ? runs[run]!.pa + runs[run]!.size : at - (at % 4096) + 4096;
    const next = i + 1 < n ? addresses.at[i + 1]! : Number.POSITIVE_INFINITY;
    const reach = next > at && next < end ? next : end;
    const room = left - (n - 1 - i);
    const length = i === n - 1 ? left : Math.min(reach - at, room);
    out.push(Math.max(1, length));
    left -= length;
    if (run >= runs.length) run = 0;
  }
  return out;
}

function inRun(run: Run, pa: number): boolean {
  return pa >= run.pa && pa < run.pa + run.size;
}
