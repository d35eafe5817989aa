// One record per allocation of the IOMMU ops, in a power-of-two block of the arena.
//
//  +0 device  +4 size (whole pages)  +8 handle  +12 attrs
//  +16 cpu (CPU_*, abi.ts)  +20 runs  +24 bytes of this block  +28 flags
//  +32 runs of contiguous pages, 8 bytes each: pa, pages
//
// Four runs fit the smallest block (64 bytes); neighbouring pages share a run, so the runs are
// exactly the iommu_map calls of the whole buffer.
//
// Not modelled: the kernel's page-pointer array (4 bytes a page, kzalloc or vzalloc).

import { arenaAlloc, arenaFree } from "../arena";

const RUNS: usize = 32;
const SMALLEST: u32 = 64;

/** Pages come from the contiguous area and go back there in one piece. */
export const FLAG_CONTIGUOUS: u32 = 1;
/** A block of the FEED ring lay in memory that is in use: its pages never reach the allocator. */
export const FLAG_FOREIGN: u32 = 2;

@unmanaged
export class Allocation {
  device: u32;
  size: u32;
  handle: u32;
  attrs: u32;
  cpu: u32;
  runs: u32;
  block: u32;
  flags: u32;
}

/** The record at `at`. */
export function allocationAt(at: u32): Allocation {
  return changetype<Allocation>(<usize>at);
}

/** A record without pages; 0 when the arena is exhausted. */
export function recordCreate(device: u32, size: u32, attrs: u32): u32 {
  const at = <u32>arenaAlloc(SMALLEST);
  if (at === 0) return 0;
  const record = allocationAt(at);
  record.device = device;
  record.size = size;
  record.handle = 0xffffffff;
  record.attrs = attrs;
  record.block = SMALLEST;
  return at;
}

/** Gives back the record, not its pages. */
export function recordDestroy(at: u32): void {
  arenaFree(at, allocationAt(at).block);
}

/** Appends `pages` pages at `pa`. Returns the record, which moves when it grows; 0 when memory is exhausted. */
export function recordAppend(at: u32, pa: u32, pages: u32): u32 {
  let record = allocationAt(at);
  const runs = record.runs;
  if (runs !== 0) {
    const last = <usize>at + RUNS + ((runs - 1) << 3);
    if (load<u32>(last) + (load<u32>(last, 4) << 12) === pa) {
      store<u32>(last, load<u32>(last, 4) + pages, 4);
      return at;
    }
  }
  let to = at;
  if (<u32>RUNS + ((runs + 1) << 3) > record.block) {
    const bytes = record.block;
    to = <u32>arenaAlloc(bytes << 1);
    if (to === 0) return 0;
    memory.copy(to, at, bytes);
    arenaFree(at, bytes);
    record = allocationAt(to);
    record.block = bytes << 1;
  }
  const slot = <usize>to + RUNS + (runs << 3);
  store<u32>(slot, pa);
  store<u32>(slot, pages, 4);
  record.runs = runs + 1;
  return to;
}

/** Physical address of run `i`. */
export function runPa(at: u32, i: u32): u32 {
  return load<u32>(<usize>at + RUNS + (i << 3));
}

/** Pages of run `i`. */
export function runPages(at: u32, i: u32): u32 {
  return load<u32>(<usize>at + RUNS + (i << 3), 4);
}

/** Physical address of page `n` of the buffer; 0xffffffff past its end. */
export function recordPage(at: u32, n: u32): u32 {
  let left = n;
  const runs = allocationAt(at).runs;
  for (let i: u32 = 0; i < runs; i++) {
    const pages = runPages(at, i);
    if (left < pages) return runPa(at, i) + (left << 12);
    left -= pages;
  }
  return 0xffffffff;
}
