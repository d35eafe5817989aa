// The half of the System MMU model that looks addresses up: caches, walks, prefetch buffers, faults,
// uses of dead mappings by owner. Slow and plain; shares no code with the core.
import type { Generation } from "../../src/sysmmu/registers.js";
import { type BufferSetting, Buffers, bufferSettings } from "./sysmmu-buffers.js";
import { covers, Descriptors, Level, type Shape, type Translation } from "./sysmmu-cache.js";
import { Window } from "./sysmmu-registers.js";
import { decode1, decode2, type Walked, walked } from "./sysmmu-tables.js";

/** What is built into an instance. */
export interface Hardware {
  readonly version: number;
  readonly generation: Generation;
  readonly l1: Shape;
  readonly l2: Shape | null;
  /** Lines of the level-1 descriptor cache, 0 for none. */
  readonly flpd: number;
  readonly fetch: number;
  /** Prefetch buffers modelled: 0 none, else as many on 3.3. */
  readonly buffers: number;
  /** Reads of STATUS before a block shows; Infinity never. */
  readonly polls: number;
}

type Cause = "page" | "multi-hit" | "bus" | "access";
export const CHANNELS = { false: "heldRead", true: "heldWrite" } as const;

/** One line of the fault ring. */
export interface RecordedFault extends Walked {
  kind: "walk" | "tlb" | "stale";
  bit: number;
  va: number;
  write: boolean;
  owner: number;
  intStatus: number;
  ctrl: number;
}

const zero = () => ({ lookups: 0, hits: 0, misses: 0, l1Misses: 0, bypass: 0, held: 0, flpdHits: 0 });
const single = () => ({
  walks: 0,
  descriptors: 0,
  fills: 0,
  evictions: 0,
  invalidated: 0,
  flushAll: 0,
  flushEntry: 0,
  flushRange: 0,
  staleHits: 0,
  regReads: 0,
  regWrites: 0,
  unknown: 0,
  flpdFills: 0,
  flpdInvalidated: 0,
  flpdEvictions: 0,
  flpdStale: 0,
  pbLoads: 0,
  smallWalks: 0,
});

/** The half of the model that looks up. `read32` gives a word of memory, or null where there is none. */
export class SysmmuLookup {
  readonly hardware: Hardware;
  readonly read32: (pa: number) => number | null;
  readonly window: Window;
  readonly l1: Level;
  readonly l2: Level | null;
  readonly flpd: Descriptors | null;
  readonly buffers: Buffers | null;
  intStatus = 0;
  blockLeft = 0;
  heldRead = false;
  heldWrite = false;
  count = { ...single(), ...zero(), flpdMisses: 0, pbLookups: 0, pbMisses: 0, flpdPrefetchMisses: 0 };
  faultsByBit = Array<number>(16).fill(0);
  records: RecordedFault[] = [];
  staleUses: { owner: number; va: number; hits: number }[] = [];

  constructor(hardware: Hardware, read32: (pa: number) => number | null) {
    this.hardware = hardware;
    this.read32 = read32;
    this.window = new Window(hardware.generation);
    this.l1 = new Level(hardware.l1);
    this.l2 = hardware.l2 === null ? null : new Level(hardware.l2);
    const span = this.v5 || hardware.generation === "v3.3" ? 16 : 1;
    this.flpd = hardware.flpd === 0 ? null : new Descriptors(hardware.flpd, span);
    this.buffers = hardware.buffers !== 0 && this.v3 ? new Buffers() : null;
    if (hardware.generation === "v3.3") this.window.words.set(0x400, hardware.buffers || 3);
    if (this.v5) {
      this.window.words.set(0x30, (hardware.l1.sets * hardware.l1.ways) % 256);
      const { l2 } = hardware;
      if (l2 !== null) this.window.words.set(0x38, (l2.sets % 256) + (l2.ways % 256) * 256);
      this.window.words.set(0x200, 0x20);
    }
  }

  get v5(): boolean {
    return this.hardware.generation === "v5";
  }

  get v3(): boolean {
    return this.hardware.generation.startsWith("v3");
  }

  get levels(): Level[] {
    return this.l2 === null ? [this.l1] : [this.l1, this.l2];
  }

  get ctrl(): number {
    return this.window.word(0);
  }

  cfg(n: number): boolean {
    return Math.floor(this.window.word(4) / 2 ** n) % 2 === 1;
  }

  get ptBase(): number {
    return this.v5 ? this.window.word(0x0c) * 4096 : this.window.word(0x14);
  }

  get blocked(): boolean {
    return (this.ctrl & 2) !== 0 && this.blockLeft === 0;
  }

  get irq(): boolean {
    return (this.ctrl & 4) !== 0 && this.intStatus !== 0;
  }

