// Interns names that arrive as bytes (devices, tasks, events): the same bytes give the same small number.

const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

/** Names by number, in order of first appearance; lookups allocate nothing. */
export class NameTable {
  /** The names; index is the number. */
  readonly names: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #limit: number;
  #slots = new Int32Array(256).fill(-1);
  #last = -1;

  /** `limit`: names kept at most; beyond it `intern` answers -1. */
  constructor(limit = 65536) {
    this.#limit = limit;
  }

  /** Number of the name in bytes [start, end) of `buffer`; -1 when it is new and the table is full. */
  intern(buffer: Uint8Array, start: number, end: number): number {
    const last = this.#last;
    if (last >= 0 && same(this.#bytes[last]!, buffer, start, end)) return last;
    let hash = FNV_BASIS;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ buffer[i]!, FNV_PRIME);
    hash ^= hash >>> 15;
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const index = slots[at]!;
      if (index < 0) return this.#add(buffer, start, end, at);
      if (same(this.#bytes[index]!, buffer, start, end)) {
        this.#last = index;
        return index;
      }
    }
  }

  /** Number of `name`, as `intern`. */
  internText(name: string): number {
    const bytes = new TextEncoder().encode(name);
    return this.intern(bytes, 0, bytes.length);
  }

  #add(buffer: Uint8Array, start: number, end: number, at: number): number {
    if (this.names.length >= this.#limit) return -1;
    const bytes = buffer.slice(start, end);
    const index = this.names.length;
    this.names.push(new TextDecoder().decode(bytes));
    this.#bytes.push(bytes);
    this.#slots[at] = index;
    if (this.names.length * 2 > this.#slots.length) this.#grow();
    this.#last = index;
    return index;
  }

  #grow(): void {
    const slots = new Int32Array(this.#slots.length * 4).fill(-1);
    const mask = slots.length - 1;
    this.#bytes.forEach((bytes, index) => {
      let hash = FNV_BASIS;
      for (const byte of bytes) hash = Math.imul(hash ^ byte, FNV_PRIME);
      hash ^= hash >>> 15;
      let at = hash & mask;
      while (slots[at]! >= 0) at = (at + 1) & mask;
      slots[at] = index;
    });
    this.#slots = slots;
  }
}

function same(bytes: Uint8Array, buffer: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (bytes.length !== length) return false;
  for (let i = 0; i < length; i++) if (bytes[i] !== buffer[start + i]) return false;
  return true;
}
