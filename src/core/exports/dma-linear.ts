// Raw exports of the linear dma ops. Numbers in and out are u32 or i32; a u32 result arrives signed
// and wants `>>> 0`. `device` is an index; scatterlists cross at SG (assembly/layout.ts).

/** arm_dma_ops or dma-direct, by profile. */
export interface DmaLinearExports {
  /** Bus address, or DMA_MAPPING_ERROR where the profile checks masks. */
  linearMapPage(
    device: number,
    page: number,
    offset: number,
    size: number,
    dir: number,
    attrs: number,
  ): number;
  /** `pa`, or DMA_MAPPING_ERROR where the profile checks masks. */
  linearMapResource(device: number, pa: number, size: number): number;
  linearUnmapPage(device: number, dma: number, size: number, dir: number, attrs: number): void;
  linearSyncForCpu(device: number, dma: number, size: number, dir: number): void;
  linearSyncForDevice(device: number, dma: number, size: number, dir: number): void;
  /** `nents`, 0 or -EIO. */
  linearMapSg(device: number, nents: number, dir: number, attrs: number): number;
  linearUnmapSg(device: number, nents: number, dir: number, attrs: number): void;
  linearSyncSgForCpu(device: number, nents: number, dir: number): void;
  linearSyncSgForDevice(device: number, nents: number, dir: number): void;
  /** Allocation record (see `DmaAllocation` of dma-iommu.ts), or 0. */
  linearAlloc(device: number, size: number, gfp: number, attrs: number): number;
  linearFree(device: number, allocation: number): void;
}
