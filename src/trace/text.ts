// The text form of the op stream: one op a line, made for people; every record has exactly one line.
//
//   # sysmmu op stream 1
//   device 0 fimc0                       names of the device field, before their first use
//   label 1 capture buffer               names of labels
//   map dev=0 dir=1 handle=0x0 pa=0x40001000 size=0x1000
//   unmap dev=0 dir=255 handle=0x0       operands that are 0 are left out
//
// Blank lines and lines that begin with # are skipped. Numbers are decimal or 0x hex.
//
// Not modelled: expressions, includes.

import { TraceError } from "./error.js";
import { CHUNK_RECORDS } from "./opcodes.js";
import { isOp, namesDevice, OP_BY_NAME, OPS } from "./opstream.js";
import { RecordBuffer } from "./record.js";

/** First line of a text op stream. */
export const TEXT_MAGIC = "# sysmmu op stream 1";

/** True when `bytes` begin like a text op stream. */
export function isTextStream(bytes: Uint8Array): boolean {
  const head = new TextDecoder().decode(bytes.subarray(0, TEXT_MAGIC.length - 1));
  return head === TEXT_MAGIC.slice(0, -1);
}

/** Maps of a reader: what the stream calls N is what the machine calls M. */
export interface StreamNames {
  device: (name: string) => number;
  label?: (text: string) => number;
}

/** Reads a text op stream from byte chunks. */
export class TextReader {
  records = 0;
  lines = 0;
  readonly byType: Record<string, number> = {};
  readonly #name: string;
  readonly #names: StreamNames;
  readonly #decoder = new TextDecoder();
  readonly #out = new RecordBuffer(CHUNK_RECORDS);
  readonly #devices = new Map<number, number>();
  readonly #labels = new Map<number, number>();
  #carry = "";

  constructor(name: string, names: StreamNames) {
    this.#name = name;
    this.#names = names;
  }

  /** Takes a chunk; returns chunks of records that are full. */
  *feed(bytes: Uint8Array): Generator<Uint32Array> {
    const text = this.#carry + this.#decoder.decode(bytes, { stream: true });
    const lines = text.split("\n");
    this.#carry = lines.pop()!;
    for (const line of lines) this.#line(line);
    for (let full = this.#out.take(); full !== undefined; full = this.#out.take()) yield full;
  }

  /** The input is over. */
  *end(): Generator<Uint32Array> {
    if (this.#carry !== "") this.#line(this.#carry);
    for (let rest = this.#out.finish(); rest !== undefined; rest = this.#out.finish()) yield rest;
  }

  #line(raw: string): void {
    this.lines++;
    const line = raw.trim();
    if (line === "") return;
    if (line[0] === "#") {
      if (this.lines === 1 && line !== TEXT_MAGIC) this.#fail(`version of the op stream is not 1`, line);
      return;
    }
    const words = line.split(/\s+/);
    const name = words[0]!;
    if (name === "device" || name === "label") {
      const n = this.#number(words[1] ?? "", line);
      const text = line.slice(line.indexOf(words[1]!, name.length) + words[1]!.length).trim();
      if (text === "") this.#fail(`${name} without a name`, line);
      if (name === "device") this.#devices.set(n, this.#names.device(text));
      else this.#labels.set(n, this.#names.label?.(text) ?? 0);
      return;
    }
    const op = OP_BY_NAME.get(name);
    if (op === undefined) this.#fail(`unknown op ${name}`, line);
    this.#record(op, words, line);
  }

  #record(op: number, words: readonly string[], line: string): void {
    const { operands } = OPS[op]!;
    const values = [0, 0, 0];
    let device = 0;
    let dir = 0;
    for (const word of words.slice(1)) {
      const equal = word.indexOf("=");
      const key = word.slice(0, Math.max(0, equal));
      const value = this.#number(word.slice(equal + 1), line);
      const operand = operands.indexOf(key);
      if (equal > 0 && operand >= 0) values[operand] = value;
      else if (key === "dev" && value < 65536) device = value;
      else if (key === "dir" && value < 256) dir = value;
      else this.#fail(`${OPS[op]!.name} has no operand ${word}`, line);
    }
    if (namesDevice(op)) device = this.#devices.get(device) ?? device;
    if (op === 1 || op === 21) {
      const at = op === 1 ? 1 : 0;
      values[at] = this.#labels.get(values[at]!) ?? values[at]!;
    }
    this.#out.put(op, dir, device, values[0]!, values[1]!, values[2]!);
    this.records++;
    this.byType[OPS[op]!.name] = (this.byType[OPS[op]!.name] ?? 0) + 1;
  }

  #number(text: string, line: string): number {
    const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value <= 0xffff_ffff)) this.#fail(`not a 32-bit number: ${text}`, line);
    return value;
  }

  #fail(what: string, text: string): never {
    throw new TraceError(what, { file: this.#name, line: this.lines, text });
  }
}

/** Names for a writer: devices by index, labels by number. */
export interface WriterNames {
  readonly devices: readonly string[];
  readonly labels: readonly string[];
}

/** Header lines of a text op stream. */
export function textHeader(names: WriterNames): string {
  let out = `${TEXT_MAGIC}\n`;
  for (const [n, name] of names.devices.entries()) out += `device ${n} ${name}\n`;
  for (const [n, label] of names.labels.entries()) if (label !== "") out += `label ${n} ${label}\n`;
  return out;
}

/** Lines of `records` (four words each). Throws RangeError for a word that is no op. */
export function textLines(records: Uint32Array): string {
  let out = "";
  for (let at = 0; at + 3 < records.length; at += 4) {
    const head = records[at]!;
    const op = head & 0xff;
    if (!isOp(op)) throw new RangeError(`record ${at / 4}: ${op} is no op`);
    const { name, operands } = OPS[op]!;
    out += name;
    if (head >>> 16 !== 0) out += ` dev=${head >>> 16}`;
    if (((head >>> 8) & 0xff) !== 0) out += ` dir=${(head >>> 8) & 0xff}`;
    for (let i = 0; i < 3; i++) {
      const value = records[at + 1 + i]!;
      if (value !== 0) out += ` ${operands[i]}=0x${value.toString(16)}`;
    }
    out += "\n";
  }
  return out;
}
