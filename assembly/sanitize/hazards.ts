// Hazards with a name: each kind of wrong meeting of CPU, caches, API and master, once per device and
// mapping, with its count, its first and last moment and the mapping's record as it was.
//
//   block at header 0xe8 (made at the first hazard)
//     0 used   8 beyond (u64)   16 slot noted last   64 slots
//
//   slot   kind | device << 16   owner   dma   pa   count (u64)   first (u64)   last (u64)   given   mapped
//          64 record
//
// Not modelled: who wrote which byte; hazards of a 257th mapping (counted).

import {
  CACHE_DROPPED,
  CACHE_MAINTENANCE,
  COUNT_BUFFERED_DEVICE_READS,
  COUNT_BUFFERED_DEVICE_WRITES,
  COUNT_L1,
  COUNT_L2,
  COUNT_STALE_DEVICE_READS,
  COUNT_UNDER_DIRTY_WRITES,
  COUNT_UNDER_VALID_WRITES,
  HAZARD_BUFFERED_READ,
  HAZARD_BUFFERED_WRITE,
  HAZARD_FIRST,
  HAZARD_LOST_CPU_WRITE,
  HAZARD_LOST_DEVICE_WRITE,
  HAZARD_RECORD,
  HAZARD_SLOT_BYTES,
  HAZARD_SLOTS,
  HAZARD_STALE_DEVICE_READ,
  HISTORY_BYTES,
  NO_PA,
} from "../abi";
import { arenaAlloc } from "../arena";
import { counter } from "../counters";
import { header } from "../header";
import { HEADER } from "../layout";
import { historyHolder, Mapping } from "./history";
import { underNote } from "./written-under";

/** Address of the block, 0 before the first hazard. */
export function hazardBlock(): u32 {
  return load<u32>(HEADER, 0xe8);
}

// Makes the block; 0 when the arena is exhausted.
function block(): u32 {
  let at = hazardBlock();
  if (at === 0) {
    at = <u32>arenaAlloc(HAZARD_FIRST + HAZARD_SLOTS * HAZARD_SLOT_BYTES);
    store<u32>(HEADER, at, 0xe8);
  }
  return at;
}

// The slot of a key, new ones zeroed but for the key; 0 when the table is full.
function slotOf(at: u32, key: u32, owner: u32): usize {
  const last = <usize>load<u32>(at, 16);
  if (last !== 0 && load<u32>(last) === key && load<u32>(last, 4) === owner) return last;
  const used = load<u32>(at);
  let slot = <usize>(at + HAZARD_FIRST);
  for (let i: u32 = 0; i < used; i++, slot += <usize>HAZARD_SLOT_BYTES) {
    if (load<u32>(slot) === key && load<u32>(slot, 4) === owner) {
      store<u32>(at, <u32>slot, 16);
      return slot;
    }
  }
  if (used === HAZARD_SLOTS) return 0;
  store<u32>(at, used + 1);
  store<u32>(slot, key);
  store<u32>(slot, owner, 4);
  store<u32>(at, <u32>slot, 16);
  return slot;
}

/** Serial of the mapping at record `at`, 0 for none. */
export function serialOf(at: u32): u32 {
  return at === 0 ? 0 : changetype<Mapping>(<usize>at).serial;
}

/**
 * Notes `times` hazards of `kind` of a device at `dma` and `pa`. `owner` is the mapping's serial or 0; `record`
 * its live record, 0 when it is gone.
 */
export function hazardNote(
  kind: u32,
  device: u32,
  owner: u32,
  record: u32,
  dma: u32,
  pa: u32,
  times: u64,
  given: u32,
  mapped: u32,
): void {
  const at = block();
  if (at === 0) return;
  const slot = slotOf(at, kind | (device << 16), owner);
  if (slot === 0) {
    store<u64>(at, load<u64>(at, 8) + times, 8);
    return;
  }
  const seq = header().seq;
  if (load<u64>(slot, 16) === 0) {
    store<u32>(slot, dma, 8);
    store<u32>(slot, pa, 12);
    store<u64>(slot, seq, 24);
    store<u32>(slot, given, 40);
    store<u32>(slot, mapped, 44);
    if (record !== 0) memory.copy(slot + <usize>HAZARD_RECORD, <usize>record, <usize>HISTORY_BYTES);
  }
  store<u64>(slot, load<u64>(slot, 16) + times, 16);
  store<u64>(slot, seq, 32);
}

/** Changed lines that streaming maintenance has thrown away so far. */
export function linesDropped(): u64 {
  return (
    counter(COUNT_L1 + CACHE_MAINTENANCE + CACHE_DROPPED) +
    counter(COUNT_L2 + CACHE_MAINTENANCE + CACHE_DROPPED)
  );
}

/** Blames a hand-over of the mapping at `record` to the CPU for the lines it dropped since `before`. */
export function hazardAfterHandover(device: u32, owner: u32, record: u32, dma: u32, before: u64): void {
  hazardNote(HAZARD_LOST_CPU_WRITE, device, owner, record, dma, NO_PA, linesDropped() - before, 0, 0);
}

/** What `hazardAfterAccess` compares: the sum of the hazards that an access of a master can count. */
export function hazardsOfAccesses(): u64 {
  return (
    counter(COUNT_STALE_DEVICE_READS) +
    counter(COUNT_BUFFERED_DEVICE_READS) +
    counter(COUNT_BUFFERED_DEVICE_WRITES) +
    counter(COUNT_UNDER_VALID_WRITES)
  );
}

/**
 * Blames what an access of `device` to `bytes` bytes at `dma` and `pa`, inside one page, met, where
 * `hazardsOfAccesses` has grown. Before it, `stale` was COUNT_STALE_DEVICE_READS, `dirty`
 * COUNT_UNDER_DIRTY_WRITES and `buffered` COUNT_BUFFERED_DEVICE_WRITES.
 */
export function hazardAfterAccess(
  device: u32,
  dma: u32,
  pa: u32,
  bytes: u32,
  write: u32,
  stale: u64,
  dirty: u64,
  buffered: u64,
): void {
  const record = historyHolder(device, dma);
  const owner = serialOf(record);
  if (write === 0) {
    const lines = counter(COUNT_STALE_DEVICE_READS) - stale;
    const kind = lines !== 0 ? HAZARD_STALE_DEVICE_READ : HAZARD_BUFFERED_READ;
    hazardNote(kind, device, owner, record, dma, pa, lines !== 0 ? lines : 1, 0, 0);
    return;
  }
  const lost = counter(COUNT_UNDER_DIRTY_WRITES) - dirty;
  if (lost !== 0) hazardNote(HAZARD_LOST_DEVICE_WRITE, device, owner, record, dma, pa, lost, 0, 0);
  if (counter(COUNT_BUFFERED_DEVICE_WRITES) !== buffered) {
    hazardNote(HAZARD_BUFFERED_WRITE, device, owner, record, dma, pa, 1, 0, 0);
  }
  underNote(pa, bytes, device, owner, record, dma);
}
