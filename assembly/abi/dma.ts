// Numbers of the dma ops: switches, log kinds, counters.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

// ---- machine-wide counters 0..31: dma layer -------------------------------------
export const COUNT_MAPPINGS: u32 = 0; // mappings ever born
export const COUNT_UNMAP_UNKNOWN: u32 = 1; // unmap, free or sync of an address no mapping starts at
export const COUNT_UNMAP_SIZE: u32 = 2; // unmap with another size than mapped
export const COUNT_UNMAP_DIRECTION: u32 = 3; // unmap with another direction than mapped
export const COUNT_HISTORY_FULL: u32 = 4; // births not recorded: no memory for the table
export const COUNT_SYNC_START: u32 = 5; // range syncs whose start address is no mapping's
export const COUNT_SYNC_BEYOND: u32 = 6; // range syncs that leave the mapping they start in
export const COUNT_SYNC_UNREACHABLE: u32 = 7; // syncs of a bus address outside every range of the device
export const COUNT_ALIAS_READS: u32 = 8; // CPU loads through the linear address of an uncached buffer, one per page
export const COUNT_ALIAS_WRITES: u32 = 9; // the same for stores
export const COUNT_ALIAS_FAULTS: u32 = 10; // of both: stopped because the alias is unmapped
export const COUNT_DEVICE_MEMORY: u32 = 11; // allocations served from a device's own memory
export const COUNT_DEVICE_MEMORY_FULL: u32 = 12; // allocations that found no room there
export const COUNT_DEVICE_MEMORY_GONE: u32 = 13; // frees after the region was released
export const COUNT_FREE_ATTRIBUTES: u32 = 14; // frees that freed nothing: other attributes than at alloc
export const COUNT_FEED_UNUSED: u32 = 15; // page blocks supplied for an allocation that did not take them

// ---- dma ops behind an IOMMU (assembly/dma/iommu*.ts) ------------------------------
export const ENXIO: i32 = 6;
/** A vmap of an allocation; the sixth kind of fault injection. */
export const INJECT_REMAP: u32 = 5;
/** gfp bit of iommuOpsAlloc: the caller cannot sleep (GFP_ATOMIC). */
export const GFP_ATOMIC: u32 = 1;

// switches 48..79; what each number means is said in src/dma/profiles/dma.ts
export const SWITCH_DMA_PROT: u32 = 48;
export const SWITCH_DMA_PROT_ATTRS: u32 = 49;
export const SWITCH_DMA_COHERENT: u32 = 50;
export const SWITCH_DMA_SYNC_DEVICE_ALWAYS: u32 = 51;
export const SWITCH_DMA_LOOKUP_FIRST: u32 = 52;
export const SWITCH_DMA_SKIP_SYNC: u32 = 53;
export const SWITCH_DMA_SG_CLEARS_ADDRESS: u32 = 54;
export const SWITCH_DMA_SG_ERRNO: u32 = 55;
export const SWITCH_DMA_RESOURCE: u32 = 56;
export const SWITCH_DMA_GATHER: u32 = 57;
export const SWITCH_DMA_CLEAR_HIGH: u32 = 58;
export const SWITCH_DMA_CONTIGUOUS: u32 = 59;
export const SWITCH_DMA_SINGLE_PAGES: u32 = 60;
export const SWITCH_DMA_COOKIE: u32 = 61;
export const SWITCH_DMA_ATOMIC: u32 = 62;
export const SWITCH_DMA_POOL_LEAK: u32 = 63;
export const SWITCH_DMA_SIMPLE: u32 = 64;
export const SWITCH_DMA_MMAP: u32 = 65;
export const SWITCH_DMA_POOL_PAGES: u32 = 66;
export const SWITCH_DMA_ZERO_IOVA: u32 = 67;
export const SWITCH_DMA_COHERENT_TYPE: u32 = 68;
export const SWITCH_DMA_ALIAS: u32 = 69;
export const SWITCH_DMA_MEMORY_FIRST: u32 = 70;
export const SWITCH_DMA_MEMORY_EXCLUSIVE: u32 = 71;
export const SWITCH_DMA_MEMORY_WC: u32 = 72;
export const SWITCH_DMA_ZONE_BITS: u32 = 73;
export const SWITCH_DMA_RANGES: u32 = 74;
export const SWITCH_DMA_MASK: u32 = 75;
/** 1: iommu_map and friends go to a recorder with a page model (assembly/dma/iommu-stub.ts). */
export const SWITCH_IOMMU_STUB: u32 = 79;
/** Ways of SWITCH_DMA_COHERENT. */
export const COHERENT_IN_OPS: u32 = 0;
export const COHERENT_IGNORED: u32 = 1;
export const COHERENT_OWN_TABLE: u32 = 2;
export const COHERENT_IN_TABLE: u32 = 3;
/** Ways of SWITCH_DMA_GATHER. */
export const GATHER_LOWEST_BIT: u32 = 0;
export const GATHER_HIGHEST_BIT: u32 = 1;
export const GATHER_TABLE: u32 = 2;
/** Ways of SWITCH_DMA_MMAP. */
export const MMAP_UNCHECKED: u32 = 0;
export const MMAP_RANGE: u32 = 1;

