// Clean, invalidate and clean+invalidate of runs of lines, one level at a time.
//
// The result is that of one operation per line in ascending order. The masks say which
// lines have anything to do: to clean, the dirty ones; to invalidate, the valid ones;
// the rest of a page costs two loads. Tags are looked up for these lines only, and
// neighbours that sit in the same way of neighbouring sets go together.
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
  CACHE_HITS,
  CACHE_INVALIDATED,
  CACHE_LRU,
  CACHE_MAINTENANCE,
  CACHE_REMOVED,
  CACHE_WRITE_BACKS,
  COUNT_L2,
  LOG_GROUP_LINE,
  LOGK_LINE_CLEAN,
  LOGK_LINE_FLUSH,
  LOGK_LINE_INVALIDATE,
} from "../abi";
import { count, countAdd } from "../counters";
import { hostOf, inDram } from "../dram";
import { header } from "../header";
import { logEvent, logging } from "../log";
import { copyLine, copyLines, outerWriteLine } from "./lines";
import { dataOf, NO_WAY, Search, sameWay, setOf, tagOf } from "./set-associative";
import {
  cache,
  cacheReady,
  L1_VALID,
  L2_DIRTY,
  L2_VALID,
  Level,
  LINE_BYTES,
  LINE_SHIFT,
  levelOne,
  levelTwo,
  masksOf,
  span,
} from "./state";

/** What a run does to its lines. */
export const CLEAN: u32 = 1;
export const INVALIDATE: u32 = 2;
export const FLUSH: u32 = 3;

/** Index of the first maintenance counter of `level` in the context of now. */
function counters(level: Level): u32 {
  return level.counters + CACHE_MAINTENANCE + cache().context * CACHE_CONTEXT_COUNTERS;
}

/** Length of the run of ones of `bits` that begins at bit `from`. */
function ones(bits: u64, from: u32): u32 {
  return <u32>ctz<u64>(~(bits >> from)); // zeros are shifted in from above, so this ends
}

/** Writes the dirty lines `bits` of the half page at `pa` on to L2. */
function cleanInner(level: Level, pa: u32, bits: u64): void {
  const outer = levelTwo();
  if (outer.ways === 0) {
    cleanToDram(level, pa, bits);
    return;
  }
  // Least recently used order is kept line by line; other policies do not see a hit.
  const single = outer.policy === CACHE_LRU;
  const dirty = masksOf(pa) + L2_DIRTY + (((pa >> 11) & 1) << 3);
  let hits: u64 = 0;
  let todo = bits;
  while (todo !== 0) {
    const first = <u32>ctz<u64>(todo);
    const line = pa + (first << LINE_SHIFT);
    const set = setOf(level, line);
    const way = Search.way(level, set, line | 1);
    const data = dataOf(level, set, way);
    const set2 = setOf(outer, line);
    const way2 = single ? NO_WAY : Search.way(outer, set2, line | 1);
    if (way2 === NO_WAY) {
      outerWriteLine(line, data);
      todo &= todo - 1;
      continue;
    }
    let n = min(ones(todo, first), min(level.sets - set, outer.sets - set2));
    if (n > 1) n = sameWay(level, tagOf(level, set, way), line | 1, n);
    if (n > 1) n = sameWay(outer, tagOf(outer, set2, way2), line | 1, n);
    copyLines(dataOf(outer, set2, way2), data, n);
    hits += n;
    const run = span(first, first + n);
    store<u64>(dirty, load<u64>(dirty) | run);
    todo &= ~run;
  }
  countAdd(COUNT_L2 + CACHE_HITS, hits);
}

/** Writes the dirty lines `bits` of the half page at `pa` to DRAM. */
function cleanToDram(level: Level, pa: u32, bits: u64): void {
  let todo = bits;
  while (todo !== 0) {
    const first = <u32>ctz<u64>(todo);
    const line = pa + (first << LINE_SHIFT);
    const set = setOf(level, line);
    const way = Search.way(level, set, line | 1);
    let n = min(ones(todo, first), level.sets - set);
    if (n > 1) n = sameWay(level, tagOf(level, set, way), line | 1, n);
    copyLines(hostOf(line), dataOf(level, set, way), n);
    todo &= ~span(first, first + n);
  }
}

/** Empties the tags of the valid lines `bits` of the half page at `pa`. */
function dropTags(level: Level, pa: u32, bits: u64): void {
  const stride = (<usize>level.groups) << 4;
  let todo = bits;
  while (todo !== 0) {
    const first = <u32>ctz<u64>(todo);
    const line = pa + (first << LINE_SHIFT);
    const set = setOf(level, line);
    let at = tagOf(level, set, Search.way(level, set, line | 1));
    const most = min(ones(todo, first), level.sets - set);
    let word = line | 1;
    let n: u32 = 0;
    do {
      store<u32>(at, 0);
      at += stride;
      word += LINE_BYTES;
      n++;
    } while (n < most && load<u32>(at) === word);
    todo &= ~span(first, first + n);
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
      if (level.counters === COUNT_L2) cleanToDram(level, pa, written);
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

/** True when four pages' masks from `at` on are empty. */
function nothing(at: usize): bool {
  const low = v128.or(v128.load(at), v128.load(at, 64));
  return !v128.any_true(v128.or(low, v128.or(v128.load(at, 128), v128.load(at, 192))));
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
    if (lead === 0 && left > 8 && (pa & 2048) === 0 && nothing(masks + test)) {
      masks += 256;
      pa += 16384;
      left -= 8;
      continue;
    }
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

/** Effect on the single line at `pa`: descriptors are cleaned this way. */
function oneLine(level: Level, pa: u32, outer: bool, mode: u32): void {
  if (!inDram(pa, LINE_BYTES)) return;
  const at = masksOf(pa) + (outer ? L2_VALID : L1_VALID) + (((pa >> 11) & 1) << 3);
  const bit = (<u64>1) << ((pa >> LINE_SHIFT) & 63);
  const valid = load<u64>(at);
  if ((valid & bit) === 0) return;
  const dirty = load<u64>(at, 16);
  const written = (dirty & bit) !== 0;
  if (!written && mode === CLEAN) return;
  const set = setOf(level, pa);
  const way = Search.way(level, set, pa | 1);
  const first = counters(level);
  if (written) {
    store<u64>(at, dirty & ~bit, 16);
    if ((mode & CLEAN) === 0) count(first + CACHE_DROPPED);
    else {
      count(first + CACHE_WRITE_BACKS);
      const data = dataOf(level, set, way);
      if (outer) copyLine(hostOf(pa), data);
      else outerWriteLine(pa, data);
    }
  }
  if ((mode & INVALIDATE) === 0) return;
  count(first + CACHE_REMOVED);
  store<u32>(tagOf(level, set, way), 0);
  store<u64>(at, valid & ~bit);
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
  if (level.ways === 0) return;
  if (lines === 1 && stride === LINE_BYTES) oneLine(level, first, outer === 2, mode);
  else effect(level, first, <u64>first + <u64>lines * stride, mode);
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
