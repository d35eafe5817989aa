// Tags of one level: search a set, choose a victim.
//
//   set = (pa >> 5) & (sets - 1)      tag word = pa of the line | 1
//   slot = way * sets + set           data at level.data + slot * 32
//
// Four tags are compared at a time. An empty way is taken first, the lowest one;
// then the policy decides: round robin (a pointer per set), least recently used
// (ranks, 0 youngest) or pseudo-random (xorshift32).
//
// Not modelled: lockdown by way or master; the hardware's own random sequence.

import { CACHE_LRU, CACHE_ROUND_ROBIN } from "../abi";
import { Level, LINE_BYTES, LINE_SHIFT } from "./state";

export const NO_WAY: u32 = 0xffffffff;

/** Set of the line at `pa`. */
export function setOf(level: Level, pa: u32): u32 {
  return (pa >> LINE_SHIFT) & (level.sets - 1);
}

/** Address of the 32 data bytes of `way` in `set`. */
export function dataOf(level: Level, set: u32, way: u32): usize {
  return <usize>level.data + ((<usize>(way * level.sets + set)) << LINE_SHIFT);
}

/** Address of the tag word of `way` in `set`. */
export function tagOf(level: Level, set: u32, way: u32): usize {
  return <usize>level.tags + ((<usize>(((set * level.groups) << 2) + way)) << 2);
}

/** The search itself, held in line by the loops that live on it (a call costs as much as the search). */
// biome-ignore lint/complexity/noStaticOnlyClass: only static methods take @inline here
export class Search {
  /** The way of `set` whose tag word is `word`, lowest first, or NO_WAY. */
  @inline
  static way(level: Level, set: u32, word: u32): u32 {
    const groups = level.groups;
    const tags = <usize>level.tags;
    if (groups === 1) return Search.way4(tags, set, word);
    // All sixteen at once: which of the four has it cannot be foretold.
    if (groups === 4) return Search.way16(tags, set, word);
    let at = tags + ((<usize>(set * groups)) << 4);
    const needle = i32x4.splat(word);
    let way: u32 = 0;
    let hits = i32x4.bitmask(i32x4.eq(v128.load(at), needle));
    const last = (groups - 1) << 2;
    while (hits === 0 && way < last) {
      at += 16;
      way += 4;
      hits = i32x4.bitmask(i32x4.eq(v128.load(at), needle));
    }
    return hits === 0 ? NO_WAY : way + <u32>ctz<i32>(hits);
  }

  /** `way` where a set has up to four ways; `tags` is the level's. */
  @inline
  static way4(tags: usize, set: u32, word: u32): u32 {
    const hits = i32x4.bitmask(i32x4.eq(v128.load(tags + ((<usize>set) << 4)), i32x4.splat(word)));
    return hits === 0 ? NO_WAY : <u32>ctz<i32>(hits);
  }

  /** `way` where a set has thirteen to sixteen ways. */
  @inline
  static way16(tags: usize, set: u32, word: u32): u32 {
    const at = tags + ((<usize>set) << 6);
    const needle = i32x4.splat(word);
    const a = i16x8.narrow_i32x4_s(i32x4.eq(v128.load(at), needle), i32x4.eq(v128.load(at, 16), needle));
    const b = i16x8.narrow_i32x4_s(i32x4.eq(v128.load(at, 32), needle), i32x4.eq(v128.load(at, 48), needle));
    const hits = i8x16.bitmask(i8x16.narrow_i16x8_s(a, b));
    return hits === 0 ? NO_WAY : <u32>ctz<i32>(hits);
  }
}

/** `Search.way` as a call. */
export function findWord(level: Level, set: u32, word: u32): u32 {
  return Search.way(level, set, word);
}

/** Notes an access to `way` of `set` for the replacement policy. */
export function touch(level: Level, set: u32, way: u32): void {
  if (level.policy !== CACHE_LRU) return;
  const at = <usize>(level.ranks + (set << 4));
  const rank = load<u8>(at + way);
  if (rank === 0) return;
  const ranks = v128.load(at);
  // Everyone younger grows one older; absent ways hold 0xff and stay.
  v128.store(at, i8x16.sub(ranks, i8x16.lt_u(ranks, i8x16.splat(<i8>rank))));
  store<u8>(at + way, 0);
}

/** The way of `set` that the next line takes: an empty one, else the policy's victim. */
export function victim(level: Level, set: u32): u32 {
  const empty = Search.way(level, set, 0);
  if (empty !== NO_WAY) return empty;
  const ways = level.ways;
  if (level.policy === CACHE_ROUND_ROBIN) {
    const at = <usize>(level.next + set);
    const way = <u32>load<u8>(at);
    store<u8>(at, <u8>(way + 1 === ways ? 0 : way + 1));
    return way;
  }
  if (level.policy === CACHE_LRU) {
    const oldest = i8x16.eq(v128.load(<usize>(level.ranks + (set << 4))), i8x16.splat(<i8>(ways - 1)));
    return <u32>ctz<i32>(i8x16.bitmask(oldest));
  }
  let x = level.random;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  level.random = x;
  return (x >> 8) % ways;
}

/**
 * How many of `most` lines, from the one with tag word `word` on, stand in one way of neighbouring
 * sets: `tag` is the first one's place. The caller keeps `most` below the wrap of the sets.
 */
export function sameWay(level: Level, tag: usize, word: u32, most: u32): u32 {
  const stride = (<usize>level.groups) << 4;
  let n: u32 = 1;
  let at = tag + stride;
  let next = word + LINE_BYTES;
  while (n < most && load<u32>(at) === next) {
    n++;
    at += stride;
    next += LINE_BYTES;
  }
  return n;
}
