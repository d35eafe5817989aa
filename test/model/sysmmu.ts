// A System MMU of versions 1.x, 2.x and 3.0/3.1 as slowly and plainly as possible; shares no code with
// the core. Registers, two levels of translation cache, table walk, faults that hold a channel.

/** Shape of one level of translation cache. */
export interface Shape {
  readonly sets: number;
  readonly ways: number;
}

interface Entry {
  va: number;
  size: number;
  /** Physical page, or null for a cached fault. */
  pa: number | null;
  read: boolean;
  write: boolean;
  used: number;
}

class Level {
  readonly sets: (Entry | null)[][];
  readonly next: number[];
  readonly shape: Shape;
  clock = 0;
  constructor(shape: Shape) {
    this.shape = shape;
    this.sets = Array.from({ length: shape.sets }, () => Array<Entry | null>(shape.ways).fill(null));
    this.next = Array<number>(shape.sets).fill(0);
  }
  setOf(va: number): (Entry | null)[] {
    return this.sets[Math.floor(va / 4096) % this.shape.sets]!;
  }
  matches(va: number): Entry[] {
    return this.setOf(va).filter((e): e is Entry => e !== null && va >= e.va && va < e.va + e.size);
  }
  use(entry: Entry): void {
    entry.used = ++this.clock;
  }
  /** Returns true when a live entry had to go. */
  fill(va: number, entry: Omit<Entry, "used">, lru: boolean): boolean {
    const set = this.setOf(va);
    let way = set.indexOf(null);
    const full = way < 0;
    if (full) {
      const index = Math.floor(va / 4096) % this.shape.sets;
      if (lru) {
        way = 0;
        for (let w = 1; w < set.length; w++) if (set[w]!.used < set[way]!.used) way = w;
      } else {
        way = this.next[index]!;
        this.next[index] = (way + 1) % set.length;
      }
    }
    set[way] = { ...entry, used: 0 };
    this.use(set[way]!);
    return full;
  }
  drop(keep: (entry: Entry, set: number) => boolean): number {
    let dropped = 0;
    this.sets.forEach((set, s) => {
      set.forEach((entry, w) => {
        if (entry !== null && !keep(entry, s)) {
          set[w] = null;
          dropped++;
        }
      });
    });
    return dropped;
  }
  get live(): number {
    return this.sets.flat().filter((e) => e !== null).length;
  }
}

/** The model. `read32` gives a word of memory, or null where there is none. */
export class SysmmuModel {
  ctrl = 0;
  cfg = 0;
  ptBase = 0;
  intStatus = 0;
  pageAddr = 0;
  awAddr = 0;
  arAddr = 0;
  slaveAddr = 0;
  heldRead = false;
  heldWrite = false;
  count = {
    lookups: 0,
    hits: 0,
    misses: 0,
    walks: 0,
    descriptors: 0,
    fills: 0,
    evictions: 0,
    invalidated: 0,
    bypass: 0,
  };
  readonly l1: Level;
  readonly l2: Level | null;

  readonly generation: 1 | 2 | 3;
  readonly read32: (pa: number) => number | null;

  constructor(generation: 1 | 2 | 3, l1: Shape, l2: Shape | null, read32: (pa: number) => number | null) {
    this.generation = generation;
    this.read32 = read32;
    this.l1 = new Level(l1);
    this.l2 = l2 === null ? null : new Level(l2);
  }

  get levels(): Level[] {
    return this.l2 === null ? [this.l1] : [this.l1, this.l2];
  }

  write(offset: number, value: number): void {
    if (offset === 0) this.ctrl = value;
    if (offset === 4) this.cfg = value;
    if (offset === 0x14) this.ptBase = value;
    if (offset === 0x0c && value & 1)
      for (const level of this.levels) this.count.invalidated += level.drop(() => false);
    if (offset === 0x10 && value & 1) {
      const va = value - (value % 4096);
      const hit = (e: Entry) => va >= e.va && va < e.va + e.size;
      this.count.invalidated += this.l1.drop((e) => !hit(e));
      const { l2 } = this;
      if (l2 !== null)
        this.count.invalidated += l2.drop((e, s) => !hit(e) || s !== Math.floor(va / 4096) % l2.shape.sets);
    }
    if (offset === 0x1c) {
      this.intStatus = (this.intStatus & ~value) >>> 0;
      if (this.intStatus === 0) {
        this.heldRead = false;
        this.heldWrite = false;
      }
    }
  }

