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
import { bitmapAdd, bitmapOf, Space, spaceOf, spaceTook } from "./space";
import { TOP_ORDER, wcFree, wcPages } from "./word-classes";
import { wcAlloc, wcLowest, wcMayHold } from "./word-search";

/** The kernel's search in one bitmap: first bit or IOVA_NONE; takes the bits. */
function searchIn(block: u32, n: u32, alignOrder: u32): u32 {
  if (n !== 0) return wcAlloc(block, n, alignOrder);
  // Nothing to find: the first free bit, aligned, is the answer as long as it does not
  // lie beyond the end; exactly at the end counts as found.
  const bits = wcPages(block);
  const lowest = wcLowest(block);
  const round = ((<u32>1) << alignOrder) - 1;
  const at = ((lowest === IOVA_NONE ? bits : lowest) + round) & ~round;
  return at > bits ? IOVA_NONE : at;
}

/** Granule index of a fresh range for `size` bytes, or IOVA_NONE. `bitmapCount` gives its length. */
export function bitmapAlloc(space: u32, size: u32): u32 {
  const s = spaceOf(space);
  const pages = ((size + 4095) & ~4095) >> 12;
  const order = min<u32>(32 - clz<u32>((size - 1) >> 12), s.cap);
  const n = (pages + ((<u32>1) << s.order) - 1) >> s.order;
  const align = order > s.order ? order - s.order : 0;
  // A fitting range starts with an aligned block of this order.
  const key = n === 0 ? 0 : min<u32>(min<u32>(31 - clz<u32>(n), align), TOP_ORDER);
  const have = s.bitmaps;
  for (let i: u32 = 0; i < have; i++) {
    const block = bitmapOf(space, i);
    if (n !== 0 && !wcMayHold(block, key)) continue;
    const at = searchIn(block, n, align);
    if (at !== IOVA_NONE) {
      spaceTook(s, n);
      return i * s.bits + at;
    }
  }
  if (have >= s.extensions || !bitmapAdd(space)) return IOVA_NONE;
  count(COUNT_IOVA_EXTENSIONS);
  const at = searchIn(bitmapOf(space, have), n, align);
  if (at === IOVA_NONE) return IOVA_NONE;
  spaceTook(s, n);
  return have * s.bits + at;
}

/** Granules that an allocation of `size` bytes takes. */
export function bitmapCount(s: Space, size: u32): u32 {
  return ((((size + 4095) & ~4095) >> 12) + ((<u32>1) << s.order) - 1) >> s.order;
}

function give(space: u32, block: u32, first: u32, n: u32): i32 {
  const s = spaceOf(space);
  s.used = s.used - wcFree(block, first, n);
  return 0;
}

/** __free_iova up to v3.14: no check at all. */
function freeSingle(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  const first = (addr - s.base) >> (12 + s.order);
  const n = ((size >> 12) + ((<u32>1) << s.order) - 1) >> s.order;
  if (n === 0) return 0;
  if (first >= s.bits || n > s.bits - first) return IOVA_FREE_FOREIGN;
  return give(space, bitmapOf(space, 0), first, n);
}

/** __free_iova from v4.4 on; all arithmetic wraps at 4 GiB. */
function freePaged(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  if (size === 0) return 0;
  const bytes = s.bits << 12;
  const index = (addr - s.base) / bytes;
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
  return give(space, bitmapOf(space, index), first, n);
}

/** Frees [addr, addr + size) as the kernel of the profile does: 0, IOVA_FREE_BUG or IOVA_FREE_FOREIGN. */
export function bitmapFree(space: u32, addr: u32, size: u32): i32 {
  return spaceOf(space).single !== 0 ? freeSingle(space, addr, size) : freePaged(space, addr, size);
}
