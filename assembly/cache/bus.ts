// Memory as bus masters see it.
//
//   non-coherent master ──> DRAM                     caches and write buffer are not asked
//   coherent master     ──> L1, L2, then DRAM        as through the ACP
//
// A coherent write takes the line out of L1 (a dirty one goes to L2 first), changes it in
// L2 if it is there, and in DRAM if not.
//
// Counted: lines in which a non-coherent access meets newer or doomed bytes in a cache;
// that is what a forgotten sync looks like from below.
//
// Not modelled: burst lengths, bus arbitration.

import {
  COUNT_BUFFERED_DEVICE_READS,
  COUNT_BUFFERED_DEVICE_WRITES,
  COUNT_SNOOP_HITS,
  COUNT_SNOOP_REMOVED,
  COUNT_STALE_DEVICE_READS,
  COUNT_UNDER_DIRTY_WRITES,
  COUNT_UNDER_VALID_WRITES,
} from "../abi";
import { count, countAdd } from "../counters";
import { hostOf, inDram } from "../dram";
import { outerWriteLine } from "./lines";
import { dataOf, findWord, setOf, tagOf } from "./set-associative";
import {
  cacheReady,
  clearLineBit,
  L1_DIRTY,
  L1_VALID,
  L2_DIRTY,
  L2_VALID,
  LINE_BYTES,
  LINE_SHIFT,
  levelOne,
  levelTwo,
  lineBit,
  masksOf,
  setLineBit,
} from "./state";
import { bufferAge, bufferPending } from "./write-buffer";

/** Lines of [pa, pa + bytes), inside DRAM, with a bit in mask `inner` or mask `outer`. */
export function linesWith(pa: u32, bytes: u32, inner: usize, outer: usize): u32 {
  let n: u32 = 0;
  let at = pa & ~(LINE_BYTES - 1);
  let left = (pa + bytes - at + LINE_BYTES - 1) >> LINE_SHIFT;
  while (left !== 0) {
    const bit = (at >> LINE_SHIFT) & 63;
    const take = min<u32>(64 - bit, left);
    const half = masksOf(at) + (((at >> 11) & 1) << 3);
    const marks = load<u64>(half + inner) | load<u64>(half + outer);
    n += <u32>popcnt<u64>((marks >> bit) & (<u64>-1 >> (64 - take)));
    at += take << LINE_SHIFT;
    left -= take;
  }
  return n;
}

/** Lines of [pa, pa + bytes), inside DRAM, that a cache holds changed (dirty): DRAM is older. */
export function cacheDirtyLines(pa: u32, bytes: u32): u32 {
  return cacheReady() && bytes !== 0 ? linesWith(pa, bytes, L1_DIRTY, L2_DIRTY) : 0;
}

/** Lines of [pa, pa + bytes), inside DRAM, that a cache holds. */
export function cacheValidLines(pa: u32, bytes: u32): u32 {
  return cacheReady() && bytes !== 0 ? linesWith(pa, bytes, L1_VALID, L2_VALID) : 0;
}

/**
 * Lines of [pa, pa + bytes), inside DRAM, that a cache holds unchanged and that differ from memory: what
 * the CPU reads there is older than what a master wrote.
 */
export function cacheStaleLines(pa: u32, bytes: u32): u32 {
  if (!cacheReady() || cacheValidLines(pa, bytes) === 0) return 0;
  let n: u32 = 0;
  for (let at = pa & ~(LINE_BYTES - 1); at < pa + bytes; at += LINE_BYTES) {
    if (!lineBit(at, L1_VALID) && !lineBit(at, L2_VALID)) continue;
    if (lineBit(at, L1_DIRTY) || lineBit(at, L2_DIRTY)) continue;
    if (memory.compare(newest(at), hostOf(at), LINE_BYTES) !== 0) n++;
  }
  return n;
}

/** A non-coherent master loads `bytes` at `pa` to linear memory at `to`; 1, or 0 outside DRAM (nothing is loaded). */
export function busRead(pa: u32, bytes: u32, to: usize): u32 {
  if (!inDram(pa, bytes)) return 0;
  if (cacheReady()) {
    bufferAge();
    const stale = cacheDirtyLines(pa, bytes);
    if (stale !== 0) countAdd(COUNT_STALE_DEVICE_READS, stale);
    if (bufferPending(pa, bytes) !== 0) count(COUNT_BUFFERED_DEVICE_READS);
  }
  memory.copy(to, hostOf(pa), bytes);
  return 1;
}

