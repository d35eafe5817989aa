// What a conformance runner gets and gives. One runner per kind of vector file, each in a module
// of the kind's name (`iova.ts`, `mapsg.ts`, ...) that exports
//
//   export const runConformance: ConformanceRunner = (file, context) => ({ ... });
//
// An operation is one recorded call (or create case, line case, table check) whose results are
// compared as a whole. operations = agreed + differed + notRun, always: none is skipped.
//
// Not modelled: judging; a runner compares, the command counts and prints.

/** The kinds of vector files, by the module that runs them. */
export type VectorKind = "iova" | "iovarb" | "pagetable" | "mapsg" | "e2e" | "cachemaint" | "dmadebug";

/** One line of a file: its number from 1, and the JSON object on it. */
export interface VectorRecord {
  readonly line: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** One vector file, read whole; `records` are in file order. */
export interface VectorFile {
  /** Name as given on the command line. */
  readonly name: string;
  readonly kind: VectorKind;
  readonly records: readonly VectorRecord[];
}

/** What a runner may look at besides its own file. */
export interface ConformanceContext {
  /** All files of the run and their neighbours: end-to-end checks need the scenarios they belong to. */
  readonly files: readonly VectorFile[];
}

/** One operation whose result is not the recorded one. */
export interface Difference {
  /** Line of the operation in its file. */
  readonly line: number;
  /** The operation with its arguments, short (`v6.1 s=5 i=3 map [0, 4096, ...]`). */
  readonly operation: string;
  /** The recorded result and ours, as text that can be laid side by side. */
  readonly expected: string;
  readonly actual: string;
}

/** Operations that are not compared, with the reason. */
export interface Uncompared {
  readonly reason: string;
  readonly operations: number;
  /** Line of the first of them; missing where it is none of this file. */
  readonly line?: number;
}

/** The outcome of one file. */
export interface ConformanceResult {
  /** All operations of the file. */
  readonly operations: number;
  readonly agreed: number;
  readonly differed: number;
  /** The first differences, at least one when `differed` > 0; ten at most. */
  readonly differences: readonly Difference[];
  /** What could not be run (an unknown version or operation); it fails a run. */
  readonly notRun: readonly Uncompared[];
}

/** Plays one file against the emulator. */
export type ConformanceRunner = (
  file: VectorFile,
  context: ConformanceContext,
) => ConformanceResult | Promise<ConformanceResult>;
