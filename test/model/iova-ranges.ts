// A slow model of drivers/iommu/iova.c (6.1, one CPU): a sorted list in the place of the tree, plain
// arrays as magazines. It shares no code with the core.

interface Range {
  lo: number;
  hi: number;
}

const INFINITE = Number.POSITIVE_INFINITY;
const MAGAZINE = 128;
const DEPOT = 32;

/** Loaded and previous magazine of the CPU, and the depot, of one size class. */
class SlowClass {
  loaded: number[] = [];
  previous: number[] = [];
  depot: number[][] = [];

  swap(): void {
    [this.loaded, this.previous] = [this.previous, this.loaded];
  }
}

/** Ranges of page frames, given out from the top. */
export class SlowRanges {
  /** Ascending; the last one is the anchor that never goes. */
  readonly #list: Range[] = [{ lo: INFINITE, hi: INFINITE }];
  readonly #start: number;
  readonly #limit32: number;
  #max32: number;
  #recent: Range;
  #recent32: Range;
  readonly #classes = Array.from({ length: 6 }, () => new SlowClass());

  constructor(granule: number, start: number) {
    this.#start = start;
    this.#limit32 = 2 ** 32 / granule;
    this.#max32 = this.#limit32;
    this.#recent = this.#list[0]!;
    this.#recent32 = this.#recent;
  }

  /** Ranges without the anchor. */
  get ranges(): readonly Range[] {
    return this.#list.slice(0, -1);
  }

  /** Lowest place for `size` frames in the gaps below entry `from`, walking down; undefined: none at or above `low`. */
  #walk(from: number, size: number, step: number, limit: number, low: number): number | undefined {
    let top = limit;
    for (let i = from; i >= 0; i--) {
      top = Math.min(top, this.#list[i]!.lo);
      const lo = Math.floor((top - size) / step) * step;
      if (lo < low) return undefined;
      if (i === 0 || lo > this.#list[i - 1]!.hi) return lo;
    }
    return undefined;
  }

  alloc(size: number, limitPfn: number, aligned: boolean): number | undefined {
    const limit = limitPfn + 1;
    const low = limit <= this.#limit32;
    if (low && size >= this.#max32) return undefined;
    const step = aligned ? 2 ** Math.ceil(Math.log2(size)) : 1;
    const from = low ? this.#recent32 : this.#recent;
    let lo = this.#walk(this.#list.indexOf(from), size, step, limit, this.#start);
    if (lo === undefined && from.hi < limit) {
      // Once more from the limit down to where the first walk began.
      const last = this.#list.findIndex((range) => range.lo >= limit);
      lo = this.#walk(last, size, step, limit, from.hi + 1);
    }
    if (lo === undefined) {
      this.#max32 = size;
      return undefined;
    }
    const range = { lo, hi: lo + size - 1 };
    this.#list.push(range);
    this.#list.sort((a, b) => (a.lo === b.lo ? 0 : a.lo - b.lo));
    if (range.hi < this.#limit32) this.#recent32 = range;
    else this.#recent = range;
    return lo;
  }

  find(pfn: number): Range | undefined {
    return this.ranges.find(({ lo, hi }) => pfn >= lo && pfn <= hi);
  }

  free(pfn: number): void {
    const range = this.find(pfn);
    if (range === undefined) return;
    const at = this.#list.indexOf(range);
    const next = this.#list[at + 1]!;
    if (range === this.#recent32 || (range.hi < this.#limit32 && range.lo >= this.#recent32.lo)) {
      this.#recent32 = next;
    }
    if (range.lo < this.#limit32) this.#max32 = this.#limit32;
    if (range.lo >= this.#recent.lo) this.#recent = next;
    this.#list.splice(at, 1);
  }

  static #classOf(size: number): number {
    return Math.ceil(Math.log2(size));
  }

  #fromMagazine(k: number, limit: number): number | undefined {
    const c = this.#classes[k]!;
    if (c.loaded.length === 0) {
      if (c.previous.length > 0) c.swap();
      else if (c.depot.length > 0) c.loaded = c.depot.pop()!;
      else return undefined;
    }
    for (let i = c.loaded.length - 1; i >= 0; i--) {
      const pfn = c.loaded[i]!;
      if (pfn > limit) continue;
      c.loaded[i] = c.loaded.at(-1)!;
      c.loaded.pop();
      return pfn;
    }
    return undefined;
  }

  allocFast(size: number, limitPfn: number, flush: boolean): number {
    const rounded = size < 32 ? 2 ** SlowRanges.#classOf(size) : size;
    const k = SlowRanges.#classOf(rounded);
    const cached = k < 6 ? this.#fromMagazine(k, limitPfn + 1 - rounded) : undefined;
    if (cached !== undefined) return cached;
    let lo = this.alloc(rounded, limitPfn, true);
    if (lo === undefined && flush) {
      this.flush();
      lo = this.alloc(rounded, limitPfn, true);
    }
    return lo ?? 0;
  }

  freeFast(pfn: number, size: number): void {
    const c = this.#classes[SlowRanges.#classOf(size)];
    if (c === undefined) {
      this.free(pfn);
      return;
    }
    let full: number[] = [];
    if (c.loaded.length === MAGAZINE) {
      if (c.previous.length < MAGAZINE) c.swap();
      else {
        if (c.depot.length < DEPOT) c.depot.push(c.loaded);
        else full = c.loaded;
        c.loaded = [];
      }
    }
    c.loaded.push(pfn);
    for (const old of full) this.free(old);
  }

  flush(): void {
    for (const part of ["loaded", "previous"] as const) {
      for (const c of this.#classes) {
        for (const pfn of c[part]) this.free(pfn);
        c[part] = [];
      }
    }
    for (const c of this.#classes) {
      for (const pfn of c.depot.flat()) this.free(pfn);
      c.depot = [];
    }
  }
}
