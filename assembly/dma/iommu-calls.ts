// What the dma ops call below them: IO addresses, the IOMMU and the shared rules that need both.
// One place, so that events, fault injection and the recorder are seen by every op.
//
//   mapInto -> (fail the n-th?) -> driver | recorder -> event
//
// Not modelled: IOMMU_CACHE, which the 32-bit ARM layer never sets.

import {
  DMA_MAPPING_ERROR,
  INJECT_MAP,
  IOMMU_MMIO,
  IOMMU_PRIV,
  IOMMU_READ,
  IOMMU_WRITE,
  LOG_GROUP_IOMMU,
  LOGK_IOMMU_MAP,
  LOGK_IOMMU_UNMAP,
  LOGK_IOVA_TO_PHYS,
  SWITCH_DMA_PROT,
  SWITCH_DMA_PROT_ATTRS,
  SWITCH_IOMMU_STUB,
} from "../abi";
import { Device } from "../device";
import { injected, injectedErrno, injectedMany, injectionArmed } from "../inject";
import { iommuMapRest, iommuUnmapRest } from "../iommu/core";
import { iommuIovaToPhys, iommuMap, iommuUnmap } from "../iommu/index";
import { quickMap, quickUnmap } from "../iommu/quick";
import { iovaAlloc, iovaFree } from "../iova/index";
import { logEvent, logging } from "../log";
import { switchOf } from "../switches";
import { stubIovaToPhys, stubMap, stubUnmap } from "./iommu-stub";

/** DMA_ATTR_* bits that the ops read (include/linux/dma-mapping.h). */
export const ATTR_COOKIE: u32 = 0x10;
export const ATTR_SKIP_CPU_SYNC: u32 = 0x20;
export const ATTR_CONTIGUOUS: u32 = 0x40;
export const ATTR_SINGLE_PAGES: u32 = 0x80;
export const ATTR_PRIVILEGED: u32 = 0x200;
export const ATTR_MMIO: u32 = 0x400;

/** `bytes` rounded up to whole pages; wraps to 0 like the kernel's 32-bit PAGE_ALIGN. */
export function pageAlign(bytes: u32): u32 {
  return (bytes + 4095) & ~4095;
}

/** IOMMU prot bits for a direction and attributes: 0 in v3.6, later from both (spec 2.7). */
export function protOf(dir: u32, attrs: u32): u32 {
  if (switchOf(SWITCH_DMA_PROT) === 0) return 0;
  // BIDIRECTIONAL 3, TO_DEVICE 1, FROM_DEVICE 2, anything else 0: one hex digit each.
  const prot = (0x0213 >> ((dir & 3) << 2)) & (IOMMU_READ | IOMMU_WRITE);
  if ((attrs & (ATTR_PRIVILEGED | ATTR_MMIO)) === 0 || switchOf(SWITCH_DMA_PROT_ATTRS) === 0) return prot;
  return (
    prot | ((attrs & ATTR_PRIVILEGED) !== 0 ? IOMMU_PRIV : 0) | ((attrs & ATTR_MMIO) !== 0 ? IOMMU_MMIO : 0)
  );
}

/** iommu_map of `size` bytes of whole pages; 0 or -errno. */
export function mapInto(domain: u32, iova: u32, pa: u32, size: u32, prot: u32): i32 {
  let result: i32;
  if (injected(INJECT_MAP)) result = -injectedErrno(INJECT_MAP);
  else if (switchOf(SWITCH_IOMMU_STUB) === 0) result = iommuMap(domain, iova, pa, size, prot);
  else result = stubMap(domain, iova, pa, size);
  if (logging(LOG_GROUP_IOMMU)) logEvent(LOG_GROUP_IOMMU, LOGK_IOMMU_MAP, iova, pa, size, prot, result);
  return result;
}

/**
 * iommu_map of up to `pages` scatterlist entries at `list` that are one whole page each, as `mapInto` one by
 * one, each given to the device for direction `dir` first if `sync`. Returns how many; for the one
 * after them nothing has been done.
 */
