// What cache maintenance and the linear ops do differently from one kernel to the next: one row per
// switch (indices SWITCH_* of assembly/abi.ts). Sources: arch/arm/mm/cache-v7.S, cache-l2x0.c and
// dma-mapping.c of the version; kernel/dma/direct.c for v6.1; the 2011 RFC was written on v3.0.
//
// Not modelled: kernels without an outer cache as a profile; cacheInit takes l2Bytes 0 for that.

/** Switches 32..47 by profile. */
export const CACHE_SWITCHES = {
  /** v7_dma_inv_range: 0 invalidates the first line in any case, 1 whole lines only (5.15 and later). */
  SWITCH_INV_RANGE: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** 1: outer clean and flush of the cache size or more go by way (l2x0; the L310 driver of 3.16 does not). */
  SWITCH_OUTER_BY_WAY: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** 1: the inner unmap routine is called for DMA_TO_DEVICE too, where it does nothing. */
  SWITCH_UNMAP_TO_DEVICE: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** PG_dcache_clean after a sync for the CPU: 1 the first page if the buffer starts there, 2 each whole page (3.10). */
  SWITCH_MARK_CLEAN: { rfc2011: 1, "v3.6": 1, "v3.14": 2, "v4.4": 2, "v6.1": 2 },
  /** Highmem: 0 an existing permanent kmap first, else a temporary one; 1 always a temporary one. */
  SWITCH_KMAP: { rfc2011: 0, "v3.6": 0, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** Linear ops: 0 arm_dma_ops, which cannot fail; 1 dma-direct, which checks masks (v6.0). */
  SWITCH_LINEAR_DIRECT: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** DMA_ATTR_NO_KERNEL_MAPPING of linear alloc: 0 ignored, 1 after the pool (v4.2), 2 before it (dma-direct). */
  SWITCH_LINEAR_COOKIE: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 1, "v6.1": 2 },
} as const;
