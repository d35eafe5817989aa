// Own placement: ranges that come back are kept by exact size (1..32 pages, 128 each,
// last in first out) and handed out again as they are; word classes serve the rest.
//
//   free(n <= 32)  -> magazine[n], or word classes when it holds 128
//   alloc(n <= 32) <- magazine[n], or word classes; when those have no room, every
//                     magazine is emptied into them once and the search repeated
//
// block: magazine n at (n - 1) * 516: u32 count, 128 granules
//
// Not modelled: any kernel. Addresses differ from the bitmap's; success does within 1 %.

import { IOVA_FREE_BUG, IOVA_NONE } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { Owners } from "./owners";
import { spaceOf, spaceTook } from "./space";
import { wcFree } from "./word-classes";
import { wcAlloc } from "./word-search";

const CLASSES: u32 = 32;
const DEPTH: u32 = 128;
const STRIDE: u32 = 4 + DEPTH * 4;

/** Empty magazines, or 0 when memory is exhausted. */
export function magazinesCreate(): u32 {
  return <u32>arenaAlloc(CLASSES * STRIDE);
}

/** Gives the magazines back to the arena. */
export function magazinesDestroy(magazines: u32): void {
  arenaFree(magazines, CLASSES * STRIDE);
}

function magazineOf(magazines: u32, n: u32): usize {
  return <usize>(magazines + (n - 1) * STRIDE);
}

/** Empties every magazine into the word classes; true when something came back. */
function drain(magazines: u32, block: u32): bool {
  let some = false;
  for (let n: u32 = 1; n <= CLASSES; n++) {
    const m = magazineOf(magazines, n);
    for (let i = load<u32>(m); i-- > 0; ) {
      wcFree(block, load<u32>(m + ((<usize>i) << 2), 4), n);
      some = true;
    }
    store<u32>(m, 0);
  }
  return some;
}

/** `n` pages from the word classes, magazines emptied into them when need be. */
function takeFresh(magazines: u32, block: u32, n: u32, cap: u32): u32 {
  const order = min<u32>(32 - clz<u32>(n - 1), cap);
  const at = wcAlloc(block, n, order);
  if (at !== IOVA_NONE || !drain(magazines, block)) return at;
  return wcAlloc(block, n, order);
}

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
export class Magazine {
  /** First of `n` pages, from their magazine or from the word classes (alignment 2^cap at most); IOVA_NONE. */
  @inline
  static take(magazines: u32, block: u32, n: u32, cap: u32): u32 {
    const m = magazineOf(magazines, n);
    const have = n <= CLASSES ? load<u32>(m) : 0;
    if (have === 0) return takeFresh(magazines, block, n, cap);
    store<u32>(m, have - 1);
    return load<u32>(m + ((<usize>have) << 2));
  }

  /** Puts `n` pages from `at` on, which `take` gave, into their magazine or back into the word classes. */
  @inline
  static give(magazines: u32, block: u32, at: u32, n: u32): void {
    const m = magazineOf(magazines, n);
    const have = n <= CLASSES ? load<u32>(m) : DEPTH;
    if (have === DEPTH) {
      wcFree(block, at, n);
    } else {
      store<u32>(m + ((<usize>have) << 2), at, 4);
      store<u32>(m, have + 1);
    }
  }
}

/** `Magazine.take` for the host. */
export function magTake(magazines: u32, block: u32, n: u32, cap: u32): u32 {
  return Magazine.take(magazines, block, n, cap);
}

/** `Magazine.give` for the host. */
export function magGive(magazines: u32, block: u32, at: u32, n: u32): void {
  Magazine.give(magazines, block, at, n);
}

/** First address of a fresh range for `size` (1 or more) bytes, or IOVA_NONE. */
export function ownAlloc(space: u32, size: u32): u32 {
  const s = spaceOf(space);
  const n = <u32>((<u64>size + 4095) >> 12);
  if (n === 0) return IOVA_NONE;
  const at = Magazine.take(s.magazines, s.block, n, s.cap);
  if (at === IOVA_NONE) return IOVA_NONE;
  if (s.owned !== 0 && !Owners.begin(space, at, n)) {
    Magazine.give(s.magazines, s.block, at, n);
    return IOVA_NONE;
  }
  spaceTook(s, n);
  return s.base + (at << 12);
}

/**
 * Frees the allocation at `addr`. Where owners are tracked, anything but a whole allocation is refused
 * as a BUG; elsewhere the caller is trusted, as by the batch.
 */
export function ownFree(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  const at = (addr - s.base) >> 12;
  const n = <u32>((<u64>size + 4095) >> 12);
  if (n === 0 || at >= s.granules || n > s.granules - at) return IOVA_FREE_BUG;
  if (s.owned !== 0) {
    const chunk = Owners.chunk(space, at);
    if (chunk === 0) return IOVA_FREE_BUG;
    const record = Owners.record(chunk, at);
    if (load<u32>(record, 4) !== n) return IOVA_FREE_BUG;
    store<u64>(record, 0);
  }
  s.used = s.used - n;
  Magazine.give(s.magazines, s.block, at, n);
  return 0;
}
