// Many allocations and frees in one crossing, for rings of buffers and for measuring.
//
// op, 8 bytes: u32 slot, u32 pages (0: free the slot)
// slot, 8 bytes: u32 address or 0xffffffff, u32 pages; kept by the caller
//
// Not modelled: mixing with other calls inside a batch.

import { INJECT_IOVA, IOVA_KIND_BITMAP, IOVA_NONE } from "../abi";
import { injected } from "../inject";
import { failed, iovaAlloc, iovaFree, refused } from "./allocate";
import { Bitmap } from "./bitmap";
import { Magazine } from "./magazines";
import { spaceOf } from "./space";
import { Give } from "./word-classes";
import { Take } from "./word-search";

/** The kernel's bitmaps, without a call per op. */
function bitmapBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  let none: u32 = 0;
  for (const end = ops + (n << 3); ops < end; ops += 8) {
    const slot = slots + (load<u32>(ops) << 3);
    const pages = load<u32>(ops, 4);
    if (pages !== 0) {
      let addr = IOVA_NONE;
      if (!injected(INJECT_IOVA)) addr = Bitmap.alloc(space, pages << 12);
      store<u32>(slot, addr);
      store<u32>(slot, pages, 4);
      if (addr === IOVA_NONE) {
        failed(space);
        none++;
      }
    } else if (load<u32>(slot) !== IOVA_NONE) {
      const result = Bitmap.free(space, load<u32>(slot), load<u32>(slot, 4) << 12);
      if (result !== 0) refused(space, result);
    }
  }
  return none;
}

/** Runs `n` ops at `ops` against a space; `slots` is the address of the slots. Returns the failed allocations. */
export function iovaBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  if (spaceOf(space).kind === IOVA_KIND_BITMAP) return bitmapBatch(space, ops, n, slots);
  let none: u32 = 0;
  for (const end = ops + (n << 3); ops < end; ops += 8) {
    const slot = slots + (load<u32>(ops) << 3);
    const pages = load<u32>(ops, 4);
    if (pages !== 0) {
      const addr = iovaAlloc(space, pages << 12);
      store<u32>(slot, addr);
      store<u32>(slot, pages, 4);
      if (addr === IOVA_NONE) none++;
    } else if (load<u32>(slot) !== IOVA_NONE) {
      iovaFree(space, load<u32>(slot), load<u32>(slot, 4) << 12);
    }
  }
  return none;
}

/** The same against word classes alone: slots hold page numbers, alignment is the request's order up to `cap`. */
export function wcBatch(block: u32, ops: u32, n: u32, slots: u32, cap: u32): u32 {
  let failed: u32 = 0;
  for (const end = ops + (n << 3); ops < end; ops += 8) {
    const slot = slots + (load<u32>(ops) << 3);
    const pages = load<u32>(ops, 4);
    if (pages !== 0) {
      const first = Take.pages(block, pages, min<u32>(32 - clz<u32>(pages - 1), cap), 0);
      store<u32>(slot, first);
      store<u32>(slot, pages, 4);
      if (first === IOVA_NONE) failed++;
    } else if (load<u32>(slot) !== IOVA_NONE) {
      Give.pages(block, load<u32>(slot), load<u32>(slot, 4));
    }
  }
  return failed;
}

/** The same through `magazines` of their own in front of the word classes. */
export function magBatch(magazines: u32, block: u32, ops: u32, n: u32, slots: u32, cap: u32): u32 {
  let failed: u32 = 0;
  for (const end = ops + (n << 3); ops < end; ops += 8) {
    const slot = slots + (load<u32>(ops) << 3);
    const pages = load<u32>(ops, 4);
    if (pages !== 0) {
      const first = Magazine.take(magazines, block, pages, cap);
      store<u32>(slot, first);
      store<u32>(slot, pages, 4);
      if (first === IOVA_NONE) failed++;
    } else if (load<u32>(slot) !== IOVA_NONE) {
      Magazine.give(magazines, block, load<u32>(slot), load<u32>(slot, 4));
    }
  }
  return failed;
}
