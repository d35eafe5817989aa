// Descriptors as the driver makes them: encoders and the writes of one page
// (spec/sysmmu-hardware 3.1..3.4; exynos-iommu.c lv1set_section, lv2set_page of each version).
//
//   section   pa >> shift | access | 2          one word of level 1
//   link      pa >> shift | 1                   one word of level 1
//   large     pa >> shift | access | 1          16 equal words of level 2
//   small     pa >> shift | access | 2          one word of level 2
//
// Physical addresses are not masked: an unaligned one spoils the low bits, as in the kernel.
//
// Not modelled: allocation of 36-bit addresses (a pa is 32 bits here); 2 MiB double sections.

import {
  COUNT_MAP_BUSY,
  EADDRINUSE,
  LABEL_ENTRY_BUSY,
  SWITCH_DRIVER_NO_PROT,
  SWITCH_DRIVER_OLD_MAP,
  SWITCH_DRIVER_ROLLBACK,
} from "../abi";
import { count } from "../counters";
import { warnOn } from "../iommu/events";
import { cpuRead, cpuRead32, cpuWrite, cpuWrite32, tableClose, tableOpen, tableStore } from "../iommu/memory";
import { driver, scratch, zeros } from "../iommu/state";
import { switchOf } from "../switches";
import {
  LV1_AP0,
  LV1_AP2,
  LV1_SECTION,
  LV1_TABLE,
  LV2_AP0,
  LV2_AP2,
  LV2_LARGE,
  LV2_SMALL,
} from "./descriptor";

/** Words of a large page. */
export const LARGE_WORDS: u32 = 16;
const LARGE_WORD_BYTES: u32 = 64;

/** A level-1 link to the level-2 table at `pa`. */
export function linkWord(pa: u32): u32 {
  return (pa >> driver().shift) | LV1_TABLE;
}

/** Physical address of the table behind a link (or what v3.6 takes for one). */
export function tableOf(word: u32): u32 {
  return driver().shift === 0 ? word & 0xfffffc00 : (word & 0xffffffc0) << 4;
}

// Permissions by prot bits (read 1, write 2): before version 5 write only does not exist.
function access(prot: u32, ap0: u32, ap2: u32, shift: u32): u32 {
  if (switchOf(SWITCH_DRIVER_NO_PROT) !== 0) return 0;
  const p = prot & 3;
  if (driver().shift !== 0) return p << shift;
  if (p === 0) return 0;
  return p === 1 ? ap0 | ap2 : ap0;
}

/** A section descriptor. */
export function sectionWord(pa: u32, prot: u32): u32 {
  return (pa >> driver().shift) | access(prot, LV1_AP0, LV1_AP2, 4) | LV1_SECTION;
}

/** What the descriptor of a small page has besides its address. */
export function smallBits(prot: u32): u32 {
  return access(prot, LV2_AP0, LV2_AP2, 2) | LV2_SMALL;
}

/** Puts the small page `pa` into the level-2 slot at `slot`; 0 or -EADDRINUSE. */
export function putSmall(slot: u32, pa: u32, prot: u32): i32 {
  if ((cpuRead32(slot) & 3) !== 0) return busy();
  tableStore(slot, (pa >> driver().shift) | smallBits(prot));
  return 0;
}

function busy(): i32 {
  count(COUNT_MAP_BUSY);
  if (switchOf(SWITCH_DRIVER_OLD_MAP) === 0) warnOn(LABEL_ENTRY_BUSY);
  return -EADDRINUSE;
}

/** Puts the large page `pa` into the 16 level-2 slots from `slot` on; 0 or -EADDRINUSE. */
export function putLarge(slot: u32, pa: u32, prot: u32): i32 {
  const word = (pa >> driver().shift) | access(prot, LV2_AP0, LV2_AP2, 2) | LV2_LARGE;
  const s = scratch();
  tableOpen(slot, LARGE_WORD_BYTES);
  cpuRead(slot, LARGE_WORD_BYTES, s);
  const any = v128.or(v128.or(v128.load(s), v128.load(s, 16)), v128.or(v128.load(s, 32), v128.load(s, 48)));
  if (v128.any_true(v128.and(any, i32x4.splat(3)))) return refuseLarge(slot, word);
  const words = i32x4.splat(<i32>word);
  v128.store(s, words);
  v128.store(s, words, 16);
  v128.store(s, words, 32);
  v128.store(s, words, 48);
  cpuWrite(slot, LARGE_WORD_BYTES, s);
  tableClose(slot, LARGE_WORD_BYTES);
  return 0;
}

// Some slot is taken: what was written before it is undone, by v3.6 at the wrong place.
function refuseLarge(slot: u32, word: u32): i32 {
  let i: u32 = 0;
  while (i < LARGE_WORDS && (cpuRead32(slot + (i << 2)) & 3) === 0) {
    cpuWrite32(slot + (i << 2), word);
    i++;
  }
  const result = busy();
  if (i === 0) return result;
  const from = switchOf(SWITCH_DRIVER_ROLLBACK) !== 0 ? slot + (i << 2) : slot;
  cpuWrite(from, i << 2, zeros());
  return result;
}
