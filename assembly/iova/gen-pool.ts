// gen_pool as the first proposal of May 2011 used it: granules (64 KiB by default),
// first fit from bit 0 without alignment (lib/genalloc.c of 3.0; spec/dma-mapping 1.1).
//
//   count = ceil(size / granule)    size 0 gets nothing
//
// Not modelled: several chunks in one pool; the kernel's error value 0, which a pool
// at base 0 could hand out as an address (here 0xffffffff as everywhere).

import { IOVA_FREE_BUG, IOVA_NONE } from "../abi";
import { bitmapClear } from "./bitmap";
import { Owners } from "./owners";
import { Space, spaceOf, spaceTook } from "./space";
import { wcAlloc } from "./word-search";

function granulesOf(s: Space, size: u32): u32 {
  const unit = (<u64>4096) << s.order;
  return <u32>((<u64>size + unit - 1) >> (12 + s.order));
}

/** First address of a fresh range for `size` bytes, or IOVA_NONE. */
export function genPoolAlloc(space: u32, size: u32): u32 {
  const s = spaceOf(space);
  const n = granulesOf(s, size);
  if (n === 0) return IOVA_NONE;
  const at = wcAlloc(s.block, n, 0);
  if (at === IOVA_NONE) return IOVA_NONE;
  spaceTook(s, n);
  if (s.owned !== 0) Owners.begin(space, at, n);
  return s.base + (at << (12 + s.order));
}

/** Clears the bits of [addr, addr + size) without a look; BUG when it leaves the pool. */
export function genPoolFree(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  const n = granulesOf(s, size);
  const end = <u64>s.base + ((<u64>s.granules) << (12 + s.order));
  if (n === 0) return 0;
  if (addr < s.base || <u64>addr >= end) return IOVA_FREE_BUG;
  if (<u64>addr + <u64>size > end) return IOVA_FREE_BUG;
  const first = (addr - s.base) >> (12 + s.order);
  // An address inside a granule can round the end up by one more: the kernel would clear past the pool.
  if (n > s.bits - first) return IOVA_FREE_BUG;
  return bitmapClear(space, first, n);
}
