// dma_alloc_attrs and dma_free_attrs as drivers call them: ops table, history, counters.
//
// The device's own memory comes first (device-memory.ts). What is allocated there has no address of
// the IO-address space, so its history record hangs on the chains of untranslated addresses.
//
// Not modelled: gfp zones.

import {
  CALL_ALLOC,
  CPU_DEVICE,
  DEVCOUNT_ALLOC_BYTES,
  DEVCOUNT_ALLOC_ERRORS,
  DEVCOUNT_ALLOCS,
  DEVCOUNT_FREE_BYTES,
  DEVCOUNT_FREES,
  DMA_BIDIRECTIONAL,
  DMA_MAPPING_ERROR,
  KIND_COHERENT,
  OPS_IOMMU,
} from "../abi";
import { deviceCount, deviceOf } from "../device";
import { tick } from "../header";
import { historyBirth, historyDeath, historyFind, Mapping } from "../sanitize/history";
import { aliasMark } from "./alias";
import { allocationAt, recordPage } from "./alloc-record";
import { held, markStale, released } from "./api";
import { dmaAttributeEffects, noteIdle } from "./attributes";
import { memoryAlloc, memoryExclusive, memoryFree, usesMemory } from "./device-memory";
import { iommuOpsAlloc, iommuOpsFree } from "./iommu-index";
import { linearAlloc, linearFree } from "./linear-alloc";
import { birthUntranslated, findUntranslated } from "./untranslated";

/** The most that can be asked for: PAGE_ALIGN of more is 0 in 32 bits, and the kernel maps no area of 0 bytes. */
const MOST_BYTES: u32 = 0xffff_f000;

/**
 * Allocates `size` bytes for the device; `gfp` bit 0: the caller may sleep. Returns the bus
 * address, or DMA_MAPPING_ERROR when the kernel would return NULL.
 */
export function dmaAlloc(index: u32, size: u32, gfp: u32, attrs: u32, label: u32): u32 {
  tick();
  const device = deviceOf(index);
  let at: u32 = 0;
  const own = usesMemory(device);
  if (own) at = memoryAlloc(index, size, attrs);
  const effects: u32 = at !== 0 || attrs === 0 ? 0 : dmaAttributeEffects(index, CALL_ALLOC, attrs, gfp);
  if (attrs !== 0) noteIdle(CALL_ALLOC, attrs, effects);
  if (at === 0 && size <= MOST_BYTES && !(own && memoryExclusive(device))) {
    at =
      device.ops === OPS_IOMMU
        ? iommuOpsAlloc(index, size, gfp, attrs)
        : linearAlloc(index, size, gfp, attrs);
  }
  if (at === 0) {
    deviceCount(device, DEVCOUNT_ALLOC_ERRORS, 1);
    return DMA_MAPPING_ERROR;
  }
  const allocation = allocationAt(at);
  const dma = allocation.handle;
  deviceCount(device, DEVCOUNT_ALLOCS, 1);
  deviceCount(device, DEVCOUNT_ALLOC_BYTES, size);
  held(device, size);
  aliasMark(at, true);
  const pa = recordPage(at, 0);
  const birth =
    allocation.cpu === CPU_DEVICE
      ? birthUntranslated(index, KIND_COHERENT, dma, size, pa, DMA_BIDIRECTIONAL, attrs, label)
      : historyBirth(index, KIND_COHERENT, dma, size, pa, DMA_BIDIRECTIONAL, attrs, label);
  if (birth !== 0) changetype<Mapping>(<usize>birth).extra = at;
  return dma;
}

/** The allocation of `index` that begins at bus address `dma`, 0 for none. */
export function dmaFindAllocation(index: u32, dma: u32): u32 {
  const device = deviceOf(index);
  let at = historyFind(index, dma, 0);
  if (at === 0 && device.memory !== 0) at = findUntranslated(index, dma, 0);
  if (at === 0) return 0;
  const record = changetype<Mapping>(<usize>at);
  return <u32>(record.kind & 0x7f) === KIND_COHERENT ? record.extra : 0;
}

/** Frees the allocation `at` of the device. */
export function dmaFree(index: u32, at: u32): void {
  const allocation = allocationAt(at);
  const handle = allocation.handle;
  const cpu = allocation.cpu;
  freeOf(cpu === CPU_DEVICE ? findUntranslated(index, handle, 0) : historyFind(index, handle, 0), index, at);
}

/** The same where the caller knows the record `birth` of the allocation; 0 when that has ended. */
export function freeOf(birth: u32, index: u32, at: u32): void {
  tick();
  const device = deviceOf(index);
  const allocation = allocationAt(at);
  const dma = allocation.handle;
  const bytes = allocation.size;
  let size: u32 = bytes;
  let serial: u32 = 0;
  if (birth !== 0) {
    const record = changetype<Mapping>(<usize>birth);
    serial = record.serial;
    size = record.size;
    historyDeath(birth);
  }
  // An unmap of the buffer, the driver's mistake, has given it back already.
  if (birth !== 0) released(device, size);
  aliasMark(at, false);
  if (allocation.cpu === CPU_DEVICE) memoryFree(index, at);
  else if (device.ops === OPS_IOMMU) {
    iommuOpsFree(index, at);
    markStale(device, dma, bytes, serial);
  } else linearFree(index, at);
  deviceCount(device, DEVCOUNT_FREES, 1);
  deviceCount(device, DEVCOUNT_FREE_BYTES, size);
}
