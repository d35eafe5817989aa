// Opens traces of any format as one stream of op-stream records.
//
//   sources --> format by content --> ftrace parser + converter | text | binary --> chunks of records
//
// Several sources are one recording, in order: what lives at the end of one lives on in the next.
//
// Not modelled: mixing formats whose handles collide (op streams name handles themselves).

import { BinaryReader, isBinaryStream } from "./binary.js";
import { Converter } from "./converter.js";
import type { ConverterCounts } from "./converter-counts.js";
import { TraceError } from "./error.js";
import { EVENTS } from "./events.js";
import { FtraceParser } from "./ftrace.js";
import { RECORD_WORDS } from "./opcodes.js";
import { sortRecords } from "./opstream.js";
import { RecordBuffer } from "./record.js";
import { PageRenumber } from "./renumber.js";
import { type ByteSource, firstBytes } from "./source.js";
import { isTextStream, TextReader } from "./text.js";

/** How a trace is read. */
export interface TraceOptions {
  /** Index of a device by the name the trace has for it; asked once per name. */
  device: (name: string) => number;
  /** Number of a label; asked once per label. Default: all 0. */
  label?: (text: string) => number;
  /** System MMUs of the machines the stream will run on, so far. Default: register accesses are not checked. */
  sysmmus?: () => number;
  /** Bytes of DRAM of these machines. Default: the CPU's accesses may have any length. */
  dramBytes?: number;
  /** Guest memory that recorded pages are placed in: base and bytes, multiples of 1 MiB. */
  guestBase: number;
  guestBytes: number;
  /** Accesses made up after each map: "none", "once", "stream:N". Default "once". Op streams have their own. */
  access?: string;
  /** Count malformed events instead of stopping. */
  lenient?: boolean;
  /** Emit the recorded bus addresses for comparison. Default true. */
  expect?: boolean;
  /** Bytes of the inputs (as stored) read so far, and in total when known. */
  onProgress?: (done: number, total: number | undefined) => void;
}

/** A piece of the stream. */
export interface TraceChunk {
  /** Four words per record, at most 65536 records. */
  readonly records: Uint32Array;
  /** Index of the source that the last of them came from. */
  readonly file: number;
}

/** What one source held. */
export interface TraceFileSummary {
  readonly name: string;
  readonly format: "ftrace" | "text" | "binary";
  readonly lines: number;
  readonly events: number;
  readonly otherLines: number;
  readonly malformed: number;
  readonly lost: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly malformedLines: readonly string[];
}

/** What the whole stream held; complete after the last chunk. */
export interface TraceSummary {
  readonly files: readonly TraceFileSummary[];
  readonly counts: Readonly<ConverterCounts> & { readonly malformed: number; readonly lost: number };
  /** Records produced. */
  readonly records: number;
  /** Handles alive at the end of the stream, and the most at once (ftrace). */
  readonly live: number;
  readonly handles: number;
}

/** A trace being read: iterate it, then look at `summary`. */
export interface TraceReader extends AsyncIterable<TraceChunk> {
  readonly summary: TraceSummary;
}

/** Times an access is made up, from "none", "once" or "stream:N". Throws RangeError for others. */
export function accessTimes(access: string): number {
  if (access === "none") return 0;
  if (access === "once") return 1;
  const match = /^stream:([1-9]\d{0,5})$/.exec(access);
  if (match === null)
    throw new RangeError(`access must be none, once or stream:N, got ${JSON.stringify(access)}`);
  return Number(match[1]);
}

/** Opens `sources` (src/trace/source.ts, source-node.ts) as one recording. */
export function openTrace(sources: readonly ByteSource[], options: TraceOptions): TraceReader {
  if (sources.length === 0) throw new TraceError("no trace given");
  return new Reader(sources, options);
}

class Reader implements TraceReader {
  readonly #sources: readonly ByteSource[];
  readonly #options: TraceOptions;
  readonly #out = new RecordBuffer();
  readonly #converter: Converter;
  readonly #parser: FtraceParser;
  readonly #files: TraceFileSummary[] = [];
  #streamed = 0;
  #malformed = 0;
  #lost = 0;

