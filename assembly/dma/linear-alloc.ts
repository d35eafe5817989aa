// alloc and free of a device without an IOMMU: one physically contiguous block.
//
//   coherent device              pages, used through the linear map
//   caller that cannot sleep     a block of the atomic pool
//   otherwise                    pages, zeroed and flushed, remapped uncached
//   NO_KERNEL_MAPPING            pages and a cookie (from v4.2 on)
//
// The power of two that the page allocator gives is cut to the size, except by dma-direct.
// Sources: arch/arm/mm/dma-mapping.c v3.6, v3.14, v4.4, v6.1; kernel/dma/direct.c v6.1;
// spec/dma-mapping 1.3.
//
// Not modelled: CMA areas of a device; zones (a block beyond the coherent mask is given back and
// the call fails in v6.1, older kernels hand it out).

import {
  COUNT_POOL_LEAKED,
  CPU_COOKIE,
  CPU_LINEAR,
  CPU_POOL,
  CPU_REMAP,
  DMA_MAPPING_ERROR,
  ENOMEM,
  GFP_ATOMIC,
  INJECT_REMAP,
  LOG_GROUP_PAGES,
  LOGK_REMAP,
  LOGK_UNREMAP,
  NO_PA,
  SWITCH_DMA_ATOMIC,
  SWITCH_LINEAR_COOKIE,
  SWITCH_LINEAR_DIRECT,
} from "../abi";
import { countAdd } from "../counters";
import { Device, deviceOf } from "../device";
import { inDram } from "../dram";
import { setError } from "../header";
import { injected } from "../inject";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import {
  allocationAt,
  FLAG_FOREIGN,
  recordAppend,
  recordCreate,
  recordDestroy,
  runPa,
  runPages,
} from "./alloc-record";
import { busOf } from "./bus";
import { highestOf } from "./linear";
import { blockAlloc, blockFree, clearBuffer, FOREIGN } from "./pages";
import { orderOf, poolAlloc, poolFree } from "./pool";

const ATTR_COOKIE: u32 = 0x10;
/** Allocation.flags: the pages are of the atomic pool. */
const FLAG_POOL: u32 = 0x100;

function failed(at: u32): u32 {
  recordDestroy(at);
  setError(ENOMEM);
  return 0;
}

function coherentReaches(device: Device, pa: u32, bytes: u32): bool {
  const dma = busOf(device, pa);
  return dma !== DMA_MAPPING_ERROR && <u64>dma + bytes - 1 <= highestOf(device, device.coherentMask);
}

function fromPool(device: Device, at: u32, pages: u32, cookie: bool): u32 {
  const pa = poolAlloc(pages);
  if (pa === NO_PA) return failed(at);
  const record = allocationAt(at);
  record.cpu = cookie ? CPU_COOKIE : CPU_POOL;
  record.flags |= FLAG_POOL;
  record.handle = busOf(device, pa);
  return recordAppend(at, pa, pages); // the first run always fits
}

/**
 * Allocates `size` bytes (`gfp` GFP_ATOMIC or 0, attribute bits `attrs`). Returns the address of an
 * allocation record (alloc-record.ts), or 0 with lastError ENOMEM.
 */
export function linearAlloc(index: u32, size: u32, gfp: u32, attrs: u32): u32 {
  const device = deviceOf(index);
  const pages = ((size + 4095) & ~4095) >> 12;
  const at = recordCreate(index, pages << 12, attrs);
  if (at === 0) {
    setError(ENOMEM);
    return 0;
  }
  // An unset coherent mask makes every allocation fail; so does a size of 0 (order 20).
  if (device.coherentMask === 0 || pages === 0) return failed(at);
  const direct = switchOf(SWITCH_LINEAR_DIRECT) !== 0;
  const coherent = device.coherent !== 0;
  const cookies = switchOf(SWITCH_LINEAR_COOKIE);
  const cookie = (attrs & ATTR_COOKIE) !== 0 && cookies !== 0;
  // dma-direct looks at the attribute before the pool, arm_dma_alloc after it.
  const early = cookie && cookies === 2;
  if (!coherent && !early && (gfp & GFP_ATOMIC) !== 0 && switchOf(SWITCH_DMA_ATOMIC) !== 0) {
    return fromPool(device, at, pages, cookie);
  }
  const order = orderOf(pages);
  const block = blockAlloc(order);
  if (block === NO_PA) return failed(at);
  const pa = block & ~FOREIGN;
  const foreign = (block & FOREIGN) !== 0;
  const whole = direct && (coherent || early);
  const kept = whole ? (<u32>1) << order : pages;
  if (!whole) blockFree(pa + (pages << 12), ((<u32>1) << order) - pages, foreign);
  if (direct && !coherentReaches(device, pa, pages << 12)) {
    blockFree(pa, kept, foreign);
    return failed(at);
  }
  clearBuffer(pa, pages << 12, !(direct && coherent));
  const record = allocationAt(at);
  record.handle = busOf(device, pa);
  if (foreign) record.flags |= FLAG_FOREIGN;
  recordAppend(at, pa, kept);
  if (cookie) record.cpu = CPU_COOKIE;
  else if (coherent) record.cpu = CPU_LINEAR;
  else {
    const fails = injected(INJECT_REMAP);
    if (logging(LOG_GROUP_PAGES)) logEvent(LOG_GROUP_PAGES, LOGK_REMAP, pages, fails ? NO_PA : at, 0, 0, 0);
    if (fails) {
      blockFree(pa, kept, foreign);
      return failed(at);
    }
    record.cpu = CPU_REMAP;
  }
  return at;
}

/** Frees an allocation of `linearAlloc`. */
export function linearFree(_index: u32, at: u32): void {
  const record = allocationAt(at);
  const pa = runPa(at, 0);
  const pages = runPages(at, 0);
  if ((record.flags & FLAG_POOL) !== 0) {
    if (record.cpu === CPU_POOL) poolFree(pa, pages);
    else {
      // The cookie is no address in the pool: its pages go to the page allocator and the
      // pool never gets them back (README, number 9).
      countAdd(COUNT_POOL_LEAKED, pages);
      blockFree(pa, pages, !inDram(pa, pages << 12));
    }
  } else {
    if (record.cpu === CPU_REMAP && logging(LOG_GROUP_PAGES)) {
      logEvent(LOG_GROUP_PAGES, LOGK_UNREMAP, at, 0, 0, 0, 0);
    }
    blockFree(pa, pages, (record.flags & FLAG_FOREIGN) !== 0);
  }
  recordDestroy(at);
}
