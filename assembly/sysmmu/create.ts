// Birth, reset and configuration of System MMU instances.
//
//   cache sizes of sysmmuCreate   0 what the generation has (generation.ts), SYSMMU_NONE none
//
// Not modelled: release; an instance lives as long as its machine.

import { EINVAL, ENOMEM, STALE_SLOTS, STOP_NONE, SYSCOUNT_FLPD_INVALIDATED, SYSMMU_NONE } from "../abi";
import { arenaAlloc } from "../arena";
import { header, setError } from "../header";
import { SYSMMU_COUNT } from "../layout";
import { tlbFlushAll, tlbMarkStale } from "../tlb/fill";
import { flpdCreate, flpdFlush, flpdMarkStale } from "../tlb/flpd";
import { staleCreate } from "../tlb/stale";
import { TLB_HEADER, tlbColumn, tlbCreate } from "../tlb/tlb";
import { buffersCreate, buffersFlush, buffersMarkStale } from "./buffers";
import {
  accessMap,
  defaultFetch,
  defaultFlpdLines,
  defaultL1Ways,
  flpdSpanOf,
  generationOf,
  hasSecondLevel,
} from "./generation";
import { FILE_BYTES, Sysmmu, sysmmuCount, sysmmuOf } from "./instance";
import { initialWords } from "./registers";

const L2_SETS: u32 = 64;
const L2_WAYS: u32 = 8;

function powerOfTwo(n: u32): bool {
  return n !== 0 && (n & (n - 1)) === 0;
}

// What one level may hold.
const LEVEL_ENTRIES: u64 = 1 << 18;

function possible(sets: u32, ways: u32): bool {
  return powerOfTwo(sets) && sets <= 65536 && ways <= 4096 && <u64>sets * ways <= LEVEL_ENTRIES;
}

function failed(errno: i32): u32 {
  setError(errno);
  return 0xffffffff;
}

