// DMA-API debug: overlap tracking by the first cache line of each mapping (spec dma-mapping 6.3).
//
// The kernel keeps a radix tree keyed by line number and counts further mappings of a line in three
// tag bits, so the count stays at 7: the ninth mapping overflows, and after eight removals the line is
// forgotten although one mapping lives.
//
// Not modelled: overlaps beyond the first line (the kernel does not see them either).

/** Largest count the three tags hold. */
export const MAX_OVERLAP = 7;

/** What adding a line did. */
export type OverlapResult = "new" | "overlaps" | "overflows" | "no-memory";

/** Lines under DMA with the number of mappings beyond the first. */
export class OverlapTracker {
  // line -> owner * 8 + count
  readonly #lines = new Map<number, number>();
  /** Lines it may hold before the kernel would run out of memory; Infinity for never. */
  limit = Number.POSITIVE_INFINITY;

  /** Lines now tracked. */
  get size(): number {
    return this.#lines.size;
  }

  /** Adds a mapping (entry number `owner`) that starts on `line`. */
  add(line: number, owner: number): OverlapResult {
    const word = this.#lines.get(line);
    if (word === undefined) {
      if (this.#lines.size >= this.limit) return "no-memory";
      this.#lines.set(line, owner * 8);
      return "new";
    }
    if (word % 8 === MAX_OVERLAP) return "overflows";
    this.#lines.set(line, word + 1);
    return "overlaps";
  }

  /** Takes a mapping of `line` away; an unknown line is left alone. */
  remove(line: number): void {
    const word = this.#lines.get(line);
    if (word === undefined) return;
    if (word % 8 === 0) this.#lines.delete(line);
    else this.#lines.set(line, word - 1);
  }

  /** Entry that first tracked the lowest line in [first, first + count), or -1. */
  ownerIn(first: number, count: number): number {
    for (let line = first; line < first + count; line++) {
      const word = this.#lines.get(line);
      if (word !== undefined) return Math.floor(word / 8);
    }
    return -1;
  }

  clear(): void {
    this.#lines.clear();
  }
}
