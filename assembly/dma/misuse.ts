// Calls that do not fit the mapping they name: noted as hazards, done as the kernel does them.
//
//   unmap   other kind of call, size or direction than the map
//   sync    address of no mapping, beyond its end, other direction (a BIDIRECTIONAL mapping takes each)
//
// Source: the checks of kernel/dma/debug.c (spec/dma-mapping 6.2), without its table.
// Not modelled: lists entry by entry; dma-debug in the host does that.

import {
  COUNT_UNMAP_DIRECTION,
  COUNT_UNMAP_SIZE,
  DMA_BIDIRECTIONAL,
  HAZARD_SYNC_DIRECTION,
  HAZARD_SYNC_SIZE,
  HAZARD_SYNC_UNKNOWN,
  HAZARD_UNMAP_DIRECTION,
  HAZARD_UNMAP_KIND,
  HAZARD_UNMAP_SIZE,
  KIND_SG,
  NO_PA,
} from "../abi";
import { count } from "../counters";
import { hazardNote } from "../sanitize/hazards";
import { Mapping } from "../sanitize/history";

/** Notes what an unmap by a call for `kind` gives otherwise than the map at record `at` did. */
export function noteMismatch(index: u32, at: u32, kind: u32, dma: u32, size: u32, dir: u32): void {
  const record = changetype<Mapping>(<usize>at);
  const serial = record.serial;
  const mapped = <u32>(record.kind & 0x7f);
  if (mapped !== kind) hazardNote(HAZARD_UNMAP_KIND, index, serial, at, dma, record.pa, 1, kind, mapped);
  if (record.size !== size) {
    count(COUNT_UNMAP_SIZE);
    hazardNote(HAZARD_UNMAP_SIZE, index, serial, at, dma, record.pa, 1, size, record.size);
  }
  if (<u32>record.direction !== dir) {
    count(COUNT_UNMAP_DIRECTION);
    hazardNote(HAZARD_UNMAP_DIRECTION, index, serial, at, dma, record.pa, 1, dir, record.direction);
  }
}

/** Notes a sync that does not fit the mapping at `record` (0: none holds the address). */
export function checkSync(index: u32, record: u32, dma: u32, size: u32, dir: u32): void {
  if (record === 0) {
    hazardNote(HAZARD_SYNC_UNKNOWN, index, 0, 0, dma, NO_PA, 1, size, 0);
    return;
  }
  const mapping = changetype<Mapping>(<usize>record);
  const serial = mapping.serial;
  const end = dma - mapping.dma + size;
  if (<u32>(mapping.kind & 0x7f) !== KIND_SG && end > mapping.size) {
    hazardNote(HAZARD_SYNC_SIZE, index, serial, record, dma, NO_PA, 1, end, mapping.size);
  }
  const mapped = <u32>mapping.direction;
  if (mapped !== dir && mapped !== DMA_BIDIRECTIONAL) {
    hazardNote(HAZARD_SYNC_DIRECTION, index, serial, record, dma, NO_PA, 1, dir, mapped);
  }
}
