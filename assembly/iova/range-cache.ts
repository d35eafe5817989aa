// The rcache in front of the range tree (drivers/iommu/iova.c, 6.1): freed ranges of
// 1, 2, 4 .. 32 frames wait in magazines and are handed out again without the tree.
//
//   per class: loaded and prev magazine of the CPU, depot of up to 32 full ones
//   free:  loaded, else prev (swapped), else loaded goes to the depot and an empty one
//          is put in; with a full depot the 128 ranges of loaded go back to the tree
//   get:   loaded, else prev (swapped), else one of the depot; the last entry that
//          starts at or below the limit
//
// class, 160 bytes: 0 loaded  4 prev  8 depotSize  32 depot[32]
// magazine: 0 size  4 frames[128]
//
// Not modelled: several CPUs; the delayed trimming of 6.7 and later.

import { IOVA_NONE } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { domainOf, rbAlloc, rbFind, rbFree, rbRemove } from "./range-tree";

const CLASSES: u32 = 6;
const CLASS_BYTES: u32 = 160;
const MAGAZINE: u32 = 128;
const MAGAZINE_BYTES: u32 = 4 + MAGAZINE * 4;
const DEPOT: u32 = 32;

@unmanaged
class Class {
  loaded: u32;
  prev: u32;
  depotSize: u32;
}

function classOf(rcache: u32, k: u32): Class {
  return changetype<Class>(<usize>(rcache + k * CLASS_BYTES));
}

function depotAt(c: Class, i: u32): usize {
  return changetype<usize>(c) + 32 + ((<usize>i) << 2);
}

/** Two empty magazines per class, or 0 when memory is exhausted. */
function cacheCreate(): u32 {
  const rcache = <u32>arenaAlloc(CLASSES * CLASS_BYTES);
  if (rcache === 0) return 0;
  for (let k: u32 = 0; k < CLASSES; k++) {
    const c = classOf(rcache, k);
    c.loaded = <u32>arenaAlloc(MAGAZINE_BYTES);
    c.prev = <u32>arenaAlloc(MAGAZINE_BYTES);
    if (c.loaded === 0 || c.prev === 0) {
      cacheDestroy(rcache);
      return 0;
    }
  }
  return rcache;
}

/** Gives the magazines back to the arena; the ranges in them stay in the tree. */
export function cacheDestroy(rcache: u32): void {
  for (let k: u32 = 0; k < CLASSES; k++) {
    const c = classOf(rcache, k);
    arenaFree(c.loaded, MAGAZINE_BYTES);
    arenaFree(c.prev, MAGAZINE_BYTES);
    for (let i: u32 = 0; i < c.depotSize; i++) arenaFree(load<u32>(depotAt(c, i)), MAGAZINE_BYTES);
  }
  arenaFree(rcache, CLASSES * CLASS_BYTES);
}

function cacheOf(tree: u32): u32 {
  const d = domainOf(tree);
  if (d.rcache === 0) d.rcache = cacheCreate();
  return d.rcache;
}

function swap(c: Class): void {
  const loaded = c.loaded;
  c.loaded = c.prev;
  c.prev = loaded;
}

/** Returns the ranges of a magazine to the tree; one that is not there is passed over (WARN in the kernel). */
function emptyInto(tree: u32, magazine: u32): void {
  const n = load<u32>(magazine);
  for (let i: u32 = 0; i < n; i++) {
    const p = rbFind(tree, load<u32>(magazine + (i << 2), 4));
    if (p !== 0) rbRemove(tree, p);
  }
  store<u32>(magazine, 0);
}

function put(tree: u32, k: u32, pfn: u32): bool {
  const rcache = cacheOf(tree);
  if (rcache === 0) return false;
  const c = classOf(rcache, k);
  let full: u32 = 0;
  if (load<u32>(c.loaded) === MAGAZINE) {
    if (load<u32>(c.prev) < MAGAZINE) {
      swap(c);
    } else {
      const fresh = <u32>arenaAlloc(MAGAZINE_BYTES);
      if (fresh === 0) return false;
      if (c.depotSize < DEPOT) {
        store<u32>(depotAt(c, c.depotSize), c.loaded);
        c.depotSize = c.depotSize + 1;
      } else {
        full = c.loaded;
      }
      c.loaded = fresh;
    }
  }
  const n = load<u32>(c.loaded);
  store<u32>(c.loaded + (n << 2), pfn, 4);
  store<u32>(c.loaded, n + 1);
  if (full !== 0) {
    emptyInto(tree, full);
    arenaFree(full, MAGAZINE_BYTES);
  }
  return true;
}

