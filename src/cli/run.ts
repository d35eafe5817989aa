// The command line: parse with cac, dispatch, turn errors into one line and an exit status.

import { type CAC, cac } from "cac";
import { type Command, EXIT_DONE, EXIT_USAGE, type OptionValues } from "./command.js";
import { commands } from "./commands/index.js";
import { type Io, UsageError } from "./io.js";
import { checkOutput } from "./output.js";
import { packageVersion } from "./package-root.js";

function declare(cli: CAC): void {
  for (const command of commands) {
    const declared = cli.command(command.usage, command.summary);
    for (const { flags, text } of command.options) declared.option(flags, text);
    declared.option("--json", "Print JSON with a schema version");
    declared.option("--out <file>", "Write the result to a file instead of stdout");
    for (const example of command.examples) declared.example(`  $ ${example}`);
  }
  cli.option("-v, --version", "Print the version");
  cli.help();
}

function nameOf(command: Command): string {
  return command.usage.split(" ")[0]!;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Text of every option with a value as it was typed; cac has made numbers of some. */
function typedValues(argv: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i]!;
    if (arg === "--") break;
    const match = /^--([a-z][a-z-]*)(?:=(.*))?$/s.exec(arg);
    if (match === null) continue;
    const text = match[2] ?? argv[i + 1];
    if (text === undefined) continue;
    const name = camelCase(match[1]!);
    values.set(name, [...(values.get(name) ?? []), text]);
  }
  return values;
}

/** The options of `command` as text or true; refuses what is unknown, missing or given twice. */
function optionValues(
  command: Command,
  parsed: Readonly<Record<string, unknown>>,
  argv: readonly string[],
): OptionValues {
  const known = new Map(
    [
      ["json", false],
      ["out", true],
    ].map(([k, v]) => [k as string, v as boolean]),
  );
  const lists = new Set<string>();
  for (const { flags, many } of command.options) {
    const name = camelCase(/--([a-z-]+)/.exec(flags)![1]!);
    known.set(name, flags.includes("<"));
    if (many === true) lists.add(name);
  }
  const typed = typedValues(argv);
  const values: Record<string, string | readonly string[] | true | undefined> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === "--" || name === "help" || name === "h" || name === "version" || name === "v") continue;
    const takesValue = known.get(name);
    if (takesValue === undefined) {
      throw new UsageError(`unknown option ${name.length === 1 ? `-${name}` : `--${name}`}`);
    }
    if (Array.isArray(value) && !lists.has(name)) throw new UsageError(`--${name} is given more than once`);
    if (!takesValue) {
      if (value !== false) values[name] = true;
      continue;
    }
    const texts = typed.get(name) ?? [];
    const text = texts[0];
    if ([value].flat().some((v) => typeof v === "boolean") || text === undefined || texts.includes("")) {
      throw new UsageError(`--${name} needs a value`);
    }
    values[name] = lists.has(name) ? texts : text;
  }
  return values;
}

function checkArguments(command: Command, args: readonly string[]): void {
  if (command.usage.includes("...")) return;
  const words = command.usage.split(" ").slice(1);
  if (args.length > words.length) {
    throw new UsageError(
      `${nameOf(command)} takes ${words.length === 0 ? "no argument" : words.join(" ")}, got ${JSON.stringify(args[words.length])} too`,
    );
  }
}

/** Stands for "-" (standard input) while cac parses, which drops it. */
const DASH = "\0-";

async function dispatch(argv: readonly string[], io: Io): Promise<number> {
  const cli = cac("sysmmu");
  declare(cli);
  const first = argv.find((arg) => !arg.startsWith("-"));
  const { args, options } = cli.parse(["node", "sysmmu", ...argv.map((arg) => (arg === "-" ? DASH : arg))], {
    run: false,
  });
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
  const values = optionValues(command, options, argv);
  const rest = (options["--"] as readonly string[] | undefined) ?? [];
  const words = [...args.map(String), ...rest].map((arg) => (arg === DASH ? "-" : arg));
  checkArguments(command, words);
  checkOutput(values, io);
  return command.run(words, values, io);
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
    io.stderr.write(`sysmmu: ${error.message.replaceAll("\n", " ")}\n`);
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
