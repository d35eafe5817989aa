// The op stream played the plain way: every record decoded and done in typed arrays, with IO
// addresses, tables, caches and TLB invalidation as in mapper.ts.
//
// Not modelled: what the bench's traces do not have (registers, resources, CPU accesses, labels);
// accesses of masters; failures.

import { DIRECTION_AS_MAPPED, Op, RECORD_WORDS } from "../../src/trace/opcodes.js";
import { PlainMapper, type PlainMemory } from "./mapper.js";

const PAGE = 4096;
const TO_DEVICE = 1;
const FROM_DEVICE = 2;
const SKIP_CPU_SYNC = 0x20;
const NO_KERNEL_MAPPING = 0x10;
const MAX_SEGMENT = 65536;
const TABLE_BYTES = 4 << 20;

/** A live mapping: what unmap needs to know. */
interface Held {
  readonly device: number;
  readonly direction: number;
  readonly attrs: number;
  /** Physical runs (pa, bytes). */
  readonly runs: readonly (readonly [pa: number, bytes: number])[];
  /** IO address of each segment and the mapper's handle behind it. */
  readonly segments: readonly (readonly [iova: number, handle: number])[];
  /** Bytes of an allocation; 0 for streaming mappings. */
  readonly allocated: number;
}

/** Plays records over plain machines parts; `devices` have a space of `spacePages` pages each. */
export class PlainReplay {
  readonly #memory: PlainMemory;
  readonly #mappers: PlainMapper[] = [];
  readonly #spares: number[][] = [];
  readonly #nextHandle: number[] = [];
  readonly #held: (Held | undefined)[] = [];
  readonly #feeds: [pa: number, bytes: number][] = [];
  readonly #list: [pa: number, bytes: number][] = [];
  readonly #pages: number;
  #pagesAt: number;
  readonly #spacePages: number;
  readonly #tables: number;
  #attrs = 0;
  #listHandle = 0;
  #maxSegment = MAX_SEGMENT;

  /** Tables from `tables` on, pages of allocations without a feed from `pages` on. */
  constructor(memory: PlainMemory, tables: number, pages: number, spacePages: number) {
    this.#memory = memory;
    this.#tables = tables;
    this.#pages = pages;
    this.#pagesAt = pages;
    this.#spacePages = spacePages;
  }

  /** IO address of a live handle, or undefined. */
  iovaOf(handle: number): number | undefined {
    return this.#held[handle]?.segments[0]?.[0];
  }

  /** Executes records; allocations start over at the first page. */
  run(records: Uint32Array): void {
    this.#pagesAt = this.#pages;
    for (let at = 0; at < records.length; at += RECORD_WORDS) {
      const head = records[at]!;
      const w1 = records[at + 1]!;
      const w2 = records[at + 2]!;
      const w3 = records[at + 3]!;
      const direction = (head >>> 8) & 0xff;
      const device = head >>> 16;
      switch (head & 0xff) {
        case Op.Prefix:
          this.#attrs = w1;
          break;
        case Op.Map:
          this.#map(device, direction, w1, [[w2, w3]]);
          break;
        case Op.SgBegin:
          this.#list.length = 0;
          this.#listHandle = w1;
          this.#maxSegment = w3 || MAX_SEGMENT;
          break;
        case Op.SgEntry:
          this.#list.push([w1, w2]);
          break;
        case Op.SgEnd:
          this.#map(device, direction, this.#listHandle, this.#list.slice());
          break;
        case Op.Unmap:
        case Op.UnmapSg:
        case Op.Free:
          this.#unmap(w1, direction);
          break;
        case Op.SyncForCpu:
        case Op.SyncForDevice:
          this.#sync(w1, direction, w2, w3, (head & 0xff) === Op.SyncForDevice);
          break;
        case Op.FeedPages:
          this.#feeds.push([w1, w2]);
          break;
        case Op.Alloc:
          this.#alloc(device, w1, w2);
          break;
        default:
          break;
      }
    }
  }

