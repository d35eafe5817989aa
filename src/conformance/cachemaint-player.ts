// Plays one line of a V4 file on a core and puts what came out into the recorded form.
//
//   line ──> make what it needs ──> log on ──> the operation ──> log off ──> events, lines
//
// The recorder's habits are kept here: vmap ids start at 1 for every operation; v3.6, whose atomic
// pool was the kernel's own code, shows no pool events; the pool's first page counts as a vmap of
// its own, and a linear address asked for with NO_KERNEL_MAPPING is written down as pages.
//
// Not modelled: virtual addresses.

import type { Core } from "../core/core.js";
import type { CoreExports } from "../core/exports.js";
import { joinLines, maintenanceEvents } from "./cachemaint-events.js";

/** A line of a V4 file, as parsed. */
export type MaintenanceLine = Readonly<Record<string, unknown>>;
type Event = (string | number)[];
type Outcome = Record<string, unknown>;
type Call = (...values: unknown[]) => number;

const ATTRIBUTES: Readonly<Record<string, number>> = {
  WRITE_COMBINE: 0x4,
  NO_KERNEL_MAPPING: 0x10,
  SKIP_CPU_SYNC: 0x20,
  FORCE_CONTIGUOUS: 0x40,
  ALLOC_SINGLE_PAGES: 0x80,
  PRIVILEGED: 0x200,
};
/** Where the recording had its highmem, its IO addresses and its atomic pool. */
const HIGHMEM_START = 0x6f80_0000;
const IOVA_BASE = 0x2000_0000;
const IOVA_BYTES = 128 << 20;
const IOVA_TAKEN = 64 << 20;
const POOL_BASE = 1_600_126_976;
const POOL_PAGES = 64;
/** Words of the core's header (assembly/header.ts). */
const LOG_MASK = 0x28 >>> 2;
const LOG_HEAD = 0x2c >>> 2;
const FEED_HEAD = 0x34 >>> 2;
/** Words of a device record (assembly/device.ts). */
const DEVICE = { coherent: 1, dmaMask: 2, coherentMask: 4, space: 6, domain: 7, maxSeg: 8 } as const;
/** Words of an allocation record (assembly/dma/alloc-record.ts). */
const ALLOCATION = { handle: 2, cpu: 4, firstRun: 8 } as const;
const CPU_NAMES = ["null", "remap", "pool", "pages", "linear"] as const;
const NONE = 0xffff_ffff;
const POISON = 0xdead_beef;
const PAGE = 4096;

/** Kernel routines by the name they have in the file. */
const INNER: Readonly<Record<string, string>> = {
  v7_dma_clean_range: "innerClean",
  v7_dma_flush_range: "innerFlush",
  v7_dma_inv_range: "innerInvalidate",
  v7_dma_map_area: "dmacMapArea",
  v7_dma_unmap_area: "dmacUnmapArea",
};
const OUTER: Readonly<Record<string, string>> = {
  clean_range: "outerClean",
  flush_range: "outerFlush",
  inv_range: "outerInvalidate",
};

function attributesOf(line: MaintenanceLine): number {
  let bits = 0;
  for (const name of line["attrs"] as string[]) {
    const bit = ATTRIBUTES[name];
    if (bit === undefined) throw new Error(`unknown attribute ${name}`);
    bits |= bit;
  }
  return bits;
}

/** The pages block that gives `bytes` to the caller: a power of two of pages. */
function blockBytes(size: number): number {
  let bytes = PAGE;
  while (bytes < size) bytes *= 2;
  return bytes;
}

/** Plays lines of one kernel version. The core is its own: caches made, profile switches set. */
export class CacheMaintenancePlayer {
  readonly #core: Core;
  readonly #version: string;
  readonly #events: Map<number, [string, number]>;
  readonly #device = 0;
  readonly #deviceAt: number;
  readonly #sgAt: number;

  constructor(core: Core, version: string) {
    this.#core = core;
    this.#version = version;
    this.#events = maintenanceEvents(core.constants);
    this.#deviceAt = core.constants["DEVICES"]! >>> 2;
    this.#sgAt = core.constants["SG"]! >>> 2;
    core.exports["syncSetHighmem"](HIGHMEM_START);
  }

