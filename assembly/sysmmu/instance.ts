// One System MMU: the record at SYSMMUS that holds its registers and state.
//
//  0x00 version    0x04 generation  0x08 ctrl       0x0c cfg
//  0x10 ptBase     0x14 ptBaseHigh  0x18 intStatus  0x1c buffers
//  0x20 blockLeft  0x24 space       0x28 l1         0x2c l2
//  0x30 flpd       0x34 file        0x38 access     0x3c unknown
//  0x40 fetch      0x44 blockPolls  0x48 stop       0x4c paHigh
//  0x50 held, heldVa for reads      0x58 the same for writes
//  0x60 stale      0x64 lv1Address  0x68 lv1        0x6c lv2Address  0x70 lv2
//  0x74 fault      0x78 mask        0x7c paPage
//  0x80 counters: u64 cells, indices SYSCOUNT_* of abi.ts
//  0x3fc dark: DARK_* bits, what the board keeps from it; sysmmuReset leaves it
//
// Pointers are arena blocks: l1, l2 TLB levels (l2 0: none), flpd level-1
// descriptor cache (0: none), buffers the model of prefetch buffers (0: off), file the 4 KiB register window as stored words,
// access one byte per word of the window, unknown a bit per word that has been
// reported. lv1Address..mask are the scratch of the last walk. Behind the window, file
// holds the starts of the performance counters and the banks of the prefetch buffers.
//
// Not modelled: what a power cycle does beyond sysmmuReset.

import { SYSCOUNT_DARK_REGS } from "../abi";
import { SYSMMU_BYTES, SYSMMUS } from "../layout";

@unmanaged
export class Sysmmu {
  version: u32;
  generation: u32;
  ctrl: u32;
  cfg: u32;
  ptBase: u32;
  ptBaseHigh: u32;
  intStatus: u32;
  buffers: u32;
  blockLeft: u32;
  space: u32;
  l1: u32;
  l2: u32;
  flpd: u32;
  file: u32;
  access: u32;
  unknown: u32;
  fetch: u32;
  blockPolls: u32;
  stop: u32;
  paHigh: u32;
  heldRead: u32;
  heldReadVa: u32;
  heldWrite: u32;
  heldWriteVa: u32;
  stale: u32;
  lv1Address: u32;
  lv1: u32;
  lv2Address: u32;
  lv2: u32;
  fault: u32;
  mask: u32;
  paPage: u32;
}

export const CTRL_ENABLE: u32 = 1;
export const CTRL_BLOCK: u32 = 2;
export const CTRL_INTERRUPT: u32 = 4;

export const CFG_LRU: u32 = 1 << 0;
export const CFG_EAP: u32 = 1 << 2;
export const CFG_SMALL_LV1: u32 = 1 << 5;
export const CFG_FLPD: u32 = 1 << 20;

export const SYSMMU_COUNTERS: usize = 0x80;

/** Block `file`: u64 starts of four performance counters, then six banks of 16 bytes. */
export const FILE_STARTS: usize = 0x1000;
export const FILE_BANKS: usize = 0x1020;
export const FILE_BYTES: u32 = 0x1080;

/** Record of instance `index` (0..SYSMMU_COUNT-1). */
export function sysmmuOf(index: u32): Sysmmu {
  return changetype<Sysmmu>(SYSMMUS + <usize>(index * SYSMMU_BYTES));
}

/** Index of a record. */
export function sysmmuIndex(mmu: Sysmmu): u32 {
  return <u32>(changetype<usize>(mmu) - SYSMMUS) / SYSMMU_BYTES;
}

/** Adds `n` to counter `index` (SYSCOUNT_*) of an instance. */
export function sysmmuCount(mmu: Sysmmu, index: u32, n: u64): void {
  const p = changetype<usize>(mmu) + SYSMMU_COUNTERS + ((<usize>index) << 3);
  store<u64>(p, load<u64>(p) + n);
}

/** Counter `index` (SYSCOUNT_*) of an instance. */
export function sysmmuCounter(mmu: Sysmmu, index: u32): u64 {
  return load<u64>(changetype<usize>(mmu) + SYSMMU_COUNTERS + ((<usize>index) << 3));
}

const SYSMMU_DARK: usize = 0x3fc;

/** What instance `index` lacks: DARK_* bits. */
export function sysmmuDark(index: u32): u32 {
  return load<u32>(changetype<usize>(sysmmuOf(index)) + SYSMMU_DARK);
}

/** Says what instance `index` lacks from now on: DARK_* bits, 0 nothing. */
export function sysmmuSetDark(index: u32, bits: u32): void {
  store<u32>(changetype<usize>(sysmmuOf(index)) + SYSMMU_DARK, bits);
}

/** True, and counted, when a register access to instance `index` is lost for want of what `bits` name. */
export function darkAccess(index: u32, bits: u32): bool {
  if ((sysmmuDark(index) & bits) === 0) return false;
  sysmmuCount(sysmmuOf(index), SYSCOUNT_DARK_REGS, 1);
  return true;
}

/** True when the block request of CTRL has taken effect. */
export function blocked(mmu: Sysmmu): bool {
  return (mmu.ctrl & CTRL_BLOCK) !== 0 && mmu.blockLeft === 0;
}
