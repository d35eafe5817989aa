// DMA attributes: bit n is 1 << n as since Linux 4.8 (spec dma-mapping 3.1).
//
// Bits 11 to 13 are younger than every profile: like any bit that an op does not look at they are accepted,
// have no effect and are counted (`statistics().idleAttributes`).
//
// Not modelled: ALLOC_CC_SHARED, internal to the kernel; no source has its number.

/** Attribute bits of allocations and mappings; numbers are the kernel's. */
export const DmaAttr = {
  /** A write after which all earlier DMA writes must be visible; old enum, no effect on ARM32. */
  WriteBarrier: 0x1,
  /** Reads and writes may pass each other; no effect on ARM32. */
  WeakOrdering: 0x2,
  /** CPU writes may be buffered and combined. */
  WriteCombine: 0x4,
  /** Removed in 5.10; no effect on ARM32. */
  NonConsistent: 0x8,
  /** No kernel virtual address is needed; the returned CPU pointer is a cookie. */
  NoKernelMapping: 0x10,
  /** map and unmap do no cache maintenance. */
  SkipCpuSync: 0x20,
  /** Physically contiguous even behind an IOMMU. */
  ForceContiguous: 0x40,
  /** Gather single 4 KiB pages. */
  AllocSinglePages: 0x80,
  /** No message on failure. */
  NoWarn: 0x100,
  /** For privileged masters only (IOMMU_PRIV). */
  Privileged: 0x200,
  /** The address is MMIO: no cache maintenance (6.18). */
  Mmio: 0x400,
  /**
   * The CPU writes no cache line that overlaps the buffer: silences dma-debug's overlap message (6.19; 7.0 calls
   * it DEBUGGING_IGNORE_CACHELINES). No effect in any profile, which end at v6.1.
   */
  CpuCacheClean: 0x800,
  /** A mapping that needs bouncing or cache maintenance shall fail (2026). No effect in any profile. */
  RequireCoherent: 0x1000,
  /** Memory shared with the host of a confidential guest (2026). No effect in any profile. */
  CcShared: 0x2000,
} as const;

/** Names in bit order as the kernel's trace events print them. */
export const ATTRIBUTE_NAMES = [
  "WRITE_BARRIER",
  "WEAK_ORDERING",
  "WRITE_COMBINE",
  "NON_CONSISTENT",
  "NO_KERNEL_MAPPING",
  "SKIP_CPU_SYNC",
  "FORCE_CONTIGUOUS",
  "ALLOC_SINGLE_PAGES",
  "NO_WARN",
  "PRIVILEGED",
  "MMIO",
  "CACHELINES_OVERLAP",
  "REQUIRE_COHERENT",
  "CC_SHARED",
] as const;

/** `A|B` for the bits of `attrs`, empty for none; unknown bits as 0x… at the end. */
export function attributeNames(attrs: number): string {
  const names: string[] = [];
  let rest = attrs >>> 0;
  for (let bit = 0; bit < ATTRIBUTE_NAMES.length; bit++) {
    if ((rest & (1 << bit)) === 0) continue;
    names.push(ATTRIBUTE_NAMES[bit]!);
    rest &= ~(1 << bit);
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names.join("|");
}
