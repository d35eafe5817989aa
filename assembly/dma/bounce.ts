// The ops of a device that cannot reach all of memory: what it cannot reach goes through a
// buffer that it can.
//
// Not modelled yet: the buffers; everything goes straight to the linear ops.

import {
  linearMapPage,
  linearMapSg,
  linearSyncForCpu,
  linearSyncForDevice,
  linearSyncSgForCpu,
  linearSyncSgForDevice,
  linearUnmapPage,
  linearUnmapSg,
} from "./linear";

/** map_page through a bounce buffer where needed; the bus address or DMA_MAPPING_ERROR. */
export function bounceOpsMapPage(index: u32, page: u32, offset: u32, size: u32, dir: u32, attrs: u32): u32 {
  return linearMapPage(index, page, offset, size, dir, attrs);
}

/** unmap_page. */
export function bounceOpsUnmapPage(index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  linearUnmapPage(index, dma, size, dir, attrs);
}

/** sync_single_for_cpu. */
export function bounceOpsSyncForCpu(index: u32, dma: u32, size: u32, dir: u32): void {
  linearSyncForCpu(index, dma, size, dir);
}

/** sync_single_for_device. */
export function bounceOpsSyncForDevice(index: u32, dma: u32, size: u32, dir: u32): void {
  linearSyncForDevice(index, dma, size, dir);
}

/** map_sg of the entries at SG; segments, 0 or -errno. */
export function bounceOpsMapSg(index: u32, nents: u32, dir: u32, attrs: u32): i32 {
  return linearMapSg(index, nents, dir, attrs);
}

/** unmap_sg. */
export function bounceOpsUnmapSg(index: u32, nents: u32, dir: u32, attrs: u32): void {
  linearUnmapSg(index, nents, dir, attrs);
}

/** sync_sg_for_cpu. */
export function bounceOpsSyncSgForCpu(index: u32, nents: u32, dir: u32): void {
  linearSyncSgForCpu(index, nents, dir);
}

/** sync_sg_for_device. */
export function bounceOpsSyncSgForDevice(index: u32, nents: u32, dir: u32): void {
  linearSyncSgForDevice(index, nents, dir);
}
