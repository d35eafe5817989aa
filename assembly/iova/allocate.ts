// The one interface in front of all allocators: allocate, free, name the holder, ask for it.
//
//   kind          places                       free checks
//   bitmap        bitmap.ts    first fit       as the kernel: BUG or nothing
//   gen_pool      gen-pool.ts  first fit       BUG outside the pool
//   range tree    range-tree.ts  top down      unknown addresses are ignored
//   range cache   range-cache.ts magazines     none
//   own           magazines.ts                 whole allocations only
//
// Addresses are page numbers in one sense everywhere: base + granule index.
//
// Not modelled: sleeping for addresses; a failed allocation fails at once.

import {
  COUNT_IOVA_BUGS,
  COUNT_IOVA_FAILED,
  COUNT_IOVA_PARTIAL,
  INJECT_IOVA,
  IOVA_KIND_BITMAP,
  IOVA_KIND_GEN_POOL,
  IOVA_KIND_OWN,
  IOVA_KIND_RANGE_TREE,
  IOVA_NONE,
} from "../abi";
import { count } from "../counters";
import { injected } from "../inject";
import { bitmapAlloc, bitmapCount, bitmapFree } from "./bitmap";
import { genPoolAlloc, genPoolFree } from "./gen-pool";
import { ownAlloc, ownFree } from "./magazines";
import {
  ownersBegin,
  ownersEnd,
  ownersEndRange,
  ownersGet,
  ownersIsStart,
  ownersLength,
  ownersSet,
  ownersStart,
} from "./owners";
import { rbAllocFast, rbFreeFast, rbRounded } from "./range-cache";
import { rbAlloc, rbFind, rbFree, rbNodeLo } from "./range-tree";
import { bitmapOf, Space, spaceOf, spaceTook } from "./space";
import { wcIsFree } from "./word-classes";

function addressOf(s: Space, granule: u32): u32 {
  return s.base + (granule << (12 + s.order));
}

function granuleOf(s: Space, addr: u32): u32 {
  return (addr - s.base) >> (12 + s.order);
}

function failed(s: Space): u32 {
  s.failures = s.failures + 1;
  count(COUNT_IOVA_FAILED);
  return IOVA_NONE;
}

function treeAlloc(s: Space, size: u32): u32 {
  const pages = <u32>((<u64>size + 4095) >> 12);
  if (pages === 0) return IOVA_NONE;
  const tree = s.kind === IOVA_KIND_RANGE_TREE;
  const pfn = tree ? rbAlloc(s.tree, pages, s.limitPfn, 1) : rbAllocFast(s.tree, pages, s.limitPfn, 1);
  if (pfn === IOVA_NONE || pfn === 0) return IOVA_NONE;
  spaceTook(s, tree ? pages : rbRounded(pages));
  return pfn - (s.base >> 12);
}

function treeFree(s: Space, addr: u32, size: u32): i32 {
  const pfn = addr >> 12;
  let pages = <u32>((<u64>size + 4095) >> 12);
  if (s.kind === IOVA_KIND_RANGE_TREE) {
    pages = rbFree(s.tree, pfn);
  } else {
    rbFreeFast(s.tree, pfn, pages);
    pages = rbRounded(pages);
  }
  s.used = s.used - min<u32>(s.used, pages);
  return 0;
}

/**
 * IO addresses for `size` bytes: the first address, or 0xffffffff (counted). A size of 0 and sizes in
 * the last page below 4 GiB do what the kernel does with them.
 */
export function iovaAlloc(space: u32, size: u32): u32 {
  const s = spaceOf(space);
  if (injected(INJECT_IOVA)) return failed(s);
  const kind = s.kind;
  let granule: u32;
  if (kind === IOVA_KIND_BITMAP) granule = bitmapAlloc(space, size);
  else if (kind === IOVA_KIND_OWN) granule = ownAlloc(space, size);
  else if (kind === IOVA_KIND_GEN_POOL) granule = genPoolAlloc(space, size);
  else granule = treeAlloc(s, size);
  if (granule === IOVA_NONE) return failed(s);
  // The own allocator has noted the beginning together with the length.
  if (kind !== IOVA_KIND_OWN && (kind !== IOVA_KIND_BITMAP || bitmapCount(s, size) !== 0)) {
    ownersBegin(space, granule);
  }
  return addressOf(s, granule);
}