/**
 * A new instance that reads `version` from VERSION; its index, or 0xffffffff with ENOMEM when all
 * SYSMMU_COUNT are taken or memory is exhausted, EINVAL for a shape that is none (sets and `fetch` a
 * power of two, ways 1..4096, at most 2^18 entries, a first level is needed). Of the caches, 0 means what the generation
 * has and SYSMMU_NONE none: `l1Sets` x `l1Ways` and `l2Sets` x `l2Ways` entries, `flpdLines` of the
 * level-1 descriptor cache, `fetch` level-2 descriptors read per walk (1..256).
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
  if (index >= SYSMMU_COUNT) return failed(ENOMEM);
  const generation = generationOf(version);
  const sets1 = l1Sets === 0 ? 1 : l1Sets;
  const ways1 = l1Ways === 0 ? defaultL1Ways(version) : l1Ways;
  const none2 =
    l2Sets === SYSMMU_NONE ||
    l2Ways === SYSMMU_NONE ||
    (l2Sets === 0 && l2Ways === 0 && !hasSecondLevel(generation));
  const sets2 = l2Sets === 0 ? L2_SETS : l2Sets;
  const ways2 = l2Ways === 0 ? L2_WAYS : l2Ways;
  const lines = flpdLines === 0 ? defaultFlpdLines(generation) : flpdLines === SYSMMU_NONE ? 0 : flpdLines;
  const take = fetch === 0 ? defaultFetch(generation) : fetch === SYSMMU_NONE ? 1 : fetch;
  if (!possible(sets1, ways1) || !powerOfTwo(take) || take > 256 || lines > 4096) return failed(EINVAL);
  if (!none2 && !possible(sets2, ways2)) return failed(EINVAL);
  const mmu = sysmmuOf(index);
  mmu.version = version;
  mmu.generation = generation;
  mmu.fetch = take;
  mmu.file = <u32>arenaAlloc(FILE_BYTES);
  mmu.access = <u32>arenaAlloc(1024);
  mmu.unknown = <u32>arenaAlloc(128);
  mmu.stale = staleCreate(STALE_SLOTS);
  mmu.l1 = tlbCreate(sets1, ways1);
  mmu.l2 = none2 ? 0 : tlbCreate(sets2, ways2);
  mmu.flpd = lines === 0 ? 0 : flpdCreate(lines, flpdSpanOf(generation));
  if (mmu.file === 0 || mmu.access === 0 || mmu.unknown === 0 || mmu.stale === 0 || mmu.l1 === 0)
    return failed(ENOMEM);
  if ((!none2 && mmu.l2 === 0) || (lines !== 0 && mmu.flpd === 0)) return failed(ENOMEM);
  accessMap(mmu.access, generation);
  initialWords(mmu);
  h.sysmmuCount = index + 1;
  return index;
}

// A level as at birth: nothing in it, the first victim of every set its first way.
function empty(mmu: Sysmmu, tlb: u32): void {
  tlbFlushAll(mmu, tlb);
  const setBytes = load<u32>(<usize>tlb, 20);
  let next = <usize>tlb + TLB_HEADER + tlbColumn(tlb) * 5;
  for (let s: u32 = 0, sets = load<u32>(<usize>tlb, 24); s < sets; s++, next += setBytes) store<u32>(next, 0);
}

/** A power cycle: registers and translation caches of instance `index` as at birth; counters stay. */
export function sysmmuReset(index: u32): void {
  const mmu = sysmmuOf(index);
  mmu.ctrl = 0;
  mmu.cfg = 0;
  mmu.ptBase = 0;
  mmu.ptBaseHigh = 0;
  mmu.intStatus = 0;
  mmu.blockLeft = 0;
  mmu.heldRead = 0;
  mmu.heldWrite = 0;
  mmu.stop = STOP_NONE;
  mmu.paHigh = 0;
  memory.fill(<usize>mmu.file, 0, FILE_BYTES);
  initialWords(mmu);
  empty(mmu, mmu.l1);
  if (mmu.l2 !== 0) empty(mmu, mmu.l2);
  buffersFlush(mmu);
  if (mmu.flpd !== 0) sysmmuCount(mmu, SYSCOUNT_FLPD_INVALIDATED, flpdFlush(mmu.flpd, 0, 4095, true));
}

/**
 * Models the prefetch buffers of instance `index`, `count` (3, 4 or 6) of them where the generation is
 * 3.3; 3.0 to 3.2 have two and three, others none. 0, or ENOMEM.
 */
export function sysmmuSetBuffers(index: u32, count: u32): i32 {
  const mmu = sysmmuOf(index);
  if (mmu.generation >> 4 !== 3 || mmu.buffers !== 0) return 0;
  mmu.buffers = buffersCreate(count);
  initialWords(mmu);
  return mmu.buffers === 0 ? ENOMEM : 0;
}

/** Names the IO-address space (iova floor) whose owner index blames entries of instance `index`; 0 none. */
export function sysmmuSetSpace(index: u32, space: u32): void {
  sysmmuOf(index).space = space;
}

/**
 * Marks the entries that instance `index` still holds for [va, va + bytes), the mapping `owner`
 * that has just gone: they stay usable, and each use is counted.
 */
export function sysmmuMarkStale(index: u32, va: u32, bytes: u32, owner: u32): void {
  if (bytes === 0) return;
  const mmu = sysmmuOf(index);
  const last = va + (bytes - 1) < va ? 0xffffffff : va + (bytes - 1);
  tlbMarkStale(mmu.l1, va, last, owner);
  if (mmu.l2 !== 0) tlbMarkStale(mmu.l2, va, last, owner);
  buffersMarkStale(mmu, va, last, owner);
  if (mmu.flpd !== 0) flpdMarkStale(mmu, va >> 20, last >> 20, owner);
}

/** A block request of CTRL shows in STATUS after `polls` reads of it (SYSMMU_NEVER: never). */
export function sysmmuSetBlockPolls(index: u32, polls: u32): void {
  sysmmuOf(index).blockPolls = polls;
}
