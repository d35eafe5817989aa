// `sysmmu explain <address | kernel log lines | file | -> [--trace <trace>]`: what a fault or an IO address
// means, and who held it in a recording.

import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { findByLinuxName, socByName } from "../../soc/find.js";
import type { SocDescription } from "../../soc/types.js";
import { type Command, EXIT_DONE, type OptionValues } from "../command.js";
import { explainFault, type FaultExplanation, type WalkPlan, walkPlan, walkText } from "../explain-fault.js";
import { type LoggedReport, readReports, reportText } from "../explain-log.js";
import type { AddressAnswer, AddressQuery, TraceAnswers } from "../explain-trace.js";
import { readFaultLog } from "../fault-log.js";
import { type Io, UsageError } from "../io.js";
import { accessOption, bytesOption, choiceOption, integerOption, textOption } from "../options.js";
import { jsonText, writeOutput } from "../output.js";
import { startProgress } from "../progress.js";
import { isTraceName, traceFiles } from "../traces.js";

/** Raised when the JSON form changes. */
const SCHEMA_VERSION = 2;
const SOCS = ["exynos4210", "exynos4212", "exynos4412"] as const;
const PROFILES = ["rfc2011", "v3.6", "v3.14", "v4.4", "v6.1"] as const;
const U32 = 0xffff_ffff;
/** The walker takes the base from bits 31:14. */
const TABLE_ALIGNMENT = 16384;
/** Options that say how a trace is replayed. */
const TRACE_OPTIONS = ["device", "profile", "access", "dram", "lenient"];

interface Explained {
  readonly faults: readonly FaultExplanation[];
  readonly reports: readonly LoggedReport[];
  readonly addresses: readonly WalkPlan[];
}

function addressOf(text: string): number | undefined {
  if (!/^(0x[0-9a-f]+|[0-9a-f]{8})$/i.test(text)) return undefined;
  const address = Number(text.startsWith("0x") || text.startsWith("0X") ? text : `0x${text}`);
  if (address > U32) throw new UsageError(`address ${text} does not fit 32 bits`);
  return address;
}

function isFile(argument: string, io: Io): boolean {
  if (argument.length >= 4096) return false;
  return statSync(resolve(io.cwd, argument), { throwIfNoEntry: false })?.isFile() === true;
}

/** An argument as text: standard input, a file, or what was typed. */
function textOf(argument: string, io: Io): string {
  if (argument === "-") return readFileSync(0, "utf8");
  return isFile(argument, io) ? readFileSync(resolve(io.cwd, argument), "utf8") : argument;
}

function tableBase(options: OptionValues): number | null {
  const base = integerOption(options, "ptBase", 0, U32) ?? null;
  if (base !== null && base % TABLE_ALIGNMENT !== 0) {
    throw new UsageError(
      `--pt-base must be a multiple of 16 KiB (0x4000), as level-1 tables lie, got ${JSON.stringify(options["ptBase"])}`,
    );
  }
  return base;
}

function explain(args: readonly string[], options: OptionValues, soc: SocDescription, io: Io): Explained {
  const base = tableBase(options);
  const lv1 = integerOption(options, "lv1", 0, U32) ?? null;
  // Lines pasted without quotes arrive as words.
  const texts = args.map((arg) => textOf(arg, io));
  const text = texts.join(texts.some((part) => part.includes("\n")) ? "\n" : " ");
  const faults = readFaultLog(text).map((fault) => explainFault(fault, soc));
  const reports = readReports(text);
  if (faults.length + reports.length > 0) return { faults, reports, addresses: [] };
  const addresses = args.map((arg) => {
    const address = addressOf(arg);
    if (address !== undefined) return walkPlan(address, base, lv1);
    throw new UsageError(`no fault message and no IO address: ${JSON.stringify(text.slice(0, 80))}`);
  });
  return { faults: [], reports: [], addresses };
}

/** Addresses to look for in a trace, each once; `device` stands for what the log names. */
function queriesOf({ faults, reports, addresses }: Explained, device: string | null): AddressQuery[] {
  const all: AddressQuery[] = [];
  for (const { fault } of faults) {
    const { address, access, name } = fault;
    all.push({ address, device: device ?? name, access, fault: true });
  }
  for (const { address, access, device: named, source } of reports) {
    if (address === null) continue;
    all.push({ address, device: device ?? named, access, fault: source !== "DMA-API" });
  }
  for (const { address } of addresses) all.push({ address, device, access: null, fault: false });
  return [...new Map(all.map((query) => [JSON.stringify(query), query])).values()];
}

/** A device that neither the traces nor the SoC have is a slip of the pen. */
function refuseUnknownDevice(name: string, { devices }: TraceAnswers, soc: SocDescription): void {
  if (name === "" || findByLinuxName(soc, name) !== undefined) return;
  if (devices.some(({ trace, machine }) => name === trace || name === machine)) return;
  const known = devices.map(({ trace, machine }) => (trace === machine ? trace : `${trace} (${machine})`));
  throw new UsageError(
    `--device ${JSON.stringify(name)}: the trace has ${known.length === 0 ? "no devices" : `only ${known.join(", ")}`}`,
  );
}

