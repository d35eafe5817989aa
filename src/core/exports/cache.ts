// Raw exports of the cache floor and of the sync that the dma ops do with it. Numbers in and out
// are u32 or i32; a u32 result arrives signed and wants `>>> 0`. Pointers are addresses in linear
// memory; `pa` are guest physical addresses; ranges are [start, end).

/** Caches, write buffer, maintenance, and memory as masters see it. */
export interface CacheExports {
  /** Empty caches; see assembly/cache/state.ts. 0, -EINVAL or -ENOMEM. */
  cacheInit(
    l1Bytes: number,
    l1Ways: number,
    l2Bytes: number,
    l2Ways: number,
    policy: number,
    seed: number,
  ): number;
  cacheSetLineBytes(bytes: number): void;
  cacheSetBufferAge(limit: number): void;
  /** CONTEXT_* of the maintenance that follows; returns the one before. */
  cacheContext(context: number): number;
  /** Everything dirty to DRAM, both caches empty. */
  cacheFlushAll(): void;

  cpuRead(pa: number, bytes: number, to: number): void;
  cpuWrite(pa: number, bytes: number, from: number): void;
  cpuRead32(pa: number): number;
  cpuWrite32(pa: number, value: number): void;
  /** As memory of `type` (MEMORY_*). */
  cpuReadAs(pa: number, bytes: number, to: number, type: number): void;
  cpuWriteAs(pa: number, bytes: number, from: number, type: number): void;
  cpuBarrier(): void;
  /** What the CPU would read, without any effect; 0 outside DRAM. */
  cachePeek(pa: number, bytes: number, to: number): number;

  innerClean(start: number, end: number): void;
  innerInvalidate(start: number, end: number): void;
  innerFlush(start: number, end: number): void;
  outerClean(start: number, end: number): void;
  outerInvalidate(start: number, end: number): void;
  outerFlush(start: number, end: number): void;
  dmacMapArea(pa: number, size: number, dir: number): void;
  dmacUnmapArea(pa: number, size: number, dir: number): void;
  /** `via` is VIA_*. */
  dmacFlushVia(pa: number, size: number, via: number): void;

  /** 1 when a line came in. */
  cacheRefill(pa: number): number;
  /** seed 0 turns random refills off. */
  cacheRandomRefills(seed: number, odds: number): void;

  /** Non-coherent masters: DRAM only. 1, or 0 outside DRAM. */
  busRead(pa: number, bytes: number, to: number): number;
  busWrite(pa: number, bytes: number, from: number): number;
  /** Coherent masters: through the caches. */
  snoopRead(pa: number, bytes: number, to: number): number;
  snoopWrite(pa: number, bytes: number, from: number): number;
  /** Lines of the range (inside DRAM) that a cache holds dirty, or at all. */
  cacheDirtyLines(pa: number, bytes: number): number;
  cacheValidLines(pa: number, bytes: number): number;
  /** Write-buffer entries that hold a byte of the range. */
  bufferPending(pa: number, bytes: number): number;

  syncCpuToDev(page: number, offset: number, size: number, dir: number): void;
  syncDevToCpu(page: number, offset: number, size: number, dir: number): void;
  /** Pages from `start` on are highmem; 0xffffffff: none. */
  syncSetHighmem(start: number): void;
  /** Highmem pages of the range have a permanent kmap. */
  syncSetKmapped(start: number, end: number): void;
}
