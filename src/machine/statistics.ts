// The machine's counters as named numbers. Counters are u64 in the core and exact here below 2^53.

import { type CacheLevelStatistics, readCacheStatistics } from "../cache/cache-statistics.js";
import { type Core, coreConstant } from "../core/core.js";
import { type IdleAttribute, readIdleAttributes } from "../dma/attribute-statistics.js";

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
  /** Cached lines the CPU read that a master had written since: an invalidate is missing. */
  readonly staleCpuReads: number;
  /** Device reads of bytes still waiting in the write buffer: a barrier is missing. */
  readonly bufferedDeviceReads: number;
  /** Unmaps that named an address no mapping starts at. */
  readonly unknownUnmaps: number;
  readonly unmapsWithOtherSize: number;
  readonly unmapsWithOtherDirection: number;
  /** CPU accesses through the linear address of an uncached buffer, page by page, and those that faulted. */
  readonly aliasReads: number;
  readonly aliasWrites: number;
  readonly aliasFaults: number;
}

/** Op-stream execution. */
export interface ReplayStatistics {
  readonly records: number;
  readonly badHandles: number;
  readonly failedHandles: number;
  /** Maps and allocations whose handle named a live mapping. */
  readonly takenHandles: number;
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
  /** Attributes that calls were given and that had no effect under their ops table and profile. */
  readonly idleAttributes: readonly IdleAttribute[];
  /** Every machine-wide counter by its name in assembly/abi.ts (`COUNT_…`), for what has no place above. */
  readonly counters: Readonly<Record<string, number>>;
}

/** Reads all machine-wide counters of a core. */
export function readStatistics(core: Core): MachineStatistics {
  const base = coreConstant(core, "COUNTERS");
  const at = (index: number) => core.views.u64(base + index * 8);
  const c = (name: string) => at(coreConstant(core, name));
  const cache = readCacheStatistics(core);
  const counters: Record<string, number> = {};
  for (const name of Object.keys(core.constants)) {
    if (name.startsWith("COUNT_") && name !== "COUNT_L1" && name !== "COUNT_L2") counters[name] = c(name);
  }
  return {
    seq: core.views.u64(0x20),
    mappings: c("COUNT_MAPPINGS"),
    live: core.exports.historyLive(),
    l1: cache.l1,
    l2: cache.l2,
    cpu: {
      barriers: cache.barriers,
      bufferStores: cache.writeBuffer.stores,
      bufferMerges: cache.writeBuffer.merges,
      bufferDrains: cache.writeBuffer.drains,
      drainsByBarrier: cache.writeBuffer.drainedByBarrier,
      drainsByFull: cache.writeBuffer.drainedByRoom,
      drainsByAge: cache.writeBuffer.drainedByAge,
      drainsByRead: cache.writeBuffer.drainedByAccess,
      busWrites: cache.busWrites,
      busBursts: cache.busBursts,
      busReads: cache.busReads,
      busErrors: cache.cpuBusErrors,
    },
    hazards: {
      staleDeviceReads: cache.staleDeviceReads,
      writesUnderValid: cache.writesUnderValid,
      writesUnderDirty: cache.writesUnderDirty,
      staleCpuReads: c("COUNT_STALE_CPU_READS"),
      bufferedDeviceReads: cache.bufferedDeviceReads,
      unknownUnmaps: c("COUNT_UNMAP_UNKNOWN"),
      unmapsWithOtherSize: c("COUNT_UNMAP_SIZE"),
      unmapsWithOtherDirection: c("COUNT_UNMAP_DIRECTION"),
      aliasReads: c("COUNT_ALIAS_READS"),
      aliasWrites: c("COUNT_ALIAS_WRITES"),
      aliasFaults: c("COUNT_ALIAS_FAULTS"),
    },
    replay: {
      records: c("COUNT_RECORDS"),
      badHandles: c("COUNT_BAD_HANDLE"),
      takenHandles: c("COUNT_HANDLE_TAKEN"),
      failedHandles: c("COUNT_FAILED_HANDLE"),
      addressesEqual: c("COUNT_ADDRESS_EQUAL"),
      addressesDifferent: c("COUNT_ADDRESS_DIFFERENT"),
      registersEqual: c("COUNT_REGISTER_EQUAL"),
      registersDifferent: c("COUNT_REGISTER_DIFFERENT"),
    },
    memoryUsed: core.exports.pagesUsed() * 4096,
    idleAttributes: readIdleAttributes(core),
    counters,
  };
}
