// DMA-API debug: its settings; what the kernel takes from its command line and configuration.

import type { DebugAreas } from "./debug-areas.js";
import type { DebugOnce } from "./debug-tracker.js";
import type { DebugVersion } from "./debug-versions.js";

/** Settings of DmaDebug. */
export interface DmaDebugOptions {
  /** Kernel whose rules and wording apply. Default "v6.1". */
  readonly version?: DebugVersion;
  /** dma_debug_entries=; default 65536 (v3.14: 4096). */
  readonly preallocated?: number;
  /** Entries in a page when the pool grows. Default 64. */
  readonly entriesPerPage?: number;
  /** log2 of the cache line size in bytes. Default 6. */
  readonly lineShift?: number;
  /** Kernel address space; default PLAIN_AREAS. */
  readonly areas?: DebugAreas;
  /** dma_debug=off. */
  readonly off?: boolean;
  /** dma_debug_driver=, as a write to `driver_filter`. */
  readonly driverFilter?: string;
  /** Shared state of once-per-boot warnings. */
  readonly once?: DebugOnce;
}

/** @internal Names of the settings. */
export const DEBUG_OPTIONS = [
  "version",
  "preallocated",
  "entriesPerPage",
  "lineShift",
  "areas",
  "off",
  "driverFilter",
  "once",
  // Those of an observer (debug-observer.ts).
  "describe",
  "onEvent",
  "allErrors",
];
