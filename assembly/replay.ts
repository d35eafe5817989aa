// The op-stream loop: executes 16-byte records (OP_* of abi/stream.ts) from BATCH.
//
//   word 0   op (7:0) | direction or access (15:8) | device index (31:16)
//   word 1   handle, or attribute bits        words 2, 3   operands
//
// Access byte of OP_DEV_READ/WRITE: bit 0 move data, bits 3:1 SysMMU port, bits 7:4 log2 of the
// burst in bytes (0: 64 bytes).
//
// Not modelled: time between records.

import {
  COUNT_ADDRESS_DIFFERENT,
  COUNT_ADDRESS_EQUAL,
  COUNT_BAD_RECORD,
  COUNT_RECORDS,
  COUNT_REGISTER_DIFFERENT,
  COUNT_REGISTER_EQUAL,
  DARK_CLOCK,
  DARK_POWER,
  DIRECTION_AS_MAPPED,
  DMA_NONE,
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
import { cpuBarrier } from "./cache/index";
import { count, countAdd } from "./counters";
import { deviceAccess, deviceFlush } from "./dma/access";
import { dmaAlloc } from "./dma/alloc-api";
import { dmaMapPage, dmaMapResource } from "./dma/api";
import { feedDrop, feedPages } from "./dma/pages";
import { header, tick } from "./header";
import { BATCH, SG, SG_BYTES, SG_COUNT } from "./layout";
import { cpuTouch } from "./replay-cpu";
import { accessHandle, born, bound, mapList, replay, syncHandle, unmapHandle } from "./replay-handles";
import { Mapping } from "./sanitize/history";
import { darkAccess, sysmmuRegRead, sysmmuRegWrite } from "./sysmmu/index";

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
        feedDrop();
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
        if (darkAccess(index, DARK_POWER | DARK_CLOCK)) break;
        checkRegister(index, w1, w2, w3);
        break;
      case OP_REG_WRITE:
        tick();
        if (index >= header().sysmmuCount) return stop(n);
        if (!darkAccess(index, DARK_POWER | DARK_CLOCK)) sysmmuRegWrite(index, w1, w2);
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
