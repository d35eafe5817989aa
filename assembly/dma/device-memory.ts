// Memory of a device's own, from which its coherent allocations are served first
// (dma_declare_coherent_memory; spec dma-mapping 1.3).
//
//   block at device.memory: +0 pa  +4 bus address  +8 pages  +12 exclusive  +16 pages taken
//                           +20 allocations alive  +32 one bit per page
//
// A request takes 2^get_order(size) pages at a multiple of that count, first fit, and gives the same
// number back. When there is no room the allocation goes on to the generic way, unless the region is
// exclusive (always since v5.1). Memory is zeroed for each owner by uncached stores.
// Sources: drivers/base/dma-coherent.c v3.14, v4.4 and later; kernel/dma/coherent.c v6.1.
//
// Not modelled: dma_mark_declared_memory_occupied; the global default pool; regions outside DRAM.

import {
  COUNT_DEVICE_MEMORY,
  COUNT_DEVICE_MEMORY_FULL,
  COUNT_DEVICE_MEMORY_GONE,
  CPU_DEVICE,
  EBUSY,
  EINVAL,
  ENOMEM,
  NO_PA,
  OPS_IOMMU,
  SWITCH_DMA_MEMORY_EXCLUSIVE,
  SWITCH_DMA_MEMORY_FIRST,
} from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { cpuWriteAs } from "../cache/index";
import { count } from "../counters";
import { Device, deviceOf } from "../device";
import { switchOf } from "../switches";
import { allocationAt, recordAppend, recordCreate, recordDestroy, runPa } from "./alloc-record";
import { ownMemoryType } from "./memory-type";
import { zeroBlock } from "./pages-cache";
import { orderOf } from "./pool";

@unmanaged
class Region {
  pa: u32;
  bus: u32;
  pages: u32;
  exclusive: u32;
  used: u32;
  alive: u32;
}

const BITS: usize = 32;

function regionOf(device: Device): Region {
  return changetype<Region>(<usize>device.memory);
}

function blockBytes(pages: u32): u32 {
  return <u32>BITS + ((pages + 7) >> 3);
}

/**
 * dma_declare_coherent_memory: [pa, pa + bytes) of guest memory, which the device reaches at `bus`.
 * 0, -EINVAL (no bytes), -EBUSY (it has a region) or -ENOMEM.
 */
export function deviceDeclareMemory(index: u32, pa: u32, bus: u32, bytes: u32, exclusive: u32): i32 {
  const device = deviceOf(index);
  if (bytes === 0) return -EINVAL;
  if (device.memory !== 0) return -EBUSY;
  const pages = bytes >> 12;
  const block = <u32>arenaAlloc(blockBytes(pages));
  if (block === 0) return -ENOMEM;
  device.memory = block;
  const region = regionOf(device);
  region.pa = pa;
  region.bus = bus;
  region.pages = pages;
  region.exclusive = exclusive;
  return 0;
}

/** dma_release_declared_memory. Buffers still alive lose their region; the number of them. */
export function deviceReleaseMemory(index: u32): u32 {
  const device = deviceOf(index);
  if (device.memory === 0) return 0;
  const region = regionOf(device);
  const alive = region.alive;
  arenaFree(device.memory, blockBytes(region.pages));
  device.memory = 0;
  return alive;
}

/** Figures of the region: 0 pages, 1 pages taken, 2 buffers alive; 0 without one. */
export function deviceMemoryStatistic(index: u32, n: u32): u32 {
  const device = deviceOf(index);
  if (device.memory === 0) return 0;
  const region = regionOf(device);
  return n === 0 ? region.pages : n === 1 ? region.used : region.alive;
}

/** True when an allocation of the device looks into its own memory first. */
export function usesMemory(device: Device): bool {
  // Up to v4.2 the linear alloc did it, not the wrapper: behind an IOMMU nobody looked.
  return device.memory !== 0 && (device.ops !== OPS_IOMMU || switchOf(SWITCH_DMA_MEMORY_FIRST) !== 0);
}

/** True when an allocation that found no room in the device's own memory fails. */
export function memoryExclusive(device: Device): bool {
  return regionOf(device).exclusive !== 0 || switchOf(SWITCH_DMA_MEMORY_EXCLUSIVE) !== 0;
}

function bit(region: Region, page: u32): bool {
  const at = changetype<usize>(region) + BITS + (page >> 3);
  return ((load<u8>(at) >> <u8>(page & 7)) & 1) !== 0;
}

function mark(region: Region, first: u32, n: u32, value: bool): void {
  for (let page = first; page < first + n; page++) {
    const at = changetype<usize>(region) + BITS + (page >> 3);
    const mask = <u8>((<u32>1) << (page & 7));
    store<u8>(at, value ? load<u8>(at) | mask : load<u8>(at) & ~mask);
  }
  region.used = value ? region.used + n : region.used - n;
}

/** bitmap_find_free_region: first page of 2^order free ones at a multiple of that, NO_PA for none. */
function find(region: Region, order: u32): u32 {
  const step = (<u32>1) << order;
  for (let first: u32 = 0; first < region.pages && step <= region.pages - first; first += step) {
    let n: u32 = 0;
    while (n < step && !bit(region, first + n)) n++;
    if (n === step) return first;
  }
  return NO_PA;
}

/** An allocation of `size` bytes from the device's own memory: its record, 0 when there is no room. */
export function memoryAlloc(index: u32, size: u32, attrs: u32): u32 {
  const region = regionOf(deviceOf(index));
  const pages = ((size + 4095) & ~4095) >> 12;
  const order = orderOf(pages);
  const first = pages > region.pages ? NO_PA : find(region, order);
  const at = first === NO_PA ? 0 : recordCreate(index, pages << 12, attrs);
  if (at === 0) {
    count(COUNT_DEVICE_MEMORY_FULL);
    return 0;
  }
  mark(region, first, (<u32>1) << order, true);
  region.alive = region.alive + 1;
  const pa = region.pa + (first << 12);
  const from = zeroBlock();
  for (let n: u32 = 0; n < pages && from !== 0; n++) cpuWriteAs(pa + (n << 12), 4096, from, ownMemoryType());
  const record = allocationAt(at);
  record.handle = region.bus + (first << 12);
  record.cpu = CPU_DEVICE;
  recordAppend(at, pa, pages);
  count(COUNT_DEVICE_MEMORY);
  return at;
}

/** Gives back an allocation of `memoryAlloc`. */
export function memoryFree(index: u32, at: u32): void {
  const device = deviceOf(index);
  const record = allocationAt(at);
  const offset = device.memory === 0 ? NO_PA : runPa(at, 0) - regionOf(device).pa;
  if (offset >> 12 < (device.memory === 0 ? 0 : regionOf(device).pages)) {
    const region = regionOf(device);
    mark(region, offset >> 12, (<u32>1) << orderOf(record.size >> 12), false);
    region.alive = region.alive - 1;
  } else count(COUNT_DEVICE_MEMORY_GONE); // the kernel warns: it knows no such buffer
  recordDestroy(at);
}

/** The physical address behind `dma` when it lies in the device's own memory, else NO_PA. */
export function memoryPhys(device: Device, dma: u32): u32 {
  if (device.memory === 0) return NO_PA;
  const region = regionOf(device);
  const offset = dma - region.bus;
  return offset >> 12 < region.pages ? region.pa + offset : NO_PA;
}
