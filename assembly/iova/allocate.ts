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
  INJECT_IOVA,
  IOVA_KIND_BITMAP,
  IOVA_KIND_GEN_POOL,
  IOVA_KIND_OWN,
  IOVA_KIND_RANGE_TREE,
  IOVA_NONE,
} from "../abi";
import { count } from "../counters";
import { injected } from "../inject";
import { Bitmap } from "./bitmap";
import { genPoolAlloc, genPoolFree } from "./gen-pool";
import { ownAlloc, ownFree } from "./magazines";
import { Owners, ownersForget, ownersGet, ownersLength, ownersSet, ownersStart } from "./owners";
import { rbAllocFast, rbFreeFast, rbRounded } from "./range-cache";
import { rbAlloc, rbFind, rbFree } from "./range-tree";
import { Space, spaceOf, spaceTook } from "./space";
import { wcIsFree } from "./word-classes";

function granuleOf(s: Space, addr: u32): u32 {
  return (addr - s.base) >> (12 + s.order);
}

/** Books an allocation that found no room. */
export function failed(space: u32): u32 {
  const s = spaceOf(space);
  s.failures = s.failures + 1;
  count(COUNT_IOVA_FAILED);
  return IOVA_NONE;
}

function treeAlloc(space: u32, size: u32): u32 {
  const s = spaceOf(space);
  const pages = <u32>((<u64>size + 4095) >> 12);
  if (pages === 0) return IOVA_NONE;
  const tree = s.kind === IOVA_KIND_RANGE_TREE;
  const pfn = tree ? rbAlloc(s.tree, pages, s.limitPfn, 1) : rbAllocFast(s.tree, pages, s.limitPfn, 1);
  if (pfn === IOVA_NONE || pfn === 0) return IOVA_NONE;
  spaceTook(s, tree ? pages : rbRounded(pages));
  if (s.owned !== 0) Owners.begin(space, pfn - (s.base >> 12), pages);
  return pfn << 12;
}

function treeFree(space: u32, addr: u32, size: u32): i32 {
  const s = spaceOf(space);
  const granule = granuleOf(s, addr);
  if (granule < s.granules) ownersForget(space, granule);
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

function allocOther(space: u32, kind: u32, size: u32): u32 {
  if (kind === IOVA_KIND_OWN) return ownAlloc(space, size);
  return kind === IOVA_KIND_GEN_POOL ? genPoolAlloc(space, size) : treeAlloc(space, size);
}

function freeOther(space: u32, kind: u32, addr: u32, size: u32): i32 {
  if (kind === IOVA_KIND_OWN) return ownFree(space, addr, size);
  return kind === IOVA_KIND_GEN_POOL ? genPoolFree(space, addr, size) : treeFree(space, addr, size);
}

/**
 * IO addresses for `size` bytes: the first address, or 0xffffffff (counted). A size of 0 and sizes in
 * the last page below 4 GiB do what the kernel does with them.
 */
export function iovaAlloc(space: u32, size: u32): u32 {
  if (injected(INJECT_IOVA)) return failed(space);
  const kind = spaceOf(space).kind;
  const addr = kind === IOVA_KIND_BITMAP ? Bitmap.alloc(space, size) : allocOther(space, kind, size);
  return addr === IOVA_NONE ? failed(space) : addr;
}

/**
 * Gives [addr, addr + size) back: 0, or with nothing changed IOVA_FREE_BUG (1: the kernel stops with
 * BUG; the own allocator: not a whole allocation) or IOVA_FREE_FOREIGN (2: the kernel writes into
 * memory that is not its bitmap's).
 */
export function iovaFree(space: u32, addr: u32, size: u32): i32 {
  const kind = spaceOf(space).kind;
  const result =
    kind === IOVA_KIND_BITMAP ? Bitmap.free(space, addr, size) : freeOther(space, kind, addr, size);
  return result === 0 ? 0 : refused(space, result);
}

/** Books a free that the kernel would not have survived. */
function refused(space: u32, result: i32): i32 {
  const s = spaceOf(space);
  s.bugs = s.bugs + 1;
  count(COUNT_IOVA_BUGS);
  return result;
}

/** True when the allocator holds `granule`; what waits in a magazine is held, but begins nowhere. */
function isHeld(space: u32, granule: u32): bool {
  const s = spaceOf(space);
  if (s.tree !== 0) return rbFind(s.tree, (s.base >> 12) + granule) !== 0;
  return granule < s.bitmaps * s.bits && !wcIsFree(s.block, granule);
}

/** The granule at which the live allocation around `addr` begins, or IOVA_NONE. */
function startOf(space: u32, addr: u32): u32 {
  const s = spaceOf(space);
  const granule = granuleOf(s, addr);
  if (granule >= s.granules || !isHeld(space, granule)) return IOVA_NONE;
  const start = ownersStart(space, granule);
  return start !== IOVA_NONE && granule - start < ownersLength(space, start) ? start : IOVA_NONE;
}

/**
 * From now on the space remembers who holds what; spaces of devices do. Allocations made before are
 * held by nobody; the own allocator does not take them back any more.
 */
export function iovaTrackOwners(space: u32): void {
  spaceOf(space).owned = 1;
}

/** Names `owner` (0: nobody) as the holder of the allocation that begins at `addr`. */
export function iovaSetOwner(space: u32, addr: u32, owner: u32): void {
  const s = spaceOf(space);
  const granule = granuleOf(s, addr);
  if (granule < s.granules) ownersSet(space, granule, owner);
}

/** The holder of the allocation that contains `addr`; 0 for a free address or one without holder. */
export function iovaOwnerOf(space: u32, addr: u32): u32 {
  const start = startOf(space, addr);
  return start === IOVA_NONE ? 0 : ownersGet(space, start);
}

/** First address of the allocation that contains `addr`, or 0xffffffff. */
export function iovaStartOf(space: u32, addr: u32): u32 {
  const start = startOf(space, addr);
  const s = spaceOf(space);
  return start === IOVA_NONE ? IOVA_NONE : s.base + (start << (12 + s.order));
}
