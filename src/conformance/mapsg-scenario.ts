// One scenario of V3 (spec: vectors' README) played on a core: the recorded arguments go in, the
// recorded page blocks feed the allocator, and what came out is put into the recorded form.
//
//   op line ──> SG, FEED, INJECT ──> iommuOps* ──> log ring ──> ["iommu_map", iova, pa, ...]
//
// The recorder's own habits are kept here, not in the core: vmap ids are the lowest free number,
// a page that is no RAM (physical address 0) is shown as 4294967295 in L1 events, and v3.6, whose pool
// was the kernel's own code, shows no pool events.
//
// Not modelled: virtual addresses; `cpu` says of what kind they are.

import type { Core } from "../core/core.js";
import { DmaAllocation } from "../core/exports/dma-iommu.js";

/** A line of a V3 file, as parsed. */
export type MapsgLine = Readonly<Record<string, unknown>>;
/** One event in the recorded form: name, then numbers. */
export type MapsgEvent = (string | number)[];
/** What an operation gave: only the fields that its line has. */
export interface MapsgOutcome {
  r: unknown;
  out?: [number, number][];
  iova_pages?: number;
  pool_used?: number;
  ev: MapsgEvent[];
}

const ATTRIBUTES: Readonly<Record<string, number>> = {
  WRITE_COMBINE: 0x4,
  NO_KERNEL_MAPPING: 0x10,
  SKIP_CPU_SYNC: 0x20,
  FORCE_CONTIGUOUS: 0x40,
  ALLOC_SINGLE_PAGES: 0x80,
  PRIVILEGED: 0x200,
};
/** Words of the core's header (assembly/header.ts). */
const LOG_MASK = 0x28 >>> 2;
const LOG_HEAD = 0x2c >>> 2;
const FEED_HEAD = 0x34 >>> 2;
/** Words of a device record (assembly/device.ts). */
const DEVICE_COHERENT = 1;
const DEVICE_SPACE = 6;
const DEVICE_DOMAIN = 7;
const DEVICE_MAX_SEG = 8;
/** Errnos of injected failures lie behind the countdowns (assembly/inject.ts). */
const INJECT_ERRNOS = 64;
const POISON = 0xdead_beef;
const NONE = 0xffff_ffff;
const CPU_NAMES = ["null", "remap", "pool", "pages", "linear"] as const;

/** Event names by `group << 8 | kind` and how many operands each shows. */
function eventTable(constants: Core["constants"]): Map<number, [name: string, operands: number]> {
  const table = new Map<number, [string, number]>();
  const add = (group: string, kind: string, name: string, operands: number): void => {
    table.set((constants[`LOG_GROUP_${group}`]! << 8) | constants[`LOGK_${kind}`]!, [name, operands]);
  };
  add("IOMMU", "IOMMU_MAP", "iommu_map", 5);
  add("IOMMU", "IOMMU_UNMAP", "iommu_unmap", 2);
  add("IOMMU", "IOVA_TO_PHYS", "iova_to_phys", 2);
  add("PAGES", "ALLOC_PAGES", "alloc_pages", 2);
  add("PAGES", "FREE_PAGE", "free_page", 2);
  add("PAGES", "CMA_ALLOC", "cma_alloc", 3);
  add("PAGES", "CMA_FREE", "cma_free", 2);
  add("PAGES", "POOL_ALLOC", "pool_alloc", 2);
  add("PAGES", "POOL_FREE", "pool_free", 2);
  add("PAGES", "ZERO", "zero", 2);
  add("PAGES", "REMAP", "remap", 2);
  add("PAGES", "UNREMAP", "unremap", 1);
  add("CACHE", "DMAC_MAP", "dmac_map", 4);
  add("CACHE", "DMAC_UNMAP", "dmac_unmap", 4);
  add("CACHE", "DMAC_FLUSH", "dmac_flush", 3);
  add("CACHE", "OUTER_INV", "outer_inv", 2);
  add("CACHE", "OUTER_CLEAN", "outer_clean", 2);
  add("CACHE", "OUTER_FLUSH", "outer_flush", 2);
  add("CACHE", "KMAP_ATOMIC", "kmap_atomic", 1);
  add("CACHE", "KUNMAP_ATOMIC", "kunmap_atomic", 1);
  add("CACHE", "KMAP_HIGH_GET", "kmap_high_get", 2);
  add("CACHE", "KUNMAP_HIGH", "kunmap_high", 1);
  add("CACHE", "DCACHE_CLEAN", "dcache_clean", 1);
  return table;
}

