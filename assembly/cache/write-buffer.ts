// The CPU's merging write buffer for Normal non-cacheable memory: four entries of
// 64 bits (Cortex-A9, spec/dma-mapping 4.5), oldest first.
//
//   entry   0 pa (multiple of 8)   4 byte mask   8 data (u64)   16 seq of the first store (u64)
//
// A store merges into the entry of its 8 bytes; else it takes a new one. Entries leave
// for DRAM late: when a fifth is needed (the oldest, with those that continue its
// address: one burst), when a barrier comes, when an access to the same bytes comes,
// or when they are older than `ageLimit` sequence numbers.
//
// Not modelled: cacheable stores (they reach L1 at once); entries drained out of order.

import {
  COUNT_BUFFER_DRAINS,
  COUNT_BUFFER_MERGES,
  COUNT_BUFFER_STORES,
  COUNT_BUS_BURSTS,
  COUNT_BUS_WRITES,
  COUNT_DRAIN_AGE,
  COUNT_DRAIN_BARRIER,
  COUNT_DRAIN_FULL,
  COUNT_DRAIN_READ,
} from "../abi";
import { count, countAdd } from "../counters";
import { hostOf } from "../dram";
import { header } from "../header";
import { CACHE_BUFFER, cache, cacheReady } from "./state";

const ENTRIES: u32 = 4;
const ENTRY_BYTES: u32 = 24;

function entryAt(i: u32): usize {
  return <usize>header().cache + CACHE_BUFFER + <usize>(i * ENTRY_BYTES);
}

/** Sends the `n` oldest entries to DRAM; `reason` is the counter they are booked on. */
function drain(n: u32, reason: u32): void {
  if (n === 0) return;
  const c = cache();
  let previous: u32 = 1;
  for (let i: u32 = 0; i < n; i++) {
    const at = entryAt(i);
    const pa = load<u32>(at);
    const mask = load<u32>(at, 4);
    const to = hostOf(pa);
    if (mask === 0xff) store<u64>(to, load<u64>(at, 8));
    else {
      for (let b: u32 = 0; b < 8; b++) {
        if (((mask >> b) & 1) !== 0) store<u8>(to + b, load<u8>(at + b, 8));
      }
    }
    count(COUNT_BUS_WRITES);
    if (pa !== previous + 8) count(COUNT_BUS_BURSTS);
    previous = pa;
  }
  const left = c.entries - n;
  memory.copy(entryAt(0), entryAt(n), <usize>(left * ENTRY_BYTES));
  c.entries = left;
  count(COUNT_BUFFER_DRAINS);
  countAdd(reason, n);
}

/** Drains what has waited longer than the age limit. Called before every access that could see it. */
export function bufferAge(): void {
  if (!cacheReady()) return;
  const c = cache();
  if (c.entries === 0) return;
  const now = header().seq;
  let n: u32 = 0;
  while (n < c.entries && now - load<u64>(entryAt(n), 16) > <u64>c.ageLimit) n++;
  drain(n, COUNT_DRAIN_AGE);
}

/** Drains everything (DSB, wmb). */
export function bufferBarrier(): void {
  drain(cache().entries, COUNT_DRAIN_BARRIER);
}

/** Drains up to the youngest entry that holds a byte of [pa, pa + bytes). */
export function bufferRead(pa: u32, bytes: u32): void {
  const c = cache();
  let n: u32 = 0;
  for (let i: u32 = 0; i < c.entries; i++) {
    const offset = load<u32>(entryAt(i)) - (pa & ~7);
    if (offset < bytes + (pa & 7)) n = i + 1;
  }
  drain(n, COUNT_DRAIN_READ);
}

/** Entries that hold a byte of [pa, pa + bytes): what a device does not see yet. */
export function bufferPending(pa: u32, bytes: u32): u32 {
  if (!cacheReady()) return 0;
  const c = cache();
  let n: u32 = 0;
  for (let i: u32 = 0; i < c.entries; i++) {
    if (load<u32>(entryAt(i)) - (pa & ~7) < bytes + (pa & 7)) n++;
  }
  return n;
}

/** Stores `bytes` (1..8, inside the 8 bytes at `pa & ~7`) from `from`. */
export function bufferStore(pa: u32, bytes: u32, from: usize): void {
  const c = cache();
  const home = pa & ~7;
  count(COUNT_BUFFER_STORES);
  let i: u32 = 0;
  while (i < c.entries && load<u32>(entryAt(i)) !== home) i++;
  if (i < c.entries) count(COUNT_BUFFER_MERGES);
  else {
    if (i === ENTRIES) {
      let n: u32 = 1;
      while (n < ENTRIES && load<u32>(entryAt(n)) === load<u32>(entryAt(n - 1)) + 8) n++;
      drain(n, COUNT_DRAIN_FULL);
      i = c.entries;
    }
    const at = entryAt(i);
    store<u32>(at, home);
    store<u32>(at, 0, 4);
    store<u64>(at, header().seq, 16);
    c.entries = i + 1;
  }
  const at = entryAt(i);
  const first = pa & 7;
  for (let b: u32 = 0; b < bytes; b++) store<u8>(at + first + b, load<u8>(from + b), 8);
  store<u32>(at, load<u32>(at, 4) | ((((<u32>1) << bytes) - 1) << first), 4);
}
