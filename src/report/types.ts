// The shape of a replay report: what `replayTrace` returns, `--json` prints and the tables show.
// Plain data, JSON as it stands. Counts are numbers of things, sizes are bytes; a value that a
// strategy cannot have (a TLB without an IOMMU) is null.
//
// Not modelled: time inside the machine; `throughput` is wall time of the host, measured outside
// the core, and the only value that differs from run to run.

/** Raised whenever a field of {@link ReplayReport} changes its meaning or goes. */
export const REPLAY_SCHEMA_VERSION = 1;
/** Raised whenever a field of a comparison (src/replay/comparison.ts) changes its meaning or goes. */
export const COMPARE_SCHEMA_VERSION = 1;

/** How the devices of a replay reach memory: a name in the grammar of src/replay/strategy-name.ts. */
export type Strategy = string;
/** The strategies of a replay that names none, in the order reports show them. */
export const STRATEGIES: readonly Strategy[] = ["linear", "iommu", "bounce"];

/** What a strategy's name stands for. */
export interface StrategySettings {
  /** The name with its words in the order of the grammar. */
  readonly name: Strategy;
  readonly ops: "linear" | "iommu" | "bounce";
  /** Which bounce ops; null: the profile's. */
  readonly bounce: "dmabounce" | "swiotlb" | null;
  /** Devices see the CPU's caches. */
  readonly coherent: boolean;
  /** Kernel profile. */
  readonly profile: "rfc2011" | "v3.6" | "v3.14" | "v4.4" | "v6.1";
  /** IO-address allocator; null: the profile's. */
  readonly allocator: "bitmap" | "gen-pool" | "range-tree" | "range-cache" | "own" | null;
  /**
   * Memory type of every allocation: with DMA_ATTR_WRITE_COMBINE; without it, and coherent memory Normal
   * non-cacheable or Strongly Ordered; or cacheable memory, mapped and synced. null: as recorded.
   */
  readonly memory: "write-combine" | "bufferable" | "strongly-ordered" | "cached" | null;
  /** Hardware generation of every System MMU; null: the SoC table's. */
  readonly generation: "v1" | "v2" | "v3.1" | "v3.2" | "v3.3" | "v5" | null;
  /** False: the stream's barriers are left out. */
  readonly barriers: boolean;
  /** False: the stream's syncs are left out. */
  readonly syncs: boolean;
}

/** Everything one replay found. */
export interface ReplayReport {
  readonly schema: "sysmmu/replay";
  readonly schemaVersion: typeof REPLAY_SCHEMA_VERSION;
  readonly settings: ReplaySettings;
  /** One entry per trace file, in the order replayed. */
  readonly traces: readonly TraceReport[];
  /** Events by type over all traces, as in the trace's text (`dma_map_page`, `map`, ...). */
  readonly events: Readonly<Record<string, number>>;
  readonly operations: OperationCounts;
  /** One entry per strategy asked for, in that order. */
  readonly strategies: readonly StrategyReport[];
  /** Sentences the reader should know: what the replay made up, what it could not tell. */
  readonly notes: readonly string[];
}

/** What the replay was asked to do. */
export interface ReplaySettings {
  /** Kernel profile of strategies that name none (`v6.1`). */
  readonly profile: string;
  /** SoC table (`exynos4210`). */
  readonly soc: string;
  readonly dramBase: number;
  readonly dramBytes: number;
  /** Device accesses the replay makes itself: `none`, `once` or `stream:N`. */
  readonly access: string;
  readonly lenient: boolean;
}

/** One trace file. */
export interface TraceReport {
  readonly name: string;
  /** What was recognised: `ftrace`, `text`, `binary`, ... */
  readonly format: string;
  readonly lines: number;
  /** Lines that are events. */
  readonly events: number;
  /** Lines that are no events (headers, other text, blank). */
  readonly otherLines: number;
  /** Lines that look like an event but do not read as one; without --lenient the replay stops there. */
  readonly malformed: number;
  /** Events that the recorder itself says it dropped. */
  readonly lost: number;
  readonly byType: Readonly<Record<string, number>>;
  /** Up to ten malformed lines, as `file:line: text`. */
  readonly malformedLines: readonly string[];
}

/** What became of the events of all traces. `events` is the sum of the next five. */
export interface OperationCounts {
  readonly events: number;
  /** Calls of drivers that the machine executed; of op streams, accesses too. */
  readonly replayed: number;
  /** Unmaps, frees and syncs whose map lies before the recording. */
  readonly beforeRecording: number;
  /**
   * Lines of the layer below a call (iommu:*, swiotlb:*): checked, not replayed. Of op streams, records that
   * belong to a call: prefix, list entries, page blocks, addresses to compare.
   */
  readonly below: number;
  /** Events that ask nothing of the machine: failed maps, attach notices, other systems, nops. */
  readonly skipped: number;
  /** Malformed events (only with --lenient). */
  readonly malformed: number;
  /** Events dropped by the recorder; not in `events`. */
  readonly lost: number;
}

