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

/** @internal Where the history has an allocation; `shared`: somebody else (the op stream) may free it too. */
export interface Birth {
  readonly at: number;
  readonly serial: number;
  readonly shared: boolean;
}

/** An allocation of {@link Dma.alloc}. Its CPU accesses have the memory type the attributes gave it. */
export class DmaAllocation {
  readonly #live: Live;
  readonly #device: number;
  #record: number;
  readonly #birth: Birth;
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
    birth: Birth,
  ) {
    this.#birth = birth;
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

  /** @internal The core has freed it. */
  release(): void {
    this.#live.allocations.delete(this.#record);
    this.#record = 0;
  }

  /** @internal The core's record for a call that leaves the allocation alive. */
  alive(device: number): number {
    if (device !== this.#device) throw new TypeError("allocation: it belongs to another device");
    if (this.#record === 0 || (this.#birth.shared && this.historyRecord === 0)) {
      throw new TypeError("allocation: it was freed before");
    }
    return this.#record;
  }

  /** @internal Throws TypeError after it was freed. */
  checkAlive(): void {
    this.alive(this.#device);
  }

  /** @internal Throws TypeError for an allocation of another machine. */
  belongsTo(live: Live): void {
    if (live !== this.#live) throw new TypeError("allocation: it belongs to another machine");
  }

  /** @internal Its record in the mapping history, 0 when that has ended (an unmap of the buffer) or never was. */
  get historyRecord(): number {
    const { at, serial } = this.#birth;
    return at !== 0 && this.#live.core.u32[at >>> 2] === serial ? at : 0;
  }

  #span(offset: number, length: number): void {
    this.alive(this.#device);
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

/** @internal The handle of the core's record at `at`. */
function readRecord(
  live: Live,
  device: number,
  at: number,
  size: number,
  attrs: number,
  birth: Birth,
): DmaAllocation {
  const words = live.core.u32;
  const w = at >>> 2;
  const runs: MemoryRun[] = [];
  for (let i = 0; i < words[w + 5]!; i++) {
    runs.push({ pa: words[w + 8 + i * 2]!, bytes: words[w + 9 + i * 2]! * 4096 });
  }
  const cpu = CPU_KINDS[words[w + 4]!] ?? "none";
  const type = memoryTypeOf(live, cpu, attrs);
  const made = new DmaAllocation(live, device, at, words[w + 2]!, size, attrs, runs, cpu, type, birth);
  live.allocations.set(at, made);
  return made;
}

/** @internal Reads the core's record of the allocation that the device made last, at `dma`. */
export function readAllocation(
  live: Live,
  device: number,
  dma: number,
  size: number,
  attrs: number,
): DmaAllocation {
  const { core } = live;
  const at = core.exports.dmaFindAllocation(device, dma) >>> 0;
  const born = core.exports.historyLastBorn() >>> 0;
  const birth = { at: born, serial: born === 0 ? 0 : core.u32[born >>> 2]!, shared: false };
  return readRecord(live, device, at, size, attrs, birth);
}

/**
 * @internal Handles of all allocations alive, those of device `device` when it is named: the same objects that
 * alloc returned, and new ones for what the op stream or the machine before a snapshot made.
 */
export function allocationsOf(live: Live, device?: number): DmaAllocation[] {
  const { core } = live;
  const out: { serial: number; allocation: DmaAllocation }[] = [];
  for (let n = 0; ; n++) {
    const at = core.exports.historySlot(n) >>> 0;
    if (at === 0) break;
    const w = core.u32.subarray(at >>> 2, (at >>> 2) + 16);
    const [serial, head] = [w[0]!, w[1]!];
    const owner = head & 0xffff;
    if (serial === 0 || ((head >>> 24) & 0x7f) !== coreConstant(core, "KIND_COHERENT")) continue;
    if (device !== undefined && owner !== device) continue;
    const known = live.allocations.get(w[12]!);
    const allocation =
      known?.historyRecord === at
        ? known
        : readRecord(live, owner, w[12]!, w[3]!, w[5]!, { at, serial, shared: true });
    out.push({ serial, allocation });
  }
  return out.sort((a, b) => a.serial - b.serial).map(({ allocation }) => allocation);
}
