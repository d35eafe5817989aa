// Uses of cached translations whose mapping is gone, by the mapping that owned them.
//
//   block  0 used   4 room   8 u64 hits counted to no owner (no memory for a bigger table)
//         16 room slots       behind them 2 x room u32: hash of owners to slot number + 1
//   slot   owner | first va | u64 hits | u64 first seq | u64 last seq     (32 bytes)
//
// The hardware cannot know; the model keeps the book beside it. Slots stay in the order of the
// first use; the table doubles when it is full.
// Not modelled: nothing; every use is counted.

import { FAULT_KIND_STALE, STALE_SLOT_BYTES, SYSCOUNT_STALE_HITS } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { header } from "../header";
import { walkTables } from "../pagetable/walk";
import { faultRecord } from "../sysmmu/fault";
import { Sysmmu, sysmmuCount } from "../sysmmu/instance";
import { DATA_SEEN, DATA_STALE } from "./tlb";

const SLOTS: usize = 16;

function bytesOf(room: u32): u32 {
  return <u32>SLOTS + room * (STALE_SLOT_BYTES + 8);
}

/** An empty book of `room` (a power of two) owners, or 0 when memory is exhausted. */
export function staleCreate(room: u32): u32 {
  const block = arenaAlloc(bytesOf(room));
  if (block !== 0) store<u32>(block, room, 4);
  return <u32>block;
}

function slotAt(block: usize, n: u32): usize {
  return block + SLOTS + <usize>(n * STALE_SLOT_BYTES);
}

// Address of the hash cell that holds the slot of `owner`, or of the free one where it belongs.
function cellOf(block: usize, owner: u32): usize {
  const room = load<u32>(block, 4);
  const table = slotAt(block, room);
  const mask = (room << 1) - 1;
  let n = (owner * 0x9e3779b1) & mask;
  while (true) {
    const cell = table + ((<usize>n) << 2);
    const slot = load<u32>(cell);
    if (slot === 0 || load<u32>(slotAt(block, slot - 1)) === owner) return cell;
    n = (n + 1) & mask;
  }
}

function grown(mmu: Sysmmu): bool {
  const block = <usize>mmu.stale;
  const room = load<u32>(block, 4);
  const bigger = <usize>staleCreate(room << 1);
  if (bigger === 0) return false;
  memory.copy(bigger + SLOTS, block + SLOTS, room * STALE_SLOT_BYTES);
  store<u32>(bigger, room);
  store<u64>(bigger, load<u64>(block, 8), 8);
  for (let n: u32 = 0; n < room; n++) store<u32>(cellOf(bigger, load<u32>(slotAt(bigger, n))), n + 1);
  mmu.stale = <u32>bigger;
  arenaFree(block, bytesOf(room));
  return true;
}

/** Counts one use at `va` of a translation that mapping `owner` left behind. */
function staleCount(mmu: Sysmmu, owner: u32, va: u32): void {
  sysmmuCount(mmu, SYSCOUNT_STALE_HITS, 1);
  const seq = header().seq;
  let block = <usize>mmu.stale;
  let cell = cellOf(block, owner);
  let number = load<u32>(cell);
  if (number === 0) {
    const used = load<u32>(block);
    if (used === load<u32>(block, 4)) {
      if (!grown(mmu)) {
        store<u64>(block, load<u64>(block, 8) + 1, 8);
        return;
      }
      block = <usize>mmu.stale;
      cell = cellOf(block, owner);
    }
    store<u32>(block, used + 1);
    number = used + 1;
    store<u32>(cell, number);
    const fresh = slotAt(block, used);
    store<u32>(fresh, owner);
    store<u32>(fresh, va, 4);
    store<u64>(fresh, seq, 16);
  }
  const slot = slotAt(block, number - 1);
  store<u64>(slot, load<u64>(slot, 8) + 1, 8);
  store<u64>(slot, seq, 24);
}

/** Counts one use at `va` of the stale `entry` (address of its tag), and records the first. */
export function staleUse(mmu: Sysmmu, entry: usize, column: u32, va: u32, write: u32): void {
  const owner = load<u32>(entry + column * 3);
  const data = load<u32>(entry + column * 2);
  if ((data & DATA_SEEN) === 0) {
    store<u32>(entry + column * 2, data | DATA_SEEN);
    walkTables(mmu, va);
    faultRecord(mmu, FAULT_KIND_STALE, 0, va, write, owner, data | DATA_SEEN);
  }
  staleCount(mmu, owner, va);
}

/**
 * Counts a walk for `va` that took its section, `data`, from a dead level-1 descriptor of `owner`;
 * the data word that says so to those who find it in a TLB.
 */
export function staleWalk(mmu: Sysmmu, data: u32, owner: u32, va: u32, write: u32): u32 {
  const mask = mmu.mask;
  walkTables(mmu, va);
  mmu.mask = mask;
  faultRecord(mmu, FAULT_KIND_STALE, 0, va, write, owner, data | DATA_STALE | DATA_SEEN);
  staleCount(mmu, owner, va);
  return data | DATA_STALE | DATA_SEEN;
}
