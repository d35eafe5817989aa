// The atomic pool: one physically contiguous, uncached block from which callers that cannot sleep
// are served. First fit from page 0, aligned to the request's order relative to the pool.
//
//   block: +0 pa   +4 pages   +8 used pages   +16 one bit per page
//
// Memory is zeroed once, when the pool is made, never per allocation: an old owner's bytes show.
// Sources: arch/arm/mm/dma-mapping.c v3.6 (bitmap), v4.4 and v6.1 (gen_pool_first_fit_order_align).
//
// Not modelled: growing the pool.

import {
  COUNT_POOL_EMPTY,
  ENOMEM,
  LOG_GROUP_PAGES,
  LOGK_POOL_ALLOC,
  LOGK_POOL_FREE,
  NO_PA,
  SWITCH_DMA_POOL_PAGES,
} from "../abi";
import { arenaAlloc } from "../arena";
import { count } from "../counters";
import { pagesAlloc } from "../dram";
import { header } from "../header";
import { HEADER } from "../layout";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { clearBuffer } from "./pages";

/** 256 KiB, unless the host sets the size switch (`coherent_pool=`). */
const DEFAULT_PAGES: u32 = 64;
const BITS: usize = 16;
/** Byte offset in the header of the pool's address. */
const POOL: usize = 0x180;

function poolBlock(): usize {
  return load<u32>(HEADER, POOL);
}

/**
 * Makes the pool at `pa`, or in pages of the guest when `pa` is NO_PA. Returns 0 or 12 (ENOMEM). Called at
 * boot; the first atomic allocation does it otherwise. A second call starts over with an empty pool.
 */
export function poolInit(pa: u32): i32 {
  const wanted = switchOf(SWITCH_DMA_POOL_PAGES);
  const pages = wanted === 0 ? DEFAULT_PAGES : wanted;
  let at = pa;
  if (at === NO_PA) {
    at = pagesAlloc(pages, orderOf(pages));
    if (at === NO_PA) return ENOMEM;
    // Boot did this; an event here would look like part of the allocation.
    const h = header();
    const mask = h.logMask;
    h.logMask = 0;
    clearBuffer(at, pages << 12, true);
    h.logMask = mask;
  }
  const block = arenaAlloc(<u32>BITS + ((pages + 31) >> 5) * 4);
  if (block === 0) return ENOMEM;
  store<u32>(block, at);
  store<u32>(block, pages, 4);
  store<u32>(HEADER, <u32>block, POOL);
  return 0;
}

/** get_order in pages: the least n with 2^n >= `pages`; 20 for 0, where the kernel's wraps. */
export function orderOf(pages: u32): u32 {
  if (pages === 0) return 20;
  return pages === 1 ? 0 : 32 - clz<u32>(pages - 1);
}

function bit(block: usize, page: u32): bool {
  return ((load<u32>(block + BITS + ((page >> 5) << 2)) >> (page & 31)) & 1) !== 0;
}

function mark(block: usize, first: u32, pages: u32, value: bool): void {
  for (let page = first; page < first + pages; page++) {
    const at = block + BITS + ((page >> 5) << 2);
    const mask = (<u32>1) << (page & 31);
    const word = load<u32>(at);
    if (((word & mask) !== 0) === value) continue;
    store<u32>(at, word ^ mask);
    store<u32>(block, load<u32>(block, 8) + (value ? 1 : -1), 8);
  }
}

function find(block: usize, pages: u32): u32 {
  const total = load<u32>(block, 4);
  const step = (<u32>1) << orderOf(pages);
  for (let first: u32 = 0; first < total && pages <= total - first; first += step) {
    let n: u32 = 0;
    while (n < pages && !bit(block, first + n)) n++;
    if (n === pages) return first;
  }
  return NO_PA;
}

/** `pages` contiguous pages of the pool; NO_PA when there is no room (or no pool). */
export function poolAlloc(pages: u32): u32 {
  if (poolBlock() === 0 && poolInit(NO_PA) !== 0) return NO_PA;
  const block = poolBlock();
  const first = find(block, pages);
  let pa = NO_PA;
  if (first === NO_PA) count(COUNT_POOL_EMPTY);
  else {
    mark(block, first, pages, true);
    pa = load<u32>(block) + (first << 12);
  }
  if (logging(LOG_GROUP_PAGES)) logEvent(LOG_GROUP_PAGES, LOGK_POOL_ALLOC, pages, pa, 0, 0, 0);
  return pa;
}

/** Gives back pages of `poolAlloc`. */
export function poolFree(pa: u32, pages: u32): void {
  const block = poolBlock();
  mark(block, (pa - load<u32>(block)) >> 12, pages, false);
  if (logging(LOG_GROUP_PAGES)) logEvent(LOG_GROUP_PAGES, LOGK_POOL_FREE, pa, pages, 0, 0, 0);
}

/** True when `pa` lies in the pool. */
export function poolContains(pa: u32): bool {
  const block = poolBlock();
  return block !== 0 && (pa - load<u32>(block)) >> 12 < load<u32>(block, 4);
}

/** Pages of the pool in use. */
export function poolUsed(): u32 {
  const block = poolBlock();
  return block === 0 ? 0 : load<u32>(block, 8);
}

/** Physical address of the pool, NO_PA before there is one. */
export function poolBase(): u32 {
  const block = poolBlock();
  return block === 0 ? NO_PA : load<u32>(block);
}
