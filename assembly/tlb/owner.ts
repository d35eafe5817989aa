// Who owns a translation: the mapping that the IO-address space of an instance has noted
// for a va. Asked at every fill and fault, never on a hit.
//
//   space ── iovaOwnerOf(va) ──> record of the history (its first word is the mapping's number)
//
// Not modelled: spaces shared by name; an instance serves the one in its record.

import { iovaOwnerOf } from "../iova/index";
import { Sysmmu } from "../sysmmu/instance";

/** Number of the mapping that holds `va`, 0 for none or when no space is attached. */
export function ownerAt(mmu: Sysmmu, va: u32): u32 {
  if (mmu.space === 0) return 0;
  const record = iovaOwnerOf(mmu.space, va);
  return record === 0 ? 0 : load<u32>(<usize>record);
}
