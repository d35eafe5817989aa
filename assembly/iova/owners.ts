// Who holds an IO address: per space, chunks of 32768 granules with
//
//   starts    1 bit per granule: an allocation began here once
//   records   u64 per granule: | length of the allocation that begins here, 0 none | owner |
//
// Map and unmap touch one record (and set one bit); an address inside an allocation
// finds its beginning by a scan back over the start bits. Bits are never cleared:
// a beginning whose length is 0 is passed over.
//
// A free that is not one whole allocation truncates what it hits; a rest behind it
// stays taken (in the kernel's bitmap too) and belongs to nobody.
//
// chunk: 0 starts (4096 bytes)   4096 records
//
// Not modelled: holders of ranges that reservations merged in the tree allocators.

import { COUNT_IOVA_NO_OWNERS, COUNT_IOVA_PARTIAL, IOVA_NONE } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { count } from "../counters";
import { SPACE_OWNERS, spaceOf } from "./space";

const CHUNK_SHIFT: u32 = 15;
const CHUNK: u32 = 1 << 15;
const RECORDS: usize = 4096;

/** Small spaces have one chunk that is cut to their size. */
function chunkBytes(granules: u32): u32 {
  return <u32>RECORDS + (min<u32>(granules, CHUNK) << 3);
}

/** A new chunk for `granule`, or 0 (counted) when memory is exhausted: then nobody holds it. */
function chunkMake(space: u32, granule: u32): usize {
  const chunk = arenaAlloc(chunkBytes(spaceOf(space).granules));
  if (chunk === 0) count(COUNT_IOVA_NO_OWNERS);
  store<u32>(<usize>space + SPACE_OWNERS + ((<usize>(granule >> CHUNK_SHIFT)) << 2), <u32>chunk);
  return chunk;
}

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining, and these are the hot ones
export class Owners {
  /** Chunk of `granule`, 0 when there is none yet. */
  @inline
  static chunk(space: u32, granule: u32): usize {
    return <usize>load<u32>(<usize>space + SPACE_OWNERS + ((<usize>(granule >> CHUNK_SHIFT)) << 2));
  }

  /** Address of the record of `granule`. */
  @inline
  static record(chunk: usize, granule: u32): usize {
    return chunk + RECORDS + ((<usize>(granule & (CHUNK - 1))) << 3);
  }

  /** An allocation of `length` granules begins at `granule`, without owner yet. False: no memory to note it. */
  @inline
  static begin(space: u32, granule: u32, length: u32): bool {
    let chunk = Owners.chunk(space, granule);
    if (chunk === 0) {
      chunk = chunkMake(space, granule);
      if (chunk === 0) return false;
    }
    const at = chunk + ((<usize>((granule & (CHUNK - 1)) >> 6)) << 3);
    store<u64>(at, load<u64>(at) | ((<u64>1) << (granule & 63)));
    store<u64>(Owners.record(chunk, granule), (<u64>length) << 32);
    return true;
  }

  /** The granules [granule, granule + length) are free again. */
  @inline
  static end(space: u32, granule: u32, length: u32): void {
    const chunk = Owners.chunk(space, granule);
    if (chunk !== 0) {
      const at = Owners.record(chunk, granule);
      if (load<u32>(at, 4) === length) store<u64>(at, 0);
      else endPart(space, granule, length);
    }
  }
}

/** Length of the allocation that begins at `granule`, 0 when none does. */
export function ownersLength(space: u32, granule: u32): u32 {
  const chunk = Owners.chunk(space, granule);
  return chunk === 0 ? 0 : load<u32>(Owners.record(chunk, granule), 4);
}

/** No allocation begins at `granule` any more. */
export function ownersForget(space: u32, granule: u32): void {
  const chunk = Owners.chunk(space, granule);
  if (chunk !== 0) store<u64>(Owners.record(chunk, granule), 0);
}

/** A free that is not one whole allocation. */
function endPart(space: u32, first: u32, length: u32): void {
  const end = first + length;
  const last = ownersStart(space, end - 1);
  if (last !== IOVA_NONE && last + ownersLength(space, last) > end) count(COUNT_IOVA_PARTIAL);
  for (
    let at = last;
    at !== IOVA_NONE && at >= first;
    at = at === 0 ? IOVA_NONE : ownersStart(space, at - 1)
  ) {
    ownersForget(space, at);
  }
  const before = first === 0 ? IOVA_NONE : ownersStart(space, first - 1);
  if (before === IOVA_NONE || before + ownersLength(space, before) <= first) return;
  store<u32>(Owners.record(Owners.chunk(space, before), before), first - before, 4);
}

/** Names the holder of the allocation that begins at `granule`. */
export function ownersSet(space: u32, granule: u32, owner: u32): void {
  const chunk = Owners.chunk(space, granule);
  if (chunk !== 0) store<u32>(Owners.record(chunk, granule), owner);
}

/** The holder stored at the beginning `granule`. */
export function ownersGet(space: u32, granule: u32): u32 {
  const chunk = Owners.chunk(space, granule);
  return chunk === 0 ? 0 : load<u32>(Owners.record(chunk, granule));
}

/** The nearest beginning with a length at or below `granule`, or IOVA_NONE. */
export function ownersStart(space: u32, granule: u32): u32 {
  let keep = ~(<u64>0) >> (63 - (granule & 63));
  let base = granule & ~63;
  while (true) {
    const chunk = Owners.chunk(space, base);
    if (chunk === 0) {
      // Allocations in a tree or in one big bitmap may reach here from the chunk before.
      if (base < CHUNK) return IOVA_NONE;
      base = (base & ~(CHUNK - 1)) - 64;
    } else {
      let v = load<u64>(chunk + ((<usize>((base & (CHUNK - 1)) >> 6)) << 3)) & keep;
      while (v !== 0) {
        const at = base + 63 - <u32>clz<u64>(v);
        if (load<u32>(Owners.record(chunk, at), 4) !== 0) return at;
        v &= ~((<u64>1) << (at & 63));
      }
      if (base === 0) return IOVA_NONE;
      base -= 64;
    }
    keep = ~(<u64>0);
  }
}

/** Gives the index back to the arena. */
export function ownersDestroy(space: u32, granules: u32): void {
  for (let granule: u32 = 0; granule < granules; granule += CHUNK) {
    arenaFree(Owners.chunk(space, granule), chunkBytes(granules));
  }
}
