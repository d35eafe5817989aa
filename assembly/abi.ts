// Numbers that core and host share. The host reads them as exported globals,
// so they cannot drift apart. Each floor has its own range.
//
// Not modelled: this file holds numbers only.

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

// ---- log groups (log.ts) -----------------------------------------------------
export const LOG_GROUP_REGISTER: u32 = 0; // SysMMU register accesses
export const LOG_GROUP_TABLE: u32 = 1; // page-table memory: alloc, free, sync
export const LOG_GROUP_IOMMU: u32 = 2; // iommu_map, iommu_unmap, iova_to_phys
export const LOG_GROUP_CACHE: u32 = 3; // dmac_*, outer_*, kmap events
export const LOG_GROUP_PAGES: u32 = 4; // page, pool, CMA allocations
export const LOG_GROUP_DRIVER: u32 = 5; // clocks, power, prints, BUG and WARN labels
export const LOG_GROUP_LINE: u32 = 6; // per-line cache operations

// ---- op stream (replay.ts): 16-byte records ------------------------------------
// word 0: op (bits 7:0) | direction or access (15:8) | device index (31:16)
export const OP_NOP: u32 = 0;
export const OP_PREFIX: u32 = 1; // w1 attributes, w2 label, w3 gfp bits: apply to the next map/alloc
export const OP_MAP: u32 = 2; // w1 handle, w2 pa, w3 size
export const OP_UNMAP: u32 = 3; // w1 handle, w2 0, w3 size (0 as mapped); direction 0xff as mapped
export const OP_SG_BEGIN: u32 = 4; // w1 handle, w2 nents, w3 max segment size (0: the device's)
export const OP_SG_ENTRY: u32 = 5; // w1 pa (page and offset), w2 length
export const OP_SG_END: u32 = 6; // w1 handle: performs mapSg
export const OP_UNMAP_SG: u32 = 7; // w1 handle, w2 nents (0 as mapped)
export const OP_SYNC_FOR_CPU: u32 = 8; // w1 handle, w2 offset, w3 size (0 all)
export const OP_SYNC_FOR_DEVICE: u32 = 9; // same
export const OP_ALLOC: u32 = 10; // w1 handle, w2 size, w3 0
export const OP_FREE: u32 = 11; // w1 handle
export const OP_FEED_PAGES: u32 = 12; // w1 pa, w2 bytes: physical block that the next alloc receives
export const OP_CPU_READ: u32 = 13; // w1 handle or NO_HANDLE, w2 offset or pa, w3 length
export const OP_CPU_WRITE: u32 = 14; // same
export const OP_DEV_READ: u32 = 15; // w1 handle or NO_HANDLE, w2 offset or dma address, w3 length
export const OP_DEV_WRITE: u32 = 16; // same
export const OP_BARRIER: u32 = 17;
export const OP_REG_READ: u32 = 18; // device field = SysMMU instance; w1 offset, w2 expected value, w3 1 to check
export const OP_REG_WRITE: u32 = 19; // w1 offset, w2 value
export const OP_FLUSH: u32 = 20; // device: invalidate its translation caches
export const OP_MARKER: u32 = 21; // w1 label
export const OP_MAP_RESOURCE: u32 = 22; // w1 handle, w2 pa, w3 size
export const OP_EXPECT: u32 = 23; // w1 handle, w2 bus address the recording machine gave it: compared and counted
export const OP_COUNT: u32 = 24;
export const NO_HANDLE: u32 = 0xffffffff;
export const DIRECTION_AS_MAPPED: u32 = 0xff;

// ---- per-device counters (device.ts) -----------------------------------------
export const DEVCOUNT_MAPS: u32 = 0; // mapSingle, mapPage, mapResource that succeeded
export const DEVCOUNT_UNMAPS: u32 = 1;
export const DEVCOUNT_MAP_SGS: u32 = 2; // mapSg that succeeded
export const DEVCOUNT_UNMAP_SGS: u32 = 3;
export const DEVCOUNT_SG_ENTRIES: u32 = 4; // list entries handed to mapSg
export const DEVCOUNT_SG_SEGMENTS: u32 = 5; // segments mapSg returned
export const DEVCOUNT_ALLOCS: u32 = 6;
export const DEVCOUNT_FREES: u32 = 7;
export const DEVCOUNT_MAP_BYTES: u32 = 8; // bytes mapped by maps and sgs
export const DEVCOUNT_UNMAP_BYTES: u32 = 9;
export const DEVCOUNT_ALLOC_BYTES: u32 = 10;
export const DEVCOUNT_FREE_BYTES: u32 = 11;
export const DEVCOUNT_SYNC_FOR_CPU: u32 = 12;
export const DEVCOUNT_SYNC_FOR_DEVICE: u32 = 13;
export const DEVCOUNT_SYNC_BYTES: u32 = 14;
export const DEVCOUNT_MAP_ERRORS: u32 = 15; // map or mapSg that failed
export const DEVCOUNT_ALLOC_ERRORS: u32 = 16;
export const DEVCOUNT_READS: u32 = 17; // master reads (bursts)
export const DEVCOUNT_READ_BYTES: u32 = 18;
export const DEVCOUNT_WRITES: u32 = 19;
export const DEVCOUNT_WRITE_BYTES: u32 = 20;
export const DEVCOUNT_ACCESS_FAULTS: u32 = 21; // accesses stopped by a SysMMU fault
export const DEVCOUNT_BUS_ERRORS: u32 = 22; // accesses outside DRAM
export const DEVCOUNT_LIVE: u32 = 23; // live mappings now
export const DEVCOUNT_LIVE_PEAK: u32 = 24;
export const DEVCOUNT_LIVE_BYTES: u32 = 25;
export const DEVCOUNT_LIVE_BYTES_PEAK: u32 = 26;

// ---- mapping history (sanitize/history.ts) ------------------------------------
export const KIND_SINGLE: u32 = 0; // mapSingle, mapPage
export const KIND_SG: u32 = 1;
export const KIND_COHERENT: u32 = 2; // alloc
export const KIND_RESOURCE: u32 = 3;
/** Dead mappings kept for blame. */
export const HISTORY_DEAD: u32 = 16384;
/** Live mappings per chunk of the table. */
export const HISTORY_CHUNK: u32 = 4096;
export const HISTORY_BYTES: u32 = 64;

// ---- machine-wide counters 0..31: dma layer -------------------------------------
export const COUNT_MAPPINGS: u32 = 0; // mappings ever born
export const COUNT_UNMAP_UNKNOWN: u32 = 1; // unmap, free or sync of an address no mapping starts at
export const COUNT_UNMAP_SIZE: u32 = 2; // unmap with another size than mapped
export const COUNT_UNMAP_DIRECTION: u32 = 3; // unmap with another direction than mapped
export const COUNT_HISTORY_FULL: u32 = 4; // births not recorded: no memory for the table

// ---- machine-wide counters 192..223: replay --------------------------------------
export const COUNT_RECORDS: u32 = 192; // op-stream records executed
export const COUNT_BAD_HANDLE: u32 = 193; // records whose handle names nothing alive
export const COUNT_FAILED_HANDLE: u32 = 194; // records skipped because their map had failed
export const COUNT_BAD_RECORD: u32 = 195; // unknown op, bad direction or bad device
export const COUNT_ADDRESS_EQUAL: u32 = 196; // OP_EXPECT that agreed
export const COUNT_ADDRESS_DIFFERENT: u32 = 197;
export const COUNT_REGISTER_EQUAL: u32 = 198; // checked OP_REG_READ that agreed
export const COUNT_REGISTER_DIFFERENT: u32 = 199;
