// Highmem pages with a permanent kmap, as a list: a kernel has 512 such slots (LAST_PKMAP) and any
// pages may hold them. Beside the one range of the cache floor, which serves most tests.
//
//   block: +0 count   +4 up to 512 page addresses
//
// Not modelled: waiting for a slot, reference counts.

import { arenaAlloc } from "../arena";
import { HEADER } from "../layout";

/** Byte offset in the header of the list's address. */
const LIST: usize = 0x18c;
const SLOTS: u32 = 512;

/** True when the page at `page` is on the list. */
export function kmapListed(page: u32): bool {
  const list = load<u32>(HEADER, LIST);
  if (list === 0) return false;
  const n = load<u32>(list);
  for (let i: u32 = 0; i < n; i++) {
    if (load<u32>(<usize>list + (i << 2), 4) === page) return true;
  }
  return false;
}

/** Gives the page at `page` a permanent kmap; 0 when all 512 slots (or the arena) are taken. */
export function kmapAdd(page: u32): u32 {
  let list = load<u32>(HEADER, LIST);
  if (list === 0) {
    list = <u32>arenaAlloc(4 + SLOTS * 4);
    if (list === 0) return 0;
    store<u32>(HEADER, list, LIST);
  }
  const n = load<u32>(list);
  if (n === SLOTS) return 0;
  store<u32>(<usize>list + (n << 2), page, 4);
  store<u32>(list, n + 1);
  return 1;
}

/** Takes all pages off the list. */
export function kmapClear(): void {
  const list = load<u32>(HEADER, LIST);
  if (list !== 0) store<u32>(list, 0);
}