  constructor(sources: readonly ByteSource[], options: TraceOptions) {
    this.#sources = sources;
    this.#options = options;
    this.#parser = new FtraceParser((event) => this.#take(event), { lenient: options.lenient });
    this.#converter = new Converter({
      out: this.#out,
      renumber: new PageRenumber(options.guestBase, options.guestBytes),
      deviceName: (index) => this.#parser.devices.names[index] ?? "(none)",
      device: options.device,
      access: { times: accessTimes(options.access ?? "once") },
      expect: options.expect !== false,
    });
  }

  get summary(): TraceSummary {
    return {
      files: this.#files,
      counts: { ...this.#converter.counts, malformed: this.#malformed, lost: this.#lost },
      records: this.#out.total + this.#streamed,
      live: this.#converter.live.size,
      handles: this.#converter.live.handles,
    };
  }

  #take(event: Parameters<Converter["event"]>[0]): void {
    this.#placed(() => this.#converter.event(event));
  }

  #placed(step: () => void): void {
    try {
      step();
    } catch (cause) {
      // A full guest or machine: say where in the trace.
      if (cause instanceof TraceError && cause.file === "") {
        throw new TraceError(cause.message, { file: this.#parser.file, line: this.#parser.line });
      }
      throw cause;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TraceChunk> {
    for (const [file, source] of this.#sources.entries()) {
      const raw = source.open()[Symbol.asyncIterator]();
      const first = await firstBytes(raw);
      if (first === undefined) throw new TraceError("empty file", { file: source.name });
      if (isBinaryStream(first))
        yield* this.#stream(file, source, new BinaryReader(source.name, this.#options), first, raw, "binary");
      else if (isTextStream(first))
        yield* this.#stream(file, source, new TextReader(source.name, this.#options), first, raw, "text");
      else yield* this.#ftrace(file, source, first, raw);
    }
    this.#placed(() => this.#converter.finish());
    const last = this.#sources.length - 1;
    for (let rest = this.#out.finish(); rest !== undefined; rest = this.#out.finish()) {
      yield { records: rest, file: last };
    }
  }

  #progress(): void {
    if (this.#options.onProgress === undefined) return;
    let done = 0;
    let total: number | undefined = 0;
    for (const source of this.#sources) {
      done += source.bytesRead;
      total = total === undefined || source.bytesTotal === undefined ? undefined : total + source.bytesTotal;
    }
    this.#options.onProgress(done, total);
  }

  async *#ftrace(
    file: number,
    source: ByteSource,
    first: Uint8Array,
    rest: AsyncIterator<Uint8Array>,
  ): AsyncGenerator<TraceChunk> {
    const p = this.#parser;
    const before = {
      lines: p.lines,
      counts: p.counts.slice(),
      malformed: p.malformed,
      lost: p.lost + p.overwritten,
      kept: p.malformedLines.length,
    };
    p.startFile(source.name);
    for (let bytes: Uint8Array | undefined = first; bytes !== undefined; ) {
      p.feed(bytes);
      this.#progress();
      for (let chunk = this.#out.take(); chunk !== undefined; chunk = this.#out.take()) {
        yield { records: chunk, file };
      }
      const step = await rest.next();
      bytes = step.done === true ? undefined : step.value;
    }
    p.endFile();
    const byType: Record<string, number> = {};
    let events = 0;
    for (const [type, info] of EVENTS.entries()) {
      const n = p.counts[type]! - before.counts[type]!;
      if (n > 0) byType[info.name] = n;
      events += n;
    }
    const malformed = p.malformed - before.malformed;
    const lost = p.lost + p.overwritten - before.lost;
    this.#malformed += malformed;
    this.#lost += lost;
    this.#files.push({
      name: source.name,
      format: "ftrace",
      lines: p.lines - before.lines,
      events: events + malformed,
      otherLines: p.lines - before.lines - events - malformed,
      malformed,
      lost,
      byType,
      malformedLines: p.malformedLines
        .slice(before.kept, before.kept + 10)
        .map((m) => `${m.file}:${m.line}: ${m.what}: ${m.text}`),
    });
  }

  async *#stream(
    file: number,
    source: ByteSource,
    reader: BinaryReader | TextReader,
    first: Uint8Array,
    rest: AsyncIterator<Uint8Array>,
    format: "text" | "binary",
  ): AsyncGenerator<TraceChunk> {
    let bytes: Uint8Array | undefined = first;
    while (bytes !== undefined) {
      for (const records of reader.feed(bytes)) yield this.#count(records, file);
      this.#progress();
      const step: IteratorResult<Uint8Array> = await rest.next();
      bytes = step.done === true ? undefined : step.value;
    }
    for (const records of reader.end()) yield this.#count(records, file);
    const { calls, parts, idle } = sortRecords(reader.byType);
    this.#converter.counts.replayed += calls;
    this.#converter.counts.below += parts;
    this.#converter.counts.skipped += idle;
    this.#files.push({
      name: source.name,
      format,
      lines: reader.lines,
      events: reader.records,
      otherLines: reader.lines > 0 ? reader.lines - reader.records : 0,
      malformed: 0,
      lost: 0,
      byType: reader.byType,
      malformedLines: [],
    });
  }

  #count(records: Uint32Array, file: number): TraceChunk {
    this.#streamed += records.length / RECORD_WORDS;
    return { records, file };
  }
}
