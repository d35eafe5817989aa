// The dma-mapping calls as drivers make them: one crossing each. Chooses the ops
// table of the device, then keeps the history and the device's counters.
//
//   driver -> here -> linear | iommu | bounce ops -> IO addresses, tables, caches
//
// An unmap also tells the SysMMUs which translation-cache entries are stale from now on,
// so that a later hit can be blamed on the mapping that owned the address.
//
// Not modelled: sleeping and interrupt context (gfp bits tell atomic allocations apart).

import {
  CALL_MAP,
  CALL_MAP_RESOURCE,
  CALL_MAP_SG,
  CALL_UNMAP,
  CALL_UNMAP_RESOURCE,
  CALL_UNMAP_SG,
  COUNT_UNMAP_UNKNOWN,
  DEVCOUNT_LIVE,
  DEVCOUNT_LIVE_BYTES,
  DEVCOUNT_LIVE_BYTES_PEAK,
  DEVCOUNT_LIVE_PEAK,
  DEVCOUNT_MAP_BYTES,
  DEVCOUNT_MAP_ERRORS,
  DEVCOUNT_MAP_SGS,
  DEVCOUNT_MAPS,
  DEVCOUNT_SG_ENTRIES,
  DEVCOUNT_SG_SEGMENTS,
  DEVCOUNT_SYNC_BYTES,
  DEVCOUNT_SYNC_FOR_CPU,
  DEVCOUNT_SYNC_FOR_DEVICE,
  DEVCOUNT_UNMAP_BYTES,
  DEVCOUNT_UNMAP_SGS,
  DEVCOUNT_UNMAPS,
  DMA_MAPPING_ERROR,
  HAZARD_UNMAP_UNKNOWN,
  KIND_RESOURCE,
  KIND_SG,
  KIND_SINGLE,
  NO_PA,
  OPS_BOUNCE,
  OPS_IOMMU,
  SWITCH_DMA_RESOURCE,
  SWITCH_DMA_ZERO_IOVA,
} from "../abi";
import { count } from "../counters";
import { Device, deviceCount, deviceCounter, deviceOf, deviceSysmmu } from "../device";
import { tick } from "../header";
import { SG, SG_BYTES } from "../layout";
import { bouncedHandover } from "../sanitize/bounced";
import { hazardAfterHandover, hazardNote, linesDropped, serialOf } from "../sanitize/hazards";
import {
  historyBirth,
  historyDead,
  historyDeath,
  historyDeaths,
  historyFind,
  historyHolder,
  historyOwn,
  Mapping,
} from "../sanitize/history";
import { switchOf } from "../switches";
import { sysmmuMarkStale } from "../sysmmu/index";
import { sysmmuLive } from "../sysmmu/page-flush";
import { noteAttributes } from "./attributes";
import {
  bounceOpsMapPage,
  bounceOpsMapSg,
  bounceOpsSyncForCpu,
  bounceOpsSyncForDevice,
  bounceOpsSyncSgForCpu,
  bounceOpsSyncSgForDevice,
  bounceOpsUnmapPage,
  bounceOpsUnmapSg,
} from "./bounce";
import {
  IommuOps,
  iommuOpsMapResource,
  iommuOpsMapSg,
  iommuOpsSyncForCpu,
  iommuOpsSyncForDevice,
  iommuOpsSyncSgForCpu,
  iommuOpsSyncSgForDevice,
  iommuOpsUnmapResource,
  iommuOpsUnmapSg,
} from "./iommu";
import {
  linearMapPage,
  linearMapResource,
  linearMapSg,
  linearSyncForCpu,
  linearSyncForDevice,
  linearSyncSgForCpu,
  linearSyncSgForDevice,
  linearUnmapPage,
  linearUnmapSg,
} from "./linear";
import { checkSync, noteMismatch } from "./misuse";
import { birthUntranslated, findUntranslated } from "./untranslated";

/** Counts `bytes` more held by the device, and the peaks. */
export function held(device: Device, bytes: u64): void {
  deviceCount(device, DEVCOUNT_LIVE, 1);
  deviceCount(device, DEVCOUNT_LIVE_BYTES, bytes);
  const live = deviceCounter(device, DEVCOUNT_LIVE);
  const peak = deviceCounter(device, DEVCOUNT_LIVE_PEAK);
  if (live > peak) deviceCount(device, DEVCOUNT_LIVE_PEAK, live - peak);
  const liveBytes = deviceCounter(device, DEVCOUNT_LIVE_BYTES);
  const peakBytes = deviceCounter(device, DEVCOUNT_LIVE_BYTES_PEAK);
  if (liveBytes > peakBytes) deviceCount(device, DEVCOUNT_LIVE_BYTES_PEAK, liveBytes - peakBytes);
}

