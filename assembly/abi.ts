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

// ---- System MMU (assembly/sysmmu) ------------------------------------------------
// Generations as major << 4 | minor of the hardware that is modelled.
export const SYSMMU_V1: u32 = 0x10;
export const SYSMMU_V2: u32 = 0x20;
export const SYSMMU_V3_1: u32 = 0x31; // 3.0 and 3.1
export const SYSMMU_V3_2: u32 = 0x32;
export const SYSMMU_V3_3: u32 = 0x33;
export const SYSMMU_V5: u32 = 0x50;
/** sysmmuSetBlockPolls: the block never takes effect. */
export const SYSMMU_NEVER: u32 = 0xffffffff;
/** sysmmuCreate: no such cache (0 is what the generation has). */
export const SYSMMU_NONE: u32 = 0xffffffff;

// log kinds of LOG_GROUP_REGISTER: a instance, b offset, c value
export const LOGK_REG_WRITE: u32 = 0;
export const LOGK_REG_READ: u32 = 1;
export const LOGK_REG_UNKNOWN: u32 = 2; // first access to an offset without a register; d 1 = write

// Why sysmmuTranslate and sysmmuAccess stopped (sysmmuStop)
export const STOP_NONE: u32 = 0; // done
export const STOP_FAULT: u32 = 1; // this access raised a fault and is held
export const STOP_STALLED: u32 = 2; // held: an earlier fault is not yet cleared
export const STOP_BLOCKED: u32 = 3; // held: CTRL.BLOCK is in effect
export const STOP_BUS_ERROR: u32 = 4; // translated to an address without memory
/** What sysmmuAccess does with the bytes. */
export const ACCESS_NONE: u32 = 0; // translate only
export const ACCESS_BUS: u32 = 1; // past the CPU's caches
export const ACCESS_COHERENT: u32 = 2; // snooping the CPU's caches

// per-instance counters (sysmmuCounters): u64 cells; pairs are read, write
export const SYSCOUNT_LOOKUPS: u32 = 0; // +1 write
export const SYSCOUNT_HITS: u32 = 2;
export const SYSCOUNT_MISSES: u32 = 4; // neither TLB level answered
export const SYSCOUNT_L1_MISSES: u32 = 6; // the first level did not answer
export const SYSCOUNT_FAULTS: u32 = 8; // + INT_STATUS bit (version 5: AW bit n is 8 + 8 + n - 16)
export const SYSCOUNT_WALKS: u32 = 24;
export const SYSCOUNT_DESCRIPTOR_READS: u32 = 25;
export const SYSCOUNT_FILLS: u32 = 26;
export const SYSCOUNT_EVICTIONS: u32 = 27;
export const SYSCOUNT_INVALIDATED: u32 = 28; // entries dropped by a flush
export const SYSCOUNT_FLUSH_ALL: u32 = 29;
export const SYSCOUNT_FLUSH_ENTRY: u32 = 30;
export const SYSCOUNT_FLUSH_RANGE: u32 = 31;
export const SYSCOUNT_STALE_HITS: u32 = 32; // hits on entries whose mapping is gone
export const SYSCOUNT_FLPD_HITS: u32 = 33; // +1 write
export const SYSCOUNT_FLPD_MISSES: u32 = 35; // +1 write
export const SYSCOUNT_REG_READS: u32 = 37;
export const SYSCOUNT_REG_WRITES: u32 = 38;
export const SYSCOUNT_UNKNOWN_REGS: u32 = 39; // accesses to offsets without a register
export const SYSCOUNT_BYPASS: u32 = 40; // +1 write: passed untranslated, MMU off
export const SYSCOUNT_HELD: u32 = 42; // +1 write: accesses refused while stalled or blocked
export const SYSCOUNT_FLPD_FILLS: u32 = 44; // level-1 descriptors cached, prefetched ones included
export const SYSCOUNT_FLPD_INVALIDATED: u32 = 45;
export const SYSCOUNT_FLPD_EVICTIONS: u32 = 46;
export const SYSCOUNT_COUNT: u32 = 47;

