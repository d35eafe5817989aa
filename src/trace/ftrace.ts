// Reads ftrace text from byte chunks: lines into events, everything else counted by kind.
//
//   bytes -> lines -> prefix (prefix.ts) -> name -> fields (fields.ts) -> sink
//
// A line is an event of ours, an event of somebody else, a comment, a notice of lost events, or unknown.
// A line that carries one of our events and cannot be read is malformed: TraceError, or counted (lenient).
//
// Not modelled: function and function_graph tracer bodies (counted as unknown lines).
import { TraceError } from "./error.js";
import { EVENTS, FIELD_NAMES, TraceEvent } from "./events.js";
import { FieldReader } from "./fields.js";
import { NameTable } from "./names.js";
import { Prefix, readPrefix } from "./prefix.js";

/** Receives each event; the object is reused, copy what must stay. */
export type EventSink = (event: TraceEvent) => void;

/** One malformed line, kept in lenient mode. */
export interface MalformedLine {
  readonly file: string;
  readonly line: number;
  readonly what: string;
  readonly text: string;
}

const NEWLINE = 10;
const SPACE = 32;
const HASH = 35;
const COLON = 58;
const LONGEST_LINE = 1 << 20;
const KEPT_MALFORMED = 20;
const OTHER_NAMES = 256;
const LINES_BEFORE_VERDICT = 1000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The scanner. Feed chunks of one file after `startFile`, end each file with `endFile`. */
export class FtraceParser {
  /** Device names by number, as `TraceEvent.device`. */
  readonly devices = new NameTable();
  /** Task names by number, as `TraceEvent.comm`. */
  readonly tasks = new NameTable(4096);
  /** Lines read; events by type (index of EVENTS). */
  lines = 0;
  readonly counts = new Float64Array(EVENTS.length);
  comments = 0;
  blank = 0;
  unknown = 0;
  malformed = 0;
  /** Lines about lost events, and how many events they tell; events overwritten by the header's tell. */
  lostLines = 0;
  lost = 0;
  overwritten = 0;
  /** The first malformed lines. */
  readonly malformedLines: MalformedLine[] = [];

  readonly #sink: EventSink;
  readonly #lenient: boolean;
  readonly #event = new TraceEvent();
  readonly #prefix = new Prefix();
  readonly #fields: FieldReader;
  // names of events: ours first, then others as they come
  readonly #names = new NameTable(EVENTS.length + OTHER_NAMES);
  #otherCounts = new Float64Array(OTHER_NAMES);
  #manyOthers = 0;
  #carry: Uint8Array = new Uint8Array(4096);
  #carried = 0;
  #file = "";
  #line = 0;
  #bytes = 0;
  #recognised = 0;

  constructor(sink: EventSink, options: { lenient?: boolean | undefined } = {}) {
    this.#sink = sink;
    this.#lenient = options.lenient === true;
    this.#fields = new FieldReader(this.devices);
    for (const info of EVENTS) this.#names.internText(info.name);
  }

  /** Attribute names that no bit is known for. */
  get unknownAttributes(): number {
    return this.#fields.unknownAttributes;
  }

  /** Line number in the current file, and its name: for messages of the sink. */
  get line(): number {
    return this.#line;
  }
  get file(): string {
    return this.#file;
  }

