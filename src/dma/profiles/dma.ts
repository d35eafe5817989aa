// What the IOMMU dma ops do differently from one kernel to the next: one row per switch (the
// indices are SWITCH_* of assembly/abi.ts). Sources: arch/arm/mm/dma-mapping.c of the version; the
// 2011 RFC had alloc, free and mmap behind an IOMMU only, its streaming columns are those of v3.5.
//
// Not modelled: configurations other than CONFIG_ARM_DMA_USE_IOMMU with an MMU and HIGHMEM.

/** Switches 48..79 by profile. */
export const DMA_SWITCHES = {
  /** IOMMU prot of a mapping: 0 always 0, 1 from the direction (since v3.14). */
  SWITCH_DMA_PROT: { rfc2011: 0, "v3.6": 0, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** 1: DMA_ATTR_PRIVILEGED (v4.11) and MMIO reach prot. */
  SWITCH_DMA_PROT_ATTRS: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /**
   * A coherent device: 0 the ops test one flag (arch_is_coherent), 1 nobody looks (attach installs the
   * plain table), 2 a table of its own without sync ops, 3 the ops test the device.
   */
  SWITCH_DMA_COHERENT: { rfc2011: 0, "v3.6": 0, "v3.14": 1, "v4.4": 2, "v6.1": 3 },
  /** 1: sync_single_for_device cleans for coherent devices too (a forgotten test). */
  SWITCH_DMA_SYNC_DEVICE_ALWAYS: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** 1: unmap_page and sync_single look the page up first, whether they need it or not. */
  SWITCH_DMA_LOOKUP_FIRST: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 0 },
  /** 1: DMA_ATTR_SKIP_CPU_SYNC is known (v3.6). */
  SWITCH_DMA_SKIP_SYNC: { rfc2011: 0, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** 1: map_sg sets dma_address of the entries behind the first to the error code. */
  SWITCH_DMA_SG_CLEARS_ADDRESS: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 0 },
  /** What a failed map_sg returns: 0, or 1 the errno (-ENOMEM, else -EINVAL; v5.15). */
  SWITCH_DMA_SG_ERRNO: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** 1: the table has map_resource (v4.9); without it the address comes back unchanged. */
  SWITCH_DMA_RESOURCE: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** Block orders tried: 0 lowest set bit of the count, 1 highest, 2 the table 9, 8, 4, 0 (v4.6). */
  SWITCH_DMA_GATHER: { rfc2011: 0, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 2 },
  /** 1: pages may come from highmem and are zeroed through temporary mappings. */
  SWITCH_DMA_CLEAR_HIGH: { rfc2011: 0, "v3.6": 0, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** 1: DMA_ATTR_FORCE_CONTIGUOUS is known (v3.9). */
  SWITCH_DMA_CONTIGUOUS: { rfc2011: 0, "v3.6": 0, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** 1: DMA_ATTR_ALLOC_SINGLE_PAGES is known (v4.6). */
  SWITCH_DMA_SINGLE_PAGES: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** 1: DMA_ATTR_NO_KERNEL_MAPPING is known (v3.6). */
  SWITCH_DMA_COOKIE: { rfc2011: 0, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** 1: callers that cannot sleep are served from the atomic pool (v3.6). */
  SWITCH_DMA_ATOMIC: { rfc2011: 0, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** 1: free of an atomic buffer misses the pool, whose pages are lost (fixed in v3.8). */
  SWITCH_DMA_POOL_LEAK: { rfc2011: 0, "v3.6": 1, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** 1: a coherent device gets one plain block instead of gathered pages. */
  SWITCH_DMA_SIMPLE: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** mmap: 0 offset ignored and length unchecked, 1 both checked (v4.3). */
  SWITCH_DMA_MMAP: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 1, "v6.1": 1 },
  /** Pages of the atomic pool (`coherent_pool=`); 0: the default of 256 KiB. */
  SWITCH_DMA_POOL_PAGES: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** 1: repairs the kernel's habit of ignoring handles in IO page 0. No kernel does. */
  SWITCH_DMA_ZERO_IOVA: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** Memory type of coherent allocations: MEMORY_BUFFERABLE, or MEMORY_STRONGLY_ORDERED; set by `coherentMemory`. */
  SWITCH_DMA_COHERENT_TYPE: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
  /** Linear alias of uncached buffers: 0 stays mapped, as in every kernel here, 1 unmapped; set by `linearAlias`. */
  SWITCH_DMA_ALIAS: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** Who looks into the device's own memory: 0 the linear alloc, 1 the wrapper before any ops (v4.3). */
  SWITCH_DMA_MEMORY_FIRST: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 1, "v6.1": 1 },
  /** 1: the device's own memory is always exclusive (v5.1); 0: where DMA_MEMORY_EXCLUSIVE was given. */
  SWITCH_DMA_MEMORY_EXCLUSIVE: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** The CPU reaches the device's own memory by 0 ioremap, 1 memremap(WC) (v4.6). */
  SWITCH_DMA_MEMORY_WC: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** Address bits of the DMA zone; 0: no CONFIG_ZONE_DMA, as on Exynos. */
  SWITCH_DMA_ZONE_BITS: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** Bus addresses: 0 one offset (v3.15: per device), 1 a list of ranges per device (v5.10). */
  SWITCH_DMA_RANGES: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** A supported mask covers 0 arm_dma_limit (to v3.13), 1 all memory or the DMA zone, 2 the same by dma-direct. */
  SWITCH_DMA_MASK: { rfc2011: 0, "v3.6": 0, "v3.14": 1, "v4.4": 1, "v6.1": 2 },
  /** 1: a recorder in the place of the IOMMU; for conformance runs. */
  SWITCH_IOMMU_STUB: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
} as const;
