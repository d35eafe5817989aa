// DMA-API debug (CONFIG_DMA_API_DEBUG): watches every mapping call and says what the kernel would.
//
//   map* ---> entry in a hash bucket + first cache line in the overlap tracker
//   unmap* -> best-fitting entry, differences reported, entry dropped
//   sync* --> containing entry, direction rules
//
// Each call returns the texts that the kernel would emit, in order; the usual answer is an empty
// array. Calls are told after the fact, so this never changes what a mapping does.
//
// Not modelled: locks, stack traces, resizing the pool by hand.

import { checkInteger, checkObject, checkU32 } from "../check.js";
import { PLAIN_AREAS } from "./debug-areas.js";
import { dumpLine, logLine } from "./debug-dump.js";
import { checkPointer } from "./debug-map.js";
import { DEBUG_OPTIONS, type DmaDebugOptions } from "./debug-options.js";
import type { DebugDevice, DebugEvent, DebugReporter } from "./debug-report.js";
import { type DebugSgEntry, DebugTracker } from "./debug-tracker.js";
import { DEBUG_DIRECTION_NAMES, DEBUG_RULES, DEBUG_TYPE_NAMES, DebugType } from "./debug-versions.js";
import type { DmaDirection } from "./direction.js";

export type { DebugAreas } from "./debug-areas.js";
export type { DebugCheckId } from "./debug-checks.js";
export type { DmaDebugOptions } from "./debug-options.js";
export type { DebugDevice, DebugEvent } from "./debug-report.js";
export type { DebugOnce, DebugSgEntry } from "./debug-tracker.js";
export type { DebugVersion } from "./debug-versions.js";

/** Number of the NULL device. */
export const DEBUG_NO_DEVICE = -1;

/** DMA-API debug of one kernel. Devices are numbers that {@link DmaDebug.addDevice} gave. */
export class DmaDebug {
  readonly #tracker: DebugTracker;
  readonly #report: DebugReporter;
  readonly #devices: DebugDevice[] = [];
  /** What it printed when it was set up. */
  readonly boot: readonly DebugEvent[];

