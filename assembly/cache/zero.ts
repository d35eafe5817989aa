// Zeros for a fresh buffer, thrown out of both caches at once: the CPU's stores over lines that no
// cache holds, then flush of L1, then of L2, with the state, counters and bytes these leave.
//
//   a line   L1 miss: its victim goes to L2 (a hit)   fill through L2 (a miss: its victim to DRAM)
//   a set    n lines come: how many turns of the pointer, which other lines go, how many stay for the flush
//
// Sets may be reckoned one by one: with round robin a set of L1 and the sets of L2 with the same low
// bits have no part in what happens to others. A line leaves L1 at most 2 ways - 1 lines of its set
// later, and L2 takes the next line of its own set later than that: so what leaves L1 is a hit in
// L2, and what leaves L2 is not in L1 any more. A set of L1 that holds other lines is first filled
// the long way until they are gone.
//
// Not modelled: nothing beyond cpuWrite, innerFlush and outerFlush.

import {
  CACHE_CONTEXT_COUNTERS,
  CACHE_EVICTION_WRITES,
  CACHE_EVICTIONS,
  CACHE_FILLS,
  CACHE_FLUSHED,
  CACHE_HITS,
  CACHE_MAINTENANCE,
  CACHE_MISSES,
  CACHE_REMOVED,
  CACHE_ROUND_ROBIN,
  CACHE_WRITE_BACKS,
  COUNT_L1,
  COUNT_L2,
  COUNT_OUTER_SYNC,
  SWITCH_OUTER_BY_WAY,
} from "../abi";
import { count, countAdd } from "../counters";
import { hostOf, inDram, PAGE_SIZE } from "../dram";
import { switchOf } from "../switches";
import { cpuWrite } from "./access";
import { cacheValidLines, linesWith } from "./bus";
import { innerFlush } from "./inner";
import { copyLine, leave } from "./lines";
import { outerFlush } from "./outer";
import { dataOf, NO_WAY, Search, setOf, tagOf } from "./set-associative";
import { cache, L2_VALID, Level, LINE_BYTES, LINE_SHIFT, levelOne, levelTwo, masksOf } from "./state";
import { steady } from "./store-clean";

// Only static methods can be forced inline.
@unmanaged
class Ways {
  /** Ways of a set whose tag word is 0, a bit each. */
  @inline
  static empty(level: Level, set: u32): u32 {
    const zero = i32x4.splat(0);
    const groups = level.groups;
    let at = tagOf(level, set, 0);
    let bits: u32;
    if (groups === 4) {
      const a = i16x8.narrow_i32x4_s(i32x4.eq(v128.load(at), zero), i32x4.eq(v128.load(at, 16), zero));
      const b = i16x8.narrow_i32x4_s(i32x4.eq(v128.load(at, 32), zero), i32x4.eq(v128.load(at, 48), zero));
      bits = i8x16.bitmask(i8x16.narrow_i16x8_s(a, b));
    } else {
      bits = i32x4.bitmask(i32x4.eq(v128.load(at), zero));
      for (let g: u32 = 1; g < groups; g++) {
        at += 16;
        bits |= (<u32>i32x4.bitmask(i32x4.eq(v128.load(at), zero))) << (g << 2);
      }
    }
    return bits;
  }

  /** Zeros over the 32 bytes at `at`. */
  @inline
  static zero(at: usize): void {
    v128.store(at, i32x4.splat(0));
    v128.store(at, i32x4.splat(0), 16);
  }
}

/** True when sets may be reckoned one by one (see above). */
function apart(inner: Level, outer: Level): bool {
  if (inner.policy !== CACHE_ROUND_ROBIN || outer.policy !== CACHE_ROUND_ROBIN) return false;
  return inner.ways * 2 * inner.sets <= outer.sets && switchOf(SWITCH_OUTER_BY_WAY) === 0;
}

/** True when L1 holds no line in `set`. */
function vacant(inner: Level, set: u32): bool {
  return Ways.empty(inner, set) === ((<u32>1) << inner.ways) - 1;
}

// Sets of L1 with other lines: their first 2 * ways lines the long way. Returns how many lines that were.
function warm(inner: Level, pa: u32, lines: u32, zeros: usize): u32 {
  let done: u32 = 0;
  for (let j: u32 = 0, n = min(lines, inner.sets); j < n; j++) {
    if (vacant(inner, setOf(inner, pa + (j << LINE_SHIFT)))) continue;
    for (let k = j, left = inner.ways * 2; k < lines && left !== 0; k += inner.sets, left--) {
      cpuWrite(pa + (k << LINE_SHIFT), LINE_BYTES, zeros);
      done++;
    }
  }
  return done;
}

// The lines that `warm` has left, the long way too.
function rest(inner: Level, pa: u32, lines: u32, zeros: usize): void {
  for (let j: u32 = 0, n = min(lines, inner.sets); j < n; j++) {
    const done = vacant(inner, setOf(inner, pa + (j << LINE_SHIFT))) ? 0 : inner.ways * 2;
    for (let k = j + done * inner.sets; k < lines; k += inner.sets) {
      cpuWrite(pa + (k << LINE_SHIFT), LINE_BYTES, zeros);
    }
  }
}

