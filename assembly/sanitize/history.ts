// Who held which bus address, from when to when: one 64-byte record per mapping.
//
//   0 serial   4 device(u16) direction(u8) kind(u8, bit 7 owned)   8 dma    12 size
//  16 pa      20 attrs                               24 label  28 next (page chain)
//  32 birth (u64)                                    40 death (u64, 0 = alive)
//  48 extra (allocation, or list as at SG)  52 nents    56 segments  60 handle + 1
//
// Live records lie in chunks found through a directory; a dead one is copied to a
// ring that remembers the last HISTORY_DEAD of them, and keeps its list as long. Behind an IOMMU the record is
// found through the owner index of its IO-address space; without one through
// chains per DRAM page of the bus address.
//
// block at header.history:
//   0 serials  4 live  8 freeRecord  12 chunks  16 deadHead  20 dead ring  24 page heads
//  28 other (chain of addresses outside DRAM)   32 lastBorn   64 chunk directory (4096 pointers)
//
// Not modelled: records of mappings that died before the ring's length; they are gone.

import {
  COUNT_HISTORY_FULL,
  COUNT_MAPPINGS,
  HISTORY_BYTES,
  HISTORY_CHUNK,
  HISTORY_DEAD,
  KIND_SG,
  OPS_IOMMU,
} from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { count } from "../counters";
import { deviceOf } from "../device";
import { header } from "../header";
import { iovaOwnerOf, iovaSetOwner } from "../iova/index";
import { SG, SG_BYTES } from "../layout";

@unmanaged
export class Mapping {
  serial: u32;
  device: u16;
  direction: u8;
  kind: u8;
  dma: u32;
  size: u32;
  pa: u32;
  attrs: u32;
  label: u32;
  next: u32;
  birth: u64;
  death: u64;
  extra: u32;
  nents: u32;
  segments: u32;
  handle: u32;
}

@unmanaged
class History {
  serials: u32;
  live: u32;
  freeRecord: u32;
  chunks: u32;
  deadHead: u32;
  deadRing: u32;
  pageHeads: u32;
  other: u32;
  lastBorn: u32;
}

/** Bit of `kind`: found through the owner index of the IO-address space, not through a page chain. */
const OWNED: u8 = 0x80;
const DIRECTORY: usize = 64;
const DIRECTORY_SIZE: u32 = 4096;

function history(): History {
  return changetype<History>(<usize>header().history);
}

/** Prepares the tables; false when the arena is exhausted. */
export function historyInit(): bool {
  const h = header();
  const block = arenaAlloc(<u32>DIRECTORY + DIRECTORY_SIZE * 4);
  if (block === 0) return false;
  h.history = <u32>block;
  const t = history();
  t.deadRing = <u32>arenaAlloc(HISTORY_DEAD * HISTORY_BYTES);
  t.pageHeads = <u32>arenaAlloc((h.dramBytes >> 12) << 2);
  return t.deadRing !== 0 && t.pageHeads !== 0;
}

function addChunk(t: History): bool {
  if (t.chunks === DIRECTORY_SIZE) return false;
  const chunk = <u32>arenaAlloc(HISTORY_CHUNK * HISTORY_BYTES);
  if (chunk === 0) return false;
  store<u32>(<usize>header().history + DIRECTORY + ((<usize>t.chunks) << 2), chunk);
  t.chunks = t.chunks + 1;
  // Thread the new records so that the lowest is taken first.
  for (let i = HISTORY_CHUNK; i-- > 0; ) {
    const record = changetype<Mapping>(<usize>(chunk + i * HISTORY_BYTES));
    record.next = t.freeRecord;
    t.freeRecord = <u32>changetype<usize>(record);
  }
  return true;
}

/** Address of the chain head for bus address `dma` of a device without IOMMU. */
function chainOf(device: u32, dma: u32): usize {
  const h = header();
  const page = (dma + deviceOf(device).dmaOffset - h.dramBase) >> 12;
  if (page < h.dramBytes >> 12) return <usize>history().pageHeads + ((<usize>page) << 2);
  return <usize>h.history + 28;
}

