// A System MMU the plain way: set-associative TLB with LRU over ARMv7 short-descriptor tables, in
// typed arrays. Keeps the last page at hand as the core does.
//
// Not modelled: permissions, several levels of TLB, FLPD cache, faults (returns NO_PA).

/** No translation. */
export const NO_PA = 0xffff_ffff;

/** The two-level walk over `memory`, words of DRAM from `base`; PA or NO_PA. */
export function walk(memory: Uint32Array, base: number, lv1: number, va: number): number {
  const entry = memory[((lv1 - base) >>> 2) + (va >>> 20)]!;
  const type = entry & 3;
  if (type === 1) {
    const small = memory[(((entry & 0xffff_fc00) - base) >>> 2) + ((va >>> 12) & 0xff)]!;
    if ((small & 2) !== 0) return ((small & 0xffff_f000) | (va & 0xfff)) >>> 0;
    if ((small & 1) !== 0) return ((small & 0xffff_0000) | (va & 0xffff)) >>> 0;
    return NO_PA;
  }
  return type === 2 ? ((entry & 0xfff0_0000) | (va & 0xf_ffff)) >>> 0 : NO_PA;
}

/** One System MMU with `sets` x `ways` entries of 4 KiB pages. */
export class PlainTlb {
  /** Page address, 1 empty; signed words keep the compare an integer one. */
  readonly #tags: Int32Array;
  readonly #pages: Uint32Array;
  readonly #stamps: Uint32Array;
  readonly #sets: number;
  readonly #ways: number;
  readonly #memory: Uint32Array;
  readonly #base: number;
  readonly #lv1: number;
  #tick = 1;
  hits = 0;
  misses = 0;

  constructor(sets: number, ways: number, memory: Uint32Array, base: number, lv1: number) {
    this.#sets = sets;
    this.#ways = ways;
    this.#tags = new Int32Array(sets * ways).fill(1);
    this.#pages = new Uint32Array(sets * ways);
    this.#stamps = new Uint32Array(sets * ways);
    this.#memory = memory;
    this.#base = base;
    this.#lv1 = lv1;
  }

  /** Empties the TLB and its counters. */
  reset(): void {
    this.#tags.fill(1);
    this.#stamps.fill(0);
    this.#tick = 1;
    this.hits = 0;
    this.misses = 0;
  }

  /** Translates `input` into `output`; stops at the first fault and returns how many went well. */
  translate(input: Uint32Array, output: Uint32Array): number {
    let page = -1;
    let base = 0;
    for (let i = 0; i < input.length; i++) {
      const va = input[i]!;
      if (va >>> 12 !== page) {
        const found = this.#page(va);
        if (found === NO_PA) return i;
        page = va >>> 12;
        base = found;
      } else this.hits++;
      output[i] = base | (va & 0xfff);
    }
    return input.length;
  }

  #page(va: number): number {
    const tag = va & ~0xfff;
    const first = ((va >>> 12) & (this.#sets - 1)) * this.#ways;
    const tags = this.#tags;
    for (let at = first; at < first + this.#ways; at++) {
      if (tags[at] !== tag) continue;
      this.hits++;
      if (this.#stamps[at] !== this.#tick) this.#stamps[at] = ++this.#tick;
      return this.#pages[at]!;
    }
    this.misses++;
    const pa = walk(this.#memory, this.#base, this.#lv1, va);
    if (pa === NO_PA) return NO_PA;
    let victim = first;
    for (let at = first; at < first + this.#ways; at++) {
      if (tags[at] === 1) {
        victim = at;
        break;
      }
      if (this.#stamps[at]! < this.#stamps[victim]!) victim = at;
    }
    tags[victim] = tag;
    this.#pages[victim] = (pa & 0xffff_f000) >>> 0;
    this.#stamps[victim] = ++this.#tick;
    return this.#pages[victim]!;
  }
}

/**
 * The other usual design: a hash table of pages that is emptied when it holds `capacity`
 * entries (as QEMU's IOTLBs do). Same addresses, other counts.
 */
export class HashTlb {
  readonly #table = new Map<number, number>();
  readonly #capacity: number;
  readonly #memory: Uint32Array;
  readonly #base: number;
  readonly #lv1: number;
  hits = 0;
  misses = 0;

  constructor(capacity: number, memory: Uint32Array, base: number, lv1: number) {
    this.#capacity = capacity;
    this.#memory = memory;
    this.#base = base;
    this.#lv1 = lv1;
  }

  reset(): void {
    this.#table.clear();
    this.hits = 0;
    this.misses = 0;
  }

  translate(input: Uint32Array, output: Uint32Array): number {
    for (let i = 0; i < input.length; i++) {
      const va = input[i]!;
      let page = this.#table.get(va >>> 12);
      if (page === undefined) {
        this.misses++;
        const pa = walk(this.#memory, this.#base, this.#lv1, va);
        if (pa === NO_PA) return i;
        if (this.#table.size >= this.#capacity) this.#table.clear();
        page = (pa & 0xffff_f000) >>> 0;
        this.#table.set(va >>> 12, page);
      } else this.hits++;
      output[i] = page | (va & 0xfff);
    }
    return input.length;
  }
}
