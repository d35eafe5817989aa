// The linear alias of uncached buffers. A coherent or write-combined buffer is remapped uncached, but
// its pages stay in the kernel's linear map, cacheable: two addresses of different type for the same
// bytes (the first proposal lists it as work to do; spec dma-mapping 1.1, 1.3, 9 number 21).
//
//   alias mapped     a load or store through the linear address meets the caches: counted, blamed on
//                    the buffer, and the bytes show what becomes of it
//   alias unmapped   the access stops at the page: a fault, counted and blamed as well
//
//   block at 0x194 of the header page:
//   +0 pages aliased now  +4 slots used  +8 accesses of buffers beyond the table (u64)
//   +16 slots of 40 bytes: mapping  first pa  reads (u64)  writes (u64)  faults (u64)  first seq (u64)
//   behind the slots: one bit per page of DRAM
//
// Not modelled: the page tables of the CPU, the time it takes to change them; instruction fetches.

import {
  ALIAS_SLOT_BYTES,
  ALIAS_SLOTS,
  ALIAS_UNMAPPED,
  COUNT_ALIAS_FAULTS,
  COUNT_ALIAS_READS,
  COUNT_ALIAS_WRITES,
  CPU_LINEAR,
  KIND_COHERENT,
  SWITCH_DMA_ALIAS,
} from "../abi";
import { arenaAlloc } from "../arena";
import { cacheRefill } from "../cache/index";
import { count } from "../counters";
import { header } from "../header";
import { HEADER } from "../layout";
import { historySlot, Mapping } from "../sanitize/history";
import { switchOf } from "../switches";
import { allocationAt, runPa, runPages } from "./alloc-record";

/** Byte offset in the header of the block's address. */
const BLOCK: usize = 0x194;
const SLOTS: u32 = 16;
const BITS: u32 = SLOTS + ALIAS_SLOTS * ALIAS_SLOT_BYTES;

@unmanaged
class Slot {
  mapping: u32;
  pa: u32;
  reads: u64;
  writes: u64;
  faults: u64;
  seq: u64;
}

function block(): u32 {
  return load<u32>(HEADER, BLOCK);
}

function bitCell(page: u32): usize {
  return <usize>(block() + BITS + (page >> 3));
}

/** True when the page at `pa` belongs to an uncached buffer. */
function aliased(pa: u32): bool {
  const page = (pa - header().dramBase) >> 12;
  if (page >= header().dramBytes >> 12) return false;
  return ((load<u8>(bitCell(page)) >> <u8>(page & 7)) & 1) !== 0;
}

/** The pages of the allocation at record `at` have (`on`) or lose an uncached address beside the linear one. */
export function aliasMark(at: u32, on: bool): void {
  const record = allocationAt(at);
  if (record.cpu === CPU_LINEAR) return;
  const h = header();
  if (block() === 0) {
    if (!on) return;
    const made = <u32>arenaAlloc(BITS + ((h.dramBytes >> 12) >> 3) + 1);
    if (made === 0) return;
    store<u32>(HEADER, made, BLOCK);
  }
  const now = <usize>block();
  for (let i: u32 = 0; i < record.runs; i++) {
    const pa = runPa(at, i);
    for (let n: u32 = 0; n < runPages(at, i); n++) {
      const page = ((pa - h.dramBase) >> 12) + n;
      if (page >= h.dramBytes >> 12) break;
      const cell = bitCell(page);
      const mask = <u8>((<u32>1) << (page & 7));
      const had = (load<u8>(cell) & mask) !== 0;
      if (had === on) continue;
      store<u8>(cell, load<u8>(cell) ^ mask);
      store<u32>(now, load<u32>(now) + (on ? 1 : -1));
    }
  }
}

/** Pages that have an alias now: while 0, no access needs a look. */
export function aliasPages(): u32 {
  return block() === 0 ? 0 : load<u32>(<usize>block());
}

/** Address of the block above for the host, 0 before the first uncached buffer. */
export function aliasBlock(): u32 {
  return block();
}

/** Number of the live mapping whose buffer holds the page at `pa`, 0 for none. */
function ownerOf(pa: u32): u32 {
  let n: u32 = 0;
  for (let at = historySlot(0); at !== 0; at = historySlot(++n)) {
    const mapping = changetype<Mapping>(<usize>at);
    if (mapping.serial === 0 || <u32>(mapping.kind & 0x7f) !== KIND_COHERENT || mapping.extra === 0) continue;
    const record = allocationAt(mapping.extra);
    for (let i: u32 = 0; i < record.runs; i++) {
      if (pa - runPa(mapping.extra, i) < runPages(mapping.extra, i) << 12) return mapping.serial;
    }
  }
  return 0;
}

function slotOf(owner: u32, pa: u32): Slot {
  const now = <usize>block();
  const used = load<u32>(now, 4);
  for (let i: u32 = 0; i < used; i++) {
    const slot = changetype<Slot>(now + SLOTS + <usize>(i * ALIAS_SLOT_BYTES));
    if (slot.mapping === owner) return slot;
  }
  if (used === ALIAS_SLOTS) return changetype<Slot>(0);
  store<u32>(now, used + 1, 4);
  const slot = changetype<Slot>(now + SLOTS + <usize>(used * ALIAS_SLOT_BYTES));
  slot.mapping = owner;
  slot.pa = pa;
  slot.seq = header().seq;
  return slot;
}

function note(pa: u32, write: bool, fault: bool): void {
  count(write ? COUNT_ALIAS_WRITES : COUNT_ALIAS_READS);
  if (fault) count(COUNT_ALIAS_FAULTS);
  const slot = slotOf(ownerOf(pa), pa);
  if (changetype<usize>(slot) === 0) {
    store<u64>(<usize>block(), load<u64>(<usize>block(), 8) + 1, 8);
    return;
  }
  if (write) slot.writes = slot.writes + 1;
  else slot.reads = slot.reads + 1;
  if (fault) slot.faults = slot.faults + 1;
}

/**
 * A CPU access to [pa, pa + bytes) through the linear map is about to happen: notes each page of an
 * uncached buffer in it. Returns the bytes that may be accessed: all, or those before an unmapped page.
 */
export function aliasAccess(pa: u32, bytes: u32, write: u32): u32 {
  if (aliasPages() === 0) return bytes;
  const unmapped = switchOf(SWITCH_DMA_ALIAS) === ALIAS_UNMAPPED;
  let done: u32 = 0;
  while (done < bytes) {
    if (aliased(pa + done)) {
      note(pa + done, write !== 0, unmapped);
      if (unmapped) return done;
    }
    done += min<u32>(4096 - ((pa + done) & 4095), bytes - done);
  }
  return bytes;
}

/** Speculation asks for the line of `pa` through the linear map; 1 when it came in. An unmapped page gives nothing. */
export function aliasRefill(pa: u32): u32 {
  if (aliasPages() !== 0 && switchOf(SWITCH_DMA_ALIAS) === ALIAS_UNMAPPED && aliased(pa)) return 0;
  return cacheRefill(pa);
}
