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
import { allocBehind } from "./bitmap";
import { Magazine } from "./magazines";
import { bitmapOf, spaceOf } from "./space";
import { Give } from "./word-classes";
import { Take } from "./word-search";

// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining; here it makes two loops of one text
class Loop {
  /**
   * The kernel's bitmaps with one bit per page, no owners, without a call per op. What does not change
   * inside a batch is read once; the space's own counts are brought up to date at the end. `many`:
   * more than one bitmap (a ring in a space of one takes two thirds of the time without the choice).
   */
  @inline
  static bitmaps(space: u32, ops: u32, n: u32, slots: u32, many: bool): u32 {
    const s = spaceOf(space);
    const base = s.base;
    const bits = s.bits;
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
        const i = many ? s.hint : 0;
        const at = Take.pages(bitmapOf(space, i), pages, align, 0);
        let addr: u32;
        if (at === IOVA_NONE) {
          s.used = used;
          s.peak = peak;
          addr = allocBehind(space, pages, align);
          used = s.used;
          peak = s.peak;
          if (addr === IOVA_NONE) {
            failed(space);
            none++;
          }
        } else {
          used += pages;
          peak = max<u32>(peak, used);
          addr = base + ((i * bits + at) << 12);
        }
        store<u32>(slot, addr);
        store<u32>(slot, pages, 4);
      } else {
        const addr = load<u32>(slot);
        if (addr !== IOVA_NONE) {
          const granule = (addr - base) >> 12;
          const i = many ? granule >> s.shift : 0;
          used -= Give.pages(bitmapOf(space, i), granule - i * bits, load<u32>(slot, 4));
          if (many && i < s.hint) s.hint = i;
        }
      }
    }
    s.used = used;
    s.peak = peak;
    injectedMany(INJECT_IOVA, attempts);
    return none;
  }
}

function bitmapBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  return Loop.bitmaps(space, ops, n, slots, false);
}

function bitmapsBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  return Loop.bitmaps(space, ops, n, slots, true);
}

/** The own allocator without owners, without a call per op. */
function ownBatch(space: u32, ops: u32, n: u32, slots: u32): u32 {
  const s = spaceOf(space);
  const base = s.base;
  const cap = s.cap;
  const magazines = s.magazines;
  const block = bitmapOf(space, 0);
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
    if (s.kind === IOVA_KIND_BITMAP && s.quick !== 0) {
      return s.extensions === 1 ? bitmapBatch(space, ops, n, slots) : bitmapsBatch(space, ops, n, slots);
    }
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