// kinds of LOG_GROUP_IOMMU: operands a, b, ...
export const LOGK_IOMMU_MAP: u32 = 0; // iova, pa, length, prot, result
export const LOGK_IOMMU_UNMAP: u32 = 1; // iova, length
export const LOGK_IOVA_TO_PHYS: u32 = 2; // iova, pa
// kinds of LOG_GROUP_PAGES
export const LOGK_ALLOC_PAGES: u32 = 0; // order, pa; failed: order, NO_PA, attempts (one order less each)
export const LOGK_FREE_PAGE: u32 = 1; // pa, order
export const LOGK_CMA_ALLOC: u32 = 2; // pages, order of the alignment, pa or NO_PA
export const LOGK_CMA_FREE: u32 = 3; // pa, pages
export const LOGK_POOL_ALLOC: u32 = 4; // pages, pa or NO_PA
export const LOGK_POOL_FREE: u32 = 5; // pa, pages
export const LOGK_ZERO: u32 = 6; // pa, length
export const LOGK_REMAP: u32 = 7; // pages, allocation or NO_PA
export const LOGK_UNREMAP: u32 = 8; // allocation

/** What the CPU got from an allocation (Allocation.cpu). */
export const CPU_NULL: u32 = 0;
export const CPU_REMAP: u32 = 1; // a new virtual range
export const CPU_POOL: u32 = 2; // an address in the atomic pool
export const CPU_COOKIE: u32 = 3; // the page array (NO_KERNEL_MAPPING): not to be dereferenced
export const CPU_LINEAR: u32 = 4; // the linear map
export const CPU_DEVICE: u32 = 5; // an address in the device's own memory
/** Ways of SWITCH_DMA_ALIAS. */
export const ALIAS_MAPPED: u32 = 0;
export const ALIAS_UNMAPPED: u32 = 1;
/** Ways of SWITCH_DMA_MASK: what a supported mask must cover. */
export const MASK_LIMIT: u32 = 0; // arm_dma_limit
export const MASK_MEMORY: u32 = 1; // the last page of memory, or the DMA zone
export const MASK_DIRECT: u32 = 2; // the same as dma-direct computes it; 32 bits are always enough
/** Results of iommuOpsFreeAs. */
export const FREE_DONE: u32 = 0;
export const FREE_INVALID: u32 = 1; // WARN "trying to free invalid coherent area", nothing freed
export const FREE_REFUSED: u32 = 2; // the kernel would take foreign memory for a page array

// machine-wide counters 0..31, dma layer continued
export const COUNT_ZERO_IOVA: u32 = 16; // unmap and sync ignored because the IO address is 0
export const COUNT_SYNC_UNMAPPED: u32 = 17; // unmap or sync of an IO address with no translation
export const COUNT_BIG_OFFSET: u32 = 18; // mapPage with an offset of a page or more
export const COUNT_MULTI_PAGE_ATOMIC: u32 = 19; // allocations where the kernel reads past its one page pointer
export const COUNT_POOL_LEAKED: u32 = 20; // pages of the atomic pool that the kernel never gets back
export const COUNT_POOL_EMPTY: u32 = 21; // atomic allocations that found no room
export const COUNT_PAGES_LEAKED: u32 = 22; // pages lost on a failed allocation, as in the kernel
export const COUNT_FEED_FOREIGN: u32 = 23; // supplied page blocks that lie in memory in use
export const COUNT_REFUSED: u32 = 24; // calls in which the kernel runs off into foreign memory
export const COUNT_UNCHECKED_MMAP: u32 = 25; // mmap of more than the buffer, unchecked by the profile
export const COUNT_RESOURCE_IDENTITY: u32 = 26; // mapResource without such an op: address unchanged
export const COUNT_NO_OP: u32 = 27; // calls that the ops table of the device leaves out

// ---- attributes without effect (assembly/dma/attributes.ts) ---------------------------
/** Calls that take attributes. */
export const CALL_ALLOC: u32 = 0;
export const CALL_MAP: u32 = 1;
export const CALL_UNMAP: u32 = 2;
export const CALL_MAP_SG: u32 = 3;
export const CALL_UNMAP_SG: u32 = 4;
export const CALL_MAP_RESOURCE: u32 = 5;
export const CALL_UNMAP_RESOURCE: u32 = 6;
export const CALL_FREE: u32 = 7;
export const CALL_MMAP: u32 = 8;
export const CALL_COUNT: u32 = 9;
/** Bits counted one by one; those above share the last cell. */
export const ATTR_BITS: u32 = 16;
/** Machine-wide counters 256..399: 16 per call, passed and without effect. */
export const IDLE_ATTRIBUTES: u32 = 256;

// ---- linear aliases of uncached buffers (assembly/dma/alias.ts) -----------------------
/** Buffers with alias accesses remembered, and bytes of one slot. */
export const ALIAS_SLOTS: u32 = 64;
export const ALIAS_SLOT_BYTES: u32 = 40;
