// What the handles of an op stream name, and what the loop does through them.
//
// A handle names a live mapping of the trace. The table at the replay block says which
// record of the history it is now, so one trace runs under every ops table and allocator.
// Lists given with OP_SG_* are kept per handle, as a driver keeps its scatterlist.
//
// state block (header 0xd8):
//   0 handles pointer  4 capacity   8 sgHandle  12 sgNents  16 sgFilled  20 sgDeviceDir
//  24 sgMax   28 prefix attrs   32 prefix label   36 prefix gfp
//
// A handle's word: 0 nothing, 1 its map failed, else the address of its Mapping.
//
// Not modelled: more than one name for a mapping.

import {
  COUNT_BAD_HANDLE,
  COUNT_FAILED_HANDLE,
  COUNT_HANDLE_TAKEN,
  DIRECTION_AS_MAPPED,
  DMA_MAPPING_ERROR,
  KIND_COHERENT,
  KIND_RESOURCE,
  KIND_SG,
} from "./abi";
import { arenaAlloc, arenaFree } from "./arena";
import { count } from "./counters";
import { deviceOf } from "./device";
import { deviceAccess } from "./dma/access";
import { freeOf } from "./dma/alloc-api";
import { dmaMapSg, dmaSyncSg, dmaSyncSingle, unmapPageOf, unmapResourceOf, unmapSgOf } from "./dma/api";
import { replayBlock, setReplayBlock } from "./header";
import { SG, SG_BYTES } from "./layout";
import { historyKeepList, historyLastBorn, Mapping } from "./sanitize/history";

/** The loop's state block. */
@unmanaged
export class Replay {
  handles: u32;
  capacity: u32;
  sgHandle: u32;
  sgNents: u32;
  sgFilled: u32;
  sgDeviceDir: u32;
  sgMax: u32;
  attrs: u32;
  label: u32;
  gfp: u32;
}

const FIRST_HANDLES: u32 = 4096;
/** Word of a handle whose map failed: unmaps and syncs of it are skipped and counted. */
const FAILED: u32 = 1;

/** Prepares the replay state; false when the arena is exhausted. */
export function replayInit(): bool {
  const block = <u32>arenaAlloc(64);
  const handles = <u32>arenaAlloc(FIRST_HANDLES << 2);
  if (block === 0 || handles === 0) return false;
  setReplayBlock(block);
  const r = changetype<Replay>(<usize>block);
  r.handles = handles;
  r.capacity = FIRST_HANDLES;
  return true;
}

/** The state block. */
export function replay(): Replay {
  return changetype<Replay>(<usize>replayBlock());
}

/** Makes room for handle `h` in the table; false when memory is exhausted (counted: the handle names nothing). */
function widen(r: Replay, h: u32): bool {
  let capacity = r.capacity;
  while (capacity <= h && capacity < 0x10000000) capacity <<= 1;
  const table = capacity <= h ? 0 : <u32>arenaAlloc(capacity << 2);
  if (table === 0) {
    count(COUNT_BAD_HANDLE);
    return false;
  }
  memory.copy(<usize>table, <usize>r.handles, (<usize>r.capacity) << 2);
  arenaFree(<usize>r.handles, r.capacity << 2);
  r.handles = table;
  r.capacity = capacity;
  return true;
}

// Only static methods can be forced inline.
@unmanaged
class Handle {
  /** Sets what handle `h` names; grows the table. False, and nothing done, when memory is exhausted. */
  @inline
  static bind(r: Replay, h: u32, word: u32): bool {
    if (h >= r.capacity && !widen(r, h)) return false;
    store<u32>(<usize>r.handles + ((<usize>h) << 2), word);
    return true;
  }
}

/** The mapping that handle `h` names, or 0 (counted: nothing alive, or its map failed). */
export function bound(r: Replay, h: u32): u32 {
  const word = h < r.capacity ? load<u32>(<usize>r.handles + ((<usize>h) << 2)) : 0;
  if (word > FAILED) return word;
  count(word === FAILED ? COUNT_FAILED_HANDLE : COUNT_BAD_HANDLE);
  return 0;
}

/** The record address behind a handle, 0 for none; for the host and tests. */
export function replayHandle(h: u32): u32 {
  const r = replay();
  const word = h < r.capacity ? load<u32>(<usize>r.handles + ((<usize>h) << 2)) : 0;
  return word > FAILED ? word : 0;
}

