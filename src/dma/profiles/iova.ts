// What the IO-address allocator does differently from one kernel to the next: one row per switch
// (the indices are SWITCH_IOVA_* of assembly/abi.ts). Sources: arch/arm/mm/dma-mapping.c of the
// version (v3.6: 3.6.0, v3.14: 3.14.57, v4.4: 4.4.38, v6.1: 6.1.192); the first proposal used
// lib/genalloc.c of 3.0 (LKML, 25 May 2011, "ARM: DMA-mapping & IOMMU integration" 1/2).
//
// Not modelled: CONFIG_ARM_DMA_IOMMU_ALIGNMENT other than 8 by profile; a script may set the switch (4..9).

/** Switches 0..15 by profile. */
export const IOVA_SWITCHES = {
  /** Allocator: 0 bitmaps, 1 gen_pool (2 and 3: drivers/iommu/iova.c without and with rcache, 4 own). */
  SWITCH_IOVA_KIND: { rfc2011: 1, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** 1: one bitmap with an order per mapping, size is a 32-bit size_t; 0: page-sized bitmaps (v3.15). */
  SWITCH_IOVA_SINGLE: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** log2 pages of the largest alignment; 31 none (the cap came with v3.9). */
  SWITCH_IOVA_ALIGN_CAP: { rfc2011: 31, "v3.6": 31, "v3.14": 8, "v4.4": 8, "v6.1": 8 },
  /** gen_pool_create(16, -1): granules of 64 KiB where creation names no order. */
  SWITCH_IOVA_GRANULE: { rfc2011: 4, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
} as const;
