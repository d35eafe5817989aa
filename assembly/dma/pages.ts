// Blocks of guest pages for allocations: from the FEED ring while it holds any (a replay supplies the
// addresses the recorded kernel got), else from dram.ts; and the zeroing that every block gets.
//
//   FEED entry   word 0  page address (31:12), attempts that fail before it is given (11:0)
//                        0xffffffff: no page at all, word 1 attempts (at least one) fail
//                word 1  bytes; a longer block is used up in parts, a shorter one makes the attempt
//                        fail and stays for a smaller order
//
//   clear, lowmem:  zero all, flush inner, flush outer
//   clear, highmem: per page map, zero, flush inner, unmap; then flush outer once   (v3.14 and later)
//
// Not modelled: zones, reclaim, order-dependent pressure; the CMA area is the same guest memory.

import {
  COUNT_FEED_FOREIGN,
  COUNT_FEED_UNUSED,
  LOG_GROUP_PAGES,
  LOGK_ALLOC_PAGES,
  LOGK_CMA_ALLOC,
  LOGK_CMA_FREE,
  LOGK_FREE_PAGE,
  NO_PA,
  SWITCH_DMA_CLEAR_HIGH,
} from "../abi";
import { count, countAdd } from "../counters";
import { inDram, pagesAlloc, pagesFree, pagesReserve } from "../dram";
import { header } from "../header";
import { FEED, FEED_COUNT, HEADER } from "../layout";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { clearHigh, clearLinear } from "./pages-cache";
import { isHighmem } from "./sync";

/** Byte offset in the header of the order that blockAllocDown found. */
const ORDER: usize = 0x190;

/** Set by `takeBlock` in its result's low bit: the pages are not the allocator's to get back. */
export const FOREIGN: u32 = 1;

/** Appends a block to the FEED ring; dropped when the ring is full. */
export function feedPages(pa: u32, bytes: u32): void {
  const h = header();
  if (h.feedTail - h.feedHead >= FEED_COUNT) return;
  const at = FEED + ((<usize>(h.feedTail & (FEED_COUNT - 1))) << 3);
  store<u32>(at, pa);
  store<u32>(at, bytes, 4);
  h.feedTail = h.feedTail + 1;
}

/** Ends the blocks supplied for an allocation: one that the pool served left them, and they are no other's. */
export function feedDrop(): void {
  const h = header();
  if (h.feedHead === h.feedTail) return;
  countAdd(COUNT_FEED_UNUSED, h.feedTail - h.feedHead);
  h.feedHead = h.feedTail;
}

/** `pages` pages from the FEED ring; NO_PA when it says so or its block is shorter. */
function takeFed(pages: u32): u32 {
  const h = header();
  const at = FEED + ((<usize>(h.feedHead & (FEED_COUNT - 1))) << 3);
  const word = load<u32>(at);
  const bytes = load<u32>(at, 4);
  if (word === NO_PA) {
    if (bytes > 1) store<u32>(at, bytes - 1, 4);
    else h.feedHead = h.feedHead + 1;
    return NO_PA;
  }
  if ((word & 4095) !== 0) {
    store<u32>(at, word - 1);
    return NO_PA;
  }
  const wanted = pages << 12;
  if (bytes < wanted) return NO_PA;
  if (bytes === wanted) h.feedHead = h.feedHead + 1;
  else {
    store<u32>(at, word + wanted);
    store<u32>(at, bytes - wanted, 4);
  }
  if (!inDram(word, wanted)) return word | FOREIGN;
  if (pagesReserve(word, pages)) return word;
  count(COUNT_FEED_FOREIGN);
  return word | FOREIGN;
}

function takeBlock(pages: u32, alignOrder: u32): u32 {
  const h = header();
  return h.feedHead !== h.feedTail ? takeFed(pages) : pagesAlloc(pages, alignOrder);
}

/** alloc_pages of 2^order pages: their address (| FOREIGN), NO_PA when there are none. */
export function blockAlloc(order: u32): u32 {
  const pa = takeBlock((<u32>1) << order, order);
  if (logging(LOG_GROUP_PAGES)) {
    const failed = pa === NO_PA;
    logEvent(LOG_GROUP_PAGES, LOGK_ALLOC_PAGES, order, failed ? pa : pa & ~FOREIGN, failed ? 1 : 0, 0, 0);
  }
  return pa;
}

/**
 * alloc_pages of 2^order pages and, failing that, of every lower order; the result as `blockAlloc`, the order
 * that succeeded by `blockOrder`. The failures are one event: a fragmented memory gives ten a page.
 */
export function blockAllocDown(order: u32): u32 {
  let at = order;
  let pa = takeBlock((<u32>1) << at, at);
  while (pa === NO_PA && at !== 0) {
    at--;
    pa = takeBlock((<u32>1) << at, at);
  }
  store<u32>(HEADER, at, ORDER);
  if (logging(LOG_GROUP_PAGES)) {
    const failures = order - at + (pa === NO_PA ? 1 : 0);
    if (failures !== 0) logEvent(LOG_GROUP_PAGES, LOGK_ALLOC_PAGES, order, NO_PA, failures, 0, 0);
    if (pa !== NO_PA) logEvent(LOG_GROUP_PAGES, LOGK_ALLOC_PAGES, at, pa & ~FOREIGN, 0, 0, 0);
  }
  return pa;
}

/** Order of the block that the last `blockAllocDown` found. */
export function blockOrder(): u32 {
  return load<u32>(HEADER, ORDER);
}

/** Frees `pages` pages one by one; `foreign` ones are only logged. */
export function blockFree(pa: u32, pages: u32, foreign: bool): void {
  if (logging(LOG_GROUP_PAGES)) {
    for (let i: u32 = 0; i < pages; i++) {
      logEvent(LOG_GROUP_PAGES, LOGK_FREE_PAGE, pa + (i << 12), 0, 0, 0, 0);
    }
  }
  if (!foreign) pagesFree(pa, pages);
}

/** A block of the contiguous area, aligned to `order` (at most 8: CONFIG_CMA_ALIGNMENT); as `blockAlloc`. */
export function contiguousAlloc(pages: u32, order: u32): u32 {
  const pa = takeBlock(pages, min<u32>(order, 8));
  if (logging(LOG_GROUP_PAGES)) {
    logEvent(LOG_GROUP_PAGES, LOGK_CMA_ALLOC, pages, order, pa === NO_PA ? pa : pa & ~FOREIGN, 0, 0);
  }
  return pa;
}

/** Gives back a block of `contiguousAlloc`. */
export function contiguousFree(pa: u32, pages: u32, foreign: bool): void {
  if (logging(LOG_GROUP_PAGES)) logEvent(LOG_GROUP_PAGES, LOGK_CMA_FREE, pa, pages, 0, 0, 0);
  if (!foreign) pagesFree(pa, pages);
}

/** Zeroes a fresh block and, with `flush`, throws it out of both cache levels (__dma_clear_buffer). */
export function clearBuffer(pa: u32, bytes: u32, flush: bool): void {
  if (switchOf(SWITCH_DMA_CLEAR_HIGH) !== 0 && isHighmem(pa)) clearHigh(pa, bytes, flush);
  else clearLinear(pa, bytes, flush);
}
