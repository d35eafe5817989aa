// The swiotlb pool: one block of low memory in slots of 2 KiB (kernel/dma/swiotlb.c, 6.1 to 6.7;
// spec/dma-mapping 5.2).
//
//   pool   0 pa  4 slots  8 areas  12 slots per area  16 used  20 used at most  24 cpu
//          28 slot table  32 force
//   area   (behind the pool, 8 bytes each)  0 index where the next search begins  4 used
//   slot   0 free slots from here on in the segment  4 original pa  8 bytes from here on  12 pad
//
// 128 slots make a segment; no buffer crosses one, so 256 KiB is the longest. The search goes
// on where the last one ended (next fit), in the area of the own CPU first. Buffers of a page or
// more begin on a page; the low bits that the device's min_align_mask names are kept.
//
// Not modelled: SWIOTLB_DYNAMIC (extra and transient pools), per-device restricted pools.

import { NO_PA } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { Device } from "../device";
import { pagesAlloc, pagesFree } from "../dram";
import { poolPointer, setPoolPointer } from "./bounce-common";
import { busOf } from "./bus";

export const SLOT_SHIFT: u32 = 11;
export const SLOT_BYTES: u32 = 2048;
export const SEGMENT_SLOTS: u32 = 128;
/** 64 MiB: what the kernel takes without `swiotlb=`. */
const DEFAULT_BYTES: u32 = 64 << 20;
const MINIMUM_BYTES: u32 = 1 << 20;
const NONE: u32 = 0xffffffff;
const AREAS: usize = 64;

@unmanaged
export class SlotPool {
  pa: u32;
  slots: u32;
  areas: u32;
  areaSlots: u32;
  used: u32;
  usedAtMost: u32;
  cpu: u32;
  table: u32;
  force: u32;
}

@unmanaged
export class Slot {
  list: u32;
  original: u32;
  bytes: u32;
  pad: u32;
}

/** The pool; only when `swiotlbReady`. */
export function slotPool(): SlotPool {
  return changetype<SlotPool>(<usize>poolPointer());
}

/** True when there is a pool. */
export function swiotlbReady(): bool {
  return poolPointer() !== 0;
}

/** Record of slot `i`. */
export function slotAt(i: u32): Slot {
  return changetype<Slot>(<usize>(slotPool().table + (i << 4)));
}

function areaAt(area: u32): usize {
  return <usize>poolPointer() + AREAS + ((<usize>area) << 3);
}

/** Slots that `bytes` need. */
export function slotsFor(bytes: u32): u32 {
  return (bytes + SLOT_BYTES - 1) >> SLOT_SHIFT;
}

/**
 * Makes the pool: `bytes` (0: 64 MiB; at least 1 MiB, rounded to whole segments) in `areas`
 * areas (rounded up to a power of two, at most one per segment), used for every mapping when
 * `force`. Returns 0 or 12 (ENOMEM). A second call changes only `force`.
 */
export function swiotlbInit(bytes: u32, areas: u32, force: u32): i32 {
  if (swiotlbReady()) {
    slotPool().force = force;
    return 0;
  }
  const wanted = max(bytes === 0 ? DEFAULT_BYTES : bytes, MINIMUM_BYTES);
  const slots = (slotsFor(wanted) + SEGMENT_SLOTS - 1) & ~(SEGMENT_SLOTS - 1);
  let n: u32 = 1;
  while (n < areas) n <<= 1;
  if (slots < n * SEGMENT_SLOTS) n = slots / SEGMENT_SLOTS;
  const pages = (slots << SLOT_SHIFT) >> 12;
  // Segments are counted from the pool's start; a segment's alignment keeps their addresses even.
  const pa = pagesAlloc(pages, 6);
  if (pa === NO_PA) return 12;
  const block = <u32>arenaAlloc(<u32>AREAS + (n << 3));
  const table = <u32>arenaAlloc(slots << 4);
  if (block === 0 || table === 0) {
    pagesFree(pa, pages);
    return 12;
  }
  setPoolPointer(block);
  const pool = slotPool();
  pool.pa = pa;
  pool.slots = slots;
  pool.areas = n;
  pool.areaSlots = slots / n;
  pool.table = table;
  pool.force = force;
  for (let i: u32 = 0; i < slots; i++) {
    const slot = slotAt(i);
    slot.list = min(SEGMENT_SLOTS - (i & (SEGMENT_SLOTS - 1)), slots - i);
    slot.original = NONE;
  }
  return 0;
}

/** Gives the pool back; false (nothing done) while slots are in use. */
export function swiotlbExit(): bool {
  if (!swiotlbReady()) return true;
  const pool = slotPool();
  if (pool.used !== 0) return false;
  pagesFree(pool.pa, (pool.slots << SLOT_SHIFT) >> 12);
  arenaFree(pool.table, pool.slots << 4);
  arenaFree(poolPointer(), <u32>AREAS + (pool.areas << 3));
  setPoolPointer(0);
  return true;
}

/** The CPU that the next calls run on: its area is searched first. */
export function swiotlbSetCpu(cpu: u32): void {
  if (swiotlbReady()) slotPool().cpu = cpu;
}

/** Figures: 0 io_tlb_nslabs, 1 io_tlb_used, 2 io_tlb_used_hiwater, 3 pa of the pool, 4 areas, 5 used for every mapping. */
export function swiotlbStatistic(n: u32): u32 {
  if (!swiotlbReady()) return n === 3 ? NO_PA : 0;
  const pool = slotPool();
  if (n === 0) return pool.slots;
  if (n === 1) return pool.used;
  if (n === 2) return pool.usedAtMost;
  if (n === 3) return pool.pa;
  return n === 4 ? pool.areas : pool.force;
}

