// The caches, the write buffer and memory, slow and obvious: every line is an object, every
// maintenance call walks its lines one by one. Shares no code with the core.

import { type Geometry, Level, LINE, type Line } from "./cache-level.js";

export type { Geometry, Policy } from "./cache-level.js";

/** Counters by the names of assembly/abi.ts; level counters as `L1.CACHE_HITS`. */
export type Counts = Record<string, number>;

interface BufferEntry {
  pa: number;
  data: Map<number, number>;
  seq: number;
}

export class SlowCaches {
  readonly dram: Uint8Array;
  readonly base: number;
  readonly l1: Level;
  readonly l2: Level;
  readonly l2Bytes: number;
  readonly counts: Counts = {};
  buffer: BufferEntry[] = [];
  newInvRange = false;
  byWay = false;
  context = 0;
  seq = 0;
  ageLimit = 64;

  constructor(base: number, bytes: number, g: Geometry) {
    this.base = base;
    this.dram = new Uint8Array(bytes);
    this.l1 = new Level(g.l1Bytes, g.l1Ways, g.policy, g.seed);
    this.l2 = new Level(g.l2Bytes, g.l2Ways, g.policy, (g.seed ^ 0x5bd1e995) >>> 0);
    this.l2Bytes = g.l2Bytes;
  }

  count(name: string, n = 1): void {
    if (n !== 0) this.counts[name] = (this.counts[name] ?? 0) + n;
  }

  maintenance(level: "L1" | "L2", name: string): void {
    this.count(`${level}.${this.context}.${name}`);
  }

  inside(pa: number, n = 1): boolean {
    return pa >= this.base && pa + n <= this.base + this.dram.length;
  }

  ram(pa: number, n: number): Uint8Array {
    return this.dram.subarray(pa - this.base, pa - this.base + n);
  }

  // ---- lines ----

  allocate2(pa: number, data: Uint8Array): Line {
    const set = this.l2.index(pa);
    const way = this.l2.victim(set);
    const old = this.l2.sets[set]![way];
    if (old) {
      this.count("L2.CACHE_EVICTIONS");
      if (old.dirty) {
        this.count("L2.CACHE_EVICTION_WRITES");
        this.ram(old.pa, LINE).set(old.data);
      }
    }
    const line: Line = { pa, dirty: false, data: data.slice() };
    this.l2.sets[set]![way] = line;
    this.l2.touch(pa);
    this.count("L2.CACHE_FILLS");
    return line;
  }

  outerRead(pa: number): Uint8Array {
    if (this.l2.ways === 0) return this.ram(pa, LINE);
    const line = this.l2.find(pa);
    if (line) {
      this.count("L2.CACHE_HITS");
      this.l2.touch(pa);
      return line.data;
    }
    this.count("L2.CACHE_MISSES");
    return this.allocate2(pa, this.ram(pa, LINE)).data;
  }

  outerWrite(pa: number, data: Uint8Array): void {
    if (this.l2.ways === 0) {
      this.ram(pa, LINE).set(data);
      return;
    }
    let line = this.l2.find(pa);
    if (line) {
      this.count("L2.CACHE_HITS");
      this.l2.touch(pa);
    } else {
      this.count("L2.CACHE_MISSES");
      line = this.allocate2(pa, data);
    }
    line.data.set(data);
    line.dirty = true;
  }

  fill1(pa: number): Line {
    const set = this.l1.index(pa);
    const way = this.l1.victim(set);
    const old = this.l1.sets[set]![way];
    if (old) {
      this.count("L1.CACHE_EVICTIONS");
      if (old.dirty) {
        this.count("L1.CACHE_EVICTION_WRITES");
        this.outerWrite(old.pa, old.data);
      }
    }
    const line: Line = { pa, dirty: false, data: this.outerRead(pa).slice() };
    this.l1.sets[set]![way] = line;
    this.l1.touch(pa);
    this.count("L1.CACHE_FILLS");
    return line;
  }

