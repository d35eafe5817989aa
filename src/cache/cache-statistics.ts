// The cache floor's counters by name (COUNT_* and CACHE_* of assembly/abi.ts).
//
// Not modelled: nothing; this reads.

import { type Core, coreConstant } from "../core/core.js";

/** Maintenance of one level for one kind of memory. Units are lines. */
export interface MaintenanceStatistics {
  /** Line operations issued, whether or not the line was cached. */
  readonly cleaned: number;
  readonly invalidated: number;
  readonly flushed: number;
  /** Dirty lines that these operations wrote on. */
  readonly writeBacks: number;
  /** Dirty lines that an invalidate threw away. */
  readonly dropped: number;
  /** Valid lines that these operations took out. */
  readonly removed: number;
}

/** One level. Units are line accesses and lines. */
export interface CacheLevelStatistics {
  readonly hits: number;
  readonly misses: number;
  readonly fills: number;
  readonly evictions: number;
  /** Evictions of dirty lines. */
  readonly evictionWrites: number;
  /** For streaming buffers and everything else but page tables. */
  readonly streaming: MaintenanceStatistics;
  /** For page tables. */
  readonly tables: MaintenanceStatistics;
}

/** All counters of the caches, the write buffer and the bus. */
export interface CacheStatistics {
  readonly l1: CacheLevelStatistics;
  readonly l2: CacheLevelStatistics;
  readonly outerSyncs: number;
  readonly outerSyncsTables: number;
  readonly wayCleans: number;
  readonly wayFlushes: number;
  readonly barriers: number;
  /** Write buffer: stores that entered, of these merged, times it drained, entries by reason. */
  readonly writeBuffer: {
    readonly stores: number;
    readonly merges: number;
    readonly drains: number;
    readonly drainedByBarrier: number;
    readonly drainedByRoom: number;
    readonly drainedByAge: number;
    readonly drainedByAccess: number;
  };
  /** Uncached CPU accesses on the bus: writes and reads of up to 64 bits, runs of consecutive writes. */
  readonly busWrites: number;
  readonly busBursts: number;
  readonly busReads: number;
  readonly cpuBusErrors: number;
  readonly refills: number;
  /** Lines that a non-coherent master read while a cache held newer bytes. */
  readonly staleDeviceReads: number;
  /** Reads of a non-coherent master that met bytes still in the write buffer. */
  readonly bufferedDeviceReads: number;
  /** Lines that a non-coherent master wrote under a cached copy, and under a dirty one. */
  readonly writesUnderValid: number;
  readonly writesUnderDirty: number;
  /** Lines a coherent master found in a cache, and those its writes took out of L1. */
  readonly snoopHits: number;
  readonly snoopRemoved: number;
}

/** Reads the counters of `core`. */
export function readCacheStatistics(core: Core): CacheStatistics {
  const base = coreConstant(core, "COUNTERS");
  const at = (index: number): number => core.views.u64(base + 8 * index);
  const named = (name: string): number => at(coreConstant(core, `COUNT_${name}`));
  const level = (first: number): CacheLevelStatistics => {
    const own = (name: string): number => at(first + coreConstant(core, `CACHE_${name}`));
    const maintenance = (context: number): MaintenanceStatistics => {
      const block =
        first +
        coreConstant(core, "CACHE_MAINTENANCE") +
        context * coreConstant(core, "CACHE_CONTEXT_COUNTERS");
      const part = (name: string): number => at(block + coreConstant(core, `CACHE_${name}`));
      return {
        cleaned: part("CLEANED"),
        invalidated: part("INVALIDATED"),
        flushed: part("FLUSHED"),
        writeBacks: part("WRITE_BACKS"),
        dropped: part("DROPPED"),
        removed: part("REMOVED"),
      };
    };
    return {
      hits: own("HITS"),
      misses: own("MISSES"),
      fills: own("FILLS"),
      evictions: own("EVICTIONS"),
      evictionWrites: own("EVICTION_WRITES"),
      streaming: maintenance(coreConstant(core, "CONTEXT_STREAMING")),
      tables: maintenance(coreConstant(core, "CONTEXT_TABLE")),
    };
  };
  return {
    l1: level(coreConstant(core, "COUNT_L1")),
    l2: level(coreConstant(core, "COUNT_L2")),
    outerSyncs: named("OUTER_SYNC"),
    outerSyncsTables: named("OUTER_SYNC_TABLE"),
    wayCleans: named("WAY_CLEAN"),
    wayFlushes: named("WAY_FLUSH"),
    barriers: named("BARRIERS"),
    writeBuffer: {
      stores: named("BUFFER_STORES"),
      merges: named("BUFFER_MERGES"),
      drains: named("BUFFER_DRAINS"),
      drainedByBarrier: named("DRAIN_BARRIER"),
      drainedByRoom: named("DRAIN_FULL"),
      drainedByAge: named("DRAIN_AGE"),
      drainedByAccess: named("DRAIN_READ"),
    },
    busWrites: named("BUS_WRITES"),
    busBursts: named("BUS_BURSTS"),
    busReads: named("BUS_READS"),
    cpuBusErrors: named("CPU_BUS_ERRORS"),
    refills: named("REFILLS"),
    staleDeviceReads: named("STALE_DEVICE_READS"),
    bufferedDeviceReads: named("BUFFERED_DEVICE_READS"),
    writesUnderValid: named("UNDER_VALID_WRITES"),
    writesUnderDirty: named("UNDER_DIRTY_WRITES"),
    snoopHits: named("SNOOP_HITS"),
    snoopRemoved: named("SNOOP_REMOVED"),
  };
}
