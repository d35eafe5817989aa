// DMA-API debug: one entry per live mapping, in hash buckets of 8 KiB neighbourhoods.
//
//   bucket = (address >> 13) mod buckets, a list in order of mapping
//
// Entries are rows of typed arrays, so that keeping them beside a replay makes no garbage; a bit per
// bucket lets a search skip empty buckets. Row numbers are our own; nothing the kernel prints has them.

import { MapError } from "./debug-versions.js";

const SHIFT = 13;
const BUCKET_BYTES = 1 << SHIFT;
const NONE = -1;
// Device number of a row that is in no bucket.
const GONE = -2;

/** What a call says about a mapping; the key of a search. */
export interface EntryKey {
  device: number;
  type: number;
  direction: number;
  address: number;
  size: number;
  /** Entries the caller gave (lists), else 0. */
  callCount: number;
}

/** Live entries by bus address. */
export class DebugEntries {
  readonly #mask: number;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  readonly #occupied: Uint32Array;
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #free = NONE;
  #live = 0;
  // Columns; read by the checks and the dump.
  device = new Int32Array(0);
  type = new Uint8Array(0);
  direction = new Uint8Array(0);
  mapError = new Uint8Array(0);
  callCount = new Int32Array(0);
  mappedCount = new Int32Array(0);
  pfn = new Uint32Array(0);
  offset = new Uint32Array(0);
  address = new Float64Array(0);
  size = new Float64Array(0);

  /** @param buckets power of two */
  constructor(buckets: number) {
    this.#mask = buckets - 1;
    this.#head = new Int32Array(buckets).fill(NONE);
    this.#tail = new Int32Array(buckets).fill(NONE);
    this.#occupied = new Uint32Array(buckets >>> 5);
    this.#extend(256);
  }

  /** Entries in use. */
  get live(): number {
    return this.#live;
  }

  /** Bucket number of a bus address. */
  bucketOf(address: number): number {
    return Math.floor(address / BUCKET_BYTES) & this.#mask;
  }