export function mapEntries(
  domain: u32,
  iova: u32,
  list: usize,
  pages: u32,
  prot: u32,
  sync: bool,
  dir: u32,
): u32 {
  if (injectionArmed(INJECT_MAP) || switchOf(SWITCH_IOMMU_STUB) !== 0) return 0;
  const done = quickMap(domain, iova, 0, pages, prot, list, sync, dir);
  injectedMany(INJECT_MAP, done);
  return done;
}

/** iommu_unmap; what was really unmapped is not looked at, as in the ops of the kernel. */
export function unmapFrom(domain: u32, iova: u32, size: u32): void {
  if (logging(LOG_GROUP_IOMMU)) logEvent(LOG_GROUP_IOMMU, LOGK_IOMMU_UNMAP, iova, size, 0, 0, 0);
  if (switchOf(SWITCH_IOMMU_STUB) === 0) iommuUnmap(domain, iova, size);
  else stubUnmap(domain, iova, size);
}

/** iommu_iova_to_phys: the physical address behind `iova`, 0 for none. */
export function lookUp(domain: u32, iova: u32): u32 {
  const pa = switchOf(SWITCH_IOMMU_STUB) === 0 ? iommuIovaToPhys(domain, iova) : stubIovaToPhys(domain, iova);
  if (logging(LOG_GROUP_IOMMU)) logEvent(LOG_GROUP_IOMMU, LOGK_IOVA_TO_PHYS, iova, pa, 0, 0, 0);
  return pa;
}

// The calls that every mapping makes, in one piece with their callers: only static methods can be
// forced inline.
@unmanaged
// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
export class Run {
  /** `mapInto` of whole pages. */
  @inline
  static map(domain: u32, iova: u32, pa: u32, size: u32, prot: u32): i32 {
    if (injectionArmed(INJECT_MAP) || switchOf(SWITCH_IOMMU_STUB) !== 0 || ((pa | iova) & 4095) !== 0) {
      return mapInto(domain, iova, pa, size, prot);
    }
    const done = quickMap(domain, iova, pa, size >> 12, prot, 0, false, 0) << 12;
    if (done === 0) return mapInto(domain, iova, pa, size, prot);
    injectedMany(INJECT_MAP, 1);
    return done === size ? 0 : iommuMapRest(domain, iova, pa, size, prot, done);
  }

  /** `unmapFrom` of whole pages. */
  @inline
  static unmap(domain: u32, iova: u32, size: u32): void {
    if (switchOf(SWITCH_IOMMU_STUB) !== 0) {
      unmapFrom(domain, iova, size);
    } else {
      const done = quickUnmap(domain, iova, size >> 12) << 12;
      if (done === 0) unmapFrom(domain, iova, size);
      else if (done !== size) iommuUnmapRest(domain, iova, size, done);
    }
  }

  /** `mapBlock`. */
  @inline
  static mapBlock(device: Device, pa: u32, offset: u32, size: u32, prot: u32): u32 {
    const length = pageAlign(size + offset);
    const iova = iovaAlloc(device.space, length);
    if (iova === DMA_MAPPING_ERROR) return iova;
    if (Run.map(device.domain, iova, pa, length, prot) < 0) {
      iovaFree(device.space, iova, length);
      return DMA_MAPPING_ERROR;
    }
    return iova + offset;
  }

  /** `removeMapping`. */
  @inline
  static remove(device: Device, dma: u32, size: u32): void {
    const length = pageAlign((dma & 4095) + size);
    const iova = dma & ~4095;
    Run.unmap(device.domain, iova, length);
    iovaFree(device.space, iova, length);
  }
}

/**
 * One IO address for `offset + size` bytes from page `pa`, mapped in one go. Returns the address of
 * the first byte, or DMA_MAPPING_ERROR with nothing left behind.
 */
export function mapBlock(device: Device, pa: u32, offset: u32, size: u32, prot: u32): u32 {
  return Run.mapBlock(device, pa, offset, size, prot);
}

/** Unmaps the whole pages that [dma, dma + size) touches and gives back their IO addresses. */
export function removeMapping(device: Device, dma: u32, size: u32): void {
  Run.remove(device, dma, size);
}
