// Reads the fields after an event's name into a TraceEvent.
//
//   dma_map_sg: DEV dir=D nents=a/b ents=c/d [TRUNCATED] dma_addrs={0x..,..} sizes={0x..} phys_addrs={..} attrs=A|B
//   map: IOMMU: iova=0x.. - 0x.. paddr=0x.. size=4096
//   trace-cmd:  [FAILED TO PARSE] device=DEV full_nents=1 ... phys_addrs=ARRAY[00, 10, ...] dir=2 attrs=0x0
//
// Fields are told by name, so that their order and additions of later kernels do not matter. Numbers: dma
// addresses are hex without 0x, sizes decimal; 0x makes either hex (Linux 3.13 prints sizes so).

import { attributeBit } from "./attribute-bits.js";
import { Ev, Field, type NumberList, type TraceEvent } from "./events.js";
import type { NameTable } from "./names.js";
import { GFP_ATOMIC } from "./opcodes.js";

const SPACE = 32;
const EQUAL = 61;

// Keys by length and their first and last letters: unique among the known ones.
function keyOf(b: Uint8Array, start: number, end: number): number {
  return ((end - start) << 16) | (b[start]! << 8) | b[end - 1]!;
}
function key(name: string): number {
  return (name.length << 16) | (name.charCodeAt(0) << 8) | name.charCodeAt(name.length - 1);
}
const K_DIR = key("dir");
const K_DMA_ADDR = key("dma_addr");
// dev_addr of swiotlb_bounced has the letters of dma_addr, addrs of a raw dma_unmap_sg those of attrs:
// the second letter tells.
const K_SIZE = key("size");
const K_PHYS_ADDR = key("phys_addr");
const K_VIRT_ADDR = key("virt_addr");
const K_ATTRS = key("attrs");
const K_DMA_ADDRS = key("dma_addrs");
const K_SIZES = key("sizes");
const K_LENGTHS = key("lengths");
const K_PHYS_ADDRS = key("phys_addrs");
const K_IOVA = key("iova");
const K_PADDR = key("paddr");
const K_DEVICE = key("device");
const K_GROUP = key("groupID");
const K_FLAGS = key("flags");
const K_UNMAPPED = key("unmapped_size");
const K_NENTS = key("nents");
const K_ENTS = key("ents");
const K_FULL_NENTS = key("full_nents");
const K_FULL_ENTS = key("full_ents");
const K_TRUNCATED = key("truncated");
const K_ERR = key("err");
const K_DMA_MASK = key("dma_mask");

/** Reads fields; one reader per parser. */
export class FieldReader {
  readonly #devices: NameTable;
  /** Attribute names that no bit is known for. */
  unknownAttributes = 0;
  /** Field whose value could not be read, as a bit; 0 none. */
  bad = 0;
  #at = 0;

  constructor(devices: NameTable) {
    this.#devices = devices;
  }

