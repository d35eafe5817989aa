// DMA-API debug as the observer of a machine: `machine.observe(new DmaDebugObserver())`.
//
// Memory that the kernel would remap gets a page of vmalloc space here, so that the check of the freed CPU
// address has an address to compare.
//
// Not modelled: v3.14's difference between dma_map_single and dma_map_page (the observer is told of pages).

import type { DmaAllocation } from "./allocation.js";
import { type DebugDevice, type DebugEvent, DmaDebug, type DmaDebugOptions } from "./debug.js";
import { type DebugAreas, linearAddress, PLAIN_AREAS } from "./debug-areas.js";
import type { DmaDebugHook, SegmentLimits } from "./debug-hook.js";
import type { DmaDirection } from "./direction.js";
import type { Scatterlist } from "./scatterlist.js";

/** Settings of {@link DmaDebugObserver}. */
export interface DmaDebugObserverOptions extends DmaDebugOptions {
  /** What to call device number `index` and its driver; asked once, when the device first maps. Default: its name on the machine. */
  readonly describe?: (index: number) => { readonly name: string } & Partial<DebugDevice>;
  /** Receives each text as it comes; without it texts collect in `events`. */
  readonly onEvent?: (event: DebugEvent, device: number) => void;
  /** Show every error, not the first only. Default true: a simulation has room for them. */
  readonly allErrors?: boolean;
}

/** Feeds every mapping call of a machine to a {@link DmaDebug}. */
export class DmaDebugObserver implements DmaDebugHook {
  /** The facility behind it: counters, filter, dumps. */
  readonly debug: DmaDebug;
  /** Texts so far, when there is no `onEvent`; the caller may empty it. */
  readonly events: DebugEvent[] = [];
  readonly #describe: NonNullable<DmaDebugObserverOptions["describe"]>;
  readonly #onEvent: DmaDebugObserverOptions["onEvent"];
  readonly #areas: DebugAreas;
  readonly #numbers: number[] = [];
  #nameOf: (device: number) => string = (device) => `dev${device}`;
  // Remapped allocations: page of vmalloc space -> page frame.
  readonly #remapped: number[] = [];
  readonly #freePages: number[] = [];
  readonly #addresses = new WeakMap<DmaAllocation, number>();

  constructor(options: DmaDebugObserverOptions = {}) {
    const areas = options.areas ?? PLAIN_AREAS;
    const { start } = areas.vmalloc;
    this.#areas = {
      ...areas,
      vmallocToPfn: (va) => this.#remapped[(va - start) >>> 12] ?? areas.vmallocToPfn(va),
    };
    this.#describe = options.describe ?? ((index) => ({ name: this.#nameOf(index) }));
    this.#onEvent = options.onEvent;
    this.debug = new DmaDebug({ ...options, areas: this.#areas });
    this.debug.allErrors = options.allErrors ?? true;
  }

  observes(nameOf: (device: number) => string): void {
    this.#nameOf = nameOf;
  }

  /** Number of a machine's device in `debug`. */
  numberOf(device: number): number {
    let number = this.#numbers[device];
    if (number === undefined) {
      number = this.debug.addDevice(this.#describe(device));
      this.#numbers[device] = number;
    }
    return number;
  }

  mapPage(
    device: number,
    page: number,
    offset: number,
    size: number,
    dir: DmaDirection,
    dma: number,
    attrs: number,
  ): void {
    this.#tell(device, this.debug.mapPage(this.numberOf(device), page, offset, size, dir, dma, attrs));
  }

  unmapPage(device: number, dma: number, size: number, dir: DmaDirection): void {
    this.#tell(device, this.debug.unmapPage(this.numberOf(device), dma, size, dir));
  }

  mapResource(device: number, pa: number, size: number, dir: DmaDirection, dma: number, attrs: number): void {
    this.#tell(device, this.debug.mapResource(this.numberOf(device), pa, size, dir, dma, attrs));
  }

  unmapResource(device: number, dma: number, size: number, dir: DmaDirection): void {
    this.#tell(device, this.debug.unmapResource(this.numberOf(device), dma, size, dir));
  }

  mapSg(
    device: number,
    list: Scatterlist,
    segments: number,
    dir: DmaDirection,
    attrs: number,
    limits?: SegmentLimits,
  ): void {
    const number = this.numberOf(device);
    if (limits !== undefined) {
      const known = this.debug.device(number);
      known.maxSegment = limits.maxSegSize;
      known.segmentBoundary = limits.segBoundary;
    }
    this.#tell(device, this.debug.mapSg(number, list, list.length, segments, dir, attrs));
  }

  unmapSg(device: number, list: Scatterlist, nents: number, dir: DmaDirection): void {
    this.#tell(device, this.debug.unmapSg(this.numberOf(device), list, nents, dir));
  }

  syncSingle(device: number, dma: number, size: number, dir: DmaDirection, forDevice: boolean): void {
    const number = this.numberOf(device);
    const { debug } = this;
    this.#tell(
      device,
      forDevice
        ? debug.syncSingleForDevice(number, dma, size, dir)
        : debug.syncSingleForCpu(number, dma, size, dir),
    );
  }

  syncSg(device: number, list: Scatterlist, nents: number, dir: DmaDirection, forDevice: boolean): void {
    const number = this.numberOf(device);
    const { debug } = this;
    this.#tell(
      device,
      forDevice
        ? debug.syncSgForDevice(number, list, nents, dir)
        : debug.syncSgForCpu(number, list, nents, dir),
    );
  }

  allocCoherent(device: number, allocation: DmaAllocation, attrs: number): void {
    const va = this.#addressOf(allocation);
    this.#addresses.set(allocation, va);
    const { size, dmaAddress } = allocation;
    this.#tell(device, this.debug.allocCoherent(this.numberOf(device), size, dmaAddress, va, attrs));
  }

  freeCoherent(device: number, allocation: DmaAllocation): void {
    const va = this.#addresses.get(allocation) ?? 0;
    const { size, dmaAddress } = allocation;
    this.#tell(device, this.debug.freeCoherent(this.numberOf(device), size, va, dmaAddress));
    const page = (va - this.#areas.vmalloc.start) / 4096;
    if (this.#addresses.delete(allocation) && page in this.#remapped) this.#freePages.push(page);
  }

  mappingError(device: number, dma: number): void {
    this.#tell(device, this.debug.mappingError(this.numberOf(device), dma));
  }

  /** The device's driver is unbound: reports what it left mapped. */
  driverUnbound(device: number): void {
    this.#tell(device, this.debug.driverUnbound(this.numberOf(device)));
  }

  /** A CPU address for the first page of an allocation. */
  #addressOf(allocation: DmaAllocation): number {
    const pfn = (allocation.runs[0]?.pa ?? 0) >>> 12;
    if (allocation.cpu === "linear" && pfn < this.#areas.highmemPfn) return linearAddress(this.#areas, pfn);
    const page = this.#freePages.pop() ?? this.#remapped.length;
    this.#remapped[page] = pfn;
    return this.#areas.vmalloc.start + page * 4096;
  }

  #tell(device: number, events: readonly DebugEvent[]): void {
    for (const event of events) {
      if (this.#onEvent === undefined) this.events.push(event);
      else this.#onEvent(event, device);
    }
  }
}