  /** A row, filled from `key`, not yet in a bucket. Map-error state "not applicable". */
  take(key: EntryKey, pfn: number, offset: number): number {
    if (this.#free === NONE) this.#extend(this.#next.length * 2);
    const entry = this.#free;
    this.#free = this.#next[entry]!;
    this.#live++;
    this.device[entry] = key.device;
    this.type[entry] = key.type;
    this.direction[entry] = key.direction;
    this.mapError[entry] = MapError.NotApplicable;
    this.callCount[entry] = key.callCount;
    this.mappedCount[entry] = 0;
    this.pfn[entry] = pfn;
    this.offset[entry] = offset;
    this.address[entry] = key.address;
    this.size[entry] = key.size;
    return entry;
  }

  /** Appends a row to its bucket. */
  add(entry: number): void {
    const bucket = this.bucketOf(this.address[entry]!);
    const last = this.#tail[bucket]!;
    this.#next[entry] = NONE;
    this.#previous[entry] = last;
    if (last === NONE) {
      this.#head[bucket] = entry;
      this.#occupied[bucket >>> 5]! |= 1 << (bucket & 31);
    } else {
      this.#next[last] = entry;
    }
    this.#tail[bucket] = entry;
  }

  /** Takes a row out of its bucket and gives it back. */
  remove(entry: number): void {
    const bucket = this.bucketOf(this.address[entry]!);
    const before = this.#previous[entry]!;
    const after = this.#next[entry]!;
    if (before === NONE) this.#head[bucket] = after;
    else this.#next[before] = after;
    if (after === NONE) this.#tail[bucket] = before;
    else this.#previous[after] = before;
    if (this.#head[bucket] === NONE) this.#occupied[bucket >>> 5]! &= ~(1 << (bucket & 31));
    this.#next[entry] = this.#free;
    this.#free = entry;
    this.#live--;
    this.device[entry] = GONE;
  }

  /** Physical address of an entry (32 bits). */
  pa(entry: number): number {
    return (this.pfn[entry]! * 4096 + this.offset[entry]!) >>> 0;
  }

  /**
   * Entry for an unmap: same device and address. Equal size, type, direction and entry count make a
   * perfect fit, which is taken; of several others none is.
   */
  findExact(key: EntryKey): number {
    let found = NONE;
    let matches = 0;
    for (let e = this.#head[this.bucketOf(key.address)]!; e !== NONE; e = this.#next[e]!) {
      if (this.address[e] !== key.address || this.device[e] !== key.device) continue;
      if (this.#fitsPerfectly(e, key)) return e;
      matches++;
      found = e;
    }
    return matches === 1 ? found : NONE;
  }

  /**
   * Entry for a sync: contains the key's range, same device. Looks in the bucket of the address and
   * then in up to `reach` further ones downwards; `shifts` moves the sought range along (v3.14).
   */
  findContaining(key: EntryKey, reach: number, shifts: boolean): number {
    let bucket = this.bucketOf(key.address);
    let steps = 0;
    for (;;) {
      const start = shifts ? key.address - steps * BUCKET_BYTES : key.address;
      const found = this.#containing(bucket, key, start);
      if (found !== NONE) return found;
      const skip = this.#stepsToOccupied(bucket, reach - steps);
      if (skip === 0) return NONE;
      steps += skip;
      bucket = (bucket - skip) & this.#mask;
    }
  }

  /** First entry of that device and address whose map error is unchecked, or -1. */
  findUnchecked(device: number, address: number): number {
    for (let e = this.#head[this.bucketOf(address)]!; e !== NONE; e = this.#next[e]!) {
      if (this.address[e] !== address || this.device[e] !== device) continue;
      if (this.mapError[e] === MapError.NotChecked) return e;
    }
    return NONE;
  }

  /** Calls `visit` for every live entry, bucket by bucket, in order of mapping. */
  forEach(visit: (entry: number, bucket: number) => void): void {
    for (let word = 0; word < this.#occupied.length; word++) {
      if (this.#occupied[word] === 0) continue;
      for (let bucket = word * 32; bucket < word * 32 + 32; bucket++) {
        for (let e = this.#head[bucket]!; e !== NONE; e = this.#next[e]!) visit(e, bucket);
      }
    }
  }

  #containing(bucket: number, key: EntryKey, start: number): number {
    let found = NONE;
    let matches = 0;
    const end = start + key.size;
    for (let e = this.#head[bucket]!; e !== NONE; e = this.#next[e]!) {
      if (this.device[e] !== key.device || this.address[e]! > start) continue;
      if (this.address[e]! + this.size[e]! < end) continue;
      if (this.#fitsPerfectly(e, key)) return e;
      matches++;
      found = e;
    }
    return matches === 1 ? found : NONE;
  }

  #fitsPerfectly(e: number, key: EntryKey): boolean {
    return (
      this.size[e] === key.size &&
      this.type[e] === key.type &&
      this.direction[e] === key.direction &&
      this.callCount[e] === key.callCount
    );
  }

  /** Buckets to go down from `bucket` to the next one with entries, 0 when none within `limit`. */
  #stepsToOccupied(bucket: number, limit: number): number {
    let steps = 1;
    while (steps <= limit) {
      const at = (bucket - steps) & this.#mask;
      // Bits at and below `at` in its word, highest first.
      const bits = this.#occupied[at >>> 5]! & (0xffff_ffff >>> (31 - (at & 31)));
      if (bits !== 0) {
        const total = steps + (at & 31) - (31 - Math.clz32(bits));
        return total <= limit ? total : 0;
      }
      steps += (at & 31) + 1;
    }
    return 0;
  }

  #extend(rows: number): void {
    const old = this.#next.length;
    const wider = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#next = wider(new Int32Array(rows), this.#next);
    this.#previous = wider(new Int32Array(rows), this.#previous);
    this.device = wider(new Int32Array(rows), this.device);
    this.type = wider(new Uint8Array(rows), this.type);
    this.direction = wider(new Uint8Array(rows), this.direction);
    this.mapError = wider(new Uint8Array(rows), this.mapError);
    this.callCount = wider(new Int32Array(rows), this.callCount);
    this.mappedCount = wider(new Int32Array(rows), this.mappedCount);
    this.pfn = wider(new Uint32Array(rows), this.pfn);
    this.offset = wider(new Uint32Array(rows), this.offset);
    this.address = wider(new Float64Array(rows), this.address);
    this.size = wider(new Float64Array(rows), this.size);
    for (let row = rows - 1; row >= old; row--) {
      this.#next[row] = this.#free;
      this.#free = row;
    }
  }
}
