// DMA-API debug: what an unmap or free must agree with (check_unmap). Each difference is reported in
// the kernel's order, and the entry goes in any case.

import type { DebugEntries, EntryKey } from "./debug-entries.js";
import type { DebugDevice, DebugReporter } from "./debug-report.js";
import { DEBUG_DIRECTION_NAMES, DEBUG_TYPE_NAMES, DebugType, MapError } from "./debug-versions.js";

/** Reports how `key` differs from entry `e`. `pa` is the physical address behind the key, for coherent memory. */
export function checkUnmap(
  entries: DebugEntries,
  e: number,
  key: EntryKey,
  pa: number,
  device: DebugDevice | null,
  reporter: DebugReporter,
): void {
  const { address, size } = key;
  const type = entries.type[e]!;
  const direction = entries.direction[e]!;
  const mappedAs = DEBUG_TYPE_NAMES[type]!;
  if (size !== entries.size[e]) {
    reporter.error("freeSize", device, { address, size, mapSize: entries.size[e]! });
  }
  if (key.type !== type) {
    const unmappedAs = DEBUG_TYPE_NAMES[key.type]!;
    reporter.error("freeFunction", device, { address, size, mappedAs, unmappedAs });
  } else if (type === DebugType.Coherent && pa !== entries.pa(e)) {
    reporter.error("freeCpuAddress", device, { address, size, cpuAlloc: entries.pa(e), cpuFree: pa });
  }
  if (key.callCount !== 0 && key.type === DebugType.Sg && key.callCount !== entries.callCount[e]) {
    reporter.error("freeCount", device, { mapCount: entries.callCount[e]!, count: key.callCount });
  }
  if (key.direction !== direction) {
    reporter.error("freeDirection", device, {
      address,
      size,
      mappedWith: DEBUG_DIRECTION_NAMES[direction]!,
      with: DEBUG_DIRECTION_NAMES[key.direction]!,
    });
  }
  if (entries.mapError[e] === MapError.NotChecked) {
    reporter.error("mapErrorUnchecked", device, { address, size, mappedAs });
  }
}