  /** Reads [start, end) into `ev` (type set); false when a value is malformed (`bad` says which). */
  read(b: Uint8Array, start: number, end: number, ev: TraceEvent): boolean {
    ev.fields = 0;
    ev.device = -1;
    ev.attrs = 0;
    ev.gfp = 0;
    ev.virtNull = 0;
    ev.fullNents = -1;
    ev.fullEnts = -1;
    ev.truncated = 0;
    this.bad = 0;
    this.#at = this.#skipHead(b, start, end, ev);
    while (this.#at < end) {
      let at = this.#at;
      while (at < end && b[at] === SPACE) at++;
      const from = at;
      while (at < end && b[at] !== EQUAL && b[at] !== SPACE) at++;
      if (at >= end || b[at] === SPACE) {
        this.#word(b, from, at, ev);
        this.#at = at + 1;
        continue;
      }
      this.#at = at + 1;
      if (!this.#value(b, keyOf(b, from, at), b[from + 1]!, end, ev)) return false;
    }
    return true;
  }

  /** The device in front of the fields, in its three forms. */
  #skipHead(b: Uint8Array, start: number, end: number, ev: TraceEvent): number {
    let at = start;
    if (ev.type <= Ev.IoPageFault) {
      // "IOMMU:", and glued to it a driver or device
      while (at < end && b[at] !== 58) {
        if (b[at] === SPACE || b[at] === EQUAL) return start;
        at++;
      }
      at++;
      const from = at;
      while (at < end && b[at] !== SPACE && b[at] !== EQUAL) at++;
      if (b[at] === EQUAL || at >= end) return from;
      let name = from;
      let nameEnd = at;
      if (ev.type === Ev.IoPageFault) {
        name = at + 1;
        nameEnd = name;
        while (nameEnd < end && b[nameEnd] !== SPACE) nameEnd++;
      }
      if (nameEnd > name && nameEnd < end) this.#device(b, name, nameEnd, ev);
      return nameEnd;
    }
    if (b[at] === 91 /* [FAILED TO PARSE] */) {
      while (at < end && b[at] !== 93) at++;
      return at + 1;
    }
    if (ev.type === Ev.SwiotlbBounced) {
      while (at < end && b[at] !== SPACE && b[at] !== EQUAL) at++;
      if (b[at] === EQUAL) return start;
      while (at < end && b[at] === SPACE) at++;
    }
    const from = at;
    while (at < end && b[at] !== SPACE && b[at] !== EQUAL) at++;
    if (b[at] === EQUAL) return from;
    if (at > from && at < end) this.#device(b, from, at, ev);
    return at;
  }

