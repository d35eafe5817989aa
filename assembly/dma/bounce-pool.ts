// dma_pool (mm/dmapool.c): blocks of one size cut from pages of coherent memory.
//
//   pool  0 block size  4 bytes per page  8 first page   12 pages  16 blocks in use
//   page  0 next        4 allocation      8 pa           12 first free offset  16 blocks in use
//
// The list of free blocks is threaded through the blocks themselves, so a fresh block begins
// with an offset: that is the garbage a FROM_DEVICE buffer shows. Pages are never given back
// before the pool is destroyed. The last block of a page stays unused when it would end exactly
// at the page's end (fixed in 6.3; switch DMA_POOL_WASTE).
//
// Not modelled: poisoning, devres, boundaries other than the page.

import { GFP_ATOMIC, NO_PA, SWITCH_DMA_POOL_WASTE } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { deviceOf } from "../device";
import { dramRead32, dramWrite32, inDram } from "../dram";
import { switchOf } from "../switches";
import { runPa } from "./alloc-record";
import { linearAlloc, linearFree } from "./linear-alloc";

const POOL_BYTES: u32 = 64;

@unmanaged
class BlockPool {
  size: u32;
  span: u32;
  first: u32;
  pages: u32;
  used: u32;
}

@unmanaged
class BlockPage {
  next: u32;
  allocation: u32;
  pa: u32;
  free: u32;
  used: u32;
}

function poolAt(at: u32): BlockPool {
  return changetype<BlockPool>(<usize>at);
}

function pageAt(at: u32): BlockPage {
  return changetype<BlockPage>(<usize>at);
}

/** A pool of blocks of `size` bytes (at least 4); 0 when memory is exhausted. */
export function blockPoolCreate(size: u32): u32 {
  const at = <u32>arenaAlloc(POOL_BYTES);
  if (at === 0) return 0;
  const pool = poolAt(at);
  pool.size = max<u32>(size, 4);
  pool.span = max<u32>(pool.size, 4096);
  return at;
}

/** Block size of a pool. */
export function blockPoolSize(at: u32): u32 {
  return poolAt(at).size;
}

/** Gives back a pool and its pages; blocks in use vanish with them. */
export function blockPoolDestroy(index: u32, at: u32): void {
  let page = poolAt(at).first;
  while (page !== 0) {
    const next = pageAt(page).next;
    linearFree(index, pageAt(page).allocation);
    arenaFree(page, POOL_BYTES);
    page = next;
  }
  arenaFree(at, POOL_BYTES);
}

function addPage(index: u32, pool: BlockPool): u32 {
  const allocation = linearAlloc(index, pool.span, GFP_ATOMIC, 0);
  if (allocation === 0) return 0;
  const pa = runPa(allocation, 0);
  const at = inDram(pa, pool.span) ? <u32>arenaAlloc(POOL_BYTES) : 0;
  if (at === 0) {
    linearFree(index, allocation);
    return 0;
  }
  const waste = switchOf(SWITCH_DMA_POOL_WASTE) !== 0;
  let offset: u32 = 0;
  while (offset < pool.span) {
    let next = offset + pool.size;
    const end = next + pool.size;
    if (waste ? end >= pool.span : end > pool.span) next = pool.span;
    dramWrite32(pa + offset, next);
    offset = next;
  }
  const page = pageAt(at);
  page.allocation = allocation;
  page.pa = pa;
  page.next = pool.first;
  pool.first = at;
  pool.pages = pool.pages + 1;
  return at;
}

/** A block: its physical address, NO_PA when no page is to be had. The newest page with room serves. */
export function blockPoolAlloc(index: u32, at: u32): u32 {
  const pool = poolAt(at);
  let found = pool.first;
  while (found !== 0 && pageAt(found).free >= pool.span) found = pageAt(found).next;
  if (found === 0) found = addPage(index, pool);
  if (found === 0) return NO_PA;
  const page = pageAt(found);
  const pa = page.pa + page.free;
  page.free = dramRead32(pa);
  page.used = page.used + 1;
  pool.used = pool.used + 1;
  return pa;
}

/** Gives back the block at `pa` of `blockPoolAlloc`. */
export function blockPoolFree(at: u32, pa: u32): void {
  const pool = poolAt(at);
  let found = pool.first;
  while (found !== 0 && pa - pageAt(found).pa >= pool.span) found = pageAt(found).next;
  if (found === 0) return;
  const page = pageAt(found);
  dramWrite32(pa, page.free);
  page.free = pa - page.pa;
  page.used = page.used - 1;
  pool.used = pool.used - 1;
}

/** Bus address of memory at `pa` for device `index`. */
export function busOf(index: u32, pa: u32): u32 {
  return pa - deviceOf(index).dmaOffset;
}
