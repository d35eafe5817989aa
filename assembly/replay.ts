// The op-stream loop: executes 16-byte records (abi.ts OP_*) from BATCH.
//
//   word 0   op (7:0) | direction or access (15:8) | device index (31:16)
//   word 1   handle, or attribute bits        words 2, 3   operands
//
// A handle names a live mapping of the trace. The table at the replay block says which
// record of the history it is now, so one trace runs under every ops table and allocator.
// Lists given with OP_SG_* are kept per handle, as a driver keeps its scatterlist.
//
// state block (header 0xd8):
//   0 handles pointer  4 capacity   8 sgHandle  12 sgNents  16 sgFilled  20 sgDeviceDir
//  24 sgMax   28 prefix attrs   32 prefix label   36 prefix gfp   40 access port
//
// A handle's word: 0 nothing, 1 its map failed, else the address of its Mapping.
//
// Access byte of OP_DEV_READ/WRITE: bit 0 move data, bits 3:1 SysMMU port, bits 7:4 log2 of the
// burst in bytes (0: 64 bytes).
//
// Not modelled: time between records.

import {
  COUNT_ADDRESS_DIFFERENT,
  COUNT_ADDRESS_EQUAL,
  COUNT_BAD_HANDLE,
  COUNT_BAD_RECORD,
  COUNT_FAILED_HANDLE,
  COUNT_RECORDS,
  COUNT_REGISTER_DIFFERENT,
  COUNT_REGISTER_EQUAL,
  DIRECTION_AS_MAPPED,
  DMA_MAPPING_ERROR,
  DMA_NONE,
  KIND_COHERENT,
  KIND_RESOURCE,
  KIND_SG,
  NO_HANDLE,
  OP_ALLOC,
  OP_BARRIER,
  OP_CPU_READ,
  OP_CPU_WRITE,
  OP_DEV_READ,
  OP_DEV_WRITE,
  OP_EXPECT,
  OP_FEED_PAGES,
  OP_FLUSH,
  OP_FREE,
  OP_MAP,
  OP_MAP_RESOURCE,
  OP_MARKER,
  OP_NOP,
  OP_PREFIX,
  OP_REG_READ,
  OP_REG_WRITE,
  OP_SG_BEGIN,
  OP_SG_END,
  OP_SG_ENTRY,
  OP_SYNC_FOR_CPU,
  OP_SYNC_FOR_DEVICE,
  OP_UNMAP,
  OP_UNMAP_SG,
} from "./abi";
import { arenaAlloc, arenaFree } from "./arena";
import { cpuBarrier } from "./cache/index";
import { count, countAdd } from "./counters";
import { deviceOf } from "./device";
import { deviceAccess, deviceFlush } from "./dma/access";
import { dmaAlloc, freeOf } from "./dma/alloc-api";
import {
  dmaMapPage,
  dmaMapResource,
  dmaMapSg,
  dmaSyncSg,
  dmaSyncSingle,
  unmapPageOf,
  unmapResourceOf,
  unmapSgOf,
} from "./dma/api";
import { feedPages } from "./dma/pages";
import { header, replayBlock, setReplayBlock, tick } from "./header";
import { BATCH, SG, SG_BYTES, SG_COUNT } from "./layout";
import { cpuTouch } from "./replay-cpu";
import { historyLastBorn, Mapping } from "./sanitize/history";
import { sysmmuRegRead, sysmmuRegWrite } from "./sysmmu/index";

