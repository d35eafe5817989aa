// Replays traces to learn who held given IO addresses.
//
//   records -> pieces of 16384 -> machine -> deaths of the piece, then who still lives -> watches
//
// A record ends at most one mapping, so no death of a piece leaves the machine's ring (16384) before it is
// read: nothing is forgotten, however long the trace.
//
// An IO address is looked for where the trace has it (`expect` records); where the trace tells none, where
// the replay put it.
//
// Not modelled: records whose map fails in the replay hold nothing.

import type { Finding } from "../machine/findings.js";
import type { MappingRecord } from "../machine/history.js";
import { REPLAY_DRAM } from "../replay/replay.js";
import { planDram, StrategyRun } from "../replay/strategy.js";
import { parseStrategy } from "../replay/strategy-name.js";
import { findByLinuxName } from "../soc/find.js";
import type { SocDescription } from "../soc/types.js";
import { Op, RECORD_WORDS } from "../trace/opcodes.js";
import { openTrace } from "../trace/reader.js";
import type { ByteSource } from "../trace/source.js";
import { HolderWatch, type Holding, holdingText, type TracedMapping, type Use } from "./explain-holders.js";

/** Records of a piece: as many deaths as the machine's ring remembers. */
const PIECE = 16384;
const FINDINGS_TOLD = 5;

/** An address to look for. `device` as a trace, a log or the SoC table names it, null: any. */
export interface AddressQuery extends Use {
  readonly address: number;
  readonly device: string | null;
}

/** What the trace tells about one address. */
export interface AddressAnswer {
  readonly address: number;
  /** As it was asked for. */
  readonly asked: AddressQuery;
  /** The same by its name in the machine; null: any, or none that the trace has mappings of. */
  readonly device: string | null;
  /** Of that device; else of all that held it; else of all with mappings. */
  readonly holdings: readonly Holding[];
  /** The walk at the end of the trace, null where the replay has the address elsewhere or nowhere. */
  readonly walk: readonly string[] | null;
  /** Faults and stale uses of the replay's own accesses in this page. */
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
}

/** The replay and its answers, in the order of the queries. */
export interface TraceAnswers {
  readonly files: readonly string[];
  /** Mappings made, and those alive at the end. */
  readonly mappings: number;
  readonly live: number;
  /** Names that the trace has for its devices, and the machine's. */
  readonly devices: readonly { readonly trace: string; readonly machine: string }[];
  readonly answers: readonly AddressAnswer[];
  readonly notes: readonly string[];
}

/** Options of {@link askTrace}. */
export interface TraceQuestion {
  readonly soc: SocDescription;
  readonly profile: "rfc2011" | "v3.6" | "v3.14" | "v4.4" | "v6.1";
  readonly dramBytes: number | undefined;
  readonly access: string;
  readonly lenient: boolean;
  readonly onProgress: (done: number, total: number, detail: string) => void;
}

/** A birth in a piece of records, and the recorded address that follows it. */
interface Birth {
  readonly handle: number;
  traceAddress: number | null;
}

function birthsOf(records: Uint32Array): Birth[] {
  const births: Birth[] = [];
  for (let at = 0; at < records.length; at += RECORD_WORDS) {
    const op = records[at]! & 0xff;
    const handle = records[at + 1]!;
    if (op === Op.Map || op === Op.MapResource || op === Op.SgEnd || op === Op.Alloc) {
      births.push({ handle, traceAddress: null });
    } else if (op === Op.Expect) {
      const birth = births.at(-1);
      if (birth?.handle === handle) birth.traceAddress = records[at + 2]!;
    }
  }
  return births;
}

/** Follows the mappings of one machine. */
class Follower {
  readonly #run: StrategyRun;
  readonly #watches: readonly HolderWatch[];
  /** Recorded addresses of the living, by mapping number. */
  readonly #addresses = new Map<number, number>();
  #newest = 0;
  #deaths = 0;
  mappings = 0;
  /** Mappings that the replay put elsewhere than the trace has them, by device. */
  readonly moved = new Map<string, number>();

  constructor(run: StrategyRun, watches: readonly HolderWatch[]) {
    this.#run = run;
    this.#watches = watches;
  }

  feed(records: Uint32Array): void {
    for (let at = 0; at < records.length; at += PIECE * RECORD_WORDS) {
      const piece = records.subarray(at, at + PIECE * RECORD_WORDS);
      this.#run.run(piece, () => 0);
      this.#follow(birthsOf(piece));
    }
  }

