// Clean, invalidate and clean+invalidate of runs of lines, one level at a time.
//
// The result is that of one operation per line in ascending order. The masks say which
// lines have anything to do: to clean, the dirty ones; to invalidate, the valid ones;
// the rest of a page costs two loads. Tags are looked up for these lines only, and
// neighbours that sit in the same way of neighbouring sets are copied together.
//
// Counted per context (page tables or streaming): operations issued, dirty lines written
// on, dirty lines dropped, valid lines taken out.
//
// Not modelled: operations by set and way of the inner cache; maintenance broadcast.

import {
  CACHE_CLEANED,
  CACHE_CONTEXT_COUNTERS,
  CACHE_DROPPED,
  CACHE_FLUSHED,
  CACHE_INVALIDATED,
  CACHE_MAINTENANCE,
  CACHE_REMOVED,
  CACHE_WRITE_BACKS,
  COUNT_L2,
  LOG_GROUP_LINE,
  LOGK_LINE_CLEAN,
  LOGK_LINE_FLUSH,
  LOGK_LINE_INVALIDATE,
} from "../abi";
import { countAdd } from "../counters";
import { hostOf } from "../dram";
import { header } from "../header";
import { logEvent, logging } from "../log";
import { copyLine, outerWriteLine } from "./lines";
import { dataOf, findWord, NO_WAY, setOf, tagOf } from "./set-associative";
import {
  cache,
  cacheReady,
  L1_VALID,
  L2_VALID,
  Level,
  LINE_SHIFT,
  levelOne,
  levelTwo,
  masksOf,
} from "./state";

/** What a run does to its lines. */
export const CLEAN: u32 = 1;
export const INVALIDATE: u32 = 2;
export const FLUSH: u32 = 3;

/** Index of the first maintenance counter of `level` in the context of now. */
function counters(level: Level): u32 {
  return level.counters + CACHE_MAINTENANCE + cache().context * CACHE_CONTEXT_COUNTERS;
}

/** Writes the dirty lines `bits` of the half page at `pa` on to L2. */
function cleanInner(level: Level, pa: u32, bits: u64): void {
  let todo = bits;
  while (todo !== 0) {
    const line = pa + ((<u32>ctz<u64>(todo)) << LINE_SHIFT);
    todo &= todo - 1;
    const set = setOf(level, line);
    outerWriteLine(line, dataOf(level, set, findWord(level, set, line | 1)));
  }
}

/** Writes the dirty lines `bits` of the half page at `pa` to DRAM, runs in one way at a time. */
function cleanOuter(level: Level, pa: u32, bits: u64): void {
  const stride = (<usize>level.groups) << 4;
  const sets = level.sets;
  let todo = bits;
  while (todo !== 0) {
    const first = <u32>ctz<u64>(todo);
    const line = pa + (first << LINE_SHIFT);
    let set = setOf(level, line);
    const way = findWord(level, set, line | 1);
    const data = dataOf(level, set, way);
    let tag = tagOf(level, set, way);
    let last = first;
    let word = line | 1;
    // The next set's tag of the same way: does the run go on there?
    while (last < 63 && ((todo >> (last + 1)) & 1) !== 0 && set + 1 < sets) {
      tag += stride;
      word += 32;
      if (load<u32>(tag) !== word) break;
      set++;
      last++;
    }
    const lines = last - first + 1;
    if (lines < 4) {
      for (let i: u32 = 0; i < lines; i++)
        copyLine(hostOf(line + (i << LINE_SHIFT)), data + (i << LINE_SHIFT));
    } else memory.copy(hostOf(line), data, <usize>(lines << LINE_SHIFT));
    todo &= last === 63 ? 0 : ~(((<u64>2) << last) - 1);
  }
}

/** Empties the tags of the valid lines `bits` of the half page at `pa`. */
function dropTags(level: Level, pa: u32, bits: u64): void {
  let todo = bits;
  while (todo !== 0) {
    const line = pa + ((<u32>ctz<u64>(todo)) << LINE_SHIFT);
    todo &= todo - 1;
    const set = setOf(level, line);
    const way = findWord(level, set, line | 1);
    if (way !== NO_WAY) store<u32>(tagOf(level, set, way), 0);
  }
}

