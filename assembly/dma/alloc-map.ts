// An allocation seen from outside the device: its pages for mmap to user space, and as a list.
// Behind an IOMMU the dma address says nothing about pages, so these are ops of their own.
//
//   mmap, up to v3.14: offset ignored, length unchecked | since v4.3: -ENXIO outside the buffer
//   list: one entry per run of contiguous pages, the last one cut to the requested size
//
// Where the kernel walks past its page array the calls are refused and counted: pool buffers since
// v3.18 (a page taken for a page array), and a user range longer than the buffer before v4.3.
// Sources: arch/arm/mm/dma-mapping.c v3.6, v3.14, v4.4, v6.1; spec dma-mapping 2.4.
//
// Not modelled: page protections of the user mapping (the host keeps them from the attributes).

import {
  COUNT_REFUSED,
  COUNT_UNCHECKED_MMAP,
  CPU_COOKIE,
  CPU_LINEAR,
  CPU_POOL,
  ENOMEM,
  ENXIO,
  MMAP_RANGE,
  SWITCH_DMA_MMAP,
} from "../abi";
import { count } from "../counters";
import { SG, SG_BYTES, SG_COUNT } from "../layout";
import { switchOf } from "../switches";
import { allocationAt, recordPage, runPa, runPages } from "./alloc-record";
import { ATTR_COOKIE } from "./iommu-calls";

/** 0 when the kernel finds the page array of this buffer; -ENXIO when it finds none or a wrong one. */
function pagesKnown(at: u32): i32 {
  const record = allocationAt(at);
  const plain = record.cpu === CPU_LINEAR;
  if (!plain && record.cpu !== CPU_POOL) return 0;
  if (plain && (record.attrs & ATTR_COOKIE) === 0) return -ENXIO;
  if (!plain && switchOf(SWITCH_DMA_MMAP) !== MMAP_RANGE) return 0;
  count(COUNT_REFUSED);
  return -ENXIO;
}

/** mmap of `vmaPages` pages from page `vmPgoff` of the buffer; 0 or -errno. */
export function iommuOpsMmap(at: u32, vmPgoff: u32, vmaPages: u32): i32 {
  const error = pagesKnown(at);
  if (error !== 0) return error;
  const pages = allocationAt(at).size >> 12;
  if (switchOf(SWITCH_DMA_MMAP) === MMAP_RANGE) {
    return vmPgoff >= pages || vmaPages > pages - vmPgoff ? -ENXIO : 0;
  }
  if (vmaPages <= pages) return 0;
  count(COUNT_UNCHECKED_MMAP);
  return -ENXIO;
}

/** Physical address of page `n` of a user mapping made at `vmPgoff`; NO_PA outside the buffer. */
export function iommuOpsMmapPage(at: u32, vmPgoff: u32, n: u32): u32 {
  return recordPage(at, switchOf(SWITCH_DMA_MMAP) === MMAP_RANGE ? vmPgoff + n : n);
}

/** get_sgtable: fills SG with the buffer's runs, `size` bytes in all. Returns the entries or -errno. */
export function iommuOpsGetSgtable(at: u32, size: u32): i32 {
  const error = pagesKnown(at);
  if (error !== 0) return error;
  const runs = allocationAt(at).runs;
  if (runs > SG_COUNT) return -ENOMEM;
  let left = size;
  for (let i: u32 = 0; i < runs; i++) {
    const entry = SG + <usize>(i * SG_BYTES);
    const bytes = min<u32>(left, runPages(at, i) << 12);
    memory.fill(entry, 0, SG_BYTES);
    store<u32>(entry, runPa(at, i));
    store<u32>(entry, bytes, 8);
    left -= bytes;
  }
  return runs;
}

/** True when the CPU's pointer is a cookie that must not be dereferenced. */
export function iommuOpsIsCookie(at: u32): u32 {
  return allocationAt(at).cpu === CPU_COOKIE ? 1 : 0;
}
