// Every counter of one strategy's machine, by area: what `compare` puts side by side and replay reports
// carry in `figures`. One table; a row says what it counts and where it is read.
//
// Not modelled: time. A figure is a count, bytes, lines of 32 bytes, or a share of 0 to 1.

import type { CacheLevelStatistics, MaintenanceStatistics } from "../cache/cache-statistics.js";
import type { MachineStatistics } from "../machine/statistics.js";
import type { DeviceReport, FiguresByArea, SpaceReport } from "../report/types.js";
import type { SysmmuStatistics } from "../sysmmu/sysmmu.js";

/** What a figure is measured in. */
export type FigureUnit = "count" | "bytes" | "lines" | "share";

/** What figures are read from. */
export interface Measured {
  /** The strategy has IOMMU ops: figures of TLBs, tables and IO addresses exist. */
  readonly iommu: boolean;
  readonly statistics: MachineStatistics;
  /** Each device of the trace once. */
  readonly devices: readonly DeviceReport[];
  readonly sysmmus: readonly SysmmuStatistics[];
  /** Mappings alive at the end. */
  readonly live: number;
}

/** One figure: its place, its title in tables, its unit. */
export interface FigureDescription {
  readonly area: string;
  readonly name: string;
  readonly title: string;
  readonly unit: FigureUnit;
  readonly read: (m: Measured) => number | null;
}

type Row = readonly [name: string, title: string, unit: FigureUnit, read: (m: Measured) => number | null];

/** Areas in the order of tables, with their titles. */
export const AREAS: Readonly<Record<string, string>> = {
  mappings: "Mappings and allocations",
  sync: "Syncs",
  caches: "CPU caches",
  writes: "Write buffer and bus",
  hazards: "CPU and device at odds",
  bounce: "Bounce buffers",
  tlb: "Translation caches",
  tables: "Page tables",
  registers: "System MMU registers",
  space: "IO-address space",
  findings: "Findings",
};

const counter =
  (name: string) =>
  (m: Measured): number =>
    m.statistics.counters[`COUNT_${name}`] ?? 0;

const device =
  (pick: (d: DeviceReport) => number) =>
  (m: Measured): number =>
    m.devices.reduce((total, d) => total + pick(d), 0);

const mmu =
  (pick: (s: SysmmuStatistics) => number) =>
  (m: Measured): number | null =>
    m.iommu ? m.sysmmus.reduce((total, s) => total + pick(s), 0) : null;

const behind =
  (name: string) =>
  (m: Measured): number | null =>
    m.iommu ? counter(name)(m) : null;

const space =
  (pick: (s: SpaceReport) => number) =>
  (m: Measured): number | null => {
    const spaces = m.devices.flatMap((d) => (d.space === null ? [] : [d.space]));
    return spaces.length === 0 ? null : spaces.reduce((total, s) => total + pick(s), 0);
  };

const MAPPINGS: readonly Row[] = [
  ["maps", "single maps made", "count", device((d) => d.maps)],
  ["unmaps", "single unmaps", "count", device((d) => d.unmaps)],
  ["lists", "lists mapped", "count", device((d) => d.mapSgs)],
  ["entries", "entries of lists", "count", device((d) => d.sgEntries)],
  ["segments", "segments made of them", "count", device((d) => d.sgSegments)],
  ["allocations", "allocations made", "count", device((d) => d.allocs)],
  ["frees", "frees", "count", device((d) => d.frees)],
  ["mappedBytes", "bytes mapped", "bytes", device((d) => d.mappedBytes)],
  ["allocatedBytes", "bytes allocated", "bytes", device((d) => d.allocatedBytes)],
  ["mapErrors", "maps that failed", "count", device((d) => d.mapErrors)],
  ["allocErrors", "allocations that failed", "count", device((d) => d.allocErrors)],
  ["live", "alive at the end", "count", (m) => m.live],
  ["liveBytesPeak", "most bytes alive at once", "bytes", device((d) => d.liveBytesPeak)],
  ["memoryUsed", "guest memory used at the end", "bytes", (m) => m.statistics.memoryUsed],
];

const SYNC: readonly Row[] = [
  ["forCpu", "syncs for the CPU", "count", device((d) => d.syncsForCpu)],
  ["forDevice", "syncs for the device", "count", device((d) => d.syncsForDevice)],
  ["bytes", "bytes synced", "bytes", device((d) => d.syncedBytes)],
];