/** The machine's answer under one strategy. */
export interface StrategyReport {
  readonly strategy: Strategy;
  /** Op-stream records executed, the replay's own accesses included. */
  readonly records: number;
  readonly throughput: Throughput;
  readonly devices: readonly DeviceReport[];
  readonly cache: CacheReport;
  /** Sums over the devices' SysMMUs; null where no device is behind one. */
  readonly tlb: TlbReport | null;
  readonly faults: number;
  readonly busErrors: number;
  /** Hits of a translation-cache entry whose mapping was gone. */
  readonly staleHits: number;
  /** Records of an op stream whose handle named nothing alive: unmapped twice, never mapped. */
  readonly badHandles: number;
  /** Maps and allocations of an op stream whose handle named a live mapping, which nothing can name since. */
  readonly takenHandles: number;
  /** Accesses of the CPU outside DRAM, in lines of 32 bytes. */
  readonly cpuBusErrors: number;
  /** Faults, stale translations, missed syncs, lost writes and wrong unmaps, each blamed on its mapping. */
  readonly findings: FindingsReport;
  readonly addresses: AddressReport;
  readonly tableSyncs: TableSyncReport;
  readonly liveAtEnd: LiveReport;
  /** Bytes copied through bounce buffers; 0 for the other strategies. */
  readonly bouncedBytes: number;
  /** What the name stands for. */
  readonly settings: StrategySettings;
  /** All counters by area and name (docs/compare.md lists them); null where the strategy cannot have it. */
  readonly figures: FiguresByArea;
}

/** What the machine found wrong, in order of first occurrence. */
export interface FindingsReport {
  /** Findings in all, and of the kinds that no other field of the report counts. */
  readonly total: number;
  readonly hazards: number;
  /** The first of them, at most 20. */
  readonly first: readonly FindingReport[];
}

/** One finding: see `Finding` of the library. */
export interface FindingReport {
  readonly kind: string;
  readonly message: string;
  readonly device: string;
  readonly iova: number;
  readonly seq: number;
  readonly count: number;
  /** Number of the mapping, null when none is remembered. */
  readonly mapping: number | null;
}

/** Counters by area and name. */
export type FiguresByArea = Readonly<Record<string, Readonly<Record<string, number | null>>>>;

/** Wall time of the replay loop on this host. */
export interface Throughput {
  /** Operations counted: the records of the op stream. */
  readonly operations: number;
  readonly seconds: number;
  /** operations / seconds / 10^6; 0 when the time was too short to measure. */
  readonly millionPerSecond: number;
}

/** Calls of one device, and what it holds. */
export interface DeviceReport {
  readonly name: string;
  readonly maps: number;
  readonly unmaps: number;
  readonly mapSgs: number;
  readonly unmapSgs: number;
  /** List entries handed to mapSg, and segments it made of them. */
  readonly sgEntries: number;
  readonly sgSegments: number;
  readonly syncsForCpu: number;
  readonly syncsForDevice: number;
  readonly allocs: number;
  readonly frees: number;
  readonly mappedBytes: number;
  readonly unmappedBytes: number;
  readonly syncedBytes: number;
  readonly allocatedBytes: number;
  readonly freedBytes: number;
  readonly mapErrors: number;
  readonly allocErrors: number;
  /** Mappings and allocations alive at the end, and the most there were. */
  readonly live: number;
  readonly livePeak: number;
  readonly liveBytes: number;
  readonly liveBytesPeak: number;
  readonly reads: number;
  readonly readBytes: number;
  readonly writes: number;
  readonly writtenBytes: number;
  readonly faults: number;
  readonly busErrors: number;
  /** The IO-address space of the device; null where bus addresses are physical. */
  readonly space: SpaceReport | null;
  /** Its SysMMU; null without one. */
  readonly tlb: TlbReport | null;
}

/** IO-address space in use and how it is cut up. */
export interface SpaceReport {
  readonly base: number;
  /** Bytes that can be handed out (all extensions). */
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly usedBytesPeak: number;
  /** The largest run of free addresses, and the number of free runs. */
  readonly largestFreeBytes: number;
  readonly freeRuns: number;
}

/** Counters of modelled translation caches: lookups = hits + misses. */
export interface TlbReport {
  readonly lookups: number;
  readonly hits: number;
  readonly misses: number;
  readonly walks: number;
  readonly descriptorReads: number;
  readonly staleHits: number;
  /** Entries dropped by invalidation. */
  readonly invalidated: number;
}

/** Maintenance of the modelled caches, in lines of 32 bytes. */
export interface CacheReport {
  readonly l1: CacheLevelReport;
  readonly l2: CacheLevelReport;
}

/** Lines that range operations touched on one level. */
export interface CacheLevelReport {
  /** Lines that operations asked to clean, and those of them that were dirty. */
  readonly cleaned: number;
  readonly writtenBack: number;
  /** Lines that operations asked to invalidate, and those of them that were present. */
  readonly invalidated: number;
  readonly dropped: number;
}

/** Bus addresses compared with those of the recording machine. */
export interface AddressReport {
  readonly equal: number;
  readonly different: number;
  /** Mappings whose recorded address is not in the trace. */
  readonly noData: number;
}

/** Cleans of page-table memory: how often the recording shows one, how often the replay made one. */
export interface TableSyncReport {
  /** null where the trace does not show them. */
  readonly recorded: number | null;
  readonly made: number;
}

/** What was still mapped or allocated when the trace ended. */
export interface LiveReport {
  readonly mappings: number;
  readonly bytes: number;
  /** Up to 20 of them, oldest first. */
  readonly oldest: readonly LiveMapping[];
}

/** One mapping or allocation alive at the end. */
export interface LiveMapping {
  readonly device: string;
  readonly kind: string;
  readonly dmaAddress: number;
  readonly bytes: number;
  readonly direction: string;
  /** Sequence number of its birth. */
  readonly born: number;
  /** Call site or trace line that made it; empty when unknown. */
  readonly label: string;
}
