// The IO-address allocator of drivers/iommu/iova.c (6.1): ranges in a red-black
// tree, given out from the top down (spec/dma-mapping 2.10).
//
//   start: the node of the last allocation (one memory below 4 GiB, one above)
//   walk down over the gaps; nothing found: once more from the limit down to there
//   max32: a size that failed below 4 GiB fails at once until something is freed there
//
// domain block: 0 root  4 spare nodes  8 slabs  12 startPfn  16 dma32Pfn  20 max32
//               24 cached  28 cached32  32 anchor  36 nodes  40 pages  44 rcache (0 none)
// slab, 4 KiB: 0 next, nodes of 32 bytes from 32 on
//
// Units are page frames (granules). The anchor, lo = hi = ~0, is never removed.
//
// Not modelled: the lock, more than one CPU, per-CPU hotplug.

import { IOVA_NONE } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { cacheDestroy } from "./range-cache";
import { nodeOf, rbFirst, rbLink, rbNext, rbPrev, rbUnlink } from "./rb-tree";

@unmanaged
export class RangeDomain {
  root: u32;
  spare: u32;
  slabs: u32;
  startPfn: u32;
  dma32Pfn: u32;
  max32: u32;
  cached: u32;
  cached32: u32;
  anchor: u32;
  nodes: u32;
  pages: u32;
  rcache: u32;
}

const DOMAIN_BYTES: u32 = 64;
const SLAB_BYTES: u32 = 4096;
const NODE_BYTES: u32 = 32;
const ANCHOR_PFN: u32 = 0xffffffff;

/** The domain block at `tree`. */
export function domainOf(tree: u32): RangeDomain {
  return changetype<RangeDomain>(<usize>tree);
}

function nodeAlloc(d: RangeDomain): u32 {
  let p = d.spare;
  if (p === 0) {
    const slab = <u32>arenaAlloc(SLAB_BYTES);
    if (slab === 0) return 0;
    store<u32>(slab, d.slabs);
    d.slabs = slab;
    for (let at = slab + SLAB_BYTES; at > slab + NODE_BYTES; ) {
      at -= NODE_BYTES;
      nodeOf(at).parent = p;
      p = at;
    }
  }
  d.spare = nodeOf(p).parent;
  return p;
}

function nodeFree(d: RangeDomain, p: u32): void {
  nodeOf(p).parent = d.spare;
  d.spare = p;
}

/** A domain: `granule` bytes per frame (a power of two), frames below `startPfn` are never given out. 0: no memory. */
export function rbCreate(granule: u32, startPfn: u32): u32 {
  const tree = <u32>arenaAlloc(DOMAIN_BYTES);
  if (tree === 0) return 0;
  const d = domainOf(tree);
  const anchor = nodeAlloc(d);
  if (anchor === 0) {
    arenaFree(tree, DOMAIN_BYTES);
    return 0;
  }
  d.startPfn = startPfn;
  d.dma32Pfn = (<u32>1) << (32 - ctz<u32>(granule));
  d.max32 = d.dma32Pfn;
  d.anchor = anchor;
  d.cached = anchor;
  d.cached32 = anchor;
  nodeOf(anchor).lo = ANCHOR_PFN;
  nodeOf(anchor).hi = ANCHOR_PFN;
  // Linked here and not by insert(): it is no range and is not counted.
  rbLink(tree, anchor, 0, false);
  return tree;
}

/** Gives everything of a domain back to the arena. */
export function rbDestroy(tree: u32): void {
  const d = domainOf(tree);
  if (d.rcache !== 0) cacheDestroy(d.rcache);
  for (let slab = d.slabs; slab !== 0; ) {
    const next = load<u32>(slab);
    arenaFree(slab, SLAB_BYTES);
    slab = next;
  }
  arenaFree(tree, DOMAIN_BYTES);
}

/** Hangs node `p` in, searching from `start` (0: the root) down. A second node with the same lo is not entered. */
function insert(tree: u32, p: u32, start: u32): void {
  const d = domainOf(tree);
  const lo = nodeOf(p).lo;
  let at = start === 0 ? d.root : start;
  let parent: u32 = 0;
  let left = false;
  while (at !== 0) {
    parent = at;
    const here = nodeOf(at);
    if (lo === here.lo) return;
    left = lo < here.lo;
    at = left ? here.left : here.right;
  }
  rbLink(tree, p, parent, left);
  d.nodes = d.nodes + 1;
  d.pages = d.pages + (nodeOf(p).hi - lo + 1);
}

/** Where the second walk starts: near the lowest node at or above `limit`, by the kernel's descent. */
function findLimit(d: RangeDomain, limit: u32): u32 {
  if (limit > d.dma32Pfn) return d.anchor;
  let node = d.root;
  while (nodeOf(node).hi < limit) node = nodeOf(node).right;
  let next = node;
  // From `node` to the left, then along the right spine of what is there; each node at or
  // above the limit met on the way becomes the new `node`.
  while (true) {
    next = nodeOf(node).left;
    if (next === 0) break;
    if (nodeOf(next).lo < limit) {
      do next = nodeOf(next).right;
      while (next !== 0 && nodeOf(next).lo < limit);
      if (next === 0) break;
    }
    node = next;
  }
  return node;
}