/** Counts `bytes` given back by the device. */
export function released(device: Device, bytes: u64): void {
  deviceCount(device, DEVCOUNT_LIVE, <u64>-1);
  deviceCount(device, DEVCOUNT_LIVE_BYTES, -bytes);
}

const ATTR_SKIP_CPU_SYNC: u32 = 0x20;

/** Flags what the device's translation caches still hold of [dma, dma + bytes). */
export function markStale(device: Device, dma: u32, bytes: u32, serial: u32): void {
  for (let k: u32 = 0; k < device.sysmmuCount; k++)
    sysmmuMarkStale(deviceSysmmu(device, k), dma, bytes, serial);
}

// Whether a SysMMU of the device holds translations, which may be stale now.
function cached(device: Device): bool {
  let live: u32 = 0;
  for (let k: u32 = 0; k < device.sysmmuCount; k++) live |= sysmmuLive(deviceSysmmu(device, k));
  return live !== 0;
}

/**
 * dma_map_page: `page` + `offset`, `size` bytes, direction `dir`, attribute bits `attrs`, call-site
 * label `label`. Returns the bus address or DMA_MAPPING_ERROR.
 */
export function dmaMapPage(
  index: u32,
  page: u32,
  offset: u32,
  size: u32,
  dir: u32,
  attrs: u32,
  label: u32,
): u32 {
  tick();
  if (attrs !== 0) noteAttributes(index, CALL_MAP, attrs);
  const device = deviceOf(index);
  const ops = device.ops;
  let dma: u32;
  if (ops === OPS_IOMMU) dma = IommuOps.mapPage(device, page, offset, size, dir, attrs);
  else if (ops === OPS_BOUNCE) dma = bounceOpsMapPage(index, page, offset, size, dir, attrs);
  else dma = linearMapPage(index, page, offset, size, dir, attrs);
  if (dma === DMA_MAPPING_ERROR) {
    deviceCount(device, DEVCOUNT_MAP_ERRORS, 1);
    return dma;
  }
  deviceCount(device, DEVCOUNT_MAPS, 1);
  deviceCount(device, DEVCOUNT_MAP_BYTES, size);
  held(device, size);
  historyBirth(index, KIND_SINGLE, dma, size, page + offset, dir, attrs, label);
  return dma;
}

/** Notes the end of the mapping at record `at` by a call for `kind`; returns its serial, 0 when `at` is 0. */
function ending(device: Device, index: u32, at: u32, kind: u32, dma: u32, size: u32, dir: u32): u32 {
  if (at === 0) {
    count(COUNT_UNMAP_UNKNOWN);
    hazardNote(HAZARD_UNMAP_UNKNOWN, index, 0, 0, dma, NO_PA, 1, size, 0);
    return 0;
  }
  const record = changetype<Mapping>(<usize>at);
  const serial = record.serial;
  if (record.size !== size || <u32>record.direction !== dir || <u32>(record.kind & 0x7f) !== kind) {
    noteMismatch(index, at, kind, dma, size, dir);
  }
  bouncedHandover(serial);
  released(device, record.size);
  historyDeath(at);
  return serial;
}

// The record of the death just noted; 0 when there was none.
function lastDead(serial: u32): u32 {
  return serial === 0 ? 0 : historyDead(historyDeaths() - 1);
}

/**
 * True when the kernel ignores the unmap of `dma`: the first IO page counts as no address, so the mapping
 * stays, and stays in the history (spec/dma-mapping 2.9; COUNT_ZERO_IOVA).
 */
function ignoredUnmap(device: Device, dma: u32): bool {
  return dma < 4096 && device.ops === OPS_IOMMU && switchOf(SWITCH_DMA_ZERO_IOVA) === 0;
}

/** dma_unmap_page of `size` bytes at `dma`. Trusts its arguments as the kernel does. */
export function dmaUnmapPage(index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  unmapPageOf(historyFind(index, dma, size), index, dma, size, dir, attrs);
}

/** The same for the mapping at record `at`, where the caller knows which of several it means. */
export function unmapPageOf(at: u32, index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  tick();
  if (attrs !== 0) noteAttributes(index, CALL_UNMAP, attrs);
  const device = deviceOf(index);
  const serial = ignoredUnmap(device, dma) ? 0 : ending(device, index, at, KIND_SINGLE, dma, size, dir);
  const dropped = linesDropped();
  const ops = device.ops;
  if (ops === OPS_IOMMU) {
    IommuOps.unmapPage(device, dma, size, dir, attrs);
    if (serial !== 0 && cached(device))
      markStale(device, dma & ~4095, ((dma & 4095) + size + 4095) & ~4095, serial);
  } else if (ops === OPS_BOUNCE) bounceOpsUnmapPage(index, dma, size, dir, attrs);
  else linearUnmapPage(index, dma, size, dir, attrs);
  // The driver itself said that the caches need no care.
  if (linesDropped() !== dropped && (attrs & ATTR_SKIP_CPU_SYNC) === 0)
    hazardAfterHandover(index, serial, lastDead(serial), dma, dropped);
  deviceCount(device, DEVCOUNT_UNMAPS, 1);
  deviceCount(device, DEVCOUNT_UNMAP_BYTES, size);
}

