// What a space looks like from outside: pages in use, how the free part is cut up,
// and the checksum by which the kernel's bitmaps are compared.
//
// A bitmap that is not there yet counts as one free run; runs do not join across bitmaps,
// since no allocation does.
//
// Not modelled: figures of the kernel; it keeps none.

import { IOVA_KIND_RANGE_CACHE, IOVA_KIND_RANGE_TREE } from "../abi";
import { rbNodeHi, rbNodeLo } from "./range-tree";
import { rbFirst, rbNext } from "./rb-tree";
import { Space, spaceOf } from "./space";
import { WordClasses, wcSettle } from "./word-classes";

const POLYNOMIAL: u32 = 0xedb88320;

/** CRC-32 (zlib) of one more byte; start with ~0, end with ~. */
function crcByte(crc: u32, byte: u32): u32 {
  crc ^= byte;
  for (let i = 0; i < 8; i++) crc = (crc >> 1) ^ (POLYNOMIAL & (0 - (crc & 1)));
  return crc;
}

function crcWord(crc: u32, word: u32): u32 {
  for (let i: u32 = 0; i < 32; i += 8) crc = crcByte(crc, (word >> i) & 0xff);
  return crc;
}

/** Free bits of word `i` of a structure, the pending page included. */
function freeWord(block: u32, i: u32): u64 {
  wcSettle(block);
  return load<u64>(<usize>changetype<WordClasses>(<usize>block).words + ((<usize>i) << 3));
}

/** CRC-32 of the present bitmaps as the kernel stores them: bit set = taken, 32-bit words, little endian. */
export function iovaBitmapCrc(space: u32): u32 {
  const s = spaceOf(space);
  let crc: u32 = ~0;
  for (let bit: u32 = 0; bit < s.bitmaps * s.bits; bit += 32) {
    crc = crcWord(crc, ~(<u32>(freeWord(s.block, bit >> 6) >> (bit & 32))));
  }
  return ~crc;
}

/** CRC-32 of the ranges of a tree, ascending, each as lo and hi; the anchor is left out. */
export function rbCrc(tree: u32): u32 {
  let crc: u32 = ~0;
  for (let at = rbFirst(tree); at !== 0; at = rbNext(at)) {
    if (rbNodeHi(at) === 0xffffffff) break;
    crc = crcWord(crcWord(crc, rbNodeLo(at)), rbNodeHi(at));
  }
  return ~crc;
}

// Free runs are visited one by one; `longest` and `runs` are the two questions asked.
function treeRuns(s: Space, longest: bool): u32 {
  let best: u32 = 0;
  let runs: u32 = 0;
  let from = s.startPfn;
  for (let at = rbFirst(s.tree); at !== 0; at = rbNext(at)) {
    const lo = min<u32>(rbNodeLo(at), s.limitPfn + 1);
    if (lo > from) {
      runs++;
      best = max<u32>(best, lo - from);
    }
    if (rbNodeHi(at) >= s.limitPfn) break;
    from = rbNodeHi(at) + 1;
  }
  return longest ? best : runs;
}

/** The runs of `bits` granules from `first` (a multiple of 64) on. */
function bitmapRuns(block: u32, first: u32, bits: u32, longest: bool): u32 {
  let best: u32 = 0;
  let runs: u32 = 0;
  let run: u32 = 0;
  for (let i = first >> 6; i < (first + bits + 63) >> 6; i++) {
    let free = freeWord(block, i);
    if (free === ~(<u64>0)) {
      if (run === 0) runs++;
      run += 64;
      continue;
    }
    const head = <u32>ctz<u64>(~free);
    if (head !== 0 && run === 0) runs++;
    best = max<u32>(best, run + head);
    const tail = <u32>clz<u64>(~free);
    run = tail;
    // Runs that begin after the first taken bit of this word.
    runs += <u32>popcnt<u64>(free & ~(free << 1)) - (head !== 0 ? 1 : 0);
    for (let inner: u32 = 0; free !== 0; inner++) {
      free &= free << 1;
      best = max<u32>(best, inner + 1);
    }
  }
  best = max<u32>(best, run);
  return longest ? best : runs;
}

function isTree(s: Space): bool {
  return s.kind === IOVA_KIND_RANGE_TREE || s.kind === IOVA_KIND_RANGE_CACHE;
}

/** Pages handed out and not taken back. */
export function iovaUsedPages(space: u32): u32 {
  const s = spaceOf(space);
  return s.used << s.order;
}

/** The most pages ever in use at once. */
export function iovaPeakPages(space: u32): u32 {
  const s = spaceOf(space);
  return s.peak << s.order;
}

/** Pages the space can hand out in all. */
export function iovaTotalPages(space: u32): u32 {
  const s = spaceOf(space);
  return isTree(s) ? s.limitPfn + 1 - s.startPfn : s.granules << s.order;
}

/** Pages of the largest free run. */
export function iovaLargestFree(space: u32): u32 {
  const s = spaceOf(space);
  if (isTree(s)) return treeRuns(s, true);
  let best = s.bitmaps < s.extensions ? s.bits : 0;
  for (let i: u32 = 0; i < s.bitmaps; i++)
    best = max<u32>(best, bitmapRuns(s.block, i * s.bits, s.bits, true));
  return best << s.order;
}

/** Free runs: 1 is a space without fragmentation, 0 a full one. */
export function iovaFreeRuns(space: u32): u32 {
  const s = spaceOf(space);
  if (isTree(s)) return treeRuns(s, false);
  let runs = s.extensions - s.bitmaps;
  for (let i: u32 = 0; i < s.bitmaps; i++) runs += bitmapRuns(s.block, i * s.bits, s.bits, false);
  return runs;
}

/** Bitmaps present (1 for allocators that have none). */
export function iovaBitmapCount(space: u32): u32 {
  return max<u32>(1, spaceOf(space).bitmaps);
}

/** Bits per bitmap, rounded as the kernel does. */
export function iovaBits(space: u32): u32 {
  return spaceOf(space).bits;
}

/** Bitmaps the space may have at most. */
export function iovaExtensions(space: u32): u32 {
  return spaceOf(space).extensions;
}

/** Allocations that failed. */
export function iovaFailures(space: u32): u32 {
  return spaceOf(space).failures;
}

/** Frees at which the kernel would have stopped. */
export function iovaBugs(space: u32): u32 {
  return spaceOf(space).bugs;
}