function levelRows(level: "l1" | "l2"): Row[] {
  const of = (m: Measured): CacheLevelStatistics => m.statistics[level];
  const both =
    (pick: (s: MaintenanceStatistics) => number) =>
    (m: Measured): number =>
      pick(of(m).streaming);
  const L = level.toUpperCase();
  return [
    [`${level}Hits`, `${L} hits`, "lines", (m) => of(m).hits],
    [`${level}Misses`, `${L} misses`, "lines", (m) => of(m).misses],
    [`${level}Cleaned`, `${L} lines cleaned`, "lines", both((s) => s.cleaned)],
    [`${level}Invalidated`, `${L} lines invalidated`, "lines", both((s) => s.invalidated)],
    [`${level}Flushed`, `${L} lines flushed`, "lines", both((s) => s.flushed)],
    [`${level}WrittenBack`, `${L} lines written back`, "lines", both((s) => s.writeBacks)],
    [`${level}Dropped`, `${L} dirty lines dropped`, "lines", both((s) => s.dropped)],
    [`${level}EvictionWrites`, `${L} dirty lines evicted`, "lines", (m) => of(m).evictionWrites],
    [
      `${level}TableLines`,
      `${L} lines for page tables`,
      "lines",
      (m) => of(m).tables.cleaned + of(m).tables.invalidated + of(m).tables.flushed,
    ],
  ];
}

const CACHES: readonly Row[] = [
  ...levelRows("l1"),
  ...levelRows("l2"),
  ["outerSyncs", "cache syncs of the L2", "count", counter("OUTER_SYNC")],
  ["snoopHits", "lines found by coherent devices", "lines", counter("SNOOP_HITS")],
];

const WRITES: readonly Row[] = [
  ["stores", "stores into the write buffer", "count", (m) => m.statistics.cpu.bufferStores],
  ["merges", "of these merged", "count", (m) => m.statistics.cpu.bufferMerges],
  ["drains", "write-buffer drains", "count", (m) => m.statistics.cpu.bufferDrains],
  ["drainedByBarrier", "drained by a barrier", "count", (m) => m.statistics.cpu.drainsByBarrier],
  ["drainedByRoom", "drained for room", "count", (m) => m.statistics.cpu.drainsByFull],
  ["drainedByAge", "drained by age", "count", (m) => m.statistics.cpu.drainsByAge],
  ["drainedByAccess", "drained by a CPU access", "count", (m) => m.statistics.cpu.drainsByRead],
  ["busWrites", "bus writes", "count", (m) => m.statistics.cpu.busWrites],
  ["bursts", "bursts they form", "count", (m) => m.statistics.cpu.busBursts],
  ["busReads", "bus reads", "count", (m) => m.statistics.cpu.busReads],
  ["barriers", "barriers", "count", (m) => m.statistics.cpu.barriers],
];

const HAZARDS: readonly Row[] = [
  ["bufferedReads", "device reads without barrier", "count", (m) => m.statistics.hazards.bufferedDeviceReads],
  ["staleLines", "device reads without clean", "lines", (m) => m.statistics.hazards.staleDeviceReads],
  ["writesUnderValid", "lines devices wrote, cached", "lines", (m) => m.statistics.hazards.writesUnderValid],
  ["writesUnderDirty", "of these dirty: bytes lost", "lines", (m) => m.statistics.hazards.writesUnderDirty],
];

const BOUNCE: readonly Row[] = [
  ["buffers", "mappings that got a buffer", "count", counter("BOUNCED")],
  ["direct", "mappings that needed none", "count", counter("BOUNCE_DIRECT")],
  ["bytesIn", "bytes copied in", "bytes", counter("BOUNCE_IN")],
  ["bytesOut", "bytes copied back", "bytes", counter("BOUNCE_OUT")],
  ["full", "mappings refused: pool full", "count", counter("BOUNCE_FULL")],
  ["refused", "mappings refused: unreachable", "count", counter("BOUNCE_REFUSED")],
];

const TLB: readonly Row[] = [
  ["lookups", "lookups", "count", mmu((s) => s.lookups)],
  ["hits", "hits", "count", mmu((s) => s.hits)],
  ["misses", "misses", "count", mmu((s) => s.misses)],
  ["firstLevelMisses", "misses of the first level", "count", mmu((s) => s.l1Misses)],
  ["walks", "page-table walks", "count", mmu((s) => s.walks)],
  ["descriptorReads", "descriptors read by walks", "count", mmu((s) => s.descriptorReads)],
  ["flpdHits", "level-1 descriptor cache hits", "count", mmu((s) => s.flpdHits)],
  ["flpdMisses", "level-1 descriptor cache misses", "count", mmu((s) => s.flpdMisses)],
  ["fills", "entries filled", "count", mmu((s) => s.fills)],
  ["evictions", "entries evicted", "count", mmu((s) => s.evictions)],
  ["invalidated", "entries dropped by flushes", "count", mmu((s) => s.invalidated)],
  ["flushAll", "flushes of everything", "count", mmu((s) => s.flushAll)],
  ["flushEntry", "flushes of one page", "count", mmu((s) => s.flushEntry)],
  ["flushRange", "flushes of a range", "count", mmu((s) => s.flushRange)],
];

/** Words a driver writes to map and unmap (a large page takes 16) and to link tables. */
function descriptors(m: Measured): number | null {
  if (!m.iommu) return null;
  const n = (name: string) => counter(name)(m);
  const small = n("MAP_SMALL") + n("UNMAP_SMALL");
  const large = 16 * (n("MAP_LARGE") + n("UNMAP_LARGE"));
  return small + large + n("MAP_SECTION") + n("UNMAP_SECTION") + n("TABLES");
}

