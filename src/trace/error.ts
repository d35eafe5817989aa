// The one error class of the trace readers: says which file, which line, and shows the text.

/** Where a TraceError was found; every part may be missing. */
export interface TraceErrorPlace {
  /** Name of the source as the user gave it; "-" is standard input. */
  file?: string | undefined;
  /** Line number from 1; 0 or undefined when the file has no lines or the whole file is meant. */
  line?: number | undefined;
  /** The offending text; cut to 200 characters in the message. */
  text?: string | undefined;
}

const SHOWN = 200;

/**
 * Bad trace input: a truncated or foreign file, a malformed event, guest DRAM too small for the trace.
 * `message` is `file:line: what: text`, with the parts that are known.
 */
export class TraceError extends Error {
  readonly file: string;
  readonly line: number;
  readonly text: string;

  constructor(what: string, place: TraceErrorPlace = {}) {
    const file = place.file ?? "";
    const line = place.line ?? 0;
    const text = place.text ?? "";
    let message = what;
    if (file !== "") message = `${line > 0 ? `${file}:${line}` : file}: ${what}`;
    else if (line > 0) message = `line ${line}: ${what}`;
    if (text !== "") message += `: ${shorten(text)}`;
    super(message);
    this.name = "TraceError";
    this.file = file;
    this.line = line;
    this.text = text;
  }
}

function shorten(text: string): string {
  let clean = "";
  for (const c of text.trim()) clean += c < " " || (c >= "\x7f" && c < "\xa0") ? "?" : c;
  return clean.length > SHOWN ? `${clean.slice(0, SHOWN)}... (${clean.length} characters)` : clean;
}
