// The misses that nearly all are, in pieces that the loop of batch.ts takes in whole:
//
//   Refill.second   the second level answers cleanly
//   Refill.walk     1.x..3.x tables, no descriptor cache, one descriptor a level, a small page that
//                   allows the access
//
// and the counting of what came of them, once for many. Anything else is for lookup.ts.
//
// Not modelled: nothing of its own; test/sysmmu compares both with the plain model.

import {
  SYSCOUNT_DESCRIPTOR_READS,
  SYSCOUNT_FILLS,
  SYSCOUNT_HITS,
  SYSCOUNT_L1_MISSES,
  SYSCOUNT_LOOKUPS,
  SYSCOUNT_MISSES,
  SYSCOUNT_WALKS,
  SYSMMU_V5,
} from "../abi";
import { header } from "../header";
import { DRAM } from "../layout";
import { LV2_SMALL } from "../pagetable/descriptor";
import { lv1IsTable, smallData } from "../pagetable/walk";
import { NO_DATA } from "../tlb/tlb";
import { CFG_FLPD, CFG_SMALL_LV1, Sysmmu, sysmmuCount } from "./instance";

/** True when misses of `mmu` may be tried by `Refill.walk`, until its registers change. */
export function refillable(mmu: Sysmmu): bool {
  if (mmu.fetch !== 1 || mmu.generation === SYSMMU_V5 || (mmu.cfg & CFG_SMALL_LV1) !== 0) return false;
  return mmu.flpd === 0 || (mmu.cfg & CFG_FLPD) === 0;
}

@unmanaged
// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining
export class Refill {
  /** Data word of the small page of `va`; NO_DATA when the walk is not that short, or `guard` forbids it. */
  @inline
  static walk(mmu: Sysmmu, va: u32, guard: u32): u32 {
    const base = header().dramBase;
    const bytes = header().dramBytes;
    const first = (mmu.ptBase & 0xffffc000) + ((va >> 18) & 0x3ffc) - base;
    if (first >= bytes) return NO_DATA;
    const lv1 = load<u32>(DRAM + first);
    if (!lv1IsTable(lv1)) return NO_DATA;
    const second = (lv1 & 0xfffffc00) + ((va >> 10) & 0x3fc) - base;
    if (second >= bytes) return NO_DATA;
    const lv2 = load<u32>(DRAM + second);
    if ((lv2 & LV2_SMALL) === 0) return NO_DATA;
    const data = smallData(lv2);
    return (data & guard) !== 0 ? NO_DATA : data;
  }
}

/** Counts `walks` accesses that missed and were walked and filled. */
export function countRefills(mmu: Sysmmu, write: u32, walks: u64): void {
  sysmmuCount(mmu, SYSCOUNT_LOOKUPS + write, walks);
  sysmmuCount(mmu, SYSCOUNT_L1_MISSES + write, walks);
  sysmmuCount(mmu, SYSCOUNT_MISSES + write, walks);
  sysmmuCount(mmu, SYSCOUNT_WALKS, walks);
  sysmmuCount(mmu, SYSCOUNT_DESCRIPTOR_READS, walks * 2);
  sysmmuCount(mmu, SYSCOUNT_FILLS, mmu.l2 !== 0 ? walks * 2 : walks);
}

/** Counts `hits` accesses that the second level served. */
export function countSeconds(mmu: Sysmmu, write: u32, hits: u64): void {
  sysmmuCount(mmu, SYSCOUNT_LOOKUPS + write, hits);
  sysmmuCount(mmu, SYSCOUNT_HITS + write, hits);
  sysmmuCount(mmu, SYSCOUNT_L1_MISSES + write, hits);
  sysmmuCount(mmu, SYSCOUNT_FILLS, hits);
}