  /** The bytes of a line as the CPU reaches them; `write` marks it dirty. */
  access(pa: number, write: boolean): Uint8Array {
    if (this.l1.ways === 0) {
      const data = this.outerRead(pa);
      if (write && this.l2.ways !== 0) this.l2.find(pa)!.dirty = true;
      return data;
    }
    let line = this.l1.find(pa);
    if (line) {
      this.count("L1.CACHE_HITS");
      this.l1.touch(pa);
    } else {
      this.count("L1.CACHE_MISSES");
      line = this.fill1(pa);
    }
    if (write) line.dirty = true;
    return line.data;
  }

  // ---- CPU ----

  *pieces(pa: number, bytes: number, unit: number): Generator<[pa: number, n: number, done: number]> {
    let done = 0;
    while (done < bytes) {
      const n = Math.min(unit - ((pa + done) % unit), bytes - done);
      yield [pa + done, n, done];
      done += n;
    }
  }

  read(pa: number, bytes: number): Uint8Array {
    const out = new Uint8Array(bytes);
    for (const [at, n, done] of this.pieces(pa, bytes, LINE)) {
      const line = at - (at % LINE);
      if (!this.inside(line, LINE)) this.count("COUNT_CPU_BUS_ERRORS");
      else out.set(this.access(line, false).subarray(at - line, at - line + n), done);
    }
    return out;
  }

  write(pa: number, from: Uint8Array): void {
    for (const [at, n, done] of this.pieces(pa, from.length, LINE)) {
      const line = at - (at % LINE);
      if (!this.inside(line, LINE)) this.count("COUNT_CPU_BUS_ERRORS");
      else this.access(line, true).set(from.subarray(done, done + n), at - line);
    }
  }

  drain(n: number, reason: string): void {
    if (n === 0) return;
    let previous = -1;
    for (const entry of this.buffer.splice(0, n)) {
      for (const [b, value] of entry.data) this.ram(entry.pa + b, 1)[0] = value;
      this.count("COUNT_BUS_WRITES");
      if (entry.pa !== previous + 8 || previous < 0) this.count("COUNT_BUS_BURSTS");
      previous = entry.pa;
    }
    this.count("COUNT_BUFFER_DRAINS");
    this.count(reason, n);
  }

  age(): void {
    let n = 0;
    while (n < this.buffer.length && this.seq - this.buffer[n]!.seq > this.ageLimit) n++;
    this.drain(n, "COUNT_DRAIN_AGE");
  }

  overlaps(entry: BufferEntry, pa: number, n: number): boolean {
    const first = pa - (pa % 8);
    return entry.pa >= first && entry.pa < pa + n;
  }

  drainOverlap(pa: number, n: number): void {
    const last = this.buffer.findLastIndex((entry) => this.overlaps(entry, pa, n));
    this.drain(last + 1, "COUNT_DRAIN_READ");
  }

  readAs(pa: number, bytes: number, type: number): Uint8Array {
    if (type === 0) return this.read(pa, bytes);
    this.age();
    const out = new Uint8Array(bytes);
    for (const [at, n, done] of this.pieces(pa, bytes, type === 1 ? 8 : 4)) {
      if (!this.inside(at, n)) {
        this.count("COUNT_CPU_BUS_ERRORS");
        continue;
      }
      this.drainOverlap(at, n);
      out.set(this.ram(at, n), done);
      this.count("COUNT_BUS_READS");
    }
    return out;
  }

  writeAs(pa: number, from: Uint8Array, type: number): void {
    if (type === 0) {
      this.write(pa, from);
      return;
    }
    this.age();
    for (const [at, n, done] of this.pieces(pa, from.length, 4)) {
      const part = from.subarray(done, done + n);
      if (!this.inside(at, n)) this.count("COUNT_CPU_BUS_ERRORS");
      else if (type === 1) this.store(at, part);
      else {
        this.drainOverlap(at, n);
        this.ram(at, n).set(part);
        this.count("COUNT_BUS_WRITES");
        this.count("COUNT_BUS_BURSTS");
      }
    }
  }

