// L1 and L2 with real bytes the plain way: write-back, write-allocate, round robin, and range
// maintenance that looks up every line.
//
// Not modelled: write buffer, counters by context, invalidation of partial edge lines.

const LINE_WORDS = 8;
const NO_LINE = -1;

class Level {
  readonly #sets: number;
  readonly #ways: number;
  /** pa | 1 of a valid line, 0 empty; signed words keep the compare an integer one. */
  readonly tags: Int32Array;
  readonly dirty: Uint8Array;
  readonly data: Uint32Array;
  readonly #next: Uint8Array;

  constructor(bytes: number, ways: number) {
    this.#ways = ways;
    this.#sets = bytes / (32 * ways);
    this.tags = new Int32Array(bytes / 32);
    this.dirty = new Uint8Array(bytes / 32);
    this.data = new Uint32Array(bytes / 4);
    this.#next = new Uint8Array(this.#sets);
  }

  /** Index of the line of `pa` (a multiple of 32), or -1. */
  find(pa: number): number {
    const { tags } = this;
    const tag = pa | 1;
    const first = ((pa >>> 5) & (this.#sets - 1)) * this.#ways;
    const end = first + this.#ways;
    for (let line = first; line < end; line++) if (tags[line] === tag) return line;
    return NO_LINE;
  }

  /** Index of the line that must make room for `pa`. */
  victim(pa: number): number {
    const set = (pa >>> 5) & (this.#sets - 1);
    const first = set * this.#ways;
    for (let line = first; line < first + this.#ways; line++) if (this.tags[line] === 0) return line;
    const way = this.#next[set]!;
    this.#next[set] = way + 1 === this.#ways ? 0 : way + 1;
    return first + way;
  }
}

function copyLine(to: Uint32Array, at: number, from: Uint32Array, source: number): void {
  for (let i = 0; i < LINE_WORDS; i++) to[at + i] = from[source + i]!;
}

/** L1 (32 KiB, 4 ways) and L2 (1 MiB, 16 ways) before DRAM words from `base`; addresses below 2^31. */
export class PlainCaches {
  readonly #l1 = new Level(32 << 10, 4);
  readonly #l2 = new Level(1 << 20, 16);
  readonly #dram: Uint32Array;
  readonly #base: number;
  /** Lines that operations named, and dirty ones written on, both levels together. */
  operations = 0;
  writeBacks = 0;

  constructor(dram: Uint32Array, base: number) {
    this.#dram = dram;
    this.#base = base;
  }

  /** Stores a word through L1. */
  write32(pa: number, value: number): void {
    const line = this.#lineIn(pa & ~31);
    this.#l1.data[line * LINE_WORDS + ((pa >>> 2) & 7)] = value;
    this.#l1.dirty[line] = 1;
  }

  /** Loads a word through L1. */
  read32(pa: number): number {
    return this.#l1.data[this.#lineIn(pa & ~31) * LINE_WORDS + ((pa >>> 2) & 7)]!;
  }

  /** Cleans [start, end) in L1, then in L2. */
  clean(start: number, end: number): void {
    const l1 = this.#l1;
    const l2 = this.#l2;
    for (let pa = start & ~31; pa < end; pa += 32) {
      this.operations++;
      const line = l1.find(pa);
      if (line === NO_LINE || l1.dirty[line] === 0) continue;
      this.#writeOuter(pa, line);
      l1.dirty[line] = 0;
      this.writeBacks++;
    }
    for (let pa = start & ~31; pa < end; pa += 32) {
      this.operations++;
      const line = l2.find(pa);
      if (line === NO_LINE || l2.dirty[line] === 0) continue;
      copyLine(this.#dram, (pa - this.#base) >>> 2, l2.data, line * LINE_WORDS);
      l2.dirty[line] = 0;
      this.writeBacks++;
    }
  }

  /** Invalidates whole lines of [start, end) in L2, then in L1. */
  invalidate(start: number, end: number): void {
    for (const level of [this.#l2, this.#l1]) {
      for (let pa = start & ~31; pa < end; pa += 32) {
        this.operations++;
        const line = level.find(pa);
        if (line === NO_LINE) continue;
        level.tags[line] = 0;
        level.dirty[line] = 0;
      }
    }
  }

  #writeOuter(pa: number, line: number): void {
    const l2 = this.#l2;
    let at = l2.find(pa);
    if (at === NO_LINE) at = this.#take(pa);
    copyLine(l2.data, at * LINE_WORDS, this.#l1.data, line * LINE_WORDS);
    l2.dirty[at] = 1;
  }

  #take(pa: number): number {
    const l2 = this.#l2;
    const at = l2.victim(pa);
    if (l2.dirty[at] !== 0) {
      copyLine(this.#dram, ((l2.tags[at]! & ~31) - this.#base) >>> 2, l2.data, at * LINE_WORDS);
    }
    l2.tags[at] = pa | 1;
    l2.dirty[at] = 0;
    return at;
  }

  #lineIn(pa: number): number {
    const l1 = this.#l1;
    const held = l1.find(pa);
    if (held !== NO_LINE) return held;
    const line = l1.victim(pa);
    if (l1.dirty[line] !== 0) this.#writeOuter(l1.tags[line]! & ~31, line);
    let outer = this.#l2.find(pa);
    if (outer === NO_LINE) {
      outer = this.#take(pa);
      copyLine(this.#l2.data, outer * LINE_WORDS, this.#dram, (pa - this.#base) >>> 2);
    }
    copyLine(l1.data, line * LINE_WORDS, this.#l2.data, outer * LINE_WORDS);
    l1.tags[line] = pa | 1;
    l1.dirty[line] = 0;
    return line;
  }
}
