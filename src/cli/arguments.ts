// What was typed: options of a command as text, positional words, standard input's "-".
//
// cac splits words from options and prints help. It also turns texts into numbers, drops "-", and takes
// `--no-x` and `--x=value` for options without a value; so the texts are read here once more.
//
// Not modelled: bundled short options; only -h and -v are short.

import type { Command, CommandOption, OptionValues } from "./command.js";
import { UsageError } from "./io.js";

/** Options that every command has. */
export const COMMON_OPTIONS: readonly CommandOption[] = [
  { flags: "--json", text: "Print JSON with a schema version" },
  { flags: "--out <file>", text: "Write the result to a file instead of stdout" },
];

/** Options of cac itself, by the name it gives them. */
const CAC_OPTIONS: readonly string[] = ["--", "help", "h", "version", "v"];

/** `--lv1` of the flags of an option: its name as typed, without the dashes. */
export function optionName({ flags }: CommandOption): string {
  return /--([a-z][a-z0-9-]*)/.exec(flags)![1]!;
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** One `--name`, `--name=text` or `--name text`. */
interface Typed {
  readonly name: string;
  /** Text behind an equals sign. */
  readonly attached: string | undefined;
  /** The word that follows. */
  readonly next: string | undefined;
}

function typedOptions(argv: readonly string[]): Typed[] {
  const end = argv.indexOf("--");
  const before = end < 0 ? argv : argv.slice(0, end);
  return before.flatMap((arg, i) => {
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(arg);
    return match === null ? [] : [{ name: match[1]!, attached: match[2], next: argv[i + 1] }];
  });
}

function textOf({ name, attached, next }: Typed): string {
  const text = attached ?? next;
  // A word with dashes is an option, not a value; a lone "-" is standard input or output.
  if (text === undefined || text === "" || (attached === undefined && /^-./s.test(text))) {
    throw new UsageError(`--${name} needs a value`);
  }
  return text;
}

/**
 * The options of `command` as text, list or true. `parsed` is cac's reading of `argv`.
 * Throws UsageError for what is unknown, given twice, lacks a value or has one too many.
 */
export function optionValues(
  command: Command,
  parsed: Readonly<Record<string, unknown>>,
  argv: readonly string[],
): OptionValues {
  const known = new Map([...command.options, ...COMMON_OPTIONS].map((o) => [optionName(o), o]));
  const values: Record<string, string | string[] | true> = {};
  for (const typed of typedOptions(argv)) {
    const { name } = typed;
    if (CAC_OPTIONS.includes(name)) continue;
    const option = known.get(name);
    if (option === undefined) throw new UsageError(`unknown option --${name}`);
    const key = camelCase(name);
    const before = values[key];
    if (before !== undefined && option.many !== true) {
      throw new UsageError(`--${name} is given more than once`);
    }
    if (option.flags.includes("<")) {
      const text = textOf(typed);
      values[key] = option.many === true ? [...(Array.isArray(before) ? before : []), text] : text;
    } else if (typed.attached !== undefined) {
      throw new UsageError(`--${name} takes no value, got ${JSON.stringify(typed.attached)}`);
    } else values[key] = true;
  }
  for (const name of Object.keys(parsed)) {
    if (CAC_OPTIONS.includes(name) || name in values) continue;
    throw new UsageError(`unknown option ${name.length === 1 ? `-${name}` : `--${name}`}`);
  }
  return values;
}

/** Stands for "-" (standard input) while cac parses, which drops it. */
const DASH = "\0-";

/** `argv` as cac keeps all of it. */
export function forCac(argv: readonly string[]): string[] {
  return argv.map((arg) => (arg === "-" ? DASH : arg));
}

/** The words that cac found, "-" among them; refuses an empty word, more than the command takes, and "-" twice. */
export function positionalWords(command: Command, found: readonly string[]): string[] {
  const words = found.map((arg) => (arg === DASH ? "-" : arg));
  const [name, ...places] = command.usage.split(" ");
  if (words.includes("")) throw new UsageError(`${name}: an argument is empty`);
  if (!command.usage.includes("...") && words.length > places.length) {
    throw new UsageError(
      `${name} takes ${places.length === 0 ? "no argument" : places.join(" ")}, got ${JSON.stringify(words[places.length])} too`,
    );
  }
  if (words.filter((word) => word === "-").length > 1) {
    throw new UsageError(`${name}: standard input (-) can be read only once`);
  }
  return words;
}
