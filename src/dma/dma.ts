// The dma-mapping API of one device, name by name as a driver calls it. Each call checks its
// arguments, crosses into the core once, and hands the kernel's result back.
//
// Not modelled: virtual addresses; where a kernel call takes one, this one takes the physical
// address behind it.

import {
  checkAligned,
  checkChoice,
  checkFlag,
  checkInteger,
  checkObject,
  checkText,
  checkU32,
  describe,
} from "../check.js";
import type { Live } from "../machine/live.js";
import { DmaAllocation } from "./allocation.js";
import { checkDirection, checkList, checkResultsFit, checkSize } from "./arguments.js";
import { ATTRIBUTE_CALLS, type AttributeCall, attributeEffects } from "./attribute-statistics.js";
import { DmaAttr } from "./attributes.js";
import { type DmaDebugHook, tell } from "./debug-hook.js";
import { DeviceOwnMemory } from "./device-memory.js";
import { DMA_MAPPING_ERROR, type DmaDirection } from "./direction.js";
import {
  allocNoncoherent,
  freeNoncoherent,
  type NoncoherentBuffer,
  type NoncoherentCaller,
} from "./noncoherent.js";
import { type AllocOptions, checkedOps, coreOps, type DmaOps, overlayOps } from "./ops.js";
import type { Scatterlist } from "./scatterlist.js";
import type { UserMapping } from "./user-mapping.js";

const PAGE = 4096;

/** Streaming and coherent mappings of one device (struct device with its dma_map_ops). */
export class Dma extends DeviceOwnMemory {
  readonly #live: Live;
  readonly #device: number;
  readonly #debug: () => DmaDebugHook | null;
  readonly #core: DmaOps;
  #ops: DmaOps;

  /** @internal */
  constructor(live: Live, device: number, debug: () => DmaDebugHook | null) {
    super(live, device);
    this.#live = live;
    this.#device = device;
    this.#debug = debug;
    this.#core = coreOps(live, device);
    this.#ops = this.#core;
  }

  /** The ops behind these calls: a table of functions that may be called, spread and wrapped. */
  get ops(): DmaOps {
    return this.#ops;
  }

  /**
   * set_dma_ops with functions of the script's own in the place of single ops; what `own` leaves out stays.
   * A wrapper calls the op it replaces: `const { mapPage } = dma.ops; dma.setOps({ mapPage: (...a) => mapPage(...a) })`.
   * `device.setOps`, attach and detach put the core's tables back. `machine.run` refuses records of such a device.
   * @throws RangeError for a name that is no op, TypeError for an op that is no function; calls throw TypeError
   * when an own op returns what no kernel could
   */
  setOps(own: Partial<DmaOps>): void {
    this.#ops = checkedOps(overlayOps(this.#ops, own));
    this.#live.ownOps.add(this.#device);
  }

