// The safe buffers of a device under dmabounce, and its registration.
//
//   block  0 small pool  4 large pool  8 newest safe buffer  12 window start  16 window end
//          20 small allocations  24 large  28 all  32 mapped through a buffer  36 bounces
//   safe   0 next  4 original pa  8 size  12 direction  16 pool (0: allocated alone)
//          20 safe pa  24 allocation (alone)
//
// A buffer is found by any address inside it, newest first.
//
// Not modelled: the lock.

import {
  BOUNCE_SAYS_INVALID,
  COUNT_BOUNCE_INVALID,
  DMA_MAPPING_ERROR,
  GFP_ATOMIC,
  INJECT_BOUNCE,
  NO_PA,
  SWITCH_BOUNCE_EXACT,
} from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { count } from "../counters";
import { deviceOf } from "../device";
import { injected } from "../inject";
import { switchOf } from "../switches";
import { runPa } from "./alloc-record";
import { says } from "./bounce-common";
import { blockPoolAlloc, blockPoolFree, blockPoolSize, busOf } from "./bounce-pool";
import { linearAlloc, linearFree } from "./linear-alloc";

export const SAFE_BYTES: u32 = 64;

@unmanaged
export class Registration {
  small: u32;
  large: u32;
  newest: u32;
  windowStart: u32;
  windowEnd: u32;
  smallAllocs: u32;
  largeAllocs: u32;
  allocs: u32;
  maps: u32;
  bounces: u32;
}

@unmanaged
export class Safe {
  next: u32;
  original: u32;
  size: u32;
  dir: u32;
  pool: u32;
  pa: u32;
  allocation: u32;
}

/** Address of the registration of device `index`, 0 for none. */
export function registrationOf(index: u32): u32 {
  return deviceOf(index).bounce;
}

/** The registration at `at`. */
export function registration(at: u32): Registration {
  return changetype<Registration>(<usize>at);
}

/** The safe buffer at `at`. */
export function safeAt(at: u32): Safe {
  return changetype<Safe>(<usize>at);
}

/** Figures of `dmabounce_stats`: 0 small, 1 large, 2 other allocations, 3 total, 4 maps, 5 bounces. */
export function dmabounceStatistic(index: u32, n: u32): u32 {
  const at = registrationOf(index);
  if (at === 0) return 0;
  const r = registration(at);
  if (n === 0) return r.smallAllocs;
  if (n === 1) return r.largeAllocs;
  if (n === 2) return r.allocs - r.smallAllocs - r.largeAllocs;
  if (n === 3) return r.allocs;
  return n === 4 ? r.maps : r.bounces;
}

/** A safe buffer of `size` bytes, not yet on the list; 0 when there is no memory. */
export function safeFor(index: u32, r: Registration, size: u32): u32 {
  if (injected(INJECT_BOUNCE)) return 0;
  const at = <u32>arenaAlloc(SAFE_BYTES);
  if (at === 0) return 0;
  const safe = safeAt(at);
  if (size <= blockPoolSize(r.small)) safe.pool = r.small;
  else if (r.large !== 0 && size <= blockPoolSize(r.large)) safe.pool = r.large;
  if (safe.pool !== 0) safe.pa = blockPoolAlloc(index, safe.pool);
  else {
    safe.allocation = linearAlloc(index, size, GFP_ATOMIC, 0);
    safe.pa = safe.allocation === 0 ? NO_PA : runPa(safe.allocation, 0);
  }
  if (safe.pa === NO_PA) {
    arenaFree(at, SAFE_BYTES);
    return 0;
  }
  if (safe.pool === r.small) r.smallAllocs = r.smallAllocs + 1;
  else if (safe.pool !== 0) r.largeAllocs = r.largeAllocs + 1;
  r.allocs = r.allocs + 1;
  return at;
}

/** The safe buffer that holds bus address `dma`, or that begins there where only starts count; or 0. The error value is complained about. */
export function safeFind(index: u32, dma: u32): u32 {
  const at = registrationOf(index);
  if (at === 0) return 0;
  if (dma === DMA_MAPPING_ERROR) {
    says(BOUNCE_SAYS_INVALID, index, 0, 0, 0);
    count(COUNT_BOUNCE_INVALID);
    return 0;
  }
  let safe = registration(at).newest;
  if (switchOf(SWITCH_BOUNCE_EXACT) !== 0) {
    while (safe !== 0 && dma !== busOf(index, safeAt(safe).pa)) safe = safeAt(safe).next;
    return safe;
  }
  while (safe !== 0 && dma - busOf(index, safeAt(safe).pa) >= safeAt(safe).size) safe = safeAt(safe).next;
  return safe;
}

/** Takes a safe buffer off the list and frees its memory. */
export function safeRelease(index: u32, at: u32): void {
  const r = registration(registrationOf(index));
  const safe = safeAt(at);
  if (r.newest === at) r.newest = safe.next;
  else {
    let before = r.newest;
    while (safeAt(before).next !== at) before = safeAt(before).next;
    safeAt(before).next = safe.next;
  }
  if (safe.pool !== 0) blockPoolFree(safe.pool, safe.pa);
  else linearFree(index, safe.allocation);
  arenaFree(at, SAFE_BYTES);
}