  /** Events of other subsystems: name -> lines. */
  otherEvents(): Record<string, number> {
    const out: Record<string, number> = {};
    for (let i = EVENTS.length; i < this.#names.names.length; i++) {
      out[this.#names.names[i]!] = this.#otherCounts[i - EVENTS.length]!;
    }
    if (this.#manyOthers > 0) out["(more)"] = this.#manyOthers;
    return out;
  }

  startFile(name: string): void {
    this.#file = name;
    this.#line = 0;
    this.#bytes = 0;
    this.#carried = 0;
    this.#recognised = 0;
  }

  /** Reads a chunk; lines may span chunks. Throws TraceError for a malformed line or a file that is no trace. */
  feed(bytes: Uint8Array): void {
    if (this.#bytes === 0 && bytes.subarray(0, 4096).includes(0)) {
      throw new TraceError("not a trace: binary data", { file: this.#file });
    }
    this.#bytes += bytes.length;
    let at = 0;
    if (this.#carried > 0) {
      const end = bytes.indexOf(NEWLINE);
      this.#keep(bytes, 0, end < 0 ? bytes.length : end);
      if (end < 0) return;
      const length = this.#carried;
      this.#carried = 0;
      this.#readLine(this.#carry, 0, length);
      at = end + 1;
    }
    for (;;) {
      const end = bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      this.#readLine(bytes, at, end);
      at = end + 1;
    }
    if (at < bytes.length) this.#keep(bytes, at, bytes.length);
  }

  /** Ends a file: reads a last line without newline. Throws TraceError when the file was empty or no trace. */
  endFile(): void {
    if (this.#carried > 0) {
      const length = this.#carried;
      this.#carried = 0;
      this.#readLine(this.#carry, 0, length);
    }
    if (this.#bytes === 0) throw new TraceError("empty file", { file: this.#file });
    if (this.#recognised === 0) this.#notATrace();
  }

  #keep(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#carried + to - from;
    if (length > LONGEST_LINE) {
      throw new TraceError(`not a trace: a line of more than ${LONGEST_LINE} bytes`, {
        file: this.#file,
        line: this.#line + 1,
      });
    }
    if (length > this.#carry.length) {
      const grown = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
      grown.set(this.#carry.subarray(0, this.#carried));
      this.#carry = grown;
    }
    this.#carry.set(bytes.subarray(from, to), this.#carried);
    this.#carried = length;
  }

  #notATrace(): never {
    throw new TraceError("not a trace: no line of ftrace text in it", { file: this.#file });
  }

  #readLine(b: Uint8Array, start: number, lineEnd: number): void {
    this.lines++;
    this.#line++;
    let end = lineEnd;
    while (end > start && (b[end - 1] === 13 || b[end - 1] === SPACE)) end--;
    if (end === start) {
      this.blank++;
      return;
    }
    if (b[start] === HASH) {
      this.#comment(b, start, end);
      return;
    }
    const p = this.#prefix;
    let at = readPrefix(b, start, end, p);
    const bare = at < 0;
    if (bare) {
      at = start;
      while (at < end && b[at] === SPACE) at++;
    }
    let nameEnd = this.#nameEnd(b, at, end);
    if (nameEnd < 0) {
      this.#noEvent(b, start, end, bare);
      return;
    }
    let name = at;
    if (b[nameEnd + 1] !== SPACE && nameEnd + 1 < end) {
      // subsystem:event: as perf script and some tools print
      const second = this.#nameEnd(b, nameEnd + 1, end);
      if (second > 0) {
        name = nameEnd + 1;
        nameEnd = second;
      }
    }
    this.#named(b, start, end, name, nameEnd, bare);
  }

  /** Index of the colon after a name made of letters, digits and underscores; -1 when there is none. */
  #nameEnd(b: Uint8Array, from: number, end: number): number {
    let at = from;
    for (; at < end; at++) {
      const c = b[at]!;
      if (c === COLON) return at > from ? at : -1;
      if (!((c >= 97 && c <= 122) || c === 95 || (c >= 48 && c <= 57) || (c >= 65 && c <= 90))) return -1;
    }
    return -1;
  }

  #named(b: Uint8Array, start: number, end: number, name: number, nameEnd: number, bare: boolean): void {
    const type = bare ? this.#ours(b, name, nameEnd) : this.#names.intern(b, name, nameEnd);
    if (type < 0 || type >= EVENTS.length) {
      if (bare) {
        this.#noEvent(b, start, end, true);
        return;
      }
      this.#recognised++;
      if (type < 0) this.#manyOthers++;
      else this.#otherCounts[type - EVENTS.length]!++;
      return;
    }
    this.#recognised++;
    this.#ourEvent(b, start, end, nameEnd + 1, type, bare);
  }

  /** Type of one of our events by name, -1 for others; adds nothing. */
  #ours(b: Uint8Array, from: number, to: number): number {
    for (let type = 0; type < EVENTS.length; type++) {
      const name = EVENTS[type]!.name;
      if (name.length !== to - from) continue;
      let i = 0;
      while (i < name.length && name.charCodeAt(i) === b[from + i]) i++;
      if (i === name.length) return type;
    }
    return -1;
  }

  #ourEvent(b: Uint8Array, start: number, end: number, args: number, type: number, bare: boolean): void {
    const ev = this.#event;
    const p = this.#prefix;
    let at = args;
    while (at < end && b[at] === SPACE) at++;
    ev.type = type;
    if (bare) {
      ev.task = 0;
      ev.cpu = 0;
      ev.comm = -1;
    } else {
      ev.task = p.pid > 0 ? p.pid : -1 - p.cpu;
      ev.cpu = p.cpu;
      ev.comm = this.tasks.intern(b, p.commStart, p.commEnd);
    }
    const readable = this.#fields.read(b, at, end, ev);
    const missing = EVENTS[type]!.required & ~ev.fields;
    if (!readable || missing !== 0) {
      this.#malformed(b, start, end, type, readable ? missing : this.#fields.bad, readable);
      return;
    }
    this.counts[type]!++;
    this.#sink(ev);
  }

  #malformed(b: Uint8Array, start: number, end: number, type: number, field: number, missing: boolean): void {
    const bit = 31 - Math.clz32(field & -field);
    const name = FIELD_NAMES[bit] ?? "a field";
    const what = `malformed ${EVENTS[type]!.name}, ${missing ? "no" : "bad"} ${name}`;
    const text = decoder.decode(b.subarray(start, end));
    if (!this.#lenient) throw new TraceError(what, { file: this.#file, line: this.#line, text });
    this.malformed++;
    if (this.malformedLines.length < KEPT_MALFORMED) {
      this.malformedLines.push({ file: this.#file, line: this.#line, what, text: text.trim().slice(0, 200) });
    }
  }

  #noEvent(b: Uint8Array, start: number, end: number, bare: boolean): void {
    if (!bare) {
      this.#recognised++;
      this.unknown++;
      return;
    }
    if (this.#lostNotice(b, start, end)) return;
    this.unknown++;
    if (b[start] === 99 && startsWith(b, start, end, CPUS)) this.#recognised++;
    if (this.#recognised === 0 && this.#line >= LINES_BEFORE_VERDICT) this.#notATrace();
  }

  /** `CPU:0 [LOST 911 EVENTS]` of trace_pipe, `CPU:0 [911 EVENTS DROPPED]` of trace-cmd. */
  #lostNotice(b: Uint8Array, start: number, end: number): boolean {
    if (b[start] !== 67 || !startsWith(b, start, end, CPU)) return false;
    const text = decoder.decode(b.subarray(start, Math.min(end, start + 80)));
    const match = /^CPU:\s*\d+ \[(?:LOST (\d+) EVENTS|(\d+) EVENTS DROPPED|EVENTS DROPPED|LOST EVENTS)/.exec(
      text,
    );
    if (match === null) return false;
    this.#recognised++;
    this.lostLines++;
    this.lost += Number(match[1] ?? match[2] ?? 0);
    return true;
  }

  #comment(b: Uint8Array, start: number, end: number): void {
    this.comments++;
    if (startsWith(b, start, end, TRACER)) this.#recognised++;
    else if (startsWith(b, start, end, ENTRIES)) {
      this.#recognised++;
      const text = decoder.decode(b.subarray(start, end));
      const match = /:\s*(\d+)\/(\d+)/.exec(text);
      if (match !== null) this.overwritten += Math.max(0, Number(match[2]) - Number(match[1]));
    }
  }
}

const TRACER = encoder.encode("# tracer:");
const ENTRIES = encoder.encode("# entries-in-buffer");
const CPU = encoder.encode("CPU:");
const CPUS = encoder.encode("cpus=");

function startsWith(b: Uint8Array, start: number, end: number, what: Uint8Array): boolean {
  if (end - start < what.length) return false;
  for (let i = 0; i < what.length; i++) if (b[start + i] !== what[i]) return false;
  return true;
}
