// The binary form of the op stream: a header and the records as they are.
//
//   0  "SYSMMUOP"     8 version 1 (u32)    12 devices   16 labels   20 bytes of names
//  24  records (u64, all ones: not known when it was written)
//  32  names: devices then labels, UTF-8, each ended by a 0 byte; padded with 0 to 16
//      records, 16 bytes each, to the end
//
// Everything little endian. Gzip is undone before (source.ts).
//
// Not modelled: checksums; gzip has one.

import { TraceError } from "./error.js";
import { CHUNK_RECORDS, RECORD_BYTES } from "./opcodes.js";
import { labelWord, namesDevice, OPS } from "./opstream.js";
import { StreamCheck } from "./stream-check.js";
import type { StreamNames, WriterNames } from "./text.js";

const MAGIC = "SYSMMUOP";
const VERSION = 1;
const HEADER = 32;
const UNKNOWN = 2 ** 64;

/** True when `bytes` begin like a binary op stream. */
export function isBinaryStream(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && MAGIC.startsWith(new TextDecoder("latin1").decode(bytes.subarray(0, 8)));
}

/** Reads a binary op stream from byte chunks. */
export class BinaryReader {
  records = 0;
  readonly lines = 0;
  readonly #counts = new Array<number>(OPS.length).fill(0);
  readonly #name: string;
  readonly #names: StreamNames;
  #carry = new Uint8Array(0);
  #header = false;
  #promised = UNKNOWN;
  #devices: number[] = [];
  #labels: number[] = [];
  readonly #check: StreamCheck;

  constructor(name: string, names: StreamNames) {
    this.#name = name;
    this.#names = names;
    this.#check = new StreamCheck({
      device: (number) => number < this.#devices.length,
      label: (number) => number < this.#labels.length,
      sysmmus: () => names.sysmmus?.(),
      dramBytes: names.dramBytes,
    });
  }

  /** Records by the name of their op. */
  get byType(): Record<string, number> {
    return Object.fromEntries(
      OPS.flatMap(({ name }, op): [string, number][] =>
        this.#counts[op]! > 0 ? [[name, this.#counts[op]!]] : [],
      ),
    );
  }

  /** Takes a chunk; returns the records it completes. */
  *feed(bytes: Uint8Array): Generator<Uint32Array> {
    let all = bytes;
    if (this.#carry.length > 0) {
      all = new Uint8Array(this.#carry.length + bytes.length);
      all.set(this.#carry);
      all.set(bytes, this.#carry.length);
    }
    let at = 0;
    if (!this.#header) {
      at = this.#readHeader(all);
      if (at < 0) {
        this.#carry = all.slice();
        return;
      }
    }
    while (all.length - at >= RECORD_BYTES) {
      const n = Math.min(CHUNK_RECORDS, Math.floor((all.length - at) / RECORD_BYTES));
      // A copy: aligned, little endian on every machine that runs Wasm.
      const words = new Uint32Array(all.slice(at, at + n * RECORD_BYTES).buffer);
      this.#translate(words);
      at += n * RECORD_BYTES;
      this.records += n;
      yield words;
    }
    this.#carry = all.slice(at);
  }

  /** The input is over; throws TraceError when it ended too early. */
  end(): Uint32Array[] {
    if (!this.#header) throw new TraceError("truncated: the header is not complete", { file: this.#name });
    if (this.#carry.length > 0) {
      throw new TraceError(`truncated: ${this.#carry.length} bytes after the last whole record`, {
        file: this.#name,
      });
    }
    if (this.#promised !== UNKNOWN && this.#promised !== this.records) {
      throw new TraceError(`truncated: ${this.records} records, the header promises ${this.#promised}`, {
        file: this.#name,
      });
    }
    return [];
  }

  #readHeader(all: Uint8Array): number {
    if (all.length < HEADER) return -1;
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    if (new TextDecoder("latin1").decode(all.subarray(0, 8)) !== MAGIC) {
      throw new TraceError("not an op stream", { file: this.#name });
    }
    const version = view.getUint32(8, true);
    if (version !== VERSION) {
      throw new TraceError(`op stream of version ${version}, this reader knows ${VERSION}`, {
        file: this.#name,
      });
    }
    const devices = view.getUint32(12, true);
    const labels = view.getUint32(16, true);
    const bytes = view.getUint32(20, true);
    if (bytes > 1 << 24)
      throw new TraceError(`header promises ${bytes} bytes of names`, { file: this.#name });
    const end = HEADER + Math.ceil(bytes / 16) * 16;
    if (all.length < end) return -1;
    const texts = new TextDecoder().decode(all.subarray(HEADER, HEADER + bytes)).split("\0");
    if (texts.length !== devices + labels + 1) {
      throw new TraceError(`header promises ${devices + labels} names, ${texts.length - 1} are there`, {
        file: this.#name,
      });
    }
    const low = view.getUint32(24, true);
    const high = view.getUint32(28, true);
    this.#promised = low === 0xffff_ffff && high === 0xffff_ffff ? UNKNOWN : high * 2 ** 32 + low;
    if (devices > 65536) throw new TraceError(`header names ${devices} devices`, { file: this.#name });
    try {
      this.#devices = texts.slice(0, devices).map((text) => this.#names.device(text));
    } catch (cause) {
      // The machine has no room for one: say in which file.
      if (!(cause instanceof TraceError) || cause.file !== "") throw cause;
      throw new TraceError(cause.message, { file: this.#name });
    }
    this.#labels = texts.slice(devices, devices + labels).map((text) => this.#names.label?.(text) ?? 0);
    this.#header = true;
    return end;
  }

  #translate(words: Uint32Array): void {
    for (let at = 0; at < words.length; at += 4) {
      const head = words[at]!;
      const op = head & 0xff;
      const problem = this.#check.problem(head, words[at + 1]!, words[at + 2]!, words[at + 3]!);
      if (problem !== "") {
        throw new TraceError(`record ${this.records + at / 4}: ${problem}`, { file: this.#name });
      }
      this.#counts[op]!++;
      if (namesDevice(op)) {
        const device = this.#devices[head >>> 16] ?? 0;
        words[at] = ((head & 0xffff) | (device << 16)) >>> 0;
      }
      const label = labelWord(op);
      if (label > 0) words[at + label] = this.#labels[words[at + label]!] ?? 0;
    }
  }
}

/** Header of a binary op stream; `records` when known. */
export function binaryHeader(names: WriterNames, records?: number): Uint8Array {
  const text = new TextEncoder().encode(
    [...names.devices, ...names.labels].map((name) => `${name}\0`).join(""),
  );
  const out = new Uint8Array(HEADER + Math.ceil(text.length / 16) * 16);
  out.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(out.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, names.devices.length, true);
  view.setUint32(16, names.labels.length, true);
  view.setUint32(20, text.length, true);
  view.setUint32(24, records === undefined ? 0xffff_ffff : records >>> 0, true);
  view.setUint32(28, records === undefined ? 0xffff_ffff : Math.floor(records / 2 ** 32), true);
  out.set(text, HEADER);
  return out;
}

/** The bytes of records, as the binary form has them. */
export function binaryRecords(records: Uint32Array): Uint8Array {
  return new Uint8Array(records.buffer, records.byteOffset, records.byteLength);
}
