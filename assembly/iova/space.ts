// An IO-address space: the record behind every allocator of this folder.
//
//   0 base    4 order (log2 pages per granule)  8 bits (granules per bitmap)  12 extensions
//  16 bitmaps present   20 cap (log2 granules)  24 kind    28 used (granules)  32 peak
//  36 granules (whole space, address order)     40 magazines  44 tree
//  48 startPfn  52 limitPfn (tree kinds, inclusive)          56 bugs  60 failures
//  64 single (one bitmap with an order)         68 owned (the owner index is kept)
//  72 quick (granules that can be freed without a look at the kernel's rules)
//  76 block (word classes of all bitmaps)       80 owner chunks [32]
//
// Granule index = bitmap * bits + bit; address = base + index * 4096 * 2^order. All bitmaps
// lie in one block of word classes, in which those not yet present have nothing free and no
// range crosses from one to the next: then first fit over the block is first fit over the
// bitmaps in turn.
//
// Creation follows arm_iommu_create_mapping (spec/dma-mapping 2.2):
//   up to v3.14   size is a 32-bit size_t; one bitmap, bits rounded up to 32
//   v4.4 on       more than 4 GiB is -ERANGE; bitmaps of one page each (32768 bits);
//                 extensions = whole bitmap pages, the rest of the size is lost
//
// Not modelled: kref, the spinlock, the allocation failures of the kernel's own records.

import {
  EINVAL,
  ENOMEM,
  ERANGE,
  INJECT_SPACE,
  IOVA_KIND_BITMAP,
  IOVA_KIND_GEN_POOL,
  IOVA_KIND_OWN,
  IOVA_KIND_RANGE_CACHE,
  IOVA_KIND_RANGE_TREE,
  SWITCH_IOVA_ALIGN_CAP,
  SWITCH_IOVA_GRANULE,
  SWITCH_IOVA_KIND,
  SWITCH_IOVA_SINGLE,
} from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { setError } from "../header";
import { injected } from "../inject";
import { switchOf } from "../switches";
import { magazinesCreate, magazinesDestroy } from "./magazines";
import { ownersDestroy } from "./owners";
import { rbCreate, rbDestroy } from "./range-tree";
import { wcCreatePart, wcDestroy, wcExtend } from "./word-classes";

@unmanaged
export class Space {
  base: u32;
  order: u32;
  bits: u32;
  extensions: u32;
  bitmaps: u32;
  cap: u32;
  kind: u32;
  used: u32;
  peak: u32;
  granules: u32;
  magazines: u32;
  tree: u32;
  startPfn: u32;
  limitPfn: u32;
  bugs: u32;
  failures: u32;
  single: u32;
  owned: u32;
  quick: u32;
  block: u32;
}

export const SPACE_OWNERS: usize = 80;
const SPACE_BYTES: u32 = 208;
/** Bits of one extension bitmap: a kernel page. */
const PAGE_BITS: u32 = 32768;
const DEFAULT_CAP: u32 = 8;

/** The record behind a space pointer. */
export function spaceOf(space: u32): Space {
  return changetype<Space>(<usize>space);
}

/** Adds the next bitmap; false when there may not be one more. */
export function bitmapAdd(s: Space): bool {
  if (s.bitmaps >= s.extensions || injected(INJECT_SPACE)) return false;
  wcExtend(s.block, s.bitmaps * s.bits, s.bits);
  s.bitmaps = s.bitmaps + 1;
  return true;
}

/** `used` after an allocation of `n` granules. */
export function spaceTook(s: Space, n: u32): void {
  const used = s.used + n;
  s.used = used;
  if (used > s.peak) s.peak = used;
}

function fail(errno: i32): u32 {
  setError(errno);
  return 0;
}

/** Granules of `size` bytes, rounded down; shifts of 32 and more give 0 as on ARM. */
function granulesOf(sizeLo: u32, sizeHi: u32, order: u32): u32 {
  const size = ((<u64>sizeHi) << 32) | <u64>sizeLo;
  return order > 20 ? 0 : <u32>(size >> (12 + order));
}

/**
 * A space of `kind` (abi.ts IOVA_KIND_*) at `base` with the bytes sizeHi:sizeLo; `order` is log2 of
 * the pages per granule (bitmaps up to v3.14, gen_pool: 0 takes the switch's). Returns the space, or
 * 0 and an error: 22 size too small, 34 size above 4 GiB, 12 no memory.
 */
export function iovaCreateKind(base: u32, sizeLo: u32, sizeHi: u32, order: u32, kind: u32): u32 {
  const single = kind === IOVA_KIND_BITMAP && switchOf(SWITCH_IOVA_SINGLE) !== 0;
  if (single) sizeHi = 0;
  else if (sizeHi > 1 || (sizeHi === 1 && sizeLo !== 0)) return fail(ERANGE);
  if (kind === IOVA_KIND_GEN_POOL) {
    if (order === 0) order = switchOf(SWITCH_IOVA_GRANULE);
  } else if (!single) {
    order = 0;
  }
  let bits = granulesOf(sizeLo, sizeHi, order);
  if (bits === 0) return fail(EINVAL);
  let extensions: u32 = 1;
  if (kind === IOVA_KIND_BITMAP) {
    bits = (bits + 31) & ~31;
    if (!single && bits > PAGE_BITS) {
      extensions = bits / PAGE_BITS;
      bits = PAGE_BITS;
    }
  }
  const space = injected(INJECT_SPACE) ? 0 : <u32>arenaAlloc(SPACE_BYTES);
  if (space === 0) return fail(ENOMEM);
  const s = spaceOf(space);
  s.base = base;
  s.order = order;
  s.bits = bits;
  s.extensions = extensions;
  s.kind = kind;
  s.single = single ? 1 : 0;
  s.granules = bits * extensions;
  s.quick = order === 0 && <u64>base + ((<u64>s.granules) << 12) <= 0xffffffff ? s.granules : 0;
  const cap = switchOf(SWITCH_IOVA_ALIGN_CAP);
  s.cap = cap === 0 ? DEFAULT_CAP : cap;
  let good: bool = true;
  if (kind === IOVA_KIND_RANGE_TREE || kind === IOVA_KIND_RANGE_CACHE) {
    // iommu_dma_init_domain: frame 0 is never handed out.
    s.base = base & ~4095;
    s.startPfn = max<u32>(1, base >> 12);
    s.limitPfn = (base >> 12) + bits - 1;
    s.tree = rbCreate(4096, s.startPfn);
    good = s.tree !== 0;
  } else {
    s.block = wcCreatePart(s.granules, bits, extensions > 1 ? bits : 0);
    s.bitmaps = 1;
    good = s.block !== 0;
    if (good && kind === IOVA_KIND_OWN) {
      s.magazines = magazinesCreate();
      good = s.magazines !== 0;
    }
  }
  if (good) return space;
  iovaDestroy(space);
  return fail(ENOMEM);
}

/** `iovaCreateKind` with the allocator of the machine's profile. */
export function iovaCreate(base: u32, sizeLo: u32, sizeHi: u32, order: u32): u32 {
  return iovaCreateKind(base, sizeLo, sizeHi, order, switchOf(SWITCH_IOVA_KIND));
}

/** Gives back the memory of a space and everything in it. */
export function iovaDestroy(space: u32): void {
  const s = spaceOf(space);
  if (s.block !== 0) wcDestroy(s.block);
  if (s.magazines !== 0) magazinesDestroy(s.magazines);
  if (s.tree !== 0) rbDestroy(s.tree);
  ownersDestroy(space, s.granules);
  arenaFree(space, SPACE_BYTES);
}
