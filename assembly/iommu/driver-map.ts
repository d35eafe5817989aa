// The driver's map and unmap callbacks: one page of 4 KiB, 64 KiB or 1 MiB
// (exynos_iommu_map, exynos_iommu_unmap, alloc_lv2entry, lv1set_section of v3.6, v4.4, v6.1).
//
//   map     4K, 64K   level-2 table there? else take one: clear, link, (publish), drop cached descriptors
//           1M        an empty level-2 table is given back, a used one refuses
//   unmap   looks what is there and removes that; nothing there counts as a page removed
//   both    the count of free level-2 entries follows what was asked, so it can pass 256 (README 12)
//
// A size that is none of the three maps as 64 KiB. v3.6 does not look for a section before it maps a
// small page and takes the section's memory for a table.
//
// Not modelled: supersections (driver-2011.ts has them).

import {
  COUNT_MAP_BUSY,
  COUNT_MAP_LARGE,
  COUNT_MAP_SECTION,
  COUNT_MAP_SMALL,
  COUNT_SECTION_WRITES,
  COUNT_UNMAP_LARGE,
  COUNT_UNMAP_NOTHING,
  COUNT_UNMAP_SECTION,
  COUNT_UNMAP_SMALL,
  DRIVER_2011,
  EADDRINUSE,
  ENOMEM,
  LABEL_LARGE,
  LABEL_SECTION,
  LOG_GROUP_TABLE,
  LOGK_TABLE_ALLOC,
  LOGK_TABLE_FREE,
  MISUSE_WARN,
  NO_PA,
  SWITCH_DRIVER,
  SWITCH_DRIVER_MISUSE,
  SWITCH_DRIVER_OLD_MAP,
  SWITCH_DRIVER_TABLE_SYNC,
  SWITCH_DRIVER_UNCLEANED,
  TABLE_SYNC_DMA,
  TEXT_MAP_FAILED,
  TEXT_SECTION_MAPPED,
  TEXT_UNDER_SECTION,
  TEXT_UNMAP_FAILED,
  UNMAP_BUG,
} from "../abi";
import { count } from "../counters";
import { logEvent, logging } from "../log";
import {
  LARGE_SIZE,
  LV1_SECTION,
  LV1_TABLE,
  LV2_BYTES,
  LV2_ENTRIES,
  lv1Index,
  lv2Index,
  SECTION_SIZE,
  SMALL_SIZE,
} from "../pagetable/descriptor";
import { LARGE_WORDS, linkWord, putLarge, putSmall, sectionWord, tableOf } from "../pagetable/map";
import { slabAlloc, slabFree } from "../pagetable/slab";
import { switchOf } from "../switches";
import { dropDescriptor, invalidate } from "./clients";
import { map2011, unmap2011 } from "./driver-2011";
import { bug, print, warn, warnOn } from "./events";
import { cpuRead32, cpuWrite, cpuWrite32, tableClose, tableOpen, tablePublish, tableStore } from "./memory";
import { Domain, domainOf, freeEntries, setFreeEntries, zeros } from "./state";

/** The level-1 word of an index without mappings. */
export function emptyWord(domain: Domain): u32 {
  return domain.zeroPa === 0 ? 0 : linkWord(domain.zeroPa);
}

/** True when level-1 `word` has no mapping behind it: fault, reserved or the link to the empty table. */
export function lv1Empty(domain: Domain, word: u32): boolean {
  const type = word & 3;
  return (
    type === 0 ||
    type === 3 ||
    (type === LV1_TABLE && domain.zeroPa !== 0 && word === linkWord(domain.zeroPa))
  );
}

/** Takes a level-2 table and notes it for level-1 entry `index`; NO_PA when there is none. */
export function takeTable(domain: Domain, index: u32): u32 {
  const pa = slabAlloc();
  if (logging(LOG_GROUP_TABLE)) {
    logEvent(LOG_GROUP_TABLE, LOGK_TABLE_ALLOC, pa, <u32>changetype<usize>(domain), index, 0, 0);
  }
  return pa;
}

/** Gives a level-2 table back. */
export function returnTable(pa: u32): void {
  if (logging(LOG_GROUP_TABLE)) logEvent(LOG_GROUP_TABLE, LOGK_TABLE_FREE, pa, LV2_BYTES, 0, 0, 0);
  slabFree(pa);
}

// alloc_lv2entry: the level-2 table for `iova`, or NO_PA and `tableError`.
function tableFor(domain: Domain, at: u32, iova: u32): u32 {
  const word = cpuRead32(at);
  if ((word & 3) === LV1_SECTION) {
    if (switchOf(SWITCH_DRIVER_MISUSE) === MISUSE_WARN) {
      warn(TEXT_UNDER_SECTION, iova);
      count(COUNT_MAP_BUSY);
      return NO_PA;
    }
    count(COUNT_SECTION_WRITES);
    return tableOf(word);
  }
  if (!lv1Empty(domain, word)) return tableOf(word);
  const index = lv1Index(iova);
  const pa = takeTable(domain, index);
  if (pa === NO_PA) return NO_PA;
  const dma = switchOf(SWITCH_DRIVER_TABLE_SYNC) === TABLE_SYNC_DMA;
  // v6.1 links first and cleans the table afterwards: for a moment a walker may read old memory.
  if (!dma) tablePublish(pa, LV2_BYTES);
  tableStore(at, linkWord(pa));
  if (dma) tablePublish(pa, LV2_BYTES);
  setFreeEntries(domain, index, LV2_ENTRIES);
  if (domain.zeroPa !== 0 && word === linkWord(domain.zeroPa)) dropDescriptor(domain, iova);
  return pa;
}

