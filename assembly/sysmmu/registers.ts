// The register window of a System MMU as the CPU sees it
// (spec/sysmmu-hardware 1.1, 1.2, 1.6, 2.4).
//
//  map A (1.x..3.x)                        map B (5.x)
//  000 CTRL   010 FLUSH_ENTRY  020 INT_MASK       000 CTRL   010 FLUSH_ALL    060 INT_STATUS
//  004 CFG    014 PT_BASE      024 PAGE_FAULT     004 CFG    014 FLUSH_ENTRY  064 INT_CLEAR
//  008 STATUS 018 INT_STATUS   028 AW / 02c AR    008 STATUS 018 FLUSH_RANGE  070 AR VA, 078 info
//  00c FLUSH  01c INT_CLEAR    034 VERSION        00c PT_BASE_PPN  020/024 range  080 AW VA, 088 info
//
//  CTRL  | 2 interrupt enable | 1 block | 0 enable |
//
// A write that sets BLOCK takes effect after `blockPolls` reads of STATUS.
// Accesses to offsets without a register read 0, are ignored and counted; without power all do.
//
// Not modelled: byte and half-word accesses; effects of QOS, SHAREABLE, SYSSEL,
// ACGEN, INT_MASK, TLB_READ and TLB_DATA (stored only).

import {
  DARK_POWER,
  LOG_GROUP_REGISTER,
  LOGK_REG_READ,
  LOGK_REG_UNKNOWN,
  LOGK_REG_WRITE,
  SYSCOUNT_REG_READS,
  SYSCOUNT_REG_WRITES,
  SYSCOUNT_UNKNOWN_REGS,
  SYSMMU_NEVER,
  SYSMMU_V3_3,
  SYSMMU_V5,
} from "../abi";
import { logEvent, logging } from "../log";
import { TLB_HEADER, tlbColumn } from "../tlb/tlb";
import { buffersCount, subBufferPage } from "./buffers";
import { releaseHeld } from "./fault";
import { flushAll, flushEntry, flushRange } from "./flush";
import { REG_BANK, REG_NONE, REG_PPC, REG_RO, REG_RW } from "./generation";
import { blocked, CTRL_BLOCK, CTRL_ENABLE, darkAccess, Sysmmu, sysmmuCount, sysmmuOf } from "./instance";
import { ppcRead, ppcWrite } from "./performance";
import { bankRead, bankWrite } from "./prefetch";

/** The stored word of the window at `offset` (a multiple of 4 below 0x1000). */
export function regWord(mmu: Sysmmu, offset: u32): u32 {
  return load<u32>(<usize>mmu.file + offset);
}

/** Stores a word of the window. */
export function regStore(mmu: Sysmmu, offset: u32, value: u32): void {
  store<u32>(<usize>mmu.file + offset, value);
}

function accessOf(mmu: Sysmmu, offset: u32): u8 {
  if ((offset & 3) !== 0 || offset >= 0x1000) return REG_NONE;
  return load<u8>(<usize>mmu.access + (offset >> 2));
}

function unknown(mmu: Sysmmu, index: u32, offset: u32, value: u32, write: u32): void {
  sysmmuCount(mmu, SYSCOUNT_UNKNOWN_REGS, 1);
  if ((offset & 3) !== 0 || offset >= 0x1000) return;
  const at = <usize>mmu.unknown + (offset >> 5);
  const bit = <u8>((<u32>1) << ((offset >> 2) & 7));
  if ((load<u8>(at) & bit) !== 0) return;
  store<u8>(at, load<u8>(at) | bit);
  if (logging(LOG_GROUP_REGISTER)) {
    logEvent(LOG_GROUP_REGISTER, LOGK_REG_UNKNOWN, index, offset, value, write, 0);
  }
}

/** CPU write of `value` to the register at `offset` of instance `index`. */
export function sysmmuRegWrite(index: u32, offset: u32, value: u32): void {
  if (darkAccess(index, DARK_POWER)) return;
  const mmu = sysmmuOf(index);
  sysmmuCount(mmu, SYSCOUNT_REG_WRITES, 1);
  if (logging(LOG_GROUP_REGISTER)) {
    logEvent(LOG_GROUP_REGISTER, LOGK_REG_WRITE, index, offset, value, 0, 0);
  }
  const access = accessOf(mmu, offset);
  if (access === REG_NONE) {
    unknown(mmu, index, offset, value, 1);
    return;
  }
  if (access === REG_RO) return;
  if (access === REG_PPC) {
    ppcWrite(mmu, offset, value);
    return;
  }
  if (access === REG_BANK) {
    bankWrite(mmu, offset, value);
    return;
  }
  if (access === REG_RW) regStore(mmu, offset, value);
  if (offset === 0) control(mmu, value);
  else if (offset === 4) mmu.cfg = value;
  else if (mmu.generation === SYSMMU_V5) writeMapB(mmu, offset, value);
  else writeMapA(mmu, offset, value);
}

// Only a BLOCK that rises is a new request; one in effect stays so.
function control(mmu: Sysmmu, value: u32): void {
  if ((value & CTRL_BLOCK) === 0) mmu.blockLeft = 0;
  else if ((mmu.ctrl & CTRL_BLOCK) === 0) mmu.blockLeft = mmu.blockPolls;
  mmu.ctrl = value;
}

