// Map and unmap behind an IOMMU the plain way: first-fit IO addresses, short descriptors written
// through the caches and cleaned one by one, TLB entry dropped on unmap, a record per mapping.
// The same effects in the same order as the kernel's path, in typed arrays.
//
// Not modelled: large pages (lists of single pages only), errors, attributes.

import { PlainCaches } from "./caches.js";
import { walk } from "./tlb.js";

const BITS = 32768;
const PAGE = 4096;
const TLB_SETS = 64;
const TLB_WAYS = 8;
const DEAD = 16384;

/** Words of one mapping record: serial, handle, iova, pages, direction, birth. */
const RECORD = 6;

/** DRAM words behind caches; devices share it. */
export interface PlainMemory {
  readonly base: number;
  readonly dram: Uint32Array;
  readonly caches: PlainCaches;
}

/** DRAM of `bytes` at `base`. */
export function plainMemory(base: number, bytes: number): PlainMemory {
  const dram = new Uint32Array(bytes / 4);
  return { base, dram, caches: new PlainCaches(dram, base) };
}

/** One device with its IO-address space and page table. */
export class PlainMapper {
  readonly dram: Uint32Array;
  readonly caches: PlainCaches;
  readonly #base: number;
  readonly #lv1: number;
  #lv2Next: number;
  readonly #free = new Uint16Array(4096);
  readonly #used: Int32Array;
  readonly #lowest: Int32Array;
  #bitmaps = 1;
  readonly #tags = new Int32Array(TLB_SETS * TLB_WAYS).fill(1);
  readonly #records: Uint32Array;
  readonly #owner: Uint32Array;
  readonly #dead = new Uint32Array(DEAD * RECORD);
  #deadHead = 0;
  #serial = 0;
  #sequence = 0;
  #registerWrites = 0;

  /**
   * Tables from `tables` on in the DRAM at `base` behind `caches`; `handles` mappings at most.
   */
  constructor(memory: PlainMemory, tables: number, spacePages: number, handles: number) {
    this.dram = memory.dram;
    this.caches = memory.caches;
    this.#base = memory.base;
    this.#lv1 = tables;
    this.#lv2Next = tables + 0x4000;
    this.#used = new Int32Array(spacePages / 32);
    this.#lowest = new Int32Array(spacePages / BITS);
    this.#records = new Uint32Array(handles * RECORD);
    this.#owner = new Uint32Array(spacePages);
  }

  /** IO address of a live handle. */
  iovaOf(handle: number): number {
    return this.#records[handle * RECORD + 2]!;
  }

  /** What the tables in DRAM say of `iova`. */
  walk(iova: number): number {
    return walk(this.dram, this.#base, this.#lv1, iova);
  }

  /** Maps `pages` pages whose addresses are `pas[from..]`; returns the IO address. */
  map(handle: number, pas: Uint32Array, from: number, pages: number, direction: number): number {
    this.#sequence++;
    const first = this.#take(pages);
    for (let i = 0; i < pages; i++) this.#enter(first + i, pas[from + i]! | 2);
    const at = handle * RECORD;
    const records = this.#records;
    records[at] = ++this.#serial;
    records[at + 1] = handle;
    records[at + 2] = first * PAGE;
    records[at + 3] = pages;
    records[at + 4] = direction;
    records[at + 5] = this.#sequence;
    this.#owner[first] = handle + 1;
    return records[at + 2]!;
  }

  /** Unmaps a handle. */
  unmap(handle: number): void {
    this.#sequence++;
    const at = handle * RECORD;
    const records = this.#records;
    const first = records[at + 2]! / PAGE;
    const pages = records[at + 3]!;
    for (let i = 0; i < pages; i++) {
      this.#clear(first + i);
      this.#invalidate((first + i) * PAGE);
    }
    this.#release(first, pages);
    const dead = (this.#deadHead++ & (DEAD - 1)) * RECORD;
    for (let i = 0; i < RECORD; i++) this.#dead[dead + i] = records[at + i]!;
    this.#owner[first] = 0;
    records[at] = 0;
  }

  #take(pages: number): number {
    const order = Math.min(pages <= 1 ? 0 : 32 - Math.clz32(pages - 1), 8);
    for (let i = 0; ; i++) {
      if (i === this.#bitmaps) this.#bitmaps++;
      const at = this.#find(i, pages, (1 << order) - 1);
      if (at < 0) continue;
      this.#change(i * BITS + at, pages, true);
      // No free page below the hint; it moves when the page it names is taken.
      if (at === this.#lowest[i]) this.#lowest[i] = at + pages;
      return i * BITS + at;
    }
  }

  #find(bitmap: number, pages: number, mask: number): number {
    const used = this.#used;
    const base = bitmap * BITS;
    let run = 0;
    for (let bit = this.#lowest[bitmap]!; bit < BITS; ) {
      const word = used[(base + bit) >>> 5]!;
      if (run === 0 && word === -1) bit = (bit | 31) + 1;
      else if (((word >>> (bit & 31)) & 1) !== 0) {
        run = 0;
        bit++;
      } else if (run === 0 && (bit & mask) !== 0) bit = (bit + mask) & ~mask;
      else {
        run++;
        bit++;
        if (run === pages) return bit - pages;
      }
    }
    return -1;
  }

  #change(first: number, pages: number, take: boolean): void {
    const used = this.#used;
    for (let bit = first; bit < first + pages; bit++) {
      if (take) used[bit >>> 5]! |= 1 << (bit & 31);
      else used[bit >>> 5]! &= ~(1 << (bit & 31));
    }
  }

  #release(first: number, pages: number): void {
    this.#change(first, pages, false);
    const bitmap = first >>> 15;
    const bit = first & (BITS - 1);
    if (bit < this.#lowest[bitmap]!) this.#lowest[bitmap] = bit;
  }

  #store(pa: number, word: number): void {
    this.caches.write32(pa, word);
    this.caches.clean(pa, pa + 4);
  }

  #slot(page: number): number {
    const lv1At = this.#lv1 + (page >>> 8) * 4;
    let entry = this.caches.read32(lv1At);
    if ((entry & 3) !== 1) {
      entry = this.#lv2Next | 1;
      this.#lv2Next += 1024;
      this.#free[page >>> 8] = 256;
      this.#store(lv1At, entry);
    }
    return (entry & ~1023) + (page & 255) * 4;
  }

  #enter(page: number, descriptor: number): void {
    const slot = this.#slot(page);
    if ((this.caches.read32(slot) & 3) !== 0) throw new Error(`page ${page} is mapped already`);
    this.#store(slot, descriptor);
    this.#free[page >>> 8]!--;
  }

  #clear(page: number): void {
    const slot = this.#slot(page);
    if ((this.caches.read32(slot) & 2) === 0) throw new Error(`page ${page} is not mapped`);
    this.#store(slot, 0);
    this.#free[page >>> 8]!++;
  }

  #invalidate(iova: number): void {
    this.#registerWrites += 3; // block, flush entry, unblock
    const first = ((iova >>> 12) & (TLB_SETS - 1)) * TLB_WAYS;
    for (let at = first; at < first + TLB_WAYS; at++) if (this.#tags[at] === (iova | 0)) this.#tags[at] = 1;
  }
}