  store(pa: number, part: Uint8Array): void {
    const home = pa - (pa % 8);
    this.count("COUNT_BUFFER_STORES");
    let entry = this.buffer.find((candidate) => candidate.pa === home);
    if (entry) this.count("COUNT_BUFFER_MERGES");
    else {
      if (this.buffer.length === 4) {
        let n = 1;
        while (n < 4 && this.buffer[n]!.pa === this.buffer[n - 1]!.pa + 8) n++;
        this.drain(n, "COUNT_DRAIN_FULL");
      }
      entry = { pa: home, data: new Map(), seq: this.seq };
      this.buffer.push(entry);
    }
    part.forEach((value, i) => {
      entry.data.set((pa % 8) + i, value);
    });
  }

  barrier(): void {
    this.count("COUNT_BARRIERS");
    this.drain(this.buffer.length, "COUNT_DRAIN_BARRIER");
  }

  refill(pa: number): void {
    const line = pa - (pa % LINE);
    if (!this.inside(line, LINE)) return;
    if (this.l1.ways !== 0) {
      if (this.l1.find(line)) return;
      this.fill1(line);
    } else {
      if (this.l2.ways === 0 || this.l2.find(line)) return;
      this.outerRead(line);
    }
    this.count("COUNT_REFILLS");
  }

  // ---- maintenance, line by line ----

  line(level: "L1" | "L2", pa: number, mode: "c" | "i" | "ci", issued = true): void {
    if (issued) {
      this.maintenance(
        level,
        mode === "c" ? "CACHE_CLEANED" : mode === "i" ? "CACHE_INVALIDATED" : "CACHE_FLUSHED",
      );
    }
    const cache = level === "L1" ? this.l1 : this.l2;
    const line = cache.find(pa);
    if (!line) return;
    if (line.dirty) {
      if (mode !== "i") {
        this.maintenance(level, "CACHE_WRITE_BACKS");
        if (level === "L1") this.outerWrite(pa, line.data);
        else this.ram(pa, LINE).set(line.data);
      } else this.maintenance(level, "CACHE_DROPPED");
      line.dirty = false;
    }
    if (mode !== "c") {
      this.maintenance(level, "CACHE_REMOVED");
      cache.remove(pa);
    }
  }

  inner(mode: "c" | "i" | "ci", start: number, end: number): void {
    const edge = (pa: number): number => pa - (pa % LINE);
    if (mode !== "i") {
      let pa = edge(start);
      do {
        this.line("L1", pa, mode);
        pa += LINE;
      } while (pa < end);
      this.drain(this.buffer.length, "COUNT_DRAIN_BARRIER"); // the DSB at the end
      return;
    }
    let first = edge(start);
    if (start !== first) {
      this.line("L1", first, "ci");
      if (this.newInvRange) first += LINE;
    }
    if (end !== edge(end)) this.line("L1", edge(end), "ci");
    let pa = first;
    if (!this.newInvRange || pa < edge(end)) {
      do {
        this.line("L1", pa, "i");
        pa += LINE;
      } while (pa < edge(end));
    }
    this.drain(this.buffer.length, "COUNT_DRAIN_BARRIER");
  }

  outer(mode: "c" | "i" | "ci", start: number, end: number): void {
    if (this.l2.ways === 0) return;
    const edge = (pa: number): number => pa - (pa % LINE);
    if (mode !== "i" && this.byWay && end - start >= this.l2Bytes) {
      this.count(mode === "c" ? "COUNT_WAY_CLEAN" : "COUNT_WAY_FLUSH");
      for (const line of this.l2.sets.flat()) if (line) this.line("L2", line.pa, mode, false);
    } else {
      let pa = edge(start);
      let stop = end;
      if (mode === "i") {
        if (start !== pa) {
          this.line("L2", pa, "ci");
          pa += LINE;
        }
        stop = edge(end);
        if (end !== stop) this.line("L2", stop, "ci");
      }
      for (; pa < stop; pa += LINE) this.line("L2", pa, mode);
    }
    this.count(this.context === 0 ? "COUNT_OUTER_SYNC" : "COUNT_OUTER_SYNC_TABLE");
  }

