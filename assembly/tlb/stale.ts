// Uses of TLB entries whose mapping is gone, by the mapping that owned them.
//
//   block  0 used   8 u64 hits of owners beyond the table   16 slots
//   slot   owner | first va | u64 hits | u64 first seq | u64 last seq     (32 bytes)
//
// The hardware cannot know; the model keeps the book beside it.
// Not modelled: more than STALE_SLOTS owners an instance (counted together).

import { FAULT_KIND_STALE, STALE_SLOT_BYTES, STALE_SLOTS, SYSCOUNT_STALE_HITS } from "../abi";
import { header } from "../header";
import { walkTables } from "../pagetable/walk";
import { faultRecord } from "../sysmmu/fault";
import { Sysmmu, sysmmuCount } from "../sysmmu/instance";
import { DATA_SEEN } from "./tlb";

function bump(at: usize): void {
  store<u64>(at, load<u64>(at) + 1);
}

/** Counts one use at `va` of the stale `entry` (address of its tag), and records the first. */
export function staleUse(mmu: Sysmmu, entry: usize, column: u32, va: u32, write: u32): void {
  const owner = load<u32>(entry + column * 3);
  const data = load<u32>(entry + column * 2);
  sysmmuCount(mmu, SYSCOUNT_STALE_HITS, 1);
  if ((data & DATA_SEEN) === 0) {
    store<u32>(entry + column * 2, data | DATA_SEEN);
    walkTables(mmu, va);
    faultRecord(mmu, FAULT_KIND_STALE, 0, va, write, owner, data | DATA_SEEN);
  }
  const block = <usize>mmu.stale;
  const used = load<u32>(block);
  const seq = header().seq;
  let slot = block + 16;
  for (let i: u32 = 0; i < used; i++, slot += STALE_SLOT_BYTES) {
    if (load<u32>(slot) !== owner) continue;
    bump(slot + 8);
    store<u64>(slot, seq, 24);
    return;
  }
  if (used === STALE_SLOTS) {
    bump(block + 8);
    return;
  }
  store<u32>(block, used + 1);
  store<u32>(slot, owner);
  store<u32>(slot, va, 4);
  store<u64>(slot, 1, 8);
  store<u64>(slot, seq, 16);
  store<u64>(slot, seq, 24);
}
