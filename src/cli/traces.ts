// Trace files of the command line: as named, or those shipped with the package.

import { readdirSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { type Io, UsageError } from "./io.js";
import { packageRoot } from "./package-root.js";

/** In folders; a file that is named may be called anything. */
const TRACE_NAME = /\.(trace|trace\.txt|ops|ops\.txt|ops\.bin)(\.gz)?$/;

/** True for a name that traces have. */
export function isTraceName(name: string): boolean {
  return TRACE_NAME.test(name);
}

function tracesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => TRACE_NAME.test(name) && statSync(join(folder, name)).isFile())
    .sort()
    .map((name) => join(folder, name));
}

/** Paths of the traces to replay; with none named, the recordings in examples/traces. */
export function traceFiles(args: readonly string[], io: Io): string[] {
  if (args.length > 0) {
    return args.flatMap((arg) => {
      if (arg === "-") return [arg];
      if (statSync(resolve(io.cwd, arg), { throwIfNoEntry: false })?.isDirectory() !== true) return [arg];
      const inside = tracesUnder(arg);
      if (inside.length === 0) throw new UsageError(`${arg}: no trace files in this folder`);
      return inside;
    });
  }
  const shipped = join(packageRoot, "examples", "traces");
  if (statSync(shipped, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError("no trace named, and this package has none in examples/traces");
  }
  return tracesUnder(shipped).map((path) => {
    const short = relative(io.cwd, path);
    return short.startsWith("..") ? path : short;
  });
}
