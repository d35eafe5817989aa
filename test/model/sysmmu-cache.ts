// The caches of a System MMU as slowly and plainly as possible: a level of translations, and the
// cache of level-1 descriptors. Arrays of objects; shares no code with the core.

/** Shape of one level of translation cache. */
export interface Shape {
  readonly sets: number;
  readonly ways: number;
}

/** A translation, as tables give it and caches keep it. */
export interface Translation {
  va: number;
  size: number;
  /** Physical page, or null for a fault. */
  pa: number | null;
  read: boolean;
  write: boolean;
  /** Its mapping is gone; a use of it has been recorded; whose it was. */
  stale: boolean;
  seen: boolean;
  owner: number;
}

/** True when `va` lies in the page of `t`. */
export function covers(t: Translation, va: number): boolean {
  return va >= t.va && va < t.va + t.size;
}

function blame(t: Translation, owner: number): void {
  if (t.pa === null || t.stale) return;
  t.stale = true;
  t.seen = false;
  if (owner !== 0) t.owner = owner;
}

/** Marks `t` as left behind by `owner` if it meets [first, last]. */
export function markIn(t: Translation | null, first: number, last: number, owner: number): void {
  if (t !== null && t.va <= last && t.va + t.size > first) blame(t, owner);
}

type Entry = Translation & { used: number };

/** One level: sets of ways, the next way of each set for round robin. */
export class Level {
  readonly sets: (Entry | null)[][];
  readonly next: number[];
  readonly shape: Shape;
  clock = 0;

  constructor(shape: Shape) {
    this.shape = shape;
    this.sets = Array.from({ length: shape.sets }, () => Array<Entry | null>(shape.ways).fill(null));
    this.next = Array<number>(shape.sets).fill(0);
  }

  setOf(va: number): number {
    return Math.floor(va / 4096) % this.shape.sets;
  }

  matches(va: number): Entry[] {
    return this.sets[this.setOf(va)]!.filter((e): e is Entry => e !== null && covers(e, va));
  }

  use(entry: Translation): void {
    (entry as Entry).used = ++this.clock;
  }

  /** Puts a translation into the set of `va`; true when a live entry had to go. */
  fill(va: number, translation: Translation, lru: boolean): boolean {
    const number = this.setOf(va);
    const set = this.sets[number]!;
    let way = set.indexOf(null);
    const full = way < 0;
    if (full && lru) {
      way = 0;
      for (let w = 1; w < set.length; w++) if (set[w]!.used < set[way]!.used) way = w;
    } else if (full) {
      way = this.next[number]!;
      this.next[number] = (way + 1) % set.length;
    }
    set[way] = { ...translation, used: ++this.clock };
    return full;
  }

  /** Drops entries; how many. */
  drop(goes: (entry: Translation, set: number) => boolean): number {
    let dropped = 0;
    this.sets.forEach((set, s) => {
      for (let w = 0; w < set.length; w++) {
        if (set[w] === null || !goes(set[w]!, s)) continue;
        set[w] = null;
        dropped++;
      }
    });
    return dropped;
  }

  /** Marks what meets [first, last], in the sets that its pages probe. */
  mark(first: number, last: number, owner: number): void {
    const from = Math.floor(first / 4096);
    const pages = Math.min(Math.floor(last / 4096) - from + 1, this.shape.sets);
    for (let n = 0; n < pages; n++) {
      for (const entry of this.sets[(from + n) % this.shape.sets]!) markIn(entry, first, last, owner);
    }
  }

  get live(): number {
    return this.sets.reduce((n, set) => n + set.filter((e) => e !== null).length, 0);
  }
}

/** A level-1 descriptor in the cache. */
export interface CachedDescriptor {
  word: number;
  dead: boolean;
  owner: number;
}

/** The cache of level-1 descriptors: lines of `span` neighbours. */
export class Descriptors {
  readonly lines: ({ tag: number; held: Map<number, CachedDescriptor>; used: number } | null)[];
  readonly span: number;
  clock = 0;

  constructor(lines: number, span: number) {
    this.lines = Array(lines).fill(null);
    this.span = span;
  }

  lineOf(index: number) {
    const tag = index - (index % this.span);
    return this.lines.find((line) => line !== null && line.tag === tag) ?? null;
  }

  find(index: number): CachedDescriptor | null {
    const line = this.lineOf(index);
    const held = line?.held.get(index) ?? null;
    if (held !== null) line!.used = ++this.clock;
    return held;
  }

  /** Makes room for `index` and its neighbours; how many descriptors that threw out. */
  make(index: number): number {
    if (this.lineOf(index) !== null) return 0;
    let at = this.lines.indexOf(null);
    let lost = 0;
    if (at < 0) {
      at = 0;
      this.lines.forEach((line, n) => {
        if (line!.used < this.lines[at]!.used) at = n;
      });
      lost = this.lines[at]!.held.size;
    }
    this.lines[at] = { tag: index - (index % this.span), held: new Map(), used: ++this.clock };
    return lost;
  }

  /** Counts a use of the line of `index`. */
  use(index: number): void {
    this.lineOf(index)!.used = ++this.clock;
  }

  drop(goes: (index: number, word: number) => boolean): number {
    let dropped = 0;
    this.lines.forEach((line, n) => {
      for (const [index, held] of [...(line?.held ?? [])]) {
        if (goes(index, held.word) && line!.held.delete(index)) dropped++;
      }
      if (line !== null && line.held.size === 0) this.lines[n] = null;
    });
    return dropped;
  }
}
