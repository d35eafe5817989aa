// Page tables for address streams, as words of DRAM.

import { DRAM_BASE } from "./core.js";
import { BASE_VA } from "./streams.js";

/** DRAM that holds the tables. */
export const DRAM_BYTES = 16 << 20;
/** Level-1 table, level-2 tables behind it; the pages themselves lie outside DRAM. */
export const LV1 = DRAM_BASE + 0x10_0000;
const PAGES_AT = 0x8000_0000;

/** Small pages from BASE_VA on, scattered over physical memory; words of DRAM. */
export function tables(pages: number): Uint32Array {
  const words = new Uint32Array(DRAM_BYTES / 4);
  const lv1 = (LV1 - DRAM_BASE) / 4;
  for (let i = 0; i < pages; i++) {
    const va = BASE_VA + i * 4096;
    const lv2 = LV1 + 0x4000 + (i >>> 8) * 1024;
    words[lv1 + (va >>> 20)] = lv2 | 1;
    // An odd multiplier permutes the pages of a power of two.
    const page = Math.imul(i, 0x9e3779b1) & (pages - 1);
    words[(lv2 - DRAM_BASE) / 4 + ((va >>> 12) & 0xff)] = (PAGES_AT + page * 4096) | 2;
  }
  return words;
}
