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
  CACHE_LRU,
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
import { innerMiss } from "../cache/lines";
import { NO_WAY, Search } from "../cache/set-associative";
import { cache, L1_DIRTY, L2_DIRTY, Level, LINE_BYTES, LINE_SHIFT, levelOne, levelTwo } from "../cache/state";
import { countStoresCleaned } from "../cache/store-clean";
import { countAdd } from "../counters";
import { inDram } from "../dram";
import { header } from "../header";
import { DRAM, SG_BYTES } from "../layout";
import { LV1_TABLE, lv1Index, lv2Index } from "../pagetable/descriptor";
import { smallBits } from "../pagetable/map";
import { switchOf } from "../switches";
import { pageFlush, pageFlushable } from "../sysmmu/page-flush";
import { clientOf, Domain, domainOf, driver, freeEntries, setFreeEntries, unitOf } from "./state";

const EDGE: u32 = LINE_BYTES - 1;
const LARGE_PAGES: u32 = 16;
const LARGE_EDGE: u32 = 0xffff;

// The driver of v6.1 (0), tables by the streaming API (0), cleaned (0), the usual page sizes (0).
function plain(): bool {
  const switches =
    switchOf(SWITCH_DRIVER) |
    switchOf(SWITCH_DRIVER_TABLE_SYNC) |
    switchOf(SWITCH_DRIVER_UNCLEANED) |
    switchOf(SWITCH_IOMMU_SIZES);
  const h = header();
  if (switches !== DRIVER_V6_1 || h.logMask !== 0 || h.cache === 0) return false;
  const c = cache();
  return (c.entries | c.refillSeed) === 0 && c.lineBytes === LINE_BYTES;
}

// A level of up to `groups` times four ways, whose hits leave no trace of their order.
function fits(level: Level, groups: u32): bool {
  return level.ways !== 0 && level.groups === groups && level.policy !== CACHE_LRU;
}

// True when every client's invalidation goes in one step, or is passed over.
function quiet(domain: Domain): bool {
  for (let k: u32 = 0, n = domain.clients; k < n; k++) {
    const instance = clientOf(domain, k);
    if (unitOf(instance).active !== 0 && !pageFlushable(instance)) return false;
  }
  return true;
}

function flush(domain: Domain, iova: u32, pages: u32): void {
  for (let k: u32 = 0, n = domain.clients; k < n; k++) {
    const instance = clientOf(domain, k);
    if (unitOf(instance).active !== 0) pageFlush(instance, iova, pages);
  }
}

