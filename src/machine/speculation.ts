// Speculation on the host: lines that the core or its prefetcher takes in without being asked, which is
// why a buffer invalidated at map time must be invalidated again before the CPU looks (spec
// dma-mapping 4.1, 4.6). A refill is clean and brings what L2 or DRAM hold at that moment.
//
//   refill(pa, bytes)          exactly these lines
//   scatter({ seed, lines })   lines drawn by seed from a range
//   random(seed, odds)         after CPU accesses, one of the eight lines behind, one in `odds`
//
// A refill goes through the linear map: it takes nothing from a page whose alias is unmapped.
//
// Not modelled: the prefetcher's stream detection; instruction fetches.

import { checkInteger, checkObject, checkU32, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "./live.js";

const LINE = 32;

/** Injected speculation of one machine: `machine.cpu.speculation`. */
export class Speculation {
  readonly #live: Live;

  /** @internal */
  constructor(live: Live) {
    this.#live = live;
  }

  /**
   * Takes the lines of [pa, pa + bytes) into the caches.
   * @param bytes 1 .. size of DRAM; default one line of 32
   * @returns how many lines came in; those that were there already, or whose page is unmapped, do not count
   * @throws RangeError when the range is not in DRAM
   */
  refill(pa: number, bytes = LINE): number {
    this.#inside(pa, bytes);
    let lines = 0;
    for (let at = pa - (pa % LINE); at < pa + bytes; at += LINE) {
      lines += this.#live.core.exports.aliasRefill(at);
    }
    return lines;
  }

  /**
   * Takes lines of [pa, pa + bytes) in, drawn by seed: the same seed takes the same lines.
   * @param options seed: 1 .. 2^32 - 1; lines: how many draws; pa, bytes: the range they come from
   * @returns how many lines came in
   */
  scatter(options: { seed: number; lines: number; pa: number; bytes: number }): number {
    checkObject("options", options, ["seed", "lines", "pa", "bytes"]);
    let x = checkInteger("options.seed", options.seed, 1, 0xffff_ffff);
    const draws = checkInteger("options.lines", options.lines, 0, 0xffff_ffff);
    const { pa, bytes } = options;
    this.#inside(pa, bytes);
    const first = Math.floor(pa / LINE);
    const count = Math.floor((pa + bytes - 1) / LINE) - first + 1;
    let lines = 0;
    for (let n = 0; n < draws; n++) {
      // xorshift32, as the core's own draws.
      x = (x ^ (x << 13)) >>> 0;
      x = (x ^ (x >>> 17)) >>> 0;
      x = (x ^ (x << 5)) >>> 0;
      lines += this.#live.core.exports.aliasRefill((first + (x % count)) * LINE);
    }
    return lines;
  }

  /**
   * From now on CPU accesses are followed by refills of a line close behind, in the same page.
   * @param seed 1 .. 2^32 - 1
   * @param odds one access in `odds` (1 .. 2^32 - 1)
   */
  random(seed: number, odds: number): void {
    checkInteger("seed", seed, 1, 0xffff_ffff);
    checkInteger("odds", odds, 1, 0xffff_ffff);
    this.#live.core.exports.cacheRandomRefills(seed, odds);
  }

  /** Ends {@link random}. */
  off(): void {
    this.#live.core.exports.cacheRandomRefills(0, 1);
  }

  /** Lines taken in by speculation so far. */
  get refills(): number {
    const { core } = this.#live;
    return core.views.u64(coreConstant(core, "COUNTERS") + coreConstant(core, "COUNT_REFILLS") * 8);
  }

  #inside(pa: number, bytes: number): void {
    const [base, size] = [this.#live.core.u32[4]!, this.#live.core.u32[5]!];
    checkU32("pa", pa);
    checkInteger("bytes", bytes, 1, size);
    if (pa < base || pa + bytes > base + size) {
      throw new RangeError(
        `[${hex(pa)}, ${hex(pa + bytes)}) is not in DRAM [${hex(base)}, ${hex(base + size)})`,
      );
    }
  }
}
