// DMA-API debug: the steps that all calls share: tracking a mapping, finding it again, running the checks.
//
// The kernel calls dma_mapping_error() itself, when it starts to track a single mapping and when an
// unmap finds nothing, and each such call marks an entry as checked; that is reproduced.

import { DmaAttr } from "./attributes.js";
import { type DebugAreas, inRange, isLinear, pfnOf } from "./debug-areas.js";
import { DebugEntries, type EntryKey } from "./debug-entries.js";
import { checkAreas, checkSegment } from "./debug-map.js";
import { MAX_OVERLAP, OverlapTracker } from "./debug-overlap.js";
import { DebugPool } from "./debug-pool.js";
import { type DebugDevice, DebugReporter } from "./debug-report.js";
import { checkSync } from "./debug-sync.js";
import { checkUnmap } from "./debug-unmap.js";
import { type DebugRules, DebugType, MapError } from "./debug-versions.js";
import { DMA_MAPPING_ERROR, DmaDirection } from "./direction.js";
import type { ScatterlistEntry } from "./scatterlist.js";

/** Warnings the kernel gives once per boot; share one object to let several instances be one boot. */
export interface DebugOnce {
  overflow: boolean;
  trackingMemory: boolean;
}

/** A list entry with both its memory and its mapped segment. */
export type DebugSgEntry = Readonly<ScatterlistEntry>;

/** What a tracker is made for. */
export interface TrackerOptions {
  readonly rules: DebugRules;
  readonly areas: DebugAreas;
  readonly lineShift: number;
  readonly once: DebugOnce;
  readonly preallocated: number;
  readonly entriesPerPage: number;
}

/** Entries, overlap and pool of one kernel. `index` and `dev` of a call name the same device. */
export class DebugTracker {
  readonly rules: DebugRules;
  readonly areas: DebugAreas;
  readonly entries: DebugEntries;
  readonly overlap = new OverlapTracker();
  readonly pool: DebugPool;
  readonly report: DebugReporter;
  readonly #lineShift: number;
  readonly #once: DebugOnce;
  readonly #key: EntryKey = { device: 0, type: 0, direction: 0, address: 0, size: 0, callCount: 0 };
  /** Switched off for good. */
  disabled = false;

  constructor(options: TrackerOptions) {
    this.rules = options.rules;
    this.areas = options.areas;
    this.#lineShift = options.lineShift;
    this.#once = options.once;
    this.entries = new DebugEntries(options.rules.buckets);
    this.pool = new DebugPool(options.preallocated, options.entriesPerPage, options.rules.poolGrows);
    this.report = new DebugReporter(options.rules);
  }