@unmanaged
class Replay {
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

function replay(): Replay {
  return changetype<Replay>(<usize>replayBlock());
}

/** Sets what handle `h` names; grows the table. False when memory is exhausted. */
function bind(r: Replay, h: u32, word: u32): bool {
  if (h >= r.capacity) {
    let capacity = r.capacity;
    while (capacity <= h) {
      if (capacity >= 0x10000000) return false;
      capacity <<= 1;
    }
    const table = <u32>arenaAlloc(capacity << 2);
    if (table === 0) return false;
    memory.copy(<usize>table, <usize>r.handles, (<usize>r.capacity) << 2);
    arenaFree(<usize>r.handles, r.capacity << 2);
    r.handles = table;
    r.capacity = capacity;
  }
  store<u32>(<usize>r.handles + ((<usize>h) << 2), word);
  return true;
}

/** The mapping that handle `h` names, or 0 (counted: nothing alive, or its map failed). */
function bound(r: Replay, h: u32): u32 {
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
function born(r: Replay, h: u32, dma: u32): void {
  r.attrs = 0;
  r.label = 0;
  r.gfp = 0;
  if (dma === DMA_MAPPING_ERROR) {
    bind(r, h, FAILED);
    return;
  }
  const at = historyLastBorn();
  if (at !== 0) changetype<Mapping>(<usize>at).handle = h + 1;
  bind(r, h, at === 0 ? FAILED : at);
}

/** Brings the list kept with a mapping back to SG; false when it has none. */
function recallList(record: Mapping): bool {
  if (record.extra === 0) return false;
  memory.copy(SG, <usize>record.extra, <usize>(record.nents * SG_BYTES));
  return true;
}

function mapList(r: Replay, index: u32, dir: u32): void {
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
  const at = historyLastBorn();
  if (at === 0) return;
  const list = arenaAlloc(nents * SG_BYTES);
  if (list === 0) return;
  memory.copy(list, SG, <usize>(nents * SG_BYTES));
  changetype<Mapping>(<usize>at).extra = <u32>list;
}

function unmapHandle(r: Replay, h: u32, dir: u32, operand: u32): void {
  const at = bound(r, h);
  if (at === 0) {
    bind(r, h, 0);
    return;
  }
  const record = changetype<Mapping>(<usize>at);
  const index = <u32>record.device;
  const direction = dir === DIRECTION_AS_MAPPED ? <u32>record.direction : dir;
  const kind = <u32>record.kind & 0x7f;
  bind(r, h, 0);
  if (kind === KIND_SG) {
    const list = record.extra;
    const nents = record.nents;
    const asked = operand === 0 || operand > nents ? nents : operand;
    if (!recallList(record)) return;
    unmapSgOf(at, index, asked, direction, record.attrs);
    arenaFree(<usize>list, nents * SG_BYTES);
  } else if (kind === KIND_COHERENT) freeOf(at, index, record.extra);
  else {
    const size = operand === 0 ? record.size : operand;
    if (kind === KIND_RESOURCE) unmapResourceOf(at, index, record.dma, size, direction, record.attrs);
    else unmapPageOf(at, index, record.dma, size, direction, record.attrs);
  }
}

function syncHandle(r: Replay, h: u32, dir: u32, offset: u32, size: u32, forDevice: u32): void {
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
function accessHandle(r: Replay, h: u32, access: u32, offset: u32, bytes: u32, write: u32): void {
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

function checkRegister(instance: u32, offset: u32, expected: u32, check: u32): void {
  const value = sysmmuRegRead(instance, offset);
  if (check !== 0) count(value === expected ? COUNT_REGISTER_EQUAL : COUNT_REGISTER_DIFFERENT);
}

/**
 * Executes `records` (0..65536) records that lie at BATCH. Returns how many were executed: fewer
 * only when a record is malformed (COUNT_BAD_RECORD), which is then the next one.
 */
export function replayRun(records: u32): u32 {
  const r = replay();
  const devices = header().deviceCount;
  let at = BATCH;
  let n: u32 = 0;
  for (; n < records; n++, at += 16) {
    const word = load<u32>(at);
    const dir = (word >> 8) & 0xff;
    const index = word >> 16;
    const w1 = load<u32>(at, 4);
    const w2 = load<u32>(at, 8);
    const w3 = load<u32>(at, 12);
    const op = word & 0xff;
    switch (op) {
      case OP_NOP:
      case OP_MARKER:
        tick();
        break;
      case OP_PREFIX:
        r.attrs = w1;
        r.label = w2;
        r.gfp = w3;
        break;
      case OP_MAP:
      case OP_MAP_RESOURCE: {
        if (index >= devices || dir >= DMA_NONE) return stop(n);
        const dma =
          op === OP_MAP
            ? dmaMapPage(index, w2 & ~4095, w2 & 4095, w3, dir, r.attrs, r.label)
            : dmaMapResource(index, w2, w3, dir, r.attrs, r.label);
        born(r, w1, dma);
        break;
      }
      case OP_UNMAP:
        unmapHandle(r, w1, dir, w3);
        break;
      case OP_UNMAP_SG:
        unmapHandle(r, w1, dir, w2);
        break;
      case OP_FREE:
        unmapHandle(r, w1, DIRECTION_AS_MAPPED, 0);
        break;
      case OP_SG_BEGIN:
        if (index >= devices || dir >= DMA_NONE || w2 > SG_COUNT) return stop(n);
        r.sgHandle = w1;
        r.sgNents = w2;
        r.sgFilled = 0;
        r.sgDeviceDir = word;
        r.sgMax = w3;
        break;
      case OP_SG_ENTRY: {
        if (r.sgFilled >= r.sgNents) return stop(n);
        const entry = SG + <usize>(r.sgFilled * SG_BYTES);
        store<u32>(entry, w1 & ~4095);
        store<u32>(entry, w1 & 4095, 4);
        store<u32>(entry, w2, 8);
        store<u64>(entry, 0, 12);
        r.sgFilled = r.sgFilled + 1;
        break;
      }
      case OP_SG_END:
        if (w1 !== r.sgHandle || r.sgFilled !== r.sgNents) return stop(n);
        mapList(r, r.sgDeviceDir >> 16, (r.sgDeviceDir >> 8) & 0xff);
        break;
      case OP_SYNC_FOR_CPU:
        syncHandle(r, w1, dir, w2, w3, 0);
        break;
      case OP_SYNC_FOR_DEVICE:
        syncHandle(r, w1, dir, w2, w3, 1);
        break;
      case OP_ALLOC: {
        if (index >= devices) return stop(n);
        born(r, w1, dmaAlloc(index, w2, r.gfp, r.attrs, r.label));
        break;
      }
      case OP_FEED_PAGES:
        feedPages(w1, w2);
        break;
      case OP_CPU_READ:
      case OP_CPU_WRITE: {
        tick();
        const record = w1 === NO_HANDLE ? 0 : bound(r, w1);
        if (w1 === NO_HANDLE || record !== 0) cpuTouch(record, w2, w3, op === OP_CPU_WRITE);
        break;
      }
      case OP_DEV_READ:
      case OP_DEV_WRITE: {
        tick();
        const write: u32 = op === OP_DEV_WRITE ? 1 : 0;
        if (w1 !== NO_HANDLE) accessHandle(r, w1, dir, w2, w3, write);
        else {
          if (index >= devices) return stop(n);
          deviceAccess(index, w2, w3, write, dir);
        }
        break;
      }
      case OP_BARRIER:
        tick();
        cpuBarrier();
        break;
      case OP_REG_READ:
        tick();
        if (index >= header().sysmmuCount) return stop(n);
        checkRegister(index, w1, w2, w3);
        break;
      case OP_REG_WRITE:
        tick();
        if (index >= header().sysmmuCount) return stop(n);
        sysmmuRegWrite(index, w1, w2);
        break;
      case OP_FLUSH:
        tick();
        if (index >= devices) return stop(n);
        deviceFlush(index);
        break;
      case OP_EXPECT: {
        const record = bound(r, w1);
        if (record !== 0) {
          count(
            changetype<Mapping>(<usize>record).dma === w2 ? COUNT_ADDRESS_EQUAL : COUNT_ADDRESS_DIFFERENT,
          );
        }
        break;
      }
      default:
        return stop(n);
    }
  }
  countAdd(COUNT_RECORDS, n);
  return n;
}

function stop(n: u32): u32 {
  count(COUNT_BAD_RECORD);
  countAdd(COUNT_RECORDS, n);
  return n;
}