function isTaken(space: u32, granule: u32): bool {
  const s = spaceOf(space);
  const i = granule / s.bits;
  return i < s.bitmaps && !wcIsFree(bitmapOf(space, i), granule - i * s.bits);
}

/** Keeps the owner index true after a free of bits that may not have been one whole allocation. */
function forget(space: u32, addr: u32, size: u32): void {
  const s = spaceOf(space);
  const first = granuleOf(s, addr);
  // The bitmap kernels floor the size of a free to pages, gen_pool rounds it up.
  const bytes = s.kind === IOVA_KIND_GEN_POOL ? <u64>size : <u64>(size & ~4095);
  const n = <u32>((bytes + (((<u64>4096) << s.order) - 1)) >> (12 + s.order));
  if (n === 0) return;
  ownersEndRange(space, first, n);
  const next = first + n;
  if (next % s.bits !== 0 && isTaken(space, next) && !ownersIsStart(space, next)) {
    ownersBegin(space, next);
    count(COUNT_IOVA_PARTIAL);
  }
}

/**
 * Gives [addr, addr + size) back: 0, or with nothing changed IOVA_FREE_BUG (1: the kernel stops with
 * BUG; the own allocator: not a whole allocation) or IOVA_FREE_FOREIGN (2: the kernel writes into
 * memory that is not its bitmap's).
 */
export function iovaFree(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  const kind = s.kind;
  let result: i32;
  if (kind === IOVA_KIND_BITMAP) result = bitmapFree(space, addr, size);
  else if (kind === IOVA_KIND_OWN) return ownResult(s, ownFree(space, addr, size));
  else if (kind === IOVA_KIND_GEN_POOL) result = genPoolFree(space, addr, size);
  else {
    ownersEnd(space, granuleOf(s, addr));
    return treeFree(s, addr, size);
  }
  if (result === 0) forget(space, addr, size);
  return ownResult(s, result);
}

function ownResult(s: Space, result: i32): i32 {
  if (result !== 0) {
    s.bugs = s.bugs + 1;
    count(COUNT_IOVA_BUGS);
  }
  return result;
}

/** Names `owner` (0: nobody) as the holder of the allocation that begins at `addr`. */
export function iovaSetOwner(space: u32, addr: u32, owner: u32): void {
  const s = spaceOf(space);
  const granule = granuleOf(s, addr);
  if (granule < s.granules) ownersSet(space, granule, owner);
}

/** The holder of the allocation that contains `addr`; 0 for a free address or one without holder. */
export function iovaOwnerOf(space: u32, addr: u32): u32 {
  const s = spaceOf(space);
  const granule = granuleOf(s, addr);
  if (granule >= s.granules) return 0;
  if (s.tree !== 0) {
    const node = rbFind(s.tree, addr >> 12);
    if (node === 0) return 0;
    const start = rbNodeLo(node) - (s.base >> 12);
    return ownersIsStart(space, start) ? ownersGet(space, start) : 0;
  }
  if (s.kind !== IOVA_KIND_OWN && !isTaken(space, granule)) return 0;
  const start = ownersStart(space, granule);
  if (start === 0xffffffff) return 0;
  if (s.kind === IOVA_KIND_OWN && granule - start >= ownersLength(space, start)) return 0;
  return ownersGet(space, start);
}

/** First address of the allocation that contains `addr`, or 0xffffffff. */
export function iovaStartOf(space: u32, addr: u32): u32 {
  const s = spaceOf(space);
  const granule = granuleOf(s, addr);
  if (granule >= s.granules) return IOVA_NONE;
  if (s.tree !== 0) {
    const node = rbFind(s.tree, addr >> 12);
    if (node === 0) return IOVA_NONE;
    const start = rbNodeLo(node) - (s.base >> 12);
    return ownersIsStart(space, start) ? rbNodeLo(node) << 12 : IOVA_NONE;
  }
  if (s.kind !== IOVA_KIND_OWN && !isTaken(space, granule)) return IOVA_NONE;
  const start = ownersStart(space, granule);
  if (start === 0xffffffff) return IOVA_NONE;
  if (s.kind === IOVA_KIND_OWN && granule - start >= ownersLength(space, start)) return IOVA_NONE;
  return addressOf(s, start);
}