// 64-byte records of the ring at FAULTS; header.faultHead counts records ever written:
//   0x00 instance   0x04 kind << 8 | INT_STATUS bit   0x08 va         0x0c write (0/1)
//   0x10 lv1 descriptor address  0x14 its value  0x18 lv2 address     0x1c its value
//   0x20 owner (mapping id)      0x24 PT_BASE (version 5: PPN)        0x28 seq (u64)
//   0x30 INT_STATUS after        0x34 CTRL       0x38 VERSION         0x3c TLB entry (0 none)
// Descriptor addresses are NO_PA where the walk did not come that far.
export const FAULT_KIND_WALK: u32 = 0; // found by the walk
export const FAULT_KIND_TLB: u32 = 1; // found in the TLB: cached fault, permission, multi-hit
export const FAULT_KIND_INJECTED: u32 = 2; // sysmmuInject
export const FAULT_KIND_STALE: u32 = 3; // no fault: first use of an entry whose mapping is gone

// sysmmuStale block: u32 used, u32 unused, u64 hits of owners beyond the table,
// then 64 slots of 32 bytes: owner, first va, u64 hits, u64 first seq, u64 last seq
export const STALE_SLOTS: u32 = 64;
export const STALE_SLOT_BYTES: u32 = 32;

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

// ---- switches 0..15: IO-address allocators (iova/) ---------------------------------
/** Allocator of new spaces: IOVA_KIND_*. */
export const SWITCH_IOVA_KIND: u32 = 0;
/** 1: one bitmap with an order per space (up to v3.14); 0: page-sized bitmaps with extensions. */
export const SWITCH_IOVA_SINGLE: u32 = 1;
/** log2 of the largest alignment in pages (CONFIG_ARM_DMA_IOMMU_ALIGNMENT); 0 stands for its default 8, 31 for no cap. */
export const SWITCH_IOVA_ALIGN_CAP: u32 = 2;
/** log2 of the pages per gen_pool granule where creation names no order. */
export const SWITCH_IOVA_GRANULE: u32 = 3;

export const IOVA_KIND_BITMAP: u32 = 0; // the ARM layer's bitmaps, first fit
export const IOVA_KIND_GEN_POOL: u32 = 1; // gen_pool of the 2011 RFC
export const IOVA_KIND_RANGE_TREE: u32 = 2; // drivers/iommu/iova.c, tree only
export const IOVA_KIND_RANGE_CACHE: u32 = 3; // the same behind its magazines
export const IOVA_KIND_OWN: u32 = 4; // magazines by exact size over word classes

/** No page, no address: what a failed search or allocation returns. */
export const IOVA_NONE: u32 = 0xffffffff;
/** iovaFree: the kernel stops with BUG; nothing changed. */
export const IOVA_FREE_BUG: i32 = 1;
/** iovaFree: the kernel writes outside its bitmaps here; nothing changed. */
export const IOVA_FREE_FOREIGN: i32 = 2;

// ---- machine-wide counters 96..127: IO-address allocators ---------------------------
export const COUNT_IOVA_FAILED: u32 = 96; // allocations that found no room
export const COUNT_IOVA_EXTENSIONS: u32 = 97; // bitmaps added to a space
export const COUNT_IOVA_BUGS: u32 = 98; // frees at which the kernel stops or leaves its bitmaps
export const COUNT_IOVA_PARTIAL: u32 = 99; // frees that left a part of the range taken
export const COUNT_IOVA_NO_OWNERS: u32 = 100; // allocations the owner index had no memory for

// ---- cache (assembly/cache) --------------------------------------------------------
// replacement policies of cacheInit
export const CACHE_ROUND_ROBIN: u32 = 0; // a pointer per set
export const CACHE_LRU: u32 = 1;
export const CACHE_RANDOM: u32 = 2; // a seeded generator per level
// memory types of CPU accesses
export const MEMORY_CACHEABLE: u32 = 0; // Normal, write-back, write-allocate
export const MEMORY_BUFFERABLE: u32 = 1; // Normal non-cacheable, through the write buffer
export const MEMORY_STRONGLY_ORDERED: u32 = 2; // one bus access per word, never buffered
// cacheContext: who asks for maintenance
export const CONTEXT_STREAMING: u32 = 0;
export const CONTEXT_TABLE: u32 = 1;

// switches 32..47
export const SWITCH_INV_RANGE: u32 = 32; // 0 first line invalidated in any case (to v4.4), 1 only whole lines
export const SWITCH_OUTER_BY_WAY: u32 = 33; // 1 outer clean and flush of a cache size or more go by way
export const SWITCH_UNMAP_TO_DEVICE: u32 = 34; // 1 dmac_unmap is called for DMA_TO_DEVICE too (it does nothing)
export const SWITCH_MARK_CLEAN: u32 = 35; // PG_dcache_clean: 0 never, 1 first page, 2 every page covered
export const SWITCH_KMAP: u32 = 36; // highmem: 0 existing kmap first, else a temporary one; 1 temporary always

