// Scatterlist ops behind an IOMMU, over the entries at SG (layout.ts):
//
//   +0 page pa  +4 offset  +8 length  +12 dmaAddress  +16 dmaLength
//
// Neighbours become one segment while the running length is whole pages, the next entry starts at
// offset 0 and the sum stays within maxSegSize; the limit never splits an entry, and the first
// entry's offset counts. Segments are packed into the first entries of the list:
//
//   entries  |0 4096|0 4096|0 100|   one IO address of 3 pages, entry 0 gets (iova, 8292)
//
// A failure removes the segments made so far; cleaned cache lines stay cleaned. unmapSg tears the
// IOMMU down first and syncs each entry after, so it wants the full number of entries.
// Sources: arch/arm/mm/dma-mapping.c v3.6, v3.14, v4.4, v6.1; spec dma-mapping 2.5.
//
// Not modelled: chained lists (the exchange area is one array).

import {
  COUNT_NO_OP,
  DMA_MAPPING_ERROR,
  EINVAL,
  ENOMEM,
  SWITCH_DMA_SG_CLEARS_ADDRESS,
  SWITCH_DMA_SG_ERRNO,
} from "../abi";
import { count } from "../counters";
import { Device, deviceOf } from "../device";
import { iovaAlloc, iovaFree } from "../iova/index";
import { SG, SG_BYTES, SG_COUNT } from "../layout";
import { switchOf } from "../switches";
import { mapEntries, mapInto, pageAlign, protOf, removeMapping, unmapFrom } from "./iommu-calls";
import { coherentOps, mapSyncs, ownCoherentTable } from "./iommu-coherent";
import { syncCpuToDev, syncDevToCpu } from "./sync";

@unmanaged
class Entry {
  page: u32;
  offset: u32;
  length: u32;
  dmaAddress: u32;
  dmaLength: u32;
}

const END: usize = SG + <usize>(SG_COUNT * SG_BYTES);

function entryAt(at: usize): Entry {
  return changetype<Entry>(at);
}

/** Maps one segment: `size` bytes (first offset included) from the entry at `at` on; 0 or -errno. */
function mapChunk(device: Device, at: usize, size: u32, out: Entry, dir: u32, prot: u32, sync: bool): i32 {
  const length = pageAlign(size);
  out.dmaAddress = DMA_MAPPING_ERROR;
  const base = iovaAlloc(device.space, length);
  if (base === DMA_MAPPING_ERROR) return -ENOMEM;
  const domain = device.domain;
  let done: u32 = 0;
  for (let s = at; done < length && s < END; s += SG_BYTES) {
    const pages = mapEntries(domain, base + done, s, (length - done) >> 12, prot, sync, dir);
    if (pages !== 0) {
      done += pages << 12;
      s += (pages - 1) * SG_BYTES;
      continue;
    }
    const entry = entryAt(s);
    const bytes = pageAlign(entry.offset + entry.length);
    if (sync) syncCpuToDev(entry.page, entry.offset, entry.length, dir);
    const result = mapInto(domain, base + done, entry.page, bytes, prot);
    if (result < 0) {
      unmapFrom(domain, base, done);
      iovaFree(device.space, base, length);
      return result;
    }
    done += bytes;
  }
  out.dmaAddress = base;
  return 0;
}

function undo(device: Device, segments: u32, result: i32): i32 {
  let at = SG;
  for (let i: u32 = 0; i < segments; i++) {
    const entry = entryAt(at);
    removeMapping(device, entry.dmaAddress, entry.dmaLength);
    at += SG_BYTES;
  }
  if (switchOf(SWITCH_DMA_SG_ERRNO) === 0) return 0;
  return result === -ENOMEM ? result : -EINVAL;
}

/**
 * map_sg over `nents` entries at SG. Returns the number of segments, or 0 (a negative errno since v5.15).
 * With `nents` 0 the kernel maps the first entry all the same, and so does this.
 */
export function iommuOpsMapSg(index: u32, nents: u32, dir: u32, attrs: u32): i32 {
  const device = deviceOf(index);
  const prot = protOf(dir, attrs);
  const sync = mapSyncs(device, attrs);
  const clears = switchOf(SWITCH_DMA_SG_CLEARS_ADDRESS) !== 0;
  const limit = device.maxSegSize;
  const end = SG + <usize>(nents * SG_BYTES);
  let start = SG;
  let out = SG;
  let segments: u32 = 0;
  let offset = entryAt(SG).offset;
  let size = offset + entryAt(SG).length;
  for (let at = SG + SG_BYTES; at < end; at += SG_BYTES) {
    const entry = entryAt(at);
    if (clears) entry.dmaAddress = DMA_MAPPING_ERROR;
    entry.dmaLength = 0;
    if (entry.offset !== 0 || (size & 4095) !== 0 || size + entry.length > limit) {
      const segment = entryAt(out);
      const result = mapChunk(device, start, size, segment, dir, prot, sync);
      if (result < 0) return undo(device, segments, result);
      segment.dmaAddress = segment.dmaAddress + offset;
      segment.dmaLength = size - offset;
      offset = entry.offset;
      size = offset;
      start = at;
      out += SG_BYTES;
      segments++;
    }
    size += entry.length;
  }
  const segment = entryAt(out);
  const result = mapChunk(device, start, size, segment, dir, prot, sync);
  if (result < 0) return undo(device, segments, result);
  segment.dmaAddress = segment.dmaAddress + offset;
  segment.dmaLength = size - offset;
  return segments + 1;
}

/** unmap_sg; `nents` must be what was handed to mapSg, or trailing entries never get their invalidate. */
export function iommuOpsUnmapSg(index: u32, nents: u32, dir: u32, attrs: u32): void {
  const device = deviceOf(index);
  const sync = mapSyncs(device, attrs);
  const end = SG + <usize>(nents * SG_BYTES);
  for (let at = SG; at < end; at += SG_BYTES) {
    const entry = entryAt(at);
    if (entry.dmaLength !== 0) removeMapping(device, entry.dmaAddress, entry.dmaLength);
    if (sync) syncDevToCpu(entry.page, entry.offset, entry.length, dir);
  }
}

function syncsLists(device: Device): bool {
  if (ownCoherentTable(device)) count(COUNT_NO_OP);
  return !coherentOps(device);
}

/** sync_sg_for_cpu over `nents` entries at SG, by their pages and lengths. */
export function iommuOpsSyncSgForCpu(index: u32, nents: u32, dir: u32): void {
  if (!syncsLists(deviceOf(index))) return;
  const end = SG + <usize>(nents * SG_BYTES);
  for (let at = SG; at < end; at += SG_BYTES) {
    const entry = entryAt(at);
    syncDevToCpu(entry.page, entry.offset, entry.length, dir);
  }
}

/** sync_sg_for_device over `nents` entries at SG, by their pages and lengths. */
export function iommuOpsSyncSgForDevice(index: u32, nents: u32, dir: u32): void {
  if (!syncsLists(deviceOf(index))) return;
  const end = SG + <usize>(nents * SG_BYTES);
  for (let at = SG; at < end; at += SG_BYTES) {
    const entry = entryAt(at);
    syncCpuToDev(entry.page, entry.offset, entry.length, dir);
  }
}
