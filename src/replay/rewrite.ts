// What a strategy changes about the records of a stream before its machine runs them.
//
//   not iommu, or coherent   feed-pages go: ops that want one block cannot use recorded pages
//   write-combine     every alloc gets a prefix with DMA_ATTR_WRITE_COMBINE; other memory types, without it
//   cached            alloc becomes a streaming map of pages from `memory`, free its unmap
//   no-barrier        barriers become nops          no-sync     syncs become nops
//
// A workload syncs its allocations for the strategies that cache them; for the others those syncs go.
//
// Not modelled: attributes of lists and single maps are left as they are.

import { DmaAttr } from "../dma/attributes.js";
import type { StrategySettings } from "../report/types.js";
import { DIRECTION_AS_MAPPED, NO_HANDLE, Op, RECORD_WORDS } from "../trace/opcodes.js";

/** Where `cached` takes its buffers from: null when memory is exhausted. */
export interface BufferSource {
  alloc(bytes: number): number | null;
  free(pa: number, bytes: number): void;
}

/** Rewrites the chunks of one stream, in order. */
export class RecordRewriter {
  readonly #settings: StrategySettings;
  readonly #workload: boolean;
  readonly #memory: BufferSource;
  /** Attributes, label and gfp of the prefix that the next map or alloc takes. */
  #prefix: [number, number, number] = [0, 0, 0];
  /** Handles of allocations alive: the buffer behind them, or null. */
  readonly #allocations = new Map<number, { pa: number; bytes: number } | null>();
  #out = new Uint32Array(0);
  #used = 0;
  /** Buffers whose unmap has been handed out but perhaps not run. */
  #freed: { pa: number; bytes: number }[] = [];
  /** Allocations left out for want of memory (`cached`). */
  refused = 0;

  constructor(settings: StrategySettings, workload: boolean, memory: BufferSource) {
    this.#settings = settings;
    this.#workload = workload;
    this.#memory = memory;
  }

  /** True when the strategy runs streams as they are. */
  get idle(): boolean {
    const { ops, coherent, memory, barriers, syncs } = this.#settings;
    return ops === "iommu" && !coherent && memory === null && barriers && syncs && !this.#workload;
  }

  /** The records to run in place of `records`; valid until the next call. */
  rewrite(records: Uint32Array): Uint32Array {
    if (this.idle) return records;
    // At most a prefix more per record.
    if (this.#out.length < records.length * 2) this.#out = new Uint32Array(records.length * 2);
    this.#used = 0;
    for (let at = 0; at < records.length; at += RECORD_WORDS) {
      this.#one(records[at]!, records[at + 1]!, records[at + 2]!, records[at + 3]!);
    }
    return this.#out.subarray(0, this.#used);
  }

  /** The records of the last call have run: buffers they unmapped can be used again. */
  settle(): void {
    for (const { pa, bytes } of this.#freed) this.#memory.free(pa, bytes);
    this.#freed = [];
  }

  #put(w0: number, w1: number, w2: number, w3: number): void {
    const at = this.#used;
    this.#out[at] = w0;
    this.#out[at + 1] = w1;
    this.#out[at + 2] = w2;
    this.#out[at + 3] = w3;
    this.#used = at + RECORD_WORDS;
  }

  #nop(): void {
    this.#put(Op.Nop, NO_HANDLE, 0, 0);
  }

  #one(w0: number, w1: number, w2: number, w3: number): void {
    const { ops, coherent, memory, barriers, syncs } = this.#settings;
    switch (w0 & 0xff) {
      case Op.Prefix:
        this.#prefix = [w1, w2, w3];
        break;
      case Op.Map:
      case Op.MapResource:
      case Op.SgBegin:
        this.#prefix = [0, 0, 0];
        break;
      case Op.Alloc:
        this.#alloc(w0, w1, w2, w3);
        return;
      case Op.Free:
        this.#free(w0, w1, w2, w3);
        return;
      case Op.FeedPages:
        if (ops === "iommu" && !coherent && memory !== "cached") break;
        this.#nop();
        return;
      case Op.Barrier:
        if (barriers) break;
        this.#nop();
        return;
      case Op.SyncForCpu:
      case Op.SyncForDevice:
        if (syncs && !(this.#workload && this.#allocations.get(w1) === null)) break;
        this.#nop();
        return;
    }
    this.#put(w0, w1, w2, w3);
  }

  #alloc(w0: number, handle: number, size: number, w3: number): void {
    const { memory } = this.#settings;
    const [attrs, label, gfp] = this.#prefix;
    this.#prefix = [0, 0, 0];
    if (memory === "cached") {
      const pa = size === 0 ? null : this.#memory.alloc(size);
      if (pa === null) {
        this.refused++;
        this.#nop();
        return;
      }
      this.#allocations.set(handle, { pa, bytes: size });
      this.#put(((w0 & 0xffff_0000) | Op.Map) >>> 0, handle, pa, size);
      return;
    }
    this.#allocations.set(handle, null);
    if (memory !== null) {
      const combined =
        memory === "write-combine" ? attrs | DmaAttr.WriteCombine : attrs & ~DmaAttr.WriteCombine;
      this.#put(Op.Prefix, combined >>> 0, label, gfp);
    }
    this.#put(w0, handle, size, w3);
  }

  #free(w0: number, handle: number, w2: number, w3: number): void {
    const buffer = this.#allocations.get(handle);
    this.#allocations.delete(handle);
    if (buffer != null) {
      this.#freed.push(buffer);
      this.#put(((w0 & 0xffff_0000) | (DIRECTION_AS_MAPPED << 8) | Op.Unmap) >>> 0, handle, 0, 0);
    } else this.#put(w0, handle, w2, w3);
  }
}
