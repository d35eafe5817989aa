// ftrace text the usual way: a file read line by line, each line taken apart by regular expressions,
// numbers by name in an object.
//
// Not modelled: anything after the parse; the contender beside it converts the events as well.

import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const LINE = /^\s*(.+)-(\d+)\s+\[(\d+)\]\s+(\S+)\s+([\d.]+): (\w+): (.*)$/;
const FIELD = /(\w+)=(\S*)/g;

/** Events by type, and the sum of all `size=` fields. */
export interface LineCounts {
  readonly byType: Record<string, number>;
  readonly lines: number;
  readonly bytes: number;
}

/** Reads the file at `path`. */
export async function ftraceLines(path: string): Promise<LineCounts> {
  const byType: Record<string, number> = {};
  let lines = 0;
  let bytes = 0;
  for await (const text of createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    lines++;
    const line = LINE.exec(text);
    if (line === null) continue;
    const type = line[6]!;
    byType[type] = (byType[type] ?? 0) + 1;
    const fields: Record<string, string> = {};
    for (const field of line[7]!.matchAll(FIELD)) fields[field[1]!] = field[2]!;
    bytes += Number(fields["size"] ?? 0);
  }
  return { byType, lines, bytes };
}
