// Trace files and standard input under Node: plain or gzip by the first two bytes, never all in memory.
import { createReadStream, statSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { TraceError } from "./error.js";
import type { ByteSource } from "./source.js";
import { firstBytes, gzipError, isGzip } from "./source.js";

const READ_BYTES = 1 << 18;

/**
 * The sources of a command line: paths in order, "-" for standard input (once).
 * Throws TraceError when a path is missing or no regular file.
 */
export function openSources(paths: readonly string[]): ByteSource[] {
  if (paths.filter((path) => path === "-").length > 1) {
    throw new TraceError("standard input can be read only once", { file: "-" });
  }
  return paths.map((path) => (path === "-" ? stdinSource() : fileSource(path)));
}

/** A file as a source. Throws TraceError when it is missing, unreadable or a folder. */
export function fileSource(path: string): ByteSource {
  let bytes: number | undefined;
  try {
    const stat = statSync(path);
    if (stat.isDirectory()) throw new TraceError("is a folder, not a trace", { file: path });
    if (stat.isFile()) bytes = stat.size;
  } catch (cause) {
    throw cause instanceof TraceError ? cause : readError(path, cause);
  }
  return new NodeSource(path, bytes, () => createReadStream(path, { highWaterMark: READ_BYTES }));
}

/** Standard input as a source. */
export function stdinSource(): ByteSource {
  return new NodeSource("-", undefined, () => process.stdin);
}

function readError(name: string, cause: unknown): TraceError {
  const code = (cause as { code?: string }).code;
  if (code === "ENOENT") return new TraceError("no such file", { file: name });
  return new TraceError(`cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, {
    file: name,
  });
}

class NodeSource implements ByteSource {
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
    this.bytesRead = 0;
    const raw = this.#counted();
    const first = await firstBytes(raw);
    if (first === undefined) return;
    if (!isGzip(first)) {
      yield first;
      yield* raw;
      return;
    }
    yield* this.#gunzip(first, raw);
  }

  async *#gunzip(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
    const gunzip = createGunzip({ chunkSize: READ_BYTES });
    const pump = (async () => {
      try {
        await send(gunzip, first);
        for await (const chunk of rest) await send(gunzip, chunk);
        gunzip.end();
      } catch (cause) {
        gunzip.destroy(cause instanceof Error ? cause : new Error(String(cause)));
      }
    })();
    try {
      for await (const chunk of gunzip) yield plain(chunk as Uint8Array);
      await pump;
    } catch (cause) {
      throw gzipError(this.name, cause);
    } finally {
      gunzip.destroy();
      await rest.return(undefined);
    }
  }

  async *#counted(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#raw()) {
        this.bytesRead += chunk.length;
        if (chunk.length > 0) yield plain(chunk);
      }
    } catch (cause) {
      throw readError(this.name, cause);
    }
  }
}

/** Writes with back pressure; ends the wait too when the decompressor is closed. */
async function send(gunzip: ReturnType<typeof createGunzip>, chunk: Uint8Array): Promise<void> {
  if (gunzip.destroyed || gunzip.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      gunzip.off("drain", go);
      gunzip.off("close", go);
      resolve();
    };
    gunzip.on("drain", go);
    gunzip.on("close", go);
  });
}

/** A plain Uint8Array over the same bytes: one shape for the scanner's loops. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array
    ? bytes
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
