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
//        20 summaryWords  24 words  28 classes (addresses)  32 present (bit k: order k somewhere)
//        36 bytes   64 summary 9 x 32   384 lines
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
  present: u32;
  bytes: u32;
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

/** 1 + order of the largest aligned free block in the free bits `f`; 0 when none. */
function classOf(f: u64): u32 {
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

/** The editing half; the searches are in word-search.ts. */
export class Edit {
  /** Bits [bit, bit + n) of a word, 1 <= n, bit + n <= 64. */
  @inline
  static mask(bit: u32, n: u32): u64 {
    return (~(<u64>0) >> (64 - n)) << bit;
  }

  /** Tells the summary that L[k] of `group` became empty or not empty. */
  static summarise(block: usize, group: u32, k: u32, some: bool): void {
    const w = changetype<WordClasses>(block);
    const base = block + SUMMARY + ((<usize>k) << SUMMARY_SHIFT);
    const at = base + ((<usize>(group >> 6)) << 3);
    const bit = (<u64>1) << (group & 63);
    if (some) {
      store<u64>(at, load<u64>(at) | bit);
      w.present = w.present | (1 << k);
    } else {
      store<u64>(at, load<u64>(at) & ~bit);
      const all = load<u64>(base) | load<u64>(base, 8) | load<u64>(base, 16) | load<u64>(base, 24);
      if (all === 0) w.present = w.present & ~(1 << k);
    }
  }

  /** Stores L[k] of a line and keeps the summary true. */
  static line(block: usize, group: u32, k: u32, value: u64): void {
    const at = block + LINES + ((<usize>group) << LINE_SHIFT) + ((<usize>k) << 3);
    const old = load<u64>(at);
    store<u64>(at, value);
    if ((old === 0) !== (value === 0)) Edit.summarise(block, group, k, value !== 0);
  }

  /** Derives the 128- and 256-page blocks of `group` from its wholly free words. */
  static wide(block: usize, group: u32): void {
    const full = load<u64>(block + LINES + ((<usize>group) << LINE_SHIFT), 48);
    const pairs = full & (full >> 1) & EVERY_2;
    Edit.line(block, group, 7, pairs);
    Edit.line(block, group, 8, pairs & (pairs >> 2) & EVERY_4);
  }

  /** Gives word `index` the free bits `f`. */
  static word(block: usize, index: u32, f: u64): void {
    const w = changetype<WordClasses>(block);
    store<u64>(<usize>w.words + ((<usize>index) << 3), f);
    const at = <usize>w.classes + <usize>index;
    const before = <u32>load<u8>(at);
    const after = classOf(f);
    if (before === after) return;
    store<u8>(at, <u8>after);
    const group = index >> 6;
    const bit = (<u64>1) << (index & 63);
    let line = block + LINES + ((<usize>group) << LINE_SHIFT);
    if (before < after) {
      line += (<usize>before) << 3;
      for (let k = before; k < after; k++) {
        const v = load<u64>(line);
        store<u64>(line, v | bit);
        if (v === 0) Edit.summarise(block, group, k, true);
        line += 8;
      }
    } else {
      line += (<usize>after) << 3;
      for (let k = after; k < before; k++) {
        const v = load<u64>(line) & ~bit;
        store<u64>(line, v);
        if (v === 0) Edit.summarise(block, group, k, false);
        line += 8;
      }
    }
    if (max<u32>(before, after) === 7) Edit.wide(block, group);
  }

  /** Makes the words [from, to) wholly free or wholly taken, a group at a time. */
  static fill(block: usize, from: u32, to: u32, free: bool): void {
    const w = changetype<WordClasses>(block);
    memory.fill(<usize>w.words + ((<usize>from) << 3), free ? 0xff : 0, (<usize>(to - from)) << 3);
    memory.fill(<usize>w.classes + <usize>from, free ? 7 : 0, <usize>(to - from));
    while (from < to) {
      const group = from >> 6;
      const end = min<u32>(to, (group + 1) << 6);
      const m = Edit.mask(from & 63, end - from);
      const line = block + LINES + ((<usize>group) << LINE_SHIFT);
      for (let k: u32 = 0; k < 7; k++) {
        const v = load<u64>(line + ((<usize>k) << 3));
        Edit.line(block, group, k, free ? v | m : v & ~m);
      }
      Edit.wide(block, group);
      from = end;
    }
  }

  /** Takes the wholly free range [first, first + count). */
  static take(block: usize, first: u32, count: u32): void {
    const words = <usize>changetype<WordClasses>(block).words;
    let at = first >> 6;
    const bit = first & 63;
    if (bit + count <= 64) {
      Edit.word(block, at, load<u64>(words + ((<usize>at) << 3)) & ~Edit.mask(bit, count));
      return;
    }
    if (bit !== 0) {
      Edit.word(block, at, load<u64>(words + ((<usize>at) << 3)) & ~Edit.mask(bit, 64 - bit));
      count -= 64 - bit;
      at++;
    }
    const whole = count >> 6;
    if (whole !== 0) {
      Edit.fill(block, at, at + whole, false);
      at += whole;
    }
    const rest = count & 63;
    if (rest !== 0) Edit.word(block, at, load<u64>(words + ((<usize>at) << 3)) & ~Edit.mask(0, rest));
  }

  /** Frees the bits of `m` in word `index`; returns how many were taken. */
  static freeBits(block: usize, index: u32, m: u64): u32 {
    const f = load<u64>(<usize>changetype<WordClasses>(block).words + ((<usize>index) << 3));
    const back = m & ~f;
    if (back === 0) return 0;
    Edit.word(block, index, f | m);
    return <u32>popcnt<u64>(back);
  }

  /** Frees [first, first + count); returns how many pages of it were taken. */
  static give(block: usize, first: u32, count: u32): u32 {
    let at = first >> 6;
    const bit = first & 63;
    if (bit + count <= 64) return Edit.freeBits(block, at, Edit.mask(bit, count));
    let freed: u32 = 0;
    if (bit !== 0) {
      freed = Edit.freeBits(block, at, Edit.mask(bit, 64 - bit));
      count -= 64 - bit;
      at++;
    }
    const whole = count >> 6;
    if (whole !== 0) {
      let p = <usize>changetype<WordClasses>(block).words + ((<usize>at) << 3);
      for (let i: u32 = 0; i < whole; i++) {
        freed += 64 - <u32>popcnt<u64>(load<u64>(p));
        p += 8;
      }
      Edit.fill(block, at, at + whole, true);
      at += whole;
    }
    const rest = count & 63;
    if (rest !== 0) freed += Edit.freeBits(block, at, Edit.mask(0, rest));
    return freed;
  }

  /** Enters the pending page, if there is one. */
  static settle(block: usize): void {
    const w = changetype<WordClasses>(block);
    const page = w.pending;
    if (page === IOVA_NONE) return;
    w.pending = IOVA_NONE;
    w.low = page;
    Edit.give(block, page, 1);
  }
}

/** A structure for `pages` (1..2^20) free pages in the arena; 0 when memory is exhausted. */
export function wcCreate(pages: u32): u32 {
  const groups = (pages + 4095) >> 12;
  // Whole groups of words and classes, so that a look at the next words needs no bound.
  const bytes = <u32>LINES + groups * (128 + 512 + 64);
  const block = arenaAlloc(bytes);
  if (block === 0) return 0;
  const w = changetype<WordClasses>(block);
  w.pages = pages;
  w.groups = groups;
  w.bytes = bytes;
  w.pending = IOVA_NONE;
  w.summaryWords = (groups + 63) >> 6;
  w.words = <u32>block + <u32>LINES + groups * 128;
  w.classes = w.words + groups * 512;
  Edit.give(block, 0, pages);
  return <u32>block;
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

/** Frees [first, first + count) inside the structure; pages already free stay free. Returns how many were taken. */
export function wcFree(block: u32, first: u32, count: u32): u32 {
  const w = changetype<WordClasses>(<usize>block);
  if (count === 1 && first < w.low && w.pending === IOVA_NONE) {
    // Below `low` every page is taken, so this one is, and it is now the lowest free one.
    w.pending = first;
    w.used = w.used - 1;
    return 1;
  }
  if (count === 0) return 0;
  if (w.pending >= first) Edit.settle(block);
  if (first < w.low) w.low = first;
  const freed = Edit.give(block, first, count);
  w.used = w.used - freed;
  return freed;
}

/** Takes [first, first + count) inside the structure when all of it is free; false otherwise. */
export function wcReserve(block: u32, first: u32, count: u32): bool {
  const w = changetype<WordClasses>(<usize>block);
  Edit.settle(block);
  if (first >= w.pages || count > w.pages - first) return false;
  if (wcFirstTaken(block, first, first + count) < first + count) return false;
  if (count !== 0) Edit.take(block, first, count);
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
