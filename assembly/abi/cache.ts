// Numbers of the caches: policies, memory types, switches, log kinds, counters.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

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
export const COUNT_KMAP_TEMPORARY: u32 = 93; // highmem pages maintained through a kmap made for it
export const COUNT_KMAP_PERMANENT: u32 = 94; // highmem pages maintained through a kmap that was there
export const COUNT_MASK_OVERFLOW: u32 = 90; // mappings refused because the device cannot reach the address (dma-direct)
export const COUNT_MASK_UNREACHABLE: u32 = 91; // mappings handed out although the device cannot reach them (arm_dma_ops)
export const COUNT_STALE_CPU_READS: u32 = 92; // cached lines the CPU read that a master had written since
export const COUNT_BUFFERED_DEVICE_WRITES: u32 = 95; // device writes over bytes still in the write buffer
export const COUNT_SNOOP_REMOVED: u32 = 89; // L1 lines a coherent master's write took out