export const SWITCH_LINEAR_DIRECT: u32 = 37; // linear ops: 0 arm_dma_ops (cannot fail), 1 dma-direct (masks checked)
export const SWITCH_LINEAR_COOKIE: u32 = 38; // NO_KERNEL_MAPPING of linear alloc: 0 ignored, 1 arm_dma_alloc, 2 dma-direct

// kinds of LOG_GROUP_CACHE
export const LOGK_DMAC_MAP: u32 = 0; // pa, length, direction, via (VIA_*)
export const LOGK_DMAC_UNMAP: u32 = 1; // pa, length, direction, via
export const LOGK_DMAC_FLUSH: u32 = 2; // pa, length, via
export const LOGK_OUTER_INV: u32 = 3; // start, end
export const LOGK_OUTER_CLEAN: u32 = 4; // start, end
export const LOGK_OUTER_FLUSH: u32 = 5; // start, end
export const LOGK_KMAP_ATOMIC: u32 = 6; // pa
export const LOGK_KUNMAP_ATOMIC: u32 = 7; // pa
export const LOGK_KMAP_HIGH_GET: u32 = 8; // pa, 1 found
export const LOGK_KUNMAP_HIGH: u32 = 9; // pa
export const LOGK_DCACHE_CLEAN: u32 = 10; // pa
/** Through which virtual address an inner-cache operation went. */
export const VIA_LINEAR: u32 = 0;
export const VIA_TEMPORARY: u32 = 1;
export const VIA_PERMANENT: u32 = 2;
// kinds of LOG_GROUP_LINE: first line address, lines, level (1 or 2); by way: way mask
export const LOGK_LINE_CLEAN: u32 = 0;
export const LOGK_LINE_INVALIDATE: u32 = 1;
export const LOGK_LINE_FLUSH: u32 = 2; // clean and invalidate
export const LOGK_LINE_SYNC: u32 = 3; // PL310 cache sync
export const LOGK_WAY_CLEAN: u32 = 4;
export const LOGK_WAY_FLUSH: u32 = 5;

// machine-wide counters 32..95: caches. One block per level; maintenance counted per context.
export const COUNT_L1: u32 = 32;
export const COUNT_L2: u32 = 49;
export const CACHE_HITS: u32 = 0; // line accesses that found the line
export const CACHE_MISSES: u32 = 1;
export const CACHE_FILLS: u32 = 2; // lines taken in
export const CACHE_EVICTIONS: u32 = 3; // valid lines replaced
export const CACHE_EVICTION_WRITES: u32 = 4; // of these dirty, written on
export const CACHE_MAINTENANCE: u32 = 5; // first of the per-context blocks below
export const CACHE_CONTEXT_COUNTERS: u32 = 6;
export const CACHE_CLEANED: u32 = 0; // line operations issued: clean
export const CACHE_INVALIDATED: u32 = 1; // invalidate
export const CACHE_FLUSHED: u32 = 2; // clean and invalidate
export const CACHE_WRITE_BACKS: u32 = 3; // dirty lines these wrote on
export const CACHE_DROPPED: u32 = 4; // dirty lines an invalidate threw away
export const CACHE_REMOVED: u32 = 5; // valid lines these took out
export const COUNT_OUTER_SYNC: u32 = 66; // PL310 cache syncs, streaming
export const COUNT_OUTER_SYNC_TABLE: u32 = 67; // PL310 cache syncs, page tables
export const COUNT_WAY_CLEAN: u32 = 68; // whole-cache cleans by way
export const COUNT_WAY_FLUSH: u32 = 69;
export const COUNT_BARRIERS: u32 = 70; // CPU barriers
export const COUNT_BUFFER_STORES: u32 = 71; // stores that entered the write buffer
export const COUNT_BUFFER_MERGES: u32 = 72; // of these merged into an entry waiting there
export const COUNT_BUFFER_DRAINS: u32 = 73; // times entries left the buffer
export const COUNT_DRAIN_BARRIER: u32 = 74; // entries drained by a barrier
export const COUNT_DRAIN_FULL: u32 = 75; // entries drained to make room
export const COUNT_DRAIN_AGE: u32 = 76; // entries drained by age
export const COUNT_DRAIN_READ: u32 = 77; // entries drained by an access to the same bytes
export const COUNT_BUS_WRITES: u32 = 78; // uncached CPU writes that reached the bus, 64 bits or less each
export const COUNT_BUS_BURSTS: u32 = 79; // runs of consecutive addresses among them
export const COUNT_BUS_READS: u32 = 80; // uncached CPU reads, 64 bits or less each
export const COUNT_CPU_BUS_ERRORS: u32 = 81; // CPU accesses outside DRAM
export const COUNT_REFILLS: u32 = 82; // lines taken in by injected speculation
export const COUNT_STALE_DEVICE_READS: u32 = 83; // lines a non-coherent master read while the CPU side held newer bytes
export const COUNT_UNDER_VALID_WRITES: u32 = 84; // lines a non-coherent master wrote while a cache held a copy
export const COUNT_UNDER_DIRTY_WRITES: u32 = 85; // of these dirty: a later write-back destroys what was written
export const COUNT_BUFFERED_DEVICE_READS: u32 = 86; // device reads of bytes still in the write buffer
export const COUNT_SNOOP_HITS: u32 = 87; // lines a coherent master found in a cache
export const COUNT_RUNAWAY_SYNC: u32 = 88; // syncs in which the kernel's loop runs over all memory
export const COUNT_MASK_OVERFLOW: u32 = 90; // mappings refused because the device cannot reach the address (dma-direct)
export const COUNT_MASK_UNREACHABLE: u32 = 91; // mappings handed out although the device cannot reach them (arm_dma_ops)
export const COUNT_SNOOP_REMOVED: u32 = 89; // L1 lines a coherent master's write took out

