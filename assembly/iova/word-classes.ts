// Word classes: a bitmap of free pages with an index for aligned first fit.
// One word holds 64 pages; 64 words make a group (4096 pages, 16 MiB).
//
//   words     free bits, 1 = free      |63 ............ p ............ 0|
//   classes   u8 per word: 0 nothing free, else 1 + order of the largest
//             aligned free block inside the word (1..7)
//   lines     one of 128 bytes per group: u64 L[k], k = 0..8; bit b of L[k]:
//             an aligned free block of 2^k pages starts in word b
//             (k = 7, 8: words b, b+1 / b..b+3 all free, b even / multiple of 4)
//   summary   four u64 per order k: one bit per group, set when L[k] is not 0
//
// "Lowest aligned block of order k" is ctz(summary) -> ctz(L[k]) -> ctz(word).
//
// A single page that comes back below every other free page is not entered: it
// waits in `pending` for the next request of one page, which must get it anyway.
// So a ring of one-page buffers costs two loads and two stores per turn.
//
// block: 0 pages  4 groups  8 used  12 pending  16 low (no entered free page below)
//        20 summaryWords  24 words  28 classes (addresses)
//        36 bytes  40 window   64 summary 9 x 32   384 lines
//
// Not modelled: this is arithmetic of ours; whose rules it serves is decided by the callers.

import { IOVA_NONE } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";

@unmanaged
export class WordClasses {
  pages: u32;
  groups: u32;
  used: u32;
  pending: u32;
  low: u32;
  summaryWords: u32;
  words: u32;
  classes: u32;
  spare: u32;
  bytes: u32;
  window: u32;
}

export const SUMMARY: usize = 64;
export const SUMMARY_SHIFT: usize = 5;
export const LINES: usize = 384;
export const LINE_SHIFT: usize = 7;
/** Largest order the index knows: blocks of 256 pages. */
export const TOP_ORDER: u32 = 8;

// A one every 2^k bits; written as quotients, since TypeScript reads long literals as doubles.
export const EVERY_2: u64 = ~(<u64>0) / 0x3;
export const EVERY_4: u64 = ~(<u64>0) / 0xf;
export const EVERY_8: u64 = ~(<u64>0) / 0xff;
export const EVERY_16: u64 = ~(<u64>0) / 0xffff;
export const EVERY_32: u64 = ~(<u64>0) / 0xffffffff;

/** Tells the summary whether L[k] of `group` is empty. */
function summarise(block: usize, group: u32, k: u32): void {
  const at = block + SUMMARY + ((<usize>k) << SUMMARY_SHIFT) + ((<usize>(group >> 6)) << 3);
  const bit = (<u64>1) << (group & 63);
  if (load<u64>(block + LINES + ((<usize>group) << LINE_SHIFT) + ((<usize>k) << 3)) !== 0) {
    store<u64>(at, load<u64>(at) | bit);
  } else {
    store<u64>(at, load<u64>(at) & ~bit);
  }
}

/** Tells the summary about every line of `group`. */
function summariseAll(block: usize, group: u32): void {
  for (let k: u32 = 0; k <= TOP_ORDER; k++) summarise(block, group, k);
}

/** Derives the 128- and 256-page blocks of `group` from its wholly free words. */
function widen(block: usize, group: u32): void {
  const line = block + LINES + ((<usize>group) << LINE_SHIFT);
  const full = load<u64>(line, 48);
  const pairs = full & (full >> 1) & EVERY_2;
  const quads = pairs & (pairs >> 2) & EVERY_4;
  const pairsBefore = load<u64>(line, 56);
  const quadsBefore = load<u64>(line, 64);
  store<u64>(line, pairs, 56);
  store<u64>(line, quads, 64);
  if ((pairsBefore === 0) !== (pairs === 0)) summarise(block, group, 7);
  if ((quadsBefore === 0) !== (quads === 0)) summarise(block, group, 8);
}

