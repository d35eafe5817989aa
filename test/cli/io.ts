// A terminal for tests: keeps what is written.
import { Writable } from "node:stream";
import type { Io } from "../../src/cli/io.js";

/** An Io over `cwd` with what was written so far. */
export class FakeIo implements Io {
  readonly cwd: string;
  readonly stdout: { write(text: string | Uint8Array): boolean };
  readonly stderr: Io["stderr"];
  out = "";
  err = "";

  constructor(cwd: string, isTTY = false) {
    this.cwd = cwd;
    this.stdout = {
      write: (text) => {
        this.out += typeof text === "string" ? text : new TextDecoder().decode(text);
        return true;
      },
    };
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.err += chunk.toString();
        done();
      },
    });
    this.stderr = Object.assign(stream, { isTTY });
  }
}
