// Results too large for memory: collected in a temporary file, then copied behind a header to where
// they belong, which a reader sees whole or not at all.

import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdtempSync,
  openSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { type Io, UsageError } from "./io.js";
import { planOutput } from "./output.js";

/** Bytes on disk that grow and are copied once. */
export class Spool {
  readonly #folder: string;
  readonly #path: string;
  readonly #file: number;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), "sysmmu-"));
    this.#path = join(this.#folder, "spool");
    this.#file = openSync(this.#path, "wx");
    // A reader of stdout that closes early ends the process without unwinding.
    process.once("exit", this.#remove);
  }

  readonly #remove = (): void => rmSync(this.#folder, { recursive: true, force: true });

  /** Appends bytes. */
  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
  }

  async *#content(header: Uint8Array): AsyncGenerator<Uint8Array> {
    yield header;
    yield* createReadStream(this.#path, { highWaterMark: 1 << 18 });
  }

  /** Copies `header` and everything written to `out` (gzip'd when it ends in .gz), or to stdout. */
  async copy(header: Uint8Array, out: string | undefined, io: Io): Promise<void> {
    if (out === undefined) {
      for await (const chunk of this.#content(header)) await writeChunk(chunk, io);
      return;
    }
    const file = planOutput(out, io);
    try {
      const source = Readable.from(this.#content(header));
      const sink = createWriteStream(file.path, { flags: file.flags });
      if (out.endsWith(".gz")) await pipeline(source, createGzip(), sink);
      else await pipeline(source, sink);
      file.commit();
    } catch (error) {
      file.abort();
      throw new UsageError(`--out ${out}: ${(error as Error).message}`);
    }
  }

  /** Removes the temporary file. */
  dispose(): void {
    closeSync(this.#file);
    process.off("exit", this.#remove);
    this.#remove();
  }
}

/** Writes to stdout and waits while it is full. */
async function writeChunk(chunk: Uint8Array, { stdout }: Io): Promise<void> {
  const sink = stdout as unknown as NodeJS.WritableStream;
  if (sink.write(chunk) !== false) return;
  await new Promise<void>((done) => {
    sink.once("drain", done);
  });
}
