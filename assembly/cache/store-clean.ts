// A store of one word that is brought to memory at once, in one step: what an IOMMU driver does
// for every descriptor. Both levels hit and neither line dirty: three stores of a word.
//
//   store   L1 hit                      | these states, counters and bytes
//   clean   L1 -> L2 (a hit) -> DRAM    | are those of cpuWrite32, innerClean, outerClean
//
// Anything else (a miss, a dirty line, LRU order, a write buffer in use, events wanted) is
// left to those three: `storeClean32` says no and has done nothing.
//
// Not modelled: nothing beyond them.

import {
  CACHE_CLEANED,
  CACHE_CONTEXT_COUNTERS,
  CACHE_HITS,
  CACHE_LRU,
  CACHE_MAINTENANCE,
  CACHE_WRITE_BACKS,
  COUNT_L1,
  COUNT_L2,
  COUNT_OUTER_SYNC,
} from "../abi";
import { countAdd } from "../counters";
import { hostOf, inDram } from "../dram";
import { header } from "../header";
import { dataOf, NO_WAY, Search, setOf } from "./set-associative";
import {
  cache,
  cacheReady,
  L1_DIRTY,
  L2_DIRTY,
  LINE_BYTES,
  LINE_SHIFT,
  levelOne,
  levelTwo,
  masksOf,
} from "./state";

/**
 * True when nobody watches, both caches are there, hits leave no trace of their order, and neither
 * the write buffer nor speculation has a part in an access.
 */
export function steady(): bool {
  if (header().logMask !== 0 || !cacheReady()) return false;
  const c = cache();
  const inner = levelOne();
  const outer = levelTwo();
  if (inner.ways === 0 || outer.ways === 0 || inner.policy === CACHE_LRU || outer.policy === CACHE_LRU)
    return false;
  return (c.entries | c.refillSeed) === 0 && c.lineBytes === LINE_BYTES;
}

/** Counts `stores` words stored to lines that both levels hold, each cleaned for `context` at once. */
export function countStoresCleaned(stores: u32, context: u32): void {
  const more = CACHE_MAINTENANCE + context * CACHE_CONTEXT_COUNTERS;
  countAdd(COUNT_L1 + CACHE_HITS, stores);
  countAdd(COUNT_L1 + more + CACHE_CLEANED, stores);
  countAdd(COUNT_L1 + more + CACHE_WRITE_BACKS, stores);
  countAdd(COUNT_L2 + CACHE_HITS, stores);
  countAdd(COUNT_L2 + more + CACHE_CLEANED, stores);
  countAdd(COUNT_L2 + more + CACHE_WRITE_BACKS, stores);
  countAdd(COUNT_OUTER_SYNC + context, stores);
}

/** True when L1 or L2 holds the line of `pa` (inside DRAM) changed. */
export function lineDirty(pa: u32): bool {
  const masks = masksOf(pa) + (((pa >> 11) & 1) << 3);
  const dirty = load<u64>(masks, L1_DIRTY) | load<u64>(masks, L2_DIRTY);
  return ((dirty >> ((pa >> LINE_SHIFT) & 63)) & 1) !== 0;
}

/** Stores `value` at `pa` (a multiple of 4) and cleans its line for CONTEXT_* `context`; false: not done. */
export function storeClean32(pa: u32, value: u32, context: u32): bool {
  if (header().logMask !== 0 || !inDram(pa, 4)) return false;
  if (!cacheReady()) {
    store<u32>(hostOf(pa), value);
    return true;
  }
  if (!steady() || lineDirty(pa)) return false;
  const inner = levelOne();
  const outer = levelTwo();
  const home = pa & ~(LINE_BYTES - 1);
  const set = setOf(inner, home);
  const way = Search.way(inner, set, home | 1);
  if (way === NO_WAY) return false;
  const set2 = setOf(outer, home);
  const way2 = Search.way(outer, set2, home | 1);
  if (way2 === NO_WAY) return false;
  const offset = <usize>(pa & (LINE_BYTES - 1));
  store<u32>(dataOf(inner, set, way) + offset, value);
  store<u32>(dataOf(outer, set2, way2) + offset, value);
  store<u32>(hostOf(pa), value);
  countStoresCleaned(1, context);
  return true;
}
