// Raw exports of the bounce ops. Numbers in and out are u32 or i32; a u32 result arrives signed
// and wants `>>> 0`. `device` is an index; scatterlists cross at SG (assembly/layout.ts).

/** dmabounce and swiotlb behind one ops table. */
export interface BounceExports {
  /** Registers with dmabounce, or makes the swiotlb pool (0: 64 MiB); 0 or -ENOMEM. */
  bounceCreate(device: number, poolBytes: number): number;
  /** 0xffffffff: no limit. */
  bounceMaxMapping(device: number): number;
  bounceOpsMapPage(
    device: number,
    page: number,
    offset: number,
    size: number,
    dir: number,
    attrs: number,
  ): number;
  bounceOpsUnmapPage(device: number, dma: number, size: number, dir: number, attrs: number): void;
  bounceOpsSyncForCpu(device: number, dma: number, size: number, dir: number): void;
  bounceOpsSyncForDevice(device: number, dma: number, size: number, dir: number): void;
  /** `nents`, 0 or -EIO. */
  bounceOpsMapSg(device: number, nents: number, dir: number, attrs: number): number;
  bounceOpsUnmapSg(device: number, nents: number, dir: number, attrs: number): void;
  bounceOpsSyncSgForCpu(device: number, nents: number, dir: number): void;
  bounceOpsSyncSgForDevice(device: number, nents: number, dir: number): void;
  /** BOUNCE_SAYS_* since the last call, 0 for nothing; then its operands 0..2. */
  bounceSaid(): number;
  bounceSaidOperand(n: number): number;

  /** 0 or -ENOMEM. */
  dmabounceRegister(device: number, small: number, large: number): number;
  /** 0, or -EBUSY where the kernel stops. */
  dmabounceUnregister(device: number): number;
  dmabounceWindow(device: number, start: number, end: number): void;
  /** 0 no, 1 yes, -7 too big. */
  dmabounceNeeds(device: number, dma: number, size: number): number;
  /** 0 small, 1 large, 2 other, 3 total, 4 maps, 5 bounces. */
  dmabounceStatistic(device: number, n: number): number;

  /** 0 or 12; a second call changes only `force`. */
  swiotlbInit(bytes: number, areas: number, force: number): number;
  /** 1, or 0 while slots are in use. */
  swiotlbExit(): number;
  swiotlbSetCpu(cpu: number): void;
  /** 0 slots, 1 used, 2 used at most, 3 pa of the pool, 4 areas. */
  swiotlbStatistic(n: number): number;
  /** 0, or -22 for a value that is not 0. */
  swiotlbResetHighWater(value: number): number;
  /** Buffer pa, or NO_PA. `alignMask` + 1 is what whole padding slots come in (0: none). */
  swiotlbMap(
    device: number,
    original: number,
    size: number,
    alignMask: number,
    dir: number,
    attrs: number,
  ): number;
  swiotlbUnmap(device: number, buffer: number, size: number, dir: number, attrs: number): void;
}
