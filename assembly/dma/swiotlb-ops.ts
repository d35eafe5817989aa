// dma-direct over swiotlb: what the device cannot reach, or everything when forced, is copied
// through slots of the pool (kernel/dma/direct.h, swiotlb.c; spec/dma-mapping 1.6, 5.2).
//
//   map    slots, copy in (since 5.18 for every direction), then clean or invalidate the slots
//   sync   for the device: copy in, then caches; for the CPU: caches, then copy out
//   unmap  as sync for the CPU, then free the slots by the size recorded at map
//
// Not modelled: bouncing of small kmalloc buffers; the warnings' once-only.

import {
  BOUNCE_SAYS_BEFORE,
  BOUNCE_SAYS_DIRECTION,
  BOUNCE_SAYS_FULL,
  BOUNCE_SAYS_NO_POOL,
  BOUNCE_SAYS_OVERFLOW,
  BOUNCE_SAYS_OVERRUN,
  COUNT_BOUNCE_BUGS,
  COUNT_BOUNCE_CLAMPED,
  COUNT_BOUNCE_DIRECT,
  COUNT_BOUNCE_FULL,
  COUNT_BOUNCE_REFUSED,
  COUNT_BOUNCE_TWICE,
  COUNT_BOUNCED,
  DMA_BIDIRECTIONAL,
  DMA_FROM_DEVICE,
  DMA_MAPPING_ERROR,
  DMA_TO_DEVICE,
  INJECT_BOUNCE,
  LOG_GROUP_BOUNCE,
  LOGK_BOUNCE_MAP,
  LOGK_BOUNCE_UNMAP,
  MEMORY_CACHEABLE,
  NO_PA,
  SWITCH_SWIOTLB_COPY_ALWAYS,
} from "../abi";
import { count } from "../counters";
import { Device, deviceOf } from "../device";
import { injected } from "../inject";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { copyIn, copyOut, says } from "./bounce-common";
import { busOf, physOf } from "./bus";
import {
  deviceReaches,
  linearMapPage,
  linearSyncForCpu,
  linearSyncForDevice,
  linearUnmapPage,
} from "./linear";
import {
  alignOffset,
  SLOT_BYTES,
  SLOT_SHIFT,
  slotAt,
  slotPool,
  slotsFor,
  slotsFree,
  slotsTake,
  swiotlbContains,
  swiotlbReady,
} from "./swiotlb";

const ATTR_SKIP_CPU_SYNC: u32 = 0x20;
const ATTR_NO_WARN: u32 = 0x100;

/**
 * swiotlb_tbl_map_single: slots for `size` bytes at `original`, the padding in front a multiple of
 * `alignMask + 1` (0 for dma-direct); the buffer's physical address or NO_PA.
 */
export function swiotlbMap(index: u32, original: u32, size: u32, alignMask: u32, dir: u32, attrs: u32): u32 {
  const device = deviceOf(index);
  if (!swiotlbReady()) {
    says(BOUNCE_SAYS_NO_POOL, index, 0, 0, 0);
    count(COUNT_BOUNCE_REFUSED);
    return NO_PA;
  }
  const front = original & device.minAlignMask & (alignMask | (SLOT_BYTES - 1));
  const pool = slotPool();
  let first: u32 = NO_PA;
  if (!injected(INJECT_BOUNCE)) first = slotsTake(device, original, size + front, alignMask);
  if (first === NO_PA) {
    if ((attrs & ATTR_NO_WARN) === 0) says(BOUNCE_SAYS_FULL, index, size, pool.slots, pool.used);
    count(COUNT_BOUNCE_FULL);
    return NO_PA;
  }
  // Whole slots of padding stay in front of the buffer's own first slot.
  const pad = front >> SLOT_SHIFT;
  const offset = front & (SLOT_BYTES - 1);
  const own = first + pad;
  slotAt(own).pad = pad;
  const n = slotsFor(size + offset);
  for (let i: u32 = 0; i < n; i++) slotAt(own + i).original = original + (i << SLOT_SHIFT);
  const buffer = pool.pa + (own << SLOT_SHIFT) + offset;
  count(COUNT_BOUNCED);
  if (logging(LOG_GROUP_BOUNCE)) {
    logEvent(LOG_GROUP_BOUNCE, LOGK_BOUNCE_MAP, original, buffer, size, dir, index);
  }
  if (switchOf(SWITCH_SWIOTLB_COPY_ALWAYS) !== 0 || dir !== DMA_FROM_DEVICE) {
    bounce(index, device, buffer, size, true);
  }
  return buffer;
}

