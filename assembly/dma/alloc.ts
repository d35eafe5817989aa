// alloc and free behind an IOMMU: pages gathered from wherever, one IO address over them.
//
//   sleeping caller:  gather pages -> map runs -> remap for the CPU (or hand out a cookie)
//   atomic caller:    block of the atomic pool -> map
//   coherent, v6.1:   one plain block -> map
//
// Every failure gives back what was taken, in the kernel's order; the handle cell keeps the IO address
// after a failed remap, as the kernel leaves it. Sources: arch/arm/mm/dma-mapping.c v3.6, v3.14, v4.4,
// v6.1; spec dma-mapping 2.4.
//
// Not modelled: the virtual addresses themselves (the record stands for them). An atomic or coherent
// block of several pages is mapped as one run; the kernel reads past its single page pointer there.

import {
  COUNT_MULTI_PAGE_ATOMIC,
  COUNT_PAGES_LEAKED,
  COUNT_POOL_LEAKED,
  COUNT_REFUSED,
  CPU_COOKIE,
  CPU_LINEAR,
  CPU_POOL,
  CPU_REMAP,
  DMA_BIDIRECTIONAL,
  DMA_MAPPING_ERROR,
  ENOMEM,
  FREE_DONE,
  FREE_INVALID,
  FREE_REFUSED,
  GATHER_HIGHEST_BIT,
  GATHER_TABLE,
  GFP_ATOMIC,
  INJECT_REMAP,
  LOG_GROUP_PAGES,
  LOGK_REMAP,
  LOGK_UNREMAP,
  NO_PA,
  SWITCH_DMA_ATOMIC,
  SWITCH_DMA_CONTIGUOUS,
  SWITCH_DMA_COOKIE,
  SWITCH_DMA_GATHER,
  SWITCH_DMA_POOL_LEAK,
  SWITCH_DMA_SIMPLE,
  SWITCH_DMA_SINGLE_PAGES,
} from "../abi";
import { count, countAdd } from "../counters";
import { Device, deviceOf } from "../device";
import { setError } from "../header";
import { injected } from "../inject";
import { iovaAlloc, iovaFree } from "../iova/index";
import { HEADER } from "../layout";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import {
  allocationAt,
  FLAG_CONTIGUOUS,
  FLAG_FOREIGN,
  recordAppend,
  recordCreate,
  recordDestroy,
  runPa,
  runPages,
} from "./alloc-record";
import {
  ATTR_CONTIGUOUS,
  ATTR_COOKIE,
  ATTR_SINGLE_PAGES,
  mapInto,
  pageAlign,
  protOf,
  removeMapping,
  unmapFrom,
} from "./iommu-calls";
import {
  blockAlloc,
  blockAllocDown,
  blockFree,
  blockOrder,
  clearBuffer,
  contiguousAlloc,
  contiguousFree,
  FOREIGN,
} from "./pages";
import { orderOf, poolAlloc, poolFree } from "./pool";

/** Byte offset in the header of the dma address that the last alloc stored for its caller. */
const HANDLE: usize = 0x184;

/** What the last `iommuOpsAlloc` put into `*handle`, also when it failed. */
export function iommuOpsLastHandle(): u32 {
  return load<u32>(HEADER, HANDLE);
}

/** Orders 9, 8, 4, 0 of v4.6 and later: 2 MiB, 1 MiB, 64 KiB, 4 KiB; one hex digit each. */
function tableOrder(notch: u32): u32 {
  return (0x0489 >> (notch << 2)) & 15;
}

function append(at: u32, pa: u32, pages: u32): u32 {
  if ((pa & FOREIGN) !== 0) allocationAt(at).flags |= FLAG_FOREIGN;
  return recordAppend(at, pa & ~FOREIGN, pages);
}

/** Frees the pages gathered so far, last page first, and the record. */
function dropGathered(at: u32): void {
  const foreign = (allocationAt(at).flags & FLAG_FOREIGN) !== 0;
  for (let i = allocationAt(at).runs; i-- > 0; ) {
    for (let n = runPages(at, i); n-- > 0; ) blockFree(runPa(at, i) + (n << 12), 1, foreign);
  }
  recordDestroy(at);
}

