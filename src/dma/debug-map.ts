// DMA-API debug: what a driver may map: not its stack, not the kernel's text, no list segment longer
// than the device declared (check_for_stack, check_for_illegal_area, check_sg_segment).

import { type DebugAreas, inRange, intersects, isLinear, linearAddress } from "./debug-areas.js";
import type { DebugDevice, DebugReporter } from "./debug-report.js";

/** Checks `length` bytes at `offset` of page frame `pfn`; highmem has no address to check. */
export function checkAreas(
  areas: DebugAreas,
  pfn: number,
  offset: number,
  length: number,
  device: DebugDevice | null,
  reporter: DebugReporter,
): void {
  if (pfn >= areas.highmemPfn) return;
  const pointer = (linearAddress(areas, pfn) + offset) >>> 0;
  if (inRange(areas.stack, pointer)) reporter.error("mapStack", device, { pointer });
  if (intersects(areas.text, pointer, length) || intersects(areas.rodata, pointer, length)) {
    reporter.error("mapText", device, { pointer, length });
  }
}

/** dma_map_single's check of the pointer it was given. */
export function checkPointer(
  areas: DebugAreas,
  pointer: number,
  length: number,
  device: DebugDevice | null,
  reporter: DebugReporter,
): void {
  if (!isLinear(areas, pointer)) reporter.error("mapInvalid", device, { pointer, length });
  if (inRange(areas.vmalloc, pointer)) reporter.error("mapVmalloc", device, { pointer, length });
}

const HIGH = 0x1_0000_0000;

/** Checks a list entry of `length` bytes mapped as [start, start + mapped) against the device's limits. */
export function checkSegment(
  length: number,
  start: number,
  mapped: number,
  device: DebugDevice | null,
  reporter: DebugReporter,
): void {
  const max = device?.maxSegment ?? 0x1_0000;
  const boundary = device?.segmentBoundary ?? 0xffff_ffff;
  if (length > max) reporter.error("segmentLength", device, { length, max });
  const end = start + mapped - 1;
  // 64-bit numbers, the boundary mask 32 bits wide: crossing 4 GiB always counts.
  const differs = ((start ^ end) & ~boundary) !== 0 || Math.floor(start / HIGH) !== Math.floor(end / HIGH);
  if (differs) reporter.error("segmentBoundary", device, { start, end, boundary });
}
