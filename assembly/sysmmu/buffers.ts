// Prefetch buffers of 3.x as caches that run ahead of a stream: a model that is off until
// `sysmmuSetBuffers` (spec/sysmmu-hardware 1.1, 1.3, 4; sources give registers and event names, the rules are ours).
//
//   buffer      a window [start, end] of IO addresses and two sub-buffers
//   sub-buffer  the translations of one aligned block of 16 pages (64 KiB), 4 KiB each
//
//   3.0/3.1  two, PB0 and PB1, with CFG[29:28] = 2; with 3 PB0 alone has all four sub-buffers; else none
//   3.2      three, on by CFG[18:16]; CFG.21 gives PB0 those of PB1, CFG.19 those of PB1 and PB2
//   3.3      PB_INFO of them less what PB_LMM takes, each by PB_CFG: bit 0 on, bit 4 serves writes
//            (else reads), bit 8 runs ahead, bit 12 upwards (else downwards); earlier ones all do, upwards
//
// The first buffer that is on and has the address in its window is asked before the TLB. It answers as
// an entry of the TLB would (permissions, dead mappings). If it cannot, the TLB and the tables do, and
// the buffer then loads the block into the sub-buffer used longest ago. Either way it loads the next
// block if it has not got it. It keeps valid translations of its window only, never a fault; loading
// raises no fault. FLUSH empties all, FLUSH_ENTRY drops the page's; windows may change without either.
//
//   block   0 sub-buffers (12)   4 buffers of 3.3   8 u64 tick   16 address of each sub-buffer
//   sub     a TLB level of 1 x 16 (tlb.ts), slot = page in the block; in its header:
//           32 va >> 16 of the block, or EMPTY    40 u64 tick of the last use
//
// Not modelled: PB_CFG.16 (the TLB is always updated), blocking while a load runs, buffers of 5.x.

import {
  SYSCOUNT_DESCRIPTOR_READS,
  SYSCOUNT_EVICTIONS,
  SYSCOUNT_FILLS,
  SYSCOUNT_LOOKUPS,
  SYSCOUNT_PB_LOADS,
  SYSCOUNT_PB_LOOKUPS,
  SYSCOUNT_PB_MISSES,
  SYSMMU_V3_1,
  SYSMMU_V3_2,
} from "../abi";
import { arenaAlloc } from "../arena";
import { hostOf } from "../dram";
import { lv1Data, lv1IsTable, lv2Data } from "../pagetable/walk";
import { Fill, tlbFlushAll, tlbFlushEntry, tlbMarkStale } from "../tlb/fill";
import { flpdOwner } from "../tlb/flpd";
import { ownerAt } from "../tlb/owner";
import { DATA_FAULT, DATA_STALE, NO_DATA, TLB_HEADER, tlbCreate } from "../tlb/tlb";
import { FILE_BANKS, Sysmmu, sysmmuCount } from "./instance";
import { hit, lookup, prefetchLv1 } from "./lookup";
import { regWord } from "./registers";

const SUBS: u32 = 12;
const PAGES: u32 = 16;
const COLUMN: u32 = 64;
const EMPTY: u32 = 0xffffffff;
const NONE: u32 = 0xffffffff;
/** Buffers of 3.3 where nobody says. */
const BUFFERS: u32 = 3;

/** The block of an instance's buffers, or 0 when memory is exhausted; `count` as sysmmuSetBuffers. */
export function buffersCreate(count: u32): u32 {
  const block = arenaAlloc(128);
  if (block === 0) return 0;
  store<u32>(block, SUBS);
  store<u32>(block, count === 4 || count === 6 ? count : BUFFERS, 4);
  for (let s: u32 = 0; s < SUBS; s++) {
    const sub = <usize>tlbCreate(1, PAGES);
    if (sub === 0) return 0;
    store<u32>(sub, EMPTY, 32);
    store<u32>(block + ((<usize>s) << 2), <u32>sub, 16);
  }
  return <u32>block;
}

/** What PB_INFO of 3.3 reads. */
export function buffersCount(mmu: Sysmmu): u32 {
  return mmu.buffers === 0 ? BUFFERS : load<u32>(<usize>mmu.buffers, 4);
}

function subAt(mmu: Sysmmu, s: u32): usize {
  return <usize>load<u32>(<usize>mmu.buffers + ((<usize>s) << 2), 16);
}

// Buffers of 3.3 that PB_LMM leaves: {3: 3,2} {4: 4,3,2,1} {6: 6,5,4,3,3,2}.
function usable(mmu: Sysmmu): u32 {
  const all = regWord(mmu, 0x400);
  const lmm = regWord(mmu, 0x404);
  if (all === 3) return lmm === 0 ? 3 : 2;
  if (all === 4) return lmm < 3 ? 4 - lmm : 1;
  return lmm < 4 ? 6 - lmm : lmm === 4 ? 3 : 2;
}

