// Page-table memory as the driver handles it: written through the CPU's caches, then brought
// to memory for the walker, which reads past them.
//
//   v4.5 and later   sync_for_cpu, store, sync_for_device (clean)      streaming DMA API
//   before           store, dmac_flush_range, outer_flush_range        clean and invalidate
//
// Not modelled: barriers beyond those of the cache routines.

import {
  CONTEXT_TABLE,
  COUNT_TABLE_SYNCS,
  LOG_GROUP_TABLE,
  LOGK_TABLE_DFLUSH,
  LOGK_TABLE_DMA_MAP,
  LOGK_TABLE_DMA_UNMAP,
  LOGK_TABLE_OFLUSH,
  LOGK_TABLE_SYNC_CPU,
  LOGK_TABLE_SYNC_DEV,
  SWITCH_DRIVER_TABLE_SYNC,
  TABLE_SYNC_DMA,
} from "../abi";
import { cpuWrite32 } from "../cache/access";
import { cacheContext, innerClean, innerFlush, outerClean, outerFlush } from "../cache/index";
import { storeClean32 } from "../cache/store-clean";
import { count } from "../counters";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";

export { cpuRead, cpuRead32, cpuWrite, cpuWrite32 } from "../cache/index";

function note(kind: u32, pa: u32, bytes: u32): void {
  if (logging(LOG_GROUP_TABLE)) logEvent(LOG_GROUP_TABLE, kind, pa, bytes, 0, 0, 0);
}

function clean(pa: u32, bytes: u32): void {
  const before = cacheContext(CONTEXT_TABLE);
  innerClean(pa, pa + bytes);
  outerClean(pa, pa + bytes);
  cacheContext(before);
}

/** Before the CPU changes [pa, pa + bytes) of a table. */
export function tableOpen(pa: u32, bytes: u32): void {
  if (switchOf(SWITCH_DRIVER_TABLE_SYNC) === 0) note(LOGK_TABLE_SYNC_CPU, pa, bytes);
}

/** After the CPU has changed them: they reach memory. */
export function tableClose(pa: u32, bytes: u32): void {
  count(COUNT_TABLE_SYNCS);
  if (switchOf(SWITCH_DRIVER_TABLE_SYNC) !== 0) {
    tableFlush(pa, bytes);
    return;
  }
  note(LOGK_TABLE_SYNC_DEV, pa, bytes);
  clean(pa, bytes);
}

function tableFlush(pa: u32, bytes: u32): void {
  const before = cacheContext(CONTEXT_TABLE);
  note(LOGK_TABLE_DFLUSH, pa, bytes);
  innerFlush(pa, pa + bytes);
  note(LOGK_TABLE_OFLUSH, pa, bytes);
  outerFlush(pa, pa + bytes);
  cacheContext(before);
}

/** Changes one word of a table: tableOpen, store, tableClose. */
export function tableStore(pa: u32, word: u32): void {
  if (switchOf(SWITCH_DRIVER_TABLE_SYNC) === TABLE_SYNC_DMA && storeClean32(pa, word, CONTEXT_TABLE)) {
    count(COUNT_TABLE_SYNCS);
    return;
  }
  tableOpen(pa, 4);
  cpuWrite32(pa, word);
  tableClose(pa, 4);
}

/** A whole new table reaches memory: dma_map_single or the flush of its bytes. */
export function tablePublish(pa: u32, bytes: u32): void {
  if (switchOf(SWITCH_DRIVER_TABLE_SYNC) !== 0) {
    tableFlush(pa, bytes);
    return;
  }
  note(LOGK_TABLE_DMA_MAP, pa, bytes);
  clean(pa, bytes);
}

/** The walker is done with a table: dma_unmap_single for the device, which does nothing to caches. */
export function tableRetire(pa: u32, bytes: u32): void {
  if (switchOf(SWITCH_DRIVER_TABLE_SYNC) === 0) note(LOGK_TABLE_DMA_UNMAP, pa, bytes);
}
