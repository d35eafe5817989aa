// Saved reports: read back, matched, subtracted; what is no report is refused with the file's name.
import { describe, expect, it } from "vitest";
import { comparisonOf } from "../../src/replay/comparison.js";
import { compareReports, reportsDiffer } from "../../src/replay/report-comparison.js";
import { ReportError, readSavedReport } from "../../src/replay/saved-report.js";
import type { ReplayReport } from "../../src/report/types.js";
import { sampleReport } from "../report/sample.js";

const saved = (report: unknown, file = "a.json") => readSavedReport(file, JSON.stringify(report));

/** The sample with other figures in its IOMMU strategy. */
function changed(change: (figures: Record<string, Record<string, number | null>>) => void): ReplayReport {
  const copy = structuredClone(sampleReport) as ReplayReport;
  const iommu = copy.strategies.find((s) => s.strategy === "iommu")!;
  change(iommu.figures as Record<string, Record<string, number | null>>);
  return copy;
}

describe("two saved reports", () => {
  it("that are equal differ in nothing", () => {
    const comparison = compareReports(saved(sampleReport), saved(sampleReport, "b.json"));
    expect(comparison.pairs.map((p) => p.a)).toEqual(["linear", "iommu", "bounce"]);
    expect(comparison.pairs.every((p) => p.a === p.b && p.rows.every((r) => !r.differs))).toBe(true);
    expect(comparison.pairs[0]!.rows.some((r) => r.area === "operations" && r.name === "replayed")).toBe(
      true,
    );
    expect(
      comparison.pairs[1]!.rows.some((r) => r.area.startsWith("device ") && r.name === "tlb.walks"),
    ).toBe(true);
    expect(comparison.onlyInOne).toEqual([]);
    expect(comparison.settings).toEqual([]);
    expect(reportsDiffer(comparison)).toBe(false);
  });

  it("show difference and ratio of every figure, and what only one has", () => {
    const other = changed((figures) => {
      figures["mappings"] = { maps: 3000, live: 0, invented: 1 };
      figures["findings"]!["staleHits"] = null;
      figures["new"] = { thing: 1 };
    });
    const settings = { ...other.settings, profile: "v3.14" };
    const comparison = compareReports(saved(sampleReport), saved({ ...other, settings }, "b.json"));
    const iommu = comparison.pairs.find((p) => p.a === "iommu")!;
    const row = (name: string) => iommu.rows.find((r) => r.name === name && !r.area.startsWith("device"))!;
    expect(row("maps")).toEqual({
      area: "mappings",
      name: "maps",
      title: "single maps made",
      unit: "count",
      a: 2400,
      b: 3000,
      difference: 600,
      ratio: 1.25,
      differs: true,
    });
    expect(row("live")).toMatchObject({ difference: -24, ratio: 0 });
    expect(row("staleHits")).toMatchObject({ a: 1, b: null, difference: null, ratio: null, differs: true });
    expect(row("faults")).toMatchObject({ difference: 0, ratio: 1, differs: false });
    expect(comparison.settings).toEqual([{ run: iommu.run, name: "profile", a: "v6.1", b: "v3.14" }]);
    expect(comparison.onlyInOne).toEqual([
      { report: "b", kind: "figure", name: "iommu: new" },
      { report: "b", kind: "figure", name: "iommu, mappings: invented" },
    ]);
    expect(reportsDiffer(comparison)).toBe(true);
    const same = comparison.pairs.find((p) => p.a === "linear")!;
    expect(same.rows.every((r) => !r.differs)).toBe(true);
  });

  it("name strategies and devices that only one has", () => {
    const [linear, iommu, bounce] = sampleReport.strategies;
    const renamed = { ...iommu!, devices: [{ ...iommu!.devices[0]!, name: "other" }] };
    const a = { ...sampleReport, strategies: [linear, iommu] };
    const b = { ...sampleReport, strategies: [renamed, bounce] };
    const comparison = compareReports(saved(a), saved(b, "b.json"));
    expect(comparison.pairs.map((p) => p.a)).toEqual(["iommu"]);
    expect(comparison.onlyInOne).toEqual([
      { report: "a", kind: "strategy", name: "linear" },
      { report: "b", kind: "strategy", name: "bounce" },
      ...iommu!.devices.map((d) => ({ report: "a", kind: "device", name: `iommu: ${d.name}` })),
      { report: "b", kind: "device", name: "iommu: other" },
    ]);
  });

  it("of one strategy each are compared whatever the strategies are called", () => {
    const only = (i: number) => ({ ...sampleReport, strategies: [sampleReport.strategies[i]] });
    const { pairs, onlyInOne } = compareReports(saved(only(0)), saved(only(1)));
    expect(pairs.map(({ a, b }) => [a, b])).toEqual([["linear", "iommu"]]);
    expect(onlyInOne).toEqual([]);
  });

  it("may be sets of recordings, matched by name, and comparisons", () => {
    const set = (...reports: unknown[]) => saved({ schema: "sysmmu/replay-set", schemaVersion: 1, reports });
    const other = { ...sampleReport, traces: [{ ...sampleReport.traces[0]!, name: "other/x.txt" }] };
    const { pairs, onlyInOne } = compareReports(set(sampleReport, other), set(other, sampleReport));
    expect(pairs).toHaveLength(6);
    expect(pairs.every((p) => p.rows.every((r) => !r.differs))).toBe(true);
    expect(onlyInOne).toEqual([]);
    const less = compareReports(set(sampleReport, other), set(sampleReport));
    // One against a set of two: matched by name, not by number.
    expect(less.pairs).toHaveLength(3);
    expect(less.onlyInOne).toEqual([{ report: "a", kind: "run", name: "other/x.txt" }]);
    const comparison = saved(comparisonOf(sampleReport, { kind: "trace", files: ["t"] }));
    const mixed = compareReports(saved(sampleReport), comparison);
    const maps = mixed.pairs[1]!.rows.find((r) => r.area === "mappings" && r.name === "maps");
    expect(maps).toMatchObject({ a: 2400, b: 2400, differs: false });
  });
});

