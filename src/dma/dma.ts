// The dma-mapping API of one device, name by name as a driver calls it. Each call checks its
// arguments, crosses into the core once, and hands the kernel's result back.
//
// Not modelled: virtual addresses; where a kernel call takes one, this one takes the physical
// address behind it.

import { checkAligned, checkInteger, checkU32, describe, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { type DmaAllocation, readAllocation } from "./allocation.js";
import { DmaAttr } from "./attributes.js";
import type { DmaDebugHook } from "./debug-hook.js";
import { DMA_MAPPING_ERROR, DmaDirection } from "./direction.js";
import { DeviceMasks } from "./masks.js";
import type { NoncoherentBuffer } from "./noncoherent.js";
import type { Scatterlist } from "./scatterlist.js";
import { UserMapping } from "./user-mapping.js";

const PAGE = 4096;
const SG_WORDS = 8;
const DIRECTION_NAMES_API = "DmaDirection.Bidirectional, ToDevice or FromDevice";

/** Streaming and coherent mappings of one device (struct device with its dma_map_ops). */
export class Dma extends DeviceMasks {
  readonly #live: Live;
  readonly #device: number;
  readonly #debug: () => DmaDebugHook | null;

  /** @internal */
  constructor(live: Live, device: number, debug: () => DmaDebugHook | null) {
    super(live, device);
    this.#live = live;
    this.#device = device;
    this.#debug = debug;
  }

  /**
   * dma_map_single: maps `size` bytes at physical address `pa` for the device.
   * @param direction who will access: {@link DmaDirection}, not None
   * @param attrs bits of {@link DmaAttr}
   * @param label call-site name that findings and the history quote
   * @returns the bus address, or {@link DMA_MAPPING_ERROR}
   */
  mapSingle(pa: number, size: number, direction: DmaDirection, attrs = 0, label = ""): number {
    const at = checkU32("pa", pa);
    return this.mapPage(at - (at % PAGE), at % PAGE, size, direction, attrs, label);
  }

  /** dma_mapping_error: true when `dmaAddress` is the error value. Also tells dma-debug that it was checked. */
  mappingError(dmaAddress: number): boolean {
    const at = checkU32("dmaAddress", dmaAddress);
    this.#debug()?.mappingError(this.#device, at);
    return at === DMA_MAPPING_ERROR;
  }

  /** dma_unmap_single: as {@link unmapPage}. */
  unmapSingle(dmaAddress: number, size: number, direction: DmaDirection, attrs = 0): void {
    this.unmapPage(dmaAddress, size, direction, attrs);
  }

  /**
   * dma_map_page: maps `size` bytes from `offset` of the page at `page` (page aligned).
   * @returns the bus address, or {@link DMA_MAPPING_ERROR} (no IO address, no memory for tables,
   * address beyond the mask, bounce pool full)
   */
  mapPage(
    page: number,
    offset: number,
    size: number,
    direction: DmaDirection,
    attrs = 0,
    label = "",
  ): number {
    checkAligned("page", page, PAGE);
    checkInteger("offset", offset, 0, 0x7fff_ffff);
    checkSize(size);
    checkDirection(direction);
    checkU32("attrs", attrs);
    const { exports } = this.#live.core;
    const dma =
      exports.dmaMapPage(this.#device, page, offset, size, direction, attrs, this.#live.label(label)) >>> 0;
    this.#debug()?.mapPage(this.#device, page, offset, size, direction, dma, attrs);
    return dma;
  }

  /**
   * dma_unmap_page. Like the kernel it trusts its arguments: another size or direction than mapped
   * has the kernel's effect and is counted.
   */
  unmapPage(dmaAddress: number, size: number, direction: DmaDirection, attrs = 0): void {
    checkU32("dmaAddress", dmaAddress);
    checkSize(size);
    checkDirection(direction);
    checkU32("attrs", attrs);
    this.#live.core.exports.dmaUnmapPage(this.#device, dmaAddress, size, direction, attrs);
    this.#debug()?.unmapPage(this.#device, dmaAddress, size, direction);
  }

  /** dma_map_resource: maps device registers at `pa` (not DRAM); no cache maintenance. */
  mapResource(pa: number, size: number, direction: DmaDirection, attrs = 0, label = ""): number {
    checkU32("pa", pa);
    checkSize(size);
    checkDirection(direction);
    checkU32("attrs", attrs);
    const { exports } = this.#live.core;
    const dma =
      exports.dmaMapResource(this.#device, pa, size, direction, attrs, this.#live.label(label)) >>> 0;
    this.#debug()?.mapResource(this.#device, pa, size, direction, dma, attrs);
    return dma;
  }

  /** dma_unmap_resource. */
  unmapResource(dmaAddress: number, size: number, direction: DmaDirection, attrs = 0): void {
    checkU32("dmaAddress", dmaAddress);
    checkSize(size);
    checkDirection(direction);
    checkU32("attrs", attrs);
    this.#live.core.exports.dmaUnmapResource(this.#device, dmaAddress, size, direction, attrs);
    this.#debug()?.unmapResource(this.#device, dmaAddress, size, direction);
  }

  /**
   * dma_map_sg: maps every entry of `list` and merges what the rules allow; fills `dmaAddress` and
   * `dmaLength` of the first entries.
   * @returns the number of segments, or 0 when nothing was mapped
   */
  mapSg(list: Scatterlist, direction: DmaDirection, attrs = 0, label = ""): number {
    const segments = this.#mapList(list, direction, attrs, label);
    return segments > 0 ? segments : 0;
  }

  /**
   * dma_map_sgtable (5.8): as {@link mapSg}, but says why not.
   * @returns the number of segments, or a negative errno (-22 EINVAL, -12 ENOMEM, -5 EIO)
   */
  mapSgtable(list: Scatterlist, direction: DmaDirection, attrs = 0, label = ""): number {
    const segments = this.#mapList(list, direction, attrs, label);
    return segments === 0 ? -5 : segments;
  }

  #mapList(list: Scatterlist, direction: DmaDirection, attrs: number, label: string): number {
    checkDirection(direction);
    checkU32("attrs", attrs);
    this.#writeList(list);
    const { core } = this.#live;
    const segments = core.exports.dmaMapSg(
      this.#device,
      list.length,
      direction,
      attrs,
      this.#live.label(label),
    );
    const at = coreConstant(core, "SG") >>> 2;
    const words = core.u32;
    for (let i = 0; i < list.length; i++) {
      const entry = list[i]!;
      entry.dmaAddress = words[at + i * SG_WORDS + 3]!;
      entry.dmaLength = words[at + i * SG_WORDS + 4]!;
    }
    if (segments > 0) this.#debug()?.mapSg(this.#device, list, segments, direction, attrs);
    return segments;
  }

  /**
   * dma_unmap_sg. `list` must be what was mapped, whole: not the number of segments.
   * @param nents how many entries the caller names (default all); fewer is the driver bug of that name
   */
  unmapSg(list: Scatterlist, direction: DmaDirection, attrs = 0, nents = list.length): void {
    checkDirection(direction);
    checkU32("attrs", attrs);
    this.#writeList(list);
    checkInteger("nents", nents, 0, list.length);
    this.#live.core.exports.dmaUnmapSg(this.#device, nents, direction, attrs);
    this.#debug()?.unmapSg(this.#device, list, nents, direction);
  }

  /** dma_sync_single_for_cpu: the CPU may look at [dmaAddress, dmaAddress + size) now. */
  syncSingleForCpu(dmaAddress: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(dmaAddress, size, direction, 0);
  }

  /** dma_sync_single_for_device: the device may use [dmaAddress, dmaAddress + size) again. */
  syncSingleForDevice(dmaAddress: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(dmaAddress, size, direction, 1);
  }

  /** dma_sync_single_range_for_cpu: as {@link syncSingleForCpu} of `dmaAddress + offset`. */
  syncSingleRangeForCpu(dmaAddress: number, offset: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(checkU32("dmaAddress", dmaAddress) + checkU32("offset", offset), size, direction, 0);
  }

  /** dma_sync_single_range_for_device: as {@link syncSingleForDevice} of `dmaAddress + offset`. */
  syncSingleRangeForDevice(dmaAddress: number, offset: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(checkU32("dmaAddress", dmaAddress) + checkU32("offset", offset), size, direction, 1);
  }

  #syncSingle(dmaAddress: number, size: number, direction: DmaDirection, forDevice: 0 | 1): void {
    checkU32("dmaAddress", dmaAddress);
    checkSize(size);
    checkDirection(direction);
    this.#live.core.exports.dmaSyncSingle(this.#device, dmaAddress, size, direction, forDevice);
    this.#debug()?.syncSingle(this.#device, dmaAddress, size, direction, forDevice === 1);
  }

  /** dma_sync_sg_for_cpu over the whole list. */
  syncSgForCpu(list: Scatterlist, direction: DmaDirection, nents = list.length): void {
    this.#syncSg(list, direction, 0, nents);
  }

  /** dma_sync_sg_for_device over the whole list. */
  syncSgForDevice(list: Scatterlist, direction: DmaDirection, nents = list.length): void {
    this.#syncSg(list, direction, 1, nents);
  }

  #syncSg(list: Scatterlist, direction: DmaDirection, forDevice: 0 | 1, nents: number): void {
    checkDirection(direction);
    this.#writeList(list);
    checkInteger("nents", nents, 0, list.length);
    this.#live.core.exports.dmaSyncSg(this.#device, nents, direction, forDevice);
    this.#debug()?.syncSg(this.#device, list, nents, direction, forDevice === 1);
  }

  /**
   * dma_alloc_attrs: memory that device and CPU may use at once.
   * @param size 1 .. 2 GiB - 1 bytes; rounded up to pages
   * @param attrs bits of {@link DmaAttr}
   * @param options atomic: as from interrupt context (GFP_ATOMIC): served from the atomic pool
   * @returns the allocation, or null (a guest result: nothing changed)
   */
  alloc(size: number, attrs = 0, options: { atomic?: boolean; label?: string } = {}): DmaAllocation | null {
    checkSize(size);
    checkU32("attrs", attrs);
    const gfp = options.atomic === true ? GFP_ATOMIC : 0;
    const { exports } = this.#live.core;
    const dma = exports.dmaAlloc(this.#device, size, gfp, attrs, this.#live.label(options.label ?? "")) >>> 0;
    if (dma === DMA_MAPPING_ERROR) return null;
    const allocation = readAllocation(this.#live, this.#device, dma, size, attrs, this.#live.coherentType);
    this.#debug()?.allocCoherent(this.#device, allocation, attrs);
    return allocation;
  }

  /** dma_alloc_coherent: {@link alloc} without attributes. */
  allocCoherent(size: number, options: { atomic?: boolean; label?: string } = {}): DmaAllocation | null {
    return this.alloc(size, 0, options);
  }

  /** dma_alloc_writecombine: {@link alloc} with DMA_ATTR_WRITE_COMBINE. */
  allocWritecombine(size: number, options: { atomic?: boolean; label?: string } = {}): DmaAllocation | null {
    return this.alloc(size, DmaAttr.WriteCombine, options);
  }

  /**
   * dma_free_attrs.
   * @throws TypeError when `allocation` is not one of this device or was freed before
   */
  free(allocation: DmaAllocation): void {
    const record = allocation.release(this.#device);
    this.#debug()?.freeCoherent(this.#device, allocation);
    this.#live.core.exports.dmaFree(this.#device, record);
  }

  /**
   * dma_mmap_attrs: maps pages of a buffer into a user process.
   * @param options pgoff: first page of the buffer (vm_pgoff, default 0); pages: length of the area
   * (default all that follow)
   * @returns the user mapping, or a negative errno (-6 ENXIO: beyond the buffer)
   */
  mmap(allocation: DmaAllocation, options: { pgoff?: number; pages?: number } = {}): UserMapping | number {
    const record = allocation.alive(this.#device);
    const total = Math.ceil(allocation.size / PAGE);
    const pgoff = checkInteger("options.pgoff", options.pgoff ?? 0, 0, 0xffff_ffff);
    const pages = checkInteger("options.pages", options.pages ?? Math.max(1, total - pgoff), 1, 0xffff_ffff);
    const { exports } = this.#live.core;
    // Without an IOMMU the block is contiguous and remap_pfn_range takes what lies inside it.
    const iommu = this.#ops() === coreConstant(this.#live.core, "OPS_IOMMU");
    const outside = pgoff >= total || pages > total - pgoff;
    const error = iommu ? exports.iommuOpsMmap(record, pgoff, pages) : outside ? -6 : 0;
    if (error !== 0) return error;
    const first = allocation.runs[0]!.pa / PAGE + pgoff;
    const pas = Array.from({ length: pages }, (_, n) =>
      iommu ? exports.iommuOpsMmapPage(record, pgoff, n) >>> 0 : (first + n) * PAGE,
    );
    return new UserMapping(allocation, pas);
  }

  /**
   * dma_get_sgtable_attrs: the buffer's pages as a list, neighbouring ones merged.
   * @returns the list, or a negative errno (-6 ENXIO)
   */
  getSgtable(allocation: DmaAllocation): Scatterlist | number {
    const record = allocation.alive(this.#device);
    const { core } = this.#live;
    const entries = core.exports.iommuOpsGetSgtable(record, allocation.size);
    if (entries < 0) return entries;
    const at = coreConstant(core, "SG") >>> 2;
    const words = core.u32;
    return Array.from({ length: entries }, (_, i) => ({
      pa: words[at + i * SG_WORDS]!,
      offset: words[at + i * SG_WORDS + 1]!,
      length: words[at + i * SG_WORDS + 2]!,
    }));
  }

  /**
   * dma_max_mapping_size: the longest single mapping, in bytes. Infinity: no limit but memory; bounced
   * devices: the pool's largest block. (An IO-address bitmap holds at most 128 MiB in one piece; the kernel
   * does not tell.)
   */
  get maxMappingSize(): number {
    const { core } = this.#live;
    if (this.#ops() !== coreConstant(core, "OPS_BOUNCE")) return Number.POSITIVE_INFINITY;
    const limit = core.exports.bounceMaxMapping(this.#device) >>> 0;
    return limit === 0xffff_ffff ? Number.POSITIVE_INFINITY : limit;
  }

  /** dma_opt_mapping_size (6.0): no ops table of 32-bit ARM has an opinion, so it is {@link maxMappingSize}. */
  get optMappingSize(): number {
    return this.maxMappingSize;
  }

  /**
   * dma_alloc_noncoherent: zeroed pages in the linear map, mapped once for `direction`; CPU and device
   * take turns by syncSingleForCpu and syncSingleForDevice.
   * @returns the buffer, or null (no memory, no IO address)
   */
  allocNoncoherent(size: number, direction: DmaDirection, label = ""): NoncoherentBuffer | null {
    checkSize(size);
    checkDirection(direction);
    const pages = Math.ceil(size / PAGE);
    const { core } = this.#live;
    const pa = core.exports.pagesAlloc(pages, 0) >>> 0;
    if (pa === DMA_MAPPING_ERROR) return null;
    const dmaAddress = this.mapPage(pa, 0, pages * PAGE, direction, DmaAttr.SkipCpuSync, label);
    if (this.mappingError(dmaAddress)) {
      core.exports.pagesFree(pa, pages);
      return null;
    }
    core.u8.fill(0, coreConstant(core, "BATCH"), coreConstant(core, "BATCH") + PAGE);
    for (let n = 0; n < pages; n++) core.exports.cpuWrite(pa + n * PAGE, PAGE, coreConstant(core, "BATCH"));
    return { pa, dmaAddress, size: pages * PAGE, direction };
  }

  /** dma_free_noncoherent. */
  freeNoncoherent(buffer: NoncoherentBuffer): void {
    this.unmapPage(buffer.dmaAddress, buffer.size, buffer.direction, DmaAttr.SkipCpuSync);
    this.#live.core.exports.pagesFree(buffer.pa, buffer.size / PAGE);
  }

  #ops(): number {
    const { core } = this.#live;
    return core.u32[
      (coreConstant(core, "DEVICES") + this.#device * coreConstant(core, "DEVICE_BYTES")) >>> 2
    ]!;
  }

  #writeList(list: Scatterlist): void {
    if (!Array.isArray(list)) throw new TypeError(`list must be an array of entries, got ${describe(list)}`);
    const { core } = this.#live;
    const room = coreConstant(core, "SG_COUNT");
    if (list.length === 0 || list.length > room) {
      throw new RangeError(`list must hold 1 to ${room} entries, got ${list.length}`);
    }
    const at = coreConstant(core, "SG") >>> 2;
    const words = core.u32;
    for (let i = 0; i < list.length; i++) {
      const entry = list[i]!;
      if (entry === null || typeof entry !== "object") {
        throw new TypeError(`list[${i}] must be { pa, offset, length }, got ${describe(entry)}`);
      }
      const w = at + i * SG_WORDS;
      words[w] = checkAligned(`list[${i}].pa`, entry.pa, PAGE);
      words[w + 1] = checkInteger(`list[${i}].offset`, entry.offset, 0, 0x7fff_ffff);
      words[w + 2] = checkInteger(`list[${i}].length`, entry.length, 0, 0x7fff_ffff);
      words[w + 3] = checkU32(`list[${i}].dmaAddress`, entry.dmaAddress ?? 0);
      words[w + 4] = checkU32(`list[${i}].dmaLength`, entry.dmaLength ?? 0);
    }
  }
}

/** gfp bit of an allocation: the caller cannot sleep (assembly/abi.ts GFP_ATOMIC). */
const GFP_ATOMIC = 1;

function checkSize(size: number): void {
  checkInteger("size", size, 1, 0x7fff_ffff);
}

function checkDirection(direction: number): void {
  if (direction === DmaDirection.None) {
    throw new RangeError(`direction must be ${DIRECTION_NAMES_API}, got None (the kernel has a BUG here)`);
  }
  if (typeof direction !== "number" || !Number.isInteger(direction) || direction < 0 || direction > 2) {
    throw new RangeError(
      `direction must be ${DIRECTION_NAMES_API}, got ${typeof direction === "number" ? hex(direction) : describe(direction)}`,
    );
  }
}
