// The ways into a System MMU for a bus master: one address, a range (an array: batch.ts).
//
//   CTRL   enable=0            pass, PA = VA
//          block in effect     held
//          INT_STATUS != 0     held (a channel without a held transaction is looked up first,
//                              so that a read and a write can be at fault together)
//          else                lookup
//
// A second access to the page that the first level just answered cleanly finds the
// same entry and changes nothing but the counts, so the bursts of a range need one search a page.
//
// Not modelled: outstanding transactions beyond one read and one write; order
// between channels.

import {
  ACCESS_COHERENT,
  ACCESS_NONE,
  STOP_BLOCKED,
  STOP_BUS_ERROR,
  STOP_FAULT,
  STOP_NONE,
  STOP_STALLED,
  SYSCOUNT_BYPASS,
  SYSCOUNT_HELD,
  SYSCOUNT_HITS,
  SYSCOUNT_LOOKUPS,
} from "../abi";
import { busRead, busWrite, snoopRead, snoopWrite } from "../cache/index";
import { inDram } from "../dram";
import {
  DATA_FAULT,
  DATA_PAGE,
  DATA_STALE,
  FIND_MULTI,
  NO_DATA,
  TLB_HEADER,
  Tlb,
  tlbColumn,
  tlbSet,
} from "../tlb/tlb";
import { bufferedLookup, resolve } from "./buffers";
import { hold } from "./fault";
import { blocked, CTRL_BLOCK, CTRL_ENABLE, SYSMMU_PLAIN, Sysmmu, sysmmuCount, sysmmuOf } from "./instance";
import { denied, found } from "./lookup";

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

/**
 * Physical address of `va` for a read (`write` 0) or write (1) by the master of instance
 * `index`, low 32 bits; 0xffffffff when the access is held: sysmmuStop says why.
 */
export function sysmmuTranslate(index: u32, va: u32, write: u32): u32 {
  const mmu = sysmmuOf(index);
  const plain = load<u64>(changetype<usize>(mmu), SYSMMU_PLAIN) === 0;
  if (plain && (mmu.ctrl & (CTRL_ENABLE | CTRL_BLOCK)) === CTRL_ENABLE) {
    mmu.stop = STOP_NONE;
    const l1 = mmu.l1;
    const column = tlbColumn(l1);
    const entry = Tlb.find(tlbSet(l1, va), column, va);
    let data: u32 = 0;
    if (entry > FIND_MULTI && ((data = load<u32>(entry + column * 2)) & guarded(mmu, write)) === 0) {
      Tlb.touch(l1, column, entry);
      countHits(mmu, write, 1);
      mmu.mask = load<u32>(entry + column);
      return address(mmu, data, va);
    }
    data = found(mmu, entry, va, write);
    if (data !== NO_DATA) return address(mmu, data, va);
    mmu.stop = STOP_FAULT;
    return 0xffffffff;
  }
  const state = gate(mmu, va, write);
  if (state === GATE_HELD) return 0xffffffff;
  if (state === GATE_PASS) {
    sysmmuCount(mmu, SYSCOUNT_BYPASS + write, 1);
    mmu.paHigh = 0;
    return va;
  }
  // CTRL.BLOCK is set but has not taken effect yet, or prefetch buffers are modelled.
  const data = resolve(mmu, va, write);
  if (data !== NO_DATA) return address(mmu, data, va);
  mmu.stop = STOP_FAULT;
  return 0xffffffff;
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
