// `sysmmu explain <address | kernel log lines | file | ->`: what a fault or an IO address means.

import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { socByName } from "../../soc/find.js";
import { type Command, EXIT_DONE, type OptionValues } from "../command.js";
import { explainFault, type FaultExplanation, type WalkPlan, walkPlan, walkText } from "../explain-fault.js";
import { readFaultLog } from "../fault-log.js";
import { type Io, UsageError } from "../io.js";
import { choiceOption, integerOption } from "../options.js";
import { jsonText, writeOutput } from "../output.js";

/** Raised when the JSON form changes. */
const SCHEMA_VERSION = 1;
const SOCS = ["exynos4210", "exynos4212", "exynos4412"] as const;
const U32 = 0xffff_ffff;

interface Explained {
  readonly faults: readonly FaultExplanation[];
  readonly addresses: readonly WalkPlan[];
}

function addressOf(text: string): number | undefined {
  if (!/^(0x[0-9a-f]+|[0-9a-f]{8})$/i.test(text)) return undefined;
  const address = Number(text.startsWith("0x") || text.startsWith("0X") ? text : `0x${text}`);
  if (address > U32) throw new UsageError(`address ${text} does not fit 32 bits`);
  return address;
}

/** An argument as text: standard input, a file, or what was typed. */
function textOf(argument: string, io: Io): string {
  if (argument === "-") return readFileSync(0, "utf8");
  const path = resolve(io.cwd, argument);
  const stat = argument.length < 4096 ? statSync(path, { throwIfNoEntry: false }) : undefined;
  return stat?.isFile() === true ? readFileSync(path, "utf8") : argument;
}

function explain(args: readonly string[], options: OptionValues, io: Io): Explained {
  const soc = socByName(choiceOption(options, "soc", SOCS, "exynos4210"));
  const base = integerOption(options, "ptBase", 0, U32) ?? null;
  const lv1 = integerOption(options, "lv1", 0, U32) ?? null;
  // Lines pasted without quotes arrive as words.
  const texts = args.map((arg) => textOf(arg, io));
  const text = texts.join(texts.some((part) => part.includes("\n")) ? "\n" : " ");
  const faults = readFaultLog(text);
  if (faults.length > 0) return { faults: faults.map((fault) => explainFault(fault, soc)), addresses: [] };
  const addresses = args.map((arg) => {
    const address = addressOf(arg);
    if (address !== undefined) return walkPlan(address, base, lv1);
    throw new UsageError(
      `no System MMU fault message and no IO address: ${JSON.stringify(text.slice(0, 80))}`,
    );
  });
  return { faults: [], addresses };
}

function render({ faults, addresses }: Explained): string {
  const blocks = [...faults.map((f) => f.text), ...addresses.map(walkText)];
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Explains addresses and fault messages. */
export const explainCommand: Command = {
  usage: "explain [...what]",
  summary: "Say what a fault or an IO address means, also from pasted kernel log lines",
  options: [
    {
      flags: "--soc <name>",
      text: `Names and addresses of this SoC: ${SOCS.join(", ")} (default exynos4210)`,
    },
    { flags: "--pt-base <address>", text: "Base of the level-1 table, for addresses" },
    { flags: "--lv1 <descriptor>", text: "The level-1 descriptor, for addresses" },
  ],
  examples: [
    "sysmmu explain 0x20001000 --pt-base 0x6d9c0000",
    'sysmmu explain "11a20000.sysmmu: PAGE FAULT occurred at 0x20001000"',
    "dmesg | sysmmu explain -",
  ],
  async run(args, options, io) {
    if (args.length === 0)
      throw new UsageError("explain needs an IO address, a kernel log line, a file or -");
    const explained = explain(args, options, io);
    const json = { schema: "sysmmu/explain", schemaVersion: SCHEMA_VERSION, ...explained };
    writeOutput(options["json"] === true ? jsonText(json) : render(explained), options, io);
    return EXIT_DONE;
  },
};
