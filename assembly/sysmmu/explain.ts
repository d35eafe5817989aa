// One walk explained, without an effect on counters, caches or registers.
//
//   out  +0 result: WALK_* of walk.ts    +4 pa        +8 page mask   +12 data word flags (7:0)
//        +16 lv1 address  +20 lv1        +24 lv2 address  +28 lv2    +32 pa bits 35:32
//        +36 1 = the first TLB level would answer (+40 its data word), 2 = the second
//        +44 CTRL   +48 CFG   +52 INT_STATUS   +56 PT_BASE
//
// Not modelled: what a walk at another time would have found.

import { walkTables } from "../pagetable/walk";
import { FIND_MISS, FIND_MULTI, tlbColumn, tlbFind } from "../tlb/tlb";
import { Sysmmu, sysmmuOf } from "./instance";

function cached(tlb: u32, va: u32): u32 {
  if (tlb === 0) return 0;
  const entry = tlbFind(tlb, va);
  if (entry === FIND_MISS || entry === FIND_MULTI) return 0;
  return load<u32>(entry + tlbColumn(tlb) * 2) | 2; // bit 1 is free: never 0
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
  const first = cached(mmu.l1, va);
  const second = first !== 0 ? 0 : cached(mmu.l2, va);
  store<u32>(out, first !== 0 ? 1 : second !== 0 ? 2 : 0, 36);
  store<u32>(out, first !== 0 ? first : second, 40);
  store<u32>(out, mmu.ctrl, 44);
  store<u32>(out, mmu.cfg, 48);
  store<u32>(out, mmu.intStatus, 52);
  store<u32>(out, mmu.ptBase, 56);
  mmu.lv1Address = lv1Address;
  mmu.lv1 = lv1;
  mmu.lv2Address = lv2Address;
  mmu.lv2 = lv2;
  mmu.fault = fault;
  mmu.mask = mask;
}

/** Writes the explanation (60 bytes, see above) of `va` through instance `index` to linear memory `out`. */
export function sysmmuExplain(index: u32, va: u32, out: usize): void {
  explain(sysmmuOf(index), va, out);
}
