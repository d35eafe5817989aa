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
import { ownersBeginOf, ownersEnd, ownersLength } from "./owners";
import { bitmapOf, spaceOf, spaceTook } from "./space";
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

function take(magazines: u32, block: u32, n: u32, cap: u32): u32 {
  if (n <= CLASSES) {
    const m = magazineOf(magazines, n);
    const have = load<u32>(m);
    if (have !== 0) {
      store<u32>(m, have - 1);
      return load<u32>(m + ((<usize>have) << 2));
    }
  }
  const order = min<u32>(32 - clz<u32>(n - 1), cap);
  const at = wcAlloc(block, n, order);
  if (at !== IOVA_NONE || !drain(magazines, block)) return at;
  return wcAlloc(block, n, order);
}

/** Granule index of a fresh range for `size` (1 or more) bytes, or IOVA_NONE. */
export function ownAlloc(space: u32, size: u32): u32 {
  const s = spaceOf(space);
  const n = <u32>((<u64>size + 4095) >> 12);
  if (n === 0) return IOVA_NONE;
  const block = bitmapOf(space, 0);
  const at = take(s.magazines, block, n, s.cap);
  if (at === IOVA_NONE) return at;
  if (!ownersBeginOf(space, at, n)) {
    wcFree(block, at, n);
    return IOVA_NONE;
  }
  spaceTook(s, n);
  return at;
}

/** Frees the allocation at `addr`; anything but a whole allocation is refused as a BUG. */
export function ownFree(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  const at = (addr - s.base) >> 12;
  const n = <u32>((<u64>size + 4095) >> 12);
  if (addr < s.base || at >= s.granules || n === 0 || ownersLength(space, at) !== n) return IOVA_FREE_BUG;
  ownersEnd(space, at);
  s.used = s.used - n;
  if (n <= CLASSES) {
    const m = magazineOf(s.magazines, n);
    const have = load<u32>(m);
    if (have < DEPTH) {
      store<u32>(m + ((<usize>have) << 2), at, 4);
      store<u32>(m, have + 1);
      return 0;
    }
  }
  wcFree(bitmapOf(space, 0), at, n);
  return 0;
}
