// The register sequence by which drivers since v3.5 invalidate pages, in one step:
//
//   CTRL=7, STATUS, STATUS, FLUSH_ENTRY, CTRL=5      once a page; the block is granted at once
//
// Registers, counters and translation caches end as after the five accesses (registers.ts).
// What would not go so is refused first: a block that takes polls, no power, version 5, events wanted
// (the caller looks at the log mask).
//
// Not modelled: nothing beyond those accesses.

import {
  COUNT_INVALIDATIONS,
  DARK_POWER,
  SYSCOUNT_FLUSH_ENTRY,
  SYSCOUNT_REG_READS,
  SYSCOUNT_REG_WRITES,
  SYSMMU_V5,
} from "../abi";
import { countAdd } from "../counters";
import { flpdLive } from "../tlb/flpd";
import { tlbLive } from "../tlb/tlb";
import { flushEntry } from "./flush";
import { CTRL_ENABLE, CTRL_INTERRUPT, Sysmmu, sysmmuCount, sysmmuDark, sysmmuOf } from "./instance";

/** True when `pageFlush` may stand for the register accesses of instance `index`. */
export function pageFlushable(index: u32): bool {
  const mmu = sysmmuOf(index);
  if ((mmu.blockPolls | mmu.blockLeft) !== 0 || mmu.generation === SYSMMU_V5) return false;
  return (sysmmuDark(index) & DARK_POWER) === 0;
}

/** True when the translation caches of instance `index` hold anything. */
function holds(mmu: Sysmmu): bool {
  if (mmu.buffers !== 0 || tlbLive(mmu.l1) !== 0 || (mmu.l2 !== 0 && tlbLive(mmu.l2) !== 0)) return true;
  return mmu.flpd !== 0 && flpdLive(mmu.flpd) !== 0;
}

/** 1 when the translation caches of instance `index` hold anything, else 0. */
export function sysmmuLive(index: u32): u32 {
  return holds(sysmmuOf(index)) ? 1 : 0;
}

/** Invalidates `pages` pages from that of `va` on, one sequence each. */
export function pageFlush(index: u32, va: u32, pages: u32): void {
  const mmu = sysmmuOf(index);
  mmu.ctrl = CTRL_ENABLE | CTRL_INTERRUPT;
  store<u32>(<usize>mmu.file, CTRL_ENABLE | CTRL_INTERRUPT);
  sysmmuCount(mmu, SYSCOUNT_REG_WRITES, pages * 3);
  sysmmuCount(mmu, SYSCOUNT_REG_READS, pages * 2);
  countAdd(COUNT_INVALIDATIONS, pages);
  if (!holds(mmu)) {
    sysmmuCount(mmu, SYSCOUNT_FLUSH_ENTRY, pages);
    return;
  }
  for (let i: u32 = 0; i < pages; i++) flushEntry(mmu, (va & 0xfffff000) + (i << 12));
}
