// Raw exports of the IOMMU dma ops. Numbers in and out are u32 or i32; a u32 result arrives signed
// and wants `>>> 0`. `device` is an index; scatterlists cross at SG (assembly/layout.ts).

/** The ops table behind an IOMMU, its allocations, the atomic pool and the recorder. */
export interface DmaIommuExports {
  /** IO address, or DMA_MAPPING_ERROR. `page` is page aligned; `offset` may exceed a page. */
  iommuOpsMapPage(
    device: number,
    page: number,
    offset: number,
    size: number,
    dir: number,
    attrs: number,
  ): number;
  iommuOpsUnmapPage(device: number, dma: number, size: number, dir: number, attrs: number): void;
  iommuOpsSyncForCpu(device: number, dma: number, size: number, dir: number): void;
  iommuOpsSyncForDevice(device: number, dma: number, size: number, dir: number): void;
  iommuOpsMapResource(device: number, pa: number, size: number, dir: number, attrs: number): number;
  iommuOpsUnmapResource(device: number, dma: number, size: number, dir: number, attrs: number): void;
  /** Segments, 0 or -errno. */
  iommuOpsMapSg(device: number, nents: number, dir: number, attrs: number): number;
  iommuOpsUnmapSg(device: number, nents: number, dir: number, attrs: number): void;
  iommuOpsSyncSgForCpu(device: number, nents: number, dir: number): void;
  iommuOpsSyncSgForDevice(device: number, nents: number, dir: number): void;

  /** Allocation record (see `DmaAllocation`), or 0; `gfp` 0 or GFP_ATOMIC. */
  iommuOpsAlloc(device: number, size: number, gfp: number, attrs: number): number;
  iommuOpsFree(device: number, allocation: number): void;
  /** FREE_DONE, FREE_INVALID or FREE_REFUSED. */
  iommuOpsFreeAs(device: number, allocation: number, attrs: number): number;
  /** The dma address the last alloc stored for its caller, also when it failed. */
  iommuOpsLastHandle(): number;
  /** 0 or -errno. */
  iommuOpsMmap(allocation: number, vmPgoff: number, vmaPages: number): number;
  /** Physical address of page `n` of a user mapping, NO_PA outside the buffer. */
  iommuOpsMmapPage(allocation: number, vmPgoff: number, n: number): number;
  /** Entries written to SG, or -errno. */
  iommuOpsGetSgtable(allocation: number, size: number): number;
  /** 1 when the CPU pointer is a cookie. */
  iommuOpsIsCookie(allocation: number): number;

  /** Makes the atomic pool at `pa` (NO_PA: from guest pages); 0 or 12. */
  poolInit(pa: number): number;
  /** Takes pages of the pool; their address or NO_PA. */
  poolAlloc(pages: number): number;
  poolFree(pa: number, pages: number): void;
  poolUsed(): number;
  poolBase(): number;

  /** Gives a highmem page a permanent kmap (v3.6 uses those it finds); 0 when all 512 are taken. */
  kmapAdd(page: number): number;
  kmapClear(): void;

  /** A recorder for `device.domain` under SWITCH_IOMMU_STUB; 0 when memory is exhausted. */
  stubCreate(): number;
  stubDestroy(domain: number): void;
}

/** Byte offsets of the words of an allocation record (assembly/dma/alloc-record.ts). */
export const DmaAllocation = {
  device: 0,
  size: 4,
  handle: 8,
  attrs: 12,
  /** CPU_* of assembly/abi.ts. */
  cpu: 16,
  /** Number of runs; run i is {pa, pages} at 32 + 8 * i. */
  runs: 20,
  firstRun: 32,
} as const;
