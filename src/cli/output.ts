// Results: to stdout, or to a file that appears whole or not at all.
//
//   no such file                 written beside it under another name, then renamed
//   regular file                 the same, with its mode and owner; the file behind a symbolic link
//   hard links, locked folder    written in place
//   FIFO, device, socket         written to, never replaced
//
// Not modelled: access control lists, extended attributes.

import { randomBytes } from "node:crypto";
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  fstatSync,
  lstatSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { printable } from "../report/printable.js";
import type { OptionValues } from "./command.js";
import { type Io, UsageError } from "./io.js";

/** Where the bytes of a result go, and what makes them appear. */
export interface OutputFile {
  /** Open this with these flags; a file that is there already keeps its name only with "w". */
  readonly path: string;
  readonly flags: "w" | "wx";
  /** Everything is written and closed. */
  commit(): void;
  /** Something failed: leaves nothing of its own behind. */
  abort(): void;
}

function allowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** The name that a link which leads nowhere yet stands for; `path` itself when it is none. */
function linkTarget(path: string): string {
  let at = path;
  for (let links = 0; lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink() === true; links++) {
    if (links === 40) throw new UsageError(`--out ${path}: too many symbolic links`);
    at = resolve(dirname(at), readlinkSync(at));
  }
  return at;
}

function inPlace(path: string): OutputFile {
  return { path, flags: "w", commit() {}, abort() {} };
}

function replacing(path: string, old: Stats | undefined): OutputFile {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  return {
    path: temporary,
    flags: "wx",
    commit() {
      if (old !== undefined) {
        const { uid, gid } = statSync(temporary);
        if (uid !== old.uid || gid !== old.gid) chownSync(temporary, old.uid, old.gid);
        chmodSync(temporary, old.mode & 0o7777);
      }
      renameSync(temporary, path);
    },
    abort() {
      rmSync(temporary, { force: true });
    },
  };
}

/** Decides how --out `out` is written; changes nothing yet. Throws UsageError when it cannot be. */
export function planOutput(out: string, io: Io): OutputFile {
  const path = resolve(io.cwd, out);
  const old = statSync(path, { throwIfNoEntry: false });
  if (old === undefined) {
    const target = linkTarget(path);
    const folder = dirname(target);
    if (!allowed(folder, constants.W_OK)) {
      throw new UsageError(`--out ${out}: folder ${folder} does not exist or cannot be written`);
    }
    return replacing(target, undefined);
  }
  if (old.isDirectory()) throw new UsageError(`--out ${out}: is a folder`);
  // The mode counts for the superuser too: whoever took the right to write away meant it.
  if (!allowed(path, constants.W_OK) || (old.isFile() && (old.mode & 0o222) === 0)) {
    throw new UsageError(`--out ${out}: is there already and cannot be written`);
  }
  if (!old.isFile() || old.nlink > 1) return inPlace(path);
  const target = realpathSync(path);
  const mine = process.getuid === undefined || process.getuid() === 0 || process.getuid() === old.uid;
  return mine && allowed(dirname(target), constants.W_OK) ? replacing(target, old) : inPlace(path);
}

/** Refuses a --out that cannot be written, before any work is done. */
export function checkOutput(options: OptionValues, io: Io): void {
  const out = options["out"];
  if (typeof out === "string") planOutput(out, io);
}

/** Refuses a --out that is one of the inputs, or lies in a folder that is: `inputs` are as typed, "-" is standard input. */
export function refuseInputAsOutput(inputs: readonly string[], options: OptionValues, io: Io): void {
  const out = options["out"];
  if (typeof out !== "string") return;
  const path = resolve(io.cwd, out);
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isFile() !== true) return;
  for (const input of inputs) {
    let stat: Stats | undefined;
    try {
      stat = input === "-" ? fstatSync(0) : statSync(resolve(io.cwd, input), { throwIfNoEntry: false });
    } catch {
      continue; // what cannot be looked at is told when it is read
    }
    if (stat === undefined) continue;
    const same = stat.isFile() && stat.dev === file.dev && stat.ino === file.ino;
    const inside =
      stat.isDirectory() && realpathSync(path).startsWith(`${realpathSync(resolve(io.cwd, input))}${sep}`);
    if (same) throw new UsageError(`--out ${out}: is the input ${input} itself`);
    if (inside) throw new UsageError(`--out ${out}: is a file of the input folder ${input}`);
  }
}

/** Writes `text` to --out or to stdout; control characters that came from an input are escaped. */
export function writeOutput(text: string, options: OptionValues, io: Io): void {
  const content = printable(text);
  const out = options["out"];
  if (typeof out !== "string") {
    io.stdout.write(content);
    return;
  }
  const file = planOutput(out, io);
  try {
    writeFileSync(file.path, content, { flag: file.flags });
    file.commit();
  } catch (error) {
    file.abort();
    throw new UsageError(`--out ${out}: ${(error as Error).message}`);
  }
}

/** JSON with two blanks of indentation and a final line feed. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