function mapSection(domain: Domain, at: u32, iova: u32, pa: u32, prot: u32): i32 {
  const word = cpuRead32(at);
  const index = lv1Index(iova);
  const link = !lv1Empty(domain, word) && (word & 3) === LV1_TABLE;
  if ((word & 3) === LV1_SECTION || (link && freeEntries(domain, index) !== LV2_ENTRIES)) {
    if (switchOf(SWITCH_DRIVER_OLD_MAP) === 0) warn(TEXT_SECTION_MAPPED, iova);
    count(COUNT_MAP_BUSY);
    return -EADDRINUSE;
  }
  if (link) {
    returnTable(tableOf(word));
    setFreeEntries(domain, index, 0);
  }
  tableStore(at, sectionWord(pa, prot));
  count(COUNT_MAP_SECTION);
  return 0;
}

function mapPages(domain: Domain, at: u32, iova: u32, pa: u32, size: u32, prot: u32): i32 {
  const table = tableFor(domain, at, iova);
  if (table === NO_PA) return (cpuRead32(at) & 3) === LV1_SECTION ? -EADDRINUSE : -ENOMEM;
  const slot = table + (lv2Index(iova) << 2);
  const small = size === SMALL_SIZE;
  const error = small ? putSmall(slot, pa, prot) : putLarge(slot, pa, prot);
  if (error !== 0) return error;
  const index = lv1Index(iova);
  setFreeEntries(domain, index, freeEntries(domain, index) - (small ? 1 : LARGE_WORDS));
  count(small ? COUNT_MAP_SMALL : COUNT_MAP_LARGE);
  return 0;
}

/**
 * Maps one page of `size` bytes at `iova` of domain `d` to `pa` with IOMMU prot bits. 0, -EADDRINUSE
 * (98: something is there), -ENOMEM (12: no level-2 table), or DRIVER_BUG (2011 only).
 */
export function driverMap(d: u32, iova: u32, pa: u32, size: u32, prot: u32): i32 {
  if (switchOf(SWITCH_DRIVER) === DRIVER_2011) return map2011(d, iova, pa, size);
  const domain = domainOf(d);
  const at = domain.l1Pa + (lv1Index(iova) << 2);
  const error =
    size === SECTION_SIZE
      ? mapSection(domain, at, iova, pa, prot)
      : mapPages(domain, at, iova, pa, size, prot);
  if (error !== 0 && switchOf(SWITCH_DRIVER_OLD_MAP) === 0) print(TEXT_MAP_FAILED, error, size, iova, 0);
  return error;
}

// Unmap of less than the page that is there: 0, or UNMAP_BUG where the kernel stops.
function tooSmall(label: u32, iova: u32, size: u32, page: u32): u32 {
  if (switchOf(SWITCH_DRIVER_MISUSE) !== MISUSE_WARN) {
    bug(label);
    return UNMAP_BUG;
  }
  warnOn(label);
  print(TEXT_UNMAP_FAILED, size, iova, page, 0);
  return 0;
}

function clearSmall(slot: u32): void {
  if (switchOf(SWITCH_DRIVER_UNCLEANED) !== 0) cpuWrite32(slot, 0);
  else tableStore(slot, 0);
}

function clearLarge(slot: u32): void {
  const uncleaned = switchOf(SWITCH_DRIVER_UNCLEANED) !== 0;
  const bytes = LARGE_WORDS << 2;
  if (!uncleaned) tableOpen(slot, bytes);
  cpuWrite(slot, bytes, zeros());
  if (!uncleaned) tableClose(slot, bytes);
}

// What unmap removes at `iova`: its size, 0 or UNMAP_BUG.
function remove(domain: Domain, iova: u32, size: u32): u32 {
  const index = lv1Index(iova);
  const at = domain.l1Pa + (index << 2);
  const word = cpuRead32(at);
  if ((word & 3) === LV1_SECTION) {
    if (size < SECTION_SIZE) return tooSmall(LABEL_SECTION, iova, size, SECTION_SIZE);
    tableStore(at, emptyWord(domain));
    count(COUNT_UNMAP_SECTION);
    return SECTION_SIZE;
  }
  if (lv1Empty(domain, word)) {
    count(COUNT_UNMAP_NOTHING);
    return min(size, SECTION_SIZE);
  }
  const slot = tableOf(word) + (lv2Index(iova) << 2);
  const entry = cpuRead32(slot);
  if ((entry & 3) === 0) {
    count(COUNT_UNMAP_NOTHING);
    return SMALL_SIZE;
  }
  if ((entry & 2) !== 0) {
    clearSmall(slot);
    setFreeEntries(domain, index, freeEntries(domain, index) + 1);
    count(COUNT_UNMAP_SMALL);
    return SMALL_SIZE;
  }
  if (size < LARGE_SIZE) return tooSmall(LABEL_LARGE, iova, size, LARGE_SIZE);
  clearLarge(slot);
  setFreeEntries(domain, index, freeEntries(domain, index) + LARGE_WORDS);
  count(COUNT_UNMAP_LARGE);
  return LARGE_SIZE;
}

/**
 * Unmaps what is at `iova` of domain `d`, at most `size` bytes, and invalidates it in the attached
 * System MMUs. Returns the bytes removed (nothing there: a page's worth), 0 when refused, UNMAP_BUG
 * where the kernel stops.
 */
export function driverUnmap(d: u32, iova: u32, size: u32): u32 {
  if (switchOf(SWITCH_DRIVER) === DRIVER_2011) return unmap2011(d, iova, size);
  const domain = domainOf(d);
  const removed = remove(domain, iova, size);
  if (removed !== 0 && removed !== UNMAP_BUG) invalidate(domain, iova, removed);
  return removed;
}