/** True when resources keep their address although the device has IOMMU ops (before v4.9). */
function plainResources(device: Device): bool {
  return device.ops === OPS_IOMMU && switchOf(SWITCH_DMA_RESOURCE) === 0;
}

/** dma_map_resource: device registers at `pa`; no cache maintenance. */
export function dmaMapResource(index: u32, pa: u32, size: u32, dir: u32, attrs: u32, label: u32): u32 {
  tick();
  if (attrs !== 0) noteAttributes(index, CALL_MAP_RESOURCE, attrs);
  const device = deviceOf(index);
  const dma =
    device.ops === OPS_IOMMU
      ? iommuOpsMapResource(index, pa, size, dir, attrs)
      : linearMapResource(index, pa, size);
  if (dma === DMA_MAPPING_ERROR) {
    deviceCount(device, DEVCOUNT_MAP_ERRORS, 1);
    return dma;
  }
  deviceCount(device, DEVCOUNT_MAPS, 1);
  deviceCount(device, DEVCOUNT_MAP_BYTES, size);
  held(device, size);
  if (plainResources(device)) birthUntranslated(index, KIND_RESOURCE, dma, size, pa, dir, attrs, label);
  else historyBirth(index, KIND_RESOURCE, dma, size, pa, dir, attrs, label);
  return dma;
}

/** dma_unmap_resource. */
export function dmaUnmapResource(index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  const plain = plainResources(deviceOf(index));
  const at = plain ? findUntranslated(index, dma, size) : historyFind(index, dma, size);
  unmapResourceOf(at, index, dma, size, dir, attrs);
}

/** The same for the mapping at record `at`. */
export function unmapResourceOf(at: u32, index: u32, dma: u32, size: u32, dir: u32, attrs: u32): void {
  tick();
  if (attrs !== 0) noteAttributes(index, CALL_UNMAP_RESOURCE, attrs);
  const device = deviceOf(index);
  const ignored = ignoredUnmap(device, dma) && !plainResources(device);
  const serial = ignored ? 0 : ending(device, index, at, KIND_RESOURCE, dma, size, dir);
  if (device.ops === OPS_IOMMU) {
    iommuOpsUnmapResource(index, dma, size, dir, attrs);
    if (serial !== 0) markStale(device, dma & ~4095, ((dma & 4095) + size + 4095) & ~4095, serial);
  }
  deviceCount(device, DEVCOUNT_UNMAPS, 1);
  deviceCount(device, DEVCOUNT_UNMAP_BYTES, size);
}

function sgField(i: u32, field: usize): u32 {
  return load<u32>(SG + <usize>(i * SG_BYTES) + field);
}

/** Sum of the lengths of the first `nents` entries at SG. */
export function sgBytes(nents: u32): u32 {
  let bytes: u32 = 0;
  for (let i: u32 = 0; i < nents; i++) bytes += sgField(i, 8);
  return bytes;
}

/**
 * dma_map_sg over the `nents` entries at SG (layout.ts). Returns the number of segments, 0 or a
 * negative errno as the profile's kernel does; the entries then carry dmaAddress and dmaLength.
 */
export function dmaMapSg(index: u32, nents: u32, dir: u32, attrs: u32, label: u32): i32 {
  tick();
  if (attrs !== 0) noteAttributes(index, CALL_MAP_SG, attrs);
  const device = deviceOf(index);
  const ops = device.ops;
  let segments: i32;
  if (ops === OPS_IOMMU) segments = iommuOpsMapSg(index, nents, dir, attrs);
  else if (ops === OPS_BOUNCE) segments = bounceOpsMapSg(index, nents, dir, attrs);
  else segments = linearMapSg(index, nents, dir, attrs);
  if (segments <= 0) {
    deviceCount(device, DEVCOUNT_MAP_ERRORS, 1);
    return segments;
  }
  const bytes = sgBytes(nents);
  deviceCount(device, DEVCOUNT_MAP_SGS, 1);
  deviceCount(device, DEVCOUNT_SG_ENTRIES, nents);
  deviceCount(device, DEVCOUNT_SG_SEGMENTS, segments);
  deviceCount(device, DEVCOUNT_MAP_BYTES, bytes);
  held(device, bytes);
  const at = historyBirth(
    index,
    KIND_SG,
    sgField(0, 12),
    bytes,
    sgField(0, 0) + sgField(0, 4),
    dir,
    attrs,
    label,
  );
  if (at !== 0) {
    const record = changetype<Mapping>(<usize>at);
    record.nents = nents;
    record.segments = segments;
    for (let i = 1; i < segments; i++) historyOwn(index, sgField(i, 12), record);
  }
  return segments;
}