/** The last entry of `magazine` at or below `limit`, taken out; 0 when there is none. */
function pop(magazine: u32, limit: u32): u32 {
  const n = load<u32>(magazine);
  for (let i = n; i-- > 0; ) {
    const at = magazine + 4 + (i << 2);
    const pfn = load<u32>(at);
    if (pfn <= limit) {
      store<u32>(at, load<u32>(magazine + (n << 2)));
      store<u32>(magazine, n - 1);
      return pfn;
    }
  }
  return 0;
}

function get(tree: u32, k: u32, limit: u32): u32 {
  const rcache = cacheOf(tree);
  if (rcache === 0) return 0;
  const c = classOf(rcache, k);
  if (load<u32>(c.loaded) === 0) {
    if (load<u32>(c.prev) !== 0) {
      swap(c);
    } else {
      if (c.depotSize === 0) return 0;
      c.depotSize = c.depotSize - 1;
      arenaFree(c.loaded, MAGAZINE_BYTES);
      c.loaded = load<u32>(depotAt(c, c.depotSize));
    }
  }
  return pop(c.loaded, limit);
}

/** Returns every waiting range to the tree. */
export function rbFlush(tree: u32): void {
  const rcache = domainOf(tree).rcache;
  if (rcache === 0) return;
  for (let k: u32 = 0; k < CLASSES; k++) {
    emptyInto(tree, classOf(rcache, k).loaded);
    emptyInto(tree, classOf(rcache, k).prev);
  }
  for (let k: u32 = 0; k < CLASSES; k++) {
    const c = classOf(rcache, k);
    for (let i: u32 = 0; i < c.depotSize; i++) {
      emptyInto(tree, load<u32>(depotAt(c, i)));
      arenaFree(load<u32>(depotAt(c, i)), MAGAZINE_BYTES);
    }
    c.depotSize = 0;
  }
}

/** Class of `size` frames (ceil(log2)); 6 and above are not cached. */
function classOfSize(size: u32): u32 {
  return size === 0 ? 0 : 32 - clz<u32>(size - 1);
}

/** Frames that `rbAllocFast` really takes for `size`: cacheable sizes are rounded up to a power of two. */
export function rbRounded(size: u32): u32 {
  return size < 1 << (CLASSES - 1) && size !== 0 ? (<u32>1) << classOfSize(size) : size;
}

/** A range through the magazines: lowest frame, or 0. `flush`: on failure empty all magazines and try again. */
export function rbAllocFast(tree: u32, size: u32, limitPfn: u32, flush: u32): u32 {
  size = rbRounded(size);
  const k = classOfSize(size);
  if (k < CLASSES) {
    const pfn = get(tree, k, limitPfn + 1 - size);
    if (pfn !== 0) return pfn;
  }
  let pfn = rbAlloc(tree, size, limitPfn, 1);
  if (pfn === IOVA_NONE && flush !== 0) {
    rbFlush(tree);
    pfn = rbAlloc(tree, size, limitPfn, 1);
  }
  return pfn === IOVA_NONE ? 0 : pfn;
}

/** Frees a range of `rbAllocFast` of the size that was asked for. Nothing is checked, as in the kernel. */
export function rbFreeFast(tree: u32, pfn: u32, size: u32): void {
  const k = classOfSize(size);
  if (k < CLASSES && put(tree, k, pfn)) return;
  rbFree(tree, pfn);
}

/** Frames that wait in magazines, each counted at the size of its class. */
export function rbCached(tree: u32): u32 {
  const rcache = domainOf(tree).rcache;
  if (rcache === 0) return 0;
  let frames: u32 = 0;
  for (let k: u32 = 0; k < CLASSES; k++) {
    const c = classOf(rcache, k);
    let n = load<u32>(c.loaded) + load<u32>(c.prev);
    for (let i: u32 = 0; i < c.depotSize; i++) n += load<u32>(load<u32>(depotAt(c, i)));
    frames += n << k;
  }
  return frames;
}
