// Plain text tables: cells are strings, columns as wide as their longest cell.
//
//   device     maps  unmaps
//   ---------  ----  ------
//   11800000    120     118
//
// Not modelled: wide characters count as one column.

/** How one column is headed and set. */
export interface Column {
  readonly title: string;
  /** Default: left for the first column, right for the others. */
  readonly align?: "left" | "right";
}

const GAP = "  ";

function pad(text: string, width: number, align: "left" | "right"): string {
  return align === "left" ? text.padEnd(width) : text.padStart(width);
}

/** The table as lines, without trailing blanks. Rows shorter than `columns` are filled with blanks. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, i) =>
    rows.reduce((width, row) => Math.max(width, (row[i] ?? "").length), column.title.length),
  );
  const aligns = columns.map((column, i) => column.align ?? (i === 0 ? "left" : "right"));
  const line = (cells: readonly string[]) =>
    columns
      .map((_, i) => pad(cells[i] ?? "", widths[i]!, aligns[i]!))
      .join(GAP)
      .trimEnd();
  return [
    line(columns.map((column) => column.title)),
    widths.map((width) => "-".repeat(width)).join(GAP),
    ...rows.map(line),
  ];
}

/** Drops the columns (but the first) in which every row has one of `blank`. */
export function dropEmptyColumns(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  blank: readonly string[] = ["", "0", "-", "0 B"],
): { columns: Column[]; rows: string[][] } {
  const keep = columns.map((_, i) => i === 0 || rows.some((row) => !blank.includes((row[i] ?? "").trim())));
  return {
    columns: columns.filter((_, i) => keep[i]),
    rows: rows.map((row) => row.filter((_, i) => keep[i])),
  };
}

/** `text` cut to `width` with `~` in place of its middle. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const tail = Math.ceil((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}~${text.slice(text.length - tail)}`;
}

/** Shortens the cells of the first column so that no line is longer than `width`, if at all possible. */
export function fitFirstColumn(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): string[][] {
  const rest = columns
    .slice(1)
    .reduce(
      (total, column, i) =>
        total +
        GAP.length +
        rows.reduce((most, row) => Math.max(most, (row[i + 1] ?? "").length), column.title.length),
      0,
    );
  const room = Math.max(width - rest, columns[0]!.title.length, 8);
  return rows.map((row) => [shorten(row[0] ?? "", room), ...row.slice(1)]);
}

/** Columns a report may use. */
export const REPORT_WIDTH = 100;

/** A table whose first column is cut to what the width of a report leaves it. */
export function fittedLines(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  return tableLines(columns, fitFirstColumn(columns, rows, REPORT_WIDTH));
}

/** `text` in lines as wide as a report may be; those after the first are set in. */
export function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > REPORT_WIDTH && line !== "") {
      lines.push(line);
      line = `  ${word}`;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
