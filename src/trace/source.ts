// Where trace bytes come from. This file runs anywhere; files and standard input are in source-node.ts.
//
// Not modelled: several gzip members in one input where only the platform's DecompressionStream is
// there (Node's reader in source-node.ts takes them).
import { TraceError } from "./error.js";

/** One input of a trace: a name for messages, and its bytes after decompression. */
export interface ByteSource {
  /** Name for messages; "-" is standard input. */
  readonly name: string;
  /** Size of the input as stored, in bytes, when known: the total of a progress display. */
  readonly bytesTotal: number | undefined;
  /** Bytes of the input read so far, as stored. */
  readonly bytesRead: number;
  /** Opens the input; decompressed chunks in order. Throws TraceError when it cannot be read. */
  open(): AsyncIterable<Uint8Array>;
}

/** True when `bytes` begins as gzip (1f 8b). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** An error of a decompressor as a TraceError: tells truncation from damage. */
export function gzipError(name: string, cause: unknown): TraceError {
  if (cause instanceof TraceError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  if (/unexpected end|terminated|incomplete|truncat|premature/i.test(reason)) {
    return new TraceError("truncated gzip: the file ends before its data does", { file: name });
  }
  return new TraceError(`damaged gzip (${reason})`, { file: name });
}

/** Bytes in memory as a source, plain or gzip. */
export function bytesSource(name: string, bytes: Uint8Array): ByteSource {
  return new StreamSource(name, bytes.length, async function* () {
    const step = 1 << 18;
    for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
  });
}

/** Text in memory as a source. */
export function textSource(name: string, text: string): ByteSource {
  return bytesSource(name, new TextEncoder().encode(text));
}

/** A Blob or File of a browser as a source, plain or gzip. */
export function blobSource(name: string, blob: Blob): ByteSource {
  return new StreamSource(name, blob.size, () => fromStream(blob.stream() as ReadableStream<Uint8Array>));
}

class StreamSource implements ByteSource {
  readonly name: string;
  readonly bytesTotal: number | undefined;
  bytesRead = 0;
  readonly #raw: () => AsyncIterable<Uint8Array>;

  constructor(name: string, bytesTotal: number | undefined, raw: () => AsyncIterable<Uint8Array>) {
    this.name = name;
    this.bytesTotal = bytesTotal;
    this.#raw = raw;
  }

  async *open(): AsyncIterable<Uint8Array> {
    const raw = this.#counted()[Symbol.asyncIterator]();
    const first = await firstBytes(raw);
    if (first === undefined) return;
    const all = prepend(first, raw);
    if (!isGzip(first)) {
      yield* all;
      return;
    }
    try {
      yield* fromStream(toStream(all).pipeThrough(new DecompressionStream("gzip") as never));
    } catch (cause) {
      throw gzipError(this.name, cause);
    }
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    this.bytesRead = 0;
    for await (const chunk of this.#raw()) {
      this.bytesRead += chunk.length;
      if (chunk.length > 0) yield chunk;
    }
  }
}

/** The first chunk, at least two bytes long when the input is; undefined for an empty input. */
export async function firstBytes(raw: AsyncIterator<Uint8Array>): Promise<Uint8Array | undefined> {
  const first = await raw.next();
  if (first.done) return undefined;
  if (first.value.length > 1) return first.value;
  const second = await raw.next();
  if (second.done) return first.value;
  const both = new Uint8Array(first.value.length + second.value.length);
  both.set(first.value);
  both.set(second.value, first.value.length);
  return both;
}

async function* prepend(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let step = await rest.next(); !step.done; step = await rest.next()) yield step.value;
}

function toStream(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const step = await chunks.next();
      if (step.done) controller.close();
      else controller.enqueue(step.value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

async function* fromStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
