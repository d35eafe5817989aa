// What a System MMU does when a translation fails: INT_STATUS, the fault address
// registers, the held transaction, the record (spec/sysmmu-hardware 2.1..2.4).
//
//   INT_STATUS 1.x..3.x | 7 AW access | 6 AW security | 5 AR access | 4 AR security |
//                       | 3 bus error | 2 AW multi-hit | 1 AR multi-hit | 0 page |
//              5.x      | 20..16 AW, 4..0 AR: security, access, multi-hit, page, walk |
//
//   address    bit 0 -> 024; 3 -> 024 and 030; AR bits -> 02c; AW bits -> 028
//              5.x: AR -> 070 (info 078), AW -> 080 (info 088)
//
// Sources disagree on the register of a bus error, so both show it. Interrupt
// line = CTRL.2 and INT_STATUS not 0. The faulting transaction is held: its
// channel takes no other until INT_STATUS is 0 or the MMU is off.
//
// Not modelled: AxID and AxLEN of the info registers (0); security faults (never
// raised: no source says when).

import { FAULT_KIND_INJECTED, FAULT_KIND_WALK, SYSCOUNT_FAULTS, SYSMMU_V3_3, SYSMMU_V5 } from "../abi";
import { header } from "../header";
import { FAULT_BYTES, FAULT_COUNT, FAULTS } from "../layout";
import { walkTables } from "../pagetable/walk";
import { ownerAt } from "../tlb/owner";
import { NO_DATA } from "../tlb/tlb";
import { CTRL_INTERRUPT, Sysmmu, sysmmuCount, sysmmuIndex, sysmmuOf } from "./instance";

/** Causes; the INT_STATUS bit follows from generation and direction. */
export const CAUSE_PAGE: u32 = 0;
export const CAUSE_MULTI_HIT: u32 = 1;
export const CAUSE_BUS_ERROR: u32 = 2;
export const CAUSE_ACCESS: u32 = 3;

const TRANS_WRITE: u32 = 1 << 20;

function bitOf(mmu: Sysmmu, cause: u32, write: u32): u32 {
  if (mmu.generation === SYSMMU_V5) {
    const channel = write << 4;
    if (cause === CAUSE_BUS_ERROR) return channel;
    if (cause === CAUSE_PAGE) return channel + 1;
    return cause === CAUSE_MULTI_HIT ? channel + 2 : channel + 3;
  }
  if (cause === CAUSE_PAGE) return 0;
  if (cause === CAUSE_BUS_ERROR) return 3;
  if (cause === CAUSE_MULTI_HIT) return 1 + write;
  return 5 + (write << 1);
}

function show(mmu: Sysmmu, bit: u32, va: u32, write: u32): void {
  const file = <usize>mmu.file;
  if (mmu.generation === SYSMMU_V5) {
    const at = file + 0x70 + (write << 4);
    store<u32>(at, va);
    store<u32>(at, write !== 0 ? TRANS_WRITE : 0, 8);
    return;
  }
  if (bit === 0 || bit === 3) store<u32>(file, va, 0x24);
  if (bit === 3) store<u32>(file, va, 0x30);
  if (bit === 2 || bit >= 6) store<u32>(file, va, 0x28);
  if (bit === 1 || bit === 4 || bit === 5) store<u32>(file, va, 0x2c);
  if (mmu.generation === SYSMMU_V3_3) store<u32>(file, write !== 0 ? TRANS_WRITE : 0, 0x4c);
}

/**
 * Appends a record (abi.ts FAULT_KIND_*) to the ring, with the descriptors that mmu.lv1Address
 * and its neighbours hold.
 */
export function faultRecord(
  mmu: Sysmmu,
  kind: u32,
  bit: u32,
  va: u32,
  write: u32,
  owner: u32,
  entry: u32,
): void {
  const h = header();
  const at = FAULTS + <usize>((h.faultHead & (FAULT_COUNT - 1)) * FAULT_BYTES);
  store<u32>(at, sysmmuIndex(mmu));
  store<u32>(at, (kind << 8) | bit, 0x04);
  store<u32>(at, va, 0x08);
  store<u32>(at, write, 0x0c);
  store<u32>(at, mmu.lv1Address, 0x10);
  store<u32>(at, mmu.lv1, 0x14);
  store<u32>(at, mmu.lv2Address, 0x18);
  store<u32>(at, mmu.lv2, 0x1c);
  store<u32>(at, owner, 0x20);
  const base =
    mmu.generation === SYSMMU_V5 ? load<u32>(<usize>mmu.file, 0x0c) : load<u32>(<usize>mmu.file, 0x14);
  store<u32>(at, base, 0x24);
  store<u64>(at, h.seq, 0x28);
  store<u32>(at, mmu.intStatus, 0x30);
  store<u32>(at, mmu.ctrl, 0x34);
  store<u32>(at, mmu.version, 0x38);
  store<u32>(at, entry, 0x3c);
  h.faultHead = h.faultHead + 1;
}

