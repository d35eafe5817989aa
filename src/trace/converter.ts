// Trace events to op-stream records: the driver's calls, with what the layers below them tell.
//
//   dma:*           the calls                 -> Map, Sg*, Alloc, Unmap, Sync ...
//   iommu:map       what a call became        -> FeedPages of the next Alloc, lengths of list entries;
//                                                the calls themselves where a recording has no dma:* (6.1)
//   iommu:unmap     the same for unmaps       -> counted
//   *.sysmmu        page-table maintenance of the recorded kernel: counted, not replayed
//
// An iommu:map line has no device: it belongs to the next dma:* call of the same task
// (examples/traces and docs/traces.md). A recording without any dma:* event in its first 2048 iommu
// lines is taken to have none.
//
// Not modelled: domains of other drivers (VFIO); lazy flushes, which leave no line.

import { noCounts } from "./converter-counts.js";
import { Ev, FAILED_64, Field, type TraceEvent } from "./events.js";
import { IommuCalls } from "./iommu-calls.js";
import { LiveTable } from "./live.js";
import { Op } from "./opcodes.js";
import type { RecordBuffer } from "./record.js";
import type { PageRenumber } from "./renumber.js";
import { entryLengths, type Run } from "./sg-lengths.js";
import { MOST_ENTRIES } from "./stream-check.js";

/** Which device accesses the converter makes up after each map. */
export interface AccessPlan {
  /** Accesses per mapping: 0 none, 1 once, N. */
  readonly times: number;
}

const PENDING_LIMIT = 16384;
const UNDECIDED_LIMIT = 2048;
const AS_MAPPED = 0xff;
/** Direction that no map has; notices of it happen for unmaps and syncs only. */
const DIR_NONE = 3;
const MOST_BYTES = 0xffff_f000;

/** Bytes from `pa` on that a 32-bit machine could map. */
function fits(pa: number, bytes: number): boolean {
  return bytes <= MOST_BYTES && pa + bytes <= 2 ** 32;
}

function asMapped(dir: number): number {
  return dir === DIR_NONE ? AS_MAPPED : dir;
}

/** Converts one recording; feed it events in order, then `finish`. */
export class Converter {
  readonly counts = noCounts();
  readonly live = new LiveTable();
  readonly #out: RecordBuffer;
  readonly #renumber: PageRenumber;
  readonly #deviceName: (nameIndex: number) => string;
  readonly #device: (name: string) => number;
  readonly #times: number;
  readonly #expect: boolean;
  readonly #indices: number[] = [];
  /** Map lines that no call has claimed yet, by task. */
  readonly #pending = new Map<number, Run[]>();
  #undecided: { map: boolean; task: number; iova: number; pa: number; size: number }[] | null = [];
  #calls: IommuCalls | null = null;

  constructor(options: {
    out: RecordBuffer;
    renumber: PageRenumber;
    deviceName: (nameIndex: number) => string;
    device: (name: string) => number;
    access: AccessPlan;
    expect: boolean;
  }) {
    this.#out = options.out;
    this.#renumber = options.renumber;
    this.#deviceName = options.deviceName;
    this.#device = options.device;
    this.#times = options.access.times;
    this.#expect = options.expect;
  }

