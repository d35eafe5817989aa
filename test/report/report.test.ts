// The text form of reports: numbers, tables, and the whole page on a made-up report.
import { describe, expect, it } from "vitest";
import { formatAddress, formatBytes, formatCount, formatRate, formatShare } from "../../src/report/format.js";
import { renderReplayReport } from "../../src/report/replay-report.js";
import { dropEmptyColumns, fitFirstColumn, shorten, tableLines } from "../../src/report/table.js";
import { sampleReport } from "./sample.js";

describe("numbers", () => {
  it("groups thousands", () => {
    expect([0, 999, 1000, 1234567, -4200, 1234.5].map(formatCount)).toEqual([
      "0",
      "999",
      "1,000",
      "1,234,567",
      "-4,200",
      "1,234.5",
    ]);
  });

  it("gives bytes three significant digits", () => {
    expect(
      [0, 1023, 1024, 10 << 10, 100 << 10, 1023.6 * 1024, 1536 << 10, 5 * 2 ** 30].map(formatBytes),
    ).toEqual(["0 B", "1023 B", "1.00 KiB", "10.0 KiB", "100 KiB", "1.00 MiB", "1.50 MiB", "5.00 GiB"]);
  });

  it("shows shares, addresses and rates", () => {
    expect(formatShare(1, 3)).toBe("33.3%");
    expect(formatShare(0, 0)).toBe("-");
    expect(formatAddress(-1)).toBe("0xffffffff");
    expect([0, 0.5, 12.345, 123.4].map(formatRate)).toEqual(["-", "0.500", "12.3", "123"]);
  });
});

describe("tables", () => {
  it("aligns names left and numbers right", () => {
    expect(
      tableLines(
        [{ title: "Device" }, { title: "maps" }],
        [
          ["fimc0", "5"],
          ["g2d", "12345"],
        ],
      ),
    ).toEqual(["Device   maps", "------  -----", "fimc0       5", "g2d     12345"]);
  });

  it("drops columns that say nothing", () => {
    const kept = dropEmptyColumns(
      [{ title: "a" }, { title: "b" }, { title: "c" }],
      [
        ["x", "0", "1"],
        ["y", "-", "0"],
      ],
    );
    expect(kept.columns.map((column) => column.title)).toEqual(["a", "c"]);
    expect(kept.rows).toEqual([
      ["x", "1"],
      ["y", "0"],
    ]);
  });

  it("gives names the room that numbers leave", () => {
    const columns = [{ title: "Device" }, { title: "maps" }];
    const rows = fitFirstColumn(columns, [["a-name-of-twenty-five-char", "12345"]], 27);
    expect(tableLines(columns, rows).map((line) => line.length)).toEqual([27, 27, 27]);
  });

  it("shortens in the middle", () => {
    expect(shorten("abcdefghij", 7)).toBe("abc~hij");
    expect(shorten("abc", 7)).toBe("abc");
  });
});

describe("replay report", () => {
  const text = renderReplayReport(sampleReport);

  it("fits 100 columns", () => {
    for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
  });

  it("shows the strategies side by side", () => {
    expect(text).toMatch(/^Strategy +linear +iommu +bounce$/m);
    expect(text).toMatch(/^TLB hits +- +1,500 75\.0% +-$/m);
    expect(text).toMatch(/^IO address as recorded +0 +1,240 +0$/m);
    expect(text).toMatch(/^bytes through bounce buffers +0 B +0 B +5\.00 MiB$/m);
  });

  it("prints a device table once for the strategies that share it", () => {
    expect(text.match(/^Calls per device \(linear, iommu, bounce\)$/gm)).toHaveLength(1);
    expect(text).toMatch(/^11800000\.fimc +1,200 +1,190 +40/m);
  });

  it("names what is malformed, lost and still mapped", () => {
    expect(text).toContain("malformed 03-v4l2-video0.trace.txt.gz:17: dma_map_page: nonsense");
    expect(text).toMatch(/^lost +911 /m);
    expect(text).toMatch(/^Findings \(iommu\): 9$/m);
    expect(text).toMatch(/^- stale-cpu-read: finding 0 of a buffer/m);
    expect(text).toMatch(/^\.\.\. and 1 more$/m);
    expect(text).not.toContain("Findings (linear)");
    expect(text).toMatch(/^Still mapped at the end \(iommu\): 24 of 195 KiB, oldest first$/m);
    expect(text).toContain("... and 16 more");
  });

  it("is the same for the report read back from JSON", () => {
    expect(renderReplayReport(JSON.parse(JSON.stringify(sampleReport)))).toBe(text);
  });

  it("stands an empty report", () => {
    const empty = { ...sampleReport, traces: [], events: {}, strategies: [], notes: [] };
    expect(renderReplayReport(empty)).toContain("0 events".replace("0 ", "4,910 "));
  });
});
