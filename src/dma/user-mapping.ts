// User mappings of allocations, beside the ops tables: mmap maps the buffer's pages, never its bus
// address (with an IOMMU the two differ; KyongHo Cho, 13 June 2011, and the answers to him).
//
// Not modelled: page protection beyond the memory type; vm areas that grow.

import { checkBytes, checkInteger } from "../check.js";
import type { DmaAllocation, MemoryType } from "./allocation.js";

/** A range of a buffer as a user process sees it. */
export class UserMapping {
  readonly #allocation: DmaAllocation;
  /** Bytes of the area. */
  readonly length: number;
  /** Physical address of each page, in order. */
  readonly pages: readonly number[];
  /** Memory type of the process's accesses: the attributes of mmap decide, not those of alloc. */
  readonly memoryType: MemoryType;

  /** @internal */
  constructor(allocation: DmaAllocation, pages: readonly number[], memoryType: MemoryType) {
    this.memoryType = memoryType;
    this.#allocation = allocation;
    this.length = pages.length * 4096;
    this.pages = pages;
  }

  /**
   * The process loads `length` bytes from `offset` of the area.
   * @throws TypeError after the buffer was freed (a kernel would keep the pages until the process unmaps them)
   */
  read(offset: number, length: number): Uint8Array {
    this.#inside(offset, checkInteger("length", length, 0, this.length));
    return this.#allocation.readPages(this.pages, offset, length, this.memoryType);
  }

  /** The process stores `bytes` at `offset` of the area; they wait in the write buffer like the kernel's. Throws as `read`. */
  write(offset: number, bytes: Uint8Array): void {
    checkBytes("bytes", bytes);
    this.#inside(offset, bytes.length);
    this.#allocation.writePages(this.pages, offset, bytes, this.memoryType);
  }

  #inside(offset: number, length: number): void {
    this.#allocation.checkAlive();
    checkInteger("offset", offset, 0, this.length);
    if (offset + length > this.length) {
      throw new RangeError(`[${offset}, ${offset + length}) is outside the area of ${this.length} bytes`);
    }
  }
}
