// The text form of the op stream: one op a line, made for people; every record has exactly one line.
//
//   # sysmmu op stream 1
//   device 0 fimc0                       names of the device field, before their first use
//   label 1 capture buffer               names of labels
//   map dev=0 dir=1 handle=0x0 pa=0x40001000 size=0x1000
//   unmap dir=255 handle=0x0             operands an op can do without are left out when they are 0
//
// Blank lines and lines that begin with # are skipped. Numbers are decimal or 0x hex.
//
// Not modelled: expressions, includes.

import { TraceError } from "./error.js";
import { CHUNK_RECORDS } from "./opcodes.js";
import { isOp, labelWord, namesDevice, OP_BY_NAME, OPS, operandNames } from "./opstream.js";
import { RecordBuffer } from "./record.js";
import { StreamCheck } from "./stream-check.js";

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
  /** System MMUs that register accesses can name; undefined: not known. */
  sysmmus?: () => number;
  /** Bytes of DRAM, the most that one access of the CPU may ask for; undefined: not known. */
  dramBytes?: number;
}

const MOST_DEVICES = 65536;

/** Names that a stream has given numbers, and what the machine calls them. */
class Declarations {
  readonly #names = new Map<number, string>();
  readonly #numbers = new Map<number, number>();

  has(number: number): boolean {
    return this.#numbers.has(number);
  }
  name(number: number): string | undefined {
    return this.#names.get(number);
  }
  get(number: number): number | undefined {
    return this.#numbers.get(number);
  }
  set(number: number, name: string, machine: number): void {
    this.#names.set(number, name);
    this.#numbers.set(number, machine);
  }
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
  readonly #devices = new Declarations();
  readonly #labels = new Declarations();
  readonly #check: StreamCheck;
  #carry = "";

  constructor(name: string, names: StreamNames) {
    this.#name = name;
    this.#names = names;
    this.#check = new StreamCheck({
      device: (number) => this.#devices.has(number),
      label: (number) => this.#labels.has(number),
      sysmmus: () => names.sysmmus?.(),
      dramBytes: names.dramBytes,
    });
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
      this.#declare(name, words, line);
      return;
    }
    const op = OP_BY_NAME.get(name);
    if (op === undefined) this.#fail(`unknown op ${name}`, line);
    this.#record(op, words, line);
  }

  #declare(kind: "device" | "label", words: readonly string[], line: string): void {
    const [, number] = words;
    if (number === undefined) this.#fail(`${kind} without a number`, line);
    const n = this.#number(`${kind} number`, number, line);
    if (kind === "device" && n >= MOST_DEVICES) {
      this.#fail(`device number ${n} is out of range, 0 to ${MOST_DEVICES - 1}`, line);
    }
    const text = line.slice(line.indexOf(number, kind.length) + number.length).trim();
    if (text === "") this.#fail(`${kind} without a name`, line);
    const declared = kind === "device" ? this.#devices : this.#labels;
    const before = declared.name(n);
    if (before === text) return;
    if (before !== undefined) this.#fail(`${kind} ${n} is ${JSON.stringify(before)} already`, line);
    try {
      declared.set(n, text, (kind === "device" ? this.#names.device : this.#names.label)?.(text) ?? 0);
    } catch (cause) {
      // The machine has no room for it: say where.
      if (cause instanceof TraceError && cause.file === "") this.#fail(cause.message, line);
      throw cause;
    }
  }

  #record(op: number, words: readonly string[], line: string): void {
    const description = OPS[op]!;
    const { name, operands, required } = description;
    const values = [0, 0, 0];
    const given = new Set<string>();
    let device = 0;
    let dir = 0;
    for (const word of words.slice(1)) {
      const equal = word.indexOf("=");
      const key = equal < 0 ? word : word.slice(0, equal);
      if (!operandNames(description).includes(key)) {
        const all = operandNames(description).join(", ");
        this.#fail(`${name} has no operand ${word}; it takes ${all === "" ? "none" : all}`, line);
      }
      if (given.has(key)) this.#fail(`${name} has ${key} twice`, line);
      given.add(key);
      const value = this.#number(key, equal < 0 ? "" : word.slice(equal + 1), line);
      if (key === "dev") device = this.#upTo(MOST_DEVICES - 1, key, value, line);
      else if (key === "dir") dir = this.#upTo(255, key, value, line);
      else values[operands.indexOf(key)] = value;
    }
    const missing = required.filter((key) => !given.has(key));
    if (missing.length > 0) this.#fail(`${name} without ${missing.join(", ")}`, line);
    const head = (op | (dir << 8) | (device << 16)) >>> 0;
    let problem = this.#check.problem(head, values[0]!, values[1]!, values[2]!);
    // 0 left out and 0 typed are the same record; who types it means a device.
    if (problem === "" && given.has("dev") && namesDevice(op) && !this.#devices.has(device)) {
      problem = `${name}: device ${device} is not declared`;
    }
    if (problem !== "") this.#fail(problem, line);
    if (namesDevice(op)) device = this.#devices.get(device) ?? 0;
    const label = labelWord(op) - 1;
    if (label >= 0) values[label] = this.#labels.get(values[label]!) ?? 0;
    this.#out.put(op, dir, device, values[0]!, values[1]!, values[2]!);
    this.records++;
    this.byType[name] = (this.byType[name] ?? 0) + 1;
  }

  #upTo(most: number, key: string, value: number, line: string): number {
    if (value > most) this.#fail(`${key}=${value} is out of range, 0 to ${most}`, line);
    return value;
  }

  #number(what: string, text: string, line: string): number {
    if (text === "") this.#fail(`${what} without a value`, line);
    const value = /^(0x[0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (!(value <= 0xffff_ffff))
      this.#fail(`${what} is not a 32-bit number, got ${JSON.stringify(text)}`, line);
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
    const { name, operands, required, device, direction } = OPS[op]!;
    const dev = head >>> 16;
    const dir = (head >>> 8) & 0xff;
    out += name;
    if (dev !== 0 || device === "used" || device === "instance") out += ` dev=${dev}`;
    if (dir !== 0 || direction === "map") out += ` dir=${dir}`;
    for (let i = 0; i < 3; i++) {
      const key = operands[i]!;
      const value = records[at + 1 + i]!;
      if (value !== 0 || required.includes(key)) out += ` ${key}=0x${value.toString(16)}`;
    }
    out += "\n";
  }
  return out;
}
