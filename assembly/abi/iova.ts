// Numbers of the IO-address allocators: switches, kinds, counters.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

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