interface Mapped {
  sg: [number, number, number][];
  out: [number, number][];
}

/** Where a scenario's page tables are: 0 for the recorder, or a domain of the real driver. */
export interface MapsgOptions {
  readonly domain: number;
}

/** A scenario in play. The core is its own: machineInit done, profile switches set. */
export class MapsgScenario {
  readonly #core: Core;
  readonly #device: number;
  readonly #space: number;
  readonly #lists = new Map<number, Mapped>();
  readonly #allocations = new Map<number, number>();
  readonly #remaps: number[] = [];
  readonly #events: Map<number, [string, number]>;
  readonly #scenario: MapsgLine;
  readonly #deviceAt: number;
  readonly #order: number;

  /** `lines` are the scenario's operations; the pool's place is read from them. */
  constructor(core: Core, scenario: MapsgLine, lines: readonly MapsgLine[], options: MapsgOptions) {
    const { exports, constants } = core;
    this.#core = core;
    this.#scenario = scenario;
    this.#events = eventTable(constants);
    this.#order = Math.max(0, scenario["order"] as number);
    exports["syncSetHighmem"](scenario["highmem_start"] as number);
    this.#space =
      exports["iovaCreate"](scenario["base"] as number, scenario["size"] as number, 0, this.#order) >>> 0;
    if (this.#space === 0) throw new Error("iovaCreate failed");
    this.#device = 0;
    this.#deviceAt = constants["DEVICES"]! >>> 2;
    const u32 = core.u32;
    u32[this.#deviceAt] = constants["OPS_IOMMU"]!;
    u32[this.#deviceAt + DEVICE_COHERENT] = scenario["coherent"] as number;
    u32[this.#deviceAt + DEVICE_SPACE] = this.#space;
    u32[this.#deviceAt + DEVICE_DOMAIN] =
      options.domain !== 0 ? options.domain : exports["stubCreate"]() >>> 0;
    const pool = poolPlace(lines);
    if (pool !== undefined) exports["poolInit"](pool);
  }

  /** Plays one operation and returns the fields that its line has. */
  play(line: MapsgLine): MapsgOutcome {
    const core = this.#core;
    this.#supply(line);
    const head = this.#logHead();
    core.u32[LOG_MASK] =
      (1 << core.constants["LOG_GROUP_IOMMU"]!) |
      (1 << core.constants["LOG_GROUP_PAGES"]!) |
      (1 << core.constants["LOG_GROUP_CACHE"]!);
    const outcome: MapsgOutcome = { r: null, ev: [] };
    this.#call(line, outcome);
    core.u32[LOG_MASK] = 0;
    this.#withdraw();
    outcome.ev = this.#drain(head);
    if ("iova_pages" in line) {
      outcome.iova_pages = (core.exports["iovaUsedPages"](this.#space) >>> 0) >>> this.#order;
    }
    if ("pool_used" in line) outcome.pool_used = core.exports["poolUsed"]() >>> 0;
    return outcome;
  }

  #call(line: MapsgLine, outcome: MapsgOutcome): void {
    const { exports } = this.#core;
    const device = this.#device;
    const attrs = attributesOf(line);
    const { id, dir, size, h } = line as Record<string, number>;
    switch (line["op"]) {
      case "map_page": {
        const { pa, off } = line as Record<string, number>;
        for (const page of (line["pkmapped"] as number[] | null) ?? []) exports["kmapAdd"](page);
        outcome.r = exports["iommuOpsMapPage"](device, pa, off, size, dir, attrs) >>> 0;
        exports["kmapClear"]();
        return;
      }
      case "unmap_page":
        exports["iommuOpsUnmapPage"](device, h, size, dir, attrs);
        return;
      case "sync_single_for_cpu":
      case "sync_single_for_device":
        if (this.#noSyncOps()) outcome.r = "no-op-in-ops-table";
        if (line["op"] === "sync_single_for_cpu") exports["iommuOpsSyncForCpu"](device, h, size, dir);
        else exports["iommuOpsSyncForDevice"](device, h, size, dir);
        return;
      case "map_resource":
        outcome.r = exports["iommuOpsMapResource"](device, line["pa"] as number, size, dir, attrs) >>> 0;
        return;
      case "unmap_resource":
        exports["iommuOpsUnmapResource"](device, h, size, dir, attrs);
        return;
      case "map_sg":
        this.#mapSg(line, attrs, outcome);
        return;
      case "unmap_sg":
      case "sync_sg_for_cpu":
      case "sync_sg_for_device":
        this.#withList(line, attrs, outcome);
        return;
      case "alloc": {
        const atomic = line["gfp"] === "ATOMIC" ? this.#core.constants["GFP_ATOMIC"] : 0;
        const at = exports["iommuOpsAlloc"](device, size, atomic, attrs) >>> 0;
        this.#allocations.set(id!, at);
        outcome.r = { cpu: this.#cpuOf(at), handle: exports["iommuOpsLastHandle"]() >>> 0 };
        return;
      }
      case "free": {
        const at = this.#allocations.get(id!) ?? 0;
        if (at === 0) throw new Error(`no allocation ${id}`);
        exports["iommuOpsFreeAs"](device, at, attrs);
        this.#allocations.delete(id!);
        return;
      }
      default:
        throw new Error(`unknown operation ${String(line["op"])}`);
    }
  }

  #mapSg(line: MapsgLine, attrs: number, outcome: MapsgOutcome): void {
    const sg = line["sg"] as [number, number, number][];
    const list: Mapped = { sg, out: sg.map(() => [POISON, POISON]) };
    this.#core.u32[this.#deviceAt + DEVICE_MAX_SEG] = line["max_seg"] as number;
    this.#writeList(list);
    outcome.r =
      this.#core.exports["iommuOpsMapSg"](this.#device, sg.length, line["dir"] as number, attrs) | 0;
    const base = this.#core.constants["SG"]! >>> 2;
    list.out = sg.map((_, i) => {
      const at = base + 8 * i;
      return [this.#core.u32[at + 3]!, this.#core.u32[at + 4]!];
    });
    outcome.out = list.out;
    this.#lists.set(line["id"] as number, list);
  }

  #withList(line: MapsgLine, attrs: number, outcome: MapsgOutcome): void {
    const { exports } = this.#core;
    const list = this.#lists.get(line["id"] as number);
    if (list === undefined) throw new Error(`no list ${String(line["id"])}`);
    this.#writeList(list);
    const nents = list.sg.length;
    if (line["op"] === "unmap_sg") {
      exports["iommuOpsUnmapSg"](this.#device, nents, line["dir"] as number, attrs);
      this.#lists.delete(line["id"] as number);
      return;
    }
    if (this.#noSyncOps()) outcome.r = "no-op-in-ops-table";
    if (line["op"] === "sync_sg_for_cpu")
      exports["iommuOpsSyncSgForCpu"](this.#device, nents, line["dir"] as number);
    else exports["iommuOpsSyncSgForDevice"](this.#device, nents, line["dir"] as number);
  }

  #writeList(list: Mapped): void {
    const u32 = this.#core.u32;
    let at = this.#core.constants["SG"]! >>> 2;
    for (let i = 0; i < list.sg.length; i++) {
      u32.set(list.sg[i]!, at);
      u32.set(list.out[i]!, at + 3);
      at += 8;
    }
  }

  /** The coherent table of v4.x has no sync ops. */
  #noSyncOps(): boolean {
    return this.#scenario["ver"] === "v4.4" && this.#scenario["coherent"] === 1;
  }

  /** The recorder tells addresses apart by where a vmap begins: the pool's first page is its own. */
  #cpuOf(at: number): string {
    if (at === 0) return "null";
    const u32 = this.#core.u32;
    const cpu = u32[(at + DmaAllocation.cpu) >>> 2]!;
    const pa = u32[(at + DmaAllocation.firstRun) >>> 2]!;
    if (cpu === 2 && pa === this.#core.exports["poolBase"]() >>> 0) return "remap";
    return CPU_NAMES[cpu] ?? String(cpu);
  }

  /** Failures and page blocks that the recorded kernel met in this operation. */
  #supply(line: MapsgLine): void {
    const { constants } = this.#core;
    const u32 = this.#core.u32;
    const inject = constants["INJECT"]! >>> 2;
    const fail = line["fail"] as [number, number] | null | undefined;
    if (fail !== null && fail !== undefined) {
      u32[inject + 2 * constants["INJECT_MAP"]!] = fail[0] + 1;
      u32[inject + INJECT_ERRNOS + constants["INJECT_MAP"]!] = -fail[1];
    }
    const feed = constants["FEED"]! >>> 2;
    let entries = 0;
    let failures = 0;
    for (const event of line["ev"] as MapsgEvent[]) {
      if (event[0] === "remap" && event[2] === -1) {
        u32[inject + 2 * constants["INJECT_REMAP"]!] = 1;
      }
      const block = blockOf(event);
      if (block === undefined) continue;
      if (block[0] === -1) failures++;
      else {
        u32[feed + 2 * entries] = block[0] + failures;
        u32[feed + 2 * entries + 1] = block[1];
        failures = 0;
        entries++;
      }
    }
    if (failures !== 0) u32.set([NONE, failures], feed + 2 * entries++);
    if (entries > constants["FEED_COUNT"]!) throw new Error("more page blocks than the feed holds");
    u32[FEED_HEAD] = 0;
    u32[FEED_HEAD + 1] = entries;
  }

  #withdraw(): void {
    const { constants } = this.#core;
    const u32 = this.#core.u32;
    const inject = constants["INJECT"]! >>> 2;
    u32[inject + 2 * constants["INJECT_MAP"]!] = 0;
    u32[inject + 2 * constants["INJECT_REMAP"]!] = 0;
    u32[FEED_HEAD] = 0;
    u32[FEED_HEAD + 1] = 0;
  }

  #logHead(): number {
    return this.#core.u32[LOG_HEAD]!;
  }

  #drain(head: number): MapsgEvent[] {
    const { constants } = this.#core;
    const u32 = this.#core.u32;
    const end = this.#logHead();
    if (end - head > constants["LOG_COUNT"]!) throw new Error("the event log overflowed");
    const events: MapsgEvent[] = [];
    for (let n = head; n !== end; n++) {
      const at = (constants["LOG"]! + (n % constants["LOG_COUNT"]!) * constants["LOG_BYTES"]!) >>> 2;
      const word = u32[at]!;
      const found = this.#events.get(((word >>> 16) << 8) | (word & 0xff));
      if (found === undefined) continue;
      if (found[0] === "alloc_pages" && u32[at + 2] === NONE) {
        for (let k = 0; k < u32[at + 3]!; k++) events.push(["alloc_pages", u32[at + 1]! - k, -1]);
        continue;
      }
      const event = this.#recorded(found[0], [...u32.subarray(at + 1, at + 1 + found[1])]);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** One event as the recorder would have written it. */
  #recorded(name: string, operands: number[]): MapsgEvent | undefined {
    switch (name) {
      case "iommu_map":
        operands[4]! |= 0;
        break;
      case "cma_alloc":
        if (operands.at(-1) === NONE) operands[operands.length - 1] = -1;
        break;
      case "pool_alloc":
      case "pool_free":
        if (this.#scenario["ver"] === "v3.6") return undefined;
        if (operands[1] === NONE) operands[1] = -1;
        break;
      case "dmac_map":
      case "dmac_unmap":
        if (operands[0]! < 0x4000_0000) operands[0] = NONE;
        break;
      case "remap": {
        if (operands[1] === NONE) {
          operands[1] = -1;
          break;
        }
        let id = 1;
        while (this.#remaps[id] !== undefined) id++;
        this.#remaps[id] = operands[1]!;
        operands[1] = id;
        break;
      }
      case "unremap": {
        const id = this.#remaps.indexOf(operands[0]!);
        delete this.#remaps[id];
        operands[0] = id;
        break;
      }
    }
    return [name, ...operands];
  }
}

function attributesOf(line: MapsgLine): number {
  let bits = 0;
  for (const name of (line["attrs"] as string[] | undefined) ?? []) {
    const bit = ATTRIBUTES[name];
    if (bit === undefined) throw new Error(`unknown attribute ${name}`);
    bits |= bit;
  }
  return bits;
}

/** Page block of an allocation event: address (-1 failed) and bytes. */
function blockOf(event: MapsgEvent): [number, number] | undefined {
  if (event[0] === "alloc_pages") return [event[2] as number, 4096 << (event[1] as number)];
  if (event[0] === "cma_alloc") return [event[3] as number, (event[1] as number) << 12];
  return undefined;
}

/** Address of the atomic pool: the first block of it that was mapped; undefined when none was. */
function poolPlace(lines: readonly MapsgLine[]): number | undefined {
  for (const line of lines) {
    if (line["op"] !== "alloc" || line["gfp"] !== "ATOMIC") continue;
    for (const event of line["ev"] as MapsgEvent[]) {
      if (event[0] === "pool_alloc" || event[0] === "iommu_map") return event[2] as number;
    }
  }
  return undefined;
}
