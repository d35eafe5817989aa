// The ops of a device without an IOMMU: the bus address follows from the physical one (bus.ts).
//
//   map    hand the bytes to the device (caches), return the address
//   unmap  hand them back; nothing was remembered, size and direction are the caller's word
//
// arm_dma_ops (to v5.19) never fail: an address the device cannot drive is handed out all the
// same, and counted. dma-direct (v6.0, switch LINEAR_DIRECT) refuses it. A coherent device has
// no cache work in any version (spec/dma-mapping 1.3, 1.6).
//
// Not modelled: P2PDMA.

import {
  COUNT_MASK_OVERFLOW,
  COUNT_MASK_UNREACHABLE,
  COUNT_SYNC_UNREACHABLE,
  DMA_MAPPING_ERROR,
  EIO,
  NO_PA,
  SWITCH_DMA_SKIP_SYNC,
  SWITCH_LINEAR_DIRECT,
} from "../abi";
import { count } from "../counters";
import { Device, deviceOf } from "../device";
import { PAGE_SIZE } from "../dram";
import { header } from "../header";
import { SG, SG_BYTES } from "../layout";
import { switchOf } from "../switches";
import { busOf, physOf } from "./bus";
import { syncCpuToDev, syncDevToCpu } from "./sync";

const ATTR_SKIP_CPU_SYNC: u32 = 0x20;

/** True when this call does the cache maintenance of map and unmap. */
function maintains(device: Device, attrs: u32): bool {
  if (device.coherent !== 0) return false;
  return (attrs & ATTR_SKIP_CPU_SYNC) === 0 || switchOf(SWITCH_DMA_SKIP_SYNC) === 0;
}

/** The highest bus address that `mask` and the bus limit (0: none) allow; an unset one does not count. */
export function highestOf(device: Device, mask: u64): u64 {
  const limit = <u64>device.busLimit;
  if (limit === 0) return mask;
  return mask === 0 ? limit : min(mask, limit);
}

/**
 * dma_capable: the last byte of [dma, dma + size) is within mask and bus limit and does not wrap. dma-direct
 * also wants it above the bus address of the first page of memory.
 */
export function deviceReaches(device: Device, dma: u32, size: u32): bool {
  const last = size === 0 ? dma : dma + size - 1;
  if (switchOf(SWITCH_LINEAR_DIRECT) !== 0) {
    if (dma === DMA_MAPPING_ERROR || min(dma, last) < busOf(device, header().dramBase)) return false;
  }
  return last >= dma && <u64>last <= highestOf(device, device.dmaMask);
}

/** map_page: `size` bytes at `offset` of the page at `page`; the bus address or DMA_MAPPING_ERROR. */
export function linearMapPage(index: u32, page: u32, offset: u32, size: u32, dir: u32, attrs: u32): u32 {
  const device = deviceOf(index);
  const dma = busOf(device, page + offset);
  if (!deviceReaches(device, dma, size)) {
    if (switchOf(SWITCH_LINEAR_DIRECT) !== 0) {
      count(COUNT_MASK_OVERFLOW);
      return DMA_MAPPING_ERROR;
    }
    count(COUNT_MASK_UNREACHABLE);
  }
  if (maintains(device, attrs)) syncCpuToDev(page, offset, size, dir);
  return dma;
}

/** Page and offset of a bus address, as the sync helpers want them. */
function toCpu(device: Device, dma: u32, size: u32, dir: u32): void {
  const pa = physOf(device, dma);
  if (device.ranges !== 0 && pa === NO_PA) {
    count(COUNT_SYNC_UNREACHABLE);
    return;
  }
  syncDevToCpu(pa & ~(PAGE_SIZE - 1), pa & (PAGE_SIZE - 1), size, dir);
}

function toDevice(device: Device, dma: u32, size: u32, dir: u32): void {
  const pa = physOf(device, dma);
  if (device.ranges !== 0 && pa === NO_PA) {
    count(COUNT_SYNC_UNREACHABLE);
    return;
  }
  syncCpuToDev(pa & ~(PAGE_SIZE - 1), pa & (PAGE_SIZE - 1), size, dir);
}

/**
 * map_resource: registers keep their address, offsets and ranges are for memory. dma-direct refuses what
 * the device cannot drive.
 */
export function linearMapResource(index: u32, pa: u32, size: u32): u32 {
  if (switchOf(SWITCH_LINEAR_DIRECT) === 0) return pa;
  const device = deviceOf(index);
  const last = size === 0 ? pa : pa + size - 1;
  if (last >= pa && <u64>last <= highestOf(device, device.dmaMask)) return pa;
  count(COUNT_MASK_OVERFLOW);
  return DMA_MAPPING_ERROR;
}

/** unmap_page of `size` bytes at `dma`. */
export function linearUnmapPage(index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  const device = deviceOf(index);
  if (maintains(device, attrs)) toCpu(device, dma, size, dir);
}

/** sync_single_for_cpu of `size` bytes at `dma`, which may lie inside a mapping. */
export function linearSyncForCpu(index: u32, dma: u32, size: u32, dir: u32): void {
  const device = deviceOf(index);
  if (device.coherent === 0) toCpu(device, dma, size, dir);
}

/** sync_single_for_device of `size` bytes at `dma`. */
export function linearSyncForDevice(index: u32, dma: u32, size: u32, dir: u32): void {
  const device = deviceOf(index);
  if (device.coherent === 0) toDevice(device, dma, size, dir);
}

function sg(i: u32, field: usize): u32 {
  return load<u32>(SG + <usize>(i * SG_BYTES) + field);
}

/**
 * map_sg of the `nents` entries at SG (layout.ts): map_page of each. Returns `nents`; when an entry
 * fails the earlier ones are unmapped and it is 0 (arm_dma_ops) or -EIO (dma-direct, which leaves
 * their caches alone).
 */
export function linearMapSg(index: u32, nents: u32, dir: u32, attrs: u32): i32 {
  for (let i: u32 = 0; i < nents; i++) {
    const length = sg(i, 8);
    const dma = linearMapPage(index, sg(i, 0), sg(i, 4), length, dir, attrs);
    store<u32>(SG + <usize>(i * SG_BYTES), dma, 12);
    if (dma === DMA_MAPPING_ERROR) {
      if (switchOf(SWITCH_LINEAR_DIRECT) === 0) {
        linearUnmapSg(index, i, dir, attrs);
        return 0;
      }
      linearUnmapSg(index, i, dir, attrs | ATTR_SKIP_CPU_SYNC);
      return -EIO;
    }
    store<u32>(SG + <usize>(i * SG_BYTES), length, 16);
  }
  return nents;
}

/** unmap_sg over the first `nents` entries at SG, by their dma address and dma length. */
export function linearUnmapSg(index: u32, nents: u32, dir: u32, attrs: u32): void {
  for (let i: u32 = 0; i < nents; i++) linearUnmapPage(index, sg(i, 12), sg(i, 16), dir, attrs);
}

/** sync_sg_for_cpu: by dma address and the entry's own length. */
export function linearSyncSgForCpu(index: u32, nents: u32, dir: u32): void {
  for (let i: u32 = 0; i < nents; i++) linearSyncForCpu(index, sg(i, 12), sg(i, 8), dir);
}

/** sync_sg_for_device: by dma address and the entry's own length. */
export function linearSyncSgForDevice(index: u32, nents: u32, dir: u32): void {
  for (let i: u32 = 0; i < nents; i++) linearSyncForDevice(index, sg(i, 12), sg(i, 8), dir);
}
