// A System MMU of a raw core that can be put back to its birth cheaply and read out whole, to be
// compared with the plain model.
import type { SysmmuExports } from "../../src/core/exports/sysmmu.js";
import { type Build, rawCore } from "../cores.js";
import type { Hardware, SysmmuModel } from "../model/sysmmu.js";
import type { Translation } from "../model/sysmmu-cache.js";

export const BASE = 0x4000_0000;
export const DRAM_BYTES = 1 << 20;
/** Where the batch calls find their input and put their output. */
const INPUT = 0x10_0000;
const OUTPUT = 0x18_0000;
const NONE = 0xffff_ffff;
const RECORD_BYTES = 1024;
const FAULT_HEAD = 0x30;
const ARENA_NEXT = 0x18;

/** Counters by the model's names: the core's name, and how many cells are added up. */
const COUNTERS = {
  lookups: ["LOOKUPS", 2],
  hits: ["HITS", 2],
  misses: ["MISSES", 2],
  l1Misses: ["L1_MISSES", 2],
  walks: ["WALKS", 1],
  descriptors: ["DESCRIPTOR_READS", 1],
  fills: ["FILLS", 1],
  evictions: ["EVICTIONS", 1],
  invalidated: ["INVALIDATED", 1],
  flushAll: ["FLUSH_ALL", 1],
  flushEntry: ["FLUSH_ENTRY", 1],
  flushRange: ["FLUSH_RANGE", 1],
  staleHits: ["STALE_HITS", 1],
  flpdHits: ["FLPD_HITS", 2],
  flpdMisses: ["FLPD_MISSES", 2],
  regReads: ["REG_READS", 1],
  regWrites: ["REG_WRITES", 1],
  unknown: ["UNKNOWN_REGS", 1],
  bypass: ["BYPASS", 2],
  held: ["HELD", 2],
  flpdFills: ["FLPD_FILLS", 1],
  flpdInvalidated: ["FLPD_INVALIDATED", 1],
  flpdEvictions: ["FLPD_EVICTIONS", 1],
  flpdStale: ["FLPD_STALE", 1],
  pbLookups: ["PB_LOOKUPS", 2],
  pbMisses: ["PB_MISSES", 2],
  flpdPrefetchMisses: ["FLPD_PREFETCH_MISSES", 2],
  pbLoads: ["PB_LOADS", 1],
  smallWalks: ["SMALL_TABLE_WALKS", 1],
} as const;

type Cached = Omit<Translation, "seen"> & { seen: boolean };

/** Instance 0 of a core of its own. */
export class Subject {
  readonly core: SysmmuExports & { memory: WebAssembly.Memory };
  readonly words: Uint32Array;
  readonly #constants: (name: string) => number;
  readonly #record: number;
  readonly #dram: number;
  readonly #first: number;
  readonly #birth: { header: Uint32Array; record: Uint32Array; arena: Uint32Array };

