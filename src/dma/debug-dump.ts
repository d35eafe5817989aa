// DMA-API debug: how one entry is listed, in the log and in debugfs `dump`.
//
//   exynos-drm 11c00000.fimd: single idx 0 P=48000123 N=48000 D=20000123 L=1000 DMA_TO_DEVICE dma map error checked
//   11c00000.fimd exynos-drm single idx 0 P=... (debugfs: name before driver)
//
// Not modelled: the cache line number that 6.4 adds, the attributes of 2026.

import { hex64 } from "./debug-checks.js";
import type { DebugEntries } from "./debug-entries.js";
import { type DebugDevice, driverString } from "./debug-report.js";
import { DEBUG_DIRECTION_NAMES, DEBUG_TYPE_NAMES, MAP_ERROR_NAMES } from "./debug-versions.js";

/** Type, bucket, addresses, length, direction and error state of an entry. */
function describeEntry(entries: DebugEntries, e: number, bucket: number): string {
  return (
    `${DEBUG_TYPE_NAMES[entries.type[e]!]} idx ${bucket} ` +
    `P=${hex64(entries.pa(e))} N=${hex64(entries.pfn[e]!)} ` +
    `D=${hex64(entries.address[e]!)} L=${hex64(entries.size[e]!)} ` +
    `${DEBUG_DIRECTION_NAMES[entries.direction[e]!]} ${MAP_ERROR_NAMES[entries.mapError[e]!]}`
  );
}

/** Line of debug_dma_dump_mappings(), a dev_info. */
export function logLine(
  entries: DebugEntries,
  e: number,
  bucket: number,
  device: DebugDevice | null,
): string {
  const name = device === null ? "NULL device *" : device.name;
  return `${driverString(device)} ${name}: ${describeEntry(entries, e, bucket)}\n`;
}

/** Line of debugfs `dump`. */
export function dumpLine(
  entries: DebugEntries,
  e: number,
  bucket: number,
  device: DebugDevice | null,
): string {
  const name = device === null ? "NULL" : device.name;
  return `${name} ${driverString(device)} ${describeEntry(entries, e, bucket)}\n`;
}
