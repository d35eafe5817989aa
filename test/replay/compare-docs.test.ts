// docs/compare.md says what the code does: its numbers, its figures, its words.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compareWorkload, type StrategyComparison } from "../../src/replay/comparison.js";
import { FIGURES } from "../../src/replay/figures.js";
import { STRATEGY_WORDS } from "../../src/replay/strategy-name.js";
import { WORKLOADS, workloadOptions } from "../../src/replay/workloads.js";

const document = readFileSync("docs/compare.md", "utf8");
const flowing = document.replace(/\s+/g, " ");

/** Cells of the row of a table that begins with `title`. */
function cells(title: string, after = 0): string[] {
  const at = document.indexOf(`| ${title} |`, after);
  if (at < 0) throw new Error(`no row ${title}`);
  return document
    .slice(at, document.indexOf("\n", at))
    .split("|")
    .slice(2, -1)
    .map((cell) => cell.trim());
}

describe("docs/compare.md", () => {
  it("lists every figure with its unit, every word and every workload", () => {
    for (const { name, title, unit } of FIGURES) {
      expect(flowing).toContain(`\`${name}\` ${title}${unit === "count" ? "" : ` (${unit})`}`);
    }
    for (const [, words] of STRATEGY_WORDS) {
      for (const word of words) expect(document).toContain(`\`${word.split(" ")[0]}\``);
    }
    for (const name of WORKLOADS) expect(document).toContain(`| \`${name}\` |`);
  });

  it("has the numbers that answer the question of 2011", async () => {
    const memories = ["iommu+write-combine", "iommu+bufferable", "iommu+strongly-ordered", "iommu+cached"];
    const forgetful = ["no-barrier", "no-barrier", "no-barrier", "no-sync"].map(
      (w, i) => `${memories[i]}+${w}`,
    );
    const values = (c: StrategyComparison, area: string, name: string) =>
      c.rows.find((r) => r.area === area && r.name === name)!.values;
    const text = (n: number | null) => (n ?? 0).toLocaleString("en-US");
    for (const name of ["framebuffer", "scatter-writes", "descriptor-ring"] as const) {
      const strategies = name === "descriptor-ring" ? [...memories, ...forgetful] : memories;
      const c = await compareWorkload(workloadOptions(name), { strategies });
      const title = `\`${name}\`: bus writes`;
      const writes = values(c, "writes", "busWrites").slice(0, 3).map(text);
      expect(cells(title)).toEqual([...writes, `${text(values(c, "caches", "l2WrittenBack")[3]!)} lines`]);
      if (name === "descriptor-ring") {
        const buffered = values(c, "hazards", "bufferedReads").slice(4, 7).map(text);
        const stale = text(values(c, "hazards", "staleLines")[7]!);
        expect(cells("stale reads of 256 without barrier (cached: sync)")).toEqual([...buffered, stale]);
      } else {
        const bursts = values(c, "writes", "bursts").slice(0, 3).map(text);
        expect(cells("bursts", document.indexOf(title))).toEqual([...bursts, "-"]);
      }
    }
  });
});
