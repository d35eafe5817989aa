// The ways into a System MMU for a bus master: one address, a range (an array: batch.ts).
//
//   CTRL   enable=0            pass, PA = VA (or what the device's bus makes of it: dma/access.ts)
//          block in effect     held
//          INT_STATUS != 0     held (a channel without a held transaction is looked up first,
//                              so that a read and a write can be at fault together)
//          else                lookup
//
// A second access to the page that the first level just answered cleanly finds the
// same entry and changes nothing but the counts, so the bursts of a range need one search a page.
//
// One address has a short way where the first level has 8 ways, no second one follows, and nothing
// is held or buffered; it must do what `generally` does.
//
// Not modelled: outstanding transactions beyond one read and one write; order
// between channels.

import {
  ACCESS_COHERENT,
  ACCESS_NONE,
  NO_PA,
  STOP_BLOCKED,
  STOP_BUS_ERROR,
  STOP_FAULT,
  STOP_NONE,
  STOP_STALLED,
  SYSCOUNT_BYPASS,
  SYSCOUNT_EVICTIONS,
  SYSCOUNT_HELD,
  SYSCOUNT_HITS,
  SYSCOUNT_LOOKUPS,
} from "../abi";
import { busRead, busWrite, snoopRead, snoopWrite } from "../cache/index";
import { inDram } from "../dram";
import { MASK_SMALL } from "../pagetable/walk";
import { Fill } from "../tlb/fill";
import { ownerAt } from "../tlb/owner";
import {
  DATA_FAULT,
  DATA_PAGE,
  DATA_STALE,
  FIND_MISS,
  FIND_MULTI,
  NO_DATA,
  TICK_LAST,
  TLB_HEADER,
  Tlb,
  tlbColumn,
  tlbSet,
} from "../tlb/tlb";
import { bufferedLookup, resolve } from "./buffers";
import { hold } from "./fault";
import { blocked, CFG_LRU, CTRL_BLOCK, CTRL_ENABLE, Sysmmu, sysmmuCount, sysmmuOf } from "./instance";
import { denied, found } from "./lookup";
import { countRefills, Refill, refillable } from "./refill";

/** Answers of `gate`: look up, pass untranslated, held. */
export const GATE_OPEN: u32 = 0;
export const GATE_PASS: u32 = 1;
export const GATE_HELD: u32 = 2;

/** 1 while instance `index` keeps what it holds: blocked, or a fault not cleared; else 0. */
export function sysmmuHolds(index: u32): u32 {
  const mmu = sysmmuOf(index);
  if (blocked(mmu)) return 1;
  if ((mmu.ctrl & CTRL_ENABLE) === 0) return 0;
  return mmu.intStatus !== 0 ? 1 : 0;
}

/** What CTRL and INT_STATUS let an access do; sets mmu.stop when it is held. */
export function gate(mmu: Sysmmu, va: u32, write: u32): u32 {
  mmu.stop = STOP_NONE;
  if (blocked(mmu)) {
    mmu.stop = STOP_BLOCKED;
  } else if ((mmu.ctrl & CTRL_ENABLE) === 0) {
    // What was held on this channel goes through as it is.
    if (write !== 0) mmu.heldWrite = 0;
    else mmu.heldRead = 0;
    return GATE_PASS;
  } else if (mmu.intStatus === 0) {
    return GATE_OPEN;
  } else if ((write !== 0 ? mmu.heldWrite : mmu.heldRead) === 0) {
    const fault = resolve(mmu, va, write) === NO_DATA;
    hold(mmu, va, write);
    mmu.stop = fault ? STOP_FAULT : STOP_STALLED;
    if (fault) return GATE_HELD;
  } else {
    mmu.stop = STOP_STALLED;
  }
  sysmmuCount(mmu, SYSCOUNT_HELD + write, 1);
  return GATE_HELD;
}

function address(mmu: Sysmmu, data: u32, va: u32): u32 {
  mmu.paHigh = data >> 28;
  return ((data & DATA_PAGE) << 4) | (va & ~mmu.mask);
}

// A miss of an 8-way level without a second one, as the loop of batch.ts takes it; else as `found`.
function missed8(mmu: Sysmmu, l1: usize, set: usize, va: u32, write: u32): u32 {
  const tick = load<u32>(l1, 16);
  const data = tick !== TICK_LAST && refillable(mmu) ? Refill.walk(mmu, va, guarded(mmu, write)) : NO_DATA;
  if (data === NO_DATA) return found(mmu, FIND_MISS, va, write);
  const owner = mmu.space !== 0 ? ownerAt(mmu, va) : 0;
  const taken = Fill.victim(<u32>l1, set, 32, (mmu.cfg & CFG_LRU) !== 0);
  Fill.put(taken & ~1, 32, va & MASK_SMALL, MASK_SMALL, data, owner, tick + 1);
  store<u32>(l1, tick + 1, 16);
  sysmmuCount(mmu, SYSCOUNT_EVICTIONS, taken & 1);
  countRefills(mmu, write, 1);
  mmu.mask = MASK_SMALL;
  return data;
}

