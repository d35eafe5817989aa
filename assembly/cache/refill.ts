// Speculation: lines the core or its prefetcher takes in without being asked
// (spec/dma-mapping 4.6), injected here by address or by seed.
//
// A refill is always clean and comes from L2 or DRAM as they are at that moment; that
// is how a buffer invalidated at map time is stale again before the unmap. Random
// refills take one of the eight lines after a CPU access, inside the same 4 KiB page.
//
// Not modelled: the prefetcher's stream detection; instruction fetches.

import { COUNT_REFILLS } from "../abi";
import { count } from "../counters";
import { inDram } from "../dram";
import { innerFill, outerLine } from "./lines";
import { setOf } from "./set-associative";
import {
  cache,
  cacheReady,
  L1_VALID,
  L2_VALID,
  LINE_BYTES,
  LINE_SHIFT,
  levelOne,
  levelTwo,
  lineBit,
} from "./state";

/** Takes the line of `pa` into the caches as speculation would; 1 when a line came in. */
export function cacheRefill(pa: u32): u32 {
  const line = pa & ~(LINE_BYTES - 1);
  if (!cacheReady() || !inDram(line, LINE_BYTES)) return 0;
  if (levelOne().ways !== 0) {
    if (lineBit(line, L1_VALID)) return 0;
    innerFill(line);
  } else {
    if (levelTwo().ways === 0 || lineBit(line, L2_VALID)) return 0;
    outerLine(line);
  }
  count(COUNT_REFILLS);
  return 1;
}

/** Random refills: seed (0 off), one in `odds` (at least 1) CPU line accesses is followed by one. */
export function cacheRandomRefills(seed: u32, odds: u32): void {
  if (!cacheReady()) return;
  cache().refillSeed = seed;
  cache().refillOdds = odds;
}

/** After a CPU access to the line at `pa`: perhaps a refill behind it, never into the set of the line itself. */
export function maybeRefill(pa: u32): void {
  const c = cache();
  let x = c.refillSeed;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  c.refillSeed = x;
  if ((x >> 3) % c.refillOdds !== 0) return;
  const next = pa + (((x & 7) + 1) << LINE_SHIFT);
  if (((next ^ pa) & ~4095) !== 0) return;
  const level = levelOne().ways !== 0 ? levelOne() : levelTwo();
  // A victim in the same set could be the line the access is still using.
  if (setOf(level, next) === setOf(level, pa)) return;
  cacheRefill(next);
}