  flushAll(): void {
    for (const line of this.l1.sets.flat()) if (line) this.pending.push(line.pa);
    for (const pa of this.pending.sort((a, b) => a - b)) this.line("L1", pa, "ci", false);
    this.pending.length = 0;
    for (const line of this.l2.sets.flat()) if (line) this.line("L2", line.pa, "ci", false);
  }
  private readonly pending: number[] = [];

  // ---- masters ----

  lines(pa: number, bytes: number): number[] {
    const out: number[] = [];
    for (const [at] of this.pieces(pa, bytes, LINE)) out.push(at - (at % LINE));
    return out;
  }

  dirtyLines(pa: number, bytes: number): number {
    return this.lines(pa, bytes).filter((line) => this.l1.find(line)?.dirty || this.l2.find(line)?.dirty)
      .length;
  }

  validLines(pa: number, bytes: number): number {
    return this.lines(pa, bytes).filter((line) => this.l1.find(line) || this.l2.find(line)).length;
  }

  busRead(pa: number, bytes: number): Uint8Array | null {
    if (!this.inside(pa, bytes)) return null;
    this.age();
    this.count("COUNT_STALE_DEVICE_READS", this.dirtyLines(pa, bytes));
    if (this.buffer.some((entry) => this.overlaps(entry, pa, bytes)))
      this.count("COUNT_BUFFERED_DEVICE_READS");
    return this.ram(pa, bytes).slice();
  }

  busWrite(pa: number, from: Uint8Array): boolean {
    if (!this.inside(pa, from.length)) return false;
    this.age();
    this.count("COUNT_UNDER_VALID_WRITES", this.validLines(pa, from.length));
    this.count("COUNT_UNDER_DIRTY_WRITES", this.dirtyLines(pa, from.length));
    if (this.buffer.some((entry) => this.overlaps(entry, pa, from.length)))
      this.count("COUNT_BUFFERED_DEVICE_WRITES");
    this.ram(pa, from.length).set(from);
    return true;
  }

  peek(pa: number, bytes: number): Uint8Array | null {
    if (!this.inside(pa, bytes)) return null;
    const out = new Uint8Array(bytes);
    for (const [at, n, done] of this.pieces(pa, bytes, LINE)) {
      const line = at - (at % LINE);
      const data = this.l1.find(line)?.data ?? this.l2.find(line)?.data ?? this.ram(line, LINE);
      out.set(data.subarray(at - line, at - line + n), done);
    }
    return out;
  }

  snoopRead(pa: number, bytes: number): Uint8Array | null {
    if (!this.inside(pa, bytes)) return null;
    this.age();
    this.count("COUNT_SNOOP_HITS", this.validLines(pa, bytes));
    return this.peek(pa, bytes);
  }

  snoopWrite(pa: number, from: Uint8Array): boolean {
    if (!this.inside(pa, from.length)) return false;
    this.age();
    this.count("COUNT_SNOOP_HITS", this.validLines(pa, from.length));
    for (const [at, n, done] of this.pieces(pa, from.length, LINE)) {
      const line = at - (at % LINE);
      const inner = this.l1.find(line);
      if (inner) {
        if (inner.dirty) this.outerWrite(line, inner.data);
        this.l1.remove(line);
        this.count("COUNT_SNOOP_REMOVED");
      }
      const outer = this.l2.find(line);
      const part = from.subarray(done, done + n);
      if (outer) {
        outer.data.set(part, at - line);
        outer.dirty = true;
      } else this.ram(at, n).set(part);
    }
    return true;
  }
}
