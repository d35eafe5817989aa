// What the dma-mapping API tells an observer (dma-debug, a recorder): each call after it happened.

import type { DmaAllocation } from "./allocation.js";
import type { DmaDirection } from "./direction.js";
import type { Scatterlist } from "./scatterlist.js";

/** What a device says about segments (dma_parms). */
export interface SegmentLimits {
  readonly maxSegSize: number;
  readonly segBoundary: number;
}

/** Receives every mapping call of a machine, in order, with its result. */
export interface DmaDebugHook {
  mapPage(
    device: number,
    page: number,
    offset: number,
    size: number,
    dir: DmaDirection,
    dma: number,
    attrs: number,
  ): void;
  unmapPage(device: number, dma: number, size: number, dir: DmaDirection): void;
  mapResource(device: number, pa: number, size: number, dir: DmaDirection, dma: number, attrs: number): void;
  unmapResource(device: number, dma: number, size: number, dir: DmaDirection): void;
  mapSg(
    device: number,
    list: Scatterlist,
    segments: number,
    dir: DmaDirection,
    attrs: number,
    limits?: SegmentLimits,
  ): void;
  unmapSg(device: number, list: Scatterlist, nents: number, dir: DmaDirection): void;
  syncSingle(device: number, dma: number, size: number, dir: DmaDirection, forDevice: boolean): void;
  syncSg(device: number, list: Scatterlist, nents: number, dir: DmaDirection, forDevice: boolean): void;
  allocCoherent(device: number, allocation: DmaAllocation, attrs: number): void;
  freeCoherent(device: number, allocation: DmaAllocation): void;
  mappingError(device: number, dma: number): void;
}