/** Makes the IO-address page of `dma` name `record` as its holder (segments of a list: once each). */
export function historyOwn(device: u32, dma: u32, record: Mapping): void {
  const d = deviceOf(device);
  if (d.ops === OPS_IOMMU && d.space !== 0)
    iovaSetOwner(d.space, dma & ~4095, <u32>changetype<usize>(record));
}

/** Records a birth and returns the record, or 0 (counted) when memory for it is exhausted. */
export function historyBirth(
  device: u32,
  kind: u32,
  dma: u32,
  size: u32,
  pa: u32,
  direction: u32,
  attrs: u32,
  label: u32,
): u32 {
  const t = history();
  if (t.freeRecord === 0 && !addChunk(t)) {
    count(COUNT_HISTORY_FULL);
    t.lastBorn = 0;
    return 0;
  }
  const record = changetype<Mapping>(<usize>t.freeRecord);
  t.freeRecord = record.next;
  t.serials = t.serials + 1;
  t.live = t.live + 1;
  record.serial = t.serials;
  record.device = <u16>device;
  record.direction = <u8>direction;
  record.kind = <u8>kind;
  record.dma = dma;
  record.size = size;
  record.pa = pa;
  record.attrs = attrs;
  record.label = label;
  record.birth = header().seq;
  record.death = 0;
  record.extra = 0;
  record.nents = 0;
  record.segments = 0;
  record.handle = 0;
  const d = deviceOf(device);
  if (d.ops === OPS_IOMMU && d.space !== 0) {
    record.next = 0;
    record.kind = <u8>kind | OWNED;
    iovaSetOwner(d.space, dma & ~4095, <u32>changetype<usize>(record));
  } else {
    const chain = chainOf(device, dma);
    record.next = load<u32>(chain);
    store<u32>(chain, <u32>changetype<usize>(record));
  }
  count(COUNT_MAPPINGS);
  t.lastBorn = <u32>changetype<usize>(record);
  return t.lastBorn;
}

/**
 * The live record of `device` that starts at `dma` (kinds: exact start), or 0. Several mappings
 * may start at one address without an IOMMU: the youngest of `size` wins, else the youngest.
 */
export function historyFind(device: u32, dma: u32, size: u32): u32 {
  const d = deviceOf(device);
  if (d.ops === OPS_IOMMU && d.space !== 0) {
    const at = iovaOwnerOf(d.space, dma);
    // What was freed after its device was detached is still named by the space.
    if (at !== 0) {
      const record = changetype<Mapping>(<usize>at);
      if (record.dma === dma && record.serial !== 0) return at;
    }
    // Else a mapping from before the attach may start there: the chains have it.
  }
  let best: u32 = 0;
  let at = load<u32>(chainOf(device, dma));
  while (at !== 0) {
    const record = changetype<Mapping>(<usize>at);
    if (record.dma === dma && <u32>record.device === device) {
      if (record.size === size) return at;
      if (best === 0) best = at;
    }
    at = record.next;
  }
  return best;
}

/** How far back a mapping may start that holds an address of a device without an IOMMU, in pages. */
const LOOK_BACK: u32 = 4096;

// The live list of `device` with a segment at `dma`, or 0; looks at every live record.
function listHolder(device: u32, dma: u32): u32 {
  let at: u32 = 0;
  for (let n: u32 = 0; (at = historySlot(n)) !== 0; n++) {
    const record = changetype<Mapping>(<usize>at);
    if (record.serial === 0 || <u32>record.device !== device || record.extra === 0) continue;
    if (<u32>(record.kind & 0x7f) !== KIND_SG) continue;
    for (let i: u32 = 0; i < record.segments; i++) {
      const entry = <usize>record.extra + <usize>(i * SG_BYTES);
      if (dma - load<u32>(entry, 12) < load<u32>(entry, 16)) return at;
    }
  }
  return 0;
}

