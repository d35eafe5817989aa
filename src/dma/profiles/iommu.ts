// What the Exynos IOMMU driver and the IOMMU core do differently from one kernel to the next.

/** Switches 16..31 by profile. */
export const IOMMU_SWITCHES = {} as const;
