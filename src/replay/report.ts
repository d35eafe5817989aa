// The report of one strategy, read from its machine's counters.

import type { CacheLevelStatistics } from "../cache/cache-statistics.js";
import type { Device } from "../machine/device.js";
import type { Finding } from "../machine/findings.js";
import type {
  CacheLevelReport,
  DeviceReport,
  FindingsReport,
  StrategyReport,
  TlbReport,
} from "../report/types.js";
import { figuresByArea } from "./figures.js";
import type { StrategyRun } from "./strategy.js";

const OLDEST = 20;
const FIRST_FINDINGS = 20;

/** Everything one strategy's machine counted. */
export function strategyReport(run: StrategyRun): StrategyReport {
  const { machine } = run;
  const statistics = machine.statistics();
  const devices = run.devices.map((device, i) => deviceReport(run, device, run.names[i]!));
  const tlbs = devices.flatMap((d) => (d.tlb === null ? [] : [d.tlb]));
  const live = machine.liveMappings();
  const mapped = devices.reduce((sum, d) => sum + d.maps + d.mapSgs + d.allocs, 0);
  const compared = statistics.replay.addressesEqual + statistics.replay.addressesDifferent;
  const seconds = run.milliseconds / 1000;
  const counter = (name: string) => statistics.counters[name] ?? 0;
  return {
    strategy: run.settings.name,
    records: run.records,
    throughput: {
      operations: run.records,
      seconds,
      millionPerSecond: seconds > 0.0005 ? run.records / seconds / 1e6 : 0,
    },
    devices,
    cache: { l1: levelReport(statistics.l1), l2: levelReport(statistics.l2) },
    tlb: run.settings.ops === "iommu" && tlbs.length > 0 ? tlbs.reduce(addTlb) : null,
    faults: devices.reduce((sum, d) => sum + d.faults, 0),
    busErrors: devices.reduce((sum, d) => sum + d.busErrors, 0),
    staleHits: tlbs.reduce((sum, t) => sum + t.staleHits, 0),
    badHandles: statistics.replay.badHandles,
    takenHandles: statistics.replay.takenHandles,
    cpuBusErrors: statistics.cpu.busErrors,
    findings: findingsReport(machine.findings()),
    addresses: {
      equal: statistics.replay.addressesEqual,
      different: statistics.replay.addressesDifferent,
      noData: Math.max(0, mapped - compared),
    },
    tableSyncs: { recorded: null, made: counter("COUNT_TABLE_SYNCS") },
    liveAtEnd: {
      mappings: live.length,
      bytes: live.reduce((sum, m) => sum + m.size, 0),
      oldest: live.slice(0, OLDEST).map((m) => ({
        device: m.device,
        kind: m.kind,
        dmaAddress: m.dmaAddress,
        bytes: m.size,
        direction: m.direction,
        born: m.birth,
        label: m.label,
      })),
    },
    bouncedBytes: counter("COUNT_BOUNCE_IN") + counter("COUNT_BOUNCE_OUT"),
    settings: run.settings,
    figures: figuresByArea({
      iommu: run.settings.ops === "iommu",
      statistics,
      devices: devices.filter((_, i) => run.devices.indexOf(run.devices[i]!) === i),
      sysmmus: [...new Set(run.devices)].flatMap((d) =>
        d.sysmmus.map((port) => machine.sysmmu(port).statistics()),
      ),
      live: live.length,
    }),
  };
}

function findingsReport(findings: readonly Finding[]): FindingsReport {
  return {
    total: findings.length,
    hazards: findings.filter(({ kind }) => kind !== "fault" && kind !== "stale-hit" && kind !== "quirk")
      .length,
    first: findings.slice(0, FIRST_FINDINGS).map((f) => ({
      kind: f.kind,
      message: f.message,
      device: f.device,
      iova: f.iova,
      seq: f.seq,
      count: f.count,
      mapping: f.mapping?.id ?? null,
    })),
  };
}

function levelReport(level: CacheLevelStatistics): CacheLevelReport {
  const m = level.streaming;
  return {
    cleaned: m.cleaned + m.flushed,
    writtenBack: m.writeBacks,
    invalidated: m.invalidated + m.flushed,
    dropped: m.removed,
  };
}

function addTlb(a: TlbReport, b: TlbReport): TlbReport {
  return {
    lookups: a.lookups + b.lookups,
    hits: a.hits + b.hits,
    misses: a.misses + b.misses,
    walks: a.walks + b.walks,
    descriptorReads: a.descriptorReads + b.descriptorReads,
    staleHits: a.staleHits + b.staleHits,
    invalidated: a.invalidated + b.invalidated,
  };
}

function deviceReport(run: StrategyRun, device: Device, name: string): DeviceReport {
  const c = device.counters;
  const { mapping } = device;
  const figures = mapping?.figures;
  const tlbs = device.sysmmus.map((port): TlbReport => {
    const s = run.machine.sysmmu(port).statistics();
    return {
      lookups: s.lookups,
      hits: s.hits,
      misses: s.misses,
      walks: s.walks,
      descriptorReads: s.descriptorReads,
      staleHits: s.staleHits,
      invalidated: s.invalidated,
    };
  });
  return {
    name: device.name === name ? name : `${device.name} (${name})`,
    maps: c.maps,
    unmaps: c.unmaps,
    mapSgs: c.mapSgs,
    unmapSgs: c.unmapSgs,
    sgEntries: c.sgEntries,
    sgSegments: c.sgSegments,
    syncsForCpu: c.syncForCpu,
    syncsForDevice: c.syncForDevice,
    allocs: c.allocs,
    frees: c.frees,
    mappedBytes: c.mapBytes,
    unmappedBytes: c.unmapBytes,
    syncedBytes: c.syncBytes,
    allocatedBytes: c.allocBytes,
    freedBytes: c.freeBytes,
    mapErrors: c.mapErrors,
    allocErrors: c.allocErrors,
    live: c.live,
    livePeak: c.livePeak,
    liveBytes: c.liveBytes,
    liveBytesPeak: c.liveBytesPeak,
    reads: c.reads,
    readBytes: c.readBytes,
    writes: c.writes,
    writtenBytes: c.writeBytes,
    faults: c.accessFaults,
    busErrors: c.busErrors,
    space:
      mapping === null || figures === undefined
        ? null
        : {
            base: mapping.base,
            totalBytes: figures.total * 4096,
            usedBytes: figures.used * 4096,
            usedBytesPeak: figures.peak * 4096,
            largestFreeBytes: figures.largestFree * 4096,
            freeRuns: figures.freeRuns,
          },
    tlb: mapping === null || tlbs.length === 0 ? null : tlbs.reduce(addTlb),
  };
}
