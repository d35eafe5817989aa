// Raw exports of the IO-address floor (assembly/iova). Numbers in and out are u32 or i32; a u32
// result arrives signed and wants `>>> 0`. Pointers of spaces, trees and blocks are opaque.

/** IO-address spaces, the tree allocator alone, and word classes alone. */
export interface IovaExports {
  /** Space of the profile's allocator, or 0 and `lastError()`: 22, 34, 12. */
  iovaCreate(base: number, sizeLo: number, sizeHi: number, order: number): number;
  /** As `iovaCreate` with an allocator of IOVA_KIND_*. */
  iovaCreateKind(base: number, sizeLo: number, sizeHi: number, order: number, kind: number): number;
  iovaDestroy(space: number): void;
  /** First address, or 0xffffffff. */
  iovaAlloc(space: number, size: number): number;
  /** 0; 1 the kernel stops with BUG; 2 the kernel writes outside its bitmaps. Nothing changed unless 0. */
  iovaFree(space: number, addr: number, size: number): number;
  /** The space keeps its owner index from now on (attaching a device does this). */
  iovaTrackOwners(space: number): void;
  iovaSetOwner(space: number, addr: number, owner: number): void;
  /** Owner of the allocation around `addr`, 0 none. */
  iovaOwnerOf(space: number, addr: number): number;
  /** First address of the allocation around `addr`, or 0xffffffff. */
  iovaStartOf(space: number, addr: number): number;
  iovaUsedPages(space: number): number;
  iovaPeakPages(space: number): number;
  iovaTotalPages(space: number): number;
  /** Pages of the largest free run. */
  iovaLargestFree(space: number): number;
  /** Number of free runs. */
  iovaFreeRuns(space: number): number;
  iovaFailures(space: number): number;
  iovaBugs(space: number): number;
  iovaBits(space: number): number;
  iovaExtensions(space: number): number;
  iovaBitmapCount(space: number): number;
  /** CRC-32 of the bitmaps as the kernel stores them. */
  iovaBitmapCrc(space: number): number;

  /** Runs `count` ops of (slot, pages; 0 frees) at `ops`; slots of (address, pages) at `slots`. Failed allocations. */
  iovaBatch(space: number, ops: number, count: number, slots: number): number;

  /** drivers/iommu/iova.c alone: a domain, or 0. */
  rbCreate(granule: number, startPfn: number): number;
  rbDestroy(tree: number): void;
  /** Lowest frame, or 0xffffffff. */
  rbAlloc(tree: number, size: number, limitPfn: number, sizeAligned: number): number;
  /** Frames freed, 0 when nothing is there. */
  rbFree(tree: number, pfn: number): number;
  /** Lowest frame, or 0. */
  rbAllocFast(tree: number, size: number, limitPfn: number, flush: number): number;
  rbFreeFast(tree: number, pfn: number, size: number): void;
  rbFlush(tree: number): void;
  /** Node, or 0. */
  rbReserve(tree: number, lo: number, hi: number): number;
  /** Node, or 0. */
  rbFind(tree: number, pfn: number): number;
  rbNodeLo(node: number): number;
  rbNodeHi(node: number): number;
  rbNodes(tree: number): number;
  rbPages(tree: number): number;
  rbCached(tree: number): number;
  rbCrc(tree: number): number;

  /** Word classes over `pages` free pages, or 0. */
  wcCreate(pages: number): number;
  /** The same with the first `free` pages only, and no range across a multiple of `window` pages (0: anywhere). */
  wcCreatePart(pages: number, free: number, window: number): number;
  wcExtend(block: number, first: number, count: number): void;
  wcDestroy(block: number): void;
  /** First page, or 0xffffffff. */
  wcAlloc(block: number, count: number, alignOrder: number): number;
  wcAllocBased(block: number, count: number, alignOrder: number, base: number): number;
  /** Pages that were taken before. */
  wcFree(block: number, first: number, count: number): number;
  /** 1 taken, 0 something in it was taken already. */
  wcReserve(block: number, first: number, count: number): number;
  wcIsFree(block: number, page: number): number;
  wcLowest(block: number): number;
  wcPages(block: number): number;
  wcUsed(block: number): number;
  wcBatch(block: number, ops: number, count: number, slots: number, cap: number): number;

  /** Magazines by exact size in front of word classes, or 0. */
  magazinesCreate(): number;
  magazinesDestroy(magazines: number): void;
  magTake(magazines: number, block: number, pages: number, cap: number): number;
  magGive(magazines: number, block: number, first: number, pages: number): void;
  magBatch(magazines: number, block: number, ops: number, count: number, slots: number, cap: number): number;
}
