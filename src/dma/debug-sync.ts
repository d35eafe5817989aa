// DMA-API debug: what a sync must agree with (check_sync), given the entry that contains its range.

import type { DebugEntries, EntryKey } from "./debug-entries.js";
import type { DebugDevice, DebugReporter } from "./debug-report.js";
import { DEBUG_DIRECTION_NAMES, type DebugRules, DebugType } from "./debug-versions.js";
import { DmaDirection } from "./direction.js";

/** Reports how a sync (`key`; for the CPU or for the device) differs from entry `e`. */
export function checkSync(
  entries: DebugEntries,
  e: number,
  key: EntryKey,
  forCpu: boolean,
  device: DebugDevice | null,
  reporter: DebugReporter,
  rules: DebugRules,
): void {
  const mapped = entries.direction[e]!;
  const mapSize = entries.size[e]!;
  if (key.size > mapSize) {
    reporter.error("syncRange", device, { address: entries.address[e]!, mapSize, size: key.size });
  }
  if (mapped === DmaDirection.Bidirectional) return;
  const readOnly = forCpu && mapped !== DmaDirection.FromDevice && key.direction !== DmaDirection.ToDevice;
  const writeOnly = !forCpu && mapped !== DmaDirection.ToDevice && key.direction !== DmaDirection.FromDevice;
  if (key.direction !== mapped || readOnly || writeOnly) {
    const fields = {
      address: key.address,
      // The size of the mapping, not of the sync.
      size: mapSize,
      mappedWith: DEBUG_DIRECTION_NAMES[mapped]!,
      with: DEBUG_DIRECTION_NAMES[key.direction]!,
    };
    if (key.direction !== mapped) reporter.error("syncDirection", device, fields);
    if (readOnly) reporter.error("syncReadOnly", device, fields);
    if (writeOnly) reporter.error("syncWriteOnly", device, fields);
  }
  if (!rules.syncCount || key.callCount === 0 || key.type !== DebugType.Sg) return;
  if (key.callCount !== entries.callCount[e]) {
    reporter.error("syncCount", device, { mapCount: entries.callCount[e]!, count: key.callCount });
  }
}
