// The ARM layer's bitmap allocator: __alloc_iova and __free_iova with every
// corner of them (spec/dma-mapping 2.3).
//
//   order = ceil(log2(pages)), capped    count = pages, rounded up to granules
//   first fit from bit 0, alignment 2^(order - granule order) inside the bitmap
//   v4.4 on: the present bitmaps in turn, then one more per request that none fits,
//   also for a request that never will fit
//   size 0 and sizes in the last page below 4 GiB: order 20, count 0
//
// Not modelled: what the kernel does to memory that is not its own. Frees that leave
// the bitmaps (up to v3.14: any; later: behind the last one, or a bitmap not there
// yet) return IOVA_FREE_FOREIGN and change nothing.

import { COUNT_IOVA_EXTENSIONS, IOVA_FREE_BUG, IOVA_FREE_FOREIGN, IOVA_NONE } from "../abi";
import { count } from "../counters";
import { Owners } from "./owners";
import { bitmapAdd, Space, spaceOf, spaceTook } from "./space";
import { Give, wcIsFree } from "./word-classes";
import { Take, wcAlloc } from "./word-search";

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
class Book {
  /** `n` granules from `granule` on were taken: books them and returns their address. */
  @inline
  static took(space: u32, granule: u32, n: u32): u32 {
    const s = spaceOf(space);
    spaceTook(s, n);
    if (s.owned !== 0) Owners.begin(space, granule, n);
    return s.base + (granule << (12 + s.order));
  }

  /** Clears `n` bits from `granule` on, taken or not. */
  @inline
  static clear(space: u32, granule: u32, n: u32): i32 {
    const s = spaceOf(space);
    s.used = s.used - Give.pages(s.block, granule, n);
    Owners.end(space, granule, n);
    return 0;
  }
}

/**
 * The kernel's search for no bits at all, in bitmap `i`: the first free bit, aligned, is the answer
 * as long as it does not lie beyond the end; exactly at the end counts as found.
 */
function nothingIn(s: Space, i: u32, align: u32): u32 {
  let bit: u32 = 0;
  while (bit < s.bits && !wcIsFree(s.block, i * s.bits + bit)) bit++;
  const round = ((<u32>1) << align) - 1;
  bit = (bit + round) & ~round;
  return bit > s.bits ? IOVA_NONE : bit;
}

/** A request whose page count wraps to 0: an address comes out, nothing is taken. */
function allocNothing(space: u32, align: u32): u32 {
  const s = spaceOf(space);
  for (let i: u32 = 0; i < s.extensions; i++) {
    const fresh = i === s.bitmaps;
    if (fresh && !extend(s)) return IOVA_NONE;
    const bit = nothingIn(s, i, align);
    if (bit !== IOVA_NONE) return s.base + ((i * s.bits + bit) << (12 + s.order));
    if (fresh) return IOVA_NONE;
  }
  return IOVA_NONE;
}

function extend(s: Space): bool {
  if (!bitmapAdd(s)) return false;
  count(COUNT_IOVA_EXTENSIONS);
  return true;
}

/** A new bitmap for a request that no present one fits; granule or IOVA_NONE. */
export function allocExtended(space: u32, n: u32, align: u32): u32 {
  const s = spaceOf(space);
  return extend(s) ? wcAlloc(s.block, n, align) : IOVA_NONE;
}

/** Clears `n` bits from `granule` on (gen_pool). */
export function bitmapClear(space: u32, granule: u32, n: u32): i32 {
  return Book.clear(space, granule, n);
}

/** __free_iova up to v3.14: no check at all. */
function freeSingle(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  const first = (addr - s.base) >> (12 + s.order);
  const n = ((size >> 12) + ((<u32>1) << s.order) - 1) >> s.order;
  if (n === 0) return 0;
  if (first >= s.bits || n > s.bits - first) return IOVA_FREE_FOREIGN;
  return bitmapClear(space, first, n);
}

/** __free_iova from v4.4 on; all arithmetic wraps at 4 GiB. */
function freePaged(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  if (size === 0) return 0;
  const bytes = s.bits << 12;
  const offset = addr - s.base;
  // A quotient; the division itself is for addresses behind the only bitmap.
  const index = s.extensions > 1 ? offset >> 27 : offset < bytes ? 0 : offset / bytes;
  // "index > extensions" is the kernel's test, one too lax.
  if (addr < s.base || index > s.extensions) return IOVA_FREE_BUG;
  const start = s.base + bytes * index;
  if (addr + size > start + bytes) return IOVA_FREE_BUG;
  const n = size >> 12;
  if (n === 0) return 0;
  if (index >= s.bitmaps) return IOVA_FREE_FOREIGN;
  const first = (addr - start) >> 12;
  // Past a wrapped end the sum above can be small although the range is not.
  if (n > s.bits - first) return IOVA_FREE_FOREIGN;
  return Book.clear(space, index * s.bits + first, n);
}

function freeAny(space: u32, addr: u32, size: u32): i32 {
  return spaceOf(space).single !== 0 ? freeSingle(space, addr, size) : freePaged(space, addr, size);
}

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
export class Bitmap {
  /** __alloc_iova: first address of a fresh range for `size` bytes, or IOVA_NONE. */
  @inline
  static alloc(space: u32, size: u32): u32 {
    const s = spaceOf(space);
    const order = min<u32>(32 - clz<u32>((size - 1) >> 12), s.cap);
    const align = order > s.order ? order - s.order : 0;
    const n = (((size + 4095) >> 12) + ((<u32>1) << s.order) - 1) >> s.order;
    if (n === 0) return allocNothing(space, align);
    let granule = Take.pages(s.block, n, align, 0);
    if (granule === IOVA_NONE) granule = allocExtended(space, n, align);
    return granule === IOVA_NONE ? IOVA_NONE : Book.took(space, granule, n);
  }

  /** __free_iova: 0, IOVA_FREE_BUG or IOVA_FREE_FOREIGN. */
  @inline
  static free(space: u32, addr: u32, size: u32): i32 {
    const s = spaceOf(space);
    const offset = addr - s.base;
    const granule = offset >> 12;
    const n = size >> 12;
    // Whole pages inside the present bitmaps, one bit each: there no kernel has a rule of its own, but
    // that a range must not reach from one bitmap into the next.
    if (
      ((offset | size) & 4095) !== 0 ||
      granule >= s.quick ||
      n - 1 >= s.quick - granule ||
      (s.extensions > 1 && ((granule ^ (granule + n - 1)) >> 15 !== 0 || granule >> 15 >= s.bitmaps))
    ) {
      return freeAny(space, addr, size);
    }
    return Book.clear(space, granule, n);
  }
}
