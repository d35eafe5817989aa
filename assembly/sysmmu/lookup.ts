// One lookup, from the TLB levels to the tables, with every counter and effect
// (spec/sysmmu-hardware 3.5, 3.6). The hot loops of translate.ts handle a clean
// hit of the first level themselves and come here for everything else.
//
//   L1 --miss--> L2 --miss--> FLPD --miss--> level 1 --> level 2 --> permission --> fill
//
// 3.x keeps faults as entries and takes the descriptors around a missing one with
// it; entries made so answer until something flushes them, as the real ones do.
//
// Accesses in the window of a modelled prefetch buffer come through buffers.ts first.
//
// Not modelled: hits under misses.

import {
  FAULT_KIND_TLB,
  FAULT_KIND_WALK,
  SYSCOUNT_DESCRIPTOR_READS,
  SYSCOUNT_FLPD_EVICTIONS,
  SYSCOUNT_FLPD_FILLS,
  SYSCOUNT_FLPD_HITS,
  SYSCOUNT_FLPD_MISSES,
  SYSCOUNT_FLPD_PREFETCH_MISSES,
  SYSCOUNT_FLPD_STALE,
  SYSCOUNT_HITS,
  SYSCOUNT_L1_MISSES,
  SYSCOUNT_LOOKUPS,
  SYSCOUNT_MISSES,
  SYSCOUNT_SMALL_TABLE_WALKS,
  SYSCOUNT_WALKS,
} from "../abi";
import { hostOf } from "../dram";
import {
  lv1AddressOf,
  lv1Data,
  lv1IsFault,
  lv1IsTable,
  lv1Readable,
  lv2Data,
  lv2Locate,
  MASK_SMALL,
} from "../pagetable/walk";
import { tlbFill } from "../tlb/fill";
import {
  flpdFind,
  flpdIsDead,
  flpdLive,
  flpdMakeLine,
  flpdOwner,
  flpdPut,
  flpdSpan,
  flpdTouch,
  flpdWord,
} from "../tlb/flpd";
import { ownerAt } from "../tlb/owner";
import { staleUse, staleWalk } from "../tlb/stale";
import {
  DATA_FAULT,
  DATA_STALE,
  FIND_MISS,
  FIND_MULTI,
  NO_DATA,
  tlbColumn,
  tlbFind,
  tlbTouch,
} from "../tlb/tlb";
import { CAUSE_ACCESS, CAUSE_BUS_ERROR, CAUSE_MULTI_HIT, CAUSE_PAGE, raise } from "./fault";
import { CFG_EAP, CFG_FLPD, CFG_LRU, CFG_SMALL_LV1, Sysmmu, sysmmuCount } from "./instance";
import { Refill, refillable } from "./refill";

/** Data-word flags that forbid this access. */
export function denied(mmu: Sysmmu, write: u32): u32 {
  // CFG.EAP has the place of DATA_NO_READ, and DATA_NO_WRITE is the next.
  return (mmu.cfg & CFG_EAP) << (write & 1);
}

/** Looks `va` up: the data word with mmu.mask set, or NO_DATA when a fault was raised. */
export function lookup(mmu: Sysmmu, va: u32, write: u32): u32 {
  return found(mmu, tlbFind(mmu.l1, va), va, write);
}

/** The lookup of `va` after `Tlb.find` has searched the first level and found `first`. */
export function found(mmu: Sysmmu, first: usize, va: u32, write: u32): u32 {
  sysmmuCount(mmu, SYSCOUNT_LOOKUPS + write, 1);
  if (first !== FIND_MISS) return hit(mmu, mmu.l1, first, va, write);
  sysmmuCount(mmu, SYSCOUNT_L1_MISSES + write, 1);
  const l2 = mmu.l2;
  if (l2 !== 0) {
    const second = tlbFind(l2, va);
    if (second !== FIND_MISS) {
      const data = hit(mmu, l2, second, va, write);
      if (second !== FIND_MULTI) copyUp(mmu, second, va);
      return data;
    }
  }
  sysmmuCount(mmu, SYSCOUNT_MISSES + write, 1);
  const data = refillable(mmu) ? Refill.walk(mmu, va, denied(mmu, write)) : NO_DATA;
  if (data === NO_DATA) return walk(mmu, va, write);
  sysmmuCount(mmu, SYSCOUNT_WALKS, 1);
  sysmmuCount(mmu, SYSCOUNT_DESCRIPTOR_READS, 2);
  mmu.mask = MASK_SMALL;
  fill(mmu, va, MASK_SMALL, data, ownerAt(mmu, va));
  return data;
}