  /** Takes the script's ops away: the core's table again. */
  resetOps(): void {
    this.#ops = this.#core;
    this.#live.ownOps.delete(this.#device);
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
    void this.#live.core;
    return tell(this.#debug(), "mappingError", at === DMA_MAPPING_ERROR, (o) =>
      o.mappingError(this.#device, at),
    );
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
    checkText("label", label);
    const dma = this.#ops.mapPage(page, offset, size, direction, attrs, label);
    return tell(this.#debug(), "mapPage", dma, (o) =>
      o.mapPage(this.#device, page, offset, size, direction, dma, attrs),
    );
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
    this.#ops.unmapPage(dmaAddress, size, direction, attrs);
    tell(this.#debug(), "unmapPage", undefined, (o) =>
      o.unmapPage(this.#device, dmaAddress, size, direction),
    );
  }

  /** dma_map_resource: maps device registers at `pa` (not DRAM); no cache maintenance. */
  mapResource(pa: number, size: number, direction: DmaDirection, attrs = 0, label = ""): number {
    checkU32("pa", pa);
    checkSize(size);
    checkDirection(direction);
    checkU32("attrs", attrs);
    checkText("label", label);
    const dma = this.#ops.mapResource(pa, size, direction, attrs, label);
    return tell(this.#debug(), "mapResource", dma, (o) =>
      o.mapResource(this.#device, pa, size, direction, dma, attrs),
    );
  }

  /** dma_unmap_resource. */
  unmapResource(dmaAddress: number, size: number, direction: DmaDirection, attrs = 0): void {
    checkU32("dmaAddress", dmaAddress);
    checkSize(size);
    checkDirection(direction);
    checkU32("attrs", attrs);
    this.#ops.unmapResource(dmaAddress, size, direction, attrs);
    tell(this.#debug(), "unmapResource", undefined, (o) =>
      o.unmapResource(this.#device, dmaAddress, size, direction),
    );
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
    checkList(this.#live, list);
    checkResultsFit(list);
    checkText("label", label);
    const segments = this.#ops.mapSg(list, direction, attrs, label);
    if (segments <= 0) return segments;
    return tell(this.#debug(), "mapSg", segments, (o) =>
      o.mapSg(this.#device, list, segments, direction, attrs, this),
    );
  }

  /**
   * dma_unmap_sg. `list` must be what was mapped, whole: not the number of segments.
   * @param nents how many entries the caller names (default all); fewer is the driver bug of that name
   */
  unmapSg(list: Scatterlist, direction: DmaDirection, attrs = 0, nents = list.length): void {
    checkDirection(direction);
    checkU32("attrs", attrs);
    checkList(this.#live, list);
    checkInteger("nents", nents, 0, list.length);
    this.#ops.unmapSg(list, nents, direction, attrs);
    tell(this.#debug(), "unmapSg", undefined, (o) => o.unmapSg(this.#device, list, nents, direction));
  }

  /** dma_sync_single_for_cpu: the CPU may look at [dmaAddress, dmaAddress + size) now. */
  syncSingleForCpu(dmaAddress: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(dmaAddress, 0, size, direction, false);
  }

  /** dma_sync_single_for_device: the device may use [dmaAddress, dmaAddress + size) again. */
  syncSingleForDevice(dmaAddress: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(dmaAddress, 0, size, direction, true);
  }

  /**
   * dma_sync_single_range_for_cpu: as {@link syncSingleForCpu} of `dmaAddress + offset`. A start that is no
   * mapping's and a range that leaves its mapping are counted (COUNT_SYNC_START, COUNT_SYNC_BEYOND).
   */
  syncSingleRangeForCpu(dmaAddress: number, offset: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(dmaAddress, offset, size, direction, false);
  }

  /** dma_sync_single_range_for_device: as {@link syncSingleForDevice} of `dmaAddress + offset`, counted as above. */
  syncSingleRangeForDevice(dmaAddress: number, offset: number, size: number, direction: DmaDirection): void {
    this.#syncSingle(dmaAddress, offset, size, direction, true);
  }

  #syncSingle(dma: number, offset: number, size: number, direction: DmaDirection, forDevice: boolean): void {
    let at = checkU32("dmaAddress", dma);
    if (offset !== 0) at = checkU32("dmaAddress + offset", at + checkU32("offset", offset));
    checkSize(size);
    checkDirection(direction);
    if (forDevice) this.#ops.syncSingleForDevice(dma, offset, size, direction);
    else this.#ops.syncSingleForCpu(dma, offset, size, direction);
    tell(this.#debug(), "syncSingle", undefined, (o) =>
      o.syncSingle(this.#device, at, size, direction, forDevice),
    );
  }

  /** dma_sync_sg_for_cpu over the whole list. */
  syncSgForCpu(list: Scatterlist, direction: DmaDirection, nents = list.length): void {
    this.#syncSg(list, direction, false, nents);
  }

  /** dma_sync_sg_for_device over the whole list. */
  syncSgForDevice(list: Scatterlist, direction: DmaDirection, nents = list.length): void {
    this.#syncSg(list, direction, true, nents);
  }

  #syncSg(list: Scatterlist, direction: DmaDirection, forDevice: boolean, nents: number): void {
    checkDirection(direction);
    checkList(this.#live, list);
    checkInteger("nents", nents, 0, list.length);
    if (forDevice) this.#ops.syncSgForDevice(list, nents, direction);
    else this.#ops.syncSgForCpu(list, nents, direction);
    tell(this.#debug(), "syncSg", undefined, (o) =>
      o.syncSg(this.#device, list, nents, direction, forDevice),
    );
  }

  /**
   * dma_alloc_attrs: memory that device and CPU may use at once.
   * @param size 1 .. 2 GiB - 1 bytes; rounded up to pages
   * @param attrs bits of {@link DmaAttr}
   * @param options atomic: as from interrupt context (GFP_ATOMIC): served from the atomic pool
   * @returns the allocation, or null (a guest result: nothing changed)
   */
  alloc(size: number, attrs = 0, options: AllocOptions = {}): DmaAllocation | null {
    checkSize(size);
    checkU32("attrs", attrs);
    checkObject("options", options, ["atomic", "label"]);
    checkFlag("options.atomic", options.atomic ?? false);
    checkText("options.label", options.label ?? "");
    const allocation = this.#ops.alloc(size, attrs, options);
    if (allocation === null) return null;
    return tell(this.#debug(), "allocCoherent", allocation, (o) =>
      o.allocCoherent(this.#device, allocation, attrs),
    );
  }

  /** dma_alloc_coherent: {@link alloc} without attributes. */
  allocCoherent(size: number, options: AllocOptions = {}): DmaAllocation | null {
    return this.alloc(size, 0, options);
  }

  /** dma_alloc_writecombine: {@link alloc} with DMA_ATTR_WRITE_COMBINE. */
  allocWritecombine(size: number, options: AllocOptions = {}): DmaAllocation | null {
    return this.alloc(size, DmaAttr.WriteCombine, options);
  }

  /**
   * dma_free_attrs.
   * @param attrs those of alloc; others are the driver bug of that name (NO_KERNEL_MAPPING behind an IOMMU: the
   * kernel warns and frees nothing, or would take the buffer for a page array)
   * @returns true when it was freed
   * @throws TypeError when `allocation` is not one of this device or was freed before
   */
  free(allocation: DmaAllocation, attrs = this.#mine(allocation).attrs): boolean {
    this.#mine(allocation).alive(this.#device);
    checkU32("attrs", attrs);
    const freed = this.#ops.free(allocation, attrs);
    return tell(this.#debug(), "freeCoherent", freed, (o) => o.freeCoherent(this.#device, allocation));
  }

  /** `allocation`, if it is one of this machine. */
  #mine(allocation: DmaAllocation): DmaAllocation {
    if (!(allocation instanceof DmaAllocation)) {
      throw new TypeError(`allocation must be a DmaAllocation of dma.alloc, got ${describe(allocation)}`);
    }
    allocation.belongsTo(this.#live);
    return allocation;
  }

  /**
   * dma_mmap_attrs: maps pages of a buffer into a user process.
   * @param options pgoff: first page of the buffer (vm_pgoff, default 0); pages: length of the area
   * (default all that follow); attrs: those of alloc by default, and they decide the memory type
   * @returns the user mapping, or a negative errno (-6 ENXIO: beyond the buffer, or attributes that
   * contradict those of alloc)
   */
  mmap(
    allocation: DmaAllocation,
    options: { pgoff?: number; pages?: number; attrs?: number } = {},
  ): UserMapping | number {
    this.#mine(allocation).alive(this.#device);
    checkObject("options", options, ["pgoff", "pages", "attrs"]);
    const total = Math.ceil(allocation.size / PAGE);
    const pgoff = checkInteger("options.pgoff", options.pgoff ?? 0, 0, 0xffff_ffff);
    const pages = checkInteger("options.pages", options.pages ?? Math.max(1, total - pgoff), 1, 0xffff_ffff);
    const attrs = checkU32("options.attrs", options.attrs ?? allocation.attrs);
    return this.#ops.mmap(allocation, pgoff, pages, attrs);
  }

  /**
   * dma_get_sgtable_attrs: the buffer's pages as a list, neighbouring ones merged.
   * @returns the list, or a negative errno (-6 ENXIO)
   */
  getSgtable(allocation: DmaAllocation): Scatterlist | number {
    this.#mine(allocation).alive(this.#device);
    return this.#ops.getSgtable(allocation);
  }

  /**
   * The bits of `attrs` that `call` would not ignore under the present ops and profile (spec dma-mapping 3.2).
   * What was passed for nothing is counted: `machine.statistics().idleAttributes`.
   */
  attributeEffects(call: AttributeCall, attrs: number, options: { atomic?: boolean } = {}): number {
    checkChoice("call", call, ATTRIBUTE_CALLS);
    checkObject("options", options, ["atomic"]);
    checkU32("attrs", attrs);
    return attributeEffects(this.#live, this.#device, call, attrs, options.atomic === true);
  }

  /**
   * dma_alloc_noncoherent: zeroed pages in the linear map, mapped once for `direction`; CPU and device
   * take turns by syncSingleForCpu and syncSingleForDevice. The CPU has the first turn: the zeros are in its
   * caches, so syncSingleForDevice comes before the device's first access.
   * @returns the buffer, or null (no memory, no IO address)
   */
  allocNoncoherent(size: number, direction: DmaDirection, label = ""): NoncoherentBuffer | null {
    return allocNoncoherent(this.#caller(), size, direction, label);
  }

  /** Buffers of {@link allocNoncoherent} alive, oldest first; in a restored machine new objects. */
  get noncoherentBuffers(): NoncoherentBuffer[] {
    return [...this.#live.noncoherent].filter(([, device]) => device === this.#device).map(([b]) => b);
  }

  /**
   * dma_free_noncoherent.
   * @param buffer the object that {@link allocNoncoherent} returned
   * @throws TypeError for another object, a buffer of another device or machine, or one freed before
   */
  freeNoncoherent(buffer: NoncoherentBuffer): void {
    freeNoncoherent(this.#caller(), buffer);
  }

  #caller(): NoncoherentCaller {
    return { live: this.#live, device: this.#device, ops: this.#ops, observer: this.#debug() };
  }
}