// What `data` of a lookup says about `va`: as sysmmuTranslate.
function answer(mmu: Sysmmu, data: u32, va: u32): u32 {
  if (data !== NO_DATA) return address(mmu, data, va);
  mmu.stop = STOP_FAULT;
  return 0xffffffff;
}

// Any System MMU in any state.
function generally(mmu: Sysmmu, va: u32, write: u32): u32 {
  const state = gate(mmu, va, write);
  if (state === GATE_HELD) return 0xffffffff;
  if (state === GATE_PASS) {
    sysmmuCount(mmu, SYSCOUNT_BYPASS + write, 1);
    mmu.paHigh = 0;
    return va;
  }
  if (mmu.buffers !== 0) return answer(mmu, resolve(mmu, va, write), va);
  const l1 = mmu.l1;
  const column = tlbColumn(l1);
  const entry = Tlb.find(tlbSet(l1, va), column, va);
  let data: u32 = 0;
  if (entry <= FIND_MULTI || ((data = load<u32>(entry + column * 2)) & guarded(mmu, write)) !== 0) {
    return answer(mmu, found(mmu, entry, va, write), va);
  }
  Tlb.touch(l1, column, entry);
  countHits(mmu, write, 1);
  mmu.mask = load<u32>(entry + column);
  return address(mmu, data, va);
}

/**
 * Physical address of `va` for a read (`write` 0) or write (1) by the master of instance
 * `index`, low 32 bits; 0xffffffff when the access is held: sysmmuStop says why.
 */
export function sysmmuTranslate(index: u32, va: u32, write: u32): u32 {
  const mmu = sysmmuOf(index);
  const l1 = <usize>mmu.l1;
  // One branch for all that is not the short way: 8 ways alone, translating, nothing held.
  const odd = ((mmu.ctrl & (CTRL_ENABLE | CTRL_BLOCK)) ^ CTRL_ENABLE) | mmu.intStatus | mmu.buffers | mmu.l2;
  if ((odd | (load<u32>(l1, 8) ^ 8)) !== 0) return generally(mmu, va, write);
  mmu.stop = STOP_NONE;
  const set = l1 + TLB_HEADER + ((va >> 12) & load<u32>(l1)) * 192;
  const bits = Tlb.twice8(set, set + 32, i32x4.splat(<i32>va));
  if (bits === 0) return answer(mmu, missed8(mmu, l1, set, va, write), va);
  const entry = set + ((<usize>ctz<i32>(bits)) << 1);
  const data = load<u32>(entry, 64);
  const tick = load<u32>(l1, 16);
  if ((data & guarded(mmu, write)) !== 0 || popcnt<i32>(bits) !== 2 || tick === TICK_LAST) {
    return generally(mmu, va, write);
  }
  if (load<u32>(entry, 128) !== tick) {
    store<u32>(entry, tick + 1, 128);
    store<u32>(l1, tick + 1, 16);
  }
  countHits(mmu, write, 1);
  const mask = load<u32>(entry, 32);
  mmu.mask = mask;
  mmu.paHigh = data >> 28;
  return ((data & DATA_PAGE) << 4) | (va & ~mask);
}

/** Why the last access of instance `index` stopped: STOP_* of abi.ts. */
export function sysmmuStop(index: u32): u32 {
  return sysmmuOf(index).stop;
}

/** Bits 35:32 of the last physical address (version 5; else 0). */
export function sysmmuPaHigh(index: u32): u32 {
  return sysmmuOf(index).paHigh;
}

/** Flags that a first-level hit must not have to be taken without a call. */
export function guarded(mmu: Sysmmu, write: u32): u32 {
  return DATA_FAULT | DATA_STALE | denied(mmu, write);
}

/** Counts `n` lookups that hit. */
export function countHits(mmu: Sysmmu, write: u32, n: u64): void {
  sysmmuCount(mmu, SYSCOUNT_HITS + write, n);
  sysmmuCount(mmu, SYSCOUNT_LOOKUPS + write, n);
}

// Bursts of [va, end) within one page; a burst ends at a multiple of `burst`.
function bursts(va: u32, last: u32, burst: u32): u32 {
  return (last & ~(burst - 1)) === (va & ~(burst - 1))
    ? 1
    : ((last & ~(burst - 1)) - (va & ~(burst - 1))) / burst + 1;
}

function move(mmu: Sysmmu, pa: u32, bytes: u32, write: u32, op: u32, at: usize): bool {
  if (mmu.paHigh !== 0 || !inDram(pa, bytes)) return false;
  if (op === ACCESS_NONE) return true;
  if (op === ACCESS_COHERENT)
    return (write !== 0 ? snoopWrite(pa, bytes, at) : snoopRead(pa, bytes, at)) !== 0;
  return (write !== 0 ? busWrite(pa, bytes, at) : busRead(pa, bytes, at)) !== 0;
}