  #follow(births: readonly Birth[]): void {
    const { machine } = this.#run;
    const dead = machine.deadMappings(this.#deaths);
    this.#deaths = machine.deaths;
    if (births.length > 0) this.#name(births, dead);
    for (const record of dead) {
      this.#see(this.#traced(record));
      this.#addresses.delete(record.id);
    }
  }

  /** Gives the mappings born in a piece the addresses that the trace has for them. */
  #name(births: readonly Birth[], dead: readonly MappingRecord[]): void {
    const { machine } = this.#run;
    const born = [...dead, ...machine.liveMappings()].filter(({ id }) => id > this.#newest);
    born.sort((a, b) => a.id - b.id);
    let next = 0;
    for (const { handle, traceAddress } of births) {
      // A birth without a mapping: its map failed.
      const record = born[next];
      if (record === undefined || record.handle !== handle) continue;
      next++;
      this.mappings++;
      if (traceAddress === null) continue;
      this.#addresses.set(record.id, traceAddress);
      if (traceAddress === record.dmaAddress) continue;
      this.moved.set(record.device, (this.moved.get(record.device) ?? 0) + 1);
    }
    this.#newest = born.at(-1)?.id ?? this.#newest;
  }

  #traced(record: MappingRecord): TracedMapping {
    return { ...record, traceAddress: this.#addresses.get(record.id) ?? record.dmaAddress };
  }

  #see(mapping: TracedMapping): void {
    for (const watch of this.#watches) watch.see(mapping);
  }

  /** Shows the watches who lives; how many. */
  finish(): number {
    const live = this.#run.machine.liveMappings();
    for (const record of live) this.#see(this.#traced(record));
    return live.length;
  }
}

/** The machine's name of a device that a log or trace calls `name`, null for one that is not in the SoC. */
export function machineDevice(name: string, soc: SocDescription): string | null {
  const found = findByLinuxName(soc, name);
  if (found?.kind === "device") return found.device.name;
  return found?.sysmmu.master ?? null;
}

/** Holdings that answer a query, and what else is to be said. */
function chosen(
  all: readonly Holding[],
  asked: string | null,
  run: StrategyRun,
): { device: string | null; holdings: readonly Holding[]; notes: string[] } {
  if (all.length === 0) return { device: null, holdings: [], notes: ["the trace has no mappings"] };
  const held = all.filter(({ times }) => times > 0);
  const any = held.length > 0 ? held : all;
  if (asked === null) return { device: null, holdings: any, notes: [] };
  const name = machineDevice(asked, run.machine.soc) ?? asked;
  const own = all.filter(({ device }) => device === name);
  if (own.length === 0) {
    const devices = [...new Set(all.map(({ device }) => traceName(device, run)))].join(", ");
    return {
      device: null,
      holdings: any,
      notes: [`the trace has no mapping of ${asked}, but of ${devices}`],
    };
  }
  const others = own[0]!.times === 0 ? held : [];
  const notes = others.map(
    ({ device, times }) =>
      `${traceName(device, run)} held this address, ${times} times: each device has its own`,
  );
  return { device: name, holdings: own, notes };
}

/** `fimc0 (11800000.fimc)`: the machine's name and the trace's. */
function traceName(device: string, run: StrategyRun): string {
  const name = run.names[run.devices.findIndex((d) => d.name === device)];
  return name === undefined || name === device ? device : `${device} (${name})`;
}

/** Where the replay has the address: through its last holder, or the same when nothing was moved. */
function replayed(address: number, holding: Holding, moved: ReadonlyMap<string, number>): number | null {
  const last = holding.holders.at(-1)?.mapping;
  if (last === undefined) return moved.has(holding.device) ? null : address;
  const iova = last.dmaAddress + (address - last.traceAddress);
  return iova >= 0 && iova <= 0xffff_ffff ? iova : null;
}

