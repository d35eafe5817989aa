// Packs op-stream records into chunks that one crossing into the core can take.
import { CHUNK_RECORDS, RECORD_WORDS } from "./opcodes.js";

/** Collects records; full chunks queue up until `take` or `finish` fetches them. */
export class RecordBuffer {
  /** Records ever written. */
  total = 0;
  readonly #full: Uint32Array[] = [];
  readonly #capacity: number;
  #words: Uint32Array;
  #used = 0;

  /** `records`: size of a chunk, 1..65536. */
  constructor(records = CHUNK_RECORDS) {
    this.#capacity = records * RECORD_WORDS;
    this.#words = new Uint32Array(this.#capacity);
  }

  /** Appends one record; `op`, `direction` (or access byte) and `device` make word 0. */
  put(op: number, direction: number, device: number, w1: number, w2: number, w3: number): void {
    if (this.#used === this.#capacity) this.#spill();
    const words = this.#words;
    const at = this.#used;
    words[at] = op | (direction << 8) | (device << 16);
    words[at + 1] = w1;
    words[at + 2] = w2;
    words[at + 3] = w3;
    this.#used = at + RECORD_WORDS;
    this.total++;
  }

  /** Appends the record at word `from` of `source` unchanged. */
  copy(source: Uint32Array, from: number): void {
    if (this.#used === this.#capacity) this.#spill();
    const words = this.#words;
    const at = this.#used;
    words[at] = source[from]!;
    words[at + 1] = source[from + 1]!;
    words[at + 2] = source[from + 2]!;
    words[at + 3] = source[from + 3]!;
    this.#used = at + RECORD_WORDS;
    this.total++;
  }

  /** The oldest full chunk, or undefined. */
  take(): Uint32Array | undefined {
    return this.#full.shift();
  }

  /** Whether a full chunk waits. */
  get ready(): boolean {
    return this.#full.length > 0;
  }

  /** Hands out what is left, full or not; undefined when there is nothing. */
  finish(): Uint32Array | undefined {
    if (this.#full.length > 0) return this.#full.shift();
    if (this.#used === 0) return undefined;
    const rest = this.#words.subarray(0, this.#used);
    this.#words = new Uint32Array(this.#capacity);
    this.#used = 0;
    return rest;
  }

  #spill(): void {
    this.#full.push(this.#words);
    this.#words = new Uint32Array(this.#capacity);
    this.#used = 0;
  }
}