/** Holds the transaction at `va` on its channel. */
export function hold(mmu: Sysmmu, va: u32, write: u32): void {
  if (write !== 0) {
    mmu.heldWrite = 1;
    mmu.heldWriteVa = va;
  } else {
    mmu.heldRead = 1;
    mmu.heldReadVa = va;
  }
}

/** Lets go of both channels' transactions; their masters present them again. */
export function releaseHeld(mmu: Sysmmu): void {
  mmu.heldRead = 0;
  mmu.heldWrite = 0;
}

/**
 * Raises `cause` for the access at `va`; always NO_DATA. A fault found in the TLB shows the
 * descriptors as they are in memory now: they may disagree with `entry`, its data word.
 */
export function raise(mmu: Sysmmu, cause: u32, va: u32, write: u32, kind: u32, owner: u32, entry: u32): u32 {
  if (kind !== FAULT_KIND_WALK) walkTables(mmu, va);
  const bit = bitOf(mmu, cause, write);
  sysmmuCount(mmu, SYSCOUNT_FAULTS + (bit & 7) + ((bit >> 4) << 3), 1);
  mmu.intStatus = mmu.intStatus | (1 << bit);
  show(mmu, bit, va, write);
  hold(mmu, va, write);
  faultRecord(mmu, kind, bit, va, write, owner === 0 ? ownerAt(mmu, va) : owner, entry);
  return NO_DATA;
}

/** Level of instance `index`'s interrupt line: 0 or 1. */
export function sysmmuIrqLevel(index: u32): u32 {
  const mmu = sysmmuOf(index);
  return (mmu.ctrl & CTRL_INTERRUPT) !== 0 && mmu.intStatus !== 0 ? 1 : 0;
}

/**
 * Puts INT_STATUS and the fault address registers of instance `index` to these values, as if
 * the hardware had found the faults. Version 5 takes `arAddr` and `awAddr` for its two registers.
 */
export function sysmmuInject(
  index: u32,
  intStatus: u32,
  pageAddr: u32,
  awAddr: u32,
  arAddr: u32,
  defaultSlaveAddr: u32,
): void {
  const mmu = sysmmuOf(index);
  const file = <usize>mmu.file;
  mmu.intStatus = intStatus;
  if (mmu.generation === SYSMMU_V5) {
    store<u32>(file, arAddr, 0x70);
    store<u32>(file, awAddr, 0x80);
  } else {
    store<u32>(file, pageAddr, 0x24);
    store<u32>(file, awAddr, 0x28);
    store<u32>(file, arAddr, 0x2c);
    store<u32>(file, defaultSlaveAddr, 0x30);
  }
  if (intStatus === 0) {
    releaseHeld(mmu);
    return;
  }
  const bit = <u32>ctz<u32>(intStatus);
  const v5 = mmu.generation === SYSMMU_V5;
  // The transactions at fault are held; of bits 0 and 3 a read's.
  if ((v5 ? intStatus & 0xffff : intStatus & 0x3b) !== 0)
    hold(mmu, v5 || (intStatus & 0x32) !== 0 ? arAddr : pageAddr, 0);
  if ((v5 ? intStatus >> 16 : intStatus & 0xc4) !== 0) hold(mmu, awAddr, 1);
  const write: u32 = v5 ? (bit >= 16 ? 1 : 0) : bit === 2 || bit === 6 || bit === 7 ? 1 : 0;
  let va = write !== 0 ? awAddr : arAddr;
  if (!v5 && bit === 0) va = pageAddr;
  if (!v5 && bit === 3) va = defaultSlaveAddr;
  walkTables(mmu, va);
  faultRecord(mmu, FAULT_KIND_INJECTED, bit, va, write, ownerAt(mmu, va), 0);
}