/** Bits [bit, bit + n) of a word, 1 <= n, bit + n <= 64. */
function maskOf(bit: u32, n: u32): u64 {
  return (~(<u64>0) >> (64 - n)) << bit;
}

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
export class Edit {
  /** 1 + order of the largest aligned free block in the free bits `f`; 0 when none. */
  @inline
  static classOf(f: u64): u32 {
    if (f === 0) return 0;
    let x = f & (f >> 1) & EVERY_2;
    if (x === 0) return 1;
    x &= (x >> 2) & EVERY_4;
    if (x === 0) return 2;
    x &= (x >> 4) & EVERY_8;
    if (x === 0) return 3;
    x &= (x >> 8) & EVERY_16;
    if (x === 0) return 4;
    x &= (x >> 16) & EVERY_32;
    if (x === 0) return 5;
    return f === ~(<u64>0) ? 7 : 6;
  }

  /** Gives word `index` the free bits `f`. */
  @inline
  static word(block: usize, index: u32, f: u64): void {
    const w = changetype<WordClasses>(block);
    store<u64>(<usize>w.words + ((<usize>index) << 3), f);
    const at = <usize>w.classes + <usize>index;
    const before = <u32>load<u8>(at);
    const after = Edit.classOf(f);
    if (before !== after) {
      store<u8>(at, <u8>after);
      const group = index >> 6;
      const bit = (<u64>1) << (index & 63);
      let line = block + LINES + ((<usize>group) << LINE_SHIFT);
      if (before < after) {
        line += (<usize>before) << 3;
        for (let k = before; k < after; k++) {
          const v = load<u64>(line);
          store<u64>(line, v | bit);
          if (v === 0) summarise(block, group, k);
          line += 8;
        }
      } else {
        line += (<usize>after) << 3;
        for (let k = after; k < before; k++) {
          const v = load<u64>(line) & ~bit;
          store<u64>(line, v);
          if (v === 0) summarise(block, group, k);
          line += 8;
        }
      }
      if (max<u32>(before, after) === 7) widen(block, group);
    }
  }

  /** Takes the wholly free range [first, first + count). */
  @inline
  static take(block: usize, first: u32, count: u32): void {
    const index = first >> 6;
    const bit = first & 63;
    if (bit + count <= 64) {
      const f = load<u64>(<usize>changetype<WordClasses>(block).words + ((<usize>index) << 3));
      Edit.word(block, index, f & ~((~(<u64>0) >> (64 - count)) << bit));
    } else {
      takeLong(block, first, count);
    }
  }
}

/** `Edit.word` where speed does not need another copy of it. */
function setWord(block: usize, index: u32, f: u64): void {
  Edit.word(block, index, f);
}

/** Makes the words [from, to) wholly free or wholly taken, a group at a time. */
function fill(block: usize, from: u32, to: u32, free: bool): void {
  const w = changetype<WordClasses>(block);
  let word = <usize>w.words + ((<usize>from) << 3);
  let cls = <usize>w.classes + <usize>from;
  const bits: u64 = free ? ~(<u64>0) : 0;
  for (const end = word + ((<usize>(to - from)) << 3); word < end; word += 8) {
    store<u64>(word, bits);
    store<u8>(cls++, free ? 7 : 0);
  }
  while (from < to) {
    const group = from >> 6;
    const end = min<u32>(to, (group + 1) << 6);
    const m = maskOf(from & 63, end - from);
    const line = block + LINES + ((<usize>group) << LINE_SHIFT);
    const mm = i64x2.splat(m);
    let a = v128.load(line);
    let b = v128.load(line, 16);
    let c = v128.load(line, 32);
    let d = load<u64>(line, 48);
    let some: bool;
    // The summary changes when a line was empty before, or is empty now.
    if (free) {
      some = i64x2.all_true(a) && i64x2.all_true(b) && i64x2.all_true(c) && d !== 0;
      a = v128.or(a, mm);
      b = v128.or(b, mm);
      c = v128.or(c, mm);
      d |= m;
    } else {
      a = v128.andnot(a, mm);
      b = v128.andnot(b, mm);
      c = v128.andnot(c, mm);
      d &= ~m;
      some = i64x2.all_true(a) && i64x2.all_true(b) && i64x2.all_true(c) && d !== 0;
    }
    v128.store(line, a);
    v128.store(line, b, 16);
    v128.store(line, c, 32);
    store<u64>(line, d, 48);
    widen(block, group);
    if (!some) summariseAll(block, group);
    from = end;
  }
}

