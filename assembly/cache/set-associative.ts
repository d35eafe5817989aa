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
import { Level, LINE_SHIFT } from "./state";

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

/** The way of `set` whose tag word is `word`, lowest first, or NO_WAY. */
export function findWord(level: Level, set: u32, word: u32): u32 {
  const groups = level.groups;
  let at = <usize>level.tags + ((<usize>(set * groups)) << 4);
  const needle = i32x4.splat(word);
  for (let g: u32 = 0; g < groups; g++) {
    const hits = i32x4.bitmask(i32x4.eq(v128.load(at), needle));
    if (hits !== 0) return (g << 2) + <u32>ctz<i32>(hits);
    at += 16;
  }
  return NO_WAY;
}

/** The way that holds the line at `pa` (a multiple of 32), or NO_WAY. */
export function findLine(level: Level, pa: u32): u32 {
  return findWord(level, setOf(level, pa), pa | 1);
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
  const empty = findWord(level, set, 0);
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
