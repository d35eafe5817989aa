// What a device may ask about itself: the mask it needs, the longest and the best mapping
// (dma_get_required_mask, dma_max_mapping_size, dma_opt_mapping_size; spec dma-mapping 1.4).
//
//   required   the mask that covers the last page of memory as the device sees it; 32 bits behind an IOMMU
//   max        no limit, but the longest swiotlb block for devices that cannot reach all memory or must bounce
//   opt        as max; with drivers/iommu/iova.c and its magazines the longest cached range, 128 KiB
//
// Not modelled: limits of bus bridges other than `busLimit`.

import { type Core, coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { DMA_MAPPING_ERROR } from "./direction.js";
import { deviceWord } from "./ops.js";

const WORD = { ops: 0, maskLow: 2, maskHigh: 3, space: 6, busLimit: 12 };
/** Byte offset of the allocator's kind in an IO-address space (assembly/iova/space.ts). */
const SPACE_KIND = 24;
/** iova_rcache_range: PAGE_SIZE << 5. */
const RCACHE_RANGE = 131_072;

/** @internal Physical address of the last page of memory. */
export function lastPage(core: Core): number {
  return core.u32[4]! + core.u32[5]! - 4096;
}

/** @internal dma_get_required_mask of `device`. */
export function requiredMask(live: Live, device: number): number {
  const { core } = live;
  if (deviceWord(live, device, WORD.ops) === coreConstant(core, "OPS_IOMMU")) return 0xffff_ffff;
  const top = core.exports.devicePhysToDma(device, lastPage(core)) >>> 0;
  return top === 0 || top === DMA_MAPPING_ERROR ? 0xffff_ffff : 2 ** (32 - Math.clz32(top)) - 1;
}

/** @internal dma_max_mapping_size of `device`; Infinity where the kernel says SIZE_MAX. */
export function maxMappingSize(live: Live, device: number): number {
  const { core } = live;
  if (deviceWord(live, device, WORD.ops) !== coreConstant(core, "OPS_BOUNCE"))
    return Number.POSITIVE_INFINITY;
  const mask =
    deviceWord(live, device, WORD.maskHigh) !== 0 ? 0xffff_ffff : deviceWord(live, device, WORD.maskLow);
  const bus = deviceWord(live, device, WORD.busLimit);
  const highest = bus === 0 ? mask : mask === 0 ? bus : Math.min(mask, bus);
  const forced = core.exports.swiotlbStatistic(5) !== 0;
  if (!forced && highest >= requiredMask(live, device)) return Number.POSITIVE_INFINITY;
  const limit = core.exports.bounceMaxMapping(device) >>> 0;
  return limit === 0xffff_ffff ? Number.POSITIVE_INFINITY : limit;
}

/** @internal dma_opt_mapping_size of `device`. */
export function optMappingSize(live: Live, device: number): number {
  const { core } = live;
  const most = maxMappingSize(live, device);
  if (deviceWord(live, device, WORD.ops) !== coreConstant(core, "OPS_IOMMU")) return most;
  const kind = core.u32[(deviceWord(live, device, WORD.space) + SPACE_KIND) >>> 2];
  return kind === coreConstant(core, "IOVA_KIND_RANGE_CACHE") ? Math.min(most, RCACHE_RANGE) : most;
}
