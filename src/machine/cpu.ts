// The CPU side: loads and stores through L1, L2 and the write buffer.

import { checkAligned, checkBytes, checkInteger, checkU32, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "./live.js";

/** CPU accesses to physical addresses; they see what the caches hold, not what DRAM holds. */
export class Cpu {
  readonly #live: Live;
  readonly #base: number;
  readonly #bytes: number;

  /** @internal */
  constructor(live: Live, base: number, bytes: number) {
    this.#live = live;
    this.#base = base;
    this.#bytes = bytes;
  }

  /**
   * Loads `length` bytes at physical address `pa` through the caches.
   * @throws RangeError when the range is not in DRAM
   */
  read(pa: number, length: number): Uint8Array {
    checkU32("pa", pa);
    checkInteger("length", length, 0, this.#bytes);
    this.#inside(pa, length);
    const { core } = this.#live;
    const out = new Uint8Array(length);
    const batch = coreConstant(core, "BATCH");
    const room = coreConstant(core, "BATCH_BYTES");
    for (let done = 0; done < length; done += room) {
      const n = Math.min(room, length - done);
      core.exports.hazardBeforeCpu(pa + done, n);
      core.exports.cpuRead(pa + done, n, batch);
      out.set(core.u8.subarray(batch, batch + n), done);
    }
    return out;
  }

  /**
   * Stores `bytes` at physical address `pa`: they land in L1 (write-back, write-allocate).
   * @throws RangeError when the range is not in DRAM
   */
  write(pa: number, bytes: Uint8Array): void {
    checkU32("pa", pa);
    checkBytes("bytes", bytes);
    this.#inside(pa, bytes.length);
    const { core } = this.#live;
    const batch = coreConstant(core, "BATCH");
    const room = coreConstant(core, "BATCH_BYTES");
    for (let done = 0; done < bytes.length; done += room) {
      const n = Math.min(room, bytes.length - done);
      core.u8.set(bytes.subarray(done, done + n), batch);
      core.exports.hazardBeforeCpu(pa + done, n);
      core.exports.cpuWrite(pa + done, n, batch);
    }
  }

  /** Loads the 32-bit little-endian word at `pa` (a multiple of 4). */
  read32(pa: number): number {
    this.#inside(checkAligned("pa", pa, 4), 4);
    this.#live.core.exports.hazardBeforeCpu(pa, 4);
    return this.#live.core.exports.cpuRead32(pa) >>> 0;
  }

  /** Stores a 32-bit little-endian word at `pa` (a multiple of 4). */
  write32(pa: number, value: number): void {
    this.#inside(checkAligned("pa", pa, 4), 4);
    this.#live.core.exports.hazardBeforeCpu(pa, 4);
    this.#live.core.exports.cpuWrite32(pa, checkU32("value", value));
  }

  /** Drains the write buffer (wmb, dsb). */
  barrier(): void {
    this.#live.core.exports.cpuBarrier();
  }

  #inside(pa: number, length: number): void {
    const offset = pa - this.#base;
    if (offset < 0 || offset + length > this.#bytes) {
      throw new RangeError(
        `[${hex(pa)}, ${hex(pa + length)}) is not in DRAM [${hex(this.#base)}, ${hex(this.#base + this.#bytes)})`,
      );
    }
  }
}
