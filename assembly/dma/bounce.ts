// The ops of a device that cannot reach all of memory: what it cannot reach goes through a
// buffer that it can. Two schemes behind one table (switch BOUNCE_KIND):
//
//   dmabounce   per device, coherent buffers from two pools    (to v5.19, bounce-dmabounce.ts)
//   swiotlb     one pool of slots for all devices               (v6.0 on, swiotlb-ops.ts)
//
// A list is mapped entry by entry; when one fails the earlier ones are unmapped and the result is
// 0 (arm's loop) or -EIO (dma-direct, which then leaves the caches alone).
//
// Not modelled: other schemes of the same kernels (dmabounce of SA-1111 USB in 6.0).

import { BOUNCE_SWIOTLB, DMA_MAPPING_ERROR, EIO, SWITCH_BOUNCE_KIND } from "../abi";
import { deviceOf } from "../device";
import { SG, SG_BYTES } from "../layout";
import { switchOf } from "../switches";
import {
  dmabounceMap,
  dmabounceRegister,
  dmabounceSyncForCpu,
  dmabounceSyncForDevice,
  dmabounceUnmap,
} from "./bounce-dmabounce";
import { swiotlbInit, swiotlbMaxMapping } from "./swiotlb";
import { swiotlbMapPage, swiotlbSyncForCpu, swiotlbSyncForDevice, swiotlbUnmapPage } from "./swiotlb-ops";

const ATTR_SKIP_CPU_SYNC: u32 = 0x20;
/** Block sizes that the SA-1111, dmabounce's first user, registers. */
const SMALL_BYTES: u32 = 1024;
const LARGE_BYTES: u32 = 4096;

function swiotlb(): bool {
  return switchOf(SWITCH_BOUNCE_KIND) === BOUNCE_SWIOTLB;
}

/**
 * Prepares device `index` for bouncing: registers it with dmabounce (blocks of 1 and 4 KiB; the pools
 * grow by themselves), or makes the swiotlb pool of `poolBytes` (0: 64 MiB) unless there is one.
 * Returns 0 or -ENOMEM. The ops table is chosen apart (OPS_BOUNCE).
 */
export function bounceCreate(index: u32, poolBytes: u32): i32 {
  if (swiotlb()) return -swiotlbInit(poolBytes, 1, 0);
  return deviceOf(index).bounce !== 0 ? 0 : dmabounceRegister(index, SMALL_BYTES, LARGE_BYTES);
}

/** dma_max_mapping_size of device `index`: 0xffffffff without a limit. */
export function bounceMaxMapping(index: u32): u32 {
  return swiotlb() ? swiotlbMaxMapping(deviceOf(index)) : 0xffffffff;
}

/** map_page through a buffer where needed; the bus address or DMA_MAPPING_ERROR. */
export function bounceOpsMapPage(index: u32, page: u32, offset: u32, size: u32, dir: u32, attrs: u32): u32 {
  if (swiotlb()) return swiotlbMapPage(index, page, offset, size, dir, attrs);
  return dmabounceMap(index, page, offset, size, dir);
}

/** unmap_page. */
export function bounceOpsUnmapPage(index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  if (swiotlb()) swiotlbUnmapPage(index, dma, size, dir, attrs);
  else dmabounceUnmap(index, dma, size, dir);
}

/** sync_single_for_cpu. */
export function bounceOpsSyncForCpu(index: u32, dma: u32, size: u32, dir: u32): void {
  if (swiotlb()) swiotlbSyncForCpu(index, dma, size, dir);
  else dmabounceSyncForCpu(index, dma, size, dir);
}

/** sync_single_for_device. */
export function bounceOpsSyncForDevice(index: u32, dma: u32, size: u32, dir: u32): void {
  if (swiotlb()) swiotlbSyncForDevice(index, dma, size, dir);
  else dmabounceSyncForDevice(index, dma, size, dir);
}

function sg(i: u32, field: usize): u32 {
  return load<u32>(SG + <usize>(i * SG_BYTES) + field);
}

/** map_sg of the `nents` entries at SG (layout.ts); `nents`, 0 or -EIO. */
export function bounceOpsMapSg(index: u32, nents: u32, dir: u32, attrs: u32): i32 {
  for (let i: u32 = 0; i < nents; i++) {
    const length = sg(i, 8);
    const dma = bounceOpsMapPage(index, sg(i, 0), sg(i, 4), length, dir, attrs);
    store<u32>(SG + <usize>(i * SG_BYTES), dma, 12);
    if (dma === DMA_MAPPING_ERROR) {
      const direct = swiotlb();
      bounceOpsUnmapSg(index, i, dir, direct ? attrs | ATTR_SKIP_CPU_SYNC : attrs);
      return direct ? -EIO : 0;
    }
    store<u32>(SG + <usize>(i * SG_BYTES), length, 16);
  }
  return nents;
}

/** unmap_sg over the first `nents` entries at SG. */
export function bounceOpsUnmapSg(index: u32, nents: u32, dir: u32, attrs: u32): void {
  for (let i: u32 = 0; i < nents; i++) bounceOpsUnmapPage(index, sg(i, 12), sg(i, 16), dir, attrs);
}

/** sync_sg_for_cpu. */
export function bounceOpsSyncSgForCpu(index: u32, nents: u32, dir: u32): void {
  for (let i: u32 = 0; i < nents; i++) bounceOpsSyncForCpu(index, sg(i, 12), sg(i, 8), dir);
}

/** sync_sg_for_device. */
export function bounceOpsSyncSgForDevice(index: u32, nents: u32, dir: u32): void {
  for (let i: u32 = 0; i < nents; i++) bounceOpsSyncForDevice(index, sg(i, 12), sg(i, 8), dir);
}