// Register of 3.3 at `offset` for buffer `n`.
function banked(mmu: Sysmmu, n: u32, offset: u32): u32 {
  return load<u32>(<usize>mmu.file + FILE_BANKS + (n << 4) + (offset - 0x40c));
}

// Sub-buffers of buffer `n` as it is set now, 0 for a buffer that is off or another's.
function subsOf(mmu: Sysmmu, n: u32): u32 {
  const cfg = mmu.cfg;
  if (mmu.generation === SYSMMU_V3_1) {
    const mode = (cfg >> 28) & 3;
    if (n > 1 || mode < 2) return 0;
    return mode === 2 ? 2 : n === 0 ? 4 : 0;
  }
  if (mmu.generation === SYSMMU_V3_2) {
    if (n > 2 || ((cfg >> (16 + n)) & 1) === 0) return 0;
    const merged: u32 = (cfg & (1 << 19)) !== 0 ? 3 : (cfg & (1 << 21)) !== 0 ? 2 : 1;
    if (n === 0) return merged * 2;
    return n < merged ? 0 : 2;
  }
  return n < usable(mmu) && (banked(mmu, n, 0x40c) & 1) !== 0 ? 2 : 0;
}

function startOf(mmu: Sysmmu, n: u32): u32 {
  if (mmu.generation === SYSMMU_V3_1) return regWord(mmu, 0x4c + (n << 3));
  return mmu.generation === SYSMMU_V3_2 ? regWord(mmu, 0x70 + (n << 3)) : banked(mmu, n, 0x410);
}

function endOf(mmu: Sysmmu, n: u32): u32 {
  if (mmu.generation === SYSMMU_V3_1) return regWord(mmu, 0x50 + (n << 3));
  return mmu.generation === SYSMMU_V3_2 ? regWord(mmu, 0x74 + (n << 3)) : banked(mmu, n, 0x414);
}

// The settings of 3.3, or what stands for them.
function modeOf(mmu: Sysmmu, n: u32, write: u32): u32 {
  if (mmu.generation === SYSMMU_V3_1 || mmu.generation === SYSMMU_V3_2) return 0x1101 | (write << 4);
  return banked(mmu, n, 0x40c);
}

// Number of the buffer that an access is for, or NONE.
function bufferFor(mmu: Sysmmu, va: u32, write: u32): u32 {
  for (let n: u32 = 0; n < 6; n++) {
    if (subsOf(mmu, n) === 0 || va < startOf(mmu, n) || va > endOf(mmu, n)) continue;
    if (((modeOf(mmu, n, write) >> 4) & 1) === write) return n;
  }
  return NONE;
}

// The sub-buffer of `n` for block `block` (va >> 16), or 0.
function holding(mmu: Sysmmu, n: u32, block: u32): usize {
  for (let s = n * 2, end = s + subsOf(mmu, n); s < end; s++) {
    if (load<u32>(subAt(mmu, s), 32) === block) return subAt(mmu, s);
  }
  return 0;
}

// The entry for `va` in `sub`, 0 when it is empty.
function entryOf(sub: usize, va: u32): usize {
  const entry = sub + TLB_HEADER + (((va >> 12) & 15) << 2);
  return (load<u32>(entry) & 3) === 0 ? entry : 0;
}

function use(mmu: Sysmmu, sub: usize): void {
  const tick = load<u64>(<usize>mmu.buffers, 8) + 1;
  store<u64>(<usize>mmu.buffers, tick, 8);
  store<u64>(sub, tick, 40);
}

// The sub-buffer of `n` for `block`: the one that has it, else the one used longest ago, emptied.
function claim(mmu: Sysmmu, n: u32, block: u32): usize {
  const present = holding(mmu, n, block);
  if (present !== 0) return present;
  let oldest = subAt(mmu, n * 2);
  for (let s = n * 2 + 1, end = n * 2 + subsOf(mmu, n); s < end; s++) {
    const sub = subAt(mmu, s);
    if (load<u64>(sub, 40) < load<u64>(oldest, 40)) oldest = sub;
  }
  sysmmuCount(mmu, SYSCOUNT_EVICTIONS, load<u32>(oldest, 12));
  store<u32>(oldest, 0, 12);
  const set = oldest + TLB_HEADER;
  for (let i: u32 = 0; i < PAGES; i++) store<u32>(set + (i << 2), 1);
  store<u32>(oldest, block, 32);
  return oldest;
}

