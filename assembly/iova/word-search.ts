// First fit over word classes: the lowest position that satisfies size and alignment.
//
//   request                                  candidates                  then
//   1 page                                   low, L[0]
//   2^o pages aligned to 2^o, o <= 8         L[o]                        that block
//   2^(o-1) < n < 2^o <= 64, aligned 2^o     words of L[o-1]             runs of n inside the word
//   n < 128 aligned 128                      even words of L[6]          head of the next word
//   n < 256 aligned 256                      quads of L[7]               head of the next two
//   n > 256 aligned 256                      runs of L[8]                head of the next quad
//   anything else                            words with a block that any
//                                            fitting run must contain    scan from there
//
// Every row gives exactly the position that a bit-by-bit search from 0 gives.
//
// Not modelled: next fit, best fit; no kernel of this house uses them.

import { IOVA_NONE } from "../abi";
import {
  Edit,
  EVERY_2,
  EVERY_4,
  EVERY_8,
  EVERY_16,
  EVERY_32,
  LINE_SHIFT,
  LINES,
  SUMMARY,
  SUMMARY_SHIFT,
  TOP_ORDER,
  WordClasses,
  wcFirstTaken,
  wcSettle,
} from "./word-classes";

/** ceil(log2(n)), n >= 1. */
function orderOf(n: u32): u32 {
  return 32 - clz<u32>(n - 1);
}

/** Address of the free bits of word `index`. */
function wordAt(block: usize, index: u32): usize {
  return <usize>changetype<WordClasses>(block).words + ((<usize>index) << 3);
}

/** Free pages at the start of word `index` before the first taken one, 0..64. */
function head(block: usize, index: u32): u32 {
  return <u32>ctz<u64>(~load<u64>(wordAt(block, index)));
}

/** L[k] of `group`. */
function lineOf(block: usize, group: u32, k: u32): u64 {
  return load<u64>(block + LINES + ((<usize>group) << LINE_SHIFT) + ((<usize>k) << 3));
}

/** The first group at or after `group` with a block of order `k`, or IOVA_NONE. */
function nextGroup(block: usize, k: u32, group: u32): u32 {
  const w = changetype<WordClasses>(block);
  let i = group >> 6;
  if (i >= w.summaryWords) return IOVA_NONE;
  const base = block + SUMMARY + ((<usize>k) << SUMMARY_SHIFT);
  let v = (load<u64>(base + ((<usize>i) << 3)) >> (group & 63)) << (group & 63);
  while (v === 0) {
    if (++i === w.summaryWords) return IOVA_NONE;
    v = load<u64>(base + ((<usize>i) << 3));
  }
  return (i << 6) + <u32>ctz<u64>(v);
}

/** The first word at or after `word` with a block of order `k` (0..6), or IOVA_NONE. */
function nextWord(block: usize, k: u32, word: u32): u32 {
  const group = word >> 6;
  if (group < changetype<WordClasses>(block).groups) {
    const v = lineOf(block, group, k) >> (word & 63);
    if (v !== 0) return word + <u32>ctz<u64>(v);
  }
  const next = nextGroup(block, k, group + 1);
  return next === IOVA_NONE ? IOVA_NONE : (next << 6) + <u32>ctz<u64>(lineOf(block, next, k));
}

/** Positions of `f` at which an aligned block of 2^o free pages starts, o = 0..6. */
function aligned(f: u64, o: u32): u64 {
  if (o === 0) return f;
  f &= (f >> 1) & EVERY_2;
  if (o === 1) return f;
  f &= (f >> 2) & EVERY_4;
  if (o === 2) return f;
  f &= (f >> 4) & EVERY_8;
  if (o === 3) return f;
  f &= (f >> 8) & EVERY_16;
  if (o === 4) return f;
  f &= (f >> 16) & EVERY_32;
  if (o === 5) return f;
  return f & (f >> 32) & 1;
}

/** Positions that are multiples of 2^o inside a word, o = 2..6. */
function alignMask(o: u32): u64 {
  if (o < 4) return o === 2 ? EVERY_4 : EVERY_8;
  if (o === 4) return EVERY_16;
  return o === 5 ? EVERY_32 : 1;
}

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and this is the hot one
class Search {
  /** 2^o pages aligned to 2^o, o = 0..8. */
  @inline
  static block(block: usize, o: u32): u32 {
    const v = load<u64>(block + SUMMARY + ((<usize>o) << SUMMARY_SHIFT));
    const group = v !== 0 ? <u32>ctz<u64>(v) : nextGroup(block, o, 64);
    if (group === IOVA_NONE) return IOVA_NONE;
    const word = (group << 6) + <u32>ctz<u64>(lineOf(block, group, o));
    if (o > 6) return word << 6;
    return (word << 6) + <u32>ctz<u64>(aligned(load<u64>(wordAt(block, word)), o));
  }
}

