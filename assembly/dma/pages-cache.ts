// How a fresh block of pages meets the caches: zeroed by CPU stores, so lines are allocated and
// dirtied as anywhere else, then flushed by virtual (inner) and physical (outer) address.
//
// Not modelled: the time a memset takes; stores to memory outside DRAM are dropped.

import {
  LOG_GROUP_CACHE,
  LOG_GROUP_PAGES,
  LOGK_KMAP_ATOMIC,
  LOGK_KUNMAP_ATOMIC,
  LOGK_ZERO,
  VIA_LINEAR,
  VIA_TEMPORARY,
} from "../abi";
import { arenaAlloc } from "../arena";
import { cpuWrite, dmacFlushVia, outerFlush } from "../cache/index";
import { zeroFlushed } from "../cache/zero";
import { inDram } from "../dram";
import { HEADER } from "../layout";
import { logEvent, logging } from "../log";

/** Byte offset in the header of the address of a page of zeros. */
const ZEROS: usize = 0x188;

/** Address of a page of zeros, 0 when memory is exhausted. */
export function zeroBlock(): usize {
  let block = load<u32>(HEADER, ZEROS);
  if (block === 0) {
    block = <u32>arenaAlloc(4096);
    store<u32>(HEADER, block, ZEROS);
  }
  return block;
}

/** The CPU stores zeros over `bytes` (whole pages) at `pa`. */
export function zeroPages(pa: u32, bytes: u32): void {
  if (logging(LOG_GROUP_PAGES)) logEvent(LOG_GROUP_PAGES, LOGK_ZERO, pa, bytes, 0, 0, 0);
  if (!inDram(pa, bytes)) return;
  const from = zeroBlock();
  if (from === 0) return;
  for (let done: u32 = 0; done < bytes; done += 4096) cpuWrite(pa + done, 4096, from);
}

/** Zeroes `bytes` at `pa` over the linear map, then flushes both levels when `flush`. */
export function clearLinear(pa: u32, bytes: u32, flush: bool): void {
  const from = flush ? zeroBlock() : 0;
  if (from !== 0 && zeroFlushed(pa, bytes, from)) return;
  zeroPages(pa, bytes);
  if (!flush) return;
  dmacFlushVia(pa, bytes, VIA_LINEAR);
  outerFlush(pa, pa + bytes);
}

/** As `clearLinear` for highmem: page by page through a temporary mapping, the outer level once. */
export function clearHigh(pa: u32, bytes: u32, flush: bool): void {
  for (let done: u32 = 0; done < bytes; done += 4096) {
    const page = pa + done;
    if (logging(LOG_GROUP_CACHE)) logEvent(LOG_GROUP_CACHE, LOGK_KMAP_ATOMIC, page, 0, 0, 0, 0);
    zeroPages(page, 4096);
    if (flush) dmacFlushVia(page, 4096, VIA_TEMPORARY);
    if (logging(LOG_GROUP_CACHE)) logEvent(LOG_GROUP_CACHE, LOGK_KUNMAP_ATOMIC, page, 0, 0, 0, 0);
  }
  if (flush) outerFlush(pa, pa + bytes);
}
