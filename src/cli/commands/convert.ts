// `sysmmu convert <traces>`: a trace as an op stream, text for people or binary for speed.
//
// Not modelled: the way back; an op stream has no task names and no time stamps.

import { formatCount } from "../../report/format.js";
import { binaryHeader, binaryRecords } from "../../trace/binary.js";
import { openTrace, type TraceSummary } from "../../trace/reader.js";
import { openSources } from "../../trace/source-node.js";
import { textHeader, textLines, type WriterNames } from "../../trace/text.js";
import { type Command, EXIT_DONE, type OptionValues } from "../command.js";
import { type Io, UsageError } from "../io.js";
import { accessOption, bytesOption, choiceOption } from "../options.js";
import { jsonText } from "../output.js";
import { startProgress } from "../progress.js";
import { Spool } from "../spool.js";
import { traceFiles } from "../traces.js";

/** Raised when the JSON form changes. */
const SCHEMA_VERSION = 1;
const FORMS = ["text", "binary"] as const;
const GUEST_BASE = 0x4000_0000;
const GUEST_BYTES = 256 << 20;

/** Numbers names in order of appearance. */
class Names implements WriterNames {
  readonly devices: string[] = [];
  /** Number 0 is no label. */
  readonly labels: string[] = [""];

  readonly device = (name: string): number => number(this.devices, name);
  readonly label = (text: string): number => number(this.labels, text);
}

function number(list: string[], name: string): number {
  const at = list.indexOf(name);
  return at >= 0 ? at : list.push(name) - 1;
}

interface Converted {
  readonly summary: TraceSummary;
  readonly names: Names;
}

async function convertTo(
  spool: Spool,
  form: (typeof FORMS)[number],
  args: readonly string[],
  options: OptionValues,
  io: Io,
): Promise<Converted> {
  const names = new Names();
  const progress = await startProgress("convert", io);
  const reader = openTrace(openSources(traceFiles(args, io)), {
    device: names.device,
    label: names.label,
    guestBase: GUEST_BASE,
    guestBytes: bytesOption(options, "dram") ?? GUEST_BYTES,
    access: accessOption(options, "none"),
    lenient: options["lenient"] === true,
    onProgress: (done, total) => progress.update(done, total ?? done, ""),
  });
  const encoder = new TextEncoder();
  try {
    for await (const { records } of reader) {
      spool.write(form === "text" ? encoder.encode(textLines(records)) : binaryRecords(records));
    }
  } finally {
    progress.stop();
  }
  return { summary: reader.summary, names };
}

function summaryText({ summary, names }: Converted, out: string): string {
  const { replayed, beforeRecording, below, skipped } = summary.counts;
  return `${out}: ${formatCount(summary.records)} records, ${names.devices.length} devices; of the events ${formatCount(replayed)} converted, ${formatCount(beforeRecording)} before the recording, ${formatCount(below)} below, ${formatCount(skipped)} skipped\n`;
}

/** Converts traces to op streams. */
export const convert: Command = {
  usage: "convert [...traces]",
  summary: "Turn traces into the op stream's text or binary form",
  options: [
    { flags: "--to <form>", text: `${FORMS.join(" or ")} (default text)` },
    {
      flags: "--access <how>",
      text: "Accesses of the masters to put in: none, once, stream:N (default none)",
    },
    { flags: "--dram <size>", text: "Guest DRAM that recorded pages are placed in (default 256M)" },
    { flags: "--lenient", text: "Count malformed events instead of stopping at the first" },
  ],
  examples: [
    "sysmmu convert trace.txt.gz | less",
    "sysmmu convert trace.txt.gz --to binary --out trace.ops.gz --json",
  ],
  async run(args, options, io) {
    if (args.length === 0) throw new UsageError("convert needs a trace");
    const form = choiceOption(options, "to", FORMS, "text");
    const out = typeof options["out"] === "string" ? options["out"] : undefined;
    if (options["json"] === true && out === undefined) {
      throw new UsageError("convert --json prints a summary and needs --out for the op stream");
    }
    const spool = new Spool();
    try {
      const converted = await convertTo(spool, form, args, options, io);
      const { names, summary } = converted;
      const header =
        form === "text" ? new TextEncoder().encode(textHeader(names)) : binaryHeader(names, summary.records);
      await spool.copy(header, out, io);
      if (out === undefined) return EXIT_DONE;
      const json = { schema: "sysmmu/convert", schemaVersion: SCHEMA_VERSION, form, out, ...summary };
      io.stdout.write(options["json"] === true ? jsonText(json) : summaryText(converted, out));
    } finally {
      spool.dispose();
    }
    return EXIT_DONE;
  },
};
