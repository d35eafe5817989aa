// docs/opstream.md lists the operands of every op, and its example is an op stream.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { OPS } from "../../src/trace/opstream.js";
import { openTrace } from "../../src/trace/reader.js";
import { textSource } from "../../src/trace/source.js";

const doc = readFileSync("docs/opstream.md", "utf8");

const words = (cell: string): string[] => Array.from(cell.matchAll(/[a-z-]+/g), ([word]) => word);

async function records(text: string): Promise<number> {
  const reader = openTrace([textSource("doc", text)], {
    device: () => 0,
    guestBase: 0x4000_0000,
    guestBytes: 1 << 20,
  });
  let n = 0;
  for await (const chunk of reader) n += chunk.records.length / 4;
  return n;
}

describe("docs/opstream.md", () => {
  const start = doc.indexOf("| op | must be given |");
  const table = doc.slice(start, doc.indexOf("\n\n", start)).split("\n").slice(2);
  const cells = new Map(
    table.map((row) => {
      const [op = "", must = "", may = ""] = row
        .split("|")
        .slice(1)
        .map((cell) => cell.trim());
      return [op, { must: words(must), may: words(may) }] as const;
    }),
  );

  it("has one row for each op", () => {
    expect([...cells.keys()]).toEqual(OPS.map(({ name }) => name));
  });

  // What the reader itself takes, not what its table says.
  it.each(OPS.map(({ name }) => name))("tells the operands of %s", async (name) => {
    const { must, may } = cells.get(name)!;
    const header = "# sysmmu op stream 1\ndevice 0 fimc0\n";
    const before = name === "sg-entry" || name === "sg-end" ? "sg-begin handle=0 nents=1\n" : "";
    const entry = name === "sg-end" ? "sg-entry pa=0 length=0\n" : "";
    const line = (operands: readonly string[]) =>
      `${header}${before}${entry}${[name, ...operands.map((operand) => `${operand}=0`)].join(" ")}\n`;
    await records(line(must));
    await records(line([...must, ...may]));
    for (const operand of must) {
      await expect(records(line(must.filter((m) => m !== operand)))).rejects.toThrow(
        `${name} without ${operand}`,
      );
    }
    const all = ["dev", "dir", ...new Set(OPS.flatMap(({ operands }) => operands))].filter((o) => o !== "");
    for (const operand of all.filter((o) => !must.includes(o) && !may.includes(o))) {
      await expect(records(line([...must, operand]))).rejects.toThrow(
        `${name} has no operand ${operand}=0; it takes`,
      );
    }
  });

  it("has an example that reads", async () => {
    const at = doc.indexOf("# sysmmu op stream 1");
    expect(await records(doc.slice(at, doc.indexOf("```", at)))).toBe(4);
  });
});