/** A non-coherent master stores `bytes` from linear memory at `from` to `pa`; 1, or 0 outside DRAM. */
export function busWrite(pa: u32, bytes: u32, from: usize): u32 {
  if (!inDram(pa, bytes)) return 0;
  if (cacheReady()) {
    bufferAge();
    const held = cacheValidLines(pa, bytes);
    if (held !== 0) {
      countAdd(COUNT_UNDER_VALID_WRITES, held);
      countAdd(COUNT_UNDER_DIRTY_WRITES, cacheDirtyLines(pa, bytes));
    }
    if (bufferPending(pa, bytes) !== 0) count(COUNT_BUFFERED_DEVICE_WRITES);
  }
  memory.copy(hostOf(pa), from, bytes);
  return 1;
}

/** Where the newest bytes of the line at `pa` are; changes nothing. */
function newest(pa: u32): usize {
  if (lineBit(pa, L1_VALID)) {
    const level = levelOne();
    const set = setOf(level, pa);
    return dataOf(level, set, findWord(level, set, pa | 1));
  }
  if (lineBit(pa, L2_VALID)) {
    const level = levelTwo();
    const set = setOf(level, pa);
    return dataOf(level, set, findWord(level, set, pa | 1));
  }
  return hostOf(pa);
}

/** What the CPU would read of [pa, pa + bytes) now, without any effect; 1, or 0 outside DRAM. */
export function cachePeek(pa: u32, bytes: u32, to: usize): u32 {
  if (!inDram(pa, bytes)) return 0;
  if (cacheValidLines(pa, bytes) === 0) {
    memory.copy(to, hostOf(pa), bytes);
    return 1;
  }
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const offset = at & (LINE_BYTES - 1);
    const n = min(LINE_BYTES - offset, left);
    memory.copy(to, newest(at - offset) + offset, n);
    at += n;
    to += n;
    left -= n;
  }
  return 1;
}

/** A coherent master loads `bytes` at `pa`; 1, or 0 outside DRAM. */
export function snoopRead(pa: u32, bytes: u32, to: usize): u32 {
  if (!inDram(pa, bytes)) return 0;
  bufferAge();
  const held = cacheValidLines(pa, bytes);
  if (held !== 0) countAdd(COUNT_SNOOP_HITS, held);
  return cachePeek(pa, bytes, to);
}

/** A coherent master stores `bytes` to `pa`; 1, or 0 outside DRAM. */
export function snoopWrite(pa: u32, bytes: u32, from: usize): u32 {
  if (!inDram(pa, bytes)) return 0;
  bufferAge();
  const held = cacheValidLines(pa, bytes);
  if (held === 0) {
    memory.copy(hostOf(pa), from, bytes);
    return 1;
  }
  countAdd(COUNT_SNOOP_HITS, held);
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const offset = at & (LINE_BYTES - 1);
    const line = at - offset;
    const n = min(LINE_BYTES - offset, left);
    if (lineBit(line, L1_VALID)) takeFromInner(line);
    if (lineBit(line, L2_VALID)) {
      memory.copy(newest(line) + offset, from, n);
      setLineBit(line, L2_DIRTY);
    } else memory.copy(hostOf(at), from, n);
    at += n;
    from += n;
    left -= n;
  }
  return 1;
}

/** Takes the line at `pa` out of L1, writing it on if dirty. */
function takeFromInner(pa: u32): void {
  const level = levelOne();
  const set = setOf(level, pa);
  const way = findWord(level, set, pa | 1);
  if (lineBit(pa, L1_DIRTY)) {
    outerWriteLine(pa, dataOf(level, set, way));
    clearLineBit(pa, L1_DIRTY);
  }
  store<u32>(tagOf(level, set, way), 0);
  clearLineBit(pa, L1_VALID);
  count(COUNT_SNOOP_REMOVED);
}
