// The IOMMU core above the driver: iommu_map, iommu_unmap and iommu_iova_to_phys split a
// range into pages (drivers/iommu/iommu.c of v3.6, v4.4, v6.1).
//
//   page size   the largest supported one that fits what is left and divides iova | pa
//   map         the first error unmaps what was done and is returned
//   unmap       by page size (v3.13 on), or all that is left in one call (v3.6); a step of 0 ends it
//
// Not modelled: IOTLB gathering, map_pages (the Exynos driver has neither), flush queues.

import {
  DRIVER_BUG,
  EINVAL,
  SWITCH_IOMMU_SIZES,
  SWITCH_IOMMU_UNALIGNED,
  SWITCH_IOMMU_UNMAP_REST,
  TEXT_MAP_UNALIGNED,
  TEXT_UNMAP_UNALIGNED,
  UNMAP_BUG,
} from "../abi";
import { LV1_SECTION, LV1_TABLE, LV2_LARGE, lv1Index, lv2Index, SMALL_SIZE } from "../pagetable/descriptor";
import { tableOf } from "../pagetable/map";
import { switchOf } from "../switches";
import { driverMap, driverUnmap } from "./driver-map";
import { print } from "./events";
import { cpuRead32 } from "./memory";
import { quickMap, quickUnmap } from "./quick";
import { domainOf, driver } from "./state";

const SIZES: u32 = 0x111000; // 4 KiB, 64 KiB, 1 MiB

function sizes(): u32 {
  const chosen = switchOf(SWITCH_IOMMU_SIZES);
  return chosen === 0 ? SIZES : chosen;
}

// iommu_pgsize: `merge` is what the page must divide, `left` (at least the smallest page) what it must fit.
function pageSize(supported: u32, merge: u32, left: u32): u32 {
  let top: u32 = 31 - clz<u32>(left);
  if (merge !== 0) top = min<u32>(top, ctz<u32>(merge));
  const fit = supported & (0xffffffff >> (31 - top));
  return (<u32>1) << (31 - clz<u32>(fit));
}

/**
 * iommu_map: `size` bytes at `iova` of domain `d` to `pa`, prot bits IOMMU_*. 0; -EINVAL for unaligned
 * arguments; the driver's error with nothing left mapped; DRIVER_BUG where the kernel stops.
 */
export function iommuMap(d: u32, iova: u32, pa: u32, size: u32, prot: u32): i32 {
  const supported = sizes();
  const smallest = supported & (0 - supported);
  if (((iova | pa | size) & (smallest - 1)) !== 0) {
    print(TEXT_MAP_UNALIGNED, iova, pa, size, smallest);
    return -EINVAL;
  }
  const done = smallest === SMALL_SIZE ? quickMap(d, iova, pa, size >> 12, prot, 0, false, 0) << 12 : 0;
  return done === size ? 0 : iommuMapRest(d, iova, pa, size, prot, done);
}

/** The rest of `iommuMap` when its first `mapped` bytes are done. */
export function iommuMapRest(d: u32, iova: u32, pa: u32, size: u32, prot: u32, mapped: u32): i32 {
  const supported = sizes();
  let left = size - mapped;
  let error: i32 = 0;
  while (left !== 0) {
    const done = size - left;
    const step = pageSize(supported, (iova + done) | (pa + done), left);
    error = driverMap(d, iova + done, pa + done, step, prot);
    if (error !== 0) break;
    left -= step;
  }
  if (error !== 0 && error !== DRIVER_BUG) iommuUnmap(d, iova, size - left);
  return error;
}

/**
 * iommu_unmap: `size` bytes at `iova` of domain `d`. Returns the bytes unmapped, which may be more or
 * less than asked; for unaligned arguments 0 or -EINVAL as a number; UNMAP_BUG where the kernel stops.
 */
export function iommuUnmap(d: u32, iova: u32, size: u32): u32 {
  const supported = sizes();
  const smallest = supported & (0 - supported);
  if (((iova | size) & (smallest - 1)) !== 0) {
    print(TEXT_UNMAP_UNALIGNED, iova, size, smallest, 0);
    return switchOf(SWITCH_IOMMU_UNALIGNED) !== 0 ? <u32>-EINVAL : 0;
  }
  const done = smallest === SMALL_SIZE ? quickUnmap(d, iova, size >> 12) << 12 : 0;
  return done === size ? size : iommuUnmapRest(d, iova, size, done);
}

/** The rest of `iommuUnmap` when its first `unmapped` bytes are done. */
export function iommuUnmapRest(d: u32, iova: u32, size: u32, unmapped: u32): u32 {
  const supported = sizes();
  const rest = switchOf(SWITCH_IOMMU_UNMAP_REST) !== 0;
  let done = unmapped;
  while (done < size) {
    const left = size - done;
    const at = iova + done;
    const step = driverUnmap(d, at, rest ? left : pageSize(supported, at, left));
    if (step === UNMAP_BUG) return UNMAP_BUG;
    if (step === 0) break;
    done += step;
  }
  return done;
}

/** iommu_iova_to_phys: the physical address (low 32 bits) behind `iova` of domain `d`, 0 for none. */
export function iommuIovaToPhys(d: u32, iova: u32): u32 {
  const domain = domainOf(d);
  const shift = driver().shift;
  const word = cpuRead32(domain.l1Pa + (lv1Index(iova) << 2));
  const type = word & 3;
  if (type === LV1_SECTION) {
    if (shift === 0 && (word & (1 << 18)) !== 0 && domain.zeroPa === 0) {
      // A supersection only ever comes from the 2011 driver.
      if ((word & 0xfffff) === 0x40002) return (word & 0xff000000) | (iova & 0xffffff);
    }
    return ((word << shift) & 0xfff00000) | (iova & 0xfffff);
  }
  if (type !== LV1_TABLE) return 0;
  const entry = cpuRead32(tableOf(word) + (lv2Index(iova) << 2));
  if ((entry & 3) === LV2_LARGE) return ((entry << shift) & 0xffff0000) | (iova & 0xffff);
  if ((entry & 2) !== 0) return ((entry << shift) & 0xfffff000) | (iova & 0xfff);
  return 0;
}
