// What went wrong, each with the mapping it concerns: here faults of the SysMMUs and uses of stale
// translations; missed syncs and wrong unmaps are in hazards.ts.
//
// Not modelled: bugs that need byte ownership (who wrote which byte since the last hand-over).

import type { SysMmu } from "../sysmmu/sysmmu.js";
import { aliveAt, covers, describeMapping, endsBefore, type MappingRecord } from "./history.js";
import type { Live } from "./live.js";

/** One finding. */
export interface Finding {
  /**
   * "fault": a SysMMU stopped an access; "stale-hit": a cached translation outlived its mapping;
   * "stale-device-read", "lost-device-write": a sync for the device is missing; "stale-cpu-read",
   * "lost-cpu-write": one for the CPU is, or the CPU used what the device owned; "buffered-device-read": a
   * barrier is; "alias-access": the CPU reached an uncached buffer through its linear, cacheable address;
   * "unmap-unknown", "unmap-size", "unmap-direction", "unmap-kind", "sync-unknown", "sync-size",
   * "sync-direction": the call matches no map; "quirk": the kernel did otherwise than drivers expect; "more-hazards": those
   * beyond what the core remembers one by one; "leak": a mapping that its device's detachment left behind, which no
   * unmap reaches any more.
   */
  readonly kind:
    | "fault"
    | "stale-hit"
    | "stale-device-read"
    | "lost-device-write"
    | "stale-cpu-read"
    | "lost-cpu-write"
    | "buffered-device-read"
    | "alias-access"
    | "unmap-unknown"
    | "unmap-size"
    | "unmap-direction"
    | "unmap-kind"
    | "sync-unknown"
    | "sync-size"
    | "sync-direction"
    | "buffered-device-write"
    | "quirk"
    | "more-hazards"
    | "leak";
  /** A sentence that names what, where and whose. */
  readonly message: string;
  /** Device or SysMMU concerned. */
  readonly device: string;
  /** IO address concerned. */
  readonly iova: number;
  /** Sequence number of (the first) occurrence. */
  readonly seq: number;
  /** How often. */
  readonly count: number;
  /** The mapping that holds or last held the address, or null when none is remembered. */
  readonly mapping: MappingRecord | null;
  /** A fault where no mapping is: the mapping that ends right before, past whose end the access may have run. */
  readonly neighbour?: MappingRecord;
}

/**
 * The mapping of `device` that holds `iova` now, else the last one that did, else null. One that has the very
 * byte goes before one that only has the rest of its page (a SysMMU translates whole pages).
 */
export function holderOf(
  device: string,
  iova: number,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): MappingRecord | null {
  return find(
    device,
    live,
    dead,
    (m) => covers(m, iova, false),
    (m) => covers(m, iova, true),
  );
}

/** The mappings as they were at moment `seq`: alive then, and gone by then; those of later are left out. */
function asOf(
  seq: number,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): readonly [alive: MappingRecord[], gone: MappingRecord[]] {
  return [
    [...live, ...dead].filter((m) => aliveAt(m, seq)),
    dead.filter((m) => m.birth <= seq && !aliveAt(m, seq)),
  ];
}

/** The mapping of `device` that held `iova` at moment `seq`, else the last one that had before, else null. */
export function holderAt(
  device: string,
  iova: number,
  seq: number,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): MappingRecord | null {
  return holderOf(device, iova, ...asOf(seq, live, dead));
}

/**
 * The mapping of `device` that ends right before `iova` (behind an IOMMU: with the page before), alive, else dead
 * last; else null. What to look at when an access runs past the end of its buffer.
 */
export function neighbourOf(
  device: string,
  iova: number,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): MappingRecord | null {
  return find(
    device,
    live,
    dead,
    (m) => endsBefore(m, iova, false),
    (m) => endsBefore(m, iova, true),
  );
}

/** The first of `live`, else the last of `dead`, that fits; for each the sharper test first. */
function find(
  device: string,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
  ...tests: ((m: MappingRecord) => boolean)[]
): MappingRecord | null {
  for (const list of [live, dead.toReversed()]) {
    for (const test of tests) {
      const found = list.find((m) => m.device === device && test(m));
      if (found !== undefined) return found;
    }
  }
  return null;
}

/** Findings of one SysMMU before `device`. */
export function sysmmuFindings(
  device: string,
  mmu: SysMmu,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): Finding[] {
  const out: Finding[] = [];
  for (const fault of mmu.faults()) {
    if (fault.kind === "stale") continue;
    const then = asOf(fault.seq, live, dead);
    const mapping = holderOf(device, fault.va, ...then);
    const neighbour = mapping === null ? neighbourOf(device, fault.va, ...then) : null;
    const whose =
      mapping === null
        ? neighbour === null
          ? "no mapping of it is remembered"
          : `no mapping holds it; right before it ends ${describeMapping(neighbour)}: an access past its end?`
        : aliveAt(mapping, fault.seq)
          ? `it belongs to ${describeMapping(mapping)}`
          : `it was ${describeMapping(mapping)}: used after unmap`;
    out.push({
      kind: "fault",
      message: `${device}: ${fault.name} on ${fault.write ? "write" : "read"} of 0x${fault.va.toString(16)}; ${whose}`,
      device,
      iova: fault.va,
      seq: fault.seq,
      count: 1,
      mapping,
      ...(neighbour === null ? {} : { neighbour }),
    });
  }
  for (const use of mmu.staleUses()) {
    const mapping = [...dead, ...live].find((m) => m.id === use.owner) ?? null;
    out.push({
      kind: "stale-hit",
      message:
        `${device}: ${use.hits} hits of a stale translation of 0x${use.va.toString(16)}, first at seq ${use.firstSeq}; ` +
        (mapping === null ? `mapping ${use.owner} is gone` : `it was ${describeMapping(mapping)}`) +
        "; the unmap did not invalidate it",
      device,
      iova: use.va,
      seq: use.firstSeq,
      count: use.hits,
      mapping,
    });
  }
  return out;
}

/** Bit of a record's kind: found through the IO-address space of the device (assembly/sanitize/history.ts). */
const OWNED = 0x80;

/** Mappings alive that the space of their device, detached since, does not name any more. */
export function leakFindings(
  live: Live,
  mappings: readonly MappingRecord[],
  names: readonly string[],
): Finding[] {
  const { core } = live;
  const byId = new Map(mappings.map((m) => [m.id, m]));
  const out: Finding[] = [];
  for (let n = 0; ; n++) {
    const at = core.exports.historySlot(n) >>> 0;
    if (at === 0) return out;
    const [serial, head, dma, size] = core.u32.subarray(at >>> 2, (at >>> 2) + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const mapping = byId.get(serial);
    const index = head & 0xffff;
    if (serial === 0 || mapping === undefined || ((head >>> 24) & OWNED) === 0) continue;
    if (core.exports.historyFind(index, dma, size) >>> 0 === at) continue;
    const device = names[index] ?? mapping.device;
    out.push({
      kind: "leak",
      message: `${device}: detached with ${describeMapping(mapping)}`,
      device,
      iova: dma,
      seq: mapping.birth,
      count: 1,
      mapping,
    });
  }
}