  /** A single mapping (type Single or Page). */
  mapOne(
    type: number,
    index: number,
    dev: DebugDevice | null,
    pa: number,
    offset: number,
    size: number,
    direction: number,
    address: number,
    attrs: number,
  ): void {
    if (this.disabled || this.asked(index, address) || !this.#takeEntry()) return;
    const key = this.#keyOf(index, this.#singleType(type), address, size, direction, 0);
    const entry = this.entries.take(key, pa >>> 12, offset);
    this.entries.mapError[entry] = MapError.NotChecked;
    checkAreas(this.areas, pa >>> 12, offset, size, dev, this.report);
    this.#add(entry, attrs, dev);
  }

  /** A mapping of registers; the error value is not looked for. */
  mapResource(
    index: number,
    dev: DebugDevice | null,
    pa: number,
    size: number,
    direction: number,
    address: number,
    attrs: number,
  ): void {
    if (this.disabled || !this.#takeEntry()) return;
    const key = this.#keyOf(index, DebugType.Resource, address, size, direction, 0);
    const entry = this.entries.take(key, pa >>> 12, pa % 4096);
    this.entries.mapError[entry] = MapError.NotChecked;
    this.#add(entry, attrs, dev);
  }

  /** A coherent allocation at CPU address `va`; memory without a page is left out. */
  alloc(
    index: number,
    dev: DebugDevice | null,
    size: number,
    address: number,
    va: number,
    attrs: number,
  ): void {
    if (this.disabled || va === 0 || !this.#hasPage(va) || !this.#takeEntry()) return;
    const key = this.#keyOf(index, DebugType.Coherent, address, size, DmaDirection.Bidirectional, 0);
    this.#add(this.entries.take(key, pfnOf(this.areas, va), va % 4096), attrs, dev);
  }

  /** `mapped` segments of a list of `nents` entries. */
  mapList(
    index: number,
    dev: DebugDevice | null,
    list: readonly DebugSgEntry[],
    nents: number,
    mapped: number,
    direction: number,
    attrs: number,
  ): void {
    if (this.disabled) return;
    const { rules, areas, report } = this;
    if (rules.areasPerEntry) {
      for (let i = 0; i < nents && i < list.length; i++) {
        const s = list[i]!;
        checkAreas(areas, s.pa >>> 12, s.offset, s.length, dev, report);
      }
    }
    for (let i = 0; i < mapped && i < list.length; i++) {
      if (!this.#takeEntry()) return;
      const s = list[i]!;
      const address = s.dmaAddress ?? 0;
      const size = s.dmaLength ?? 0;
      const key = this.#keyOf(index, DebugType.Sg, address, size, direction, nents);
      const entry = this.entries.take(key, s.pa >>> 12, s.offset);
      this.entries.mappedCount[entry] = mapped;
      if (!rules.areasPerEntry) checkAreas(areas, s.pa >>> 12, s.offset, size, dev, report);
      if (rules.segments) checkSegment(s.length, address, size, dev, report);
      this.#add(entry, attrs, dev);
    }
  }

  /** Unmap of a single or resource mapping. */
  unmapOne(
    type: number,
    index: number,
    dev: DebugDevice | null,
    address: number,
    size: number,
    direction: number,
  ): void {
    if (this.disabled) return;
    this.#unmap(this.#keyOf(index, this.#singleType(type), address, size, direction, 0), 0, dev);
  }

  /** Free of coherent memory. */
  free(index: number, dev: DebugDevice | null, size: number, va: number, address: number): void {
    if (this.disabled || !this.#hasPage(va)) return;
    const key = this.#keyOf(index, DebugType.Coherent, address, size, DmaDirection.Bidirectional, 0);
    this.#unmap(key, (pfnOf(this.areas, va) * 4096 + (va % 4096)) >>> 0, dev);
  }

  /** Unmap of a list: as many segments as its first entry says, or all `nents` when that is not found. */
  unmapList(
    index: number,
    dev: DebugDevice | null,
    list: readonly DebugSgEntry[],
    nents: number,
    direction: number,
  ): void {
    if (this.disabled) return;
    let mapped = 0;
    for (let i = 0; i < nents && i < list.length; i++) {
      if (mapped !== 0 && i >= mapped) break;
      const s = list[i]!;
      const key = this.#keyOf(index, DebugType.Sg, s.dmaAddress ?? 0, s.dmaLength ?? 0, direction, nents);
      if (i === 0) mapped = this.#mappedCount(key);
      this.#unmap(key, (s.pa + s.offset) >>> 0, dev);
    }
  }

  /** Sync of any range. */
  syncOne(
    index: number,
    dev: DebugDevice | null,
    address: number,
    size: number,
    direction: number,
    forCpu: boolean,
  ): void {
    if (this.disabled) return;
    this.#sync(this.#keyOf(index, DebugType.Single, address, size, direction, 0), forCpu, dev);
  }

  /** Sync of a list; nothing when its first entry is not found. */
  syncList(
    index: number,
    dev: DebugDevice | null,
    list: readonly DebugSgEntry[],
    nents: number,
    direction: number,
    forCpu: boolean,
  ): void {
    if (this.disabled) return;
    let mapped = 0;
    for (let i = 0; i < nents && i < list.length; i++) {
      const s = list[i]!;
      const key = this.#keyOf(index, DebugType.Sg, s.dmaAddress ?? 0, s.dmaLength ?? 0, direction, nents);
      if (i === 0) mapped = this.#mappedCount(key);
      if (i >= mapped) break;
      this.#sync(key, forCpu, dev);
    }
  }

  /** dma_mapping_error(): marks the first unchecked entry of that address; true for the error value. */
  asked(index: number, address: number): boolean {
    const entry = this.entries.findUnchecked(index, address);
    if (entry >= 0) this.entries.mapError[entry] = MapError.Checked;
    return address === DMA_MAPPING_ERROR;
  }

  /** Number of the first cache line of an entry. */
  lineOf(entry: number): number {
    const { pfn, offset } = this.entries;
    return pfn[entry]! * this.linesPerPage + (offset[entry]! >>> this.#lineShift);
  }

  /** Cache lines in a page. */
  get linesPerPage(): number {
    return 1 << (12 - this.#lineShift);
  }

  #keyOf(
    device: number,
    type: number,
    address: number,
    size: number,
    direction: number,
    count: number,
  ): EntryKey {
    const key = this.#key;
    key.device = device;
    key.type = type;
    key.direction = direction;
    key.address = address;
    key.size = size;
    key.callCount = count;
    return key;
  }

  #singleType(type: number): number {
    return type === DebugType.Page && !this.rules.pageType ? DebugType.Single : type;
  }

  #hasPage(va: number): boolean {
    if (!this.rules.coherentVmalloc) return true;
    return inRange(this.areas.vmalloc, va) || isLinear(this.areas, va);
  }

  #unmap(key: EntryKey, pa: number, dev: DebugDevice | null): void {
    const { entries, report } = this;
    const entry = entries.findExact(key);
    if (entry < 0) {
      const { address, size } = key;
      if (this.asked(key.device, address)) report.error("freeInvalid", dev, {});
      else report.error("freeUnknown", dev, { address, size });
      return;
    }
    checkUnmap(entries, entry, key, pa, dev, report);
    if (entries.direction[entry] !== DmaDirection.ToDevice) this.overlap.remove(this.lineOf(entry));
    entries.remove(entry);
    this.pool.give();
  }

  #sync(key: EntryKey, forCpu: boolean, dev: DebugDevice | null): void {
    const { rules, report } = this;
    const reach =
      rules.syncReach === "zero"
        ? Math.min(rules.buckets - 1, Math.floor(key.address / 8192))
        : Math.floor((dev?.maxSegment ?? 0x1_0000) / 8192);
    const entry = this.entries.findContaining(key, reach, rules.syncShifts);
    if (entry < 0) report.error("syncUnknown", dev, { address: key.address, size: key.size });
    else checkSync(this.entries, entry, key, forCpu, dev, report, rules);
  }

  /** Segments of the list whose first entry is `key`, 0 when it is not found. */
  #mappedCount(key: EntryKey): number {
    const entry = this.entries.findExact(key);
    return entry < 0 ? 0 : this.entries.mappedCount[entry]!;
  }

  /** One entry of the pool; false when the facility just switched itself off. */
  #takeEntry(): boolean {
    const result = this.pool.take();
    if (result === "grown-and-told") {
      this.report.notice("poolGrown", "info", { total: this.pool.total, times: this.pool.times });
    }
    if (result !== "empty") return true;
    this.disabled = true;
    this.report.notice("poolEmpty", "err");
    return false;
  }

  #add(entry: number, attrs: number, dev: DebugDevice | null): void {
    this.entries.add(entry);
    // What the device only reads may be shared.
    if (this.entries.direction[entry] === DmaDirection.ToDevice) return;
    const line = this.lineOf(entry);
    const result = this.overlap.add(line, entry);
    if (result === "new") return;
    if (result === "no-memory") {
      if (!this.#once.trackingMemory) this.report.notice("trackingMemory", "err");
      this.#once.trackingMemory = true;
      this.disabled = true;
      return;
    }
    if (result === "overflows" && !this.#once.overflow) {
      this.#once.overflow = true;
      this.report.notice("overflow", null, { max: MAX_OVERLAP, line });
    }
    if (this.rules.reportsOverlap && (attrs & DmaAttr.SkipCpuSync) === 0)
      this.report.error("overlap", dev, {});
  }
}
