// What OP_CPU_READ and OP_CPU_WRITE of a replay do: a trace carries no bytes, so loads are
// made for their effect on the caches and stores write the low bits of the sequence number.
//
// Streaming buffers are cacheable. An allocation has the memory type that its attributes and the
// kernel's configuration give it (spec/dma-mapping 3.3), so its stores wait in the write buffer,
// or go to the bus one by one.
//
// Not modelled: the bytes a real CPU stored; a cookie (NO_KERNEL_MAPPING) is touched as its user
// mapping would be.

import { COUNT_CPU_BUS_ERRORS, KIND_COHERENT, KIND_SG, MEMORY_CACHEABLE } from "./abi";
import { cpuReadAs, cpuWriteAs } from "./cache/index";
import { countAdd } from "./counters";
import { aliasAccess } from "./dma/alias";
import { allocationAt, recordPage } from "./dma/alloc-record";
import { allocationType } from "./dma/memory-type";
import { inDram } from "./dram";
import { header } from "./header";
import { SCRATCH, SG_BYTES } from "./layout";
import { hazardBeforeCpu } from "./sanitize/cpu-hazards";
import { Mapping } from "./sanitize/history";

function touch(pa: u32, bytes: u32, write: bool, type: u32): void {
  while (bytes > 0) {
    const n = min<u32>(bytes, 4096 - (pa & 4095));
    if (!inDram(pa & ~4095, 4096)) {
      // A bus error for each line, without a search of the caches for every one.
      countAdd(COUNT_CPU_BUS_ERRORS, ((pa & 31) + n + 31) >> 5);
      pa += n;
      bytes -= n;
      continue;
    }
    hazardBeforeCpu(pa, n);
    if (write) {
      memory.fill(SCRATCH, <u8>(<u32>header().seq), n);
      cpuWriteAs(pa, n, SCRATCH, type);
    } else cpuReadAs(pa, n, SCRATCH, type);
    pa += n;
    bytes -= n;
  }
}

/**
 * A CPU access to `bytes` from `offset` of the mapping at record address `at`; with `at` 0,
 * `offset` is a physical address. 0 bytes: to the mapping's end.
 */
export function cpuTouch(at: u32, offset: u32, bytes: u32, write: bool): void {
  if (at === 0) {
    // A plain address goes through the linear map; what has no linear mapping is a data abort, dropped.
    touch(offset, aliasAccess(offset, bytes, write ? 1 : 0), write, MEMORY_CACHEABLE);
    return;
  }
  const record = changetype<Mapping>(<usize>at);
  if (offset > record.size) return;
  let left = bytes === 0 || bytes > record.size - offset ? record.size - offset : bytes;
  const kind = <u32>record.kind & 0x7f;
  if (kind === KIND_SG) {
    let skip = offset;
    for (let i: u32 = 0; i < record.nents && left > 0 && record.extra !== 0; i++) {
      const entry = <usize>record.extra + <usize>(i * SG_BYTES);
      const length = load<u32>(entry, 8);
      if (skip >= length) {
        skip -= length;
        continue;
      }
      const n = min(length - skip, left);
      touch(load<u32>(entry) + load<u32>(entry, 4) + skip, n, write, MEMORY_CACHEABLE);
      left -= n;
      skip = 0;
    }
  } else if (kind === KIND_COHERENT) {
    const type = allocationType(allocationAt(record.extra));
    while (left > 0) {
      const n = min<u32>(left, 4096 - (offset & 4095));
      touch(recordPage(record.extra, offset >> 12) + (offset & 4095), n, write, type);
      offset += n;
      left -= n;
    }
  } else touch(record.pa + offset, left, write, MEMORY_CACHEABLE);
}
