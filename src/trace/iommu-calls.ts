// Calls rebuilt from iommu:map and iommu:unmap alone, for recordings without dma:* events (6.1).
//
//   map lines of one task whose IO addresses follow each other     one mapping (BIDIRECTIONAL)
//   unmap [A, B)     ends every mapping whose bytes it covers; a part covered leaves it alive
//                    until the rest is unmapped too
//
// Lines have no device, so all belong to one device, "iommu"; the same IO address may be live in
// several domains, and the youngest is taken.
//
// Not modelled: domains; directions (iommu:map prints none).

import type { ConverterCounts } from "./converter-counts.js";
import type { LiveEntry, LiveTable } from "./live.js";
import { Op } from "./opcodes.js";
import type { RecordBuffer } from "./record.js";
import type { PageRenumber } from "./renumber.js";

const ENTRIES = 16384;
/** Of one mapping. */
const MOST_BYTES = 0xffff_f000;

interface Group {
  readonly task: number;
  readonly iova: number;
  /** Lines it is made of. */
  lines: number;
  end: number;
  readonly pas: number[];
  readonly sizes: number[];
}

/** Rebuilds mappings from the IOMMU's events. */
export class IommuCalls {
  readonly #o: {
    out: RecordBuffer;
    renumber: PageRenumber;
    live: LiveTable;
    device: number;
    times: number;
    expect: boolean;
    counts: ConverterCounts;
  };
  readonly #open = new Map<number, Group>();
  /** Mappings by each page-aligned start that an unmap could name: their own start and what is left. */
  readonly #starts = new Map<number, LiveEntry[]>();

  constructor(options: {
    out: RecordBuffer;
    renumber: PageRenumber;
    live: LiveTable;
    device: number;
    times: number;
    expect: boolean;
    counts: ConverterCounts;
  }) {
    this.#o = options;
  }

  /** One map line. */
  map(task: number, iova: number, pa: number, size: number): void {
    const { counts } = this.#o;
    if (size > MOST_BYTES) {
      counts.skipped++;
      counts.tooLarge++;
      return;
    }
    counts.replayed++;
    const group = this.#open.get(task);
    const joins = group !== undefined && group.end === iova && iova + size - group.iova <= MOST_BYTES;
    if (joins && group.pas.length < ENTRIES) {
      const last = group.pas.length - 1;
      if (group.pas[last]! + group.sizes[last]! === pa) group.sizes[last]! += size;
      else {
        group.pas.push(pa);
        group.sizes.push(size);
      }
      group.end += size;
      group.lines++;
      return;
    }
    if (group !== undefined) this.#close(group);
    this.#open.set(task, { task, iova, lines: 1, end: iova + size, pas: [pa], sizes: [size] });
  }

  /** One unmap line of [iova, iova + size). */
  unmap(iova: number, size: number): void {
    for (const group of [...this.#open.values()]) {
      if (group.iova < iova + size && group.end > iova) this.#close(group);
    }
    let at = iova;
    const end = iova + size;
    let found = false;
    while (at < end) {
      const list = this.#starts.get(at);
      const entry = list?.pop();
      if (list !== undefined && list.length === 0) this.#starts.delete(at);
      if (entry === undefined) break;
      found = true;
      const taken = Math.min(entry.left, end - at);
      entry.left -= taken;
      at += taken;
      if (entry.left > 0) this.#start(at, entry);
      else {
        const op = entry.kind === "sg" ? Op.UnmapSg : Op.Unmap;
        this.#o.out.put(op, 0xff, this.#o.device, entry.handle, 0, 0);
        this.#o.live.remove(entry);
      }
    }
    if (found) this.#o.counts.replayed++;
    else this.#o.counts.beforeRecording++;
  }

  /** Emits what is still open. */
  finish(): void {
    for (const group of [...this.#open.values()]) this.#close(group);
  }

  #start(at: number, entry: LiveEntry): void {
    const list = this.#starts.get(at);
    if (list === undefined) this.#starts.set(at, [entry]);
    else list.push(entry);
  }

  #close(group: Group): void {
    this.#open.delete(group.task);
    const { out, renumber, live, device, times, expect, counts } = this.#o;
    const guest = group.pas.map((pa) => renumber.of(pa));
    if (guest.some((pa, i) => pa + group.sizes[i]! > 2 ** 32)) {
      counts.replayed -= group.lines;
      counts.skipped += group.lines;
      counts.tooLarge += group.lines;
      return;
    }
    const single = group.pas.length === 1;
    const size = group.end - group.iova;
    const entry = live.add({
      kind: single ? "iommu" : "sg",
      device,
      dma: group.iova,
      size,
      firstPhys: group.pas[0]!,
      lastPhys: group.pas[group.pas.length - 1]!,
      nents: group.pas.length,
    });
    this.#start(group.iova, entry);
    if (single) out.put(Op.Map, 0, device, entry.handle, guest[0]!, size);
    else {
      out.put(Op.SgBegin, 0, device, entry.handle, group.pas.length, 0xffff_ffff);
      for (let i = 0; i < group.pas.length; i++) {
        out.put(Op.SgEntry, 0, device, guest[i]!, group.sizes[i]!, 0);
      }
      out.put(Op.SgEnd, 0, device, entry.handle, 0, 0);
    }
    if (expect) out.put(Op.Expect, 0, device, entry.handle, group.iova % 2 ** 32, 0);
    for (let n = 0; n < times; n++) {
      out.put(Op.DevRead, 0, device, entry.handle, 0, 0);
      out.put(Op.DevWrite, 0, device, entry.handle, 0, 0);
    }
  }
}