// ---- bounce (assembly/dma/bounce*.ts, swiotlb*.ts) ---------------------------------
// switches 80..95
export const SWITCH_BOUNCE_KIND: u32 = 80; // BOUNCE_DMABOUNCE or BOUNCE_SWIOTLB
export const SWITCH_SWIOTLB_COPY_ALWAYS: u32 = 81; // 1 map copies to the buffer for every direction (5.18)
export const SWITCH_DMA_POOL_WASTE: u32 = 82; // 1 dma_pool never uses the last block of a page (to 6.2)
export const BOUNCE_DMABOUNCE: u32 = 0;
export const BOUNCE_SWIOTLB: u32 = 1;
export const LOG_GROUP_BOUNCE: u32 = 7; // copies and messages of the bounce ops
// kinds of LOG_GROUP_BOUNCE
export const LOGK_BOUNCE_MAP: u32 = 0; // original pa, buffer pa, size, direction, device
export const LOGK_BOUNCE_UNMAP: u32 = 1; // original pa, buffer pa, size, direction, device
export const LOGK_BOUNCE_COPY: u32 = 2; // to pa, from pa, bytes
export const LOGK_BOUNCE_MESSAGE: u32 = 3; // BOUNCE_SAYS_*, a, b, c, device
// what the kernel says or where it stops; operands in the order of the message
export const BOUNCE_SAYS_TOO_BIG: u32 = 1; // size, mask
export const BOUNCE_SAYS_HIGHMEM: u32 = 2;
export const BOUNCE_SAYS_NO_MEMORY: u32 = 3; // size
export const BOUNCE_SAYS_UNSAFE: u32 = 4; // original pa
export const BOUNCE_SAYS_INVALID: u32 = 5; // the handle is the error value
export const BOUNCE_SAYS_PENDING: u32 = 6; // BUG: unregister with live buffers
export const BOUNCE_SAYS_SIZE: u32 = 7; // BUG: mapped size, this size
export const BOUNCE_SAYS_DIRECTION: u32 = 8; // BUG: mapped direction, this direction
export const BOUNCE_SAYS_FULL: u32 = 9; // size, slots, used
export const BOUNCE_SAYS_OVERFLOW: u32 = 10; // buffer address, size: beyond the mask
export const BOUNCE_SAYS_BEFORE: u32 = 11; // original offset, requested offset
export const BOUNCE_SAYS_OVERRUN: u32 = 12; // allocation size, mapping size, offset
export const BOUNCE_SAYS_NO_POOL: u32 = 13; // no swiotlb
// machine-wide counters 160..191: bounce
export const COUNT_BOUNCED: u32 = 160; // mappings that got a buffer
export const COUNT_BOUNCE_DIRECT: u32 = 161; // mappings that needed none
export const COUNT_BOUNCE_IN: u32 = 162; // bytes copied into buffers
export const COUNT_BOUNCE_OUT: u32 = 163; // bytes copied back
export const COUNT_BOUNCE_FULL: u32 = 164; // mappings refused: no buffer
export const COUNT_BOUNCE_REFUSED: u32 = 165; // mappings refused: too big, highmem, buffer unreachable
export const COUNT_BOUNCE_BUGS: u32 = 166; // calls at which the kernel stops; nothing is done
export const COUNT_BOUNCE_INVALID: u32 = 167; // unmap or sync of the error value
export const COUNT_BOUNCE_CLAMPED: u32 = 168; // copies cut because they would leave their buffer
export const COUNT_BOUNCE_INNER: u32 = 169; // unmaps by an address inside a buffer: all of it is freed
export const COUNT_BOUNCE_TWICE: u32 = 170; // unmaps of swiotlb slots that are free