describe("a report that was changed by hand", () => {
  const at = (path: readonly (string | number)[], value: unknown): string => {
    const copy = structuredClone(sampleReport) as unknown;
    let inside = copy as Record<string | number, unknown>;
    for (const key of path.slice(0, -1)) inside = inside[key] as Record<string | number, unknown>;
    inside[path.at(-1)!] = value;
    return JSON.stringify(copy);
  };
  it.each([
    [["operations", "replayed"], "12", 'report.operations.replayed is no number: "12"'],
    [["operations", "events"], true, "report.operations.events is no number: true"],
    [
      ["strategies", 1, "figures", "mappings", "maps"],
      "2400",
      'strategies[1].figures.mappings.maps is no number: "2400"',
    ],
    [
      ["strategies", 1, "figures", "findings", "staleHits"],
      [1],
      "strategies[1].figures.findings.staleHits is no number: [1]",
    ],
    [
      ["strategies", 0, "figures", "mappings", "live"],
      -1e308,
      "figures.mappings.live is -1e+308, figures are from 0",
    ],
    [
      ["strategies", 0, "figures", "mappings", "live"],
      1e300,
      "figures.mappings.live is 1e+300, figures are from 0",
    ],
    [["strategies", 1, "devices", 0, "maps"], "x", 'strategies[1].devices[0].maps is no number: "x"'],
    [["strategies", 1, "devices", 0, "space", "usedBytes"], -1, "devices[0].space.usedBytes is -1"],
    [["strategies", 1, "devices", 0, "name"], 7, "strategies[1].devices[0].name is no text"],
  ] as const)("is refused with the name of the field: %j = %j", (path, value, message) => {
    expect(() => readSavedReport("bad.json", at(path, value))).toThrow(ReportError);
    expect(() => readSavedReport("bad.json", at(path, value))).toThrow(message);
  });

  it("may have null where the strategy cannot have a figure", () => {
    const text = at(["strategies", 1, "figures", "findings", "staleHits"], null);
    expect(readSavedReport("a.json", text).runs[0]!.columns[1]!.figures["findings"]!["staleHits"]).toBe(null);
  });

  it("is refused as a comparison too", () => {
    const comparison = structuredClone(comparisonOf(sampleReport, { kind: "trace", files: ["t"] }));
    (comparison.rows[0]!.values as unknown[])[1] = -5;
    expect(() => saved(comparison)).toThrow(/rows\[0\]\.values\[1\] is -5/);
  });
});

describe("what is no report", () => {
  const good = { schema: "sysmmu/replay", schemaVersion: 1 };
  it.each([
    ["{", /bad\.json: is no JSON/],
    ["[]", /bad\.json: the report is no object/],
    ["null", /bad\.json: the report is no object/],
    ["{}", /bad\.json: has the schema null, not sysmmu\/replay/],
    ['{"schema":"sysmmu/sweep"}', /bad\.json: has the schema "sysmmu\/sweep"/],
    ['{"schema":"constructor"}', /bad\.json: has the schema "constructor"/],
    [
      '{"schema":"sysmmu/replay","schemaVersion":2}',
      /bad\.json: is sysmmu\/replay of version 2, this sysmmu reads 1/,
    ],
    ['{"schema":"sysmmu/replay"}', /of version null/],
    [
      '{"schema":"sysmmu/compare","schemaVersion":"1"}',
      /sysmmu\/compare of version "1", this sysmmu reads 1/,
    ],
    [JSON.stringify(good), /bad\.json: report\.strategies is no list/],
    [JSON.stringify({ ...sampleReport, traces: 1 }), /bad\.json: traces is no list/],
    [
      JSON.stringify({
        ...sampleReport,
        strategies: [{ ...sampleReport.strategies[0], figures: undefined }],
      }),
      /strategies\[0\] \(linear\) has no figures/,
    ],
    [
      JSON.stringify({ ...sampleReport, strategies: [{ ...sampleReport.strategies[0], figures: { a: 3 } }] }),
      /strategies\[0\]\.figures\.a is no object/,
    ],
    [
      JSON.stringify({ schema: "sysmmu/compare", schemaVersion: 1, kind: "reports" }),
      /comparison of two reports, which cannot be compared again/,
    ],
  ])("is refused: %s", (text, message) => {
    expect(() => readSavedReport("bad.json", text)).toThrow(ReportError);
    expect(() => readSavedReport("bad.json", text)).toThrow(message);
  });
});