  /** Takes one event. */
  event(ev: TraceEvent): void {
    const { type } = ev;
    if (type === Ev.Map || type === Ev.Unmap) {
      this.#iommu(ev);
      return;
    }
    if (type <= Ev.IoPageFault) {
      this.counts.skipped++;
      return;
    }
    if (type === Ev.SwiotlbBounced) {
      this.counts.below++;
      this.counts.bounced++;
      return;
    }
    if (this.#undecided !== null) this.#decide(false);
    if (this.#isSysmmu(ev.device)) {
      this.counts.below++;
      if (type === Ev.SyncSingleForDevice) this.counts.tableSyncs++;
      return;
    }
    switch (type) {
      case Ev.MapPage:
      case Ev.MapPhys:
      case Ev.MapResource:
        this.#mapPage(ev, type === Ev.MapResource);
        break;
      case Ev.UnmapPage:
      case Ev.UnmapPhys:
      case Ev.UnmapResource:
        this.#unmap(ev, Op.Unmap);
        break;
      case Ev.Alloc:
      case Ev.AllocPages:
      case Ev.AllocSgt:
        this.#alloc(ev);
        break;
      case Ev.Free:
      case Ev.FreePages:
      case Ev.FreeSgt:
        this.#free(ev);
        break;
      case Ev.MapSg:
        this.#mapSg(ev);
        break;
      case Ev.UnmapSg:
        this.#unmapSg(ev);
        break;
      case Ev.SyncSingleForCpu:
      case Ev.SyncSingleForDevice:
        this.#sync(ev, type === Ev.SyncSingleForDevice, ev.dmaAddr, ev.size);
        break;
      case Ev.SyncSgForCpu:
      case Ev.SyncSgForDevice:
        this.#sync(ev, type === Ev.SyncSgForDevice, ev.dmaAddrs.length > 0 ? ev.dmaAddrs.at[0]! : -1, 0);
        break;
      default:
        this.counts.skipped++;
        if (type === Ev.AllocSgtErr || type === Ev.MapSgErr) this.counts.failed++;
    }
  }

  /** The recording is over. */
  finish(): void {
    if (this.#undecided !== null) this.#decide(true);
    this.#calls?.finish();
  }

  // ---- the IOMMU's own events

  #iommu(ev: TraceEvent): void {
    const map = ev.type === Ev.Map;
    if (this.#undecided !== null) {
      this.#undecided.push({ map, task: ev.task, iova: ev.iova, pa: ev.paddr, size: ev.size });
      if (this.#undecided.length >= UNDECIDED_LIMIT) this.#decide(true);
      return;
    }
    this.#iommuLine(map, ev.task, ev.iova, ev.paddr, ev.size);
  }

  #decide(calls: boolean): void {
    const waiting = this.#undecided ?? [];
    this.#undecided = null;
    if (calls && waiting.length > 0) {
      this.#calls = new IommuCalls({
        out: this.#out,
        renumber: this.#renumber,
        live: this.live,
        device: this.#device("iommu"),
        times: this.#times,
        expect: this.#expect,
        counts: this.counts,
      });
    }
    for (const w of waiting) this.#iommuLine(w.map, w.task, w.iova, w.pa, w.size);
  }

  #iommuLine(map: boolean, task: number, iova: number, pa: number, size: number): void {
    if (this.#calls !== null) {
      if (map) this.#calls.map(task, iova, pa, size);
      else this.#calls.unmap(iova, size);
      return;
    }
    this.counts.below++;
    if (!map) return;
    let runs = this.#pending.get(task);
    if (runs === undefined) {
      runs = [];
      this.#pending.set(task, runs);
    }
    if (runs.length >= PENDING_LIMIT) runs.length = 0;
    runs.push({ iova, pa, size });
  }

  /** Map lines of the task inside [dma, dma + size): they are this call's. Others of it are dropped. */
  #claim(task: number, dma: number, size: number): Run[] {
    const runs = this.#pending.get(task);
    if (runs === undefined) return [];
    this.#pending.delete(task);
    const start = dma - (dma % 4096);
    const end = Math.ceil((dma + size) / 4096) * 4096;
    return runs.filter((run) => run.iova >= start && run.iova < end);
  }

  // ---- the driver's calls

  #isSysmmu(nameIndex: number): boolean {
    return nameIndex >= 0 && this.#deviceName(nameIndex).endsWith(".sysmmu");
  }

  #index(nameIndex: number): number {
    let index = this.#indices[nameIndex];
    if (index === undefined) {
      index = this.#device(this.#deviceName(nameIndex));
      this.#indices[nameIndex] = index;
    }
    return index;
  }

  #prefix(attrs: number, gfp: number): void {
    if (attrs !== 0 || gfp !== 0) this.#out.put(Op.Prefix, 0, 0, attrs, 0, gfp);
  }

  #mapPage(ev: TraceEvent, resource: boolean): void {
    this.#claim(ev.task, ev.dmaAddr, ev.size);
    if (ev.dmaAddr >= FAILED_64 || ev.dmaAddr === 0xffff_ffff) {
      this.#failed();
      return;
    }
    if (ev.dir === DIR_NONE && !resource) {
      this.#failed();
      return;
    }
    const pa = resource ? ev.physAddr % 2 ** 32 : this.#renumber.of(ev.physAddr);
    if (!fits(pa, ev.size)) {
      this.#tooLarge();
      return;
    }
    this.counts.replayed++;
    const device = this.#index(ev.device);
    const entry = this.live.add({
      kind: resource ? "resource" : "page",
      device,
      dma: ev.dmaAddr,
      size: ev.size,
      firstPhys: ev.physAddr,
      lastPhys: ev.physAddr,
      nents: 1,
    });
    this.#prefix(ev.attrs, 0);
    this.#out.put(resource ? Op.MapResource : Op.Map, ev.dir, device, entry.handle, pa, ev.size);
    this.#after(entry.handle, ev.dmaAddr, resource ? 3 : ev.dir, device);
  }

  #failed(): void {
    this.counts.skipped++;
    this.counts.failed++;
  }

  #tooLarge(): void {
    this.counts.skipped++;
    this.counts.tooLarge++;
  }

  /** What follows a map: the recorded address to compare, and accesses made up for the master. */
  #after(handle: number, dma: number, dir: number, device: number): void {
    if (this.#expect) this.#out.put(Op.Expect, 0, device, handle, dma % 2 ** 32, 0);
    for (let n = 0; n < this.#times; n++) {
      if (dir === 0 || dir === 1) this.#out.put(Op.DevRead, 0, device, handle, 0, 0);
      if (dir === 0 || dir === 2) this.#out.put(Op.DevWrite, 0, device, handle, 0, 0);
    }
  }

  #unmap(ev: TraceEvent, op: number): void {
    const device = this.#index(ev.device);
    const entry = this.live.byDma(device, ev.dmaAddr, ev.size);
    if (entry === null) {
      this.counts.beforeRecording++;
      return;
    }
    this.counts.replayed++;
    this.#out.put(op, asMapped(ev.dir), device, entry.handle, 0, Math.min(ev.size, MOST_BYTES));
    this.live.remove(entry);
  }

  #alloc(ev: TraceEvent): void {
    const runs = this.#claim(ev.task, ev.dmaAddr, ev.size);
    if (ev.virtNull !== 0 || ev.dmaAddr >= FAILED_64) {
      this.#failed();
      return;
    }
    if (ev.size > MOST_BYTES) {
      this.#tooLarge();
      return;
    }
    this.counts.replayed++;
    const device = this.#index(ev.device);
    const entry = this.live.add({
      kind: "alloc",
      device,
      dma: ev.dmaAddr,
      size: ev.size,
      firstPhys: 0,
      lastPhys: 0,
      nents: 1,
    });
    for (const run of runs) this.#out.put(Op.FeedPages, 0, device, this.#renumber.of(run.pa), run.size, 0);
    this.#prefix(ev.attrs, ev.gfp);
    this.#out.put(Op.Alloc, 0, device, entry.handle, ev.size, 0);
    this.#after(entry.handle, ev.dmaAddr, 0, device);
  }

  #free(ev: TraceEvent): void {
    if (ev.dmaAddr === 0 && ev.size === 0) {
      this.counts.skipped++;
      return;
    }
    const device = this.#index(ev.device);
    const entry = this.live.byDma(device, ev.dmaAddr, ev.size);
    if (entry === null) {
      this.counts.beforeRecording++;
      return;
    }
    this.counts.replayed++;
    this.#out.put(Op.Free, 0, device, entry.handle, 0, 0);
    this.live.remove(entry);
  }

  #mapSg(ev: TraceEvent): void {
    const dma = ev.dmaAddrs.length > 0 ? ev.dmaAddrs.at[0]! : -1;
    let total = 0;
    let largest = 0;
    for (let i = 0; i < ev.sizes.length; i++) {
      total += ev.sizes.at[i]!;
      largest = Math.max(largest, ev.sizes.at[i]!);
    }
    const runs = this.#claim(ev.task, dma, total);
    const nents = ev.physAddrs.length;
    if (nents === 0 || dma < 0 || total === 0 || ev.dir === DIR_NONE) {
      this.#failed();
      return;
    }
    const lengths = entryLengths(ev.physAddrs, ev.sizes, total, runs);
    const guest = lengths.map((_, i) => this.#renumber.of(ev.physAddrs.at[i]!));
    if (nents > MOST_ENTRIES || total > MOST_BYTES || !guest.every((pa, i) => fits(pa, lengths[i]!))) {
      this.#tooLarge();
      return;
    }
    this.counts.replayed++;
    const device = this.#index(ev.device);
    const full = (ev.fields & Field.Nents) !== 0 && ev.fullNents > nents ? ev.fullNents : nents;
    const entry = this.live.add({
      kind: "sg",
      device,
      dma,
      size: total,
      firstPhys: ev.physAddrs.at[0]!,
      // The last address of a truncated list is not told; its unmap tells all.
      lastPhys: full === nents ? ev.physAddrs.at[nents - 1]! : -1,
      nents: full,
    });
    this.#prefix(ev.attrs, 0);
    this.#out.put(Op.SgBegin, ev.dir, device, entry.handle, nents, largest > 65536 ? 0xffff_ffff : 0);
    for (let i = 0; i < nents; i++) {
      this.#out.put(Op.SgEntry, 0, device, guest[i]!, lengths[i]!, 0);
    }
    this.#out.put(Op.SgEnd, ev.dir, device, entry.handle, 0, 0);
    this.#after(entry.handle, dma, ev.dir, device);
  }

  #unmapSg(ev: TraceEvent): void {
    const device = this.#index(ev.device);
    const n = ev.physAddrs.length;
    const entry = n === 0 ? null : this.live.byPhys(device, ev.physAddrs.at[0]!, ev.physAddrs.at[n - 1]!, n);
    if (entry === null) {
      this.counts.beforeRecording++;
      return;
    }
    this.counts.replayed++;
    this.#out.put(Op.UnmapSg, asMapped(ev.dir), device, entry.handle, 0, 0);
    this.live.remove(entry);
  }

  #sync(ev: TraceEvent, forDevice: boolean, dma: number, size: number): void {
    const device = this.#index(ev.device);
    const entry = this.live.containing(device, dma);
    if (entry === null) {
      this.counts.beforeRecording++;
      return;
    }
    this.counts.replayed++;
    const op = forDevice ? Op.SyncForDevice : Op.SyncForCpu;
    const offset = entry.kind === "sg" ? 0 : dma - entry.dma;
    this.#out.put(op, asMapped(ev.dir), device, entry.handle, offset, Math.min(size, MOST_BYTES));
  }
}
