// Values that a switch may have, for switches that a script sets alone. Those that are not here are 0 or 1.
//
// Not modelled: combinations; every switch is tried alone against every profile (test/dma/switches.test.ts).

/** Largest value of a switch, or the values it may have. */
export const SWITCH_RANGES: Readonly<Record<string, number | readonly number[]>> = {
  SWITCH_IOVA_KIND: 4,
  // CONFIG_ARM_DMA_IOMMU_ALIGNMENT is 4..9; 31 is no cap.
  SWITCH_IOVA_ALIGN_CAP: 31,
  SWITCH_IOVA_GRANULE: 20,
  SWITCH_DRIVER: 3,
  // One bit for each of 4 KiB, 64 KiB, 1 MiB; the smallest must be there. 0: all.
  SWITCH_IOMMU_SIZES: [0, 0x1000, 0x1_1000, 0x10_1000, 0x11_1000],
  SWITCH_MARK_CLEAN: 2,
  SWITCH_LINEAR_COOKIE: 2,
  SWITCH_DMA_COHERENT: 3,
  SWITCH_DMA_GATHER: 2,
  SWITCH_DMA_MASK: 2,
  // MEMORY_BUFFERABLE or MEMORY_STRONGLY_ORDERED.
  SWITCH_DMA_COHERENT_TYPE: [1, 2],
  SWITCH_DMA_ZONE_BITS: 32,
  // Pages of the atomic pool: at most 256 MiB.
  SWITCH_DMA_POOL_PAGES: 65536,
};
