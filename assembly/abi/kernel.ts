// Numbers of the kernel and of the whole machine: errno, directions, profiles, ops tables, injection, log groups.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

// ---- kernel numbers ---------------------------------------------------------
// enum dma_data_direction (include/linux/dma-direction.h)
export const DMA_BIDIRECTIONAL: u32 = 0;
export const DMA_TO_DEVICE: u32 = 1;
export const DMA_FROM_DEVICE: u32 = 2;
export const DMA_NONE: u32 = 3;
/** dma_addr_t of a failed mapping, 32-bit dma_addr_t (spec/dma-mapping 1.2). */
export const DMA_MAPPING_ERROR: u32 = 0xffffffff;
/** A physical address or page that is none. */
export const NO_PA: u32 = 0xffffffff;

export const EIO: i32 = 5;
export const ENOMEM: i32 = 12;
export const EFAULT: i32 = 14;
export const EBUSY: i32 = 16;
export const EEXIST: i32 = 17;
export const ENODEV: i32 = 19;
export const EINVAL: i32 = 22;
export const ERANGE: i32 = 34;
export const ENOSYS: i32 = 38;
export const EADDRINUSE: i32 = 98;

// enum iommu prot bits (include/linux/iommu.h)
export const IOMMU_READ: u32 = 1;
export const IOMMU_WRITE: u32 = 2;
export const IOMMU_MMIO: u32 = 16;
export const IOMMU_PRIV: u32 = 32;

// ---- profiles ---------------------------------------------------------------
export const PROFILE_RFC2011: u32 = 0;
export const PROFILE_V3_6: u32 = 1;
export const PROFILE_V3_14: u32 = 2;
export const PROFILE_V4_4: u32 = 3;
export const PROFILE_V6_1: u32 = 4;

// ---- ops tables -------------------------------------------------------------
export const OPS_LINEAR: u32 = 0;
export const OPS_IOMMU: u32 = 1;
export const OPS_BOUNCE: u32 = 2;

// ---- fault injection kinds (inject.ts) ---------------------------------------
export const INJECT_MAP: u32 = 0; // an iommu_map call
export const INJECT_PAGES: u32 = 1; // a guest page allocation
export const INJECT_TABLE: u32 = 2; // a level-2 table allocation
export const INJECT_IOVA: u32 = 3; // an IO-address allocation
export const INJECT_BOUNCE: u32 = 4; // a bounce-buffer allocation
// 5: INJECT_REMAP (dma.ts)
export const INJECT_SPACE: u32 = 6; // the record or a bitmap of an IO-address space
export const INJECT_ATTACH: u32 = 7; // attaching a device to a domain

// ---- log groups (log.ts) -----------------------------------------------------
export const LOG_GROUP_REGISTER: u32 = 0; // SysMMU register accesses
export const LOG_GROUP_TABLE: u32 = 1; // page-table memory: alloc, free, sync
export const LOG_GROUP_IOMMU: u32 = 2; // iommu_map, iommu_unmap, iova_to_phys
export const LOG_GROUP_CACHE: u32 = 3; // dmac_*, outer_*, kmap events
export const LOG_GROUP_PAGES: u32 = 4; // page, pool, CMA allocations
export const LOG_GROUP_DRIVER: u32 = 5; // clocks, power, prints, BUG and WARN labels
export const LOG_GROUP_LINE: u32 = 6; // per-line cache operations
