// Register sequences of the drivers v3.6 to v6.1: block, invalidate, program, switch off
// (spec/sysmmu-hardware 1.2, 6.2, 6.3).
//
//   block     CTRL=7; STATUS up to 120 times until bit 0; once more; still 0: CTRL=5, give up
//   flush     FLUSH_ENTRY = page | 1, one or more
//   unblock   CTRL=5
//
// Not modelled: version 7 register sets.

import { COUNT_INVALIDATIONS, COUNT_INVALIDATIONS_LOST } from "../abi";
import { count } from "../counters";
import { sysmmuRegRead, sysmmuRegWrite } from "./hardware";

export const REG_CTRL: u32 = 0x00;
export const REG_CFG: u32 = 0x04;
export const REG_STATUS: u32 = 0x08;
export const REG_FLUSH: u32 = 0x0c;
export const REG_FLUSH_ENTRY: u32 = 0x10;
export const REG_PT_BASE: u32 = 0x14;
export const REG_INT_STATUS: u32 = 0x18;
export const REG_INT_CLEAR: u32 = 0x1c;
export const REG_VERSION: u32 = 0x34;
export const REG_V5_PT_BASE: u32 = 0x0c;
export const REG_V5_FLUSH_ALL: u32 = 0x10;
export const REG_V5_FLUSH_ENTRY: u32 = 0x14;
export const REG_V5_INT_STATUS: u32 = 0x60;
export const REG_V5_INT_CLEAR: u32 = 0x64;

export const CTRL_OFF: u32 = 0;
export const CTRL_ON: u32 = 5;
export const CTRL_BLOCKED: u32 = 7;

const CFG_LRU: u32 = 1;
const CFG_EAP: u32 = 1 << 2;
const CFG_QOS: u32 = 15 << 7;
const CFG_FLPDCACHE: u32 = 1 << 20;
const CFG_SYSSEL: u32 = 1 << 22;
const CFG_ACGEN: u32 = 1 << 24;

const POLLS: u32 = 120;

/** VERSION of 1.0 as drivers keep it: major << 7 | minor. */
export const VERSION_1_0: u32 = 1 << 7;
export const VERSION_3_1: u32 = (3 << 7) | 1;
export const VERSION_3_2: u32 = (3 << 7) | 2;
export const VERSION_3_3: u32 = (3 << 7) | 3;
export const VERSION_5_0: u32 = 5 << 7;

/** major << 7 | minor of a VERSION register. */
export function rawVersion(register: u32): u32 {
  return (register >> 21) & 0x7ff;
}

/** Lets transactions through again. */
export function unblock(instance: u32): void {
  sysmmuRegWrite(instance, REG_CTRL, CTRL_ON);
}

/** Blocks and waits; false (and unblocked) when the block does not take effect in 121 looks. */
export function block(instance: u32): bool {
  sysmmuRegWrite(instance, REG_CTRL, CTRL_BLOCKED);
  let left = POLLS;
  while (left > 0 && (sysmmuRegRead(instance, REG_STATUS) & 1) === 0) left--;
  if ((sysmmuRegRead(instance, REG_STATUS) & 1) !== 0) {
    count(COUNT_INVALIDATIONS);
    return true;
  }
  count(COUNT_INVALIDATIONS_LOST);
  unblock(instance);
  return false;
}

/** FLUSH_ENTRY (register `offset`) for `pages` pages from that of `iova` on. */
export function flushEntries(instance: u32, offset: u32, iova: u32, pages: u32): void {
  let word = (iova & 0xfffff000) | 1;
  for (let i: u32 = 0; i < pages; i++) {
    sysmmuRegWrite(instance, offset, word);
    word += 4096;
  }
}

/** CFG of v4.4 for a version. */
export function configV44(version: u32): u32 {
  if (version >> 7 !== 3 || (version & 0x7f) < 2) return CFG_QOS | CFG_LRU;
  if (version === VERSION_3_3) return CFG_QOS | CFG_FLPDCACHE | CFG_ACGEN;
  return CFG_QOS | CFG_LRU | CFG_FLPDCACHE | CFG_SYSSEL;
}

/** CFG of v6.1 for a version. */
export function configV61(version: u32): u32 {
  if (version <= VERSION_3_1) return CFG_QOS | CFG_LRU | CFG_EAP;
  if (version <= VERSION_3_2) return CFG_QOS | CFG_LRU | CFG_FLPDCACHE | CFG_SYSSEL | CFG_EAP;
  return CFG_QOS | CFG_FLPDCACHE | CFG_ACGEN | CFG_EAP;
}