function answer(
  watch: HolderWatch,
  asked: AddressQuery,
  run: StrategyRun,
  moved: ReadonlyMap<string, number>,
): AddressAnswer {
  const { machine } = run;
  const { device, holdings, notes } = chosen(watch.result(), asked.device, run);
  if (asked.address !== watch.address) {
    notes.unshift(
      `IO addresses of traces are compared by their low 32 bits: 0x${watch.address.toString(16)}`,
    );
  }
  const where = device ?? (holdings.length === 1 ? holdings[0]!.device : null);
  const iova = where === null ? null : replayed(watch.address, holdings[0]!, moved);
  const master = where === null ? null : machine.device(where);
  const port = master?.sysmmus[0];
  const last = holdings[0]?.holders.at(-1)?.mapping;
  if (iova !== null && last?.death != null && (master?.mapping?.iovaToPhys(iova) ?? 0) !== 0) {
    notes.push(`the translation outlived mapping ${last.id}`);
  }
  const ignored = machine.statistics().counters["COUNT_ZERO_IOVA"] ?? 0;
  if (last !== undefined && last.death === null && last.dmaAddress < 4096 && ignored > 0) {
    notes.push(
      `mapping ${last.id} may have been unmapped in vain: the kernel's ops take IO address 0 for none and leave it mapped`,
    );
  }
  const page = iova === null ? -1 : Math.floor(iova / 4096);
  const findings = machine.findings().filter((f) => f.device === where && Math.floor(f.iova / 4096) === page);
  return {
    address: watch.address,
    asked,
    device,
    holdings,
    walk: port === undefined || iova === null ? null : machine.sysmmu(port).explain(iova),
    findings: findings.slice(0, FINDINGS_TOLD),
    notes,
  };
}

/** Sentences about the replay. */
export function summaryText({ files, mappings, live, devices, notes }: TraceAnswers): string[] {
  const names = devices.map(({ trace, machine }) => (trace === machine ? trace : `${machine} (${trace})`));
  return [
    `${files.length === 1 ? files[0] : `${files.length} traces`}: ${mappings} mappings of ${names.join(", ") || "no device"}, ` +
      `${live} alive at the end`,
    "every mapping of the replay was looked at; sequence numbers count its calls",
    ...notes,
  ];
}

/** Sentences about one answer. */
export function answerText({ address, asked, holdings, walk, findings, notes }: AddressAnswer): string[] {
  return [
    ...notes,
    ...holdings.flatMap((holding) => holdingText(address, holding, asked)),
    ...(walk === null ? [] : ["the walk in the replay, at its end:", ...walk.map((line) => `  ${line}`)]),
    ...findings.map(({ message }) => `in the replay: ${message}`),
  ];
}

/**
 * Replays `sources` behind System MMUs and answers `queries`.
 * @throws TraceError for input that cannot be read
 */
export async function askTrace(
  sources: readonly ByteSource[],
  queries: readonly AddressQuery[],
  question: TraceQuestion,
): Promise<TraceAnswers> {
  const { soc, profile, access, lenient } = question;
  const bytes = question.dramBytes ?? REPLAY_DRAM;
  const dram = planDram(soc.dramBase, bytes - (bytes % 65536));
  const run = new StrategyRun(
    parseStrategy("iommu", profile),
    { soc },
    { dram, workload: false, window: null },
  );
  try {
    const watches = queries.map(({ address }) => new HolderWatch(address % 2 ** 32));
    const follower = new Follower(run, watches);
    let detail = sources[0]?.name ?? "";
    const reader = openTrace(sources, {
      device: (name) => run.device(name),
      label: (text) => run.machine.label(text),
      sysmmus: () => run.machine.sysmmuNames.length,
      dramBytes: dram.bytes,
      guestBase: dram.base,
      guestBytes: dram.traceBytes,
      access,
      lenient,
      onProgress: (done, total) => question.onProgress(done, total ?? 0, detail),
    });
    for await (const chunk of reader) {
      follower.feed(chunk.records);
      detail = sources[chunk.file]?.name ?? "";
    }
    const live = follower.finish();
    const { counts } = reader.summary;
    const notes: string[] = [];
    if (counts.lost > 0) notes.push(`the recorder lost ${counts.lost} events: mappings may be missing`);
    if (counts.beforeRecording > 0) {
      notes.push(
        `${counts.beforeRecording} unmaps, frees or syncs are of mappings made before the recording, which are not known`,
      );
    }
    if (counts.malformed > 0) notes.push(`${counts.malformed} malformed events were passed over`);
    const moved = [...follower.moved.values()].reduce((sum, n) => sum + n, 0);
    if (moved > 0) {
      notes.push(
        `the replay put ${moved} of ${follower.mappings} mappings elsewhere than the trace; addresses are the trace's`,
      );
    }
    return {
      files: sources.map(({ name }) => name),
      mappings: follower.mappings,
      live,
      devices: run.names.map((trace, n) => ({ trace, machine: run.devices[n]!.name })),
      answers: watches.map((watch, n) => answer(watch, queries[n]!, run, follower.moved)),
      notes,
    };
  } finally {
    run.machine.dispose();
  }
}
