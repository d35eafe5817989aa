// One walk explained, without an effect on counters, caches or registers.
//
//   out  +0 result: WALK_* of walk.ts    +4 pa        +8 page mask   +12 data word flags (7:0)
//        +16 lv1 address  +20 lv1        +24 lv2 address  +28 lv2    +32 pa bits 35:32
//        +36 1 = the first TLB level would answer (+40 its data word), 2 = the second;
//            5, 6 the same with several entries at once
//        +44 CTRL   +48 CFG   +52 INT_STATUS   +56 PT_BASE
//        +60 1 = the level-1 descriptor would come from the FLPD cache (+64 its word)
//        +68 1 = a prefetch buffer would answer a read, before the TLB
//
// Not modelled: what a walk at another time would have found.

import { walkTables } from "../pagetable/walk";
import { flpdFind, flpdWord } from "../tlb/flpd";
import { FIND_MISS, FIND_MULTI, tlbColumn, tlbFind } from "../tlb/tlb";
import { wouldServe } from "./buffers";
import { CFG_FLPD, Sysmmu, sysmmuOf } from "./instance";

// What `level` holds for `va`, to out + 36; false when nothing.
function cached(tlb: u32, va: u32, level: u32, out: usize): bool {
  if (tlb === 0) return false;
  const entry = tlbFind(tlb, va);
  if (entry === FIND_MISS) return false;
  const several = entry === FIND_MULTI;
  store<u32>(out, several ? level + 4 : level, 36);
  store<u32>(out, several ? 0 : load<u32>(entry + tlbColumn(tlb) * 2), 40);
  return true;
}

function explain(mmu: Sysmmu, va: u32, out: usize): void {
  // The scratch of the last walk belongs to the instance: put it back.
  const lv1Address = mmu.lv1Address;
  const lv1 = mmu.lv1;
  const lv2Address = mmu.lv2Address;
  const lv2 = mmu.lv2;
  const fault = mmu.fault;
  const mask = mmu.mask;
  const data = walkTables(mmu, va);
  store<u32>(out, mmu.fault);
  store<u32>(out, mmu.fault === 0 ? ((data & 0xffffff00) << 4) | (va & ~mmu.mask) : 0xffffffff, 4);
  store<u32>(out, mmu.mask, 8);
  store<u32>(out, data & 0xff, 12);
  store<u32>(out, mmu.lv1Address, 16);
  store<u32>(out, mmu.lv1, 20);
  store<u32>(out, mmu.lv2Address, 24);
  store<u32>(out, mmu.lv2, 28);
  store<u32>(out, mmu.fault === 0 ? data >> 28 : 0, 32);
  store<u64>(out, 0, 36);
  if (!cached(mmu.l1, va, 1, out)) cached(mmu.l2, va, 2, out);
  store<u32>(out, mmu.ctrl, 44);
  store<u32>(out, mmu.cfg, 48);
  store<u32>(out, mmu.intStatus, 52);
  store<u32>(out, mmu.ptBase, 56);
  const index = va >> 20;
  const held = mmu.flpd !== 0 && (mmu.cfg & CFG_FLPD) !== 0 ? flpdFind(mmu.flpd, index) : 0;
  store<u32>(out, held !== 0 ? 1 : 0, 60);
  store<u32>(out, held !== 0 ? flpdWord(held, index) : 0, 64);
  store<u32>(out, wouldServe(mmu, va) ? 1 : 0, 68);
  mmu.lv1Address = lv1Address;
  mmu.lv1 = lv1;
  mmu.lv2Address = lv2Address;
  mmu.lv2 = lv2;
  mmu.fault = fault;
  mmu.mask = mask;
}

/** Writes the explanation (72 bytes, see above) of `va` through instance `index` to linear memory `out`. */
export function sysmmuExplain(index: u32, va: u32, out: usize): void {
  explain(sysmmuOf(index), va, out);
}
