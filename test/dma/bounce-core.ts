// A core with one device behind the bounce ops.
import type { BounceExports } from "../../src/core/exports/bounce.js";
import type { CacheExports } from "../../src/core/exports/cache.js";
import type { DmaLinearExports } from "../../src/core/exports/dma-linear.js";
import { BOUNCE_SWITCHES } from "../../src/dma/profiles/bounce.js";
import { CACHE_SWITCHES } from "../../src/dma/profiles/cache.js";
import { DMA_SWITCHES } from "../../src/dma/profiles/dma.js";
import { type Build, rawCore } from "../cores.js";

type Raw = BounceExports &
  CacheExports &
  DmaLinearExports & { pagesUsed(): number; poolUsed(): number } & { memory: WebAssembly.Memory } & Record<
    string,
    WebAssembly.Global
  >;
export type Version = "rfc2011" | "v3.6" | "v3.14" | "v4.4" | "v6.1";

export const BASE = 0x4000_0000;
export const MAPPING_ERROR = 0xffff_ffff;
export const [BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE] = [0, 1, 2];

/** Raw exports with the few views that tests of the dma ops need. */
export class DmaCore {
  readonly raw: Raw;

  constructor(build: Build, version: Version, dramBytes = 16 << 20) {
    this.raw = rawCore<Raw>(build, dramBytes, BASE);
    for (const table of [CACHE_SWITCHES, DMA_SWITCHES, BOUNCE_SWITCHES]) {
      for (const [name, row] of Object.entries(table)) {
        if (this.raw[name] === undefined) continue;
        this.u32[(this.constant("SWITCHES") >>> 2) + this.constant(name)] = row[version];
      }
    }
    this.raw.cacheInit(32 << 10, 4, 1 << 20, 16, 0, 1);
    this.device({ dmaMask: 0xffff_ffff, coherentMask: 0xffff_ffff, segBoundary: 0xffff_ffff });
  }

  constant(name: string): number {
    return this.raw[name]!.value >>> 0;
  }

  get u32(): Uint32Array {
    return new Uint32Array(this.raw.memory.buffer);
  }

  get u8(): Uint8Array {
    return new Uint8Array(this.raw.memory.buffer);
  }

  /** Sets fields of device 0's record. */
  device(fields: {
    dmaMask?: number;
    coherentMask?: number;
    coherent?: number;
    segBoundary?: number;
    minAlignMask?: number;
    dmaOffset?: number;
    busLimit?: number;
  }): void {
    const at = this.constant("DEVICES") >>> 2;
    const word = {
      coherent: 1,
      dmaMask: 2,
      coherentMask: 4,
      segBoundary: 9,
      minAlignMask: 10,
      dmaOffset: 11,
      busLimit: 12,
    };
    for (const [name, value] of Object.entries(fields))
      this.u32[at + word[name as keyof typeof word]] = value;
  }

  counter(name: string): number {
    return Number(
      new BigUint64Array(this.raw.memory.buffer)[(this.constant("COUNTERS") >>> 3) + this.constant(name)],
    );
  }

  /** Puts a list at SG: page, offset, length of each entry. */
  list(entries: readonly [page: number, offset: number, length: number][]): void {
    entries.forEach((entry, i) => {
      this.u32.set([...entry, 0xdead_beef, 0xdead_beef], (this.constant("SG") >>> 2) + 8 * i);
    });
  }

  /** dma address and dma length of entry `i`. */
  segment(i: number): [dma: number, length: number] {
    const at = (this.constant("SG") >>> 2) + 8 * i;
    return [this.u32[at + 3]!, this.u32[at + 4]!];
  }

  /** The CPU writes. */
  cpuWrite(pa: number, bytes: ArrayLike<number>): void {
    this.u8.set(bytes, this.constant("BATCH"));
    this.raw.cpuWrite(pa, bytes.length, this.constant("BATCH"));
  }

  /** The CPU reads. */
  cpuRead(pa: number, length: number): number[] {
    this.raw.cpuRead(pa, length, this.constant("BATCH"));
    return [...this.u8.subarray(this.constant("BATCH"), this.constant("BATCH") + length)];
  }

  /** A non-coherent master writes. */
  busWrite(pa: number, bytes: ArrayLike<number>): void {
    this.u8.set(bytes, this.constant("BATCH"));
    this.raw.busWrite(pa, bytes.length, this.constant("BATCH"));
  }

  /** A non-coherent master reads. */
  busRead(pa: number, length: number): number[] {
    this.raw.busRead(pa, length, this.constant("BATCH"));
    return [...this.u8.subarray(this.constant("BATCH"), this.constant("BATCH") + length)];
  }

  /** Name of the last message, and its operands. */
  said(): [name: string, a: number, b: number, c: number] | undefined {
    const what = this.raw.bounceSaid();
    if (what === 0) return undefined;
    const name = Object.keys(this.raw).find(
      (key) => key.startsWith("BOUNCE_SAYS_") && this.constant(key) === what,
    )!;
    const [a, b, c] = [0, 1, 2].map((n) => this.raw.bounceSaidOperand(n) >>> 0);
    return [name, a!, b!, c!];
  }
}