/** Writes io_tlb_used_hiwater: only 0 is taken (0, else -22). */
export function swiotlbResetHighWater(value: u32): i32 {
  if (value !== 0) return -22;
  if (swiotlbReady()) slotPool().usedAtMost = 0;
  return 0;
}

/** True when `pa` lies in the pool. */
export function swiotlbContains(pa: u32): bool {
  if (!swiotlbReady()) return false;
  return pa - slotPool().pa < slotPool().slots << SLOT_SHIFT;
}

/** swiotlb_align_offset: the low bits of an original that its slot address must share. */
export function alignOffset(device: Device, pa: u32): u32 {
  return pa & device.minAlignMask & (SLOT_BYTES - 1);
}

/** Bytes of the longest mapping for a device. */
export function swiotlbMaxMapping(device: Device): u32 {
  const pad = device.minAlignMask === 0 ? 0 : (device.minAlignMask + SLOT_BYTES - 1) & ~(SLOT_BYTES - 1);
  return (SEGMENT_SLOTS << SLOT_SHIFT) - pad;
}

/** iommu_is_span_boundary: slots [shift + index, + n) cross a multiple of `boundary` slots. */
function crosses(index: u32, n: u32, shift: u32, boundary: u32): bool {
  return ((shift + index) & (boundary - 1)) + n > boundary;
}

/** Search of one area; the first slot taken, or NO_PA. */
function searchArea(device: Device, area: u32, original: u32, bytes: u32, alignMask: u32): u32 {
  const pool = slotPool();
  const at = areaAt(area);
  const n = slotsFor(bytes);
  const areaSlots = pool.areaSlots;
  if (n > areaSlots - load<u32>(at, 4)) return NO_PA;
  // min_align_mask asks for the original's bits, a page or an explicit mask for zeros.
  // Bits of the explicit mask are made up for by padding inside the allocation.
  const keep = device.minAlignMask & ~(alignMask | (SLOT_BYTES - 1));
  let zero = alignMask & ~(SLOT_BYTES - 1);
  if (bytes >= 4096) zero |= 2048 & ~keep;
  const stride = ((keep | zero) >> SLOT_SHIFT) + 1;
  const bus = busOf(device, pool.pa) & device.segBoundary;
  const boundary = (device.segBoundary >> SLOT_SHIFT) + 1;
  let index = load<u32>(at);
  let checked: u32 = 0;
  while (checked < areaSlots) {
    const slot = area * areaSlots + index;
    const address = bus + (slot << SLOT_SHIFT);
    if ((address & keep) !== (original & keep) || (address & zero) !== 0) {
      index = index + 1 === areaSlots ? 0 : index + 1;
      checked++;
      continue;
    }
    if (!crosses(slot, n, slotsFor(bus), boundary) && slotAt(slot).list >= n) {
      take(slot, n, bytes, alignOffset(device, original));
      store<u32>(at, index + n >= areaSlots ? 0 : index + n);
      store<u32>(at, load<u32>(at, 4) + n, 4);
      return slot;
    }
    index = index + stride >= areaSlots ? 0 : index + stride;
    checked += stride;
  }
  return NO_PA;
}

function take(first: u32, n: u32, bytes: u32, offset: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const slot = slotAt(first + i);
    slot.list = 0;
    slot.bytes = bytes - (offset + (i << SLOT_SHIFT));
  }
  renumber(first, 0);
  const pool = slotPool();
  pool.used = pool.used + n;
  if (pool.used > pool.usedAtMost) pool.usedAtMost = pool.used;
}

/** Counts free slots anew before `end`, downwards to the segment's start or a taken slot. */
function renumber(end: u32, from: u32): void {
  let n = from;
  let i = end;
  while ((i & (SEGMENT_SLOTS - 1)) !== 0 && slotAt(i - 1).list !== 0) {
    i--;
    slotAt(i).list = ++n;
  }
}

/** Slots for `bytes` (with the offset of the original), own area first; the first one, or NO_PA. */
export function slotsTake(device: Device, original: u32, bytes: u32, alignMask: u32): u32 {
  const pool = slotPool();
  const start = pool.cpu & (pool.areas - 1);
  let area = start;
  do {
    const slot = searchArea(device, area, original, bytes, alignMask);
    if (slot !== NO_PA) return slot;
    area = area + 1 === pool.areas ? 0 : area + 1;
  } while (area !== start);
  return NO_PA;
}

/** Gives back the slots of the buffer whose first slot is `first`; the free runs around it join. */
export function slotsFree(first: u32, n: u32): void {
  const pool = slotPool();
  const end = first + n;
  const segmentEnd = (first + SEGMENT_SLOTS) & ~(SEGMENT_SLOTS - 1);
  let free: u32 = end < segmentEnd && end < pool.slots ? slotAt(end).list : 0;
  for (let i = end; i-- > first; ) {
    const slot = slotAt(i);
    slot.list = ++free;
    slot.original = NONE;
    slot.bytes = 0;
    slot.pad = 0;
  }
  renumber(first, free);
  const at = areaAt(first / pool.areaSlots);
  store<u32>(at, load<u32>(at, 4) - n, 4);
  pool.used = pool.used - n;
}