// Fills the empty slots of `block` that lie in the window of buffer `n`.
function loadBlock(mmu: Sysmmu, n: u32, block: u32, write: u32): void {
  const sub = claim(mmu, n, block);
  use(mmu, sub);
  sysmmuCount(mmu, SYSCOUNT_PB_LOADS, 1);
  const start = startOf(mmu, n) & 0xfffff000;
  const end = endOf(mmu, n);
  const from = prefetchLv1(mmu, block << 16, write);
  if (from === 0) return;
  const table = lv1IsTable(mmu.lv1);
  for (let i: u32 = 0; i < PAGES; i++) {
    const va = (block << 16) + (i << 12);
    if (va < start || va > end || entryOf(sub, va) !== 0) continue;
    let data: u32;
    if (table) {
      sysmmuCount(mmu, SYSCOUNT_DESCRIPTOR_READS, 1);
      data = lv2Data(mmu, load<u32>(hostOf(mmu.lv2Address) + ((<usize>i) << 2)));
      if ((data & DATA_FAULT) !== 0) continue;
    } else {
      data = lv1Data(mmu, mmu.lv1);
    }
    let owner = ownerAt(mmu, va);
    if (from !== 1) {
      owner = flpdOwner(from, va >> 20);
      data |= DATA_STALE;
    }
    Fill.put(sub + TLB_HEADER + ((<usize>i) << 2), COLUMN, va & mmu.mask, mmu.mask, data, owner, 0);
    store<u32>(sub, load<u32>(sub, 12) + 1, 12);
    sysmmuCount(mmu, SYSCOUNT_FILLS, 1);
  }
}

// Loads the block after (before) the one of `va` unless buffer `n` has it or it lies outside the window.
function runAhead(mmu: Sysmmu, n: u32, va: u32, write: u32): void {
  const mode = modeOf(mmu, n, write);
  if ((mode & 0x100) === 0) return;
  const up = (mode & 0x1000) !== 0;
  const block = va >> 16;
  if (block === (up ? 0xffff : 0)) return;
  const next = up ? block + 1 : block - 1;
  if (next < startOf(mmu, n) >> 16 || next > endOf(mmu, n) >> 16) return;
  if (holding(mmu, n, next) === 0) loadBlock(mmu, n, next, write);
}

/** A lookup through the buffers: as `lookup`, with mmu.buffers not 0. */
export function bufferedLookup(mmu: Sysmmu, va: u32, write: u32): u32 {
  const n = bufferFor(mmu, va, write);
  if (n === NONE) return lookup(mmu, va, write);
  sysmmuCount(mmu, SYSCOUNT_PB_LOOKUPS + write, 1);
  const sub = holding(mmu, n, va >> 16);
  const entry = sub !== 0 ? entryOf(sub, va) : 0;
  let data: u32;
  if (entry !== 0) {
    use(mmu, sub);
    sysmmuCount(mmu, SYSCOUNT_LOOKUPS + write, 1);
    data = hit(mmu, <u32>sub, entry, va, write);
  } else {
    sysmmuCount(mmu, SYSCOUNT_PB_MISSES + write, 1);
    data = lookup(mmu, va, write);
  }
  if (data === NO_DATA) return NO_DATA;
  const mask = mmu.mask;
  if (entry === 0) loadBlock(mmu, n, va >> 16, write);
  runAhead(mmu, n, va, write);
  mmu.mask = mask;
  return data;
}

/** `lookup`, through the buffers if they are modelled. */
export function resolve(mmu: Sysmmu, va: u32, write: u32): u32 {
  return mmu.buffers !== 0 ? bufferedLookup(mmu, va, write) : lookup(mmu, va, write);
}

/** True when a buffer would answer a read of `va` now. */
export function wouldServe(mmu: Sysmmu, va: u32): bool {
  if (mmu.buffers === 0) return false;
  const n = bufferFor(mmu, va, 0);
  if (n === NONE) return false;
  const sub = holding(mmu, n, va >> 16);
  return sub !== 0 && entryOf(sub, va) !== 0;
}

/** Empties every sub-buffer. */
export function buffersFlush(mmu: Sysmmu): void {
  if (mmu.buffers === 0) return;
  for (let s: u32 = 0; s < SUBS; s++) {
    const sub = subAt(mmu, s);
    tlbFlushAll(mmu, <u32>sub);
    store<u32>(sub, EMPTY, 32);
  }
}

/** Drops what the sub-buffers hold of the page, of any size, of `va`. */
export function buffersFlushEntry(mmu: Sysmmu, va: u32): void {
  if (mmu.buffers === 0) return;
  for (let s: u32 = 0; s < SUBS; s++) tlbFlushEntry(mmu, <u32>subAt(mmu, s), va, true);
}

/** Marks what the sub-buffers hold of [first, last] as left over from mapping `owner`. */
export function buffersMarkStale(mmu: Sysmmu, first: u32, last: u32, owner: u32): void {
  if (mmu.buffers === 0) return;
  for (let s: u32 = 0; s < SUBS; s++) tlbMarkStale(<u32>subAt(mmu, s), first, last, owner);
}

/** SPB_BASE_VPN: first page of the block that the sub-buffer named by PB_INDICATE holds; 0 for none. */
export function subBufferPage(mmu: Sysmmu): u32 {
  const named = regWord(mmu, 0x408);
  if (mmu.buffers === 0 || (named & 0xff) >= regWord(mmu, 0x400)) return 0;
  const block = load<u32>(subAt(mmu, (named & 0xff) * 2 + ((named >> 8) & 1)), 32);
  return block === EMPTY ? 0 : block << 4;
}
