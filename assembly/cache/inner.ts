// The ARMv7 routines for L1 by address (spec/dma-mapping 4.2): clean, invalidate, flush
// of [start, end), and the map and unmap wrappers by direction.
//
//   partial first line ──> clean+invalidate        old rule: the whole-line loop begins at
//   partial last line  ──> clean+invalidate        the first line in any case and runs at
//   whole lines        ──> invalidate              least once (switch INV_RANGE 0)
//
// Each routine ends with a DSB, which drains the write buffer.
//
// Not modelled: erratum 764369.

import {
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  LOG_GROUP_CACHE,
  LOGK_DMAC_FLUSH,
  LOGK_DMAC_MAP,
  LOGK_DMAC_UNMAP,
  SWITCH_INV_RANGE,
  VIA_LINEAR,
} from "../abi";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { CLEAN, FLUSH, INVALIDATE, lineRun } from "./maintenance";
import { cache, cacheReady, levelOne } from "./state";
import { bufferBarrier } from "./write-buffer";

/** Lines of a loop that runs from `first` while below `end`, at least once. */
function linesTo(first: u32, end: u32, stride: u32): u32 {
  return end > first ? (end - first + stride - 1) / stride : 1;
}

/** The DSB at the end of every routine: it empties the write buffer like any other barrier. */
function barrier(): void {
  if (cache().entries !== 0) bufferBarrier();
}

/** v7_dma_clean_range: every line that overlaps; an empty range still cleans one line. */
export function innerClean(start: u32, end: u32): void {
  if (!cacheReady()) return;
  const stride = cache().lineBytes;
  const first = start & ~(stride - 1);
  lineRun(levelOne(), first, linesTo(first, end, stride), stride, CLEAN);
  barrier();
}

/** v7_dma_flush_range: clean and invalidate, same lines as innerClean. */
export function innerFlush(start: u32, end: u32): void {
  if (!cacheReady()) return;
  const stride = cache().lineBytes;
  const first = start & ~(stride - 1);
  lineRun(levelOne(), first, linesTo(first, end, stride), stride, FLUSH);
  barrier();
}

/** v7_dma_inv_range: partial edge lines are cleaned too; see the file header for old and new. */
export function innerInvalidate(start: u32, end: u32): void {
  if (!cacheReady()) return;
  const level = levelOne();
  const stride = cache().lineBytes;
  const edge = stride - 1;
  const whole = switchOf(SWITCH_INV_RANGE) !== 0;
  let first = start & ~edge;
  const last = end & ~edge;
  if ((start & edge) !== 0) {
    lineRun(level, first, 1, stride, FLUSH);
    if (whole) first += stride;
  }
  if ((end & edge) !== 0) lineRun(level, last, 1, stride, FLUSH);
  if (last > first) lineRun(level, first, (last - first) / stride, stride, INVALIDATE);
  else if (!whole) lineRun(level, first, 1, stride, INVALIDATE);
  barrier();
}

/** dmac_map_area by a virtual address of kind `via` (VIA_*): invalidate for FROM_DEVICE, else clean. */
export function dmacMapVia(pa: u32, size: u32, dir: u32, via: u32): void {
  if (logging(LOG_GROUP_CACHE)) logEvent(LOG_GROUP_CACHE, LOGK_DMAC_MAP, pa, size, dir, via, 0);
  if (dir === DMA_FROM_DEVICE) innerInvalidate(pa, pa + size);
  else innerClean(pa, pa + size);
}

/** dmac_unmap_area by a virtual address of kind `via`: nothing for TO_DEVICE, else invalidate. */
export function dmacUnmapVia(pa: u32, size: u32, dir: u32, via: u32): void {
  if (logging(LOG_GROUP_CACHE)) logEvent(LOG_GROUP_CACHE, LOGK_DMAC_UNMAP, pa, size, dir, via, 0);
  if (dir !== DMA_TO_DEVICE) innerInvalidate(pa, pa + size);
}

/** dmac_flush_range of `size` bytes by a virtual address of kind `via`. */
export function dmacFlushVia(pa: u32, size: u32, via: u32): void {
  if (logging(LOG_GROUP_CACHE)) logEvent(LOG_GROUP_CACHE, LOGK_DMAC_FLUSH, pa, size, via, 0, 0);
  innerFlush(pa, pa + size);
}

/** dmac_map_area of lowmem: `size` bytes at `pa`, direction `dir`. */
export function dmacMapArea(pa: u32, size: u32, dir: u32): void {
  dmacMapVia(pa, size, dir, VIA_LINEAR);
}

/** dmac_unmap_area of lowmem. */
export function dmacUnmapArea(pa: u32, size: u32, dir: u32): void {
  dmacUnmapVia(pa, size, dir, VIA_LINEAR);
}