function copyUp(mmu: Sysmmu, entry: usize, va: u32): void {
  const column = tlbColumn(mmu.l2);
  const mask = load<u32>(entry + column);
  const data = load<u32>(entry + column * 2);
  const owner = load<u32>(entry + column * 3);
  tlbFill(mmu, mmu.l1, va, mask, data, owner, (mmu.cfg & CFG_LRU) !== 0);
  mmu.mask = mask;
}

/** A lookup that `entry` of `tlb` answers (FIND_MULTI: several do): as `lookup`. */
export function hit(mmu: Sysmmu, tlb: u32, entry: usize, va: u32, write: u32): u32 {
  sysmmuCount(mmu, SYSCOUNT_HITS + write, 1);
  if (entry === FIND_MULTI) return raise(mmu, CAUSE_MULTI_HIT, va, write, FAULT_KIND_TLB, 0, 0);
  const column = tlbColumn(tlb);
  tlbTouch(tlb, entry);
  const data = load<u32>(entry + column * 2);
  if ((data & DATA_STALE) !== 0) staleUse(mmu, entry, column, va, write);
  const owner = load<u32>(entry + column * 3);
  if ((data & DATA_FAULT) !== 0) return raise(mmu, CAUSE_PAGE, va, write, FAULT_KIND_TLB, owner, data);
  if ((data & denied(mmu, write)) !== 0) {
    return raise(mmu, CAUSE_ACCESS, va, write, FAULT_KIND_TLB, owner, data);
  }
  mmu.mask = load<u32>(entry + column);
  return data;
}

// 3.x is the family that caches faults.
function cachesFaults(mmu: Sysmmu): bool {
  return mmu.generation >> 4 === 3;
}

function readLv1(mmu: Sysmmu, va: u32): bool {
  if (!lv1Readable(mmu, va)) return false;
  sysmmuCount(mmu, SYSCOUNT_DESCRIPTOR_READS, 1);
  mmu.lv1 = load<u32>(hostOf(mmu.lv1Address));
  return true;
}

/** Answers of `fetchLv1` that are no line. */
const LV1_NONE: usize = 0;
const LV1_FRESH: usize = 1;

// The level-1 descriptor of `va` through the FLPD cache, to mmu.lv1: LV1_NONE when memory does not answer,
// else LV1_FRESH, or the line that has it when its mapping is gone. Misses count as `missed` + write.
function fetchLv1(mmu: Sysmmu, va: u32, write: u32, missed: u32): usize {
  const flpd = mmu.flpd;
  mmu.lv1Address = lv1AddressOf(mmu, va);
  mmu.lv1 = 0;
  mmu.lv2Address = 0xffffffff;
  mmu.lv2 = 0;
  if (flpd === 0 || (mmu.cfg & CFG_FLPD) === 0) return readLv1(mmu, va) ? LV1_FRESH : LV1_NONE;
  const index = va >> 20;
  const held = flpdFind(flpd, index);
  if (held !== 0) {
    sysmmuCount(mmu, SYSCOUNT_FLPD_HITS + write, 1);
    flpdTouch(flpd, held);
    mmu.lv1 = flpdWord(held, index);
    if (!lv1Readable(mmu, va) || load<u32>(hostOf(mmu.lv1Address)) !== mmu.lv1) {
      sysmmuCount(mmu, SYSCOUNT_FLPD_STALE, 1);
    }
    return flpdIsDead(held, index) ? held : LV1_FRESH;
  }
  sysmmuCount(mmu, missed + write, 1);
  if (!readLv1(mmu, va)) return LV1_NONE;
  const span = flpdSpan(flpd);
  if (span === 1 && lv1IsFault(mmu, mmu.lv1)) return LV1_FRESH;
  const before = flpdLive(flpd);
  const line = flpdMakeLine(flpd, index);
  sysmmuCount(mmu, SYSCOUNT_FLPD_EVICTIONS, before - flpdLive(flpd));
  // The rest of the line comes along unasked.
  for (let i: u32 = 0; i < span; i++) {
    const other = (index & ~(span - 1)) + i;
    const value = load<u32>(hostOf(lv1AddressOf(mmu, other << 20)));
    if (!flpdPut(flpd, line, other, value)) continue;
    sysmmuCount(mmu, SYSCOUNT_FLPD_FILLS, 1);
    if (other !== index) sysmmuCount(mmu, SYSCOUNT_DESCRIPTOR_READS, 1);
  }
  flpdTouch(flpd, line);
  return LV1_FRESH;
}

