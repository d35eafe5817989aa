// The CPU side: loads and stores through L1, L2 and the write buffer.
//
// Addresses are those of the linear map. Where a buffer is uncached and its linear alias is unmapped
// (`linearAlias`), an access ends at that page: a data abort as a value.
//
// Not modelled: virtual addresses, privilege.

import { checkAligned, checkBytes, checkInteger, checkU32, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "./live.js";
import { Speculation } from "./speculation.js";

/** How a CPU access ended. */
export interface CpuAccess {
  /** Bytes transferred. */
  readonly done: number;
  /** "ok", or "fault": the page behind has no linear mapping. */
  readonly status: "ok" | "fault";
}

/** CPU accesses to physical addresses; they see what the caches hold, not what DRAM holds. */
export class Cpu {
  readonly #live: Live;
  readonly #base: number;
  readonly #bytes: number;
  /** Lines taken in without being asked. */
  readonly speculation: Speculation;
  #done = 0;
  #asked = 0;

  /** @internal */
  constructor(live: Live, base: number, bytes: number) {
    this.#live = live;
    this.#base = base;
    this.#bytes = bytes;
    this.speculation = new Speculation(live);
  }

  /** Bytes of the access that have a linear mapping; notes use of the address of an uncached buffer. */
  #allowed(pa: number, length: number, write: 0 | 1): number {
    const { exports } = this.#live.core;
    this.#asked = length;
    this.#done = exports.aliasPages() === 0 ? length : exports.aliasAccess(pa, length, write) >>> 0;
    return this.#done;
  }

  /** How the last load or store ended. */
  get lastAccess(): CpuAccess {
    return { done: this.#done, status: this.#done === this.#asked ? "ok" : "fault" };
  }

  /**
   * Loads `length` bytes at physical address `pa` through the caches.
   * @returns the bytes; fewer than asked when the access faulted, and `lastAccess` says so
   * @throws RangeError when the range is not in DRAM
   */
  read(pa: number, length: number): Uint8Array {
    checkU32("pa", pa);
    checkInteger("length", length, 0, this.#bytes);
    this.#inside(pa, length);
    length = this.#allowed(pa, length, 0);
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
   * @returns how far it came: all of it, or to a page without a linear mapping
   * @throws RangeError when the range is not in DRAM
   */
  write(pa: number, bytes: Uint8Array): CpuAccess {
    checkU32("pa", pa);
    checkBytes("bytes", bytes);
    this.#inside(pa, bytes.length);
    const length = this.#allowed(pa, bytes.length, 1);
    const { core } = this.#live;
    const batch = coreConstant(core, "BATCH");
    const room = coreConstant(core, "BATCH_BYTES");
    for (let done = 0; done < length; done += room) {
      const n = Math.min(room, length - done);
      core.u8.set(bytes.subarray(done, done + n), batch);
      core.exports.hazardBeforeCpu(pa + done, n);
      core.exports.cpuWrite(pa + done, n, batch);
    }
    return this.lastAccess;
  }

  /** Loads the 32-bit little-endian word at `pa` (a multiple of 4); 0 when it faults, and `lastAccess` says so. */
  read32(pa: number): number {
    this.#inside(checkAligned("pa", pa, 4), 4);
    if (this.#allowed(pa, 4, 0) < 4) return 0;
    this.#live.core.exports.hazardBeforeCpu(pa, 4);
    return this.#live.core.exports.cpuRead32(pa) >>> 0;
  }

  /** Stores a 32-bit little-endian word at `pa` (a multiple of 4); nothing when it faults, and `lastAccess` says so. */
  write32(pa: number, value: number): void {
    this.#inside(checkAligned("pa", pa, 4), 4);
    checkU32("value", value);
    if (this.#allowed(pa, 4, 1) < 4) return;
    this.#live.core.exports.hazardBeforeCpu(pa, 4);
    this.#live.core.exports.cpuWrite32(pa, value);
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
