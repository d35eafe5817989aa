// Handing a buffer over: __dma_page_cpu_to_dev and __dma_page_dev_to_cpu of arch/arm
// (spec/dma-mapping 4.1, 4.4).
//
//   cpu to dev   inner (by virtual address), then outer (by physical address)
//   dev to cpu   outer, then inner, then whole pages are marked clean
//
// Lowmem has one operation over the linear map. Highmem goes page by page, through a
// temporary kmap or, up to v3.6, through a permanent one where the page has it.
//
// Not modelled: aliasing caches; the flag PG_dcache_clean itself (an event says when it is set).

import {
  COUNT_KMAP_PERMANENT,
  COUNT_KMAP_TEMPORARY,
  COUNT_RUNAWAY_SYNC,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  LOG_GROUP_CACHE,
  LOGK_DCACHE_CLEAN,
  LOGK_KMAP_ATOMIC,
  LOGK_KMAP_HIGH_GET,
  LOGK_KUNMAP_ATOMIC,
  LOGK_KUNMAP_HIGH,
  SWITCH_KMAP,
  SWITCH_MARK_CLEAN,
  SWITCH_UNMAP_TO_DEVICE,
  VIA_LINEAR,
  VIA_PERMANENT,
  VIA_TEMPORARY,
} from "../abi";
import { coldRange } from "../cache/cold";
import { dmacMapVia, dmacUnmapVia } from "../cache/inner";
import { outerClean, outerInvalidate } from "../cache/outer";
import { cache, cacheReady } from "../cache/state";
import { count, countAdd } from "../counters";
import { PAGE_SIZE } from "../dram";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { kmapListed } from "./kmap-list";

/** Physical addresses from `start` on have no linear mapping (0xffffffff: all have one). */
export function syncSetHighmem(start: u32): void {
  if (cacheReady()) cache().highmemStart = start;
}

/** The highmem pages of [start, end) have a permanent kmap. */
export function syncSetKmapped(start: u32, end: u32): void {
  if (!cacheReady()) return;
  cache().kmapFirst = start;
  cache().kmapEnd = end;
}

/** True when the page at `pa` has no linear mapping. */
export function isHighmem(pa: u32): bool {
  return cacheReady() && pa >= cache().highmemStart;
}

function note(kind: u32, a: u32, b: u32): void {
  if (logging(LOG_GROUP_CACHE)) logEvent(LOG_GROUP_CACHE, kind, a, b, 0, 0, 0);
}

function inner(pa: u32, size: u32, dir: u32, via: u32, unmap: bool): void {
  if (unmap) dmacUnmapVia(pa, size, dir, via);
  else dmacMapVia(pa, size, dir, via);
}

/** One page of highmem: `size` bytes at `offset` of the page at `page`. */
function highmemPage(page: u32, offset: u32, size: u32, dir: u32, unmap: bool): void {
  if (switchOf(SWITCH_KMAP) === 0) {
    const found = page - cache().kmapFirst < cache().kmapEnd - cache().kmapFirst || kmapListed(page);
    note(LOGK_KMAP_HIGH_GET, page, found ? 1 : 0);
    if (found) {
      count(COUNT_KMAP_PERMANENT);
      inner(page + offset, size, dir, VIA_PERMANENT, unmap);
      note(LOGK_KUNMAP_HIGH, page, 0);
      return;
    }
  }
  count(COUNT_KMAP_TEMPORARY);
  note(LOGK_KMAP_ATOMIC, page, 0);
  inner(page + offset, size, dir, VIA_TEMPORARY, unmap);
  note(LOGK_KUNMAP_ATOMIC, page, 0);
}

/** dma_cache_maint_page: the inner operation over `size` bytes at `offset` of `page`. */
function maintain(page: u32, offset: u32, size: u32, dir: u32, unmap: bool): void {
  const old = switchOf(SWITCH_KMAP) === 0;
  const start = page + (offset & ~(PAGE_SIZE - 1));
  if (!isHighmem(old ? page : start)) {
    inner(page + offset, size, dir, VIA_LINEAR, unmap);
    return;
  }
  // v3.6 moves on to the right page only when the length crosses one, and then takes
  // the rest of that page whatever is left: its loop never ends (README, number 8).
  if (old && offset >= PAGE_SIZE && (offset & (PAGE_SIZE - 1)) + size < PAGE_SIZE) count(COUNT_RUNAWAY_SYNC);
  let at = start;
  let from = offset & (PAGE_SIZE - 1);
  let left = size;
  do {
    const n = min(PAGE_SIZE - from, left);
    highmemPage(at, from, n, dir, unmap);
    at += PAGE_SIZE;
    from = 0;
    left -= n;
  } while (left !== 0);
}

/** True when the way to the lines of `page` (lowmem, or any temporary mapping) leaves nothing but events. */
function straight(page: u32): bool {
  return switchOf(SWITCH_KMAP) !== 0 || !isHighmem(page);
}

/** True when nothing of `size` bytes at `pa` is cached; highmem pages are then mapped in vain, and counted. */
function cold(page: u32, pa: u32, size: u32, invalidate: bool): bool {
  if (!straight(page) || !coldRange(pa, size, invalidate)) return false;
  if (isHighmem(pa)) countAdd(COUNT_KMAP_TEMPORARY, ((pa & (PAGE_SIZE - 1)) + size + PAGE_SIZE - 1) >> 12);
  return true;
}

/** Gives `size` bytes at `offset` of the page at `page` to the device, for direction `dir`. */
export function syncCpuToDev(page: u32, offset: u32, size: u32, dir: u32): void {
  const pa = page + offset;
  if (cold(page, pa, size, dir === DMA_FROM_DEVICE)) return;
  maintain(page, offset, size, dir, false);
  if (dir === DMA_FROM_DEVICE) outerInvalidate(pa, pa + size);
  else outerClean(pa, pa + size);
}

/** Gives `size` bytes at `offset` of the page at `page` back to the CPU, for direction `dir`. */
export function syncDevToCpu(page: u32, offset: u32, size: u32, dir: u32): void {
  const pa = page + offset;
  if (dir !== DMA_TO_DEVICE && cold(page, pa, size, true)) return;
  if (dir !== DMA_TO_DEVICE) outerInvalidate(pa, pa + size);
  if (dir !== DMA_TO_DEVICE || switchOf(SWITCH_UNMAP_TO_DEVICE) !== 0)
    maintain(page, offset, size, dir, true);
  if (dir !== DMA_TO_DEVICE && size >= PAGE_SIZE && logging(LOG_GROUP_CACHE)) markClean(page, offset, size);
}

/** Tells which pages are marked clean: the first if the buffer starts with it (v3.6), or all covered whole. */
function markClean(page: u32, offset: u32, size: u32): void {
  const rule = switchOf(SWITCH_MARK_CLEAN);
  if (rule === 0) return;
  if (rule === 1) {
    if (offset === 0) note(LOGK_DCACHE_CLEAN, page, 0);
    return;
  }
  let at = (page + offset + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  let left = size - (at - (page + offset));
  while (<i32>left >= <i32>PAGE_SIZE) {
    note(LOGK_DCACHE_CLEAN, at, 0);
    at += PAGE_SIZE;
    left -= PAGE_SIZE;
  }
}
