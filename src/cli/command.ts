// What a subcommand is: data that run.ts turns into options, help and a call.

import type { Io } from "./io.js";

/** One option. `flags` as in `--soc <name>`; a value option may be given once only, unless `many`. */
export interface CommandOption {
  readonly flags: string;
  /** May be given again: the value is a list. */
  readonly many?: true;
  readonly text: string;
}

/** Parsed options by camel-cased name: text for those with a value, a list for `many`, true for those without. */
export type OptionValues = Readonly<Record<string, string | readonly string[] | true | undefined>>;

/** Exit status: done, findings or differences, bad usage or input. */
export const EXIT_DONE = 0;
export const EXIT_FINDINGS = 1;
export const EXIT_USAGE = 2;

/** A subcommand of `sysmmu`. Every one also gets --json, --out and --help. */
export interface Command {
  /** Name and arguments in cac's form: `replay [...traces]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly options: readonly CommandOption[];
  readonly examples: readonly string[];
  /**
   * Does the work; resolves with the exit status. Throws UsageError for what the user can mend.
   * Nothing of a library is loaded before this is called.
   */
  run(args: readonly string[], options: OptionValues, io: Io): Promise<number>;
}