async function askTraces(
  files: readonly string[],
  queries: readonly AddressQuery[],
  options: OptionValues,
  soc: SocDescription,
  io: Io,
): Promise<TraceAnswers> {
  const { askTrace } = await import("../explain-trace.js");
  const { openSources } = await import("../../trace/source-node.js");
  const dramBytes = bytesOption(options, "dram");
  if (dramBytes !== undefined && (dramBytes < 32 << 20 || dramBytes > 2 ** 31)) {
    throw new UsageError(`--dram must be 32M to 2G, got ${JSON.stringify(options["dram"])}`);
  }
  const question = {
    soc,
    dramBytes,
    profile: choiceOption(options, "profile", PROFILES, "v6.1"),
    access: accessOption(options, "none"),
    lenient: options["lenient"] === true,
  };
  const paths = files.map((file) => (file === "-" ? file : resolve(io.cwd, file)));
  const progress = await startProgress("explain", io);
  try {
    const answers = await askTrace(openSources(paths), queries, { ...question, onProgress: progress.update });
    refuseUnknownDevice(textOption(options, "device", ""), answers, soc);
    return { ...answers, files };
  } finally {
    progress.stop();
  }
}

function blocksOf({ faults, reports, addresses }: Explained): string[][] {
  return [...faults.map((f) => [...f.text]), ...reports.map(reportText), ...addresses.map(walkText)];
}

async function render(explained: Explained, answers: TraceAnswers | null): Promise<string> {
  const blocks = blocksOf(explained);
  if (answers !== null) {
    const { answerText, summaryText } = await import("../explain-trace.js");
    blocks.push(summaryText(answers));
    for (const answer of answers.answers) blocks.push(answerText(answer));
  }
  return `${blocks.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

async function withTexts(answers: TraceAnswers | null): Promise<unknown> {
  if (answers === null) return null;
  const { answerText } = await import("../explain-trace.js");
  const told = (answer: AddressAnswer) => ({ ...answer, text: answerText(answer) });
  return { ...answers, answers: answers.answers.map(told) };
}

/** Explains addresses and fault messages. */
export const explainCommand: Command = {
  usage: "explain [...what]",
  summary: "Say what a fault or an IO address means, and who held it in a trace; takes kernel log lines",
  options: [
    {
      flags: "--soc <name>",
      text: `Names and addresses of this SoC: ${SOCS.join(", ")} (default exynos4210)`,
    },
    { flags: "--pt-base <address>", text: "Base of the level-1 table, for addresses; a multiple of 16 KiB" },
    { flags: "--lv1 <descriptor>", text: "The level-1 descriptor, for addresses" },
    {
      flags: "--trace <trace>",
      many: true,
      text: "Replay this trace, several in order, or a folder, and say who held the address",
    },
    {
      flags: "--device <name>",
      text: "With --trace: the device that used the address (default: the log's, or any)",
    },
    {
      flags: "--profile <version>",
      text: `With --trace: kernel whose rules apply: ${PROFILES.join(", ")} (default v6.1)`,
    },
    {
      flags: "--access <how>",
      text: "With --trace: accesses of the masters: none, once, stream:N (default none)",
    },
    { flags: "--dram <size>", text: "With --trace: guest DRAM, 32M to 2G (default 1152M)" },
    { flags: "--lenient", text: "With --trace: count malformed events instead of stopping at the first" },
  ],
  examples: [
    "sysmmu explain 0x20001000 --pt-base 0x6d9c0000",
    'sysmmu explain "11a20000.sysmmu: PAGE FAULT occurred at 0x20001000"',
    "dmesg | sysmmu explain - --trace boot.trace.txt.gz --trace capture.trace.txt.gz",
  ],
  async run(args, options, io) {
    const named = options["trace"];
    const given = Array.isArray(named) ? (named as readonly string[]) : [];
    // A shell puts the other names of `--trace *.trace.txt.gz` among the arguments.
    const isTrace = (arg: string) => given.length > 0 && isTraceName(arg) && isFile(arg, io);
    const words = args.filter((arg) => !isTrace(arg));
    const traces = given.length === 0 ? [] : traceFiles([...given, ...args.filter(isTrace)], io);
    if (words.length === 0)
      throw new UsageError("explain needs an IO address, a kernel log line, a file or -");
    if (words.includes("-") && traces.includes("-"))
      throw new UsageError("standard input is either the log or the trace");
    const idle = traces.length > 0 ? undefined : TRACE_OPTIONS.find((name) => options[name] !== undefined);
    if (idle !== undefined) throw new UsageError(`--${idle} has no meaning without --trace`);
    const soc = socByName(choiceOption(options, "soc", SOCS, "exynos4210"));
    const explained = explain(words, options, soc, io);
    const queries = queriesOf(explained, textOption(options, "device", "") || null);
    if (traces.length > 0 && queries.length === 0)
      throw new UsageError("--trace: no message has an IO address to look for");
    const trace = traces.length === 0 ? null : await askTraces(traces, queries, options, soc, io);
    if (options["json"] === true) {
      const reports = explained.reports.map((report) => ({ report, text: reportText(report) }));
      const json = { schema: "sysmmu/explain", schemaVersion: SCHEMA_VERSION, ...explained, reports };
      writeOutput(jsonText({ ...json, trace: await withTexts(trace) }), options, io);
    } else writeOutput(await render(explained, trace), options, io);
    return EXIT_DONE;
  },
};
