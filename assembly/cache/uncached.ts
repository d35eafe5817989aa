// The CPU's loads and stores of memory that is not cached: through the write buffer for
// Normal non-cacheable memory, one bus access per word for strongly ordered memory.
//
// An uncached access goes past the caches even when they hold the line: that is the
// alias hazard of memory mapped twice (spec/dma-mapping 4.1, 9 number 21). Which of the two a
// coherent or a write-combined buffer is depends on the kernel's configuration (spec 3.3).
//
// Not modelled: Device memory; bursts of uncached reads.

import {
  COUNT_BARRIERS,
  COUNT_BUS_BURSTS,
  COUNT_BUS_READS,
  COUNT_BUS_WRITES,
  COUNT_CPU_BUS_ERRORS,
  MEMORY_BUFFERABLE,
  MEMORY_CACHEABLE,
} from "../abi";
import { count } from "../counters";
import { hostOf, inDram } from "../dram";
import { cpuRead, cpuWrite } from "./access";
import { cacheReady } from "./state";
import { bufferAge, bufferBarrier, bufferRead, bufferStore } from "./write-buffer";

/** Loads `bytes` at `pa` as memory of `type` (MEMORY_*) into linear memory at `to`. */
export function cpuReadAs(pa: u32, bytes: u32, to: usize, type: u32): void {
  if (type === MEMORY_CACHEABLE || !cacheReady()) {
    cpuRead(pa, bytes, to);
    return;
  }
  bufferAge();
  let at = pa;
  let left = bytes;
  const unit: u32 = type === MEMORY_BUFFERABLE ? 8 : 4;
  while (left !== 0) {
    const n = min(unit - (at & (unit - 1)), left);
    if (inDram(at, n)) {
      bufferRead(at, n);
      memory.copy(to, hostOf(at), n);
      count(COUNT_BUS_READS);
    } else {
      memory.fill(to, 0, n);
      count(COUNT_CPU_BUS_ERRORS);
    }
    at += n;
    to += n;
    left -= n;
  }
}

/** Stores `bytes` from linear memory at `from` to `pa` as memory of `type` (MEMORY_*), a word at a time. */
export function cpuWriteAs(pa: u32, bytes: u32, from: usize, type: u32): void {
  if (type === MEMORY_CACHEABLE || !cacheReady()) {
    cpuWrite(pa, bytes, from);
    return;
  }
  bufferAge();
  let at = pa;
  let left = bytes;
  while (left !== 0) {
    const n = min<u32>(4 - (at & 3), left);
    if (!inDram(at, n)) count(COUNT_CPU_BUS_ERRORS);
    else if (type === MEMORY_BUFFERABLE) bufferStore(at, n, from);
    else {
      bufferRead(at, n);
      memory.copy(hostOf(at), from, n);
      count(COUNT_BUS_WRITES);
      count(COUNT_BUS_BURSTS);
    }
    at += n;
    from += n;
    left -= n;
  }
}

/** A data barrier (DSB, wmb): the write buffer is empty afterwards. */
export function cpuBarrier(): void {
  count(COUNT_BARRIERS);
  if (cacheReady()) bufferBarrier();
}