const TABLES: readonly Row[] = [
  ["smallPages", "4 KiB pages mapped", "count", behind("MAP_SMALL")],
  ["largePages", "64 KiB pages mapped", "count", behind("MAP_LARGE")],
  ["sections", "1 MiB sections mapped", "count", behind("MAP_SECTION")],
  [
    "unmapped",
    "pages and sections unmapped",
    "count",
    (m) =>
      m.iommu ? counter("UNMAP_SMALL")(m) + counter("UNMAP_LARGE")(m) + counter("UNMAP_SECTION")(m) : null,
  ],
  ["tables", "level-2 tables taken", "count", behind("TABLES")],
  ["tablesFreed", "level-2 tables given back", "count", behind("TABLES_FREED")],
  ["descriptors", "descriptors written", "count", descriptors],
  ["cleans", "cleans of table memory", "count", behind("TABLE_SYNCS")],
];

const REGISTERS: readonly Row[] = [
  ["reads", "register reads", "count", mmu((s) => s.registerReads)],
  ["writes", "register writes", "count", mmu((s) => s.registerWrites)],
  ["invalidations", "block, flush, unblock rounds", "count", behind("INVALIDATIONS")],
  ["invalidationsLost", "rounds lost: not blocked", "count", behind("INVALIDATIONS_LOST")],
];

/** Share of the free addresses that the largest free run does not hold. */
function fragmentation(m: Measured): number | null {
  const largest = space((s) => s.largestFreeBytes)(m);
  const free = space((s) => s.totalBytes - s.usedBytes)(m);
  if (largest === null || free === null) return null;
  return free === 0 ? 0 : Math.round((1 - largest / free) * 1e4) / 1e4;
}

const SPACE: readonly Row[] = [
  ["totalBytes", "addresses there are", "bytes", space((s) => s.totalBytes)],
  ["usedBytes", "addresses taken at the end", "bytes", space((s) => s.usedBytes)],
  ["usedBytesPeak", "most addresses taken at once", "bytes", space((s) => s.usedBytesPeak)],
  ["largestFreeBytes", "largest free run", "bytes", space((s) => s.largestFreeBytes)],
  ["freeRuns", "free runs", "count", space((s) => s.freeRuns)],
  ["fragmentation", "free space outside the largest run", "share", fragmentation],
  ["failures", "requests without room", "count", behind("IOVA_FAILED")],
  ["extensions", "bitmaps added", "count", behind("IOVA_EXTENSIONS")],
  ["asRecorded", "bus addresses as recorded", "count", (m) => m.statistics.replay.addressesEqual],
  ["notAsRecorded", "bus addresses that differ", "count", (m) => m.statistics.replay.addressesDifferent],
];

const FINDINGS: readonly Row[] = [
  ["faults", "faults", "count", device((d) => d.faults)],
  ["busErrors", "bus errors", "count", device((d) => d.busErrors)],
  ["staleHits", "hits of stale translations", "count", mmu((s) => s.staleHits)],
  ["cpuBusErrors", "lines the CPU touched outside DRAM", "count", (m) => m.statistics.cpu.busErrors],
  ["badHandles", "handles that name nothing", "count", (m) => m.statistics.replay.badHandles],
  ["takenHandles", "handles mapped while alive", "count", (m) => m.statistics.replay.takenHandles],
  ["zeroIova", "calls ignored at IO address 0", "count", behind("ZERO_IOVA")],
  ["unknownUnmaps", "unmaps and syncs of nothing", "count", counter("UNMAP_UNKNOWN")],
  ["otherSize", "unmaps with another size", "count", counter("UNMAP_SIZE")],
  ["otherDirection", "unmaps with another direction", "count", counter("UNMAP_DIRECTION")],
  ["refused", "calls refused: the kernel runs off", "count", counter("REFUSED")],
  [
    "kernelBugs",
    "calls at which the kernel stops",
    "count",
    (m) => counter("IOVA_BUGS")(m) + counter("DRIVER_BUGS")(m) + counter("BOUNCE_BUGS")(m),
  ],
  ["kernelWarnings", "warnings of the driver", "count", counter("DRIVER_WARNINGS")],
];

const ROWS: Readonly<Record<string, readonly Row[]>> = {
  mappings: MAPPINGS,
  sync: SYNC,
  caches: CACHES,
  writes: WRITES,
  hazards: HAZARDS,
  bounce: BOUNCE,
  tlb: TLB,
  tables: TABLES,
  registers: REGISTERS,
  space: SPACE,
  findings: FINDINGS,
};

/** All figures in the order of tables. */
export const FIGURES: readonly FigureDescription[] = Object.entries(ROWS).flatMap(([area, rows]) =>
  rows.map(([name, title, unit, read]) => ({ area, name, title, unit, read })),
);

/** The figures of one strategy; null where it cannot have one. */
export function figuresByArea(measured: Measured): FiguresByArea {
  const out: Record<string, Record<string, number | null>> = {};
  for (const { area, name, read } of FIGURES) {
    out[area] ??= {};
    out[area][name] = read(measured);
  }
  return out;
}