  #device(b: Uint8Array, from: number, to: number, ev: TraceEvent): void {
    ev.device = this.#devices.intern(b, from, to);
    ev.fields |= Field.Device;
  }

  #word(b: Uint8Array, from: number, to: number, ev: TraceEvent): void {
    if (to - from === 11 && b[from] === 91 && b[from + 1] === 84 /* [TRUNCATED] */) ev.truncated = 1;
  }

  #value(b: Uint8Array, k: number, second: number, end: number, ev: TraceEvent): boolean {
    switch (k) {
      case K_IOVA:
        ev.iova = this.#number(b, end, 16);
        return this.#done(b, end, Field.Iova, ev);
      case K_PADDR:
        ev.paddr = this.#number(b, end, 16);
        return this.#done(b, end, Field.Paddr, ev);
      case K_SIZE:
        ev.size = this.#number(b, end, 10);
        // All ones, -1 to who wrote it: no size at all.
        if (ev.size > Number.MAX_SAFE_INTEGER) return this.#fail(Field.Size);
        return this.#done(b, end, Field.Size, ev);
      case K_UNMAPPED:
        ev.unmappedSize = this.#number(b, end, 10);
        return this.#done(b, end, Field.UnmappedSize, ev);
      case K_DIR:
        ev.dir = this.#direction(b, end);
        return this.#done(b, end, Field.Dir, ev);
      case K_DMA_ADDR:
        ev.dmaAddr = this.#number(b, end, 16);
        return this.#done(b, end, second === 101 /* e */ ? Field.DevAddr : Field.DmaAddr, ev);
      case K_PHYS_ADDR:
        ev.physAddr = this.#number(b, end, 16);
        return this.#done(b, end, Field.PhysAddr, ev);
      case K_VIRT_ADDR:
        ev.virtNull = this.#nullPointer(b, end);
        ev.fields |= Field.VirtAddr;
        return true;
      case K_ATTRS:
        if (second === 100 /* addrs */) return this.#list(b, end, ev.physAddrs, 8, Field.PhysAddrs, ev);
        ev.attrs = this.#attributes(b, end);
        ev.fields |= Field.Attrs;
        return true;
      case K_DMA_ADDRS:
        return this.#list(b, end, ev.dmaAddrs, 8, Field.DmaAddrs, ev);
      case K_SIZES:
      case K_LENGTHS:
        return this.#list(b, end, ev.sizes, 4, Field.Sizes, ev);
      case K_PHYS_ADDRS:
        return this.#list(b, end, ev.physAddrs, 8, Field.PhysAddrs, ev);
      case K_DEVICE: {
        const from = this.#at;
        const to = this.#tokenEnd(b, end);
        if (to === from) return this.#fail(Field.Device);
        this.#device(b, from, to, ev);
        return true;
      }
      case K_GROUP:
        ev.group = this.#number(b, end, 10);
        return this.#done(b, end, Field.Group, ev);
      case K_FLAGS:
        if (ev.type === Ev.IoPageFault) {
          ev.flags = this.#number(b, end, 16);
          return this.#done(b, end, Field.Flags, ev);
        }
        ev.gfp = this.#gfp(b, end);
        return true;
      case K_NENTS:
        ev.fullNents = this.#pair(b, end);
        return this.#done(b, end, Field.Nents, ev);
      case K_ENTS:
        ev.fullEnts = this.#pair(b, end);
        return this.#done(b, end, Field.Ents, ev);
      case K_FULL_NENTS:
        ev.fullNents = this.#number(b, end, 10);
        return this.#done(b, end, Field.Nents, ev);
      case K_FULL_ENTS:
        ev.fullEnts = this.#number(b, end, 10);
        return this.#done(b, end, Field.Ents, ev);
      case K_TRUNCATED:
        ev.truncated = this.#number(b, end, 10) > 0 ? 1 : 0;
        return true;
      case K_ERR:
        if (b[this.#at] === 45) this.#at++;
        this.#number(b, end, 10);
        return this.#done(b, end, Field.Err, ev);
      case K_DMA_MASK:
        this.#number(b, end, 16);
        return this.#done(b, end, Field.DmaMask, ev);
      default:
        this.#at = this.#tokenEnd(b, end);
        return true;
    }
  }

  #fail(field: number): false {
    this.bad = field;
    return false;
  }

  /** Marks `field` read when a number ended at a blank or the end. */
  #done(b: Uint8Array, end: number, field: number, ev: TraceEvent): boolean {
    if (this.#at < 0 || (this.#at < end && b[this.#at] !== SPACE)) return this.#fail(field);
    ev.fields |= field;
    return true;
  }

  #tokenEnd(b: Uint8Array, end: number): number {
    let at = this.#at;
    while (at < end && b[at] !== SPACE) at++;
    this.#at = at;
    return at;
  }

  /** A number at the read position in `base` (10 or 16; 0x makes it hex); position -1 when there is none. */
  #number(b: Uint8Array, end: number, base: number): number {
    let at = this.#at;
    let hex = base === 16;
    if (b[at] === 48 && at + 1 < end && (b[at + 1]! | 32) === 120) {
      hex = true;
      at += 2;
    }
    const first = at;
    let value = 0;
    let part = 0;
    let digits = 0;
    if (hex) {
      for (; at < end; at++) {
        const c = b[at]!;
        let d = c - 48;
        if (d < 0 || d > 9) {
          d = (c | 32) - 87;
          if (d < 10 || d > 15) break;
        }
        part = (part << 4) | d;
        if (++digits === 7) {
          value = value * 0x1000_0000 + part;
          part = 0;
          digits = 0;
        }
      }
      value = digits === 0 ? value : value * (1 << (digits << 2)) + part;
    } else {
      for (; at < end; at++) {
        const d = b[at]! - 48;
        if (d < 0 || d > 9) break;
        value = value * 10 + d;
      }
    }
    this.#at = at === first ? -1 : at;
    return value;
  }

  /** The second number of `shown/full`. */
  #pair(b: Uint8Array, end: number): number {
    const shown = this.#number(b, end, 10);
    if (this.#at < 0 || this.#at >= end || b[this.#at] !== 47 /* / */) return shown;
    this.#at++;
    return this.#number(b, end, 10);
  }

  /** A direction by name or number; unknown ones put the position to -1. */
  #direction(b: Uint8Array, end: number): number {
    const from = this.#at;
    const to = this.#tokenEnd(b, end);
    const c = b[from]!;
    if (c >= 48 && c <= 51 && to === from + 1) return c - 48;
    if (to - from === 13 && c === 66) return 0; // BIDIRECTIONAL
    if (to - from === 9 && c === 84) return 1; // TO_DEVICE
    if (to - from === 11 && c === 70) return 2; // FROM_DEVICE
    if (to - from === 4 && c === 78) return 3; // NONE
    this.#at = -1;
    return 3;
  }

  /** 1 when the pointer at the read position is NULL: zeros, (nil), (null). */
  #nullPointer(b: Uint8Array, end: number): number {
    const from = this.#at;
    const to = this.#tokenEnd(b, end);
    if (b[from] === 40) return b[from + 1] === 110 ? 1 : 0;
    for (let i = from; i < to; i++) {
      const c = b[i]!;
      if (c !== 48 && c !== 120) return 0;
    }
    return to > from ? 1 : 0;
  }

  #attributes(b: Uint8Array, end: number): number {
    let bits = 0;
    let at = this.#at;
    while (at < end && b[at] !== SPACE) {
      const from = at;
      while (at < end && b[at] !== SPACE && b[at] !== 124 /* | */) at++;
      const bit = attributeBit(b, from, at);
      if (bit < 0) this.unknownAttributes++;
      else bits |= bit;
      if (b[at] === 124 && at < end) at++;
    }
    this.#at = at;
    return bits >>> 0;
  }

  /** gfp of the op stream from the kernel's flag names: does the caller say that it cannot sleep. */
  #gfp(b: Uint8Array, end: number): number {
    const from = this.#at;
    const to = this.#tokenEnd(b, end);
    // GFP_ATOMIC, GFP_NOWAIT
    if (to - from < 10 || b[from] !== 71) return 0;
    const c = b[from + 4];
    return (c === 65 && b[from + 5] === 84) || (c === 78 && b[from + 6] === 87) ? GFP_ATOMIC : 0;
  }

  /** `{0x..,0x..}` or `ARRAY[xx, xx, ...]` of little-endian words of `bytes`. */
  #list(b: Uint8Array, end: number, list: NumberList, bytes: number, field: number, ev: TraceEvent): boolean {
    list.length = 0;
    if (b[this.#at] === 65 /* ARRAY[ */) return this.#array(b, end, list, bytes, field, ev);
    if (b[this.#at] !== 123) return this.#fail(field);
    this.#at++;
    if (b[this.#at] === 125) this.#at++;
    else {
      for (;;) {
        list.push(this.#number(b, end, 16));
        if (this.#at < 0 || this.#at >= end) return this.#fail(field);
        const c = b[this.#at++];
        if (c === 125) break;
        if (c !== 44) return this.#fail(field);
      }
    }
    return this.#done(b, end, field, ev);
  }

  #array(
    b: Uint8Array,
    end: number,
    list: NumberList,
    bytes: number,
    field: number,
    ev: TraceEvent,
  ): boolean {
    let at = this.#at;
    while (at < end && b[at] !== 91 && b[at] !== SPACE) at++;
    if (b[at] !== 91) return this.#fail(field);
    this.#at = at + 1;
    let value = 0;
    let unit = 1;
    for (let n = 0; ; ) {
      while (this.#at < end && (b[this.#at] === SPACE || b[this.#at] === 44)) this.#at++;
      if (this.#at >= end) return this.#fail(field);
      if (b[this.#at] === 93) {
        this.#at++;
        if (n !== 0) return this.#fail(field);
        return this.#done(b, end, field, ev);
      }
      value += this.#number(b, end, 16) * unit;
      if (this.#at < 0) return this.#fail(field);
      unit *= 256;
      if (++n === bytes) {
        list.push(value);
        n = 0;
        value = 0;
        unit = 1;
      }
    }
  }
}
