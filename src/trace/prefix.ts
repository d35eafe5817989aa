// What stands before an event's name on a line of ftrace text, in the flavours that kernels and tools print.
//
//   comm-pid [tgid] [cpu] [flags] timestamp: name: fields
//
//              wl-172     [000] d..1.     8.509946: map: ...        trace, trace_pipe
//              wl-172     (    172) [000] d..1.     8.509946: ...   with record-tgid
//              wl-172     [000]     8.509946: map:      ...         trace-cmd report; noirq-info
//              wl-172     [000] d..1. 153412034123: map: ...        clock x86-tsc, counter
//              wl   172 [000]     8.509946: iommu:map: ...          perf script
//   map: ...                                                        pasted without its prefix
//
// comm may hold blanks, dashes, slashes, brackets: the bracket that counts is the one with digits inside
// and a pid before it.
//
// Not modelled: the latency format (lines that begin with comm-pid and cpu glued to the flags).

const SPACE = 32;
const OPEN = 91; // [
const CLOSE = 93; // ]
const MINUS = 45;
const COLON = 58;
const DOT = 46;

/** Where the parts of a line lie; filled by {@link readPrefix}. */
export class Prefix {
  commStart = 0;
  commEnd = 0;
  pid = 0;
  cpu = 0;
}

/** Index of the first byte after the timestamp's colon and blanks, or -1 when [start, end) is no such line. */
export function readPrefix(b: Uint8Array, start: number, end: number, out: Prefix): number {
  let i = start;
  while (i < end && b[i] === SPACE) i++;
  const first = i;
  for (; i < end; i++) {
    if (b[i] !== OPEN) continue;
    let k = i + 1;
    let cpu = 0;
    let d = b[k]! - 48;
    while (k < end && d >= 0 && d <= 9) {
      cpu = cpu * 10 + d;
      d = b[++k]! - 48;
    }
    if (k === i + 1 || b[k] !== CLOSE || k >= end) continue;
    if (!readTask(b, first, i, out)) continue;
    out.cpu = cpu;
    return readTime(b, k + 1, end);
  }
  return -1;
}

/** comm and pid that end before `end`; false when there is no pid. */
function readTask(b: Uint8Array, first: number, end: number, out: Prefix): boolean {
  let at = end - 1;
  while (at > first && b[at] === SPACE) at--;
  if (b[at] === 41 /* ) */) {
    while (at > first && b[at] !== 40 /* ( */) at--;
    at--;
    while (at > first && b[at] === SPACE) at--;
  }
  let pid = 0;
  let unit = 1;
  const last = at;
  for (; at > first; at--) {
    const d = b[at]! - 48;
    if (d < 0 || d > 9) break;
    pid += d * unit;
    unit *= 10;
  }
  if (at === last || at < first || (b[at] !== MINUS && b[at] !== SPACE)) return false;
  while (at > first && b[at] === SPACE) at--;
  out.commStart = first;
  out.commEnd = b[at] === MINUS ? at : at + 1;
  out.pid = pid;
  return true;
}

/** Skips the optional flags and the timestamp; -1 when there is no timestamp. */
function readTime(b: Uint8Array, from: number, end: number): number {
  let at = from;
  for (let word = 0; word < 2; word++) {
    while (at < end && b[at] === SPACE) at++;
    let digits = 0;
    let other = 0;
    const first = at;
    for (; at < end; at++) {
      const c = b[at]!;
      if (c === SPACE || c === COLON) break;
      if (c >= 48 && c <= 57) digits++;
      else if (c !== DOT) other++;
    }
    if (at >= end) return -1;
    if (b[at] === COLON) {
      if (other > 0 || digits === 0) return -1;
      at++;
      while (at < end && b[at] === SPACE) at++;
      return at;
    }
    if (at - first > 8) return -1;
  }
  return -1;
}