function writeMapA(mmu: Sysmmu, offset: u32, value: u32): void {
  if (offset === 0x14) mmu.ptBase = value;
  else if (offset === 0x0c) {
    if ((value & 1) !== 0) flushAll(mmu);
  } else if (offset === 0x10) {
    if ((value & 1) !== 0) flushEntry(mmu, value & 0xfffff000);
  } else if (offset === 0x1c) acknowledge(mmu, value);
  else if (offset === 0x40 && mmu.generation === SYSMMU_V3_3) showEntry(mmu, mmu.l1, value, 0x48, 0x44);
}

function writeMapB(mmu: Sysmmu, offset: u32, value: u32): void {
  if (offset === 0x0c) {
    mmu.ptBase = value << 12;
    mmu.ptBaseHigh = value >> 20;
  } else if (offset === 0x10) {
    if ((value & 1) !== 0) flushAll(mmu);
  } else if (offset === 0x14) {
    if ((value & 1) !== 0) flushEntry(mmu, value & 0xfffff000);
  } else if (offset === 0x18) {
    if ((value & 1) !== 0) flushRange(mmu, regWord(mmu, 0x20) & 0xfffff000, regWord(mmu, 0x24) | 0xfff);
  } else if (offset === 0x64) acknowledge(mmu, value);
  else if (offset === 0x750) showEntry(mmu, mmu.l1, value, 0x754, 0x75c);
  else if (offset === 0x770) showEntry(mmu, mmu.l2, value, 0x774, 0x77c);
}

// A write of ones to INT_CLEAR; with nothing left the held transactions are free to come again.
function acknowledge(mmu: Sysmmu, value: u32): void {
  mmu.intStatus = mmu.intStatus & ~value;
  if (mmu.intStatus === 0) releaseHeld(mmu);
}

// L1TLB_READ and its kin: entry number `index` of a level to two registers, VPN and PPN.
function showEntry(mmu: Sysmmu, tlb: u32, index: u32, vpnAt: u32, ppnAt: u32): void {
  regStore(mmu, vpnAt, 0);
  regStore(mmu, ppnAt, 0);
  if (tlb === 0) return;
  const ways = load<u32>(<usize>tlb, 4);
  const set = index / ways;
  if (set >= load<u32>(<usize>tlb, 24)) return;
  const entry = <usize>tlb + TLB_HEADER + set * load<u32>(<usize>tlb, 20) + ((index % ways) << 2);
  const tag = load<u32>(entry);
  if ((tag & 3) !== 0) return;
  regStore(mmu, vpnAt, tag >> 12);
  regStore(mmu, ppnAt, load<u32>(entry + tlbColumn(tlb) * 2) >> 8);
}

function statusOf(mmu: Sysmmu): u32 {
  if (blocked(mmu)) return 1;
  return (mmu.ctrl & CTRL_ENABLE) !== 0 && mmu.intStatus !== 0 ? 1 : 0;
}

function registerValue(mmu: Sysmmu, offset: u32): u32 {
  const access = accessOf(mmu, offset);
  if (access === REG_NONE) return 0;
  if (access === REG_PPC) return ppcRead(mmu, offset);
  if (access === REG_BANK) return bankRead(mmu, offset);
  if (offset === 8) return statusOf(mmu);
  if (offset === 0x34) return mmu.version;
  if (offset === 0x418 && mmu.generation === SYSMMU_V3_3) return subBufferPage(mmu);
  if (offset === (mmu.generation === SYSMMU_V5 ? 0x60 : 0x18)) return mmu.intStatus;
  return regWord(mmu, offset);
}

/** CPU read of the register at `offset` of instance `index`. */
export function sysmmuRegRead(index: u32, offset: u32): u32 {
  if (darkAccess(index, DARK_POWER)) return 0;
  const mmu = sysmmuOf(index);
  sysmmuCount(mmu, SYSCOUNT_REG_READS, 1);
  const value = registerValue(mmu, offset);
  if (accessOf(mmu, offset) === REG_NONE) unknown(mmu, index, offset, 0, 0);
  // Each look at STATUS brings a pending block one step nearer.
  if (offset === 8 && mmu.blockLeft !== 0 && mmu.blockLeft !== SYSMMU_NEVER)
    mmu.blockLeft = mmu.blockLeft - 1;
  if (logging(LOG_GROUP_REGISTER)) {
    logEvent(LOG_GROUP_REGISTER, LOGK_REG_READ, index, offset, value, 0, 0);
  }
  return value;
}

/** What a read of `offset` would return now, with no effect. */
export function sysmmuPeek(index: u32, offset: u32): u32 {
  return registerValue(sysmmuOf(index), offset);
}

/** Words that are not 0 at reset: capabilities of 3.3 and 5.x (spec/sysmmu-hardware 1.1, 1.6). */
export function initialWords(mmu: Sysmmu): void {
  if (mmu.generation === SYSMMU_V3_3) regStore(mmu, 0x400, buffersCount(mmu));
  if (mmu.generation !== SYSMMU_V5) return;
  regStore(mmu, 0x30, load<u32>(<usize>mmu.l1, 28) & 0xff);
  if (mmu.l2 !== 0) {
    const sets = load<u32>(<usize>mmu.l2, 24) & 0xff;
    const ways = load<u32>(<usize>mmu.l2, 4) & 0xff;
    regStore(mmu, 0x38, sets | (ways << 8));
  }
  regStore(mmu, 0x200, 2 << 4);
}
