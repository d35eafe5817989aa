// Trace files of the command line: as named, or those shipped with the package.

import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { type Io, UsageError } from "./io.js";
import { packageRoot } from "./package-root.js";

/** In folders; a file that is named may be called anything. */
const TRACE_NAME = /\.(trace|trace\.txt|ops|ops\.txt|ops\.bin)(\.gz)?$/;

const TAKEN = "*.trace, *.trace.txt, *.ops, *.ops.txt and *.ops.bin, plain or .gz";

/** True for a name that traces have. */
export function isTraceName(name: string): boolean {
  return TRACE_NAME.test(name);
}

function tracesUnder(folder: string, io: Io): string[] {
  const path = resolve(io.cwd, folder);
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => TRACE_NAME.test(name) && statSync(join(path, name)).isFile())
    .sort()
    .map((name) => join(folder, name));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** A file that is no trace was not named where its folder was: says which files a folder stands for. */
export function tellOfFolder(error: unknown, args: readonly string[], io: Io): unknown {
  if (!(error instanceof Error) || error.name !== "TraceError") return error;
  const { file, line } = error as Error & { file: string; line: number };
  if (file === "" || line > 0) return error;
  const path = resolve(io.cwd, file);
  const folder = args.find((arg) => {
    const named = resolve(io.cwd, arg);
    return arg !== "-" && path.startsWith(named + sep) && isFolder(named);
  });
  if (folder === undefined) return error;
  return new UsageError(`${error.message} (of folder ${folder} all files ${TAKEN} are taken)`);
}

/** Paths of the traces to replay; with none named, the recordings in examples/traces. */
export function traceFiles(args: readonly string[], io: Io): string[] {
  if (args.length > 0) {
    return args.flatMap((arg) => {
      if (arg === "-") return [arg];
      if (!isFolder(resolve(io.cwd, arg))) return [arg];
      const inside = tracesUnder(arg, io);
      if (inside.length === 0) throw new UsageError(`${arg}: no trace files in this folder (${TAKEN})`);
      return inside;
    });
  }
  const shipped = join(packageRoot, "examples", "traces");
  if (statSync(shipped, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError("no trace named, and this package has none in examples/traces");
  }
  return tracesUnder(shipped, io).map((path) => {
    const short = relative(io.cwd, path);
    return short.startsWith("..") ? path : short;
  });
}