/** Blocks of pages until `pages` are together; the record (it may move), 0 with nothing left behind. */
function gather(record: u32, pages: u32, attrs: u32): u32 {
  const way = switchOf(SWITCH_DMA_GATHER);
  let at = record;
  let left = pages;
  let notch: u32 = (attrs & ATTR_SINGLE_PAGES) !== 0 && switchOf(SWITCH_DMA_SINGLE_PAGES) !== 0 ? 3 : 0;
  while (left !== 0) {
    const highest: u32 = 31 - clz<u32>(left);
    let order: u32 =
      way === GATHER_TABLE ? tableOrder(notch) : way === GATHER_HIGHEST_BIT ? highest : ctz(left);
    if (highest < order) {
      notch++;
      continue;
    }
    let pa: u32;
    if (way === GATHER_TABLE) {
      pa = blockAlloc(order);
      if (pa === NO_PA && order !== 0) {
        notch++; // at the first sign of pressure, for good
        continue;
      }
    } else {
      pa = blockAllocDown(order);
      order = blockOrder();
    }
    if (pa === NO_PA) {
      dropGathered(at);
      return 0;
    }
    clearBuffer(pa & ~FOREIGN, 4096 << order, true);
    const grown = append(at, pa, (<u32>1) << order);
    if (grown === 0) {
      blockFree(pa & ~FOREIGN, (<u32>1) << order, (pa & FOREIGN) !== 0);
      dropGathered(at);
      return 0;
    }
    at = grown;
    left -= (<u32>1) << order;
  }
  return at;
}

function takeContiguous(at: u32, pages: u32): u32 {
  const pa = contiguousAlloc(pages, orderOf(pages));
  if (pa === NO_PA) {
    recordDestroy(at);
    return 0;
  }
  clearBuffer(pa & ~FOREIGN, pages << 12, true);
  allocationAt(at).flags |= FLAG_CONTIGUOUS;
  return append(at, pa, pages);
}

/** Gives back the pages of a whole buffer, first page first, and the record. */
function freeBuffer(at: u32): void {
  const record = allocationAt(at);
  const foreign = (record.flags & FLAG_FOREIGN) !== 0;
  for (let i: u32 = 0; i < record.runs; i++) {
    if ((record.flags & FLAG_CONTIGUOUS) !== 0) contiguousFree(runPa(at, i), runPages(at, i), foreign);
    else blockFree(runPa(at, i), runPages(at, i), foreign);
  }
  recordDestroy(at);
}

/** One IO address for the buffer, one iommu_map per run; DMA_MAPPING_ERROR with nothing left behind. */
function createMapping(device: Device, at: u32, attrs: u32): u32 {
  const record = allocationAt(at);
  const base = iovaAlloc(device.space, record.size);
  if (base === DMA_MAPPING_ERROR) return base;
  const prot = protOf(DMA_BIDIRECTIONAL, attrs);
  let done: u32 = 0;
  for (let i: u32 = 0; i < record.runs; i++) {
    const bytes = runPages(at, i) << 12;
    if (mapInto(device.domain, base + done, runPa(at, i), bytes, prot) < 0) {
      unmapFrom(device.domain, base, done);
      iovaFree(device.space, base, record.size);
      return DMA_MAPPING_ERROR;
    }
    done += bytes;
  }
  return base;
}

function publish(at: u32, handle: u32): void {
  allocationAt(at).handle = handle;
  store<u32>(HEADER, handle, HANDLE);
}

/** One plain block for a coherent device; the rest of its power of two goes back. */
function plainBlock(pages: u32): u32 {
  const order = orderOf(pages);
  const pa = blockAlloc(order);
  if (pa === NO_PA) return pa;
  const base = pa & ~FOREIGN;
  const excess = ((<u32>1) << order) - pages;
  if (excess !== 0) blockFree(base + (pages << 12), excess, (pa & FOREIGN) !== 0);
  clearBuffer(base, pages << 12, false);
  return pa;
}

function allocBlock(device: Device, at: u32, pages: u32, plain: bool, attrs: u32): u32 {
  if (pages > 1) count(COUNT_MULTI_PAGE_ATOMIC);
  const pa = plain ? plainBlock(pages) : poolAlloc(pages);
  if (pa === NO_PA) {
    recordDestroy(at);
    return 0;
  }
  append(at, pa, pages);
  const record = allocationAt(at);
  record.cpu = plain ? CPU_LINEAR : CPU_POOL;
  const handle = createMapping(device, at, attrs);
  if (handle === DMA_MAPPING_ERROR) {
    // A plain block is "returned" to the pool, which does not know it.
    if (plain) countAdd(COUNT_PAGES_LEAKED, pages);
    else poolFree(pa, pages);
    recordDestroy(at);
    return 0;
  }
  publish(at, handle);
  return at;
}