/** swiotlb_bounce: copies `size` bytes at `buffer` in or out, cut to what was mapped. */
function bounce(index: u32, device: Device, buffer: u32, size: u32, inward: bool): void {
  const slot = slotAt((buffer - slotPool().pa) >> SLOT_SHIFT);
  if (slot.original === 0xffffffff) return;
  const asked = buffer & (SLOT_BYTES - 1);
  const kept = alignOffset(device, slot.original);
  if (asked < kept) {
    says(BOUNCE_SAYS_BEFORE, index, kept, asked, 0);
    count(COUNT_BOUNCE_CLAMPED);
    return;
  }
  const offset = asked - kept;
  if (offset > slot.bytes) {
    says(BOUNCE_SAYS_OVERRUN, index, slot.bytes, size, offset);
    count(COUNT_BOUNCE_CLAMPED);
    return;
  }
  const left = slot.bytes - offset;
  let bytes = size;
  if (bytes > left) {
    says(BOUNCE_SAYS_OVERRUN, index, left, size, 0);
    count(COUNT_BOUNCE_CLAMPED);
    bytes = left;
  }
  const original = slot.original + offset;
  if (inward) copyIn(buffer, MEMORY_CACHEABLE, original, bytes);
  else copyOut(original, buffer, MEMORY_CACHEABLE, bytes);
}

/** swiotlb_tbl_unmap_single: copies out unless told not to, frees the slots. */
export function swiotlbUnmap(index: u32, buffer: u32, size: u32, dir: u32, attrs: u32): void {
  const device = deviceOf(index);
  if ((attrs & ATTR_SKIP_CPU_SYNC) === 0 && (dir === DMA_FROM_DEVICE || dir === DMA_BIDIRECTIONAL)) {
    bounce(index, device, buffer, size, false);
  }
  const offset = alignOffset(device, buffer);
  const own = (buffer - offset - slotPool().pa) >> SLOT_SHIFT;
  const slot = slotAt(own);
  if (slot.bytes === 0) {
    // The kernel does not notice; what it does to the lists here amounts to nothing.
    count(COUNT_BOUNCE_TWICE);
    return;
  }
  if (logging(LOG_GROUP_BOUNCE)) {
    logEvent(LOG_GROUP_BOUNCE, LOGK_BOUNCE_UNMAP, slot.original, buffer, size, dir, index);
  }
  const pad = slot.pad;
  slotsFree(own - pad, slotsFor(slot.bytes + offset) + pad);
}

/** map_page of dma-direct with swiotlb. */
export function swiotlbMapPage(index: u32, page: u32, offset: u32, size: u32, dir: u32, attrs: u32): u32 {
  const device = deviceOf(index);
  const pa = page + offset;
  const forced = swiotlbReady() && slotPool().force !== 0;
  if (!forced && (deviceReaches(device, busOf(device, pa), size) || !swiotlbReady())) {
    const dma = linearMapPage(index, page, offset, size, dir, attrs);
    if (dma !== DMA_MAPPING_ERROR) count(COUNT_BOUNCE_DIRECT);
    return dma;
  }
  const buffer = swiotlbMap(index, pa, size, 0, dir, attrs);
  if (buffer === NO_PA) return DMA_MAPPING_ERROR;
  const dma = busOf(device, buffer);
  if (!deviceReaches(device, dma, size)) {
    swiotlbUnmap(index, buffer, size, dir, attrs | ATTR_SKIP_CPU_SYNC);
    says(BOUNCE_SAYS_OVERFLOW, index, dma, size, 0);
    count(COUNT_BOUNCE_REFUSED);
    return DMA_MAPPING_ERROR;
  }
  if ((attrs & ATTR_SKIP_CPU_SYNC) === 0) linearSyncForDevice(index, dma, size, dir);
  return dma;
}

/** Stops where the kernel does: a direction that is none of the three. */
function badDirection(index: u32, dir: u32): bool {
  if (dir <= DMA_FROM_DEVICE) return false;
  says(BOUNCE_SAYS_DIRECTION, index, dir, dir, 0);
  count(COUNT_BOUNCE_BUGS);
  return true;
}

/** sync_single_for_cpu: caches first, then the copy. */
export function swiotlbSyncForCpu(index: u32, dma: u32, size: u32, dir: u32): void {
  linearSyncForCpu(index, dma, size, dir);
  const device = deviceOf(index);
  const buffer = physOf(device, dma);
  if (!swiotlbContains(buffer) || badDirection(index, dir) || dir === DMA_TO_DEVICE) return;
  bounce(index, device, buffer, size, false);
}

/** sync_single_for_device: the copy first, then caches. */
export function swiotlbSyncForDevice(index: u32, dma: u32, size: u32, dir: u32): void {
  const device = deviceOf(index);
  const buffer = physOf(device, dma);
  if (swiotlbContains(buffer) && !badDirection(index, dir) && dir !== DMA_FROM_DEVICE) {
    bounce(index, device, buffer, size, true);
  }
  linearSyncForDevice(index, dma, size, dir);
}

/** unmap_page of dma-direct with swiotlb. */
export function swiotlbUnmapPage(index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  const buffer = physOf(deviceOf(index), dma);
  if (!swiotlbContains(buffer)) {
    linearUnmapPage(index, dma, size, dir, attrs);
    return;
  }
  if ((attrs & ATTR_SKIP_CPU_SYNC) === 0) swiotlbSyncForCpu(index, dma, size, dir);
  swiotlbUnmap(index, buffer, size, dir, attrs | ATTR_SKIP_CPU_SYNC);
}
