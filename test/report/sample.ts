// A made-up report, small enough to check by eye.
import { parseStrategy } from "../../src/replay/strategy-name.js";
import type { DeviceReport, ReplayReport, StrategyReport, TlbReport } from "../../src/report/types.js";

const tlb: TlbReport = {
  lookups: 2000,
  hits: 1500,
  misses: 500,
  walks: 500,
  descriptorReads: 1000,
  staleHits: 1,
  invalidated: 30,
};

function device(name: string, iommu: boolean): DeviceReport {
  return {
    name,
    maps: 1200,
    unmaps: 1190,
    mapSgs: 40,
    unmapSgs: 40,
    sgEntries: 900,
    sgSegments: 40,
    syncsForCpu: 7,
    syncsForDevice: 8,
    allocs: 3,
    frees: 1,
    mappedBytes: 5 << 20,
    unmappedBytes: 5 << 20,
    syncedBytes: 4096,
    allocatedBytes: 64 << 10,
    freedBytes: 4096,
    mapErrors: 0,
    allocErrors: 0,
    live: 12,
    livePeak: 20,
    liveBytes: 100_000,
    liveBytesPeak: 3 << 20,
    reads: 10,
    readBytes: 4096,
    writes: 20,
    writtenBytes: 8192,
    faults: iommu ? 2 : 0,
    busErrors: 0,
    space: iommu
      ? {
          base: 0,
          totalBytes: 128 << 20,
          usedBytes: 106_496,
          usedBytesPeak: 4 << 20,
          largestFreeBytes: 120 << 20,
          freeRuns: 3,
        }
      : null,
    tlb: iommu ? tlb : null,
  };
}

function strategy(name: StrategyReport["strategy"]): StrategyReport {
  const iommu = name === "iommu";
  const level = { cleaned: 1000, writtenBack: 50, invalidated: 2000, dropped: 60 };
  return {
    strategy: name,
    records: 12_345,
    throughput: { operations: 12_345, seconds: 0.001, millionPerSecond: 12.345 },
    devices: [device("11800000.fimc", iommu), device("a-device-with-a-very-long-name.0", iommu)],
    cache: { l1: level, l2: level },
    tlb: iommu ? tlb : null,
    faults: iommu ? 4 : 0,
    busErrors: 0,
    staleHits: iommu ? 1 : 0,
    badHandles: 0,
    takenHandles: 0,
    cpuBusErrors: 0,
    findings: iommu
      ? {
          total: 9,
          hazards: 1,
          first: Array.from({ length: 9 }, (_, i) => ({
            kind: i === 0 ? "stale-cpu-read" : "fault",
            message: `finding ${i} of a buffer with a very long story that does not fit into one line of a terminal`,
            device: "11800000.fimc",
            iova: 0x1000 * i,
            seq: i + 1,
            count: 1,
            mapping: i === 0 ? 7 : null,
          })),
        }
      : { total: 0, hazards: 0, first: [] },
    addresses: { equal: iommu ? 1240 : 0, different: iommu ? 0 : 1240, noData: 3 },
    tableSyncs: { recorded: 1300, made: iommu ? 1300 : 0 },
    liveAtEnd: {
      mappings: 24,
      bytes: 200_000,
      oldest: Array.from({ length: 20 }, (_, i) => ({
        device: "11800000.fimc",
        kind: "single",
        dmaAddress: 0x1000 * i,
        bytes: 4096,
        direction: "TO_DEVICE",
        born: i + 1,
        label: `trace:${i + 1}`,
      })),
    },
    bouncedBytes: name === "bounce" ? 5 << 20 : 0,
    settings: parseStrategy(name, "v6.1"),
    figures: {
      mappings: { maps: 2400, live: 24 },
      findings: { faults: iommu ? 4 : 0, staleHits: iommu ? 1 : null },
    },
  };
}

/** Two devices, three strategies, two traces. */
export const sampleReport: ReplayReport = {
  schema: "sysmmu/replay",
  schemaVersion: 1,
  settings: {
    profile: "v6.1",
    soc: "exynos4210",
    dramBase: 0x4000_0000,
    dramBytes: 256 << 20,
    access: "once",
    lenient: true,
  },
  traces: [
    {
      name: "examples/traces/exynos4210-camera/03-v4l2-video0.trace.txt.gz",
      format: "ftrace",
      lines: 5000,
      events: 4900,
      otherLines: 100,
      malformed: 1,
      lost: 0,
      byType: { dma_map_page: 2400, map: 2500 },
      malformedLines: ["03-v4l2-video0.trace.txt.gz:17: dma_map_page: nonsense"],
    },
    {
      name: "b.txt",
      format: "text",
      lines: 10,
      events: 10,
      otherLines: 0,
      malformed: 0,
      lost: 911,
      byType: { map: 10 },
      malformedLines: [],
    },
  ],
  events: { dma_map_page: 2400, map: 2510, unmap: 20, attach_device_to_domain: 4 },
  operations: {
    events: 4910,
    replayed: 2390,
    beforeRecording: 9,
    below: 2510,
    skipped: 0,
    malformed: 1,
    lost: 911,
  },
  strategies: [strategy("linear"), strategy("iommu"), strategy("bounce")],
  notes: [
    "The trace has no device accesses: each mapped range is read or written once by the master according to its direction.",
  ],
};
