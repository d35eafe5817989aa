// The command line: parse with cac, dispatch, turn errors into one line and an exit status.

import { type CAC, cac } from "cac";
import { printable } from "../report/printable.js";
import { COMMON_OPTIONS, forCac, optionValues, positionalWords } from "./arguments.js";
import { type Command, EXIT_DONE, EXIT_USAGE } from "./command.js";
import { commands } from "./commands/index.js";
import { type Io, UsageError } from "./io.js";
import { checkOutput, refuseInputAsOutput } from "./output.js";
import { packageVersion } from "./package-root.js";
import { tellOfFolder } from "./traces.js";

function declare(cli: CAC): void {
  for (const command of commands) {
    const declared = cli.command(command.usage, command.summary);
    for (const { flags, text } of command.options) declared.option(flags, text);
    for (const { flags, text } of COMMON_OPTIONS) declared.option(flags, text);
    for (const example of command.examples) declared.example(`  $ ${example}`);
  }
  cli.option("-v, --version", "Print the version");
  cli.help();
}

function nameOf(command: Command): string {
  return command.usage.split(" ")[0]!;
}

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const cli = cac("sysmmu");
  declare(cli);
  const first = argv.find((arg) => !arg.startsWith("-"));
  const { args, options } = cli.parse(["node", "sysmmu", ...forCac(argv)], { run: false });
  if (options["help"] === true) return EXIT_DONE; // cac has printed it
  if (options["version"] === true && (first === undefined || cli.matchedCommand === undefined)) {
    io.stdout.write(`${packageVersion()}\n`);
    return EXIT_DONE;
  }
  const command = commands.find((c) => nameOf(c) === cli.matchedCommandName);
  if (command === undefined) {
    const names = commands.map(nameOf).join(", ");
    throw new UsageError(
      first === undefined
        ? `no command given; one of ${names}, or --help`
        : `unknown command ${JSON.stringify(first)}; one of ${names}, or --help`,
    );
  }
  const typed = optionValues(command, options, argv);
  const values = typed["out"] === "-" ? { ...typed, out: undefined } : typed;
  const rest = (options["--"] as readonly string[] | undefined) ?? [];
  const words = positionalWords(command, [...args.map(String), ...rest]);
  checkOutput(values, io);
  // Lists are files; explain's --trace is the one there is.
  const files = Object.values(values).flatMap((value) => (Array.isArray(value) ? (value as string[]) : []));
  refuseInputAsOutput([...words, ...files], values, io);
  try {
    return await command.run(words, values, io);
  } catch (error) {
    throw tellOfFolder(error, [...words, ...files], io);
  }
}

/**
 * Runs the command line `argv` (without node and script). Resolves with the exit status: 0 done,
 * 1 findings or differences where asked for, 2 bad usage or input. Never rejects for what a user
 * can mend; a bug of ours rejects.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(argv, io);
  } catch (error) {
    if (!isUserError(error)) throw error;
    io.stderr.write(`sysmmu: ${printable(error.message.replace(/(?<!\s)\s*\n\s*/g, " "))}\n`);
    return EXIT_USAGE;
  }
}

/** Errors whose message is for the user: options, files that cannot be opened, traces that do not read. */
const USER_ERRORS = ["UsageError", "CACError", "TraceError"];

function isUserError(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code;
  return (
    USER_ERRORS.includes(error.name) ||
    (typeof code === "string" && code.startsWith("E") && !code.startsWith("ERR_"))
  );
}