/** Binds handle `h` to what the map that returned `dma` made. */
export function born(r: Replay, h: u32, dma: u32): void {
  r.attrs = 0;
  r.label = 0;
  r.gfp = 0;
  // What the handle named stays alive, and nothing can name it any more.
  if (h < r.capacity && load<u32>(<usize>r.handles + ((<usize>h) << 2)) > FAILED) count(COUNT_HANDLE_TAKEN);
  if (dma === DMA_MAPPING_ERROR) {
    Handle.bind(r, h, FAILED);
    return;
  }
  const at = historyLastBorn();
  if (at !== 0) changetype<Mapping>(<usize>at).handle = h + 1;
  Handle.bind(r, h, at === 0 ? FAILED : at);
}

/** Brings the list kept with a mapping back to SG; false when it has none. */
function recallList(record: Mapping): bool {
  if (record.extra === 0) return false;
  memory.copy(SG, <usize>record.extra, <usize>(record.nents * SG_BYTES));
  return true;
}

/** Maps the list gathered at SG for handle r.sgHandle and keeps it with the mapping. */
export function mapList(r: Replay, index: u32, dir: u32): void {
  const nents = r.sgFilled;
  const device = deviceOf(index);
  const max = device.maxSegSize;
  if (r.sgMax !== 0) device.maxSegSize = r.sgMax;
  const segments = nents === 0 ? 0 : dmaMapSg(index, nents, dir, r.attrs, r.label);
  device.maxSegSize = max;
  if (segments <= 0) {
    born(r, r.sgHandle, DMA_MAPPING_ERROR);
    return;
  }
  born(r, r.sgHandle, load<u32>(SG, 12));
  historyKeepList();
}

/** Unmaps or frees what handle `h` names; `operand` is the size or number of entries asked, 0 for that of the map. */
export function unmapHandle(r: Replay, h: u32, dir: u32, operand: u32): void {
  const at = bound(r, h);
  if (at === 0) {
    // A map that failed is over too.
    if (h < r.capacity) Handle.bind(r, h, 0);
    return;
  }
  const record = changetype<Mapping>(<usize>at);
  const index = <u32>record.device;
  const direction = dir === DIRECTION_AS_MAPPED ? <u32>record.direction : dir;
  const kind = <u32>record.kind & 0x7f;
  Handle.bind(r, h, 0);
  if (kind === KIND_SG) {
    const nents = record.nents;
    const asked = operand === 0 || operand > nents ? nents : operand;
    if (!recallList(record)) return;
    unmapSgOf(at, index, asked, direction, record.attrs);
  } else if (kind === KIND_COHERENT) freeOf(at, index, record.extra);
  else {
    const size = operand === 0 ? record.size : operand;
    if (kind === KIND_RESOURCE) unmapResourceOf(at, index, record.dma, size, direction, record.attrs);
    else unmapPageOf(at, index, record.dma, size, direction, record.attrs);
  }
}

/** Syncs [offset, offset + size) of what handle `h` names; size 0 is the rest of it. */
export function syncHandle(r: Replay, h: u32, dir: u32, offset: u32, size: u32, forDevice: u32): void {
  const at = bound(r, h);
  if (at === 0) return;
  const record = changetype<Mapping>(<usize>at);
  const direction = dir === DIRECTION_AS_MAPPED ? <u32>record.direction : dir;
  if (<u32>(record.kind & 0x7f) === KIND_SG) {
    if (recallList(record)) dmaSyncSg(record.device, record.nents, direction, forDevice);
  } else
    dmaSyncSingle(
      record.device,
      record.dma + offset,
      size === 0 ? record.size - offset : size,
      direction,
      forDevice,
    );
}

/** One access of a master through a handle: list mappings are walked segment by segment. */
export function accessHandle(r: Replay, h: u32, access: u32, offset: u32, bytes: u32, write: u32): void {
  const at = bound(r, h);
  if (at === 0) return;
  const record = changetype<Mapping>(<usize>at);
  const index = <u32>record.device;
  let left = bytes === 0 ? record.size - offset : bytes;
  if (<u32>(record.kind & 0x7f) !== KIND_SG || record.extra === 0) {
    deviceAccess(index, record.dma + offset, left, write, access);
    return;
  }
  let skip = offset;
  for (let i: u32 = 0; i < record.segments && left > 0; i++) {
    const entry = <usize>record.extra + <usize>(i * SG_BYTES);
    const length = load<u32>(entry, 16);
    if (skip >= length) {
      skip -= length;
      continue;
    }
    const n = min(length - skip, left);
    deviceAccess(index, load<u32>(entry, 12) + skip, n, write, access);
    left -= n;
    skip = 0;
  }
}
