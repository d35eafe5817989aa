// DMA-API debug: the pool of entries, as three numbers of debugfs. Rows themselves are kept by
// DebugEntries; this counts what the kernel would have allocated.
//
// A page of 4096 bytes holds 64 entries on a 32-bit kernel without stack traces. Since 5.x an empty
// pool grows by one page and is announced when the total passes a multiple of the first allocation;
// v3.14 switches the facility off.

/** What taking an entry did to the pool. */
export type PoolResult = "taken" | "grown" | "grown-and-told" | "empty";

/** Number of entries: in all, free, and the lowest that free ever was. */
export class DebugPool {
  readonly #preallocated: number;
  readonly #perPage: number;
  readonly #grows: boolean;
  #total: number;
  #free: number;
  #minFree: number;
  /** Entries beyond which a page allocation fails; Infinity for never. */
  limit = Number.POSITIVE_INFINITY;

  /** @param preallocated entries asked for at boot; @param perPage entries in a page */
  constructor(preallocated: number, perPage: number, grows: boolean) {
    this.#preallocated = preallocated;
    this.#perPage = perPage;
    this.#grows = grows;
    this.#total = grows ? Math.ceil(preallocated / perPage) * perPage : preallocated;
    this.#free = this.#total;
    this.#minFree = this.#total;
  }

  /** debugfs nr_total_entries. */
  get total(): number {
    return this.#total;
  }

  /** debugfs num_free_entries. */
  get free(): number {
    return this.#free;
  }

  /** debugfs min_free_entries. */
  get minFree(): number {
    return this.#minFree;
  }

  /** Total as a multiple of the first allocation, rounded down; what "pool grown" prints. */
  get times(): number {
    return Math.floor(this.#total / this.#preallocated);
  }

  /** Takes one entry, growing the pool when it is empty. */
  take(): PoolResult {
    let result: PoolResult = "taken";
    if (this.#free === 0) {
      if (!this.#grows || this.#total + this.#perPage > this.limit) return "empty";
      this.#total += this.#perPage;
      this.#free += this.#perPage;
      result = this.#total % this.#preallocated < this.#perPage ? "grown-and-told" : "grown";
    }
    this.#free--;
    if (this.#free < this.#minFree) this.#minFree = this.#free;
    return result;
  }

  /** Gives one entry back. */
  give(): void {
    this.#free++;
  }
}
