// How lines move between L1, L2 and DRAM, 32 bytes at a time.
//
//   CPU <── L1 <── L2 <── DRAM     fill, both levels take the line
//   L1 ──> L2 ──> DRAM             write-back of dirty lines; L2 allocates for them
//
// Non-exclusive: a line may be in L1, in L2 or in both, and an eviction from L2 leaves
// L1 alone. An L1 victim leaves before its successor is fetched.
//
// Not modelled: the two line-fill buffers, early restart, full-line-of-zero writes.

import {
  CACHE_EVICTION_WRITES,
  CACHE_EVICTIONS,
  CACHE_FILLS,
  CACHE_HITS,
  CACHE_MISSES,
  COUNT_L1,
  COUNT_L2,
} from "../abi";
import { count } from "../counters";
import { hostOf } from "../dram";
import { dataOf, NO_WAY, Search, setOf, tagOf, touch, victim } from "./set-associative";
import { L1_VALID, L2_DIRTY, L2_VALID, LINE_SHIFT, levelOne, levelTwo, masksOf, setLineBit } from "./state";

/** Copies the 32 bytes of a line. */
export function copyLine(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
}

/** Copies `lines` lines that lie one behind the other on both sides. */
export function copyLines(to: usize, from: usize, lines: u32): void {
  if (lines > 8) {
    memory.copy(to, from, <usize>(lines << LINE_SHIFT));
    return;
  }
  for (let i: u32 = 0; i < lines; i++) copyLine(to + (i << LINE_SHIFT), from + (i << LINE_SHIFT));
}

/** Takes the line at `pa` out of the level's valid mask (and the dirty one behind it); true when it was dirty. */
export function leave(pa: u32, valid: usize): bool {
  const at = masksOf(pa) + valid + (((pa >> 11) & 1) << 3);
  const bit = (<u64>1) << ((pa >> LINE_SHIFT) & 63);
  store<u64>(at, load<u64>(at) & ~bit);
  const dirty = load<u64>(at, 16);
  if ((dirty & bit) === 0) return false;
  store<u64>(at, dirty & ~bit, 16);
  return true;
}

/** Makes room in L2 for the line at `pa` and enters its tag; returns its data address. */
function outerAllocate(pa: u32): usize {
  const level = levelTwo();
  const set = setOf(level, pa);
  const way = victim(level, set);
  const tag = tagOf(level, set, way);
  const data = dataOf(level, set, way);
  const old = load<u32>(tag);
  if ((old & 1) !== 0) {
    const oldPa = old - 1;
    count(COUNT_L2 + CACHE_EVICTIONS);
    if (leave(oldPa, L2_VALID)) {
      count(COUNT_L2 + CACHE_EVICTION_WRITES);
      copyLine(hostOf(oldPa), data);
    }
  }
  store<u32>(tag, pa | 1);
  touch(level, set, way);
  setLineBit(pa, L2_VALID);
  count(COUNT_L2 + CACHE_FILLS);
  return data;
}

/** Data address of the line at `pa` in L2, taken in from DRAM if need be; DRAM itself without an L2. */
export function outerLine(pa: u32): usize {
  const level = levelTwo();
  if (level.ways === 0) return hostOf(pa);
  const set = setOf(level, pa);
  const way = Search.way(level, set, pa | 1);
  if (way !== NO_WAY) {
    count(COUNT_L2 + CACHE_HITS);
    touch(level, set, way);
    return dataOf(level, set, way);
  }
  count(COUNT_L2 + CACHE_MISSES);
  const data = outerAllocate(pa);
  copyLine(data, hostOf(pa));
  return data;
}

/** Takes a whole dirty line from L1: L2 allocates it, or DRAM receives it when there is no L2. */
export function outerWriteLine(pa: u32, from: usize): void {
  const level = levelTwo();
  if (level.ways === 0) {
    copyLine(hostOf(pa), from);
    return;
  }
  const set = setOf(level, pa);
  const way = Search.way(level, set, pa | 1);
  let data: usize;
  if (way !== NO_WAY) {
    count(COUNT_L2 + CACHE_HITS);
    touch(level, set, way);
    data = dataOf(level, set, way);
  } else {
    count(COUNT_L2 + CACHE_MISSES);
    data = outerAllocate(pa);
  }
  copyLine(data, from);
  setLineBit(pa, L2_DIRTY);
}

/** Takes the line at `pa` into L1 and returns its data address. The line is not there yet. */
export function innerFill(pa: u32): usize {
  const level = levelOne();
  const set = setOf(level, pa);
  const way = victim(level, set);
  const tag = tagOf(level, set, way);
  const data = dataOf(level, set, way);
  const old = load<u32>(tag);
  if ((old & 1) !== 0) {
    const oldPa = old - 1;
    count(COUNT_L1 + CACHE_EVICTIONS);
    if (leave(oldPa, L1_VALID)) {
      count(COUNT_L1 + CACHE_EVICTION_WRITES);
      outerWriteLine(oldPa, data);
    }
  }
  copyLine(data, outerLine(pa));
  store<u32>(tag, pa | 1);
  touch(level, set, way);
  setLineBit(pa, L1_VALID);
  count(COUNT_L1 + CACHE_FILLS);
  return data;
}

/** As `innerFill` for a CPU access that found nothing: counts the miss. */
export function innerMiss(pa: u32): usize {
  count(COUNT_L1 + CACHE_MISSES);
  return innerFill(pa);
}

/** Data address of the line at `pa` (a multiple of 32, in DRAM) as the CPU sees it, fetched if need be. */
export function innerLine(pa: u32): usize {
  const level = levelOne();
  if (level.ways === 0) return outerLine(pa);
  const set = setOf(level, pa);
  const way = Search.way(level, set, pa | 1);
  if (way !== NO_WAY) {
    count(COUNT_L1 + CACHE_HITS);
    touch(level, set, way);
    return dataOf(level, set, way);
  }
  return innerMiss(pa);
}