/**
 * The live record that holds bus address `dma` of `device`, or 0: behind an IOMMU whole pages count. Lists
 * whose entries are not kept have their first page only.
 */
export function historyHolder(device: u32, dma: u32): u32 {
  const d = deviceOf(device);
  if (d.ops === OPS_IOMMU && d.space !== 0) return iovaOwnerOf(d.space, dma);
  for (let back: u32 = 0; back <= LOOK_BACK; back++) {
    const start = dma - (back << 12);
    if (start > dma) break;
    for (let at = load<u32>(chainOf(device, start)); at !== 0; ) {
      const record = changetype<Mapping>(<usize>at);
      const size = (record.kind & 0x7f) === <u8>KIND_SG ? min<u32>(record.size, 4096) : record.size;
      if (<u32>record.device === device && dma - record.dma < size) return at;
      at = record.next;
    }
  }
  return listHolder(device, dma);
}

/** Records the death of a live record: copies it to the ring and frees its slot. */
export function historyDeath(at: u32): void {
  const t = history();
  const record = changetype<Mapping>(<usize>at);
  if ((record.kind & OWNED) === 0) unlink(record);
  const now = header().seq;
  const to = <usize>t.deadRing + <usize>((t.deadHead & (HISTORY_DEAD - 1)) * HISTORY_BYTES);
  if (changetype<Mapping>(to).extra !== 0) forgetList(changetype<Mapping>(to));
  v128.store(to, v128.load(at));
  v128.store(to, v128.load(at, 16), 16);
  v128.store(to, v128.load(at, 32), 32);
  v128.store(to, v128.load(at, 48), 48);
  // Not before the copy: a wide load of what has just been stored in parts would wait for it.
  changetype<Mapping>(to).death = now;
  record.death = now;
  t.deadHead = t.deadHead + 1;
  t.live = t.live - 1;
  record.serial = 0;
  record.next = t.freeRecord;
  t.freeRecord = at;
}

function forgetList(record: Mapping): void {
  if (<u32>(record.kind & 0x7f) === KIND_SG) arenaFree(<usize>record.extra, record.nents * SG_BYTES);
}

/** Keeps the `record.nents` entries at SG with the youngest record, a list; nothing when memory is exhausted. */
export function historyKeepList(): void {
  const at = history().lastBorn;
  if (at === 0) return;
  const record = changetype<Mapping>(<usize>at);
  const list = arenaAlloc(record.nents * SG_BYTES);
  if (list === 0) return;
  memory.copy(list, SG, <usize>(record.nents * SG_BYTES));
  record.extra = <u32>list;
}

function unlink(record: Mapping): void {
  const self = <u32>changetype<usize>(record);
  let link = chainOf(record.device, record.dma);
  while (load<u32>(link) !== 0) {
    if (load<u32>(link) === self) {
      store<u32>(link, record.next);
      return;
    }
    link = <usize>load<u32>(link) + offsetof<Mapping>("next");
  }
}

/** The youngest record, which the map that has just succeeded made; 0 when there was no memory for it. */
export function historyLastBorn(): u32 {
  return history().lastBorn;
}

/** Live mappings now. */
export function historyLive(): u32 {
  return history().live;
}

/** Address of the n-th record slot (0 .. chunks * HISTORY_CHUNK - 1), live where serial is not 0; 0 past the end. */
export function historySlot(n: u32): u32 {
  const t = history();
  const chunk = n / HISTORY_CHUNK;
  if (chunk >= t.chunks) return 0;
  return (
    load<u32>(<usize>header().history + DIRECTORY + ((<usize>chunk) << 2)) +
    (n % HISTORY_CHUNK) * HISTORY_BYTES
  );
}

/** Deaths ever recorded; the ring holds the last HISTORY_DEAD of them. */
export function historyDeaths(): u32 {
  return history().deadHead;
}

/** Address of the ring's record of death number `n` (0 .. historyDeaths() - 1). */
export function historyDead(n: u32): u32 {
  return history().deadRing + (n & (HISTORY_DEAD - 1)) * HISTORY_BYTES;
}
