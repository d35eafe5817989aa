// dmabounce (arch/arm/common/dmabounce.c, removed in 6.0; spec/dma-mapping 5.1): streaming
// buffers a device cannot reach are copied through coherent ones.
//
//   needs_bounce:  beyond the mask, or inside the window (the board's callback)
//   map     copy in for TO_DEVICE and BIDIRECTIONAL
//   sync    copy the named part; direction must be the mapped one
//   unmap   copy all back for FROM_DEVICE and BIDIRECTIONAL, flush the original's lines
//
// A safe buffer is found by any address inside it, newest first (in 2011 by its start only). Where the kernel stops (BUG) the
// call does nothing and `bounceSaid` tells; where it copies beyond the buffer the copy is cut.
// The barrier that a driver's doorbell brings is taken to follow each copy.
//
// Not modelled: attributes (the kernel ignores them here), the lock, sysfs.

import {
  BOUNCE_SAYS_DIRECTION,
  BOUNCE_SAYS_HIGHMEM,
  BOUNCE_SAYS_NO_MEMORY,
  BOUNCE_SAYS_PENDING,
  BOUNCE_SAYS_SIZE,
  BOUNCE_SAYS_TOO_BIG,
  BOUNCE_SAYS_UNSAFE,
  COUNT_BOUNCE_BUGS,
  COUNT_BOUNCE_CLAMPED,
  COUNT_BOUNCE_DIRECT,
  COUNT_BOUNCE_FULL,
  COUNT_BOUNCE_INNER,
  COUNT_BOUNCE_REFUSED,
  COUNT_BOUNCED,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  EBUSY,
  ENOMEM,
  LOG_GROUP_BOUNCE,
  LOGK_BOUNCE_MAP,
  LOGK_BOUNCE_UNMAP,
  MEMORY_BUFFERABLE,
  SWITCH_BOUNCE_EXACT,
} from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { cpuBarrier, dmacFlushVia } from "../cache/index";
import { count } from "../counters";
import { deviceOf } from "../device";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { copyIn, copyOut, says } from "./bounce-common";
import { blockPoolCreate, blockPoolDestroy, busOf } from "./bounce-pool";
import {
  registration,
  registrationOf,
  SAFE_BYTES,
  safeAt,
  safeFind,
  safeFor,
  safeRelease,
} from "./bounce-safe";
import { linearSyncForCpu, linearSyncForDevice } from "./linear";
import { isHighmem } from "./sync";

/** dmabounce_register_dev with block sizes `small` and `large` in bytes; 0 or -ENOMEM. */
export function dmabounceRegister(index: u32, small: u32, large: u32): i32 {
  const at = <u32>arenaAlloc(SAFE_BYTES);
  if (at === 0) return -ENOMEM;
  const r = registration(at);
  r.small = blockPoolCreate(small);
  r.large = large === 0 ? 0 : blockPoolCreate(large);
  if (r.small === 0 || (large !== 0 && r.large === 0)) return -ENOMEM;
  deviceOf(index).bounce = at;
  return 0;
}

/** The board's needs_bounce callback: bus addresses in [start, end) bounce whatever the mask says. */
export function dmabounceWindow(index: u32, start: u32, end: u32): void {
  const r = registration(registrationOf(index));
  r.windowStart = start;
  r.windowEnd = end;
}

/** dmabounce_unregister_dev: 0, or -EBUSY where the kernel stops because buffers are pending. */
export function dmabounceUnregister(index: u32): i32 {
  const at = registrationOf(index);
  if (at === 0) return 0;
  const r = registration(at);
  if (r.newest !== 0) {
    says(BOUNCE_SAYS_PENDING, index, 0, 0, 0);
    count(COUNT_BOUNCE_BUGS);
    return -EBUSY;
  }
  blockPoolDestroy(index, r.small);
  if (r.large !== 0) blockPoolDestroy(index, r.large);
  arenaFree(at, SAFE_BYTES);
  deviceOf(index).bounce = 0;
  return 0;
}

/** needs_bounce: 0 no, 1 yes, -7 (E2BIG) when the mask is smaller than the buffer. */
export function dmabounceNeeds(index: u32, dma: u32, size: u32): i32 {
  const device = deviceOf(index);
  const at = registrationOf(index);
  if (at === 0) return 0;
  const mask = <u32>device.dmaMask;
  if (mask !== 0) {
    const limit = (mask + 1) & ~mask;
    if (limit !== 0 && size > limit) {
      says(BOUNCE_SAYS_TOO_BIG, index, size, mask, 0);
      return -7;
    }
    if (((dma | (dma + size - 1)) & ~mask) !== 0) return 1;
  }
  const r = registration(at);
  return dma < r.windowEnd && <u64>dma + size > r.windowStart ? 1 : 0;
}