/** The lines of one half page (64 lines at `pa`) chosen by `range`. */
function half(level: Level, masks: usize, pa: u32, range: u64, mode: u32, first: u32): void {
  const valid = load<u64>(masks);
  const dirty = load<u64>(masks, 16);
  const written = dirty & range;
  if (written !== 0) {
    const n = popcnt<u64>(written);
    if ((mode & CLEAN) !== 0) {
      countAdd(first + CACHE_WRITE_BACKS, n);
      if (level.counters === COUNT_L2) cleanOuter(level, pa, written);
      else cleanInner(level, pa, written);
    } else countAdd(first + CACHE_DROPPED, n);
    store<u64>(masks, dirty & ~range, 16);
  }
  if ((mode & INVALIDATE) === 0) return;
  const gone = valid & range;
  if (gone === 0) return;
  countAdd(first + CACHE_REMOVED, popcnt<u64>(gone));
  dropTags(level, pa, gone);
  store<u64>(masks, valid & ~range);
}

/** Bits [from, to) of a half page; 0 <= from < to <= 64. */
function span(from: u32, to: u32): u64 {
  return (<u64>-1 >> (64 - (to - from))) << from;
}

/** Effect on the part of [start, end) that is DRAM; `end` may be 2^32. */
function effect(level: Level, start: u32, end: u64, mode: u32): void {
  const h = header();
  const first = <u32>max<u64>(start, h.dramBase);
  const stop = min<u64>(end, <u64>h.dramBase + h.dramBytes);
  if (<u64>first >= stop) return;
  const kind = level.counters === COUNT_L2 ? L2_VALID : L1_VALID;
  const at = counters(level);
  // Whole pages: that nothing of one is cached (to clean: dirty) is seen in one 128-bit load.
  const test: usize = mode === CLEAN ? 16 : 0;
  let pa = first & ~2047;
  let masks = masksOf(pa) + kind;
  let lead = (first - pa) >> LINE_SHIFT;
  let left = <u32>((stop - pa + 2047) >> 11);
  while (left !== 0) {
    if (lead === 0 && left > 2 && (pa & 2048) === 0) {
      if (v128.any_true(v128.load(masks + test))) {
        half(level, masks, pa, -1, mode, at);
        half(level, masks + 8, pa + 2048, -1, mode, at);
      }
      masks += 64;
      pa += 4096;
      left -= 2;
      continue;
    }
    const to = min<u32>((<u32>(stop - pa) + 31) >> LINE_SHIFT, 64);
    const second = pa & 2048;
    half(level, masks + (second >> 8), pa, span(lead, to), mode, at);
    if (second !== 0) masks += 64;
    lead = 0;
    pa += 2048;
    left--;
  }
}

/** Does `mode` to the `lines` lines of `stride` bytes from `first` on (aligned), in ascending order. */
export function lineRun(level: Level, first: u32, lines: u32, stride: u32, mode: u32): void {
  if (lines === 0) return;
  const outer: u32 = level.counters === COUNT_L2 ? 2 : 1;
  if (logging(LOG_GROUP_LINE)) {
    const kind =
      mode === CLEAN ? LOGK_LINE_CLEAN : mode === INVALIDATE ? LOGK_LINE_INVALIDATE : LOGK_LINE_FLUSH;
    logEvent(LOG_GROUP_LINE, kind, first, lines, outer, 0, 0);
  }
  const kind = mode === CLEAN ? CACHE_CLEANED : mode === INVALIDATE ? CACHE_INVALIDATED : CACHE_FLUSHED;
  countAdd(counters(level) + kind, lines);
  if (level.ways !== 0) effect(level, first, <u64>first + <u64>lines * stride, mode);
}

/** Does `mode` to every line of a level (by way). */
export function wholeLevel(level: Level, mode: u32): void {
  const h = header();
  effect(level, h.dramBase, <u64>h.dramBase + h.dramBytes, mode);
}

/** Empties both caches: dirty lines go to L2 and on to DRAM; nothing is counted as issued. */
export function cacheFlushAll(): void {
  if (!cacheReady()) return;
  if (levelOne().ways !== 0) wholeLevel(levelOne(), FLUSH);
  if (levelTwo().ways !== 0) wholeLevel(levelTwo(), FLUSH);
}

/** Sets whose work maintenance is from now on (CONTEXT_*); returns what it was. */
export function cacheContext(context: u32): u32 {
  if (!cacheReady()) return 0;
  const c = cache();
  const before = c.context;
  c.context = context;
  return before;
}
