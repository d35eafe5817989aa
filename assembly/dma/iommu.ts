// Streaming ops behind an IOMMU: one page run, one resource, sync of a single mapping.
//
//   mapPage:   clean caches -> IO address -> iommu_map          (caches stay cleaned on failure)
//   unmapPage: look up page -> invalidate caches -> iommu_unmap -> free IO address
//
// Quirks kept: a handle in IO page 0 is ignored by unmap and sync, so that mapping leaks; with an
// offset of a page or more unmap rounds down to the handle's own page and the pages before it leak.
// Sources: arch/arm/mm/dma-mapping.c v3.6, v3.14, v4.4, v6.1; spec dma-mapping 2.6.
//
// Not modelled: mappings of 2 GiB and more (the kernel's length is a signed int).

import {
  COHERENT_IN_TABLE,
  COUNT_BIG_OFFSET,
  COUNT_NO_OP,
  COUNT_RESOURCE_IDENTITY,
  COUNT_SYNC_UNMAPPED,
  COUNT_ZERO_IOVA,
  SWITCH_DMA_COHERENT,
  SWITCH_DMA_LOOKUP_FIRST,
  SWITCH_DMA_RESOURCE,
  SWITCH_DMA_SYNC_DEVICE_ALWAYS,
  SWITCH_DMA_ZERO_IOVA,
} from "../abi";
import { count } from "../counters";
import { Device, deviceOf } from "../device";
import { switchOf } from "../switches";
import { ATTR_MMIO, lookUp, mapBlock, protOf, Run, removeMapping } from "./iommu-calls";
import { coherentOps, mapSyncs, ownCoherentTable } from "./iommu-coherent";
import { syncCpuToDev, syncDevToCpu } from "./sync";

export {
  iommuOpsMapSg,
  iommuOpsSyncSgForCpu,
  iommuOpsSyncSgForDevice,
  iommuOpsUnmapSg,
} from "./sg";

/** True, and counted, when the kernel ignores this handle because its IO page is 0. */
function ignoredZero(iova: u32): bool {
  if (iova !== 0) return false;
  count(COUNT_ZERO_IOVA);
  return switchOf(SWITCH_DMA_ZERO_IOVA) === 0;
}

// Map and unmap of a page run, in one piece with the dispatch (api.ts): only static methods can be
// forced inline.
@unmanaged
// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
export class IommuOps {
  /** `iommuOpsMapPage` of a device. */
  @inline
  static mapPage(device: Device, page: u32, offset: u32, size: u32, dir: u32, attrs: u32): u32 {
    if (offset > 4095) count(COUNT_BIG_OFFSET);
    if (mapSyncs(device, attrs)) syncCpuToDev(page, offset, size, dir);
    return Run.mapBlock(device, page, offset, size, protOf(dir, attrs));
  }

  /** `iommuOpsUnmapPage` of a device. */
  @inline
  static unmapPage(device: Device, dma: u32, size: u32, dir: u32, attrs: u32): void {
    const iova = dma & ~4095;
    // Up to v4.4 the page is looked up before anything else, needed or not.
    const first = switchOf(SWITCH_DMA_LOOKUP_FIRST) !== 0 && !ownCoherentTable(device);
    let page: u32 = first ? lookUp(device.domain, iova) : 0;
    if (!ignoredZero(iova)) {
      if (mapSyncs(device, attrs)) {
        if (!first) page = lookUp(device.domain, iova);
        if (page === 0) count(COUNT_SYNC_UNMAPPED);
        syncDevToCpu(page, dma & 4095, size, dir);
      }
      Run.remove(device, dma, size);
    }
  }
}

/**
 * map_page: `size` bytes at `page` + `offset` (page aligned physical address; offsets of a page and more
 * are legal). Returns the IO address or DMA_MAPPING_ERROR.
 */
export function iommuOpsMapPage(index: u32, page: u32, offset: u32, size: u32, dir: u32, attrs: u32): u32 {
  return IommuOps.mapPage(deviceOf(index), page, offset, size, dir, attrs);
}

/** unmap_page of `size` bytes at `dma`. Trusts its arguments; what was mapped is not remembered. */
export function iommuOpsUnmapPage(index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  IommuOps.unmapPage(deviceOf(index), dma, size, dir, attrs);
}

/** sync_single_for_cpu of `size` bytes at `dma`, anywhere inside a mapping. */
export function iommuOpsSyncForCpu(index: u32, dma: u32, size: u32, dir: u32): void {
  const device = deviceOf(index);
  const page = pageToSync(device, dma & ~4095, coherentOps(device));
  if (page !== NO_SYNC) syncDevToCpu(page, dma & 4095, size, dir);
}

/** sync_single_for_device of `size` bytes at `dma`, anywhere inside a mapping. */
export function iommuOpsSyncForDevice(index: u32, dma: u32, size: u32, dir: u32): void {
  const device = deviceOf(index);
  // v3.6 forgot the coherency test here: a needless, harmless clean.
  const skip = coherentOps(device) && switchOf(SWITCH_DMA_SYNC_DEVICE_ALWAYS) === 0;
  const page = pageToSync(device, dma & ~4095, skip);
  if (page !== NO_SYNC) syncCpuToDev(page, dma & 4095, size, dir);
}

const NO_SYNC: u32 = 1;

function pageToSync(device: Device, iova: u32, skip: bool): u32 {
  if (ownCoherentTable(device)) {
    count(COUNT_NO_OP);
    return NO_SYNC;
  }
  if (device.coherent !== 0 && switchOf(SWITCH_DMA_COHERENT) === COHERENT_IN_TABLE) return NO_SYNC;
  let page: u32 = 0;
  const first = switchOf(SWITCH_DMA_LOOKUP_FIRST) !== 0;
  if (first) page = lookUp(device.domain, iova);
  if (ignoredZero(iova) || skip) return NO_SYNC;
  if (!first) page = lookUp(device.domain, iova);
  if (page === 0) count(COUNT_SYNC_UNMAPPED);
  return page;
}

/**
 * map_resource of `size` bytes of device registers at `pa`. Without such an op (before v4.9) the address
 * comes back unchanged, as from the generic wrapper. Returns the IO address or DMA_MAPPING_ERROR.
 */
export function iommuOpsMapResource(index: u32, pa: u32, size: u32, dir: u32, attrs: u32): u32 {
  if (switchOf(SWITCH_DMA_RESOURCE) === 0) {
    count(COUNT_RESOURCE_IDENTITY);
    return pa;
  }
  return mapBlock(deviceOf(index), pa & ~4095, pa & 4095, size, protOf(dir, attrs | ATTR_MMIO));
}

/** unmap_resource of `size` bytes at `dma`; no cache maintenance. */
export function iommuOpsUnmapResource(index: u32, dma: u32, size: u32, _dir: u32, _attrs: u32): void {
  if (switchOf(SWITCH_DMA_RESOURCE) === 0 || ignoredZero(dma & ~4095)) return;
  removeMapping(deviceOf(index), dma, size);
}
