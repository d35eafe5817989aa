// What dma_alloc_attrs returned: memory that device and CPU share.
//
// Record in the core: assembly/dma/alloc-record.ts.

import { checkAligned, checkBytes, checkInteger, checkU32, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { DmaAttr } from "./attributes.js";

/** A run of physically contiguous memory of an allocation. */
export interface MemoryRun {
  readonly pa: number;
  readonly bytes: number;
}

/** How the CPU reaches an allocation. */
export type CpuMapping = "none" | "remap" | "pool" | "cookie" | "linear" | "device-memory";
const CPU_KINDS: readonly CpuMapping[] = ["none", "remap", "pool", "cookie", "linear", "device-memory"];

/** Memory types of CPU accesses, numbers of assembly/abi.ts MEMORY_*. */
export type MemoryType = "cacheable" | "bufferable" | "strongly-ordered";
const MEMORY_TYPES: readonly MemoryType[] = ["cacheable", "bufferable", "strongly-ordered"];

/** An allocation of {@link Dma.alloc}. Its CPU accesses have the memory type the attributes gave it. */
export class DmaAllocation {
  readonly #live: Live;
  readonly #device: number;
  #record: number;
  #pageList: readonly number[] | null = null;
  /** Bus address of its first byte. */
  readonly dmaAddress: number;
  /** Bytes asked for. */
  readonly size: number;
  /** Attribute bits it was made with; free and mmap want the same. */
  readonly attrs: number;
  /** Its memory, in order; one run when physically contiguous. */
  readonly runs: readonly MemoryRun[];
  /** How the CPU reaches it; a "cookie" (NO_KERNEL_MAPPING) cannot be read or written. */
  readonly cpu: CpuMapping;
  /** Memory type of CPU accesses. */
  readonly memoryType: MemoryType;

  /** @internal */
  constructor(
    live: Live,
    device: number,
    record: number,
    dmaAddress: number,
    size: number,
    attrs: number,
    runs: readonly MemoryRun[],
    cpu: CpuMapping,
    memoryType: MemoryType,
  ) {
    this.#live = live;
    this.#device = device;
    this.#record = record;
    this.dmaAddress = dmaAddress;
    this.size = size;
    this.attrs = attrs;
    this.runs = runs;
    this.cpu = cpu;
    this.memoryType = memoryType;
  }

  /** Physical address of byte `offset`. */
  paOf(offset: number): number {
    let left = checkInteger("offset", offset, 0, this.size - 1);
    for (const run of this.runs) {
      if (left < run.bytes) return run.pa + left;
      left -= run.bytes;
    }
    throw new RangeError(`offset ${hex(offset)} lies past the memory of the allocation`);
  }

  /** CPU load of `length` bytes from `offset`. */
  read(offset: number, length: number): Uint8Array {
    this.#span(offset, checkInteger("length", length, 0, this.size));
    return this.readPages(this.#pages(), offset, length);
  }

  /** @internal A load through `pages`, the page addresses of a virtual area. */
  readPages(
    pages: readonly number[],
    offset: number,
    length: number,
    type: MemoryType = this.memoryType,
  ): Uint8Array {
    const out = new Uint8Array(length);
    const { core } = this.#live;
    const batch = coreConstant(core, "BATCH");
    pieces(pages, offset, length, (pa, done, n) => {
      if (type === "cacheable") core.exports.hazardBeforeCpu(pa, n);
      core.exports.cpuReadAs(pa, n, batch, MEMORY_TYPES.indexOf(type));
      out.set(core.u8.subarray(batch, batch + n), done);
    });
    return out;
  }

  /** CPU store of `bytes` at `offset`. Uncached stores wait in the write buffer until a barrier. */
  write(offset: number, bytes: Uint8Array): void {
    checkBytes("bytes", bytes);
    this.#span(offset, bytes.length);
    this.writePages(this.#pages(), offset, bytes);
  }

  /** @internal A store through `pages`. */
  writePages(
    pages: readonly number[],
    offset: number,
    bytes: Uint8Array,
    type: MemoryType = this.memoryType,
  ): void {
    const { core } = this.#live;
    const batch = coreConstant(core, "BATCH");
    pieces(pages, offset, bytes.length, (pa, done, n) => {
      core.u8.set(bytes.subarray(done, done + n), batch);
      if (type === "cacheable") core.exports.hazardBeforeCpu(pa, n);
      core.exports.cpuWriteAs(pa, n, batch, MEMORY_TYPES.indexOf(type));
    });
  }

  /** CPU load of the 32-bit word at `offset` (a multiple of 4). */
  read32(offset: number): number {
    checkAligned("offset", offset, 4);
    const b = this.read(offset, 4);
    return new DataView(b.buffer, b.byteOffset, 4).getUint32(0, true);
  }

  /** CPU store of a 32-bit word at `offset` (a multiple of 4). */
  write32(offset: number, value: number): void {
    checkAligned("offset", offset, 4);
    const b = new Uint8Array(4);
    new DataView(b.buffer).setUint32(0, checkU32("value", value), true);
    this.write(offset, b);
  }

  /** @internal The core's record, once, for the free of device `device`. */
  release(device: number): number {
    if (device !== this.#device) throw new TypeError("the allocation belongs to another device");
    if (this.#record === 0) throw new TypeError("the allocation was freed before");
    const record = this.#record;
    this.#record = 0;
    return record;
  }

  /** @internal The core's record for a call that leaves the allocation alive. */
  alive(device: number): number {
    if (device !== this.#device) throw new TypeError("the allocation belongs to another device");
    if (this.#record === 0) throw new TypeError("the allocation was freed before");
    return this.#record;
  }

  #span(offset: number, length: number): void {
    if (this.#record === 0) throw new TypeError("the allocation was freed before");
    if (this.cpu === "cookie") {
      throw new TypeError(
        "the allocation has no kernel mapping (DmaAttr.NoKernelMapping): its CPU pointer is a cookie",
      );
    }
    checkInteger("offset", offset, 0, this.size);
    if (offset + length > this.size) {
      throw new RangeError(`[${offset}, ${offset + length}) is outside the allocation of ${this.size} bytes`);
    }
  }

  #pages(): readonly number[] {
    this.#pageList ??= this.runs.flatMap((run) =>
      Array.from({ length: run.bytes / 4096 }, (_, n) => run.pa + n * 4096),
    );
    return this.#pageList;
  }
}

/** Calls `piece` for each part of [offset, offset + length) that lies in one page. */
function pieces(
  pages: readonly number[],
  offset: number,
  length: number,
  piece: (pa: number, done: number, n: number) => void,
): void {
  for (let done = 0; done < length; ) {
    const at = offset + done;
    const n = Math.min(length - done, 4096 - (at % 4096));
    piece(pages[Math.floor(at / 4096)]! + (at % 4096), done, n);
    done += n;
  }
}

/** @internal Memory type of an address of an allocation reached as `cpu`, with `attrs` of alloc or mmap. */
export function memoryTypeOf(live: Live, cpu: CpuMapping, attrs: number): MemoryType {
  const { core } = live;
  if (cpu === "linear") return "cacheable";
  if (cpu === "device-memory") {
    // ioremap, or memremap(WC) since v4.6 (assembly/dma/device-memory.ts).
    const combined =
      core.u32[(coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, "SWITCH_DMA_MEMORY_WC")];
    return combined !== 0 ? "bufferable" : "strongly-ordered";
  }
  return (attrs & DmaAttr.WriteCombine) !== 0 ? "bufferable" : live.coherentType;
}

/** @internal Reads the core's record of the allocation that begins at `dma`. */
export function readAllocation(
  live: Live,
  device: number,
  dma: number,
  size: number,
  attrs: number,
): DmaAllocation {
  const { core } = live;
  const at = core.exports.dmaFindAllocation(device, dma) >>> 0;
  const w = at >>> 2;
  const words = core.u32;
  const runs: MemoryRun[] = [];
  for (let i = 0; i < words[w + 5]!; i++) {
    runs.push({ pa: words[w + 8 + i * 2]!, bytes: words[w + 9 + i * 2]! * 4096 });
  }
  const cpu = CPU_KINDS[words[w + 4]!] ?? "none";
  const type = memoryTypeOf(live, cpu, attrs);
  return new DmaAllocation(live, device, at, dma, size, attrs, runs, cpu, type);
}
