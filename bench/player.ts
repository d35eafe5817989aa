// Op-stream records played through the public API, one call each: what a script would do.

import { DmaAllocation } from "../src/dma/allocation.js";
import { DMA_MAPPING_ERROR, type DmaDirection } from "../src/dma/direction.js";
import type { ScatterlistEntry } from "../src/dma/scatterlist.js";
import type { Device } from "../src/machine/device.js";
import { DIRECTION_AS_MAPPED, Op, RECORD_WORDS } from "../src/trace/opcodes.js";

/** max_segment_size where a record names none. */
const MAX_SEGMENT = 65536;

interface Held {
  readonly device: Device;
  readonly direction: DmaDirection;
  readonly attrs: number;
  readonly what: number | ScatterlistEntry[] | DmaAllocation;
  readonly size: number;
}

/** Plays records; keeps what each handle is. */
export class RecordPlayer {
  readonly #devices: readonly Device[];
  readonly #feed: (pa: number, bytes: number) => void;
  readonly #held = new Map<number, Held>();
  #attrs = 0;
  #list: ScatterlistEntry[] = [];
  #listHandle = 0;

  /** `feed` hands a page block to the next allocation. */
  constructor(devices: readonly Device[], feed: (pa: number, bytes: number) => void) {
    this.#devices = devices;
    this.#feed = feed;
  }

  /** Executes records in order. */
  run(records: Uint32Array): void {
    for (let at = 0; at < records.length; at += RECORD_WORDS) {
      const head = records[at]!;
      this.#one(head, records[at + 1]!, records[at + 2]!, records[at + 3]!);
    }
  }

  #one(head: number, w1: number, w2: number, w3: number): void {
    const device = this.#devices[head >>> 16]!;
    const direction = ((head >>> 8) & 0xff) as DmaDirection;
    switch (head & 0xff) {
      case Op.Prefix:
        this.#attrs = w1;
        break;
      case Op.Map:
        this.#keep(w1, device, direction, w3, (attrs) => device.dma.mapSingle(w2, w3, direction, attrs));
        break;
      case Op.SgBegin:
        this.#list = [];
        this.#listHandle = w1;
        device.dma.maxSegSize = w3 === 0 ? MAX_SEGMENT : w3;
        break;
      case Op.SgEntry:
        this.#list.push({ pa: w1 & ~0xfff, offset: w1 & 0xfff, length: w2 });
        break;
      case Op.SgEnd:
        this.#keep(this.#listHandle, device, direction, 0, (attrs) =>
          device.dma.mapSg(this.#list, direction, attrs) > 0 ? this.#list : DMA_MAPPING_ERROR,
        );
        break;
      case Op.FeedPages:
        this.#feed(w1, w2);
        break;
      case Op.Alloc:
        this.#keep(w1, device, 0, w2, (attrs) => device.dma.alloc(w2, attrs) ?? DMA_MAPPING_ERROR);
        break;
      case Op.Unmap:
      case Op.UnmapSg:
      case Op.Free:
        this.#end(w1, direction);
        break;
      case Op.SyncForCpu:
      case Op.SyncForDevice:
        this.#sync(w1, direction, w2, w3, (head & 0xff) === Op.SyncForDevice);
        break;
      default:
        break;
    }
  }

  #keep(
    handle: number,
    device: Device,
    direction: DmaDirection,
    size: number,
    make: (attrs: number) => Held["what"],
  ): void {
    const attrs = this.#attrs;
    this.#attrs = 0;
    const what = make(attrs);
    if (what !== DMA_MAPPING_ERROR) this.#held.set(handle, { device, direction, attrs, what, size });
  }

  #end(handle: number, asked: number): void {
    const held = this.#held.get(handle);
    if (held === undefined) return;
    this.#held.delete(handle);
    const direction = asked === DIRECTION_AS_MAPPED ? held.direction : (asked as DmaDirection);
    const { dma } = held.device;
    if (typeof held.what === "number") dma.unmapSingle(held.what, held.size, direction, held.attrs);
    else if (held.what instanceof DmaAllocation) dma.free(held.what);
    else dma.unmapSg(held.what, direction, held.attrs);
  }

  #sync(handle: number, asked: number, offset: number, size: number, forDevice: boolean): void {
    const held = this.#held.get(handle);
    if (held === undefined || held.what instanceof DmaAllocation) return;
    const direction = asked === DIRECTION_AS_MAPPED ? held.direction : (asked as DmaDirection);
    const { dma } = held.device;
    if (typeof held.what === "number") {
      const bytes = size === 0 ? held.size - offset : size;
      if (forDevice) dma.syncSingleRangeForDevice(held.what, offset, bytes, direction);
      else dma.syncSingleRangeForCpu(held.what, offset, bytes, direction);
    } else if (forDevice) dma.syncSgForDevice(held.what, direction);
    else dma.syncSgForCpu(held.what, direction);
  }
}
