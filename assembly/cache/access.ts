// The CPU's loads and stores: through L1 and L2 for cacheable memory, through the
// write buffer for Normal non-cacheable memory, one bus access per word for
// strongly ordered memory.
//
// An access is cut into lines; each line counts one hit or miss. Bytes outside DRAM
// read as zero, stores to them vanish, and each line of them counts a bus error.
// An uncached access goes past the caches even when they hold the line: that is the
// alias hazard of memory mapped twice (spec/dma-mapping 4.1, 9 number 21).
//
// Not modelled: data aborts; unaligned faults; exclusive accesses.

import {
  CACHE_HITS,
  COUNT_BARRIERS,
  COUNT_BUS_BURSTS,
  COUNT_BUS_READS,
  COUNT_BUS_WRITES,
  COUNT_CPU_BUS_ERRORS,
  COUNT_L1,
  MEMORY_BUFFERABLE,
  MEMORY_CACHEABLE,
} from "../abi";
import { count } from "../counters";
import { hostOf, inDram } from "../dram";
import { copyLine, innerLine } from "./lines";
import { maybeRefill } from "./refill";
import { dataOf, findWord, NO_WAY, setOf, touch } from "./set-associative";
import { cache, cacheReady, L1_DIRTY, L2_DIRTY, LINE_BYTES, levelOne, levelTwo, setLineBit } from "./state";
import { bufferAge, bufferBarrier, bufferRead, bufferStore } from "./write-buffer";

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

/** Loads `bytes` at `pa` into linear memory at `to`, through the caches. */
export function cpuRead(pa: u32, bytes: u32, to: usize): void {
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const offset = at & (LINE_BYTES - 1);
    const n = min(LINE_BYTES - offset, left);
    const line = lineFor(at - offset);
    if (line === 0) memory.fill(to, 0, n);
    else if (n === LINE_BYTES) copyLine(to, line);
    else memory.copy(to, line + offset, n);
    at += n;
    to += n;
    left -= n;
  }
}

/** Stores `bytes` from linear memory at `from` to `pa`, through the caches (write-allocate). */
export function cpuWrite(pa: u32, bytes: u32, from: usize): void {
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const offset = at & (LINE_BYTES - 1);
    const n = min(LINE_BYTES - offset, left);
    const line = lineFor(at - offset);
    if (line !== 0) {
      if (n === LINE_BYTES) copyLine(line, from);
      else memory.copy(line + offset, from, n);
      if (cacheReady()) markDirty(at);
    }
    at += n;
    from += n;
    left -= n;
  }
}

/** Loads the 32-bit word at `pa` (a multiple of 4). */
export function cpuRead32(pa: u32): u32 {
  const line = lineFor(pa & ~(LINE_BYTES - 1));
  return line === 0 ? 0 : load<u32>(line + (pa & (LINE_BYTES - 1)));
}

/** Stores a 32-bit word at `pa` (a multiple of 4). */
export function cpuWrite32(pa: u32, value: u32): void {
  if (cacheReady() && cache().refillSeed === 0) {
    // The hit of a word in L1, without detours: page tables are written this way.
    const level = levelOne();
    if (level.ways !== 0) {
      const set = setOf(level, pa);
      const way = findWord(level, set, (pa & ~(LINE_BYTES - 1)) | 1);
      if (way !== NO_WAY) {
        count(COUNT_L1 + CACHE_HITS);
        touch(level, set, way);
        store<u32>(dataOf(level, set, way) + (pa & (LINE_BYTES - 1)), value);
        setLineBit(pa, L1_DIRTY);
        return;
      }
    }
  }
  const line = lineFor(pa & ~(LINE_BYTES - 1));
  if (line === 0) return;
  store<u32>(line + (pa & (LINE_BYTES - 1)), value);
  if (cacheReady()) markDirty(pa);
}

/** Loads `bytes` at `pa` as memory of `type` (MEMORY_*) into linear memory at `to`. */
export function cpuReadAs(pa: u32, bytes: u32, to: usize, type: u32): void {
  if (type === MEMORY_CACHEABLE || !cacheReady()) {
    cpuRead(pa, bytes, to);
    return;
  }
  bufferAge();
  let at = pa;
  let left = bytes;
  const unit: u32 = type === MEMORY_BUFFERABLE ? 8 : 4;
  while (left !== 0) {
    const n = min(unit - (at & (unit - 1)), left);
    if (inDram(at, n)) {
      bufferRead(at, n);
      memory.copy(to, hostOf(at), n);
      count(COUNT_BUS_READS);
    } else {
      memory.fill(to, 0, n);
      count(COUNT_CPU_BUS_ERRORS);
    }
    at += n;
    to += n;
    left -= n;
  }
}

/** Stores `bytes` from linear memory at `from` to `pa` as memory of `type` (MEMORY_*), a word at a time. */
export function cpuWriteAs(pa: u32, bytes: u32, from: usize, type: u32): void {
  if (type === MEMORY_CACHEABLE || !cacheReady()) {
    cpuWrite(pa, bytes, from);
    return;
  }
  bufferAge();
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const n = min<u32>(4 - (at & 3), left);
    if (!inDram(at, n)) count(COUNT_CPU_BUS_ERRORS);
    else if (type === MEMORY_BUFFERABLE) bufferStore(at, n, from);
    else {
      bufferRead(at, n);
      memory.copy(hostOf(at), from, n);
      count(COUNT_BUS_WRITES);
      count(COUNT_BUS_BURSTS);
    }
    at += n;
    from += n;
    left -= n;
  }
}

/** A data barrier (DSB, wmb): the write buffer is empty afterwards. */
export function cpuBarrier(): void {
  count(COUNT_BARRIERS);
  if (cacheReady()) bufferBarrier();
}
