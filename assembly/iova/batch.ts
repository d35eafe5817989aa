// Many allocations and frees in one crossing, for rings of buffers and for measuring.
//
// op, 8 bytes: u32 slot, u32 pages (0: free the slot)
// slot, 8 bytes: u32 address or 0xffffffff, u32 pages; the caller provides the room, batches fill it.
// A slot that was freed is not freed again before it is allocated again.
//
// Not modelled: mixing with other calls inside a batch.

import { INJECT_IOVA, IOVA_KIND_BITMAP, IOVA_KIND_OWN, IOVA_NONE } from "../abi";
import { injectedMany, injectionArmed } from "../inject";
import { failed, iovaAlloc, iovaFree } from "./allocate";
import { allocExtended } from "./bitmap";
import { Magazine } from "./magazines";
import { spaceOf } from "./space";
import { Give } from "./word-classes";
import { Take } from "./word-search";

/**
 * The kernel's bitmaps with one bit per page, no owners, without a call per op. What does not change
 * inside a batch is read once; the space's own counts are brought up to date at the end.
 */
function bitmapBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  const s = spaceOf(space);
  const base = s.base;
  const block = s.block;
  const cap = s.cap;
  let used = s.used;
  let peak = s.peak;
  let none: u32 = 0;
  let attempts: u32 = 0;
  for (const end = ops + (n << 3); ops < end; ops += 8) {
    const slot = slots + (load<u32>(ops) << 3);
    const pages = load<u32>(ops, 4);
    if (pages !== 0) {
      attempts++;
      const align = min<u32>(32 - clz<u32>(pages - 1), cap);
      let at = Take.pages(block, pages, align, 0);
      if (at === IOVA_NONE) at = allocExtended(space, pages, align);
      store<u32>(slot, at === IOVA_NONE ? IOVA_NONE : base + (at << 12));
      store<u32>(slot, pages, 4);
      if (at === IOVA_NONE) {
        failed(space);
        none++;
      } else {
        used += pages;
        peak = max<u32>(peak, used);
      }
    } else {
      const addr = load<u32>(slot);
      if (addr !== IOVA_NONE) used -= Give.pages(block, (addr - base) >> 12, load<u32>(slot, 4));
    }
  }
  s.used = used;
  s.peak = peak;
  injectedMany(INJECT_IOVA, attempts);
  return none;
}

/** The own allocator without owners, without a call per op. */
function ownBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  const s = spaceOf(space);
  const base = s.base;
  const cap = s.cap;
  const magazines = s.magazines;
  const block = s.block;
  let used = s.used;
  let peak = s.peak;
  let none: u32 = 0;
  let attempts: u32 = 0;
  for (const end = ops + (n << 3); ops < end; ops += 8) {
    const slot = slots + (load<u32>(ops) << 3);
    const pages = load<u32>(ops, 4);
    if (pages !== 0) {
      attempts++;
      const at = Magazine.take(magazines, block, pages, cap);
      store<u32>(slot, at === IOVA_NONE ? IOVA_NONE : base + (at << 12));
      store<u32>(slot, pages, 4);
      if (at === IOVA_NONE) {
        failed(space);
        none++;
      } else {
        used += pages;
        peak = max<u32>(peak, used);
      }
    } else {
      const addr = load<u32>(slot);
      if (addr !== IOVA_NONE) {
        const held = load<u32>(slot, 4);
        Magazine.give(magazines, block, (addr - base) >> 12, held);
        used -= held;
      }
    }
  }
  s.used = used;
  s.peak = peak;
  injectedMany(INJECT_IOVA, attempts);
  return none;
}

/** Runs `n` ops at `ops` against a space; `slots` is the address of the slots. Returns the failed allocations. */
export function iovaBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  const s = spaceOf(space);
  if (s.owned === 0 && !injectionArmed(INJECT_IOVA)) {
    if (s.kind === IOVA_KIND_OWN) return ownBatch(space, ops, n, slots);
    // `quick`: no free in the space meets a rule of a kernel's own.
    if (s.kind === IOVA_KIND_BITMAP && s.quick !== 0) return bitmapBatch(space, ops, n, slots);
  }
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