  read(offset: number): number {
    switch (offset) {
      case 0:
        return this.ctrl;
      case 4:
        return this.cfg;
      case 8:
        return this.ctrl & 2 || (this.ctrl & 1 && this.intStatus !== 0) ? 1 : 0;
      case 0x14:
        return this.ptBase;
      case 0x18:
        return this.intStatus;
      case 0x24:
        return this.pageAddr;
      case 0x28:
        return this.awAddr;
      case 0x2c:
        return this.arAddr;
      case 0x30:
        return this.slaveAddr;
      default:
        return 0;
    }
  }

  /** Physical address, or null when the access is held. */
  access(va: number, write: boolean): number | null {
    if (this.ctrl & 2) return null;
    if (!(this.ctrl & 1)) {
      this.count.bypass++;
      return va;
    }
    if (this.intStatus === 0) {
      this.heldRead = false;
      this.heldWrite = false;
      return this.lookup(va, write);
    }
    if (write ? this.heldWrite : this.heldRead) return null;
    this.lookup(va, write);
    if (write) this.heldWrite = true;
    else this.heldRead = true;
    return null;
  }

  lookup(va: number, write: boolean): number | null {
    this.count.lookups++;
    for (const level of this.levels) {
      const found = level.matches(va);
      if (found.length === 0) continue;
      this.count.hits++;
      if (found.length > 1) return this.fault(write ? 2 : 1, va, write);
      const entry = found[0]!;
      level.use(entry);
      const result = this.finish(entry, va, write);
      if (level === this.l2) this.put(this.l1, va, entry);
      return result;
    }
    this.count.misses++;
    return this.walk(va, write);
  }

  put(level: Level, va: number, entry: Omit<Entry, "used">): void {
    const { va: start, size, pa, read, write } = entry;
    this.count.fills++;
    if (level.fill(va, { va: start, size, pa, read, write }, (this.cfg & 1) !== 0)) this.count.evictions++;
  }

  finish(entry: Omit<Entry, "used">, va: number, write: boolean): number | null {
    if (entry.pa === null) return this.fault(0, va, write);
    if (this.cfg & 4 && !(write ? entry.write : entry.read)) return this.fault(write ? 7 : 5, va, write);
    return entry.pa + (va - entry.va);
  }

  walk(va: number, write: boolean): number | null {
    this.count.walks++;
    const d1 = this.read32(this.ptBase - (this.ptBase % 16384) + Math.floor(va / 2 ** 20) * 4);
    if (d1 === null) return this.fault(3, va, write);
    this.count.descriptors++;
    let entry = this.decode1(d1, va);
    if ((d1 & 3) === 1) {
      const d2 = this.read32(d1 - (d1 % 1024) + (Math.floor(va / 4096) % 256) * 4);
      if (d2 === null) return this.fault(3, va, write);
      this.count.descriptors++;
      entry = this.decode2(d2, va);
    }
    const denied = entry.pa !== null && this.cfg & 4 && !(write ? entry.write : entry.read);
    if (denied) return this.fault(write ? 7 : 5, va, write);
    if (entry.pa !== null || this.generation === 3) {
      if (this.l2 !== null) this.put(this.l2, va, entry);
      this.put(this.l1, va, entry);
    }
    return entry.pa === null ? this.fault(0, va, write) : entry.pa + (va - entry.va);
  }

  decode1(d: number, va: number): Omit<Entry, "used"> {
    if ((d & 3) !== 2) return { va: va - (va % 4096), size: 4096, pa: null, read: true, write: true };
    const size = d & (1 << 18) ? 2 ** 24 : 2 ** 20;
    return { va: va - (va % size), size, pa: d - (d % size), ...permissions(d & (1 << 10), d & (1 << 15)) };
  }

  decode2(d: number, va: number): Omit<Entry, "used"> {
    if ((d & 3) === 0) return { va: va - (va % 4096), size: 4096, pa: null, read: true, write: true };
    const size = d & 2 ? 4096 : 65536;
    return { va: va - (va % size), size, pa: d - (d % size), ...permissions(d & (1 << 4), d & (1 << 9)) };
  }

  fault(bit: number, va: number, write: boolean): null {
    this.intStatus |= 1 << bit;
    if (bit === 0 || bit === 3) this.pageAddr = va;
    if (bit === 3) this.slaveAddr = va;
    if (bit === 2 || bit >= 6) this.awAddr = va;
    if (bit === 1 || bit === 5) this.arAddr = va;
    if (write) this.heldWrite = true;
    else this.heldRead = true;
    return null;
  }
}

function permissions(ap0: number, ap2: number): { read: boolean; write: boolean } {
  return { read: ap0 !== 0, write: ap0 !== 0 && ap2 === 0 };
}