/** `Edit.take` for any length, where speed does not need another copy of it. */
function takeLong(block: usize, first: u32, count: u32): void {
  const words = <usize>changetype<WordClasses>(block).words;
  let at = first >> 6;
  const bit = first & 63;
  if (bit + count <= 64) {
    setWord(block, at, load<u64>(words + ((<usize>at) << 3)) & ~maskOf(bit, count));
    return;
  }
  if (bit !== 0) {
    setWord(block, at, load<u64>(words + ((<usize>at) << 3)) & ~maskOf(bit, 64 - bit));
    count -= 64 - bit;
    at++;
  }
  const whole = count >> 6;
  if (whole !== 0) {
    fill(block, at, at + whole, false);
    at += whole;
  }
  const rest = count & 63;
  if (rest !== 0) setWord(block, at, load<u64>(words + ((<usize>at) << 3)) & ~maskOf(0, rest));
}

/** Frees the bits of `m` in word `index`; returns how many were taken. */
function freeBits(block: usize, index: u32, m: u64): u32 {
  const f = load<u64>(<usize>changetype<WordClasses>(block).words + ((<usize>index) << 3));
  const back = m & ~f;
  if (back === 0) return 0;
  setWord(block, index, f | m);
  return <u32>popcnt<u64>(back);
}

/** Frees a range of any length; returns how many pages of it were taken. */
function giveLong(block: usize, first: u32, count: u32): u32 {
  let at = first >> 6;
  const bit = first & 63;
  if (bit + count <= 64) return freeBits(block, at, maskOf(bit, count));
  let freed: u32 = 0;
  if (bit !== 0) {
    freed = freeBits(block, at, maskOf(bit, 64 - bit));
    count -= 64 - bit;
    at++;
  }
  const whole = count >> 6;
  if (whole !== 0) {
    let p = <usize>changetype<WordClasses>(block).words + ((<usize>at) << 3);
    for (const end = p + ((<usize>whole) << 3); p < end; p += 8) {
      freed += 64 - <u32>popcnt<u64>(load<u64>(p));
    }
    fill(block, at, at + whole, true);
    at += whole;
  }
  const rest = count & 63;
  if (rest !== 0) freed += freeBits(block, at, maskOf(0, rest));
  return freed;
}

/** Enters the pending page, if there is one: from here on the words tell everything. */
export function wcSettle(block: u32): void {
  const w = changetype<WordClasses>(<usize>block);
  const page = w.pending;
  if (page === IOVA_NONE) return;
  w.pending = IOVA_NONE;
  w.low = page;
  giveLong(block, page, 1);
}

/**
 * A structure for `pages` (1..2^20) pages in the arena, of which only the first `free` are there to be
 * taken until `wcExtend`; 0 when memory is exhausted. `window`: no range crosses a
 * multiple of this many pages (a power of two from 4096 on; 0: no limit).
 */
export function wcCreatePart(pages: u32, free: u32, window: u32): u32 {
  const groups = (pages + 4095) >> 12;
  // Whole groups of words and classes, so that a look at the next words needs no bound.
  const bytes = <u32>LINES + groups * (128 + 512 + 64);
  const block = arenaAlloc(bytes);
  if (block === 0) return 0;
  const w = changetype<WordClasses>(block);
  w.pages = pages;
  w.groups = groups;
  w.bytes = bytes;
  w.window = window;
  w.pending = IOVA_NONE;
  w.summaryWords = (groups + 63) >> 6;
  w.words = <u32>block + <u32>LINES + groups * 128;
  w.classes = w.words + groups * 512;
  giveLong(block, 0, free);
  return <u32>block;
}

