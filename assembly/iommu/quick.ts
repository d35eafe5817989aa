// Small pages in the way that nearly all go: level-1 descriptor and slot at hand in L1, nothing
// dirty, nobody watching. One loop then does what calls of one page each do:
//
//   map     read level 1, read slot, store, clean L1 -> L2 -> DRAM        3 hits of L1 a page
//   unmap   the same, then the invalidation of every System MMU (sysmmu/page-flush.ts)
//
// A line of eight slots is looked up once. State, counters and bytes are those of driverMap and
// driverUnmap page by page; whatever is not so plain ends the run and is left to them. Any log
// group keeps this way off: so test/iommu compares the two.
//
// Not modelled: nothing beyond those two.

import {
  CACHE_HITS,
  CONTEXT_TABLE,
  COUNT_L1,
  COUNT_MAP_SMALL,
  COUNT_TABLE_SYNCS,
  COUNT_UNMAP_SMALL,
  DMA_FROM_DEVICE,
  DRIVER_V6_1,
  SWITCH_DRIVER,
  SWITCH_DRIVER_TABLE_SYNC,
  SWITCH_DRIVER_UNCLEANED,
  SWITCH_IOMMU_SIZES,
} from "../abi";
import { coldRange } from "../cache/cold";
import { dataOf, NO_WAY, Search, setOf } from "../cache/set-associative";
import { Level, LINE_BYTES, levelOne, levelTwo } from "../cache/state";
import { countStoresCleaned, lineDirty, steady } from "../cache/store-clean";
import { countAdd } from "../counters";
import { hostOf } from "../dram";
import { SG_BYTES } from "../layout";
import { LV1_TABLE, lv1Index, lv2Index } from "../pagetable/descriptor";
import { linkWord, smallBits, tableOf } from "../pagetable/map";
import { switchOf } from "../switches";
import { pageFlush, pageFlushable } from "../sysmmu/page-flush";
import { clientOf, Domain, domainOf, driver, freeEntries, setFreeEntries, unitOf } from "./state";

const EDGE: u32 = LINE_BYTES - 1;
const LARGE_PAGES: u32 = 16;

// The driver of v6.1 (0), tables by the streaming API (0), cleaned (0), the usual page sizes (0).
function plain(): bool {
  return (
    (switchOf(SWITCH_DRIVER) |
      switchOf(SWITCH_DRIVER_TABLE_SYNC) |
      switchOf(SWITCH_DRIVER_UNCLEANED) |
      switchOf(SWITCH_IOMMU_SIZES)) ===
      DRIVER_V6_1 && steady()
  );
}

// Only static methods can be forced inline.
@unmanaged
// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
class Slot {
  /** The level-1 word at `at` if L1 holds it and it links to a table of its own, else 0. */
  @inline
  static link(inner: Level, domain: Domain, at: u32): u32 {
    const home = at & ~EDGE;
    const set = setOf(inner, home);
    const way = Search.way(inner, set, home | 1);
    const word = way === NO_WAY ? 0 : load<u32>(dataOf(inner, set, way) + (at & EDGE));
    return (word & 3) === LV1_TABLE && (domain.zeroPa === 0 || word !== linkWord(domain.zeroPa)) ? word : 0;
  }

  /** Address of the bytes of `pa` in a level, 0 when it does not hold them. */
  @inline
  static data(level: Level, pa: u32): usize {
    const home = pa & ~EDGE;
    const set = setOf(level, home);
    const way = Search.way(level, set, home | 1);
    return way === NO_WAY ? 0 : dataOf(level, set, way) + (pa & EDGE);
  }

  /** Counts `pages` slots read and written, `kind` being what for. */
  @inline
  static counted(pages: u32, kind: u32): u32 {
    if (pages !== 0) {
      countAdd(COUNT_L1 + CACHE_HITS, pages << 1);
      countStoresCleaned(pages, CONTEXT_TABLE);
      countAdd(COUNT_TABLE_SYNCS, pages);
      countAdd(kind, pages);
    }
    return pages;
  }
}