  constructor(build: Build, hardware: Hardware) {
    const core = rawCore<SysmmuExports & Record<string, unknown>>(build, DRAM_BYTES, BASE);
    this.core = core;
    const known = new Map<string, number>();
    for (const [name, value] of Object.entries(core)) {
      if (value instanceof WebAssembly.Global) known.set(name, Number(value.value) >>> 0);
    }
    this.#constants = (name) => known.get(name)!;
    this.#dram = this.#constants("DRAM") >>> 2;
    this.#record = this.#constants("SYSMMUS") >>> 2;
    this.words = new Uint32Array(core.memory.buffer);
    this.#first = this.words[ARENA_NEXT >>> 2]! >>> 2;
    const { l1, l2, flpd, fetch, polls } = hardware;
    const index = core.sysmmuCreate(
      hardware.version,
      l1.sets,
      l1.ways,
      l2?.sets ?? NONE,
      l2?.ways ?? NONE,
      flpd === 0 ? NONE : flpd,
      fetch,
    );
    if (index !== 0) throw new Error("no instance");
    core.sysmmuSetBlockPolls(0, polls === Number.POSITIVE_INFINITY ? NONE : polls);
    if (hardware.buffers !== 0 && core.sysmmuSetBuffers(0, hardware.buffers) !== 0)
      throw new Error("no buffers");
    if (new Uint32Array(core.memory.buffer).length !== this.words.length) throw new Error("memory has grown");
    this.#birth = {
      header: this.words.slice(0, 1024),
      record: this.words.slice(this.#record, this.#record + RECORD_BYTES / 4),
      arena: this.words.slice(this.#first, this.words[ARENA_NEXT >>> 2]! >>> 2),
    };
  }

  /** As just made; DRAM is the caller's. */
  reset(): void {
    const { header, record, arena } = this.#birth;
    this.words.fill(0, this.#first + arena.length, this.words[ARENA_NEXT >>> 2]! >>> 2);
    this.words.set(header, 0);
    this.words.set(record, this.#record);
    this.words.set(arena, this.#first);
  }

  /** The structures of other parts: switches, counters, devices, other instances. */
  outside(): Uint32Array {
    const mine = this.#record - (this.#constants("SWITCHES") >>> 2);
    const part = this.words.slice(this.#constants("SWITCHES") >>> 2, this.#constants("LOG") >>> 2);
    return part.fill(0, mine, mine + RECORD_BYTES / 4);
  }

  /** Where a word of guest memory lies in `words`. */
  at(pa: number): number {
    return this.#dram + Math.floor((pa - BASE) / 4);
  }

  read32(pa: number): number | null {
    return pa >= BASE && pa + 4 <= BASE + DRAM_BYTES ? this.words[this.at(pa)]! : null;
  }

  /** Addresses one by one until one fails; what came of each. */
  singles(vas: readonly number[], write: boolean): number[] {
    const out: number[] = [];
    for (const va of vas) {
      const pa = this.core.sysmmuTranslate(0, va, write ? 1 : 0) >>> 0;
      if (this.core.sysmmuStop(0) !== 0) break;
      out.push(pa);
    }
    return out;
  }

  /** The same in one call. */
  batch(vas: readonly number[], write: boolean): number[] {
    this.words.set(vas, INPUT >>> 2);
    const n = this.core.sysmmuTranslateBatch(0, INPUT, OUTPUT, vas.length, write ? 1 : 0);
    return [...this.words.subarray(OUTPUT >>> 2, (OUTPUT >>> 2) + n)];
  }

  /** The tick of both levels, to bring its end near. */
  setTicks(tick: number): void {
    for (const at of [0x28, 0x2c]) {
      const level = this.words[this.#record + (at >>> 2)]!;
      if (level !== 0) this.words[(level + 16) >>> 2] = tick;
    }
  }

  #u64(at: number): number {
    return this.words[at]! + this.words[at + 1]! * 2 ** 32;
  }

  #counter(name: string, cells: number): number {
    const at = this.#record + (0x80 >>> 2) + this.#constants(`SYSCOUNT_${name}`) * 2;
    return cells === 2 ? this.#u64(at) + this.#u64(at + 2) : this.#u64(at);
  }

  /** Counters by the model's names. */
  counters(names: readonly string[]): Record<string, number> {
    const value = ([name, cells]: readonly [string, number]) => this.#counter(name, cells);
    return Object.fromEntries(names.map((name) => [name, value(COUNTERS[name as keyof typeof COUNTERS])]));
  }

  faultsByBit(): number[] {
    const at = this.#record + (0x80 >>> 2) + this.#constants("SYSCOUNT_FAULTS") * 2;
    return Array.from({ length: 16 }, (_, bit) => this.#u64(at + bit * 2));
  }

  #entry(at: number, column: number): Cached | null {
    const tag = this.words[at]!;
    if ((tag & 3) !== 0) return null;
    const mask = this.words[at + column]!;
    const data = this.words[at + column * 2]!;
    const fault = (data & 1) !== 0;
    return {
      va: tag,
      size: 2 ** 32 - mask,
      pa: fault ? null : (data >>> 8) * 4096,
      read: (data & 4) === 0,
      write: (data & 8) === 0,
      stale: (data & 0x20) !== 0,
      seen: (data & 0x40) !== 0,
      owner: this.words[at + column * 3]!,
    };
  }

  // [set, way, entry] of what is there.
  #level(pointerAt: number): [number, number, Cached][] | null {
    const block = this.words[this.#record + (pointerAt >>> 2)]! >>> 2;
    if (block === 0) return null;
    const [, ways, pad] = this.words.subarray(block, block + 3);
    const setWords = this.words[block + 5]! >>> 2;
    const out: [number, number, Cached][] = [];
    for (let set = 0; set < this.words[block + 6]!; set++) {
      for (let way = 0; way < ways!; way++) {
        const entry = this.#entry(block + 16 + set * setWords + way, pad!);
        if (entry !== null) out.push([set, way, entry]);
      }
    }
    return out;
  }

  /** Everything that the caches hold. */
  caches(): unknown {
    const flpd = this.words[this.#record + (0x30 >>> 2)]! >>> 2;
    const descriptors: Record<number, unknown> = {};
    for (let n = 0; flpd !== 0 && n < this.words[flpd]!; n++) {
      const line = flpd + 16 + n * 48;
      const tag = this.words[line]!;
      for (let slot = 0; tag !== NONE && slot < 16; slot++) {
        if (((this.words[line + 1]! >>> slot) & 1) === 0) continue;
        const dead = ((this.words[line + 4]! >>> slot) & 1) !== 0;
        const owner = dead ? this.words[line + 32 + slot]! : 0;
        descriptors[tag + slot] = { word: this.words[line + 16 + slot]!, dead, owner };
      }
    }
    const buffers = this.words[this.#record + (0x1c >>> 2)]! >>> 2;
    const subs = Array.from({ length: buffers === 0 ? 0 : 12 }, (_, n) => {
      const sub = this.words[buffers + 4 + n]! >>> 2;
      const block = this.words[sub + 8]!;
      return {
        block: block === NONE ? null : block,
        pages: Array.from({ length: 16 }, (_p, page) => this.#entry(sub + 16 + page, 16)),
      };
    });
    return { l1: this.#level(0x28), l2: this.#level(0x2c), descriptors, subs };
  }

  records(): unknown[] {
    const head = this.words[FAULT_HEAD >>> 2]!;
    return Array.from({ length: head }, (_, n) => {
      const at = (this.#constants("FAULTS") >>> 2) + (n % this.#constants("FAULT_COUNT")) * 16;
      const w = this.words.subarray(at, at + 16);
      return {
        kind: ["walk", "tlb", "injected", "stale"][w[1]! >>> 8],
        bit: w[1]! & 0xff,
        va: w[2]!,
        write: w[3] === 1,
        owner: w[8]!,
        intStatus: w[12]!,
        ctrl: w[13]!,
        lv1Address: w[4]!,
        lv1: w[5]!,
        lv2Address: w[6] === NONE ? null : w[6]!,
        lv2: w[7]!,
      };
    });
  }

  staleUses(): unknown[] {
    const block = this.words[this.#record + (0x60 >>> 2)]! >>> 2;
    return Array.from({ length: this.words[block]! }, (_, n) => {
      const at = block + 4 + n * 8;
      return { owner: this.words[at]!, va: this.words[at + 1]!, hits: this.#u64(at + 2) };
    });
  }
}

/** What the model's caches hold, in the form of `Subject.caches`. */
export function modelCaches(model: SysmmuModel): unknown {
  const plain = (t: Translation | null): Cached | null => {
    if (t === null) return null;
    const { va, size, pa, read, write, stale, seen, owner } = t;
    return { va, size, pa, read, write, stale, seen, owner };
  };
  const level = (sets: readonly (readonly (Translation | null)[])[]) =>
    sets.flatMap((set, s) =>
      set.flatMap((entry, way): [number, number, Cached][] =>
        entry === null ? [] : [[s, way, plain(entry)!]],
      ),
    );
  const descriptors: Record<number, unknown> = {};
  for (const line of model.flpd?.lines ?? []) {
    for (const [index, held] of line?.held ?? []) descriptors[index] = { ...held };
  }
  return {
    l1: level(model.l1.sets),
    l2: model.l2 === null ? null : level(model.l2.sets),
    descriptors,
    subs: (model.buffers?.subs ?? []).map((sub) => ({ block: sub.block, pages: sub.pages.map(plain) })),
  };
}