/** n pages, 2^(o-1) < n < 2^o, aligned to 2^o, o = 2..6. */
function findInWord(block: usize, n: u32, o: u32): u32 {
  const half = o - 1;
  const starts = alignMask(o);
  const rest = <u64>(n - (1 << half));
  let group = nextGroup(block, half, 0);
  while (group !== IOVA_NONE) {
    let words = lineOf(block, group, half);
    do {
      const word = (group << 6) + <u32>ctz<u64>(words);
      let r = load<u64>(wordAt(block, word));
      // Runs of 2^half free pages by doubling, then of n.
      r &= r >> 1;
      if (half > 1) {
        r &= r >> 2;
        if (half > 2) {
          r &= r >> 4;
          if (half > 3) {
            r &= r >> 8;
            if (half > 4) r &= r >> 16;
          }
        }
      }
      r &= (r >> rest) & starts;
      if (r !== 0) return (word << 6) + <u32>ctz<u64>(r);
      words &= words - 1;
    } while (words !== 0);
    group = nextGroup(block, half, group + 1);
  }
  return IOVA_NONE;
}

/** 64 < n < 128 pages aligned to 128: a free even word and the head of its odd one. */
function findInPair(block: usize, n: u32): u32 {
  for (let group = nextGroup(block, 6, 0); group !== IOVA_NONE; group = nextGroup(block, 6, group + 1)) {
    for (let words = lineOf(block, group, 6) & EVERY_2; words !== 0; words &= words - 1) {
      const word = (group << 6) + <u32>ctz<u64>(words);
      if (head(block, word + 1) >= n - 64) return word << 6;
    }
  }
  return IOVA_NONE;
}

/** 128 < n < 256 pages aligned to 256: two free words at the start of a quad and the head of the others. */
function findInQuad(block: usize, n: u32): u32 {
  const rest = n - 128;
  for (let group = nextGroup(block, 7, 0); group !== IOVA_NONE; group = nextGroup(block, 7, group + 1)) {
    for (let pairs = lineOf(block, group, 7) & EVERY_4; pairs !== 0; pairs &= pairs - 1) {
      const word = (group << 6) + <u32>ctz<u64>(pairs);
      const third = head(block, word + 2);
      if (third >= min<u32>(rest, 64) && (rest <= 64 || head(block, word + 3) >= rest - 64)) return word << 6;
    }
  }
  return IOVA_NONE;
}

/** Quads (256 free aligned pages) in a row from quad `first`, counted up to `enough`. */
function quadRun(block: usize, first: u32, enough: u32): u32 {
  const groups = changetype<WordClasses>(block).groups;
  let run: u32 = 0;
  let group = first >> 4;
  let bit = (first & 15) << 2;
  while (run < enough && group < groups) {
    const taken = (~lineOf(block, group, 8) & EVERY_4) >> bit;
    if (taken !== 0) return run + (<u32>ctz<u64>(taken) >> 2);
    run += (64 - bit) >> 2;
    bit = 0;
    group++;
  }
  return run;
}

/** Free pages from `page` (a multiple of 64) on, counted up to `enough` (at most 256). */
function headOf(block: usize, page: u32, enough: u32): u32 {
  const w = changetype<WordClasses>(block);
  const end = min<u32>(page + enough, w.pages);
  return page >= end ? 0 : wcFirstTaken(<u32>block, page, end) - page;
}

/** n > 256 pages aligned to 256, inside one window. */
function findInRun(block: usize, n: u32): u32 {
  const quads = n >> 8;
  const rest = n & 255;
  const window = changetype<WordClasses>(block).window >> 8;
  let word = nextWord(block, 8, 0);
  while (word !== IOVA_NONE) {
    const quad = word >> 2;
    if (window !== 0) {
      const room = window - (quad & (window - 1));
      if (room < quads + (rest !== 0 ? 1 : 0)) {
        word = nextWord(block, 8, (quad + room) << 2);
        continue;
      }
    }
    const run = quadRun(block, quad, quads + 1);
    if (run > quads) return quad << 8;
    if (run === quads && (rest === 0 || headOf(block, (quad + quads) << 8, rest) >= rest)) return quad << 8;
    word = nextWord(block, 8, (quad + run) << 2);
  }
  return IOVA_NONE;
}

