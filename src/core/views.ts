// Typed-array views of the core's linear memory; the only file that makes them.
// Growing the memory detaches its buffer: old views then have length 0 and are
// made anew on the next use. Never keep a view across a call into the core.
//
// Not modelled: nothing; this is how the host looks at the core's memory.

/** Views of one memory, renewed when the memory has grown. */
export class Views {
  readonly #memory: WebAssembly.Memory;
  #u8: Uint8Array;
  #u16: Uint16Array;
  #u32: Uint32Array;
  #i32: Int32Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.#u8 = new Uint8Array(memory.buffer);
    this.#u16 = new Uint16Array(memory.buffer);
    this.#u32 = new Uint32Array(memory.buffer);
    this.#i32 = new Int32Array(memory.buffer);
  }

  #renew(): void {
    const { buffer } = this.#memory;
    this.#u8 = new Uint8Array(buffer);
    this.#u16 = new Uint16Array(buffer);
    this.#u32 = new Uint32Array(buffer);
    this.#i32 = new Int32Array(buffer);
  }

  /** The memory as bytes; index = address. */
  get u8(): Uint8Array {
    if (this.#u8.length === 0) this.#renew();
    return this.#u8;
  }

  /** The memory as 16-bit words; index = address / 2. */
  get u16(): Uint16Array {
    if (this.#u16.length === 0) this.#renew();
    return this.#u16;
  }

  /** The memory as 32-bit words; index = address / 4. */
  get u32(): Uint32Array {
    if (this.#u32.length === 0) this.#renew();
    return this.#u32;
  }

  /** The memory as signed 32-bit words; index = address / 4. */
  get i32(): Int32Array {
    if (this.#i32.length === 0) this.#renew();
    return this.#i32;
  }

  /**
   * The u64 at `address` (a multiple of 4) as a number; exact below 2^53, which no counter reaches.
   */
  u64(address: number): number {
    const words = this.u32;
    const at = address >>> 2;
    return words[at + 1]! * 0x1_0000_0000 + words[at]!;
  }

  /** A copy of `length` bytes at `address`. */
  copy(address: number, length: number): Uint8Array {
    return this.u8.slice(address, address + length);
  }
}
