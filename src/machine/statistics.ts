// The machine's counters as named numbers. Counters are u64 in the core and exact here below 2^53.

import { type Core, coreConstant } from "../core/core.js";

/** Counters of one cache level; maintenance by who asked for it. */
export interface CacheLevelStatistics {
  readonly hits: number;
  readonly misses: number;
  readonly fills: number;
  readonly evictions: number;
  readonly evictionWrites: number;
  readonly streaming: MaintenanceStatistics;
  readonly tables: MaintenanceStatistics;
}

/** Line operations issued, and what they met. */
export interface MaintenanceStatistics {
  /** Lines named by clean, invalidate, and clean-and-invalidate operations. */
  readonly cleaned: number;
  readonly invalidated: number;
  readonly flushed: number;
  /** Dirty lines written on, dirty lines thrown away, valid lines taken out. */
  readonly writeBacks: number;
  readonly dropped: number;
  readonly removed: number;
}

/** Uncached CPU accesses and the write buffer. */
export interface CpuStatistics {
  readonly barriers: number;
  readonly bufferStores: number;
  readonly bufferMerges: number;
  readonly bufferDrains: number;
  readonly drainsByBarrier: number;
  readonly drainsByFull: number;
  readonly drainsByAge: number;
  readonly drainsByRead: number;
  readonly busWrites: number;
  readonly busBursts: number;
  readonly busReads: number;
  readonly busErrors: number;
}

/** What went wrong between CPU and masters, as the machine saw it happen. */
export interface HazardStatistics {
  /** Lines a non-coherent master read while the CPU side held newer bytes: a clean is missing. */
  readonly staleDeviceReads: number;
  /** Lines a non-coherent master wrote while a cache held a copy. */
  readonly writesUnderValid: number;
  /** Of these dirty: a later write-back destroys what the master wrote. */
  readonly writesUnderDirty: number;
  /** Device reads of bytes still waiting in the write buffer: a barrier is missing. */
  readonly bufferedDeviceReads: number;
  /** Unmaps that named an address no mapping starts at. */
  readonly unknownUnmaps: number;
  readonly unmapsWithOtherSize: number;
  readonly unmapsWithOtherDirection: number;
}

/** Op-stream execution. */
export interface ReplayStatistics {
  readonly records: number;
  readonly badHandles: number;
  readonly failedHandles: number;
  readonly addressesEqual: number;
  readonly addressesDifferent: number;
  readonly registersEqual: number;
  readonly registersDifferent: number;
}

/** Everything that is counted for the whole machine. */
export interface MachineStatistics {
  /** Sequence number: calls and records so far. */
  readonly seq: number;
  readonly mappings: number;
  readonly live: number;
  readonly l1: CacheLevelStatistics;
  readonly l2: CacheLevelStatistics;
  readonly cpu: CpuStatistics;
  readonly hazards: HazardStatistics;
  readonly replay: ReplayStatistics;
  readonly memoryUsed: number;
  /** Every machine-wide counter by its name in assembly/abi.ts (`COUNT_…`), for what has no place above. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Reads all machine-wide counters of a core. */
export function readStatistics(core: Core): MachineStatistics {
  const base = coreConstant(core, "COUNTERS");
  const at = (index: number) => core.views.u64(base + index * 8);
  const c = (name: string) => at(coreConstant(core, name));
  const counters: Record<string, number> = {};
  for (const name of Object.keys(core.constants)) {
    if (name.startsWith("COUNT_") && name !== "COUNT_L1" && name !== "COUNT_L2") counters[name] = c(name);
  }
  return {
    seq: core.views.u64(0x20),
    mappings: c("COUNT_MAPPINGS"),
    live: core.exports.historyLive(),
    l1: level(core, at, coreConstant(core, "COUNT_L1")),
    l2: level(core, at, coreConstant(core, "COUNT_L2")),
    cpu: {
      barriers: c("COUNT_BARRIERS"),
      bufferStores: c("COUNT_BUFFER_STORES"),
      bufferMerges: c("COUNT_BUFFER_MERGES"),
      bufferDrains: c("COUNT_BUFFER_DRAINS"),
      drainsByBarrier: c("COUNT_DRAIN_BARRIER"),
      drainsByFull: c("COUNT_DRAIN_FULL"),
      drainsByAge: c("COUNT_DRAIN_AGE"),
      drainsByRead: c("COUNT_DRAIN_READ"),
      busWrites: c("COUNT_BUS_WRITES"),
      busBursts: c("COUNT_BUS_BURSTS"),
      busReads: c("COUNT_BUS_READS"),
      busErrors: c("COUNT_CPU_BUS_ERRORS"),
    },
    hazards: {
      staleDeviceReads: c("COUNT_STALE_DEVICE_READS"),
      writesUnderValid: c("COUNT_UNDER_VALID_WRITES"),
      writesUnderDirty: c("COUNT_UNDER_DIRTY_WRITES"),
      bufferedDeviceReads: c("COUNT_BUFFERED_DEVICE_READS"),
      unknownUnmaps: c("COUNT_UNMAP_UNKNOWN"),
      unmapsWithOtherSize: c("COUNT_UNMAP_SIZE"),
      unmapsWithOtherDirection: c("COUNT_UNMAP_DIRECTION"),
    },
    replay: {
      records: c("COUNT_RECORDS"),
      badHandles: c("COUNT_BAD_HANDLE"),
      failedHandles: c("COUNT_FAILED_HANDLE"),
      addressesEqual: c("COUNT_ADDRESS_EQUAL"),
      addressesDifferent: c("COUNT_ADDRESS_DIFFERENT"),
      registersEqual: c("COUNT_REGISTER_EQUAL"),
      registersDifferent: c("COUNT_REGISTER_DIFFERENT"),
    },
    memoryUsed: core.exports.pagesUsed() * 4096,
    counters,
  };
}

function level(core: Core, at: (index: number) => number, base: number): CacheLevelStatistics {
  const k = (name: string) => coreConstant(core, name);
  const maintenance = (context: number): MaintenanceStatistics => {
    const first = base + k("CACHE_MAINTENANCE") + context * k("CACHE_CONTEXT_COUNTERS");
    return {
      cleaned: at(first + k("CACHE_CLEANED")),
      invalidated: at(first + k("CACHE_INVALIDATED")),
      flushed: at(first + k("CACHE_FLUSHED")),
      writeBacks: at(first + k("CACHE_WRITE_BACKS")),
      dropped: at(first + k("CACHE_DROPPED")),
      removed: at(first + k("CACHE_REMOVED")),
    };
  };
  return {
    hits: at(base + k("CACHE_HITS")),
    misses: at(base + k("CACHE_MISSES")),
    fills: at(base + k("CACHE_FILLS")),
    evictions: at(base + k("CACHE_EVICTIONS")),
    evictionWrites: at(base + k("CACHE_EVICTION_WRITES")),
    streaming: maintenance(k("CONTEXT_STREAMING")),
    tables: maintenance(k("CONTEXT_TABLE")),
  };
}
