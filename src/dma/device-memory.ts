// Memory of a device's own (dma_declare_coherent_memory): its coherent allocations come from there first.
//
// Core: assembly/dma/device-memory.ts, which says how pages are chosen.
//
// Not modelled: regions outside DRAM (video SRAM); use a stretch of DRAM kept apart with `memory.reserve`.

import { checkAligned, checkFlag, checkInteger, checkObject, checkU32, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { DeviceBus } from "./bus.js";

const MEMORY = 18;

/** Figures of a device's own memory, in pages of 4096. */
export interface DeviceMemoryFigures {
  readonly pages: number;
  /** Taken: whole powers of two per buffer. */
  readonly used: number;
  /** Buffers alive. */
  readonly buffers: number;
}

/** @internal True when a byte of [pa, pa + bytes) is declared memory of some device. */
export function declaredMemoryAt(live: Live, pa: number, bytes: number): boolean {
  const { core } = live;
  const words = core.u32;
  const size = coreConstant(core, "DEVICE_BYTES");
  for (
    let at = coreConstant(core, "DEVICES"), n = 0;
    n < coreConstant(core, "DEVICE_COUNT");
    n++, at += size
  ) {
    const block = words[(at >>> 2) + MEMORY]! >>> 2;
    if (block === 0) continue;
    const [start, pages] = [words[block]!, words[block + 2]!];
    if (pa < start + pages * 4096 && start < pa + bytes) return true;
  }
  return false;
}

/** The memory that belongs to one device. */
export class DeviceOwnMemory extends DeviceBus {
  readonly #live: Live;
  readonly #device: number;

  /** @internal */
  constructor(live: Live, device: number) {
    super(live, device);
    this.#live = live;
    this.#device = device;
  }

  /**
   * dma_declare_coherent_memory: [pa, pa + bytes) of DRAM serves this device's `alloc` first. The caller
   * has taken it out of the page allocator (`memory.alloc` or `memory.reserve`).
   * @param bytes 0 .. DRAM; a part of a page at the end is lost
   * @param options dmaAddress: where the device sees it (default: the bus address of `pa`); exclusive: a
   * full region fails the allocation instead of passing it on (DMA_MEMORY_EXCLUSIVE; since v5.1 always)
   * @throws RangeError when a page of it is free for the allocator to give away, or is another device's
   * @returns 0, or a negative errno: -22 (EINVAL: no bytes), -16 (EBUSY: declared before), -12 (ENOMEM). Kernels
   * before v4.13 say only that it failed.
   */
  declareCoherentMemory(
    pa: number,
    bytes: number,
    options: { dmaAddress?: number; exclusive?: boolean } = {},
  ): number {
    checkAligned("pa", pa, 4096);
    const [base, size] = [this.#live.core.u32[4]!, this.#live.core.u32[5]!];
    checkInteger("bytes", bytes, 0, size);
    if (pa < base || pa + bytes > base + size) {
      throw new RangeError(
        `[${hex(pa)}, ${hex(pa + bytes)}) is not in DRAM [${hex(base)}, ${hex(base + size)})`,
      );
    }
    checkObject("options", options, ["dmaAddress", "exclusive"]);
    checkFlag("options.exclusive", options.exclusive ?? false);
    const dma = checkU32("options.dmaAddress", options.dmaAddress ?? this.physToDma(pa));
    const pages = Math.floor(bytes / 4096);
    const range = `[${hex(pa)}, ${hex(pa + bytes)})`;
    if (this.declaredMemory.pages === 0) {
      if (declaredMemoryAt(this.#live, pa, pages * 4096))
        throw new RangeError(`${range} is declared as memory of a device's own in part`);
      if (this.#live.core.exports.pagesTaken(pa, pages) === 0)
        throw new RangeError(`${range} is free in part: take it by memory.alloc or memory.reserve first`);
    }
    const exclusive = options.exclusive === true ? 1 : 0;
    return this.#live.core.exports.deviceDeclareMemory(this.#device, pa, dma, bytes, exclusive);
  }

  /**
   * dma_release_declared_memory. Buffers still alive are lost to the region; freeing them later only counts
   * (`COUNT_DEVICE_MEMORY_GONE`).
   * @returns how many buffers were alive
   */
  releaseDeclaredMemory(): number {
    return this.#live.core.exports.deviceReleaseMemory(this.#device);
  }

  /** Figures of the declared memory; all 0 without one. */
  get declaredMemory(): DeviceMemoryFigures {
    const { exports } = this.#live.core;
    const [pages, used, buffers] = [0, 1, 2].map((n) => exports.deviceMemoryStatistic(this.#device, n));
    return { pages: pages!, used: used!, buffers: buffers! };
  }
}