  resolve(va: number, write: boolean): number | null {
    const setting = this.settings().find((s) => va >= s.start && va <= s.end && s.serves(write));
    if (setting === undefined) return this.lookup(va, write);
    this.count.pbLookups++;
    this.window.event("PB_LOOKUP", write);
    const page = this.buffers!.ask(setting, va);
    let pa: number | null;
    if (page !== null) {
      this.count.lookups++;
      this.count.hits++;
      this.window.event("TOTAL", write);
      pa = this.answer(page, va, write);
    } else {
      this.count.pbMisses++;
      this.window.event("PB_MISS", write);
      pa = this.lookup(va, write);
    }
    if (pa === null) return null;
    const block = Buffers.blockOf(va);
    if (page === null) this.load(setting, block, write);
    const next = block + setting.ahead;
    if (setting.ahead === 0 || next < 0 || next > 0xffff) return pa;
    if (next < Buffers.blockOf(setting.start) || next > Buffers.blockOf(setting.end)) return pa;
    if (this.buffers!.holding(setting, next) === null) this.load(setting, next, write);
    return pa;
  }

  settings(): BufferSetting[] {
    if (this.buffers === null) return [];
    return bufferSettings(
      this.hardware.generation,
      (offset) => this.window.word(offset),
      (n, offset) => this.window.bank(n, offset),
    );
  }

  load(setting: BufferSetting, block: number, write: boolean): void {
    const { sub, lost } = this.buffers!.claim(setting, block);
    this.count.evictions += lost;
    this.count.pbLoads++;
    const first = this.level1(block * 65536, write, true);
    if (first === null) return;
    for (let n = 0; n < 16; n++) {
      const va = block * 65536 + n * 4096;
      if (va < setting.start - (setting.start % 4096) || va > setting.end || sub.pages[n] !== null) continue;
      const what = decode1(this.v5, first.word, va);
      let page: Translation;
      if ("table" in what) {
        const word = this.read32(what.table + (Math.floor(va / 4096) % 256) * 4);
        if (word === null) return;
        this.count.descriptors++;
        page = decode2(this.v5, word, va);
      } else page = what.translation;
      if (page.pa === null) continue;
      sub.pages[n] = { ...page, stale: first.dead, owner: first.owner };
      this.count.fills++;
    }
  }

  lookup(va: number, write: boolean): number | null {
    this.count.lookups++;
    this.window.event("TOTAL", write);
    for (const level of this.levels) {
      const found = level.matches(va);
      if (found.length > 0) this.count.hits++;
      if (found.length > 1) return this.fault("multi-hit", va, write, "tlb", 0);
      if (found.length === 1) {
        level.use(found[0]!);
        const pa = this.answer(found[0]!, va, write);
        if (level === this.l2) this.put(this.l1, va, found[0]!);
        return pa;
      }
      if (level === this.l1) {
        this.count.l1Misses++;
        this.window.event("L1TLB_MISS", write);
      }
    }
    this.count.misses++;
    this.window.event("TLB_MISS", write);
    this.window.event("L2TLB_MISS", write);
    return this.walk(va, write);
  }

  /** An access that a cached translation answers. */
  answer(t: Translation, va: number, write: boolean): number | null {
    if (t.stale) {
      if (!t.seen) this.record("stale", 0, va, write, t.owner);
      t.seen = true;
      this.blame(t.owner, va);
    }
    if (t.pa === null) return this.fault("page", va, write, "tlb", t.owner);
    if (this.denies(t, write)) return this.fault("access", va, write, "tlb", t.owner);
    return t.pa + (va - t.va);
  }

  denies(t: Translation, write: boolean): boolean {
    return t.pa !== null && this.cfg(2) && !(write ? t.write : t.read);
  }

  blame(owner: number, va: number): void {
    this.count.staleHits++;
    const use = this.staleUses.find((u) => u.owner === owner);
    if (use !== undefined) use.hits++;
    else this.staleUses.push({ owner, va, hits: 1 });
  }

  put(level: Level, va: number, t: Translation): void {
    this.count.fills++;
    const { size, pa, read, write, stale, seen, owner } = t;
    const start = va - (va % size);
    if (level.fill(va, { va: start, size, pa, read, write, stale, seen, owner }, this.cfg(0)))
      this.count.evictions++;
  }