  /** Plays a line; the result has the line's own fields, for those that the emulator answers. */
  play(line: MaintenanceLine): Outcome {
    switch (line["k"]) {
      case "l1line":
        return this.#innerLines(line);
      case "l2line":
        return this.#outerLines(line);
      case "prim":
        return this.#single(line);
      case "sg":
        return this.#list(line);
      case "alloc":
        return line["op"] === "alloc" ? this.#alloc(line) : this.#free(line);
      default:
        throw new Error(`unknown kind ${String(line["k"])}`);
    }
  }

  // ---- per line ----

  #innerLines(line: MaintenanceLine): Outcome {
    const name = INNER[String(line["fn"])];
    if (name === undefined) throw new Error(`unknown routine ${String(line["fn"])}`);
    this.#core.exports["cacheSetLineBytes"](line["linesz"] as number);
    const head = this.#record("LINE");
    (this.#core.exports[name as keyof CoreExports] as Call)(line["a0"], line["a1"], line["dir"]);
    return { lines: this.#lines(head, line["linesz"] as number) };
  }

  #outerLines(line: MaintenanceLine): Outcome {
    const name = OUTER[String(line["fn"]).replace(/^[^_]*_/, "")];
    if (name === undefined) throw new Error(`unknown routine ${String(line["fn"])}`);
    const head = this.#record("LINE");
    (this.#core.exports[name as keyof CoreExports] as Call)(line["start"], line["end"]);
    return { lines: this.#lines(head, 32) };
  }

  #lines(head: number, stride: number): unknown[] {
    return joinLines(this.#drain(head), stride);
  }

  // ---- single buffers ----

  #single(line: MaintenanceLine): Outcome {
    const { pa, off, size, dir, pkmapped } = line as Record<string, number>;
    const prefix = this.#prepareDevice(line);
    const attrs = attributesOf(line);
    const { exports } = this.#core;
    exports["syncSetKmapped"](pa, pa! + pkmapped! * PAGE);
    const op = String(line["op"]);
    const iommu = prefix === "iommuOps";
    if (iommu) {
      this.#iommuState(line, op === "map_page");
      if (op !== "map_page") {
        exports["iommuOpsMapPage"](this.#device, pa, off, size, dir, ATTRIBUTES["SKIP_CPU_SYNC"]);
      }
    }
    const handle = (iommu ? IOVA_BASE : pa!) + off!;
    const head = this.#record("CACHE", "IOMMU", "PAGES");
    let r = 0;
    switch (op) {
      case "map_page":
        r = (exports[`${prefix}MapPage`] as Call)(this.#device, pa, off, size, dir, attrs) >>> 0;
        break;
      case "unmap_page":
        (exports[`${prefix}UnmapPage`] as Call)(this.#device, handle, size, dir, attrs);
        break;
      case "sync_single_for_cpu":
        (exports[`${prefix}SyncForCpu`] as Call)(this.#device, handle, size, dir);
        break;
      case "sync_single_for_cpu+37,size-64":
        (exports[`${prefix}SyncForCpu`] as Call)(this.#device, handle + 37, size! - 64, dir);
        break;
      case "sync_single_for_device":
        (exports[`${prefix}SyncForDevice`] as Call)(this.#device, handle, size, dir);
        break;
      case "arch_sync_dma_for_cpu":
        exports["linearSyncForCpu"](this.#device, handle, size, dir);
        break;
      case "arch_sync_dma_for_device":
        exports["linearSyncForDevice"](this.#device, handle, size, dir);
        break;
      default:
        this.#drain(head);
        throw new Error(`unknown operation ${op}`);
    }
    const ev = this.#recorded(head);
    this.#dropIommuState();
    return { r, ev };
  }

  // ---- lists ----

  #list(line: MaintenanceLine): Outcome {
    const prefix = this.#prepareDevice(line);
    const attrs = attributesOf(line);
    const { exports } = this.#core;
    const sg = line["sg"] as [number, number, number][];
    const out = line["out"] as [number, number][];
    const op = String(line["op"]);
    const dir = line["dir"];
    if (prefix === "iommuOps") this.#iommuState(line, op === "map_sg");
    exports["syncSetKmapped"](0, 0);
    const { u32 } = this.#core;
    for (let i = 0; i < sg.length; i++) {
      const at = this.#sgAt + 8 * i;
      u32.set(sg[i]!, at);
      u32.set(op === "map_sg" ? [POISON, POISON] : out[i]!, at + 3);
    }
    const head = this.#record("CACHE", "IOMMU", "PAGES");
    const outcome: Outcome = {};
    switch (op) {
      case "map_sg":
        outcome["out"] = out;
        outcome["r"] = (exports[`${prefix}MapSg`] as Call)(this.#device, sg.length, dir, attrs) | 0;
        outcome["out"] = sg.map((_, i) => [
          ...this.#core.u32.subarray(this.#sgAt + 8 * i + 3, this.#sgAt + 8 * i + 5),
        ]);
        break;
      case "unmap_sg":
        (exports[`${prefix}UnmapSg`] as Call)(this.#device, sg.length, dir, attrs);
        break;
      case "sync_sg_for_cpu":
        (exports[`${prefix}SyncSgForCpu`] as Call)(this.#device, sg.length, dir);
        break;
      case "sync_sg_for_device":
        (exports[`${prefix}SyncSgForDevice`] as Call)(this.#device, sg.length, dir);
        break;
      default:
        this.#drain(head);
        throw new Error(`unknown operation ${op}`);
    }
    outcome["ev"] = this.#recorded(head);
    this.#dropIommuState();
    return outcome;
  }

  // ---- allocations ----

  #alloc(line: MaintenanceLine): Outcome {
    this.#prepareDevice(line);
    this.#supply(line);
    const head = this.#record("CACHE", "IOMMU", "PAGES");
    const at = this.#linearAlloc(line);
    const ev = this.#recorded(head);
    this.#feed([]);
    const handle = at === 0 ? NONE : this.#core.u32[(at >>> 2) + ALLOCATION.handle]!;
    return { r: { cpu: this.#cpuOf(line, at), handle }, ev };
  }

  #free(line: MaintenanceLine): Outcome {
    const coherent =
      this.#prepareDevice(line) !== "linear" || this.#core.u32[this.#deviceAt + DEVICE.coherent] !== 0;
    const handle = line["handle"] as number;
    if (line["gfp"] === "ATOMIC" && !coherent) this.#placePool(handle);
    else this.#feed([[handle, blockBytes(line["size"] as number)]]);
    const at = this.#linearAlloc(line);
    this.#feed([]);
    if (at === 0) throw new Error("the allocation to be freed failed");
    const head = this.#record("CACHE", "IOMMU", "PAGES");
    this.#core.exports["linearFree"](this.#device, at);
    return { ev: this.#recorded(head) };
  }

  #linearAlloc(line: MaintenanceLine): number {
    const gfp = line["gfp"] === "ATOMIC" ? this.#core.constants["GFP_ATOMIC"] : 0;
    return (
      this.#core.exports["linearAlloc"](this.#device, line["size"] as number, gfp, attributesOf(line)) >>> 0
    );
  }

  /** Gives the allocator what the recorded kernel got: page blocks, or room in the pool. */
  #supply(line: MaintenanceLine): void {
    const events = line["ev"] as Event[];
    const blocks = events
      .filter((event) => event[0] === "alloc_pages")
      .map((event) => [(event[2] as number) >>> 0, PAGE << (event[1] as number)] as [number, number]);
    this.#feed(blocks);
    if (blocks.length !== 0) return;
    const { cpu, handle } = line["r"] as { cpu: string; handle: number };
    this.#placePool(cpu === "null" ? undefined : handle);
  }

  #feed(blocks: readonly [number, number][]): void {
    const u32 = this.#core.u32;
    const feed = this.#core.constants["FEED"]! >>> 2;
    blocks.forEach((block, i) => {
      u32.set(block, feed + 2 * i);
    });
    u32[FEED_HEAD] = 0;
    u32[FEED_HEAD + 1] = blocks.length;
  }

  /** A pool in which the next allocation is served at `handle`, or not at all. */
  #placePool(handle: number | undefined): void {
    const { exports } = this.#core;
    const base = handle === undefined || handle < POOL_BASE ? (handle ?? POOL_BASE) : POOL_BASE;
    exports["poolInit"](base);
    const below = handle === undefined ? POOL_PAGES : (handle - base) / PAGE;
    if (below > 0) exports["poolAlloc"](below);
  }

  #cpuOf(line: MaintenanceLine, at: number): string {
    if (at === 0) return "null";
    const u32 = this.#core.u32;
    const cpu = u32[(at >>> 2) + ALLOCATION.cpu]!;
    const name = CPU_NAMES[cpu] ?? String(cpu);
    if (name === "pool" && u32[(at >>> 2) + ALLOCATION.firstRun] === this.#core.exports["poolBase"]() >>> 0) {
      return "remap";
    }
    const cookie = (line["attrs"] as string[]).includes("NO_KERNEL_MAPPING");
    return name === "linear" && cookie ? "pages" : name;
  }

  // ---- devices, IO addresses, log ----

  /** Sets the device up for the line's ops table; returns the prefix of its functions. */
  #prepareDevice(line: MaintenanceLine): "linear" | "iommuOps" {
    const ops = String(line["ops"]);
    const u32 = this.#core.u32;
    u32[this.#deviceAt] = this.#core.constants[ops.startsWith("iommu") ? "OPS_IOMMU" : "OPS_LINEAR"]!;
    u32[this.#deviceAt + DEVICE.coherent] = ops.includes("coherent") ? 1 : 0;
    u32.set([NONE, 0, NONE, 0], this.#deviceAt + DEVICE.dmaMask);
    u32[this.#deviceAt + DEVICE.maxSeg] = 65536;
    return ops.startsWith("iommu") ? "iommuOps" : "linear";
  }

  /**
   * IO addresses for the line: all taken, except (`mapping`) those that the recorded kernel chose.
   * First fit among fewer free addresses that hold its choice makes the same choice.
   */
  #iommuState(line: MaintenanceLine, mapping: boolean): void {
    const { exports } = this.#core;
    const space = exports["iovaCreate"](IOVA_BASE, IOVA_BYTES, 0, 0) >>> 0;
    const chosen = (line["ev"] as Event[]).filter((event) => event[0] === "iommu_map" && event[3] !== 0);
    if (mapping && chosen.length !== 0) {
      exports["iovaAlloc"](space, IOVA_TAKEN);
      for (const event of chosen) exports["iovaFree"](space, event[1] as number, event[3] as number);
    }
    const domain = exports["stubCreate"]() >>> 0;
    this.#core.u32[this.#deviceAt + DEVICE.space] = space;
    this.#core.u32[this.#deviceAt + DEVICE.domain] = domain;
  }

  #dropIommuState(): void {
    const u32 = this.#core.u32;
    const space = u32[this.#deviceAt + DEVICE.space]!;
    if (space === 0) return;
    this.#core.exports["stubDestroy"](u32[this.#deviceAt + DEVICE.domain]!);
    this.#core.exports["iovaDestroy"](space);
    u32[this.#deviceAt + DEVICE.space] = 0;
  }

  /** Turns the log on for the named groups; returns its head. */
  #record(...groups: string[]): number {
    const { constants, u32 } = this.#core;
    let mask = 0;
    for (const group of groups) mask |= 1 << constants[`LOG_GROUP_${group}`]!;
    u32[LOG_MASK] = mask;
    return u32[LOG_HEAD]!;
  }

  /** Turns the log off; records since `head` as (kind | group << 16, operands). */
  #drain(head: number): [word: number, operands: number[]][] {
    const { constants, u32 } = this.#core;
    u32[LOG_MASK] = 0;
    const end = u32[LOG_HEAD]!;
    if (end - head > constants["LOG_COUNT"]!) throw new Error("the event log overflowed");
    const records: [number, number[]][] = [];
    for (let n = head; n !== end; n++) {
      const at = (constants["LOG"]! + (n % constants["LOG_COUNT"]!) * constants["LOG_BYTES"]!) >>> 2;
      records.push([u32[at]!, [...u32.subarray(at + 1, at + 6)]]);
    }
    return records;
  }

  /** Events since `head` as the recorder writes them. */
  #recorded(head: number): Event[] {
    const events: Event[] = [];
    let remaps = 0;
    for (const [word, operands] of this.#drain(head)) {
      const found = this.#events.get(((word >>> 16) << 8) | (word & 0xff));
      if (found === undefined) continue;
      const [name, shown] = found;
      const values = operands.slice(0, shown);
      if (name.startsWith("pool_") && this.#version === "v3.6") continue;
      if (name === "iommu_map") values[4]! |= 0;
      if (values.at(-1) === NONE && /^(alloc_pages|pool_alloc|remap)$/.test(name)) values[shown - 1] = -1;
      else if (name === "remap") values[1] = ++remaps;
      if (name === "unremap") values[0] = 1;
      events.push([name, ...values]);
    }
    return events;
  }
}