// Slots from that of `iova` on, up to `pages`: with `bits` 0 cleared as long as they are small pages, else
// set to `pa` (or the pages of `list`) as long as they are free. Fields are loaded once, by hand: a
// compiler cannot know that no store changes them.
function slots(
  domain: Domain,
  iova: u32,
  pages: u32,
  bits: u32,
  pa: u32,
  list: usize,
  sync: bool,
  dir: u32,
): u32 {
  const inner = levelOne();
  const outer = levelTwo();
  if (!fits(inner, 1) || !fits(outer, 4)) return 0;
  const sets = inner.sets;
  const tags = <usize>inner.tags;
  const data = <usize>inner.data;
  const masks = <usize>cache().masks;
  const base = header().dramBase;
  const shift = driver().shift;
  const zeroPa = domain.zeroPa;
  const none = zeroPa === 0 ? 0 : (zeroPa >> shift) | LV1_TABLE;
  let done: u32 = 0;
  let left: u32 = 0;
  let misses: u32 = 0;
  while (left === 0 && done < pages) {
    const first = iova + (done << 12);
    const index = lv1Index(first);
    let pa1 = domain.l1Pa + (index << 2);
    let set = (pa1 >> LINE_SHIFT) & (sets - 1);
    let way = Search.way4(tags, set, (pa1 & ~EDGE) | 1);
    if (way === NO_WAY) break;
    const word = load<u32>(data + ((<usize>(way * sets + set)) << LINE_SHIFT) + (pa1 & EDGE));
    if ((word & 3) !== LV1_TABLE || word === none) break;
    // tableOf, with the shift at hand
    pa1 = (shift === 0 ? word & 0xfffffc00 : (word & 0xffffffc0) << 4) + (lv2Index(first) << 2);
    const home = pa1 & ~EDGE;
    set = (home >> LINE_SHIFT) & (sets - 1);
    way = Search.way4(tags, set, home | 1);
    if (way === NO_WAY && (list !== 0 || !inDram(home, LINE_BYTES))) break;
    const line = (pa1 - base) >> LINE_SHIFT;
    const marks = masks + ((<usize>(line >> 7)) << 6) + ((<usize>((line >> 6) & 1)) << 3);
    if ((((load<u64>(marks, L1_DIRTY) | load<u64>(marks, L2_DIRTY)) >> (line & 63)) & 1) !== 0) break;
    const offset = <usize>(pa1 & EDGE);
    let memory = DRAM + <usize>(pa1 - base);
    const sets2 = outer.sets;
    const set2 = (home >> LINE_SHIFT) & (sets2 - 1);
    let near: usize;
    let most = min<u32>(pages - done, (LINE_BYTES - <u32>offset) >> 2);
    if (way !== NO_WAY) near = data + ((<usize>(way * sets + set)) << LINE_SHIFT) + offset;
    else {
      // The line comes in for this slot alone, and only if the slot, looked at where it is, will do.
      way = Search.way16(<usize>outer.tags, set2, home | 1);
      const held = <usize>outer.data + ((<usize>(way * sets2 + set2)) << LINE_SHIFT) + offset;
      const old = load<u32>(way === NO_WAY ? memory : held);
      if (bits === 0 ? (old & 2) === 0 : (old & 3) !== 0) break;
      if (bits !== 0 && ((first | pa) & LARGE_EDGE) === 0 && pages - done >= LARGE_PAGES) break;
      near = innerMiss(home) + offset;
      most = 1;
      misses++;
    }
    way = Search.way16(<usize>outer.tags, set2, home | 1);
    if (way === NO_WAY) break;
    let far = <usize>outer.data + ((<usize>(way * sets2 + set2)) << LINE_SHIFT) + offset;
    left = most;
    do {
      const old = load<u32>(near);
      let entry: u32 = 0;
      if (bits === 0) {
        if ((old & 2) === 0) break;
      } else {
        if ((old & 3) !== 0) break;
        if (list === 0) {
          if ((((iova + (done << 12)) | pa) & LARGE_EDGE) === 0 && pages - done >= LARGE_PAGES) break;
        } else {
          pa = load<u32>(list);
          if ((load<u32>(list, 4) | (pa & 4095)) !== 0 || load<u32>(list, 8) !== 4096) break;
          if (sync && !coldRange(pa, 4096, dir === DMA_FROM_DEVICE)) break;
          list += SG_BYTES;
        }
        entry = (pa >> shift) | bits;
        pa += 4096;
      }
      store<u32>(near, entry);
      store<u32>(far, entry);
      store<u32>(memory, entry);
      near += 4;
      far += 4;
      memory += 4;
      done++;
    } while (--left !== 0);
    const changed = <i32>(most - left);
    setFreeEntries(domain, index, freeEntries(domain, index) + (bits === 0 ? changed : -changed));
  }
  if (done !== 0) {
    countAdd(COUNT_L1 + CACHE_HITS, (done << 1) - misses);
    countStoresCleaned(done, CONTEXT_TABLE);
    countAdd(COUNT_TABLE_SYNCS, done);
    countAdd(bits === 0 ? COUNT_UNMAP_SMALL : COUNT_MAP_SMALL, done);
  }
  return done;
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
  return plain() ? slots(domainOf(d), iova, pages, smallBits(prot), pa, list, sync, dir) : 0;
}

/** Unmaps up to `pages` pages from `iova` on as long as they are small ones; returns how many. */
export function quickUnmap(d: u32, iova: u32, pages: u32): u32 {
  const domain = domainOf(d);
  if (!plain() || !quiet(domain)) return 0;
  const done = slots(domain, iova, pages, 0, 0, 0, false, 0);
  if (done !== 0) flush(domain, iova, done);
  return done;
}
