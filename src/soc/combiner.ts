// The interrupt combiner: eight sources of a group share one interrupt of the GIC.
//
//   bank of four groups, 16 bytes at base + 0x10 * (group / 4); bit = (group mod 4) * 8 + source
//
//   +0x0 IESR   write 1: enable     reads what is enabled
//   +0x4 IECR   write 1: disable    reads what is enabled
//   +0x8 ISTR   raw status of the sources, read only
//   +0xc IMSR   masked status, ISTR and enabled, read only
//
//   output of a group = any bit of its byte in IMSR: a level, as the sources are
//
// Source: spec sysmmu-hardware 5.2 (drivers/irqchip/exynos-combiner.c of 5.15). No source says what a read
// of IECR gives; here both enable registers read the same. Bits of groups that the SoC has not read 0.
//
// Not modelled: which CPU an output goes to; the combined pending register behind the banks.

import { checkInteger, checkU32, hex } from "../check.js";
import type { CombinerDescription } from "./types.js";

/** Sources of a group. */
export const COMBINER_SOURCES = 8;
const BANK_BYTES = 0x10;
/** A window of 4 KiB holds that many. */
const MOST_GROUPS = 1024;

/** Words of state that a combiner of `groups` groups has: enabled and raw, one each per bank. */
export function combinerWords(groups: number): number {
  return Math.ceil(groups / 4) * 2;
}

/** The combiner as a memory-mapped device with its input and output lines. */
export class Combiner {
  readonly #words: () => Uint32Array;
  readonly #banks: number;
  /** Groups it has. */
  readonly groups: number;
  /** SPI number of each group's output. */
  readonly spis: readonly number[];
  /** Called with the new level when the output of a group changes. */
  onOutput: ((group: number, level: boolean) => void) | null = null;

  /**
   * @param description of an SoC table, e.g. `exynos4210.combiner`
   * @param words where the state lies: {@link combinerWords} words, anew on every use (default: words of its own)
   * @throws RangeError when the description has no SPI for a group
   */
  constructor(description: CombinerDescription, words?: () => Uint32Array) {
    this.groups = checkInteger("description.groups", description.groups, 1, MOST_GROUPS);
    if (description.spis.length < this.groups) {
      throw new RangeError(
        `description.spis must have ${this.groups} entries, one per group, got ${description.spis.length}`,
      );
    }
    this.spis = description.spis.slice(0, this.groups);
    this.#banks = Math.ceil(this.groups / 4);
    const own = new Uint32Array(combinerWords(this.groups));
    this.#words = words ?? (() => own);
  }

  /** Bytes of the register window. */
  get bytes(): number {
    return this.#banks * BANK_BYTES;
  }

  /**
   * Reads the register at `offset` (a multiple of 4); behind the banks 0.
   * @throws RangeError for an offset that is none
   */
  readUint32(offset: number): number {
    checkOffset(offset);
    const bank = Math.floor(offset / BANK_BYTES);
    if (bank >= this.#banks) return 0;
    const words = this.#words();
    const enabled = words[bank]!;
    const raw = words[this.#banks + bank]!;
    const register = (offset >>> 2) & 3;
    if (register < 2) return enabled;
    return (register === 2 ? raw : raw & enabled) >>> 0;
  }

  /** As {@link readUint32}, which has no effect either. */
  peekUint32(offset: number): number {
    return this.readUint32(offset);
  }

  /**
   * Writes the register at `offset`; writes to the status registers and behind the banks have no effect.
   * @throws RangeError for an offset or value that is none
   */
  writeUint32(offset: number, value: number): void {
    checkOffset(offset);
    checkU32("value", value);
    const bank = Math.floor(offset / BANK_BYTES);
    const register = (offset >>> 2) & 3;
    if (bank >= this.#banks || register > 1) return;
    const words = this.#words();
    const there = value & this.#mask(bank);
    this.#change(bank, () => {
      words[bank] = register === 0 ? words[bank]! | there : words[bank]! & ~there;
    });
  }

  /** Sets the input line of a source. */
  setLine(group: number, source: number, level: boolean): void {
    const bit = this.#bit(group, source);
    const bank = group >>> 2;
    const words = this.#words();
    const at = this.#banks + bank;
    this.#change(bank, () => {
      words[at] = level ? words[at]! | bit : words[at]! & ~bit;
    });
  }

  /** Level of the input line of a source, enabled or not. */
  line(group: number, source: number): boolean {
    const bit = this.#bit(group, source);
    return (this.#words()[this.#banks + (group >>> 2)]! & bit) !== 0;
  }

  /** Whether a source is enabled. */
  enabled(group: number, source: number): boolean {
    const bit = this.#bit(group, source);
    return (this.#words()[group >>> 2]! & bit) !== 0;
  }

  /** Level of the output of a group. */
  output(group: number): boolean {
    checkInteger("group", group, 0, this.groups - 1);
    const words = this.#words();
    const bank = group >>> 2;
    const masked = words[bank]! & words[this.#banks + bank]!;
    return ((masked >>> ((group & 3) * 8)) & 0xff) !== 0;
  }

  /** Changes a bank and tells of the outputs that changed with it, lowest group first. */
  #change(bank: number, change: () => void): void {
    const first = bank * 4;
    const last = Math.min(first + 4, this.groups);
    const before: boolean[] = [];
    for (let group = first; group < last; group++) before.push(this.output(group));
    change();
    for (let group = first; group < last; group++) {
      const level = this.output(group);
      if (level !== before[group - first]) this.onOutput?.(group, level);
    }
  }

  #bit(group: number, source: number): number {
    checkInteger("group", group, 0, this.groups - 1);
    checkInteger("source", source, 0, COMBINER_SOURCES - 1);
    return 1 << ((group & 3) * 8 + source);
  }

  /** Bits of a bank that belong to groups there are. */
  #mask(bank: number): number {
    const groups = Math.min(4, this.groups - bank * 4);
    return groups === 4 ? 0xffff_ffff : 2 ** (groups * 8) - 1;
  }
}

function checkOffset(offset: number): void {
  checkInteger("offset", offset, 0, 0xfff);
  if (offset % 4 !== 0) throw new RangeError(`offset must be a multiple of 4, got ${hex(offset)}`);
}
