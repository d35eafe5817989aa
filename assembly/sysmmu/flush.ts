// Invalidation by the FLUSH registers: what each generation drops
// (spec/sysmmu-hardware 1.2, 3.6, 4).
//
//   FLUSH         both levels and the level-1 descriptor cache, whole
//   FLUSH_ENTRY   first level, prefetch buffers: every entry that answers va
//                 second level: the same; but 2.x probes the one set of va (hence 16 or 64
//                 writes for 64K, 1M, which the drivers make for that version alone)
//                 descriptor cache: the descriptor of va (3.2 and later); of 5.x a section,
//                 no link to a table (its driver writes FLUSH_ALL for a new table)
//   FLUSH_RANGE   (5.x) every entry whose page meets the range, descriptors as FLUSH_ENTRY
//
// Not modelled: completion time; the effect is there when the write returns.

import {
  SYSCOUNT_FLPD_INVALIDATED,
  SYSCOUNT_FLUSH_ALL,
  SYSCOUNT_FLUSH_ENTRY,
  SYSCOUNT_FLUSH_RANGE,
  SYSMMU_V2,
  SYSMMU_V5,
} from "../abi";
import { tlbFlushAll, tlbFlushEntry, tlbFlushRange } from "../tlb/fill";
import { flpdFlush } from "../tlb/flpd";
import { buffersFlush, buffersFlushEntry } from "./buffers";
import { Sysmmu, sysmmuCount } from "./instance";

function dropDescriptors(mmu: Sysmmu, first: u32, last: u32, links: bool): void {
  if (mmu.flpd === 0) return;
  sysmmuCount(mmu, SYSCOUNT_FLPD_INVALIDATED, flpdFlush(mmu.flpd, first, last, links));
}

/** A write to FLUSH (FLUSH_ALL): everything goes. */
export function flushAll(mmu: Sysmmu): void {
  sysmmuCount(mmu, SYSCOUNT_FLUSH_ALL, 1);
  tlbFlushAll(mmu, mmu.l1);
  if (mmu.l2 !== 0) tlbFlushAll(mmu, mmu.l2);
  buffersFlush(mmu);
  dropDescriptors(mmu, 0, 4095, true);
}

/** A write to FLUSH_ENTRY for the page of `va`. */
export function flushEntry(mmu: Sysmmu, va: u32): void {
  sysmmuCount(mmu, SYSCOUNT_FLUSH_ENTRY, 1);
  tlbFlushEntry(mmu, mmu.l1, va, true);
  if (mmu.l2 !== 0) tlbFlushEntry(mmu, mmu.l2, va, mmu.generation !== SYSMMU_V2);
  buffersFlushEntry(mmu, va);
  dropDescriptors(mmu, va >> 20, va >> 20, mmu.generation !== SYSMMU_V5);
}

/** A write to FLUSH_RANGE for [first, last]. */
export function flushRange(mmu: Sysmmu, first: u32, last: u32): void {
  sysmmuCount(mmu, SYSCOUNT_FLUSH_RANGE, 1);
  if (last < first) return;
  tlbFlushRange(mmu, mmu.l1, first, last);
  if (mmu.l2 !== 0) tlbFlushRange(mmu, mmu.l2, first, last);
  dropDescriptors(mmu, first >> 20, last >> 20, false);
}
