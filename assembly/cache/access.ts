// The CPU's loads and stores of cacheable memory, through L1 and L2.
//
// An access is cut into lines; each line counts one hit or miss. Bytes outside DRAM
// read as zero, stores to them vanish, and each line of them counts a bus error.
// Hits that follow each other in one way are served as a run.
//
// Not modelled: data aborts; unaligned faults; exclusive accesses.

import { CACHE_HITS, CACHE_LRU, COUNT_CPU_BUS_ERRORS, COUNT_L1 } from "../abi";
import { count, countAdd } from "../counters";
import { hostOf, inDram } from "../dram";
import { copyLine, copyLines, innerLine, innerMiss } from "./lines";
import { maybeRefill } from "./refill";
import { dataOf, NO_WAY, Search, sameWay, setOf, tagOf, touch } from "./set-associative";
import {
  cache,
  cacheReady,
  L1_DIRTY,
  L2_DIRTY,
  Level,
  LINE_BYTES,
  LINE_SHIFT,
  levelOne,
  levelTwo,
  setLineBit,
  setLineBits,
} from "./state";

/** Marks the line at `pa` as changed in the innermost cache there is. */
export function markDirty(pa: u32): void {
  if (levelOne().ways !== 0) setLineBit(pa, L1_DIRTY);
  else if (levelTwo().ways !== 0) setLineBit(pa, L2_DIRTY);
}

/** Data address of the line at `pa` for a CPU access, or 0 outside DRAM (counted). */
function lineFor(pa: u32): usize {
  if (!inDram(pa, LINE_BYTES)) {
    count(COUNT_CPU_BUS_ERRORS);
    return 0;
  }
  if (!cacheReady()) return hostOf(pa);
  const line = innerLine(pa);
  // A refill never takes the line just found: the address stays good.
  if (cache().refillSeed !== 0) maybeRefill(pa);
  return line;
}

/** True when hits in L1 may be served in line: an L1 there is, and no refill follows an access. */
function plain(): bool {
  return cacheReady() && levelOne().ways !== 0 && cache().refillSeed === 0;
}

/**
 * Whole lines from `home` on that may be served as one run: those left, up to the end of the half
 * page and of the sets. Least recently used order is kept line by line.
 */
function runLimit(level: Level, set: u32, home: u32, offset: u32, left: u32): u32 {
  if (offset !== 0 || left < 2 * LINE_BYTES || level.policy === CACHE_LRU) return 1;
  return min(left >> LINE_SHIFT, min(64 - ((home >> LINE_SHIFT) & 63), level.sets - set));
}

/** Loads `bytes` at `pa` into linear memory at `to`, through the caches. */
export function cpuRead(pa: u32, bytes: u32, to: usize): void {
  const level = levelOne();
  const quick = plain();
  let hits: u64 = 0;
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const offset = at & (LINE_BYTES - 1);
    const home = at - offset;
    let n = min(LINE_BYTES - offset, left);
    let line: usize = 0;
    if (quick) {
      const set = setOf(level, home);
      const way = Search.way(level, set, home | 1);
      if (way !== NO_WAY) {
        touch(level, set, way);
        line = dataOf(level, set, way);
        hits++;
        const most = runLimit(level, set, home, offset, left);
        if (most > 1) {
          const lines = sameWay(level, tagOf(level, set, way), home | 1, most);
          copyLines(to, line, lines);
          hits += lines - 1;
          n = lines << LINE_SHIFT;
          at += n;
          to += n;
          left -= n;
          continue;
        }
      }
    }
    if (line === 0) line = quick && inDram(home, LINE_BYTES) ? innerMiss(home) : lineFor(home);
    if (line === 0) memory.fill(to, 0, n);
    else if (n === LINE_BYTES) copyLine(to, line);
    else memory.copy(to, line + offset, n);
    at += n;
    to += n;
    left -= n;
  }
  countAdd(COUNT_L1 + CACHE_HITS, hits);
}

/** Stores `bytes` from linear memory at `from` to `pa`, through the caches (write-allocate). */
export function cpuWrite(pa: u32, bytes: u32, from: usize): void {
  const level = levelOne();
  const quick = plain();
  let hits: u64 = 0;
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const offset = at & (LINE_BYTES - 1);
    const home = at - offset;
    let n = min(LINE_BYTES - offset, left);
    let line: usize = 0;
    if (quick) {
      const set = setOf(level, home);
      const way = Search.way(level, set, home | 1);
      if (way !== NO_WAY) {
        touch(level, set, way);
        line = dataOf(level, set, way);
        hits++;
        const most = runLimit(level, set, home, offset, left);
        if (most > 1) {
          const lines = sameWay(level, tagOf(level, set, way), home | 1, most);
          copyLines(line, from, lines);
          setLineBits(home, L1_DIRTY, lines);
          hits += lines - 1;
          n = lines << LINE_SHIFT;
          at += n;
          from += n;
          left -= n;
          continue;
        }
      }
    }
    if (line === 0) line = quick && inDram(home, LINE_BYTES) ? innerMiss(home) : lineFor(home);
    if (line !== 0) {
      if (n === LINE_BYTES) copyLine(line, from);
      else memory.copy(line + offset, from, n);
      if (quick) setLineBit(home, L1_DIRTY);
      else if (cacheReady()) markDirty(home);
    }
    at += n;
    from += n;
    left -= n;
  }
  countAdd(COUNT_L1 + CACHE_HITS, hits);
}

/** Loads the 32-bit word at `pa` (a multiple of 4). */
export function cpuRead32(pa: u32): u32 {
  const home = pa & ~(LINE_BYTES - 1);
  if (plain()) {
    const level = levelOne();
    const set = setOf(level, home);
    const way = Search.way(level, set, home | 1);
    if (way !== NO_WAY) {
      count(COUNT_L1 + CACHE_HITS);
      touch(level, set, way);
      return load<u32>(dataOf(level, set, way) + (pa & (LINE_BYTES - 1)));
    }
  }
  const line = lineFor(home);
  return line === 0 ? 0 : load<u32>(line + (pa & (LINE_BYTES - 1)));
}

/** Stores a 32-bit word at `pa` (a multiple of 4). */
export function cpuWrite32(pa: u32, value: u32): void {
  const home = pa & ~(LINE_BYTES - 1);
  if (plain()) {
    const level = levelOne();
    const set = setOf(level, home);
    const way = Search.way(level, set, home | 1);
    if (way !== NO_WAY) {
      count(COUNT_L1 + CACHE_HITS);
      touch(level, set, way);
      store<u32>(dataOf(level, set, way) + (pa & (LINE_BYTES - 1)), value);
      setLineBit(home, L1_DIRTY);
      return;
    }
  }
  const line = lineFor(home);
  if (line === 0) return;
  store<u32>(line + (pa & (LINE_BYTES - 1)), value);
  if (cacheReady()) markDirty(home);
}
