// Maintenance of a stretch of one page that has nothing for it to do: no dirty line to clean, no
// line at all to invalidate. Then the routines of inner.ts and outer.ts only count, and so does this.
//
//   clean        every line that overlaps            invalidate   whole lines only (others: not here)
//
// Most syncs of a streaming buffer are like that; the rest, and all when events are wanted, go the
// long way. Not modelled: nothing beyond those routines.

import {
  CACHE_CLEANED,
  CACHE_CONTEXT_COUNTERS,
  CACHE_INVALIDATED,
  CACHE_MAINTENANCE,
  COUNT_L1,
  COUNT_L2,
  COUNT_OUTER_SYNC,
  SWITCH_OUTER_BY_WAY,
} from "../abi";
import { count, countAdd } from "../counters";
import { inDram, PAGE_SIZE } from "../dram";
import { header } from "../header";
import { switchOf } from "../switches";
import {
  cache,
  cacheReady,
  L1_DIRTY,
  L1_VALID,
  L2_DIRTY,
  L2_VALID,
  LINE_BYTES,
  LINE_SHIFT,
  levelOne,
  levelTwo,
  masksOf,
} from "./state";

/**
 * Cleans, or with `invalidate` invalidates, `bytes` at `pa` in both levels when that changes no line;
 * false: not done.
 */
export function coldRange(pa: u32, bytes: u32, invalidate: bool): bool {
  const edge = LINE_BYTES - 1;
  if (header().logMask !== 0 || bytes === 0 || (pa & (PAGE_SIZE - 1)) + bytes > PAGE_SIZE) return false;
  if (!cacheReady() || !inDram(pa, bytes) || switchOf(SWITCH_OUTER_BY_WAY) !== 0) return false;
  const c = cache();
  if (c.entries !== 0 || c.lineBytes !== LINE_BYTES || levelOne().ways === 0 || levelTwo().ways === 0)
    return false;
  const masks = masksOf(pa);
  if (invalidate) {
    if (((pa | bytes) & edge) !== 0) return false;
    if (v128.any_true(v128.or(v128.load(masks + L1_VALID), v128.load(masks + L2_VALID)))) return false;
  } else if (v128.any_true(v128.or(v128.load(masks + L1_DIRTY), v128.load(masks + L2_DIRTY)))) return false;
  const lines = ((pa & edge) + bytes + edge) >> LINE_SHIFT;
  const at =
    CACHE_MAINTENANCE + c.context * CACHE_CONTEXT_COUNTERS + (invalidate ? CACHE_INVALIDATED : CACHE_CLEANED);
  countAdd(COUNT_L1 + at, lines);
  countAdd(COUNT_L2 + at, lines);
  count(COUNT_OUTER_SYNC + c.context);
  return true;
}