// lookupPage with prefetch buffers: every burst asks them.
function lookupSlowly(mmu: Sysmmu, va: u32, last: u32, burst: u32, write: u32): u32 {
  let at = va;
  do {
    const data = bufferedLookup(mmu, at, write);
    if (data === NO_DATA) {
      mmu.stop = STOP_FAULT;
      return at - va;
    }
    if (at === va) mmu.paPage = address(mmu, data, va);
    at = (at & ~(burst - 1)) + burst;
  } while (at <= last && at !== 0);
  return last - va + 1;
}

// Looks up the bursts of [va, last] (one page); returns the bytes that may pass and leaves the
// physical address of `va` in mmu.paPage.
function lookupPage(mmu: Sysmmu, va: u32, last: u32, burst: u32, write: u32): u32 {
  if (mmu.buffers !== 0) return lookupSlowly(mmu, va, last, burst, write);
  const l1 = mmu.l1;
  const column = tlbColumn(l1);
  const set = <usize>l1 + TLB_HEADER + ((va >> 12) & load<u32>(<usize>l1)) * load<u32>(<usize>l1, 20);
  const guard = guarded(mmu, write);
  let at = va;
  while (true) {
    const entry = Tlb.find(set, column, at);
    let data: u32 = 0;
    if (entry > FIND_MULTI && ((data = load<u32>(entry + column * 2)) & guard) === 0) {
      Tlb.touch(l1, column, entry);
      countHits(mmu, write, bursts(at, last, burst));
      mmu.mask = load<u32>(entry + column);
      if (at === va) mmu.paPage = address(mmu, data, va);
      return last - va + 1;
    }
    data = found(mmu, entry, at, write);
    if (data === NO_DATA) {
      mmu.stop = STOP_FAULT;
      return at - va;
    }
    if (at === va) mmu.paPage = address(mmu, data, va);
    at = (at & ~(burst - 1)) + burst;
    if (at > last || at === 0) break;
  }
  return last - va + 1;
}

/**
 * The master of instance `index` reads (`write` 0) or writes (1) `bytes` from `va` in bursts of
 * `burst` bytes (a power of two up to 4096, aligned). `op` says what happens to the bytes
 * (ACCESS_*), which lie at linear memory `buffer`. Returns the bytes done; less than `bytes` when
 * a burst was held or met no memory (sysmmuStop). Presenting the rest again is the retry.
 */
export function sysmmuAccess(
  index: u32,
  va: u32,
  bytes: u32,
  burst: u32,
  write: u32,
  op: u32,
  buffer: usize,
): u32 {
  const mmu = sysmmuOf(index);
  let done: u32 = 0;
  if (bytes === 0) {
    mmu.stop = STOP_NONE;
    return 0;
  }
  const state = gate(mmu, va, write);
  if (state === GATE_HELD) return 0;
  while (done < bytes) {
    const at = va + done;
    const size = min<u32>(0x1000 - (at & 0xfff), bytes - done);
    let passed = size;
    if (state === GATE_PASS) {
      sysmmuCount(mmu, SYSCOUNT_BYPASS + write, bursts(at, at + size - 1, burst));
      mmu.paPage = at;
      mmu.paHigh = 0;
    } else {
      passed = lookupPage(mmu, at, at + size - 1, burst, write);
    }
    if (passed !== 0 && !move(mmu, mmu.paPage, passed, write, op, buffer + done)) {
      mmu.stop = STOP_BUS_ERROR;
      return done;
    }
    done += passed;
    if (passed < size) return done;
  }
  return done;
}

/** True when the System MMU is off and not blocked: accesses go through untranslated. */
export function sysmmuPasses(index: u32): bool {
  const mmu = sysmmuOf(index);
  return (mmu.ctrl & CTRL_ENABLE) === 0 && !blocked(mmu);
}

/**
 * sysmmuAccess within one page where `sysmmuPasses`, with `pa` for what the bus behind makes of `va`; NO_PA for
 * nowhere. Returns `bytes` or 0 (STOP_BUS_ERROR).
 */
export function sysmmuPass(
  index: u32,
  va: u32,
  pa: u32,
  bytes: u32,
  burst: u32,
  write: u32,
  op: u32,
  buffer: usize,
): u32 {
  const mmu = sysmmuOf(index);
  gate(mmu, va, write);
  sysmmuCount(mmu, SYSCOUNT_BYPASS + write, bursts(va, va + bytes - 1, burst));
  mmu.paPage = pa;
  mmu.paHigh = 0;
  if (pa !== NO_PA && move(mmu, pa, bytes, write, op, buffer)) return bytes;
  mmu.stop = STOP_BUS_ERROR;
  return 0;
}