/** Lowest frame of a fresh range of `size` frames that ends at or below `limitPfn`, or 0xffffffff. */
export function rbAlloc(tree: u32, size: u32, limitPfn: u32, sizeAligned: u32): u32 {
  const d = domainOf(tree);
  const p = nodeAlloc(d);
  if (p === 0) return IOVA_NONE;
  const limit = limitPfn + 1;
  if (limit <= d.dma32Pfn && size >= d.max32) {
    nodeFree(d, p);
    return IOVA_NONE;
  }
  const mask = sizeAligned !== 0 ? ~(((<u32>1) << (32 - clz<u32>(size - 1))) - 1) : ~0;
  let low = d.startPfn;
  let high = limit;
  let at = limit <= d.dma32Pfn ? d.cached32 : d.cached;
  const resume = nodeOf(at).hi;
  let pfn: u32 = 0;
  let prev: u32 = 0;
  while (true) {
    do {
      high = min<u32>(high, nodeOf(at).lo);
      pfn = (high - size) & mask;
      prev = at;
      at = rbPrev(at);
    } while (at !== 0 && pfn <= nodeOf(at).hi && pfn >= low);
    if (high >= size && pfn >= low) break;
    if (low !== d.startPfn || resume >= limit) {
      d.max32 = size;
      nodeFree(d, p);
      return IOVA_NONE;
    }
    high = limit;
    low = resume + 1;
    at = findLimit(d, limit);
  }
  const node = nodeOf(p);
  node.lo = pfn;
  node.hi = pfn + size - 1;
  insert(tree, p, prev);
  if (node.hi < d.dma32Pfn) d.cached32 = p;
  else d.cached = p;
  return pfn;
}

/** The node that contains `pfn`, or 0. */
export function rbFind(tree: u32, pfn: u32): u32 {
  let at = domainOf(tree).root;
  while (at !== 0) {
    const node = nodeOf(at);
    if (pfn < node.lo) at = node.left;
    else if (pfn > node.hi) at = node.right;
    else break;
  }
  return at;
}

/** Lowest frame of node `p` of `rbFind` or `rbReserve`. */
export function rbNodeLo(p: u32): u32 {
  return nodeOf(p).lo;
}

/** Highest frame of node `p`. */
export function rbNodeHi(p: u32): u32 {
  return nodeOf(p).hi;
}

/** Removes node `p`; the remembered starting points move off it. */
export function rbRemove(tree: u32, p: u32): void {
  const d = domainOf(tree);
  const node = nodeOf(p);
  if (p === d.cached32 || (node.hi < d.dma32Pfn && node.lo >= nodeOf(d.cached32).lo)) d.cached32 = rbNext(p);
  if (node.lo < d.dma32Pfn) d.max32 = d.dma32Pfn;
  if (node.lo >= nodeOf(d.cached).lo) d.cached = rbNext(p);
  d.nodes = d.nodes - 1;
  d.pages = d.pages - (node.hi - node.lo + 1);
  rbUnlink(tree, p);
  nodeFree(d, p);
}

/** Frees the range that contains `pfn`; returns its frames, 0 when there is none. */
export function rbFree(tree: u32, pfn: u32): u32 {
  const p = rbFind(tree, pfn);
  if (p === 0) return 0;
  const frames = nodeOf(p).hi - nodeOf(p).lo + 1;
  rbRemove(tree, p);
  return frames;
}

/**
 * Takes [lo, hi] out of the space. Nodes it overlaps grow downwards to cover its head; what is left
 * above them becomes a node. Returns the node that was last touched, 0 without memory.
 */
export function rbReserve(tree: u32, lo: u32, hi: u32): u32 {
  const d = domainOf(tree);
  let overlap = false;
  for (let at = rbFirst(tree); at !== 0; at = rbNext(at)) {
    const node = nodeOf(at);
    if (lo <= node.hi && hi >= node.lo) {
      if (lo < node.lo) {
        d.pages = d.pages + (node.lo - lo);
        node.lo = lo;
      }
      if (hi > node.hi) lo = node.hi + 1;
      if (lo >= node.lo && hi <= node.hi) return at;
      overlap = true;
    } else if (overlap) {
      break;
    }
  }
  const p = nodeAlloc(d);
  if (p === 0) return 0;
  nodeOf(p).lo = lo;
  nodeOf(p).hi = hi;
  insert(tree, p, 0);
  return p;
}

/** Ranges in the tree, the anchor not counted. */
export function rbNodes(tree: u32): u32 {
  return domainOf(tree).nodes;
}

/** Frames in the tree's ranges. */
export function rbPages(tree: u32): u32 {
  return domainOf(tree).pages;
}
