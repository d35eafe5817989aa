// DMA-API debug: what differs between kernels, as data. Rules are those of lib/dma-debug.c v3.14.79,
// kernel/dma/debug.c 5.10.13 (row "v5.8"; assertIdle, gone by then, after the spec) and 6.1.192; spec dma-mapping 6.1 to 6.4.
//
// Not modelled: v3.6 (no map-error check, no overlap tracking), 4.4 and the steps between the rows.

/** Kernels whose DMA-API debug is known. */
export type DebugVersion = "v3.14" | "v5.8" | "v6.1";

/** Kinds of entries; the names are those of the kernel's enum. */
export const DebugType = { Single: 0, Page: 1, Sg: 2, Coherent: 3, Resource: 4 } as const;
/** One of the numbers of {@link DebugType}. */
export type DebugType = (typeof DebugType)[keyof typeof DebugType];

/** Printed names by {@link DebugType}; "scather" is the kernel's spelling. */
export const DEBUG_TYPE_NAMES = ["single", "page", "scather-gather", "coherent", "resource"] as const;

/** Printed names by direction. */
export const DEBUG_DIRECTION_NAMES = [
  "DMA_BIDIRECTIONAL",
  "DMA_TO_DEVICE",
  "DMA_FROM_DEVICE",
  "DMA_NONE",
] as const;

/** Whether dma_mapping_error() was asked for an entry. */
export const MapError = { NotApplicable: 0, NotChecked: 1, Checked: 2 } as const;

/** Printed names by {@link MapError}. */
export const MAP_ERROR_NAMES = [
  "dma map error check not applicable",
  "dma map error not checked",
  "dma map error checked",
] as const;

/** One kernel's rules. */
export interface DebugRules {
  readonly version: DebugVersion;
  /** Hash buckets, a power of two; the bucket of an address is address >> 13, modulo this. */
  readonly buckets: number;
  /** Entries allocated at boot (ARM's number before 5.0). */
  readonly preallocated: number;
  /** The pool grows by a page of entries instead of switching the facility off when it is empty. */
  readonly poolGrows: boolean;
  /** `driver device: DMA-API: text` (v3.14) or `DMA-API: driver device: text`. */
  readonly prefix: "device-first" | "api-first";
  /** dma_map_page makes entries of type `page` apart from dma_map_single's. */
  readonly pageType: boolean;
  /** How far back a sync looks for its mapping: the device's maximum segment, or address 0. */
  readonly syncReach: "max-segment" | "zero";
  /** v3.14 moves the sought range along with the bucket, so a mapping 8 KiB earlier passes for the right one. */
  readonly syncShifts: boolean;
  /** Check 17. */
  readonly syncCount: boolean;
  /** Checks 18 and 19 (CONFIG_DMA_API_DEBUG_SG). */
  readonly segments: boolean;
  /** Checks 11 (dma_map_single of non-linear addresses). */
  readonly mapSingleAreas: boolean;
  /** Lists: areas are checked first, for every given entry with its length; else per mapped segment. */
  readonly areasPerEntry: boolean;
  /** Overlapping first cache lines are reported (check 20), DMA_ATTR_SKIP_CPU_SYNC excepted. */
  readonly reportsOverlap: boolean;
  /** Coherent memory may be at vmalloc addresses; other non-linear addresses are left out. */
  readonly coherentVmalloc: boolean;
  /** debug_dma_assert_idle() exists (check 24). */
  readonly assertIdle: boolean;
  /** debugfs has the file `dump`. */
  readonly dumpFile: boolean;
}

/** Rules by kernel. */
export const DEBUG_RULES: Readonly<Record<DebugVersion, DebugRules>> = {
  "v3.14": {
    version: "v3.14",
    buckets: 1024,
    preallocated: 4096,
    poolGrows: false,
    prefix: "device-first",
    pageType: true,
    syncReach: "max-segment",
    syncShifts: true,
    syncCount: false,
    segments: false,
    mapSingleAreas: false,
    areasPerEntry: false,
    reportsOverlap: false,
    coherentVmalloc: false,
    assertIdle: true,
    dumpFile: false,
  },
  "v5.8": {
    version: "v5.8",
    buckets: 16384,
    preallocated: 65536,
    poolGrows: true,
    prefix: "api-first",
    pageType: false,
    syncReach: "max-segment",
    syncShifts: false,
    syncCount: true,
    segments: true,
    mapSingleAreas: true,
    areasPerEntry: false,
    reportsOverlap: false,
    coherentVmalloc: true,
    assertIdle: true,
    dumpFile: true,
  },
  "v6.1": {
    version: "v6.1",
    buckets: 16384,
    preallocated: 65536,
    poolGrows: true,
    prefix: "api-first",
    pageType: false,
    syncReach: "zero",
    syncShifts: false,
    syncCount: true,
    segments: true,
    mapSingleAreas: true,
    areasPerEntry: true,
    reportsOverlap: true,
    coherentVmalloc: true,
    assertIdle: false,
    dumpFile: true,
  },
};

/** Rules for a machine profile: the nearest row; earlier kernels and the 2011 proposal get v3.14's. */
export function debugVersionOf(profile: string): DebugVersion {
  return profile === "v6.1" ? "v6.1" : "v3.14";
}
