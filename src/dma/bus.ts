// How a device without translation sees memory: bus address = physical address - offset, or a list
// of ranges (dev->dma_pfn_offset, later dev->dma_range_map; spec dma-mapping 1.5), the bus limit, and what a device
// may ask about its mappings. The same holds behind a SysMMU that is off, which passes addresses as they are.
//
// Not modelled: ranges of the IOMMU's IO-address space; those are `createMapping`'s base and size.

import { checkAligned, checkInteger, checkObject, checkU32, describe, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { DMA_MAPPING_ERROR } from "./direction.js";
import { maxMappingSize, optMappingSize, requiredMask } from "./limits.js";
import { DeviceMasks } from "./masks.js";

const OFFSET = 11;
const LIMIT = 12;
const RANGES = 20;

/** One range of a device's bus: `bytes` from physical address `pa` appear at `dmaAddress`. */
export interface DmaRange {
  readonly pa: number;
  readonly dmaAddress: number;
  /** 1 .. 4 GiB. */
  readonly bytes: number;
}

/** Bus addresses of one device. */
export class DeviceBus extends DeviceMasks {
  readonly #live: Live;
  readonly #device: number;

  /** @internal */
  constructor(live: Live, device: number) {
    super(live, device);
    this.#live = live;
    this.#device = device;
  }

  /** dev->dma_pfn_offset: pages (of 4096) by which physical addresses lie above bus addresses, mod 2^20. Default 0. */
  get pfnOffset(): number {
    return this.record[OFFSET]! / 4096;
  }

  set pfnOffset(pages: number) {
    checkInteger("pfnOffset", pages, 0, 0xf_ffff);
    this.idle("pfnOffset");
    this.record[OFFSET] = pages * 4096;
  }

  /**
   * dev->bus_dma_limit: the highest untranslated bus address that reaches memory (accesses above it end in a bus
   * error); 0: none. Default 0. Only dma-direct (v6.1) looks at it when it maps.
   */
  get busLimit(): number {
    return this.record[LIMIT]!;
  }

  set busLimit(limit: number) {
    this.record[LIMIT] = checkU32("busLimit", limit);
  }

  /** The ranges set by {@link setRanges}; none where the profile has one offset. */
  get ranges(): readonly DmaRange[] {
    const { u32 } = this.#live.core;
    const block = this.record[RANGES]! >>> 2;
    return Array.from({ length: block === 0 ? 0 : u32[block]! }, (_, i) => {
      const at = block + 1 + i * 3;
      return { pa: u32[at]!, dmaAddress: u32[at + 1]!, bytes: u32[at + 2]! === 0 ? 2 ** 32 : u32[at + 2]! };
    });
  }

  /**
   * dev->dma_range_map: the ranges in the order in which they are searched; outside all of them nothing is
   * reachable (mapping fails on v6.1). An empty list takes them away. One range on profiles before v5.10
   * becomes the {@link pfnOffset}, whatever its length: those kernels do not look at bounds.
   * @throws RangeError naming the entry, or for several ranges where the profile has one offset
   * @throws TypeError while the device has live mappings
   */
  setRanges(ranges: readonly DmaRange[]): void {
    if (!Array.isArray(ranges)) throw new TypeError(`ranges must be an array, got ${describe(ranges)}`);
    for (const [i, range] of ranges.entries())
      checkObject(`ranges[${i}]`, range, ["pa", "dmaAddress", "bytes"]);
    this.idle("ranges");
    const { core } = this.#live;
    const words = ranges.flatMap((r, i) => {
      const pa = checkAligned(`ranges[${i}].pa`, r.pa, 4096);
      const dma = checkAligned(`ranges[${i}].dmaAddress`, r.dmaAddress, 4096);
      const bytes = checkInteger(`ranges[${i}].bytes`, r.bytes, 1, 2 ** 32);
      if (pa + bytes > 2 ** 32 || dma + bytes > 2 ** 32) {
        throw new RangeError(
          `ranges[${i}] reaches beyond 32 bits: ${hex(bytes)} bytes at ${hex(pa)}, ${hex(dma)}`,
        );
      }
      return [pa, dma, bytes % 2 ** 32];
    });
    const map =
      core.u32[(coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, "SWITCH_DMA_RANGES")] !== 0;
    if (!map && ranges.length > 1) {
      throw new RangeError(`ranges: the profile knows one offset per device, got ${ranges.length} ranges`);
    }
    if (map) {
      const batch = coreConstant(core, "BATCH");
      core.u32.set(words.slice(0, 64 * 3), batch >>> 2);
      const error = core.exports.deviceSetRanges(this.#device, batch, ranges.length);
      if (error !== 0) throw new RangeError(`ranges: at most 64 and memory for them (errno ${-error})`);
    } else {
      const [pa = 0, dma = 0] = words;
      this.record[OFFSET] = pa - dma;
    }
  }

  /** phys_to_dma: the bus address of `pa`, or DMA_MAPPING_ERROR outside every range. */
  physToDma(pa: number): number {
    return this.#live.core.exports.devicePhysToDma(this.#device, checkU32("pa", pa)) >>> 0;
  }

  /** dma_to_phys: the physical address behind `dmaAddress`, or null outside every range. */
  dmaToPhys(dmaAddress: number): number | null {
    const pa =
      this.#live.core.exports.deviceDmaToPhys(this.#device, checkU32("dmaAddress", dmaAddress)) >>> 0;
    return pa === DMA_MAPPING_ERROR ? null : pa;
  }

  /** dma_get_required_mask: the smallest mask that reaches all memory; 32 bits behind an IOMMU. */
  get requiredMask(): number {
    return requiredMask(this.#live, this.#device);
  }

  /**
   * dma_max_mapping_size: the longest single mapping, in bytes. Infinity: no limit but memory; devices that
   * bounce because they must: the pool's largest block. (An IO-address bitmap holds at most 128 MiB in one piece;
   * the kernel does not tell.)
   */
  get maxMappingSize(): number {
    return maxMappingSize(this.#live, this.#device);
  }

  /**
   * dma_opt_mapping_size (6.0): {@link maxMappingSize}, for no ops table of 32-bit ARM has an opinion; 128 KiB
   * in a mapping with allocator "range-cache", as dma-iommu says.
   */
  get optMappingSize(): number {
    return optMappingSize(this.#live, this.#device);
  }

  /** dma_get_merge_boundary: 0, for no ops table of 32-bit ARM promises to merge. */
  get mergeBoundary(): number {
    return 0;
  }
}