// ---- page tables and the Exynos IOMMU driver (assembly/iommu, assembly/pagetable) --
// switches 16..31; what each number means is said in src/dma/profiles/iommu.ts
export const SWITCH_DRIVER: u32 = 16;
export const SWITCH_DRIVER_ZERO_L1: u32 = 17;
export const SWITCH_DRIVER_TABLE_SYNC: u32 = 18;
export const SWITCH_DRIVER_NO_PROT: u32 = 19;
export const SWITCH_DRIVER_MISUSE: u32 = 20;
export const SWITCH_DRIVER_ROLLBACK: u32 = 21;
export const SWITCH_DRIVER_UNCLEANED: u32 = 22;
export const SWITCH_DRIVER_OLD_MAP: u32 = 23;
export const SWITCH_IOMMU_SIZES: u32 = 24;
export const SWITCH_IOMMU_UNMAP_REST: u32 = 25;
export const SWITCH_IOMMU_UNALIGNED: u32 = 26;
/** Ways of SWITCH_DRIVER: whose register protocol. */
export const DRIVER_V6_1: u32 = 0; // v5.15 .. v6.1
export const DRIVER_V4_4: u32 = 1;
export const DRIVER_V3_6: u32 = 2; // v3.5 .. v3.14
export const DRIVER_2011: u32 = 3; // the 2011 RFC
/** Ways of SWITCH_DRIVER_TABLE_SYNC. */
export const TABLE_SYNC_DMA: u32 = 0; // streaming DMA API: clean
export const TABLE_SYNC_FLUSH: u32 = 1; // dmac_flush_range and outer_flush_range
/** Ways of SWITCH_DRIVER_MISUSE. */
export const MISUSE_WARN: u32 = 0; // WARN, nothing done
export const MISUSE_BUG: u32 = 1; // BUG on unmap; map over a section unnoticed

/** driverUnmap and iommuUnmap: the kernel stops with BUG here (driverBug says why). */
export const UNMAP_BUG: u32 = 0xffffffff;
/** driverIrq, driverMap, driverDisable: the same. */
export const DRIVER_BUG: i32 = -2147483648;