  /** Throws RangeError for settings out of range. */
  constructor(options: DmaDebugOptions = {}) {
    checkObject("options", options, DEBUG_OPTIONS);
    const rules = DEBUG_RULES[options.version ?? "v6.1"];
    if (rules === undefined) {
      throw new RangeError(
        `version must be one of ${Object.keys(DEBUG_RULES).join(", ")}, got ${options.version}`,
      );
    }
    this.#tracker = new DebugTracker({
      rules,
      areas: options.areas ?? PLAIN_AREAS,
      lineShift: checkInteger("lineShift", options.lineShift ?? 6, 4, 8),
      once: options.once ?? { overflow: false, trackingMemory: false },
      preallocated: checkInteger("preallocated", options.preallocated ?? rules.preallocated, 1, 1 << 24),
      entriesPerPage: checkInteger("entriesPerPage", options.entriesPerPage ?? 64, 1, 4096),
    });
    this.#report = this.#tracker.report;
    if (options.off === true) {
      this.#tracker.disabled = true;
      this.#report.notice("off", "info");
    } else {
      this.#report.notice("preallocated", "info", { total: this.#tracker.pool.total });
      this.#report.notice("enabled", "info");
    }
    this.boot = this.#report.drain();
    if (options.driverFilter !== undefined) this.setDriverFilter(options.driverFilter);
  }

  // ---- devices and debugfs

  /**
   * Makes a device known. Defaults: no driver, bus "platform", segments up to 64 KiB, boundary 4 GiB.
   * @returns its number, counted from 0
   */
  addDevice(device: { readonly name: string } & Partial<DebugDevice>): number {
    const {
      name,
      driver = null,
      bus = "platform",
      maxSegment = 0x1_0000,
      segmentBoundary = 0xffff_ffff,
    } = device;
    return this.#devices.push({ name, driver, bus, maxSegment, segmentBoundary }) - 1;
  }

  /** A device's record; driver, maxSegment and segmentBoundary may be changed. */
  device(index: number): DebugDevice {
    checkInteger("index", index, 0, this.#devices.length - 1);
    return this.#devices[index]!;
  }

  /** debugfs `disabled`: one way, set when memory ran out or by `off`. */
  get disabled(): boolean {
    return this.#tracker.disabled;
  }

  /** debugfs `error_count`. */
  get errorCount(): number {
    return this.#report.errorCount;
  }

  /** debugfs `num_errors`: errors still to be shown; 1 at first. */
  get numErrors(): number {
    return this.#report.numErrors;
  }
  set numErrors(value: number) {
    this.#report.numErrors = checkU32("numErrors", value);
  }

  /** debugfs `all_errors`: show every error. */
  get allErrors(): boolean {
    return this.#report.allErrors;
  }
  set allErrors(value: boolean) {
    this.#report.allErrors = value;
  }

  /** Entries in use. */
  get active(): number {
    return this.#tracker.entries.live;
  }

  /** Entry pool: debugfs `nr_total_entries`, `num_free_entries`, `min_free_entries`. */
  get pool(): { readonly total: number; readonly free: number; readonly minFree: number } {
    const { total, free, minFree } = this.#tracker.pool;
    return { total, free, minFree };
  }

  /** Fault injection: no page of entries beyond `entries` in all, no line beyond `lines` tracked. */
  limitMemory(limits: { readonly entries?: number; readonly lines?: number }): void {
    if (limits.entries !== undefined) this.#tracker.pool.limit = limits.entries;
    if (limits.lines !== undefined) this.#tracker.overlap.limit = limits.lines;
  }

  /** A read of debugfs `driver_filter`. */
  get driverFilter(): string {
    const { name } = this.#report.filter;
    return name === "" ? "" : `${name}\n`;
  }

  /** A write to debugfs `driver_filter`. */
  setDriverFilter(text: string): readonly DebugEvent[] {
    const result = this.#report.filter.write(text);
    if (result === "on") this.#report.notice("filterOn", "info", { name: this.#report.filter.name });
    if (result === "off") this.#report.notice("filterOff", "info");
    return this.#report.drain();
  }

  // ---- mapping calls

  /**
   * debug_dma_map_page after dma_map_page returned `address`. Failed mappings are not tracked.
   * @param pa physical address of the page
   */
  mapPage(
    device: number,
    pa: number,
    offset: number,
    size: number,
    direction: DmaDirection,
    address: number,
    attrs = 0,
  ): readonly DebugEvent[] {
    const dev = this.#of(device);
    this.#tracker.mapOne(DebugType.Page, device, dev, pa, offset, size, direction, address, attrs);
    return this.#report.drain();
  }

  /** The same after dma_map_single of memory at `pa`; differs from {@link mapPage} on v3.14 only. */
  mapSingle(
    device: number,
    pa: number,
    size: number,
    direction: DmaDirection,
    address: number,
    attrs = 0,
  ): readonly DebugEvent[] {
    const dev = this.#of(device);
    const offset = pa % 4096;
    this.#tracker.mapOne(DebugType.Single, device, dev, pa - offset, offset, size, direction, address, attrs);
    return this.#report.drain();
  }

  /** debug_dma_map_single: checks the virtual address that dma_map_single is called with. */
  mapSingleCheck(device: number, va: number, length: number): readonly DebugEvent[] {
    const dev = this.#of(device);
    const { disabled, rules, areas } = this.#tracker;
    if (!disabled && rules.mapSingleAreas) checkPointer(areas, va, length, dev, this.#report);
    return this.#report.drain();
  }

  /** debug_dma_mapping_error: the driver asked about `address`. */
  mappingError(device: number, address: number): readonly DebugEvent[] {
    this.#of(device);
    if (!this.#tracker.disabled) this.#tracker.asked(device, address);
    return this.#report.drain();
  }

  /** debug_dma_unmap_page. */
  unmapPage(device: number, address: number, size: number, direction: DmaDirection): readonly DebugEvent[] {
    this.#tracker.unmapOne(DebugType.Page, device, this.#of(device), address, size, direction);
    return this.#report.drain();
  }

  /** The same for dma_unmap_single; differs from {@link unmapPage} on v3.14 only. */
  unmapSingle(device: number, address: number, size: number, direction: DmaDirection): readonly DebugEvent[] {
    this.#tracker.unmapOne(DebugType.Single, device, this.#of(device), address, size, direction);
    return this.#report.drain();
  }

  /** debug_dma_map_resource of registers at `pa`. Unlike the others it tracks a failed mapping too. */
  mapResource(
    device: number,
    pa: number,
    size: number,
    direction: DmaDirection,
    address: number,
    attrs = 0,
  ): readonly DebugEvent[] {
    this.#tracker.mapResource(device, this.#of(device), pa, size, direction, address, attrs);
    return this.#report.drain();
  }

  /** debug_dma_unmap_resource. */
  unmapResource(
    device: number,
    address: number,
    size: number,
    direction: DmaDirection,
  ): readonly DebugEvent[] {
    this.#tracker.unmapOne(DebugType.Resource, device, this.#of(device), address, size, direction);
    return this.#report.drain();
  }

  /**
   * debug_dma_map_sg after dma_map_sg mapped `nents` entries into `mapped` segments, which stand in
   * dmaAddress and dmaLength of the first entries.
   */
  mapSg(
    device: number,
    list: readonly DebugSgEntry[],
    nents: number,
    mapped: number,
    direction: DmaDirection,
    attrs = 0,
  ): readonly DebugEvent[] {
    this.#tracker.mapList(device, this.#of(device), list, nents, mapped, direction, attrs);
    return this.#report.drain();
  }

  /** debug_dma_unmap_sg with the entry count the driver gave. */
  unmapSg(
    device: number,
    list: readonly DebugSgEntry[],
    nents: number,
    direction: DmaDirection,
  ): readonly DebugEvent[] {
    this.#tracker.unmapList(device, this.#of(device), list, nents, direction);
    return this.#report.drain();
  }

  /** debug_dma_alloc_coherent of `size` bytes at CPU address `va` (0: failed, not tracked). */
  allocCoherent(device: number, size: number, address: number, va: number, attrs = 0): readonly DebugEvent[] {
    this.#tracker.alloc(device, this.#of(device), size, address, va, attrs);
    return this.#report.drain();
  }

  /** debug_dma_free_coherent. */
  freeCoherent(device: number, size: number, va: number, address: number): readonly DebugEvent[] {
    this.#tracker.free(device, this.#of(device), size, va, address);
    return this.#report.drain();
  }

  /** debug_dma_sync_single_for_cpu; any part of a mapping. */
  syncSingleForCpu(
    device: number,
    address: number,
    size: number,
    direction: DmaDirection,
  ): readonly DebugEvent[] {
    this.#tracker.syncOne(device, this.#of(device), address, size, direction, true);
    return this.#report.drain();
  }

  /** debug_dma_sync_single_for_device. */
  syncSingleForDevice(
    device: number,
    address: number,
    size: number,
    direction: DmaDirection,
  ): readonly DebugEvent[] {
    this.#tracker.syncOne(device, this.#of(device), address, size, direction, false);
    return this.#report.drain();
  }

  /** debug_dma_sync_sg_for_cpu. */
  syncSgForCpu(
    device: number,
    list: readonly DebugSgEntry[],
    nents: number,
    direction: DmaDirection,
  ): readonly DebugEvent[] {
    this.#tracker.syncList(device, this.#of(device), list, nents, direction, true);
    return this.#report.drain();
  }

  /** debug_dma_sync_sg_for_device. */
  syncSgForDevice(
    device: number,
    list: readonly DebugSgEntry[],
    nents: number,
    direction: DmaDirection,
  ): readonly DebugEvent[] {
    this.#tracker.syncList(device, this.#of(device), list, nents, direction, false);
    return this.#report.drain();
  }

  // ---- reports

  /** BUS_NOTIFY_UNBOUND_DRIVER: reports what the device still has mapped; the entries stay. */
  driverUnbound(device: number): readonly DebugEvent[] {
    const dev = this.#of(device);
    const { entries, disabled } = this.#tracker;
    let count = 0;
    let last = -1;
    if (!disabled) {
      entries.forEach((e) => {
        if (entries.device[e] !== device) return;
        count++;
        last = e;
      });
    }
    if (count > 0) {
      this.#report.error("leak", dev, {
        count,
        address: entries.address[last]!,
        size: entries.size[last]!,
        mappedWith: DEBUG_DIRECTION_NAMES[entries.direction[last]!]!,
        mappedAs: DEBUG_TYPE_NAMES[entries.type[last]!]!,
      });
    }
    return this.#report.drain();
  }

  /** debug_dma_dump_mappings: every entry of a device, or of all (null), as log lines. */
  dumpMappings(device: number | null = null): readonly DebugEvent[] {
    const { entries } = this.#tracker;
    entries.forEach((e, bucket) => {
      const owner = entries.device[e]!;
      if (device !== null && device !== owner) return;
      this.#report.line("print", "dev_info", logLine(entries, e, bucket, this.#devices[owner] ?? null));
    });
    return this.#report.drain();
  }

  /** A read of debugfs `dump`; empty where the kernel has no such file. */
  debugfsDump(): readonly DebugEvent[] {
    const { entries, rules } = this.#tracker;
    if (rules.dumpFile) {
      entries.forEach((e, bucket) => {
        const owner = this.#devices[entries.device[e]!] ?? null;
        this.#report.line("dump", "", dumpLine(entries, e, bucket, owner));
      });
    }
    return this.#report.drain();
  }

  /** debug_dma_assert_idle (until 5.9): the CPU is about to touch the page at `pa`. */
  assertIdle(pa: number): readonly DebugEvent[] {
    const { rules, disabled, overlap, entries, linesPerPage } = this.#tracker;
    if (rules.assertIdle && !disabled) {
      const e = overlap.ownerIn((pa >>> 12) * linesPerPage, linesPerPage);
      // The tree may name an entry that is gone (another holds the line); the kernel reads a freed one then.
      if (e >= 0 && entries.device[e]! >= DEBUG_NO_DEVICE) {
        const owner = this.#devices[entries.device[e]!] ?? null;
        this.#report.error("touchActive", owner, { line: this.#tracker.lineOf(e) });
      }
    }
    return this.#report.drain();
  }

  #of(device: number): DebugDevice | null {
    if (device === DEBUG_NO_DEVICE) return null;
    const found = this.#devices[device];
    if (found === undefined)
      throw new RangeError(`device must be a number that addDevice gave, got ${device}`);
    return found;
  }
}