function allocBuffer(device: Device, record: u32, pages: u32, attrs: u32): u32 {
  const contiguous = (attrs & ATTR_CONTIGUOUS) !== 0 && switchOf(SWITCH_DMA_CONTIGUOUS) !== 0;
  const at = contiguous ? takeContiguous(record, pages) : gather(record, pages, attrs);
  if (at === 0) return 0;
  const handle = createMapping(device, at, attrs);
  if (handle === DMA_MAPPING_ERROR) {
    freeBuffer(at);
    return 0;
  }
  publish(at, handle);
  if ((attrs & ATTR_COOKIE) !== 0 && switchOf(SWITCH_DMA_COOKIE) !== 0) {
    allocationAt(at).cpu = CPU_COOKIE;
    return at;
  }
  const failed = injected(INJECT_REMAP);
  if (logging(LOG_GROUP_PAGES)) {
    logEvent(LOG_GROUP_PAGES, LOGK_REMAP, pages, failed ? NO_PA : at, 0, 0, 0);
  }
  if (failed) {
    removeMapping(device, handle, allocationAt(at).size);
    freeBuffer(at);
    return 0;
  }
  allocationAt(at).cpu = CPU_REMAP;
  return at;
}

/**
 * alloc of `size` bytes (rounded up to pages) for a device with IOMMU ops; `gfp` 0 or GFP_ATOMIC.
 * Returns the allocation's record, or 0 and ENOMEM. `iommuOpsLastHandle` tells the dma address.
 */
export function iommuOpsAlloc(index: u32, size: u32, gfp: u32, attrs: u32): u32 {
  const device = deviceOf(index);
  store<u32>(HEADER, DMA_MAPPING_ERROR, HANDLE);
  const bytes = pageAlign(size);
  const record = recordCreate(index, bytes, attrs);
  let at: u32 = 0;
  if (record !== 0) {
    const plain = device.coherent !== 0 && switchOf(SWITCH_DMA_SIMPLE) !== 0;
    const atomic = (gfp & GFP_ATOMIC) !== 0 && switchOf(SWITCH_DMA_ATOMIC) !== 0;
    at =
      plain || atomic
        ? allocBlock(device, record, bytes >> 12, plain, attrs)
        : allocBuffer(device, record, bytes >> 12, attrs);
  }
  if (at === 0) setError(ENOMEM);
  return at;
}

function freeBlock(device: Device, at: u32): void {
  const record = allocationAt(at);
  removeMapping(device, record.handle, record.size);
  const pages = record.size >> 12;
  if (record.cpu === CPU_LINEAR) {
    blockFree(runPa(at, 0), pages, (record.flags & FLAG_FOREIGN) !== 0);
  } else if (switchOf(SWITCH_DMA_POOL_LEAK) !== 0) {
    // v3.6 looks the linear address up in the pool, which is a remapped range.
    countAdd(COUNT_POOL_LEAKED, pages);
  } else poolFree(runPa(at, 0), pages);
  recordDestroy(at);
}

/**
 * free with the attributes `attrs` that the caller names. Returns FREE_DONE; FREE_INVALID (the kernel warns
 * and frees nothing) or FREE_REFUSED when they contradict those of alloc about the kernel mapping.
 */
export function iommuOpsFreeAs(index: u32, at: u32, attrs: u32): u32 {
  const device = deviceOf(index);
  const record = allocationAt(at);
  const cookie = (attrs & ATTR_COOKIE) !== 0 && switchOf(SWITCH_DMA_COOKIE) !== 0;
  if (record.cpu === CPU_POOL || record.cpu === CPU_LINEAR) {
    freeBlock(device, at);
    return FREE_DONE;
  }
  if (cookie !== (record.cpu === CPU_COOKIE)) {
    if (!cookie) return FREE_INVALID;
    count(COUNT_REFUSED);
    return FREE_REFUSED;
  }
  if (!cookie && logging(LOG_GROUP_PAGES)) logEvent(LOG_GROUP_PAGES, LOGK_UNREMAP, at, 0, 0, 0, 0);
  removeMapping(device, record.handle, record.size);
  freeBuffer(at);
  return FREE_DONE;
}

/** free with the attributes of alloc. */
export function iommuOpsFree(index: u32, at: u32): void {
  iommuOpsFreeAs(index, at, allocationAt(at).attrs);
}
