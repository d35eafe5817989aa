// What the Exynos IOMMU driver and the IOMMU core do differently from one kernel to the next: one row
// per switch (SWITCH_DRIVER* and SWITCH_IOMMU* of assembly/abi.ts). Sources: drivers/iommu/exynos-iommu.c
// and iommu.c of v3.6, v4.4.38, v6.1.192; v3.14 has the driver of v3.6 under a newer core; the 2011 RFC
// as its mails describe it (spec/sysmmu-hardware 6.1, 7).
//
// Not modelled: v7 System MMUs, which no kernel here but v6.1 could drive, and Exynos4 does not have.

/** Switches 16..31 by profile. */
export const IOMMU_SWITCHES = {
  /** Register protocol: 0 v5.15 and later, 1 v4.4, 2 v3.5 to v3.14, 3 the 2011 RFC. */
  SWITCH_DRIVER: { rfc2011: 3, "v3.6": 2, "v3.14": 2, "v4.4": 1, "v6.1": 0 },
  /** 1: an empty level 1 is zeros; 0: it links to one shared table without entries (v3.16). */
  SWITCH_DRIVER_ZERO_L1: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** Tables reach memory by 0 the streaming DMA API (v4.5), 1 dmac_flush_range and outer_flush_range. */
  SWITCH_DRIVER_TABLE_SYNC: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 0 },
  /** 1: prot is ignored, descriptors carry no permissions (to v4.14). */
  SWITCH_DRIVER_NO_PROT: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 0 },
  /**
   * Unmap of less than the page: 0 warns and does nothing, 1 BUG. Map of a page over a section: 0 warns,
   * 1 takes the section's memory for the table (v3.6).
   */
  SWITCH_DRIVER_MISUSE: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** 1: a refused 64 KiB map wipes forward from the occupied entry and leaves what it wrote (to v3.15). */
  SWITCH_DRIVER_ROLLBACK: { rfc2011: 0, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** 1: unmap does not clean the level 2 entries it clears (to v3.15). */
  SWITCH_DRIVER_UNCLEANED: { rfc2011: 0, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** 1: map refuses in silence and never flushes (to v3.15). */
  SWITCH_DRIVER_OLD_MAP: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 0, "v6.1": 0 },
  /** Page sizes the IOMMU core splits into, one bit each; 0: 4 KiB, 64 KiB and 1 MiB. */
  SWITCH_IOMMU_SIZES: { rfc2011: 0x1000, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** 1: iommu_unmap hands the driver all that is left and believes what it returns (to v3.12). */
  SWITCH_IOMMU_UNMAP_REST: { rfc2011: 0, "v3.6": 1, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** What iommu_unmap returns for unaligned arguments: 0 nothing unmapped, 1 -EINVAL as a size (to v4.15). */
  SWITCH_IOMMU_UNALIGNED: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 0 },
} as const;