function fill(mmu: Sysmmu, va: u32, mask: u32, data: u32, owner: u32): void {
  const lru = (mmu.cfg & CFG_LRU) !== 0;
  if (mmu.l2 !== 0) tlbFill(mmu, mmu.l2, va, mask, data, owner, lru);
  tlbFill(mmu, mmu.l1, va, mask, data, owner, lru);
}

// The other descriptors of the block that a 3.x walk fetches with the one for `va`.
function fillAround(mmu: Sysmmu, va: u32): void {
  const tlb = mmu.l2 !== 0 ? mmu.l2 : mmu.l1;
  const lru = (mmu.cfg & CFG_LRU) !== 0;
  const span = mmu.fetch << 12;
  const demandMask = mmu.mask;
  const start = va & ~(span - 1);
  for (let i: u32 = 0; i < mmu.fetch; i++) {
    const page = start + (i << 12);
    if (page === (va & MASK_SMALL)) continue;
    sysmmuCount(mmu, SYSCOUNT_DESCRIPTOR_READS, 1);
    // Copies of the descriptor of a large page would make entries that answer twice.
    if ((page & demandMask) === (va & demandMask)) continue;
    if (tlbFind(tlb, page) !== FIND_MISS) continue;
    const data = lv2Data(
      mmu,
      load<u32>(hostOf(mmu.lv2Address & ~((mmu.fetch << 2) - 1)) + ((<usize>i) << 2)),
    );
    if ((data & DATA_FAULT) !== 0 && !cachesFaults(mmu)) continue;
    tlbFill(mmu, tlb, page, mmu.mask, data, ownerAt(mmu, page), lru);
  }
  mmu.mask = demandMask;
}

function walk(mmu: Sysmmu, va: u32, write: u32): u32 {
  sysmmuCount(mmu, SYSCOUNT_WALKS, 1);
  if ((mmu.cfg & CFG_SMALL_LV1) !== 0) sysmmuCount(mmu, SYSCOUNT_SMALL_TABLE_WALKS, 1);
  const from = fetchLv1(mmu, va, write, SYSCOUNT_FLPD_MISSES);
  if (from === LV1_NONE) return raise(mmu, CAUSE_BUS_ERROR, va, write, FAULT_KIND_WALK, 0, 0);
  let data: u32;
  let owner: u32 = 0;
  const table = lv1IsTable(mmu.lv1);
  if (table) {
    if (!lv2Locate(mmu, mmu.lv1, va)) {
      return raise(mmu, CAUSE_BUS_ERROR, va, write, FAULT_KIND_WALK, 0, 0);
    }
    sysmmuCount(mmu, SYSCOUNT_DESCRIPTOR_READS, 1);
    mmu.lv2 = load<u32>(hostOf(mmu.lv2Address));
    data = lv2Data(mmu, mmu.lv2);
  } else {
    data = lv1Data(mmu, mmu.lv1);
  }
  const dead = from !== LV1_FRESH;
  if (dead) {
    owner = flpdOwner(from, va >> 20);
    data = staleWalk(mmu, data, owner, va, write);
  }
  if ((data & denied(mmu, write)) !== 0) {
    return raise(mmu, CAUSE_ACCESS, va, write, dead ? FAULT_KIND_TLB : FAULT_KIND_WALK, owner, data);
  }
  const fault = (data & DATA_FAULT) !== 0;
  if (!fault || cachesFaults(mmu)) {
    if (table && mmu.fetch > 1) fillAround(mmu, va);
    fill(mmu, va, mmu.mask, data, dead ? owner : ownerAt(mmu, va));
  }
  if (fault) return raise(mmu, CAUSE_PAGE, va, write, FAULT_KIND_WALK, 0, 0);
  return data;
}

/**
 * Reads the level-1 descriptor of `va` for a prefetch buffer, to mmu.lv1, and the address of the level-2
 * descriptor if there is one, to mmu.lv2Address; no fault comes of it. 0 when there is nothing to load; 1;
 * or the line of the descriptor cache that has it when its mapping is gone.
 */
export function prefetchLv1(mmu: Sysmmu, va: u32, write: u32): usize {
  const from = fetchLv1(mmu, va, write, SYSCOUNT_FLPD_PREFETCH_MISSES);
  if (from === LV1_NONE) return 0;
  if (lv1IsTable(mmu.lv1)) return lv2Locate(mmu, mmu.lv1, va) ? from : 0;
  return lv1IsFault(mmu, mmu.lv1) ? 0 : from;
}
