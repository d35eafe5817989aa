// Masks and limits of a device: what it can address and how long a segment may be
// (struct device dma_mask, coherent_dma_mask, dma_parms; spec dma-mapping 1.4, 4.8).
//
// Device record (assembly/device.ts): 0x08 dmaMask, 0x10 coherentMask, 0x20 maxSegSize,
// 0x24 segBoundary, 0x28 minAlignMask, 0x04 coherent.

import { checkInteger } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";

const WORD = {
  coherent: 1,
  dmaMask: 2,
  coherentMask: 4,
  maxSegSize: 8,
  segBoundary: 9,
  minAlignMask: 10,
  dmaOffset: 11,
};
const EIO = 5;

/** The masks and segment limits of one device. */
export class DeviceMasks {
  readonly #record: () => Uint32Array;
  readonly #live: Live;

  /** @internal */
  constructor(live: Live, device: number) {
    this.#live = live;
    this.#record = () => {
      const { core } = live;
      const at = coreConstant(core, "DEVICES") + device * coreConstant(core, "DEVICE_BYTES");
      return core.u32.subarray(at >>> 2, (at >>> 2) + 32);
    };
  }

  /** DMA_BIT_MASK(bits): the mask of an n-bit device, 1 to 64, as a number (exact up to 53 bits). */
  static bitMask(bits: number): number {
    checkInteger("bits", bits, 1, 64);
    return 2 ** bits - 1;
  }

  /**
   * dma_set_mask: what streaming mappings may reach. `bits` 1..64.
   * @returns 0, or -5 (EIO) when the mask covers no DRAM at all
   */
  setMask(bits: number): number {
    return this.#setMask("bits", bits, WORD.dmaMask);
  }

  /** dma_set_coherent_mask: what `alloc` may reach. `bits` 1..64. Returns 0 or -5. */
  setCoherentMask(bits: number): number {
    return this.#setMask("bits", bits, WORD.coherentMask);
  }

  /** dma_set_mask_and_coherent: both; the first error wins. */
  setMaskAndCoherent(bits: number): number {
    const error = this.setMask(bits);
    return error !== 0 ? error : this.setCoherentMask(bits);
  }

  /** dma_supported: true when a mask of `bits` covers some DRAM. */
  supported(bits: number): boolean {
    checkInteger("bits", bits, 1, 64);
    const base = this.#live.core.u32[3]!; // header: dramBase
    return 2 ** bits - 1 >= base;
  }

  #setMask(name: string, bits: number, word: number): number {
    checkInteger(name, bits, 1, 64);
    if (!this.supported(bits)) return -EIO;
    const record = this.#record();
    record[word] = bits >= 32 ? 0xffff_ffff : 2 ** bits - 1;
    record[word + 1] = bits <= 32 ? 0 : 2 ** (bits - 32) - 1;
    return 0;
  }

  /** dma_set_max_seg_size: merging in `mapSg` stops here; bytes, default 65536. */
  get maxSegSize(): number {
    return this.#record()[WORD.maxSegSize]!;
  }

  set maxSegSize(bytes: number) {
    this.#record()[WORD.maxSegSize] = checkInteger("maxSegSize", bytes, 1, 0xffff_ffff);
  }

  /** dma_set_seg_boundary: a mask like 0xffffffff. */
  get segBoundary(): number {
    return this.#record()[WORD.segBoundary]!;
  }

  set segBoundary(mask: number) {
    this.#record()[WORD.segBoundary] = checkInteger("segBoundary", mask, 0, 0xffff_ffff);
  }

  /** dma_set_min_align_mask: low address bits that a bounce must keep. */
  get minAlignMask(): number {
    return this.#record()[WORD.minAlignMask]!;
  }

  set minAlignMask(mask: number) {
    this.#record()[WORD.minAlignMask] = checkInteger("minAlignMask", mask, 0, 0xffff_ffff);
  }

  /** Does the device see the CPU's caches (dma-coherent in the device tree)? */
  get coherent(): boolean {
    return this.#record()[WORD.coherent] !== 0;
  }

  set coherent(value: boolean) {
    this.#record()[WORD.coherent] = value ? 1 : 0;
  }
}