/** Any size, any alignment, relative to any base: start = first page with (base + start) a multiple of 2^o. */
function findAnywhere(block: usize, n: u32, o: u32, base: u32): u32 {
  const pages = changetype<WordClasses>(block).pages;
  const window = changetype<WordClasses>(block).window;
  const round = ((<u32>1) << o) - 1;
  // Wherever a run of n pages lies, it contains an aligned block of this order.
  const k = min<u32>(6, 31 - clz<u32>((n + 1) >> 1));
  let from: u32 = 0;
  while (true) {
    const word = nextWord(block, k, from >> 6);
    if (word === IOVA_NONE) return IOVA_NONE;
    const start = word << 6;
    if (start > from) {
      // The run may begin in the free tail of the word before.
      const tail = <u32>clz<u64>(~load<u64>(wordAt(block, word - 1)));
      from = max<u32>(from, start - tail);
    }
    const free = load<u64>(wordAt(block, from >> 6)) >> (from & 63);
    if (free === 0) {
      from = (from | 63) + 1;
      continue;
    }
    from += <u32>ctz<u64>(free);
    from = ((from + base + round) & ~round) - base;
    if (from > pages || n > pages - from) return IOVA_NONE;
    if (window !== 0 && (from & (window - 1)) + n > window) {
      from = (from | (window - 1)) + 1;
      continue;
    }
    const taken = wcFirstTaken(<u32>block, from, from + n);
    if (taken === from + n) return from;
    from = taken + 1;
  }
}

/** n pages of own order o = 2..8, no power of two, aligned to 2^o. */
function findPart(block: usize, n: u32, o: u32): u32 {
  if (o <= 6) return findInWord(block, n, o);
  return o === 7 ? findInPair(block, n) : findInQuad(block, n);
}

/** Requests whose alignment is not their own order, and those above 256 pages. */
function findOther(block: usize, n: u32, o: u32, base: u32): u32 {
  if (n > changetype<WordClasses>(block).pages) return IOVA_NONE;
  if (n > 256 && o === TOP_ORDER && (base & 255) === 0) return findInRun(block, n);
  return findAnywhere(block, n, o, base);
}

/** The lowest free page, nothing taken; IOVA_NONE when none is free. */
export function wcLowest(block: u32): u32 {
  const w = changetype<WordClasses>(<usize>block);
  if (w.pending !== IOVA_NONE) return w.pending;
  return Search.block(block, 0);
}

/** The lowest free page when it is not the pending one. */
function takeOne(block: usize): u32 {
  const w = changetype<WordClasses>(block);
  let page = w.low;
  let word = page >> 6;
  if (page >= w.pages || ((load<u64>(wordAt(block, word)) >> (page & 63)) & 1) === 0) {
    const v = load<u64>(block + SUMMARY);
    const group = v !== 0 ? <u32>ctz<u64>(v) : nextGroup(block, 0, 64);
    if (group === IOVA_NONE) return IOVA_NONE;
    word = (group << 6) + <u32>ctz<u64>(lineOf(block, group, 0));
    page = (word << 6) + <u32>ctz<u64>(load<u64>(wordAt(block, word)));
  }
  w.low = page + 1;
  w.used = w.used + 1;
  Edit.word(block, word, load<u64>(wordAt(block, word)) & ~((<u64>1) << (page & 63)));
  return page;
}

/** `wcAllocBased` for more than one page, or any alignment. */
export function takeMany(block: usize, count: u32, alignOrder: u32, base: u32): u32 {
  const w = changetype<WordClasses>(block);
  if (w.pending !== IOVA_NONE) wcSettle(<u32>block);
  let first: u32;
  if (
    alignOrder === orderOf(count) &&
    alignOrder <= TOP_ORDER &&
    (base & (((<u32>1) << alignOrder) - 1)) === 0
  ) {
    if ((count & (count - 1)) === 0) first = Search.block(block, alignOrder);
    else first = findPart(block, count, alignOrder);
  } else {
    first = findOther(block, count, alignOrder, base);
  }
  if (first === IOVA_NONE) return IOVA_NONE;
  w.used = w.used + count;
  Edit.take(block, first, count);
  return first;
}

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and this is the hot one
export class Take {
  /** `wcAllocBased`, with the pending page handed out on the spot. */
  @inline
  static pages(block: u32, count: u32, alignOrder: u32, base: u32): u32 {
    const w = changetype<WordClasses>(<usize>block);
    if (count !== 1 || alignOrder !== 0) return takeMany(block, count, alignOrder, base);
    const page = w.pending;
    if (page === IOVA_NONE) return takeOne(block);
    w.pending = IOVA_NONE;
    w.used = w.used + 1;
    return page;
  }
}

/**
 * First fit of `count` (at least 1) pages whose index plus `base` is a multiple of 2^alignOrder
 * (0..20): takes them and returns the first, or IOVA_NONE.
 */
export function wcAllocBased(block: u32, count: u32, alignOrder: u32, base: u32): u32 {
  return Take.pages(block, count, alignOrder, base);
}

/** `wcAllocBased` with alignment relative to page 0 of the structure. */
export function wcAlloc(block: u32, count: u32, alignOrder: u32): u32 {
  return Take.pages(block, count, alignOrder, 0);
}
