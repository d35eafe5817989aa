// Guest memory as scripts see it: pages to allocate, DRAM to look at.

import { checkAligned, checkBytes, checkInteger, checkObject, checkU32, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import { declaredMemoryAt } from "../dma/device-memory.js";
import type { Live } from "./live.js";

const PAGE = 4096;

/** The guest's DRAM: its page allocator and a look at the bytes behind every cache. */
export class GuestMemory {
  readonly #live: Live;
  /** Physical address of the first byte of DRAM. */
  readonly base: number;
  /** Size of DRAM in bytes. */
  readonly bytes: number;

  /** @internal */
  constructor(live: Live, base: number, bytes: number) {
    this.#live = live;
    this.base = base;
    this.bytes = bytes;
  }

  /**
   * Allocates `bytes` (rounded up to pages of 4096) of contiguous guest memory, zero or stale as its
   * last user left it.
   * @param bytes 1 .. size of DRAM
   * @param options align: alignment in bytes, a power of two of at least 4096 (default 4096)
   * @returns the physical address, or null when no such run is free (a guest result; nothing changes)
   */
  alloc(bytes: number, options: { align?: number } = {}): number | null {
    const n = checkInteger("bytes", bytes, 1, 0x8000_0000);
    checkObject("options", options, ["align"]);
    const align = checkInteger("options.align", options.align ?? PAGE, PAGE, 0x8000_0000);
    if ((align & (align - 1)) !== 0)
      throw new RangeError(`options.align must be a power of two, got ${hex(align)}`);
    const order = 31 - Math.clz32(align / PAGE);
    const pa = this.#live.core.exports.pagesAlloc(Math.ceil(n / PAGE), order) >>> 0;
    if (pa === 0xffff_ffff) return null;
    this.#live.pages.set(pa, Math.ceil(n / PAGE) * PAGE);
    return pa;
  }

  /**
   * Gives memory of {@link alloc} back, a whole allocation.
   * @param bytes what was asked for, or its pages
   * @throws RangeError when no allocation alive begins at `pa`, or it has another size; TypeError while a page of
   * it is declared memory of a device
   */
  free(pa: number, bytes: number): void {
    checkAligned("pa", pa, PAGE);
    const n = checkInteger("bytes", bytes, 1, 0x8000_0000);
    const { core, pages } = this.#live;
    const held = pages.get(pa);
    if (held === undefined) throw new RangeError(`pa: no allocation of memory.alloc begins at ${hex(pa)}`);
    if (Math.ceil(n / PAGE) * PAGE !== held) {
      throw new RangeError(`bytes: the allocation at ${hex(pa)} has ${held} bytes, got ${n}`);
    }
    if (declaredMemoryAt(this.#live, pa, held))
      throw new TypeError(`pa: memory at ${hex(pa)} is a device's own: dma.releaseDeclaredMemory() first`);
    core.exports.pagesFree(pa, held / PAGE);
    pages.delete(pa);
  }

  /**
   * Takes [pa, pa + bytes), whole pages, out of the allocator: memory that somebody else hands out.
   * @throws RangeError when a page of it is in use already
   */
  reserve(pa: number, bytes: number): void {
    checkAligned("pa", pa, PAGE);
    const n = checkInteger("bytes", bytes, 0, 0x8000_0000);
    this.#inside(pa, n);
    if (this.#live.core.exports.pagesReserve(pa, Math.ceil(n / PAGE)) === 0) {
      throw new RangeError(`[${hex(pa)}, ${hex(pa + n)}) is in use in part`);
    }
  }

  /** Bytes in use: allocations, page tables and pools. */
  get used(): number {
    return this.#live.core.exports.pagesUsed() * PAGE;
  }

  /**
   * What DRAM itself holds, past every cache, as a copy; no effect on the machine.
   * @throws RangeError when [pa, pa + length) is not wholly in DRAM
   */
  peek(pa: number, length: number): Uint8Array {
    const at = this.#inside(checkU32("pa", pa), checkInteger("length", length, 0, this.bytes));
    return this.#live.core.u8.slice(at, at + length);
  }

  /** Writes DRAM itself, past every cache: what firmware or a loader would have put there. */
  poke(pa: number, bytes: Uint8Array): void {
    checkBytes("bytes", bytes);
    this.#live.core.u8.set(bytes, this.#inside(checkU32("pa", pa), bytes.length));
  }

  #inside(pa: number, length: number): number {
    const offset = pa - this.base;
    if (offset < 0 || offset + length > this.bytes) {
      throw new RangeError(
        `[${hex(pa)}, ${hex(pa + length)}) is not in DRAM [${hex(this.base)}, ${hex(this.base + this.bytes)})`,
      );
    }
    return coreConstant(this.#live.core, "DRAM") + offset;
  }
}