/** A structure for `pages` (1..2^20) free pages in the arena; 0 when memory is exhausted. */
export function wcCreate(pages: u32): u32 {
  return wcCreatePart(pages, pages, 0);
}

/** Adds [first, first + count), not there so far, to what can be taken. */
export function wcExtend(block: u32, first: u32, count: u32): void {
  giveLong(block, first, count);
}

/** Gives back the memory of a structure. */
export function wcDestroy(block: u32): void {
  arenaFree(block, changetype<WordClasses>(<usize>block).bytes);
}

/** Pages taken. */
export function wcUsed(block: u32): u32 {
  return changetype<WordClasses>(<usize>block).used;
}

/** Pages of the structure. */
export function wcPages(block: u32): u32 {
  return changetype<WordClasses>(<usize>block).pages;
}

/** True when `page` (inside the structure) is free. */
export function wcIsFree(block: u32, page: u32): bool {
  const w = changetype<WordClasses>(<usize>block);
  if (page === w.pending) return true;
  return ((load<u64>(<usize>w.words + ((<usize>(page >> 6)) << 3)) >> (page & 63)) & 1) !== 0;
}

function give(block: u32, first: u32, count: u32): u32 {
  const w = changetype<WordClasses>(<usize>block);
  if (count === 0) return 0;
  if (w.pending !== IOVA_NONE && w.pending >= first) wcSettle(block);
  if (first < w.low) w.low = first;
  const bit = first & 63;
  let freed: u32;
  if (bit + count > 64) {
    freed = giveLong(block, first, count);
  } else {
    const index = first >> 6;
    const m = (~(<u64>0) >> (64 - count)) << bit;
    const f = load<u64>(<usize>w.words + ((<usize>index) << 3));
    const back = m & ~f;
    if (back === 0) return 0;
    Edit.word(block, index, f | m);
    freed = <u32>popcnt<u64>(back);
  }
  w.used = w.used - freed;
  return freed;
}

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and this is the hot one
export class Give {
  /** `wcFree`, with a page below all free ones put aside on the spot. */
  @inline
  static pages(block: u32, first: u32, count: u32): u32 {
    const w = changetype<WordClasses>(<usize>block);
    // Below `low` every page is taken, so this one is, and now it is the lowest free one.
    if (count !== 1 || first >= w.low || w.pending !== IOVA_NONE) return give(block, first, count);
    w.pending = first;
    w.used = w.used - 1;
    return 1;
  }
}

/** Frees [first, first + count) inside the structure; pages already free stay free. Returns how many were taken. */
export function wcFree(block: u32, first: u32, count: u32): u32 {
  return Give.pages(block, first, count);
}

/** Takes [first, first + count) inside the structure when all of it is free; false otherwise. */
export function wcReserve(block: u32, first: u32, count: u32): bool {
  const w = changetype<WordClasses>(<usize>block);
  wcSettle(block);
  if (first >= w.pages || count > w.pages - first) return false;
  if (wcFirstTaken(block, first, first + count) < first + count) return false;
  if (count !== 0) takeLong(block, first, count);
  w.used = w.used + count;
  return true;
}

/** First taken page of [from, end), or `end`; sees entered pages only. */
export function wcFirstTaken(block: u32, from: u32, end: u32): u32 {
  const words = <usize>changetype<WordClasses>(<usize>block).words;
  while (from < end) {
    const taken = ~load<u64>(words + ((<usize>(from >> 6)) << 3)) >> (from & 63);
    if (taken !== 0) return min<u32>(from + <u32>ctz<u64>(taken), end);
    from = (from | 63) + 1;
  }
  return end;
}