// `turns` lines that find no empty way in `set` of L2: who goes. Returns the lines of the range among them.
function replace(outer: Level, set: u32, turns: u32, empty: u32, pa: u32, bytes: u32): u32 {
  const ways = outer.ways;
  const at = <usize>(outer.next + set);
  let next = <u32>load<u8>(at);
  let own = turns;
  let writes = turns;
  for (let i: u32 = 0; i < ways && i < turns; i++) {
    const tag = tagOf(outer, set, next);
    const data = dataOf(outer, set, next);
    if (((empty >> next) & 1) === 0) {
      const old = load<u32>(tag) - 1;
      if (old - pa >= bytes) {
        own--;
        if (leave(old, L2_VALID)) copyLine(hostOf(old), data);
        else writes--;
      }
      store<u32>(tag, 0);
    }
    Ways.zero(data);
    next = next + 1 === ways ? 0 : next + 1;
  }
  if (turns > ways) next = (next + turns - ways) % ways;
  store<u8>(at, <u8>next);
  countAdd(COUNT_L2 + CACHE_EVICTIONS, turns);
  countAdd(COUNT_L2 + CACHE_EVICTION_WRITES, writes);
  return own;
}

// The lines of the range in L2: they come, and the flush takes those still there. Returns how many it finds.
function throughOuter(inner: Level, outer: Level, pa: u32, lines: u32, warmed: u32): u32 {
  const bytes = lines << LINE_SHIFT;
  const sets = outer.sets;
  let found = lines;
  const most = lines / sets;
  const more = lines & (sets - 1);
  const early = inner.ways * 2 * inner.sets;
  for (let f: u32 = 0, n = min(lines, sets); f < n; f++) {
    const line = pa + (f << LINE_SHIFT);
    const set = setOf(outer, line);
    // Of the lines of a set of L2 at most the first is among the first 2 * ways of its set of L1.
    const first = warmed !== 0 && f < early && !vacant(inner, setOf(inner, line));
    const come = most + (f < more ? 1 : 0) - (first ? 1 : 0);
    const empty = Ways.empty(outer, set);
    const room = <u32>popcnt<u32>(empty);
    let taken: u32 = 0;
    for (let bits = empty; bits !== 0 && taken < come; bits &= bits - 1) {
      Ways.zero(dataOf(outer, set, ctz(bits)));
      taken++;
    }
    if (come > room) found -= replace(outer, set, come - room, empty, pa, bytes);
    if (first) {
      const way = Search.way(outer, set, line | 1);
      if (way !== NO_WAY) {
        store<u32>(tagOf(outer, set, way), 0);
        Ways.zero(dataOf(outer, set, way));
      }
    }
  }
  return found;
}

// The same for L1; every line that comes when no way is empty is one that goes to L2.
function throughInner(inner: Level, pa: u32, lines: u32): u32 {
  const ways = inner.ways;
  let found: u32 = 0;
  let gone: u32 = 0;
  for (let j: u32 = 0, n = min(lines, inner.sets); j < n; j++) {
    const set = setOf(inner, pa + (j << LINE_SHIFT));
    const share = (lines - j + inner.sets - 1) / inner.sets;
    let turns: u32;
    if (vacant(inner, set)) {
      const stay = min(share, ways);
      for (let way: u32 = 0; way < stay; way++) Ways.zero(dataOf(inner, set, way));
      turns = share - stay;
      found += stay;
    } else {
      turns = share - min(share, ways * 2);
      for (let way: u32 = 0; way < ways; way++) {
        const tag = tagOf(inner, set, way);
        if ((load<u32>(tag) & 1) === 0 || load<u32>(tag) - 1 - pa >= lines << LINE_SHIFT) continue;
        store<u32>(tag, 0);
        found++;
      }
    }
    const at = <usize>(inner.next + set);
    store<u8>(at, <u8>((<u32>load<u8>(at) + turns) % ways));
    gone += turns;
  }
  countAdd(COUNT_L1 + CACHE_EVICTIONS, gone);
  countAdd(COUNT_L1 + CACHE_EVICTION_WRITES, gone);
  countAdd(COUNT_L2 + CACHE_HITS, gone + found);
  return found;
}

function flushed(level: u32, lines: u32, found: u32): void {
  const at = level + CACHE_MAINTENANCE + cache().context * CACHE_CONTEXT_COUNTERS;
  countAdd(at + CACHE_FLUSHED, lines);
  countAdd(at + CACHE_WRITE_BACKS, found);
  countAdd(at + CACHE_REMOVED, found);
}

/**
 * The CPU stores zeros over `bytes` (whole pages) at `pa` and flushes them from L1 and L2; `zeros` is 32
 * of them. False, and nothing done, where lines of the range are cached or the caches are of another kind.
 */
export function zeroFlushed(pa: u32, bytes: u32, zeros: usize): bool {
  if (((pa | bytes) & (PAGE_SIZE - 1)) !== 0 || bytes === 0 || !steady() || !inDram(pa, bytes)) return false;
  const inner = levelOne();
  const outer = levelTwo();
  if (!apart(inner, outer) || cacheValidLines(pa, bytes) !== 0) return false;
  const lines = bytes >> LINE_SHIFT;
  const warmed = warm(inner, pa, lines, zeros);
  // A victim of L1 that L2 no longer held has taken a way there, perhaps of one of these.
  if (linesWith(pa, bytes, L2_VALID, L2_VALID) !== warmed) {
    rest(inner, pa, lines, zeros);
    innerFlush(pa, pa + bytes);
    outerFlush(pa, pa + bytes);
    return true;
  }
  const fresh = lines - warmed;
  countAdd(COUNT_L1 + CACHE_MISSES, fresh);
  countAdd(COUNT_L1 + CACHE_FILLS, fresh);
  countAdd(COUNT_L2 + CACHE_MISSES, fresh);
  countAdd(COUNT_L2 + CACHE_FILLS, fresh);
  const inOuter = throughOuter(inner, outer, pa, lines, warmed);
  flushed(COUNT_L1, lines, throughInner(inner, pa, lines));
  flushed(COUNT_L2, lines, inOuter);
  count(COUNT_OUTER_SYNC + cache().context);
  memory.fill(masksOf(pa), 0, bytes >> 6);
  memory.fill(hostOf(pa), 0, bytes);
  return true;
}
