// Slow models of the IO-address floor: one array cell per page, every rule spelled out once more.
// They share no code with the core.

/** A row of pages, each free (0) or taken (1), searched from the first page each time. */
export class SlowRow {
  readonly taken: Uint8Array;

  constructor(pages: number) {
    this.taken = new Uint8Array(pages);
  }

  /** First page p with (p + base) a multiple of 2^order, [p, p + count) free and inside a window; -1: none. */
  find(count: number, order: number, base = 0, window = Number.POSITIVE_INFINITY): number {
    const step = 2 ** order;
    let page = (step - (base % step)) % step;
    search: for (; page + count <= this.taken.length; page += step) {
      if ((page % window) + count > window) continue;
      for (let i = 0; i < count; i++) if (this.taken[page + i] === 1) continue search;
      return page;
    }
    return -1;
  }

  /** Sets or clears [first, first + count); returns how many cells changed. */
  fill(first: number, count: number, value: 0 | 1): number {
    let changed = 0;
    for (let i = first; i < first + count; i++) {
      if (this.taken[i] !== value) changed++;
      this.taken[i] = value;
    }
    return changed;
  }

  get used(): number {
    return this.taken.reduce((sum, cell) => sum + cell, 0);
  }

  /** Lengths of the free runs, in order. */
  runs(): number[] {
    const runs: number[] = [];
    let run = 0;
    for (const cell of this.taken) {
      if (cell === 0) run++;
      else if (run > 0) {
        runs.push(run);
        run = 0;
      }
    }
    if (run > 0) runs.push(run);
    return runs;
  }
}

export type SlowVersion = "v3.6" | "v3.14" | "v4.4" | "v6.1";

const FOUR_GIB = 2 ** 32;

/** The pages a 32-bit kernel computes for `size`: rounded up, wrapping at 4 GiB. */
function pagesOf(size: number): number {
  return Math.floor(((size + 4095) % FOUR_GIB) / 4096);
}

/** get_order of a 32-bit kernel. */
function getOrder(size: number): number {
  if (size === 0) return 20;
  let order = 0;
  while (4096 * 2 ** order < size) order++;
  return order;
}

/** arm_iommu_create_mapping, __alloc_iova, __free_iova of a 32-bit kernel. */
export class SlowSpace {
  readonly #single: boolean;
  readonly #cap: number;
  readonly #order: number;
  readonly #base: number;
  readonly bits: number;
  readonly extensions: number;
  readonly rows: SlowRow[];

  /** @throws the errno as a number */
  constructor(version: SlowVersion, base: number, size: number, order: number, cap = 8) {
    this.#single = version === "v3.6" || version === "v3.14";
    this.#cap = version === "v3.6" ? 99 : cap;
    this.#order = this.#single ? order : 0;
    this.#base = base;
    if (!this.#single && size > FOUR_GIB) throw 34;
    const seen = this.#single ? size % FOUR_GIB : size;
    const granules = Math.floor(seen / (4096 * 2 ** this.#order));
    if (granules === 0) throw 22;
    const rounded = Math.ceil(granules / 32) * 32;
    if (this.#single || rounded <= 32768) {
      this.bits = rounded;
      this.extensions = 1;
    } else {
      this.bits = 32768;
      this.extensions = Math.floor(rounded / 32768);
    }
    this.rows = [new SlowRow(this.bits)];
  }

  #search(row: SlowRow, count: number, align: number): number {
    if (count > 0) return row.find(count, align);
    let page = row.taken.indexOf(0);
    if (page === -1) page = this.bits;
    page = Math.ceil(page / 2 ** align) * 2 ** align;
    return page > this.bits ? -1 : page;
  }

  alloc(size: number): number | null {
    const order = Math.min(getOrder(size), this.#cap);
    const align = Math.max(0, order - this.#order);
    const count = Math.ceil(pagesOf(size) / 2 ** this.#order);
    for (let i = 0; ; i++) {
      const fresh = i === this.rows.length;
      if (fresh) {
        if (i === this.extensions) return null;
        this.rows.push(new SlowRow(this.bits));
      }
      const row = this.rows[i]!;
      const page = this.#search(row, count, align);
      if (page !== -1) {
        row.fill(page, count, 1);
        return (this.#base + (i * this.bits + page) * 4096 * 2 ** this.#order) % FOUR_GIB;
      }
      if (fresh) return null;
    }
  }

  /** 0 done, 1 BUG, 2 leaves the bitmaps. */
  free(address: number, size: number): 0 | 1 | 2 {
    const offset = (address - this.#base + FOUR_GIB) % FOUR_GIB;
    const whole = Math.floor(size / 4096);
    if (this.#single) {
      const count = Math.ceil(whole / 2 ** this.#order);
      const first = Math.floor(offset / (4096 * 2 ** this.#order));
      if (count === 0) return 0;
      if (first + count > this.bits) return 2;
      this.rows[0]!.fill(first, count, 0);
      return 0;
    }
    if (size === 0) return 0;
    const bytes = this.bits * 4096;
    const index = Math.floor(offset / bytes);
    if (address < this.#base || index > this.extensions) return 1;
    const start = (this.#base + index * bytes) % FOUR_GIB;
    if ((address + size) % FOUR_GIB > (start + bytes) % FOUR_GIB) return 1;
    if (whole === 0) return 0;
    const row = this.rows[index];
    if (row === undefined) return 2;
    const first = Math.floor(((address - start + FOUR_GIB) % FOUR_GIB) / 4096);
    if (first + whole > this.bits) return 2;
    row.fill(first, whole, 0);
    return 0;
  }

  /** Set bits of all rows. */
  get used(): number {
    return this.rows.reduce((sum, row) => sum + row.used, 0);
  }
}

/** Who holds what: a list of live ranges. */
export class SlowOwners {
  #ranges: { first: number; count: number; owner: number }[] = [];

  begin(first: number, count: number, owner: number): void {
    this.#ranges.push({ first, count, owner });
  }

  end(first: number): void {
    this.#ranges = this.#ranges.filter((range) => range.first !== first);
  }

  ownerOf(page: number): number {
    return this.#ranges.find(({ first, count }) => page >= first && page < first + count)?.owner ?? 0;
  }
}
