// Masks and limits of a device: what it can address and how long a segment may be
// (struct device dma_mask, coherent_dma_mask, dma_parms; spec dma-mapping 1.3, 1.4).
//
// Device record (assembly/device.ts): 0x04 coherent, 0x08 dmaMask, 0x10 coherentMask, 0x20 maxSegSize,
// 0x24 segBoundary, 0x28 minAlignMask, 0x54 snoop.
//
// Not modelled: a device without a dma_mask pointer.

import { checkFlag, checkInteger } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { lastPage } from "./limits.js";

const WORD = {
  coherent: 1,
  dmaMask: 2,
  coherentMask: 4,
  maxSegSize: 8,
  segBoundary: 9,
  minAlignMask: 10,
  bounce: 16,
  snoop: 21,
};
const OFFSET = 11;
const LIVE_COUNTER = 0x80 + 23 * 8;
const EIO = 5;
const ALL = 0xffff_ffff;

/** The masks and segment limits of one device. */
export class DeviceMasks {
  readonly #live: Live;
  readonly #device: number;

  /** @internal */
  constructor(live: Live, device: number) {
    this.#live = live;
    this.#device = device;
  }

  /** @internal The core's record of the device, as words. */
  protected get record(): Uint32Array {
    const { core } = this.#live;
    const at = coreConstant(core, "DEVICES") + this.#device * coreConstant(core, "DEVICE_BYTES");
    return core.u32.subarray(at >>> 2, (at >>> 2) + 32);
  }

  /** @internal Throws TypeError while mappings made under the present setting `what` are alive. */
  protected idle(what: string): void {
    const { core } = this.#live;
    const at = coreConstant(core, "DEVICES") + this.#device * coreConstant(core, "DEVICE_BYTES");
    const live = core.views.u64(at + LIVE_COUNTER);
    if (live !== 0)
      throw new TypeError(`${what}: the device has ${live} live mappings under the present one`);
  }

  #switch(name: string): number {
    const { core } = this.#live;
    return core.u32[(coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, name)]!;
  }

  /** DMA_BIT_MASK(bits): the mask of an n-bit device, 1 to 64, as a number (exact up to 53 bits). */
  static bitMask(bits: number): number {
    checkInteger("bits", bits, 1, 64);
    return 2 ** bits - 1;
  }

  /**
   * dma_set_mask: what streaming mappings may reach. `bits` 1..64. A device registered with dmabounce keeps
   * its mask and gets 0 all the same.
   * @returns 0, or -5 (EIO) where the kernel refuses the mask: see {@link supported}
   */
  setMask(bits: number): number {
    checkInteger("bits", bits, 1, 64);
    if (this.record[WORD.bounce] !== 0 && this.#switch("SWITCH_BOUNCE_KIND") === 0) return 0;
    return this.#setMask(bits, WORD.dmaMask);
  }

  /** dma_set_coherent_mask: what `alloc` may reach. `bits` 1..64. Returns 0 or -5. */
  setCoherentMask(bits: number): number {
    return this.#setMask(bits, WORD.coherentMask);
  }

  /** dma_set_mask_and_coherent: both; the first error wins. */
  setMaskAndCoherent(bits: number): number {
    const error = this.setMask(bits);
    return error !== 0 ? error : this.setCoherentMask(bits);
  }

  /**
   * dma_supported: true when a mask of `bits` is enough for this kernel. To v3.13 it must reach the end of the
   * DMA zone (of 32 bits without one, as on Exynos); later the end of memory or of the zone, of which v3.14 to
   * v5.x want one page more than there is; dma-direct takes any 32 bits. The zone is a switch.
   */
  supported(bits: number): boolean {
    checkInteger("bits", bits, 1, 64);
    const { core } = this.#live;
    const mask = 2 ** bits - 1;
    const zone = this.#switch("SWITCH_DMA_ZONE_BITS");
    const limit = zone === 0 ? ALL : 2 ** zone - 1;
    const rule = this.#switch("SWITCH_DMA_MASK");
    if (rule === coreConstant(core, "MASK_LIMIT")) return mask >= limit;
    if (rule === coreConstant(core, "MASK_DIRECT")) {
      if (mask >= ALL) return true;
      const least = core.exports.devicePhysToDma(this.#device, Math.min(lastPage(core), limit)) >>> 0;
      return mask >= least;
    }
    const pfn = Math.floor(Math.min(mask, ALL) / 4096) + this.record[OFFSET]! / 4096;
    return pfn >= Math.min(lastPage(core) / 4096 + 1, Math.floor(limit / 4096));
  }

  #setMask(bits: number, word: number): number {
    if (!this.supported(bits)) return -EIO;
    this.record[word] = bits >= 32 ? ALL : 2 ** bits - 1;
    // dma_addr_t has 32 bits; dma-direct cuts the mask to it.
    const direct = this.#switch("SWITCH_DMA_MASK") === coreConstant(this.#live.core, "MASK_DIRECT");
    this.record[word + 1] = bits <= 32 || direct ? 0 : 2 ** (bits - 32) - 1;
    return 0;
  }

  /** dma_set_max_seg_size: merging in `mapSg` stops here; bytes, default 65536. */
  get maxSegSize(): number {
    return this.record[WORD.maxSegSize]!;
  }

  set maxSegSize(bytes: number) {
    this.record[WORD.maxSegSize] = checkInteger("maxSegSize", bytes, 1, 0xffff_ffff);
  }

  /**
   * dma_set_seg_boundary: a mask like 0xffffffff that no segment should cross. No `mapSg` of 32-bit ARM looks at
   * it: the IOMMU ops merge by {@link maxSegSize} alone. swiotlb does, and dma-debug reports what crosses.
   */
  get segBoundary(): number {
    return this.record[WORD.segBoundary]!;
  }

  set segBoundary(mask: number) {
    this.record[WORD.segBoundary] = checkInteger("segBoundary", mask, 0, 0xffff_ffff);
  }

  /** dma_set_min_align_mask: low address bits that a bounce must keep. */
  get minAlignMask(): number {
    return this.record[WORD.minAlignMask]!;
  }

  set minAlignMask(mask: number) {
    this.record[WORD.minAlignMask] = checkInteger("minAlignMask", mask, 0, 0xffff_ffff);
  }

  /**
   * Does the device see the CPU's caches (dma-coherent in the device tree)? Setting it makes ops and bus agree;
   * `device.setOps("coherent")` tells only the ops. Setting it throws TypeError while the device has live mappings.
   */
  get coherent(): boolean {
    return this.record[WORD.coherent] !== 0;
  }

  set coherent(value: boolean) {
    checkFlag("coherent", value);
    this.idle("coherent");
    this.record[WORD.coherent] = value ? 1 : 0;
    this.record[WORD.snoop] = 0;
  }

  /** Do the device's accesses really snoop the caches, whatever its ops believe? */
  get snoops(): boolean {
    const snoop = this.record[WORD.snoop]!;
    return snoop === 0 ? this.coherent : snoop === 2;
  }
}
