// dma_mmap_attrs and dma_free_attrs with the attributes that the caller names, which should be those of
// alloc: NO_KERNEL_MAPPING tells a page array (cookie) from an address.
//
//                        without the attribute            with it
//   buffer with address  fine                             the address is taken for a page array: refused
//   cookie               no such area: -ENXIO, nothing    fine
//                        freed
//
// Without an IOMMU, and for memory of the device's own, the block is contiguous and only the range counts.
// Sources: arch/arm/mm/dma-mapping.c v3.6 to v6.1, drivers/base/dma-coherent.c; spec dma-mapping 1.3, 2.4, 3.2.
//
// Not modelled: what linear ops do with other attributes at free than at alloc.

import {
  CALL_FREE,
  CALL_MMAP,
  COUNT_FREE_ATTRIBUTES,
  COUNT_REFUSED,
  CPU_COOKIE,
  CPU_DEVICE,
  CPU_REMAP,
  ENXIO,
  FREE_DONE,
  FREE_INVALID,
  FREE_REFUSED,
  OPS_IOMMU,
  SWITCH_DMA_COOKIE,
} from "../abi";
import { count } from "../counters";
import { deviceOf } from "../device";
import { switchOf } from "../switches";
import { freeOf } from "./alloc-api";
import { iommuOpsMmap, iommuOpsMmapPage } from "./alloc-map";
import { Allocation, allocationAt, recordPage } from "./alloc-record";
import { noteAttributes } from "./attributes";
import { ATTR_COOKIE } from "./iommu-calls";

/** FREE_DONE when `attrs` say of the CPU's pointer what it is; else what becomes of the call. */
function pointerTaken(record: Allocation, attrs: u32): u32 {
  const cookie = (attrs & ATTR_COOKIE) !== 0 && switchOf(SWITCH_DMA_COOKIE) !== 0;
  if (record.cpu !== CPU_REMAP && record.cpu !== CPU_COOKIE) return FREE_DONE;
  if (cookie === (record.cpu === CPU_COOKIE)) return FREE_DONE;
  if (!cookie) return FREE_INVALID;
  count(COUNT_REFUSED);
  return FREE_REFUSED;
}

/** dma_free_attrs with `attrs`: FREE_DONE, or FREE_INVALID and FREE_REFUSED with nothing freed. */
export function dmaFreeAs(index: u32, at: u32, attrs: u32, birth: u32): u32 {
  if (attrs !== 0) noteAttributes(index, CALL_FREE, attrs);
  if (deviceOf(index).ops === OPS_IOMMU) {
    const result = pointerTaken(allocationAt(at), attrs);
    if (result !== FREE_DONE) {
      count(COUNT_FREE_ATTRIBUTES);
      return result;
    }
  }
  freeOf(birth, index, at);
  return FREE_DONE;
}

/** dma_mmap_attrs of `pages` pages from page `pgoff` of the allocation at `at`, with `attrs`: 0 or -ENXIO. */
export function dmaMmap(index: u32, at: u32, attrs: u32, pgoff: u32, pages: u32): i32 {
  if (attrs !== 0) noteAttributes(index, CALL_MMAP, attrs);
  const record = allocationAt(at);
  if (deviceOf(index).ops === OPS_IOMMU) {
    // The IOMMU ops look for a page array, which memory of the device's own has not.
    if (record.cpu === CPU_DEVICE || pointerTaken(record, attrs) !== FREE_DONE) return -ENXIO;
    return iommuOpsMmap(at, pgoff, pages);
  }
  const total = record.size >> 12;
  return pgoff >= total || pages > total - pgoff ? -ENXIO : 0;
}

/** Physical address of page `n` of a user mapping that `dmaMmap` allowed. */
export function dmaMmapPage(index: u32, at: u32, pgoff: u32, n: u32): u32 {
  return deviceOf(index).ops === OPS_IOMMU ? iommuOpsMmapPage(at, pgoff, n) : recordPage(at, pgoff + n);
}
