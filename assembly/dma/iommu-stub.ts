// A recorder in the place of the IOMMU: IO page -> physical page, nothing else. It serves
// replays of calls a real driver would refuse (mappings leaked by big offsets are mapped over)
// and tests of the ops alone. Chosen by SWITCH_IOMMU_STUB; device.domain is then its address.
//
//   iova  31        22 21        12 11    0
//        | directory  | page       |offset |     two levels of 1024 words, word = pa | 1
//
// Not modelled: permissions, page sizes, errors (inject.ts makes them), translation caches.

import { arenaAlloc, arenaFree } from "../arena";

const TABLE_BYTES: u32 = 4096;

/** An empty recorder: 4 KiB of arena, 0 when memory is exhausted. */
export function stubCreate(): u32 {
  return <u32>arenaAlloc(TABLE_BYTES);
}

/** Gives back a recorder and its pages. */
export function stubDestroy(domain: u32): void {
  for (let i: u32 = 0; i < 1024; i++) arenaFree(load<u32>(<usize>domain + (i << 2)), TABLE_BYTES);
  arenaFree(domain, TABLE_BYTES);
}

function slotOf(domain: u32, iova: u32, make: bool): usize {
  const directory = <usize>domain + ((iova >> 22) << 2);
  let table = load<u32>(directory);
  if (table === 0) {
    if (!make) return 0;
    table = <u32>arenaAlloc(TABLE_BYTES);
    if (table === 0) return 0;
    store<u32>(directory, table);
  }
  return <usize>table + (((iova >> 12) & 1023) << 2);
}

/** Notes `size` bytes of whole pages at `iova` -> `pa`, over whatever was there. Returns 0. */
export function stubMap(domain: u32, iova: u32, pa: u32, size: u32): i32 {
  for (let done: u32 = 0; done < size; done += 4096) {
    const slot = slotOf(domain, iova + done, true);
    if (slot !== 0) store<u32>(slot, (pa + done) | 1);
  }
  return 0;
}

/** Forgets the pages of [iova, iova + size). Returns `size`. */
export function stubUnmap(domain: u32, iova: u32, size: u32): u32 {
  for (let done: u32 = 0; done < size; done += 4096) {
    const slot = slotOf(domain, iova + done, false);
    if (slot !== 0) store<u32>(slot, 0);
  }
  return size;
}

/** Physical address of `iova`, 0 when its page is not mapped. */
export function stubIovaToPhys(domain: u32, iova: u32): u32 {
  const slot = slotOf(domain, iova, false);
  if (slot === 0) return 0;
  const word = load<u32>(slot);
  return word === 0 ? 0 : (word & ~4095) | (iova & 4095);
}