/**
 * Maps up to `pages` small pages from `iova` on: to those behind `pa`, or with `list` not 0 to the pages
 * of the scatterlist entries from there on, each given to the device for direction `dir` first if
 * `sync`. Returns how many were done.
 */
export function quickMap(
  d: u32,
  iova: u32,
  pa: u32,
  pages: u32,
  prot: u32,
  list: usize,
  sync: bool,
  dir: u32,
): u32 {
  if (!plain()) return 0;
  const inner = levelOne();
  const outer = levelTwo();
  const domain = domainOf(d);
  const shift = driver().shift;
  const bits = smallBits(prot);
  let done: u32 = 0;
  let left: u32 = 0;
  while (left === 0 && done < pages) {
    const first = iova + (done << 12);
    const index = lv1Index(first);
    const word = Slot.link(inner, domain, domain.l1Pa + (index << 2));
    if (word === 0) break;
    const slot = tableOf(word) + (lv2Index(first) << 2);
    let near = Slot.data(inner, slot);
    if (near === 0 || lineDirty(slot)) break;
    let far = Slot.data(outer, slot);
    if (far === 0) break;
    let home = hostOf(slot);
    const most = min<u32>(pages - done, (LINE_BYTES - (slot & EDGE)) >> 2);
    left = most;
    do {
      if ((load<u32>(near) & 3) !== 0) break;
      if (list === 0) {
        if (((iova + (done << 12)) | pa) << 16 === 0 && pages - done >= LARGE_PAGES) break;
      } else {
        pa = load<u32>(list);
        if (load<u32>(list, 4) !== 0 || load<u32>(list, 8) !== 4096 || (pa & 4095) !== 0) break;
        if (sync && !coldRange(pa, 4096, dir === DMA_FROM_DEVICE)) break;
        list += SG_BYTES;
      }
      const entry = (pa >> shift) | bits;
      store<u32>(near, entry);
      store<u32>(far, entry);
      store<u32>(home, entry);
      near += 4;
      far += 4;
      home += 4;
      pa += 4096;
      done++;
    } while (--left !== 0);
    setFreeEntries(domain, index, freeEntries(domain, index) - <i32>(most - left));
  }
  return Slot.counted(done, COUNT_MAP_SMALL);
}

// True when every client's invalidation goes in one step, or is passed over.
function quiet(domain: Domain): bool {
  for (let k: u32 = 0; k < domain.clients; k++) {
    const instance = clientOf(domain, k);
    if (unitOf(instance).active !== 0 && !pageFlushable(instance)) return false;
  }
  return true;
}

/** Unmaps up to `pages` pages from `iova` on as long as they are small ones; returns how many. */
export function quickUnmap(d: u32, iova: u32, pages: u32): u32 {
  const domain = domainOf(d);
  if (!plain() || !quiet(domain)) return 0;
  const inner = levelOne();
  const outer = levelTwo();
  let done: u32 = 0;
  let left: u32 = 0;
  while (left === 0 && done < pages) {
    const first = iova + (done << 12);
    const index = lv1Index(first);
    const word = Slot.link(inner, domain, domain.l1Pa + (index << 2));
    if (word === 0) break;
    const slot = tableOf(word) + (lv2Index(first) << 2);
    let near = Slot.data(inner, slot);
    if (near === 0 || lineDirty(slot)) break;
    let far = Slot.data(outer, slot);
    if (far === 0) break;
    let home = hostOf(slot);
    const most = min<u32>(pages - done, (LINE_BYTES - (slot & EDGE)) >> 2);
    left = most;
    do {
      if ((load<u32>(near) & 2) === 0) break;
      store<u32>(near, 0);
      store<u32>(far, 0);
      store<u32>(home, 0);
      near += 4;
      far += 4;
      home += 4;
      done++;
    } while (--left !== 0);
    setFreeEntries(domain, index, freeEntries(domain, index) + <i32>(most - left));
  }
  if (done !== 0) {
    for (let k: u32 = 0; k < domain.clients; k++) {
      const instance = clientOf(domain, k);
      if (unitOf(instance).active !== 0) pageFlush(instance, iova, done);
    }
  }
  return Slot.counted(done, COUNT_UNMAP_SMALL);
}