  /** A level-1 descriptor through its cache; null where memory has none. */
  level1(
    va: number,
    write: boolean,
    prefetch: boolean,
  ): { word: number; dead: boolean; owner: number } | null {
    const address = (index: number) => this.ptBase - (this.ptBase % 16384) + index * 4;
    const index = Math.floor(va / 2 ** 20);
    const { flpd } = this;
    const word = this.read32(address(index));
    if (flpd === null || !this.cfg(20)) {
      if (word !== null) this.count.descriptors++;
      return word === null ? null : { word, dead: false, owner: 0 };
    }
    const held = flpd.find(index);
    if (held !== null) {
      this.count.flpdHits++;
      if (word !== held.word) this.count.flpdStale++;
      return { word: held.word, dead: held.dead, owner: held.dead ? held.owner : 0 };
    }
    if (prefetch) this.count.flpdPrefetchMisses++;
    else this.count.flpdMisses++;
    this.window.event(prefetch ? "FLPD_MISS_ON_PREFETCH" : "FLPD_CACHE_MISS", write);
    if (word === null) return null;
    this.count.descriptors++;
    const what = decode1(this.v5, word, va);
    if (flpd.span === 1 && !("table" in what) && what.translation.pa === null) {
      return { word, dead: false, owner: 0 };
    }
    this.count.flpdEvictions += flpd.make(index);
    const line = flpd.lineOf(index)!;
    for (let i = line.tag; i < line.tag + flpd.span; i++) {
      if (line.held.has(i)) continue;
      line.held.set(i, { word: this.read32(address(i))!, dead: false, owner: 0 });
      this.count.flpdFills++;
      if (i !== index) this.count.descriptors++;
    }
    flpd.use(index);
    return { word, dead: false, owner: 0 };
  }

  walk(va: number, write: boolean): number | null {
    this.count.walks++;
    if (this.cfg(5)) this.count.smallWalks++;
    const base = this.ptBase - (this.ptBase % 16384);
    const met: Walked = {
      lv1Address: (base + Math.floor(va / 2 ** 20) * 4) % 2 ** 32,
      lv1: 0,
      lv2Address: null,
      lv2: 0,
    };
    const first = this.level1(va, write, false);
    if (first === null) return this.fault("bus", va, write, "walk", 0, met);
    met.lv1 = first.word;
    const what = decode1(this.v5, first.word, va);
    let result: Translation;
    if ("table" in what) {
      const slot = what.table + (Math.floor(va / 4096) % 256) * 4;
      met.lv2Address = slot % 2 ** 32;
      const word = this.read32(slot);
      if (word === null) return this.fault("bus", va, write, "walk", 0, met);
      this.count.descriptors++;
      met.lv2 = word;
      result = decode2(this.v5, word, va);
    } else result = what.translation;
    if (first.dead) {
      this.record("stale", 0, va, write, first.owner);
      this.blame(first.owner, va);
      result = { ...result, stale: true, seen: true, owner: first.owner };
    }
    if (this.denies(result, write)) {
      return this.fault("access", va, write, first.dead ? "tlb" : "walk", result.owner, met);
    }
    if (result.pa !== null || this.v3) {
      if ("table" in what) this.fillAround(what.table, result, va);
      if (this.l2 !== null) this.put(this.l2, va, result);
      this.put(this.l1, va, result);
    }
    return result.pa === null ? this.fault("page", va, write, "walk", 0, met) : result.pa + (va - result.va);
  }

  /** The neighbours that a walk brings along. */
  fillAround(table: number, demand: Translation, va: number): void {
    const { fetch } = this.hardware;
    const level = this.l2 ?? this.l1;
    const start = va - (va % (fetch * 4096));
    for (let page = start; page < start + fetch * 4096; page += 4096) {
      if (page === va - (va % 4096)) continue;
      this.count.descriptors++;
      if (covers(demand, page) || level.matches(page).length > 0) continue;
      const found = decode2(this.v5, this.read32(table + (Math.floor(page / 4096) % 256) * 4)!, page);
      if (found.pa !== null || this.v3) this.put(level, page, found);
    }
  }

  // ---- faults

  fault(cause: Cause, va: number, write: boolean, kind: "walk" | "tlb", owner: number, met?: Walked): null {
    const old = { page: 0, bus: 3, "multi-hit": write ? 2 : 1, access: write ? 7 : 5 };
    const new5 = { bus: 0, page: 1, "multi-hit": 2, access: 3 };
    const bit = this.v5 ? new5[cause] + (write ? 16 : 0) : old[cause];
    this.faultsByBit[(bit % 8) + (bit >= 16 ? 8 : 0)]!++;
    this.intStatus = (this.intStatus | (1 << bit)) >>> 0;
    const set = (offset: number, value: number) => this.window.words.set(offset, value);
    const info = write ? 1 << 20 : 0;
    if (this.v5) {
      set(write ? 0x80 : 0x70, va);
      set(write ? 0x88 : 0x78, info);
    } else {
      if (bit === 0 || bit === 3) set(0x24, va);
      if (bit === 3) set(0x30, va);
      if (bit === 2 || bit === 7) set(0x28, va);
      if (bit === 1 || bit === 5) set(0x2c, va);
      if (this.hardware.generation === "v3.3") set(0x4c, info);
    }
    this[CHANNELS[`${write}`]] = true;
    this.record(kind, bit, va, write, owner, kind === "walk" ? met : undefined);
    return null;
  }

  record(
    kind: RecordedFault["kind"],
    bit: number,
    va: number,
    write: boolean,
    owner: number,
    met?: Walked,
  ): void {
    const words = met ?? walked(this.v5, this.ptBase, va, this.read32);
    const { intStatus, ctrl } = this;
    this.records.push({ kind, bit, va, write, owner, intStatus, ctrl, ...words });
  }
}
