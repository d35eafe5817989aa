// The PL310 range operations by physical address (spec/dma-mapping 4.3).
//
//   invalidate   partial first line ──> clean+invalidate, partial last line likewise, whole
//                lines between invalidated, then one cache sync
//   clean, flush every line that overlaps, then one cache sync; up to v3.14 a range of the
//                cache size or more goes by way instead (switch OUTER_BY_WAY)
//
// Without an L2 they do nothing: the kernel's function pointers are NULL.
//
// Not modelled: errata 588369, 727915, 752271, 753970, 769419; the lock and its 4 KiB breaks.

import {
  COUNT_OUTER_SYNC,
  COUNT_WAY_CLEAN,
  COUNT_WAY_FLUSH,
  LOG_GROUP_CACHE,
  LOG_GROUP_LINE,
  LOGK_LINE_SYNC,
  LOGK_OUTER_CLEAN,
  LOGK_OUTER_FLUSH,
  LOGK_OUTER_INV,
  LOGK_WAY_CLEAN,
  LOGK_WAY_FLUSH,
  SWITCH_OUTER_BY_WAY,
} from "../abi";
import { count } from "../counters";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { CLEAN, FLUSH, INVALIDATE, lineRun, wholeLevel } from "./maintenance";
import { cache, cacheReady, Level, LINE_BYTES, levelTwo } from "./state";

const EDGE: u32 = LINE_BYTES - 1;

function note(kind: u32, start: u32, end: u32): void {
  if (logging(LOG_GROUP_CACHE)) logEvent(LOG_GROUP_CACHE, kind, start, end, 0, 0, 0);
}

function present(): bool {
  return cacheReady() && levelTwo().ways !== 0;
}

/** The PL310 cache sync: here only an event, every operation is done when it returns. */
function cacheSync(): void {
  count(COUNT_OUTER_SYNC + cache().context);
  if (logging(LOG_GROUP_LINE)) logEvent(LOG_GROUP_LINE, LOGK_LINE_SYNC, 0, 1, 2, 0, 0);
}

function byWay(level: Level, mode: u32): void {
  count(mode === CLEAN ? COUNT_WAY_CLEAN : COUNT_WAY_FLUSH);
  if (logging(LOG_GROUP_LINE)) {
    const ways = ((<u32>1) << level.ways) - 1;
    logEvent(LOG_GROUP_LINE, mode === CLEAN ? LOGK_WAY_CLEAN : LOGK_WAY_FLUSH, ways, 1, 2, 0, 0);
  }
  wholeLevel(level, mode);
  cacheSync();
}

function cleanOrFlush(start: u32, end: u32, mode: u32): void {
  const level = levelTwo();
  if (switchOf(SWITCH_OUTER_BY_WAY) !== 0 && end - start >= level.sets * level.ways * LINE_BYTES) {
    byWay(level, mode);
    return;
  }
  const first = start & ~EDGE;
  if (end > first) lineRun(level, first, (end - first + EDGE) >> 5, LINE_BYTES, mode);
  cacheSync();
}

/** outer_clean_range of [start, end). */
export function outerClean(start: u32, end: u32): void {
  note(LOGK_OUTER_CLEAN, start, end);
  if (present()) cleanOrFlush(start, end, CLEAN);
}

/** outer_flush_range of [start, end). */
export function outerFlush(start: u32, end: u32): void {
  note(LOGK_OUTER_FLUSH, start, end);
  if (present()) cleanOrFlush(start, end, FLUSH);
}

/** outer_inv_range of [start, end): partial edge lines are cleaned and invalidated. */
export function outerInvalidate(start: u32, end: u32): void {
  note(LOGK_OUTER_INV, start, end);
  if (!present()) return;
  const level = levelTwo();
  let first = start & ~EDGE;
  const last = end & ~EDGE;
  if ((start & EDGE) !== 0) {
    lineRun(level, first, 1, LINE_BYTES, FLUSH);
    first += LINE_BYTES;
  }
  if ((end & EDGE) !== 0) lineRun(level, last, 1, LINE_BYTES, FLUSH);
  if (last > first) lineRun(level, first, (last - first) >> 5, LINE_BYTES, INVALIDATE);
  cacheSync();
}
