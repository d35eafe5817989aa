// Memory for the structures of the core: caches, TLBs, IO-address spaces,
// history. Blocks are powers of two from 64 bytes, zeroed, naturally aligned
// to 64; a freed block goes to the list of its size. The arena lies behind
// DRAM and grows by whole MiB, so guest addresses never move.
//
// Not modelled: nothing of the guest lives here.

import { HEADER_FREE_LISTS, header } from "./header";

const GROW_SHIFT: u32 = 20;
const MIN_SHIFT: u32 = 6;

function shiftOf(bytes: u32): u32 {
  if (bytes <= 1 << MIN_SHIFT) return MIN_SHIFT;
  return 32 - clz<u32>(bytes - 1);
}

/** A zeroed block of at least `bytes` (1..2^31), aligned to 64; 0 when memory is exhausted. */
export function arenaAlloc(bytes: u32): usize {
  const shift = shiftOf(bytes);
  if (shift > 31) return 0;
  const list = HEADER_FREE_LISTS + ((<usize>shift) << 2);
  const free = load<u32>(list);
  if (free !== 0) {
    store<u32>(list, load<u32>(free));
    memory.fill(free, 0, (<usize>1) << shift);
    return free;
  }
  // Fresh memory is zero already; big blocks take only what they need.
  const need = shift >= 16 ? (bytes + 63) & ~63 : (<u32>1) << shift;
  const h = header();
  const next = h.arenaNext;
  const end = <u64>next + need;
  if (end > h.arenaEnd) {
    const grow = ((end - h.arenaEnd + ((1 << GROW_SHIFT) - 1)) >> GROW_SHIFT) << GROW_SHIFT;
    if (<u64>h.arenaEnd + grow > 0xffff0000) return 0;
    if (memory.grow(<i32>(grow >> 16)) < 0) return 0;
    h.arenaEnd = <u32>(<u64>h.arenaEnd + grow);
  }
  h.arenaNext = <u32>end;
  return next;
}

/** Gives back a block of `arenaAlloc(bytes)`; the same `bytes` must be named. */
export function arenaFree(block: usize, bytes: u32): void {
  if (block === 0) return;
  const shift = shiftOf(bytes);
  // A big block was cut to its need and cannot serve its whole class again:
  // it serves the class below, which it always covers.
  const cls = shift >= 16 && bytes < (<u32>1) << shift ? shift - 1 : shift;
  const list = HEADER_FREE_LISTS + ((<usize>cls) << 2);
  store<u32>(block, load<u32>(list));
  store<u32>(list, <u32>block);
}
