// Raw exports of the ground floor, the dispatch and the replay loop. Numbers in and out are u32
// or i32; a u32 result arrives signed and wants `>>> 0`.

/** Ground, dispatch, history and op-stream loop of the core. */
export interface MachineExports {
  machineInit(dramBase: number, dramBytes: number, profile: number): number;
  arenaAllocForHost(bytes: number): number;
  lastError(): number;
  pagesAlloc(pages: number, alignOrder: number): number;
  pagesFree(pa: number, pages: number): void;
  pagesReserve(pa: number, pages: number): number;
  /** 1 when all of these pages are out of the allocator, else 0. */
  pagesTaken(pa: number, pages: number): number;
  pagesUsed(): number;

  deviceCreate(): number;
  deviceAddSysmmu(device: number, instance: number): void;
  deviceSetOps(device: number, ops: number): void;
  deviceAttach(device: number, space: number, domain: number): number;
  deviceDetach(device: number): void;
  deviceAccess(device: number, dma: number, bytes: number, write: number, access: number): number;
  deviceTransfer(
    device: number,
    dma: number,
    bytes: number,
    write: number,
    port: number,
    pointer: number,
  ): number;
  deviceFlush(device: number): void;

  dmaMapPage(
    device: number,
    page: number,
    offset: number,
    size: number,
    dir: number,
    attrs: number,
    label: number,
  ): number;
  dmaUnmapPage(device: number, dma: number, size: number, dir: number, attrs: number): void;
  dmaMapResource(device: number, pa: number, size: number, dir: number, attrs: number, label: number): number;
  dmaUnmapResource(device: number, dma: number, size: number, dir: number, attrs: number): void;
  dmaMapSg(device: number, nents: number, dir: number, attrs: number, label: number): number;
  dmaUnmapSg(device: number, nents: number, dir: number, attrs: number): void;
  dmaSyncSingle(device: number, dma: number, size: number, dir: number, forDevice: number): void;
  dmaSyncSg(device: number, nents: number, dir: number, forDevice: number): void;
  dmaAlloc(device: number, size: number, gfp: number, attrs: number, label: number): number;
  dmaFree(device: number, allocation: number): void;
  /** With the caller's attributes: FREE_DONE, or nothing freed. */
  dmaFreeAs(device: number, allocation: number, attrs: number, record: number): number;
  /** 0 or -ENXIO. */
  dmaMmap(device: number, allocation: number, attrs: number, pgoff: number, pages: number): number;
  dmaMmapPage(device: number, allocation: number, pgoff: number, n: number): number;
  dmaFindAllocation(device: number, dma: number): number;

  blockUsed(at: number, bytes: number): number;
  /** A sum of the bytes there that changes with every word. */
  blockSum(at: number, bytes: number): number;
  deviceSetDark(device: number, ports: number): void;
  deviceInstance(device: number, port: number): number;
  deviceStalled(device: number): number;
  deviceTranslateBatch(
    device: number,
    input: number,
    output: number,
    n: number,
    write: number,
    port: number,
  ): number;
  /** A range sync: `start` of a mapping and `offset` apart. */
  dmaSyncRange(
    device: number,
    start: number,
    offset: number,
    size: number,
    dir: number,
    forDevice: number,
  ): void;
  /** Attribute bits that the call (CALL_*) would not ignore. */
  dmaAttributeEffects(device: number, call: number, attrs: number, gfp: number): number;
  /** `n` ranges of three words (pa, bus, bytes) at `at`; 0, -EINVAL or -ENOMEM. */
  deviceSetRanges(device: number, at: number, n: number): number;
  /** Bus address of a physical one, DMA_MAPPING_ERROR outside every range. */
  devicePhysToDma(device: number, pa: number): number;
  /** Physical address of a bus address, NO_PA outside every range. */
  deviceDmaToPhys(device: number, dma: number): number;
  /** 0, -EINVAL, -EBUSY or -ENOMEM. */
  deviceDeclareMemory(device: number, pa: number, bus: number, bytes: number, exclusive: number): number;
  /** Buffers alive that lose their region. */
  deviceReleaseMemory(device: number): number;
  /** 0 pages, 1 pages taken, 2 buffers alive. */
  deviceMemoryStatistic(device: number, n: number): number;

  /** Notes an access through the linear map; bytes that may be accessed. */
  aliasAccess(pa: number, bytes: number, write: number): number;
  /** Pages of uncached buffers now. */
  aliasPages(): number;
  /** Table of alias accesses (assembly/dma/alias.ts), 0 for none. */
  aliasBlock(): number;
  /** A refill by speculation through the linear map; 1 when a line came in. */
  aliasRefill(pa: number): number;

  hazardBeforeCpu(pa: number, bytes: number): void;
  hazardBlock(): number;

  historyFind(device: number, dma: number, size: number): number;
  /** Record that the last map or allocation made, 0 for none. */
  historyLastBorn(): number;
  historyLive(): number;
  /** Keeps the entries at SG with the list mapped last. */
  historyKeepList(): void;
  historySlot(n: number): number;
  historyDeaths(): number;
  historyDead(n: number): number;

  replayRun(records: number): number;
  replayHandle(handle: number): number;
}
