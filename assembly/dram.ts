// Guest DRAM: one window of physical addresses [dramBase, dramBase + dramBytes)
// held at DRAM in linear memory, and the page allocator over it.
//
//   pa ── pa - dramBase ──> DRAM + offset          (4 KiB pages, first fit)
//
// Not modelled: banks, refresh, ECC; NUMA zones (one zone, lowest address first).

import { INJECT_PAGES, NO_PA } from "./abi";
import { arenaAlloc } from "./arena";
import { header } from "./header";
import { injected } from "./inject";
import { DRAM } from "./layout";

export const PAGE_SHIFT: u32 = 12;
export const PAGE_SIZE: u32 = 4096;

/** True when [pa, pa + bytes) lies wholly in DRAM (`bytes` may be 0). */
export function inDram(pa: u32, bytes: u32): bool {
  const h = header();
  const offset = pa - h.dramBase;
  return offset <= h.dramBytes && bytes <= h.dramBytes - offset;
}

/** Linear-memory address of `pa`; the caller has checked `inDram`. */
export function hostOf(pa: u32): usize {
  return DRAM + <usize>(pa - header().dramBase);
}

/** The 32-bit word of DRAM at `pa` (inside DRAM), past every cache. */
export function dramRead32(pa: u32): u32 {
  return load<u32>(hostOf(pa));
}

/** Writes a 32-bit word of DRAM at `pa` (inside DRAM), past every cache. */
export function dramWrite32(pa: u32, value: u32): void {
  store<u32>(hostOf(pa), value);
}

// ---- page allocator: a bitmap of used pages, first fit from a lowest-free hint ----
//   +0 pages   +4 hint (no free page below)   +8 used   +12 0   +16 bits

const BITS: usize = 16;

/** Prepares the allocator for `dramBytes`; false when the arena is exhausted. */
export function pagesInit(): bool {
  const h = header();
  const pages = h.dramBytes >> PAGE_SHIFT;
  const block = arenaAlloc(<u32>BITS + ((pages + 63) >> 6) * 8);
  if (block === 0) return false;
  store<u32>(block, pages);
  h.pages = <u32>block;
  return true;
}

function used(block: usize, page: u32): bool {
  return ((load<u8>(block + BITS + (page >> 3)) >> <u8>(page & 7)) & 1) !== 0;
}

function mark(block: usize, first: u32, pages: u32, value: bool): void {
  for (let page = first; page < first + pages; page++) {
    const at = block + BITS + (page >> 3);
    const bit = <u8>((<u32>1) << (page & 7));
    store<u8>(at, value ? load<u8>(at) | bit : load<u8>(at) & ~bit);
  }
}

/**
 * First fit of `pages` (at least 1) free pages whose physical address is a multiple of
 * 2^(12 + alignOrder); returns the address, or NO_PA when none is left.
 */
export function pagesAlloc(pages: u32, alignOrder: u32): u32 {
  if (injected(INJECT_PAGES)) return NO_PA;
  return pagesFind(pages, alignOrder);
}

/** pagesAlloc for tables: no fault injection. */
export function pagesFind(pages: u32, alignOrder: u32): u32 {
  const h = header();
  const block = <usize>h.pages;
  const total = load<u32>(block);
  const basePage = h.dramBase >> PAGE_SHIFT;
  const align = (<u32>1) << alignOrder;
  let first = load<u32>(block, 4);
  const hint = first;
  let lowest: u32 = 0xffffffff;
  while (true) {
    while (first < total) {
      const word = load<u64>(block + BITS + ((first >> 6) << 3)) >> (first & 63);
      if ((word & 1) === 0) break;
      const run = <u32>ctz<u64>(~word);
      first = min<u32>(first + run, (first | 63) + 1);
    }
    if (lowest === 0xffffffff) lowest = first;
    first = ((first + basePage + align - 1) & ~(align - 1)) - basePage;
    if (first >= total || pages > total - first) return NO_PA;
    let n: u32 = 0;
    while (n < pages && !used(block, first + n)) n++;
    if (n === pages) break;
    first = first + n + 1;
  }
  mark(block, first, pages, true);
  store<u32>(block, lowest === first ? first + pages : max(lowest, hint), 4);
  store<u32>(block, load<u32>(block, 8) + pages, 8);
  return h.dramBase + (first << PAGE_SHIFT);
}

/** Gives back pages of `pagesAlloc`. Pages already free stay free. */
export function pagesFree(pa: u32, pages: u32): void {
  const h = header();
  const block = <usize>h.pages;
  const first = (pa - h.dramBase) >> PAGE_SHIFT;
  let freed: u32 = 0;
  for (let i: u32 = 0; i < pages; i++) if (used(block, first + i)) freed++;
  mark(block, first, pages, false);
  if (first < load<u32>(block, 4)) store<u32>(block, first, 4);
  store<u32>(block, load<u32>(block, 8) - freed, 8);
}

/** Takes [pa, pa + pages) out of the allocator; false when a page of it is in use. */
export function pagesReserve(pa: u32, pages: u32): bool {
  const h = header();
  const block = <usize>h.pages;
  const first = (pa - h.dramBase) >> PAGE_SHIFT;
  for (let i: u32 = 0; i < pages; i++) if (used(block, first + i)) return false;
  mark(block, first, pages, true);
  store<u32>(block, load<u32>(block, 8) + pages, 8);
  return true;
}

/** 1 when all of the pages [pa, pa + pages) are out of the allocator, else 0. */
export function pagesTaken(pa: u32, pages: u32): u32 {
  const h = header();
  const first = (pa - h.dramBase) >> PAGE_SHIFT;
  for (let i: u32 = 0; i < pages; i++) if (!used(<usize>h.pages, first + i)) return 0;
  return 1;
}

/** Pages in use now. */
export function pagesUsed(): u32 {
  return load<u32>(<usize>header().pages, 8);
}