// kinds of LOG_GROUP_TABLE: operands pa, bytes; alloc: pa or NO_PA, domain, lv1 index
export const LOGK_TABLE_ALLOC: u32 = 0;
export const LOGK_TABLE_FREE: u32 = 1;
export const LOGK_TABLE_DFLUSH: u32 = 2;
export const LOGK_TABLE_OFLUSH: u32 = 3;
export const LOGK_TABLE_SYNC_CPU: u32 = 4;
export const LOGK_TABLE_SYNC_DEV: u32 = 5;
export const LOGK_TABLE_DMA_MAP: u32 = 6;
export const LOGK_TABLE_DMA_UNMAP: u32 = 7;
// kinds of LOG_GROUP_DRIVER; the texts behind the numbers are in src/iommu/driver-events.ts
export const LOGK_CLOCK: u32 = 0; // what, clock, instance
export const LOGK_POWER: u32 = 1; // what, instance
export const LOGK_DOMAIN_HANDLER: u32 = 2; // device, iova, flags, result
export const LOGK_FAULT_HANDLER: u32 = 3; // type, page table, address, result
export const LOGK_WARN_ON: u32 = 4; // label
export const LOGK_WARN: u32 = 5; // text, iova
export const LOGK_BUG: u32 = 6; // label
export const LOGK_PRINT: u32 = 7; // text, its operands in order
export const CLOCK_ENABLE: u32 = 0;
export const CLOCK_DISABLE: u32 = 1;
export const CLOCK_PREPARE: u32 = 2;
export const CLOCK_PREPARE_ENABLE: u32 = 3;
export const CLOCK_DISABLE_UNPREPARE: u32 = 4;
/** Clocks of an instance, bits of driverSetClocks. */
export const CLOCK_SYSMMU: u32 = 1;
export const CLOCK_MASTER: u32 = 2;
export const CLOCK_PCLK: u32 = 4;
export const CLOCK_ACLK: u32 = 8;
export const POWER_GET_SYNC: u32 = 0;
export const POWER_PUT: u32 = 1;
export const POWER_GET_NORESUME: u32 = 2;
// labels of WARN_ON and BUG
export const LABEL_BUSY: u32 = 1; // attach:busy
export const LABEL_OTHER_PGTABLE: u32 = 2; // enable:other-pgtable
export const LABEL_NOT_ACTIVE: u32 = 3; // disable:not-active
export const LABEL_INACTIVE: u32 = 4; // irq:sysmmu-inactive
export const LABEL_UNKNOWN_BIT: u32 = 5; // irq:unknown-fault-bit
export const LABEL_NOT_HANDLED: u32 = 6; // irq:fault-not-handled
export const LABEL_UNCONDITIONAL: u32 = 7; // unconditional
export const LABEL_ENTRY_BUSY: u32 = 8; // map:l2-entry-busy
export const LABEL_SECTION: u32 = 9; // unmap:smaller-than-section
export const LABEL_LARGE: u32 = 10; // unmap:smaller-than-large-page
export const LABEL_CLIENTS: u32 = 11; // domain-free:attached
export const LABEL_LISTED: u32 = 12; // attach:listed
export const LABEL_PREFBUF: u32 = 13; // prefbuf:range
export const LABEL_MAPPED: u32 = 14; // map:prohibited (2011)
export const LABEL_UNMAPPED: u32 = 15; // unmap:prohibited (2011)
// texts of WARN and print
export const TEXT_SECTION_MAPPED: u32 = 1; // iova
export const TEXT_UNDER_SECTION: u32 = 2; // iova
export const TEXT_MAP_FAILED: u32 = 3; // errno, size, iova
export const TEXT_UNMAP_FAILED: u32 = 4; // size, iova, page size
export const TEXT_MAP_UNALIGNED: u32 = 5; // iova, pa, size, smallest page
export const TEXT_UNMAP_UNALIGNED: u32 = 6; // iova, size, smallest page
export const TEXT_ATTACH_FAILED: u32 = 7; // page table
export const TEXT_NOT_ATTACHED: u32 = 8;
export const TEXT_ALREADY_ENABLED: u32 = 9; // device, page table
export const TEXT_FAULT: u32 = 10; // type, address, page table, instance
export const TEXT_LV1: u32 = 11; // descriptor
export const TEXT_LV2: u32 = 12; // descriptor
export const TEXT_OOPS: u32 = 13;
export const TEXT_NOT_OURS: u32 = 14; // instance
export const TEXT_CHECK_IRQ: u32 = 15;
export const TEXT_MASTER_FAULT: u32 = 16; // bit, address, device, 1 for version 5

// machine-wide counters 128..159: page tables and driver
export const COUNT_MAP_SMALL: u32 = 128; // 4 KiB pages mapped
export const COUNT_MAP_LARGE: u32 = 129; // 64 KiB pages mapped
export const COUNT_MAP_SECTION: u32 = 130; // 1 MiB sections mapped
export const COUNT_UNMAP_SMALL: u32 = 131;
export const COUNT_UNMAP_LARGE: u32 = 132;
export const COUNT_UNMAP_SECTION: u32 = 133;
export const COUNT_UNMAP_NOTHING: u32 = 134; // driver unmaps that found no mapping
export const COUNT_MAP_BUSY: u32 = 135; // driver maps refused: something is mapped there
export const COUNT_TABLES: u32 = 136; // level-2 tables taken
export const COUNT_TABLES_FREED: u32 = 137;
export const COUNT_INVALIDATIONS: u32 = 138; // block, flush, unblock rounds that were done
export const COUNT_INVALIDATIONS_LOST: u32 = 139; // rounds skipped: the block did not take effect
export const COUNT_DRIVER_BUGS: u32 = 140; // calls at which the kernel stops
export const COUNT_DRIVER_WARNINGS: u32 = 141; // WARN and WARN_ON
export const COUNT_SECTION_WRITES: u32 = 142; // pages mapped into a section's memory taken for a table (v3.6)
export const COUNT_FAULT_IRQS: u32 = 143; // fault interrupts taken
export const COUNT_TABLE_SYNCS: u32 = 144; // stretches of a table brought to memory after a change (sync_single_for_device)
