// Physical pages of the recorded machine become guest pages, the same ones each time.
//
//   recorded pa inside the trace region   the same address (an Exynos4 recording replays in place)
//   else, by MiB of the recorded pa       a free MiB of the region on first use, preferably the one
//                                         at the same distance, so that neighbours stay neighbours
//   region full of MiBs                   64 KiB and then 4 KiB pieces of what is left
//
// Not modelled: a buffer that crosses a MiB whose successor was placed elsewhere continues into the
// guest's next MiB; bytes are shared there, addresses and sizes stay those of the recording.

import { TraceError } from "./error.js";

const MIB = 1 << 20;

/** Renumbers pages into [base, base + bytes) of guest DRAM. */
export class PageRenumber {
  readonly #base: number;
  readonly #bytes: number;
  readonly #taken: Uint8Array;
  readonly #chunks = new Map<number, number>();
  readonly #pieces = new Map<number, number>();
  #next = 0;
  // The last free MiB, cut into pieces of 64 KiB, the last of these into pages.
  #piece = 0;
  #pieceLeft = 0;
  #pieceShift = 16;
  #page = 0;
  #pageLeft = 0;
  #lastChunk = -1;
  #lastOffset = 0;

  /** `base` and `bytes`: multiples of 1 MiB. */
  constructor(base: number, bytes: number) {
    this.#base = base;
    this.#bytes = bytes;
    this.#taken = new Uint8Array(Math.floor(bytes / MIB));
  }

  /** Guest address of recorded address `pa` (exact below 2^53). Throws TraceError when the region is full. */
  of(pa: number): number {
    const offset = pa - this.#base;
    if (offset >= 0 && offset < this.#bytes) {
      this.#taken[Math.floor(offset / MIB)] = 1;
      return pa;
    }
    const chunk = Math.floor(pa / MIB);
    if (chunk === this.#lastChunk) return this.#lastOffset + (pa - chunk * MIB);
    let guest = this.#chunks.get(chunk);
    if (guest === undefined) {
      guest = this.#placeChunk(chunk);
      if (guest < 0) return this.#small(pa);
      this.#chunks.set(chunk, guest);
    }
    this.#lastChunk = chunk;
    this.#lastOffset = guest;
    return guest + (pa - chunk * MIB);
  }

  #placeChunk(chunk: number): number {
    const slots = this.#taken.length;
    let slot = chunk % slots;
    if (this.#taken[slot] !== 0) {
      while (this.#next < slots && this.#taken[this.#next] !== 0) this.#next++;
      slot = this.#next;
      // The last free MiB is kept for pieces.
      if (slot >= slots) return -1;
      let after = slot + 1;
      while (after < slots && this.#taken[after] !== 0) after++;
      if (after >= slots) {
        this.#taken[slot] = 1;
        this.#piece = this.#base + slot * MIB;
        this.#pieceLeft = 16;
        return -1;
      }
    }
    this.#taken[slot] = 1;
    return this.#base + slot * MIB;
  }

  #small(pa: number): number {
    const unit = 2 ** this.#pieceShift;
    const key = Math.floor(pa / unit);
    const known = this.#pieces.get(key * 2 + (this.#pieceShift === 16 ? 0 : 1));
    if (known !== undefined) return known + (pa - key * unit);
    if (this.#pieceShift === 16) {
      const page = this.#pieces.get(Math.floor(pa / 4096) * 2 + 1);
      if (page !== undefined) return page + (pa % 4096);
    } else {
      const large = this.#pieces.get(Math.floor(pa / 65536) * 2);
      if (large !== undefined) return large + (pa % 65536);
    }
    let guest: number;
    if (this.#pieceShift === 16 && this.#pieceLeft > 1) {
      guest = this.#piece;
      this.#piece += 65536;
      this.#pieceLeft--;
    } else {
      if (this.#pieceShift === 16 && this.#pieceLeft === 1) {
        this.#page = this.#piece;
        this.#pageLeft = 16;
        this.#pieceLeft = 0;
        this.#pieceShift = 12;
        return this.#small(pa);
      }
      if (this.#pageLeft === 0) {
        throw new TraceError(
          `guest DRAM too small: the recording touches more than ${Math.floor(this.#bytes / MIB)} MiB; give --dram`,
        );
      }
      guest = this.#page;
      this.#page += 4096;
      this.#pageLeft--;
    }
    this.#pieces.set(key * 2 + (this.#pieceShift === 16 ? 0 : 1), guest);
    return guest + (pa - key * unit);
  }
}
