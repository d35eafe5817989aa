// Results: to stdout, or to a file that appears whole or not at all.

import { randomBytes } from "node:crypto";
import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { OptionValues } from "./command.js";
import { type Io, UsageError } from "./io.js";

/** Refuses a --out that cannot be written, before any work is done. */
export function checkOutput(options: OptionValues, io: Io): void {
  const out = options["out"];
  if (typeof out !== "string") return;
  const path = resolve(io.cwd, out);
  const folder = dirname(path);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new UsageError(`--out ${out}: folder ${folder} does not exist or cannot be written`);
  }
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new UsageError(`--out ${out}: is a folder`);
  }
}

/** Writes `content` to --out (through a temporary file beside it and a rename) or to stdout. */
export function writeOutput(content: string | Uint8Array, options: OptionValues, io: Io): void {
  const out = options["out"];
  if (typeof out !== "string") {
    (io.stdout.write as (chunk: string | Uint8Array) => unknown).call(io.stdout, content);
    return;
  }
  const path = resolve(io.cwd, out);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    writeFileSync(temporary, content, { flag: "wx" });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new UsageError(`--out ${out}: ${(error as Error).message}`);
  }
}

/** JSON with two blanks of indentation and a final line feed. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
