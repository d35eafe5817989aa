// Who holds an IO address: per space, chunks of 32768 granules with
//
//   starts   1 bit per granule: an allocation begins here
//   owners   u32 per granule, true where an allocation begins
//   lengths  u32 per granule, true where an allocation begins (own allocator only)
//
// Map and unmap touch one bit and one word; an address inside an allocation finds
// its beginning by a scan back over the start bits. A part that a short free leaves
// taken becomes a beginning of its own without owner.
//
// chunk: 0 starts (granules / 8 bytes)   then owners   then lengths
//
// Not modelled: holders of ranges the tree allocators merged by reservation.

import { COUNT_IOVA_NO_OWNERS, IOVA_KIND_OWN } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { count } from "../counters";
import { SPACE_OWNERS, Space, spaceOf } from "./space";

const CHUNK_SHIFT: u32 = 15;
const CHUNK: u32 = 1 << 15;

/** Granules per chunk of a space of `granules`: small spaces have one small chunk. */
function chunkGranules(granules: u32): u32 {
  return min<u32>((granules + 63) & ~63, CHUNK);
}

function chunkBytes(s: Space): u32 {
  const n = chunkGranules(s.granules);
  return (n >> 3) + n * (s.kind === IOVA_KIND_OWN ? 8 : 4);
}

function slotOf(space: u32, granule: u32): usize {
  return <usize>space + SPACE_OWNERS + ((<usize>(granule >> CHUNK_SHIFT)) << 2);
}

function chunkMake(space: u32, granule: u32): usize {
  const chunk = arenaAlloc(chunkBytes(spaceOf(space)));
  if (chunk === 0) count(COUNT_IOVA_NO_OWNERS);
  store<u32>(slotOf(space, granule), <u32>chunk);
  return chunk;
}

/** Address of the owner word of `granule` in its chunk. */
function ownerAt(space: u32, chunk: usize, granule: u32): usize {
  const n = <usize>chunkGranules(spaceOf(space).granules);
  return chunk + (n >> 3) + ((<usize>(granule & (CHUNK - 1))) << 2);
}

/** Address of the length word of `granule` in its chunk. */
function lengthAt(space: u32, chunk: usize, granule: u32): usize {
  const n = <usize>chunkGranules(spaceOf(space).granules);
  return ownerAt(space, chunk, granule) + (n << 2);
}

function wordAt(chunk: usize, granule: u32): usize {
  return chunk + ((<usize>((granule & (CHUNK - 1)) >> 6)) << 3);
}

/** An allocation begins at `granule`, without owner yet. */
export function ownersBegin(space: u32, granule: u32): void {
  let chunk = <usize>load<u32>(slotOf(space, granule));
  if (chunk === 0) {
    chunk = chunkMake(space, granule);
    if (chunk === 0) return;
  }
  const at = wordAt(chunk, granule);
  store<u64>(at, load<u64>(at) | ((<u64>1) << (granule & 63)));
  store<u32>(ownerAt(space, chunk, granule), 0);
}

/** `ownersBegin` with the length that `ownersLength` gives back (own allocator). */
export function ownersBeginOf(space: u32, granule: u32, length: u32): bool {
  ownersBegin(space, granule);
  const chunk = <usize>load<u32>(slotOf(space, granule));
  if (chunk === 0) return false;
  store<u32>(lengthAt(space, chunk, granule), length);
  return true;
}

/** Length of the allocation that begins at `granule`, 0 when none does (own allocator). */
export function ownersLength(space: u32, granule: u32): u32 {
  const chunk = <usize>load<u32>(slotOf(space, granule));
  return chunk !== 0 && ownersIsStart(space, granule) ? load<u32>(lengthAt(space, chunk, granule)) : 0;
}

/** True when an allocation begins at `granule`. */
export function ownersIsStart(space: u32, granule: u32): bool {
  const chunk = <usize>load<u32>(slotOf(space, granule));
  return chunk !== 0 && ((load<u64>(wordAt(chunk, granule)) >> (granule & 63)) & 1) !== 0;
}

/** No allocation begins at `granule` any more. */
export function ownersEnd(space: u32, granule: u32): void {
  const chunk = <usize>load<u32>(slotOf(space, granule));
  if (chunk === 0) return;
  const at = wordAt(chunk, granule);
  store<u64>(at, load<u64>(at) & ~((<u64>1) << (granule & 63)));
}

/** No allocation begins in [granule, granule + n) any more. */
export function ownersEndRange(space: u32, granule: u32, n: u32): void {
  const end = granule + n;
  while (granule < end) {
    const stop = min<u32>(end, (granule | 63) + 1);
    const chunk = <usize>load<u32>(slotOf(space, granule));
    if (chunk !== 0) {
      const at = wordAt(chunk, granule);
      const m = (~(<u64>0) >> (64 - (stop - granule))) << (granule & 63);
      store<u64>(at, load<u64>(at) & ~m);
    }
    granule = stop;
  }
}

/** Names the holder of the allocation that begins at `granule`. */
export function ownersSet(space: u32, granule: u32, owner: u32): void {
  const chunk = <usize>load<u32>(slotOf(space, granule));
  if (chunk !== 0) store<u32>(ownerAt(space, chunk, granule), owner);
}

/** The beginning at or below `granule`, or 0xffffffff. */
export function ownersStart(space: u32, granule: u32): u32 {
  let keep = ~(<u64>0) >> (63 - (granule & 63));
  let base = granule & ~63;
  while (true) {
    const chunk = <usize>load<u32>(slotOf(space, base));
    if (chunk === 0) {
      // Allocations of the tree kinds and of one big bitmap may cross into the chunk before.
      if (base < CHUNK) return 0xffffffff;
      base = (base & ~(CHUNK - 1)) - 64;
    } else {
      const v = load<u64>(wordAt(chunk, base)) & keep;
      if (v !== 0) return base + 63 - <u32>clz<u64>(v);
      if (base === 0) return 0xffffffff;
      base -= 64;
    }
    keep = ~(<u64>0);
  }
}

/** The holder stored at the beginning `granule`. */
export function ownersGet(space: u32, granule: u32): u32 {
  const chunk = <usize>load<u32>(slotOf(space, granule));
  return chunk === 0 ? 0 : load<u32>(ownerAt(space, chunk, granule));
}

/** Gives the index back to the arena. */
export function ownersDestroy(space: u32, granules: u32): void {
  const bytes = chunkBytes(spaceOf(space));
  for (let i: u32 = 0; i < (granules + CHUNK - 1) >> CHUNK_SHIFT; i++) {
    const slot = slotOf(space, i << CHUNK_SHIFT);
    arenaFree(<usize>load<u32>(slot), bytes);
    store<u32>(slot, 0);
  }
}
