// Text from files and traces, safe to print on a terminal.
//
// Not modelled: characters that only look like others, or turn the direction of writing.

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g;

/** `text` with every control character but tab and line feed as `\u001b`, which is how JSON writes it too. */
export function printable(text: string): string {
  return text.replace(CONTROLS, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
