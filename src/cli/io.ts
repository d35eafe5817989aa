// Where a command reads and writes; tests hand in their own.

/** Text sinks of one run of the command line. */
export interface Io {
  /** Result text. */
  readonly stdout: { write(text: string): unknown };
  /** Messages and the progress bar; `isTTY` decides whether a bar is shown. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Folder that relative paths start from. */
  readonly cwd: string;
}

/** A command line or an input file that cannot be used: one line on stderr, exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