  #mapper(device: number): PlainMapper {
    while (this.#mappers.length <= device) {
      const tables = this.#tables + this.#mappers.length * TABLE_BYTES;
      this.#mappers.push(new PlainMapper(this.#memory, tables, this.#spacePages, 1 << 16));
      this.#spares.push([]);
      this.#nextHandle.push(0);
    }
    return this.#mappers[device]!;
  }

  #toDevice(pa: number, bytes: number, direction: number): void {
    if (direction === FROM_DEVICE) this.#memory.caches.invalidate(pa, pa + bytes);
    else this.#memory.caches.clean(pa, pa + bytes);
  }

  #toCpu(pa: number, bytes: number, direction: number): void {
    if (direction !== TO_DEVICE) this.#memory.caches.invalidate(pa, pa + bytes);
  }

  /** Enters the pages of `runs` at one IO address. */
  #segment(device: number, runs: readonly (readonly [number, number])[]): readonly [number, number] {
    const mapper = this.#mapper(device);
    const handle = this.#spares[device]!.pop() ?? this.#nextHandle[device]!++;
    const pas: number[] = [];
    for (const [pa, bytes] of runs) {
      for (let page = pa & ~(PAGE - 1); page < pa + bytes; page += PAGE) pas.push(page);
    }
    const iova = mapper.map(handle, Uint32Array.from(pas), 0, pas.length, 0);
    return [iova + (runs[0]![0] & (PAGE - 1)), handle];
  }

  /** One segment per stretch of entries that join at page borders, as __iommu_map_sg makes them. */
  #map(device: number, direction: number, handle: number, runs: readonly [number, number][]): void {
    const attrs = this.#attrs;
    this.#attrs = 0;
    const segments: (readonly [number, number])[] = [];
    let start = 0;
    let size = 0;
    for (let i = 0; i < runs.length; i++) {
      const [pa, bytes] = runs[i]!;
      if ((attrs & SKIP_CPU_SYNC) === 0) this.#toDevice(pa, bytes, direction);
      const first = runs[start]![0] & (PAGE - 1);
      const joins = (pa & (PAGE - 1)) === 0 && ((first + size) & (PAGE - 1)) === 0;
      if (i > start && (!joins || first + size + bytes > this.#maxSegment)) {
        segments.push(this.#segment(device, runs.slice(start, i)));
        start = i;
        size = 0;
      }
      size += bytes;
    }
    segments.push(this.#segment(device, runs.slice(start)));
    this.#held[handle] = { device, direction, attrs, runs, segments, allocated: 0 };
  }

  #unmap(handle: number, direction: number): void {
    const held = this.#held[handle];
    if (held === undefined) return;
    this.#held[handle] = undefined;
    const dir = direction === DIRECTION_AS_MAPPED ? held.direction : direction;
    const mapper = this.#mapper(held.device);
    for (const [, inner] of held.segments) {
      mapper.unmap(inner);
      this.#spares[held.device]!.push(inner);
    }
    if (held.allocated > 0 || (held.attrs & SKIP_CPU_SYNC) !== 0) return;
    for (const [pa, bytes] of held.runs) this.#toCpu(pa, bytes, dir);
  }

  #sync(handle: number, direction: number, offset: number, size: number, forDevice: boolean): void {
    const held = this.#held[handle];
    if (held === undefined) return;
    const dir = direction === DIRECTION_AS_MAPPED ? held.direction : direction;
    for (const [pa, bytes] of held.runs) {
      const [from, length] = held.runs.length === 1 ? [pa + offset, size || bytes - offset] : [pa, bytes];
      if (forDevice) this.#toDevice(from, length, dir);
      else this.#toCpu(from, length, dir);
    }
  }

  #alloc(device: number, handle: number, size: number): void {
    const attrs = this.#attrs;
    this.#attrs = 0;
    const bytes = (size + PAGE - 1) & ~(PAGE - 1);
    const runs: [number, number][] = this.#feeds.splice(0);
    for (let have = runs.reduce((sum, run) => sum + run[1], 0); have < bytes; have = bytes) {
      runs.push([this.#pagesAt, bytes - have]);
      this.#pagesAt += bytes - have;
    }
    const { base, dram, caches } = this.#memory;
    for (const [pa, length] of runs) {
      dram.fill(0, (pa - base) >>> 2, (pa - base + length) >>> 2);
      caches.clean(pa, pa + length);
      caches.invalidate(pa, pa + length);
    }
    const segments = [this.#segment(device, runs)];
    const direction = (attrs & NO_KERNEL_MAPPING) !== 0 ? FROM_DEVICE : 0;
    this.#held[handle] = { device, direction, attrs, runs, segments, allocated: bytes };
  }
}
