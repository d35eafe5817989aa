// The kernel's IO-address allocator the obvious way: flat bitmaps of 32768 pages, searched from
// bit 0, alignment of the request's order up to 256 pages (rules of Linux 4.4 to 6.1).
// In plain TypeScript over typed arrays, as one would write it without the core.
//
// Not modelled: owners, requests of 0 bytes.

const BITS = 32768;
const WORDS = BITS / 32;
const ALIGN_ORDER_CAP = 8;
/** No address. */
export const NONE = 0xffff_ffff;

/** A space of whole bitmaps from address 0. */
export class FirstFitSpace {
  readonly words: Uint32Array;
  readonly #extensions: number;
  present = 1;

  /** `pages`: a multiple of 32768, or less than that (rounded up to 32). */
  constructor(pages: number) {
    this.#extensions = Math.max(1, Math.floor(pages / BITS));
    this.words = new Uint32Array(WORDS * this.#extensions);
    if (pages < BITS) this.#take(0, ((pages + 31) & ~31) >>> 0, BITS - ((pages + 31) & ~31));
  }

  /** First address of `pages` pages, or NONE. */
  alloc(pages: number): number {
    const order = Math.min(pages <= 1 ? 0 : 32 - Math.clz32(pages - 1), ALIGN_ORDER_CAP);
    const mask = (1 << order) - 1;
    for (let i = 0; i < this.present; i++) {
      const at = this.#find(i * WORDS, pages, mask);
      if (at >= 0) {
        this.#take(i * WORDS, at, pages);
        return (i * BITS + at) * 4096;
      }
    }
    if (this.present >= this.#extensions) return NONE;
    const i = this.present++;
    const at = this.#find(i * WORDS, pages, mask);
    if (at < 0) return NONE;
    this.#take(i * WORDS, at, pages);
    return (i * BITS + at) * 4096;
  }

  free(address: number, pages: number): void {
    const page = address / 4096;
    const base = (page >>> 15) * WORDS;
    const { words } = this;
    let bit = page & (BITS - 1);
    for (let left = pages; left > 0; ) {
      const offset = bit & 31;
      const n = Math.min(32 - offset, left);
      words[base + (bit >>> 5)]! &= ~(n === 32 ? 0xffff_ffff : ((1 << n) - 1) << offset);
      bit += n;
      left -= n;
    }
  }

  #take(base: number, first: number, pages: number): void {
    const { words } = this;
    let bit = first;
    for (let left = pages; left > 0; ) {
      const offset = bit & 31;
      const n = Math.min(32 - offset, left);
      words[base + (bit >>> 5)]! |= n === 32 ? 0xffff_ffff : ((1 << n) - 1) << offset;
      bit += n;
      left -= n;
    }
  }

  #nextZero(base: number, from: number): number {
    const { words } = this;
    let at = from >>> 5;
    if (at >= WORDS) return BITS;
    let free = ~words[base + at]! & (-1 << (from & 31));
    while (free === 0) {
      if (++at >= WORDS) return BITS;
      free = ~words[base + at]!;
    }
    return at * 32 + (31 - Math.clz32(free & -free));
  }

  #nextOne(base: number, from: number, end: number): number {
    const { words } = this;
    let at = from >>> 5;
    let used = words[base + at]! & (-1 << (from & 31));
    while (used === 0) {
      if (++at * 32 >= end) return end;
      used = words[base + at]!;
    }
    return Math.min(at * 32 + (31 - Math.clz32(used & -used)), end);
  }

  #find(base: number, pages: number, mask: number): number {
    for (let from = 0; ; ) {
      const first = (this.#nextZero(base, from) + mask) & ~mask;
      const end = first + pages;
      if (end > BITS) return -1;
      const used = this.#nextOne(base, first, end);
      if (used >= end) return first;
      from = used + 1;
    }
  }
}
