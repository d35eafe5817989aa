// What the recorded drivers hold at a point of the trace: handles of live mappings, found again by
// device and address.
//
// Without an IOMMU one buffer may be mapped twice at once, so each address holds a chain, youngest
// first. Handles are small numbers, used again after the end of a mapping.
//
// Not modelled: mappings of different devices are never confused; domains shared by devices are.

/** What kind of call made it. */
export type LiveKind = "page" | "resource" | "sg" | "alloc" | "iommu";

/** One live mapping of the trace. */
export interface LiveEntry {
  readonly handle: number;
  readonly kind: LiveKind;
  readonly device: number;
  readonly dma: number;
  readonly size: number;
  /** Lists: first and last physical address, and how many entries. */
  readonly firstPhys: number;
  readonly lastPhys: number;
  readonly nents: number;
  /** Bytes not yet unmapped, for mappings rebuilt from iommu events. */
  left: number;
  next: LiveEntry | null;
}

/** Live mappings by device. */
export class LiveTable {
  readonly #byDma: Map<number, LiveEntry>[] = [];
  readonly #byPhys: Map<number, LiveEntry>[] = [];
  readonly #free: number[] = [];
  #handles = 0;
  /** Mappings alive. */
  size = 0;

  /** Handles ever needed at once. */
  get handles(): number {
    return this.#handles;
  }

  /** Adds a mapping and gives it a handle. */
  add(entry: Omit<LiveEntry, "handle" | "next" | "left">): LiveEntry {
    const handle = this.#free.pop() ?? this.#handles++;
    // Spelled out: a spread here costs a fifth of reading a trace.
    const live: LiveEntry = {
      handle,
      kind: entry.kind,
      device: entry.device,
      dma: entry.dma,
      size: entry.size,
      firstPhys: entry.firstPhys,
      lastPhys: entry.lastPhys,
      nents: entry.nents,
      left: entry.size,
      next: null,
    };
    const table = this.#table(live);
    const key = live.kind === "sg" ? live.firstPhys : live.dma;
    live.next = table.get(key) ?? null;
    table.set(key, live);
    this.size++;
    return live;
  }

  #table(entry: { kind: LiveKind; device: number }): Map<number, LiveEntry> {
    const tables = entry.kind === "sg" ? this.#byPhys : this.#byDma;
    let table = tables[entry.device];
    if (table === undefined) {
      table = new Map();
      tables[entry.device] = table;
    }
    return table;
  }

  /** Mapping of `device` that starts at `dma`: of `size` if one is, else the youngest. */
  byDma(device: number, dma: number, size: number): LiveEntry | null {
    const first = this.#byDma[device]?.get(dma) ?? null;
    for (let e = first; e !== null; e = e.next) if (e.size === size) return e;
    return first;
  }

  /** List of `device` with these physical addresses. */
  byPhys(device: number, firstPhys: number, lastPhys: number, nents: number): LiveEntry | null {
    const first = this.#byPhys[device]?.get(firstPhys) ?? null;
    for (let e = first; e !== null; e = e.next) {
      if (e.nents === nents && e.lastPhys === lastPhys) return e;
    }
    for (let e = first; e !== null; e = e.next) if (e.nents === nents) return e;
    return null;
  }

  /** Mapping of `device` that contains bus address `dma`, lists by their first segment. */
  containing(device: number, dma: number): LiveEntry | null {
    const exact = this.#byDma[device]?.get(dma);
    if (exact !== undefined) return exact;
    for (const tables of [this.#byDma, this.#byPhys]) {
      for (const first of tables[device]?.values() ?? []) {
        for (let e: LiveEntry | null = first; e !== null; e = e.next) {
          if (dma >= e.dma && dma < e.dma + e.size) return e;
        }
      }
    }
    return null;
  }

  /** Ends a mapping; its handle may be given out again. */
  remove(entry: LiveEntry): void {
    const table = this.#table(entry);
    const key = entry.kind === "sg" ? entry.firstPhys : entry.dma;
    const first = table.get(key) ?? null;
    if (first === entry) {
      if (entry.next === null) table.delete(key);
      else table.set(key, entry.next);
    } else {
      for (let e = first; e !== null; e = e.next) {
        if (e.next === entry) {
          e.next = entry.next;
          break;
        }
      }
    }
    this.#free.push(entry.handle);
    this.size--;
  }
}
