// Hazards with a name: each kind of wrong meeting of CPU, caches, API and master, once per device and
// mapping, with its count and its first and last moment.
//
//   block at header 0xe8 (made at the first hazard)
//     0 used   8 beyond (u64)   16 slot noted last   64 slots   then the table "written under"
//
//   slot   kind | device << 16   owner   dma   pa   count (u64)   first (u64)   last (u64)   given   mapped
//
// "Written under": one entry per page (page number modulo its size) that a master wrote while a cache
// held lines of it: {page + 1, device, owner, dma}. It tells whose bytes a later CPU read misses.
//
// Not modelled: who wrote which byte; hazards of a 257th mapping (counted); two buffers of one page whose
// numbers meet in "written under" (the later one is blamed).

import {
  COUNT_BUFFERED_DEVICE_READS,
  COUNT_STALE_CPU_READS,
  COUNT_STALE_DEVICE_READS,
  COUNT_UNDER_DIRTY_WRITES,
  COUNT_UNDER_VALID_WRITES,
  HAZARD_BUFFERED_READ,
  HAZARD_FIRST,
  HAZARD_LOST_DEVICE_WRITE,
  HAZARD_SLOT_BYTES,
  HAZARD_SLOTS,
  HAZARD_STALE_CPU_READ,
  HAZARD_STALE_DEVICE_READ,
} from "../abi";
import { arenaAlloc } from "../arena";
import { cacheStaleLines } from "../cache/index";
import { countAdd, counter } from "../counters";
import { HEADER } from "../layout";
import { header } from "../header";
import { historyHolder, Mapping } from "./history";

const WRITTEN_UNDER: u32 = 1024;
const TABLE: u32 = HAZARD_FIRST + HAZARD_SLOTS * HAZARD_SLOT_BYTES;

/** Address of the block, 0 before the first hazard. */
export function hazardBlock(): u32 {
  return load<u32>(HEADER, 0xe8);
}

// Makes the block; 0 when the arena is exhausted.
function block(): u32 {
  let at = hazardBlock();
  if (at === 0) {
    at = <u32>arenaAlloc(TABLE + WRITTEN_UNDER * 16);
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

/** Notes `times` hazards of `kind` of a device at `dma` and `pa`; `owner` is the mapping's serial or 0. */
export function hazardNote(
  kind: u32,
  device: u32,
  owner: u32,
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
  }
  store<u64>(slot, load<u64>(slot, 16) + times, 16);
  store<u64>(slot, seq, 32);
}

function serialAt(device: u32, dma: u32): u32 {
  const at = historyHolder(device, dma);
  return at === 0 ? 0 : changetype<Mapping>(<usize>at).serial;
}

/** What `hazardAfterAccess` compares: the sum of the hazards that an access of a master can count. */
export function hazardsOfAccesses(): u64 {
  return (
    counter(COUNT_STALE_DEVICE_READS) + counter(COUNT_BUFFERED_DEVICE_READS) + counter(COUNT_UNDER_VALID_WRITES)
  );
}

/**
 * Blames what an access of `device` to [dma, dma + bytes) of one page met, where `hazardsOfAccesses` has
 * grown; `dirty` is COUNT_UNDER_DIRTY_WRITES before it, `stale` COUNT_STALE_DEVICE_READS.
 */
export function hazardAfterAccess(device: u32, dma: u32, pa: u32, write: u32, stale: u64, dirty: u64): void {
  const owner = serialAt(device, dma);
  if (write === 0) {
    const lines = counter(COUNT_STALE_DEVICE_READS) - stale;
    const kind = lines !== 0 ? HAZARD_STALE_DEVICE_READ : HAZARD_BUFFERED_READ;
    hazardNote(kind, device, owner, dma, pa, lines !== 0 ? lines : 1, 0, 0);
    return;
  }
  const lost = counter(COUNT_UNDER_DIRTY_WRITES) - dirty;
  if (lost !== 0) hazardNote(HAZARD_LOST_DEVICE_WRITE, device, owner, dma, pa, lost, 0, 0);
  const at = block();
  if (at === 0) return;
  const page = pa >> 12;
  const entry = <usize>(at + TABLE + (page & (WRITTEN_UNDER - 1)) * 16);
  store<u32>(entry, page + 1);
  store<u32>(entry, device, 4);
  store<u32>(entry, owner, 8);
  store<u32>(entry, dma, 12);
}

/**
 * To be called before the CPU reads [pa, pa + bytes), inside DRAM, through its caches: lines that are held
 * there unchanged and differ from memory are older than what a master wrote.
 */
export function hazardBeforeCpuRead(pa: u32, bytes: u32): void {
  // No master ever wrote below a cached line: nothing can be older.
  if (counter(COUNT_UNDER_VALID_WRITES) === 0) return;
  const at = block();
  while (bytes !== 0) {
    const n = min<u32>(bytes, 4096 - (pa & 4095));
    const lines = cacheStaleLines(pa, n);
    if (lines !== 0) {
      countAdd(COUNT_STALE_CPU_READS, lines);
      const page = pa >> 12;
      const entry = <usize>(at + TABLE + (page & (WRITTEN_UNDER - 1)) * 16);
      if (at !== 0 && load<u32>(entry) === page + 1) {
        const dma = (load<u32>(entry, 12) & ~4095) | (pa & 4095);
        hazardNote(HAZARD_STALE_CPU_READ, load<u32>(entry, 4), load<u32>(entry, 8), dma, pa, lines, 0, 0);
      }
    }
    pa += n;
    bytes -= n;
  }
}