/** map_page of a registered device. */
export function dmabounceMap(index: u32, page: u32, offset: u32, size: u32, dir: u32): u32 {
  const pa = page + offset;
  const dma = busOf(index, pa);
  const needed = dmabounceNeeds(index, dma, size);
  if (needed < 0) {
    count(COUNT_BOUNCE_REFUSED);
    return DMA_MAPPING_ERROR;
  }
  if (needed === 0) {
    count(COUNT_BOUNCE_DIRECT);
    linearSyncForDevice(index, dma, size, dir);
    return dma;
  }
  if (isHighmem(page)) {
    says(BOUNCE_SAYS_HIGHMEM, index, 0, 0, 0);
    count(COUNT_BOUNCE_REFUSED);
    return DMA_MAPPING_ERROR;
  }
  const r = registration(registrationOf(index));
  r.maps = r.maps + 1;
  const at = safeFor(index, r, size);
  if (at === 0) {
    says(BOUNCE_SAYS_NO_MEMORY, index, size, 0, 0);
    says(BOUNCE_SAYS_UNSAFE, index, pa, 0, 0);
    count(COUNT_BOUNCE_FULL);
    return DMA_MAPPING_ERROR;
  }
  const safe = safeAt(at);
  safe.original = pa;
  safe.size = size;
  safe.dir = dir;
  safe.next = r.newest;
  r.newest = at;
  count(COUNT_BOUNCED);
  if (logging(LOG_GROUP_BOUNCE)) logEvent(LOG_GROUP_BOUNCE, LOGK_BOUNCE_MAP, pa, safe.pa, size, dir, index);
  if (dir !== DMA_FROM_DEVICE) {
    copyIn(safe.pa, MEMORY_BUFFERABLE, pa, size);
    cpuBarrier();
  }
  return busOf(index, safe.pa);
}

function bug(what: u32, index: u32, had: u32, got: u32): void {
  says(what, index, had, got, 0);
  count(COUNT_BOUNCE_BUGS);
}

/** unmap_page: copies back and frees, or hands an ordinary buffer back to the CPU. */
export function dmabounceUnmap(index: u32, dma: u32, size: u32, dir: u32): void {
  const at = safeFind(index, dma);
  if (at === 0) {
    linearSyncForCpu(index, dma, size, dir);
    return;
  }
  const safe = safeAt(at);
  if (safe.size !== size) {
    bug(BOUNCE_SAYS_SIZE, index, safe.size, size);
    return;
  }
  if (safe.dir !== dir) {
    bug(BOUNCE_SAYS_DIRECTION, index, safe.dir, dir);
    return;
  }
  if (busOf(index, safe.pa) !== dma) count(COUNT_BOUNCE_INNER);
  const r = registration(registrationOf(index));
  r.bounces = r.bounces + 1;
  if (logging(LOG_GROUP_BOUNCE)) {
    logEvent(LOG_GROUP_BOUNCE, LOGK_BOUNCE_UNMAP, safe.original, safe.pa, size, dir, index);
  }
  if (dir !== DMA_TO_DEVICE) {
    copyOut(safe.original, safe.pa, MEMORY_BUFFERABLE, size);
    // The original may be a page of the page cache: its lines go to memory.
    dmacFlushVia(safe.original, size, 0);
  }
  safeRelease(index, at);
}

/**
 * Copies the part of a bounced buffer at `start` + `apart`; true when it is not bounced. Where only starts
 * count the buffer is looked up by `start`.
 */
function syncPart(index: u32, start: u32, apart: u32, size: u32, dir: u32, forCpu: bool): bool {
  const dma = start + apart;
  const at = safeFind(index, switchOf(SWITCH_BOUNCE_EXACT) !== 0 ? start : dma);
  if (at === 0) return true;
  const safe = safeAt(at);
  if (safe.dir !== dir) {
    bug(BOUNCE_SAYS_DIRECTION, index, safe.dir, dir);
    return false;
  }
  const r = registration(registrationOf(index));
  r.bounces = r.bounces + 1;
  const offset = dma - busOf(index, safe.pa);
  let bytes = size;
  const left = offset < safe.size ? safe.size - offset : 0;
  if (bytes > left) {
    bytes = left;
    count(COUNT_BOUNCE_CLAMPED);
  }
  if (forCpu) {
    if (dir !== DMA_TO_DEVICE) copyOut(safe.original + offset, safe.pa + offset, MEMORY_BUFFERABLE, bytes);
  } else if (dir !== DMA_FROM_DEVICE) {
    copyIn(safe.pa + offset, MEMORY_BUFFERABLE, safe.original + offset, bytes);
    cpuBarrier();
  }
  return false;
}

/** sync_single_for_cpu. */
export function dmabounceSyncForCpu(index: u32, dma: u32, size: u32, dir: u32): void {
  if (syncPart(index, dma, 0, size, dir, true)) linearSyncForCpu(index, dma, size, dir);
}

/** sync_single_for_device. */
export function dmabounceSyncForDevice(index: u32, dma: u32, size: u32, dir: u32): void {
  if (syncPart(index, dma, 0, size, dir, false)) linearSyncForDevice(index, dma, size, dir);
}

/** sync_single_range: start and offset apart, as the ops of 2011 had them; `forDevice` 0 or 1. */
export function dmabounceSyncRange(
  index: u32,
  start: u32,
  offset: u32,
  size: u32,
  dir: u32,
  forDevice: u32,
): void {
  if (!syncPart(index, start, offset, size, dir, forDevice === 0)) return;
  if (forDevice !== 0) linearSyncForDevice(index, start + offset, size, dir);
  else linearSyncForCpu(index, start + offset, size, dir);
}