/** dma_unmap_sg over the entries at SG; `nents` must be what was handed to dmaMapSg. */
export function dmaUnmapSg(index: u32, nents: u32, dir: u32, attrs: u32): void {
  unmapSgOf(historyFind(index, sgField(0, 12), sgBytes(nents)), index, nents, dir, attrs);
}

/** The same for the list mapped at record `at`. */
export function unmapSgOf(at: u32, index: u32, nents: u32, dir: u32, attrs: u32): void {
  tick();
  if (attrs !== 0) noteAttributes(index, CALL_UNMAP_SG, attrs);
  const device = deviceOf(index);
  const bytes = sgBytes(nents);
  const first = sgField(0, 12);
  const serial = ending(device, index, at, KIND_SG, first, bytes, dir);
  const dropped = linesDropped();
  const ops = device.ops;
  if (ops === OPS_IOMMU) {
    iommuOpsUnmapSg(index, nents, dir, attrs);
    for (let i: u32 = 0; i < nents; i++) {
      const length = sgField(i, 16);
      if (length === 0) break;
      const dma = sgField(i, 12);
      markStale(device, dma & ~4095, ((dma & 4095) + length + 4095) & ~4095, serial);
    }
  } else if (ops === OPS_BOUNCE) bounceOpsUnmapSg(index, nents, dir, attrs);
  else linearUnmapSg(index, nents, dir, attrs);
  if (linesDropped() !== dropped && (attrs & ATTR_SKIP_CPU_SYNC) === 0)
    hazardAfterHandover(index, serial, lastDead(serial), first, dropped);
  deviceCount(device, DEVCOUNT_UNMAP_SGS, 1);
  deviceCount(device, DEVCOUNT_UNMAP_BYTES, bytes);
}

/** dma_sync_single_for_cpu (`forDevice` 0) or _for_device (1) of `size` bytes at `dma`. */
export function dmaSyncSingle(index: u32, dma: u32, size: u32, dir: u32, forDevice: u32): void {
  tick();
  const device = deviceOf(index);
  const ops = device.ops;
  const record = historyHolder(index, dma);
  checkSync(index, record, dma, size, dir);
  if (forDevice !== 0) {
    if (ops === OPS_IOMMU) iommuOpsSyncForDevice(index, dma, size, dir);
    else if (ops === OPS_BOUNCE) bounceOpsSyncForDevice(index, dma, size, dir);
    else linearSyncForDevice(index, dma, size, dir);
    deviceCount(device, DEVCOUNT_SYNC_FOR_DEVICE, 1);
  } else {
    const dropped = linesDropped();
    if (ops === OPS_IOMMU) iommuOpsSyncForCpu(index, dma, size, dir);
    else if (ops === OPS_BOUNCE) bounceOpsSyncForCpu(index, dma, size, dir);
    else linearSyncForCpu(index, dma, size, dir);
    bouncedHandover(serialOf(record));
    if (linesDropped() !== dropped) hazardAfterHandover(index, serialOf(record), record, dma, dropped);
    deviceCount(device, DEVCOUNT_SYNC_FOR_CPU, 1);
  }
  deviceCount(device, DEVCOUNT_SYNC_BYTES, size);
}

/** dma_sync_sg_for_cpu (`forDevice` 0) or _for_device (1) over the entries at SG. */
export function dmaSyncSg(index: u32, nents: u32, dir: u32, forDevice: u32): void {
  tick();
  const device = deviceOf(index);
  const ops = device.ops;
  const record = historyHolder(index, sgField(0, 12));
  checkSync(index, record, sgField(0, 12), 0, dir);
  if (forDevice !== 0) {
    if (ops === OPS_IOMMU) iommuOpsSyncSgForDevice(index, nents, dir);
    else if (ops === OPS_BOUNCE) bounceOpsSyncSgForDevice(index, nents, dir);
    else linearSyncSgForDevice(index, nents, dir);
    deviceCount(device, DEVCOUNT_SYNC_FOR_DEVICE, 1);
  } else {
    const dropped = linesDropped();
    if (ops === OPS_IOMMU) iommuOpsSyncSgForCpu(index, nents, dir);
    else if (ops === OPS_BOUNCE) bounceOpsSyncSgForCpu(index, nents, dir);
    else linearSyncSgForCpu(index, nents, dir);
    bouncedHandover(serialOf(record));
    if (linesDropped() !== dropped) {
      hazardAfterHandover(index, serialOf(record), record, sgField(0, 12), dropped);
    }
    deviceCount(device, DEVCOUNT_SYNC_FOR_CPU, 1);
  }
  deviceCount(device, DEVCOUNT_SYNC_BYTES, sgBytes(nents));
}
