// The replay command over a made-up engine: what it asks, what it prints, how it ends.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OptionValues } from "../../src/cli/command.js";
import { type ReplayRequest, runReplayCommand } from "../../src/cli/commands/replay.js";
import { renderReplayReport } from "../../src/report/replay-report.js";
import type { ReplayReport } from "../../src/report/types.js";
import { sampleReport } from "../report/sample.js";
import { FakeIo } from "./io.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sysmmu-replay-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function replay(options: OptionValues, report: ReplayReport = sampleReport, isTTY = false) {
  const io = new FakeIo(folder, isTTY);
  const asked: { files: readonly string[]; request: ReplayRequest }[] = [];
  const status = await runReplayCommand(["a.txt", "-"], options, io, async (files, request) => {
    asked.push({ files, request });
    request.onProgress(1, 2, "1.0 M ops/s");
    return report;
  });
  return { status, io, asked: asked[0]! };
}

describe("replay command", () => {
  it("asks for all strategies by default", async () => {
    const { status, asked, io } = await replay({});
    expect(status).toBe(0);
    expect(asked.files).toEqual(["a.txt", "-"]);
    expect(asked.request).toMatchObject({
      strategies: ["linear", "iommu", "bounce"],
      profile: "v6.1",
      soc: "exynos4210",
      dramBytes: undefined,
      access: "once",
      lenient: false,
    });
    expect(io.out).toBe(renderReplayReport(sampleReport));
    expect(io.err).toBe("");
  });

  it("passes options on", async () => {
    const { asked } = await replay({
      strategy: "bounce,iommu",
      profile: "v3.14",
      soc: "exynos4412",
      dram: "64M",
      access: "stream:7",
      lenient: true,
    });
    expect(asked.request).toMatchObject({
      strategies: ["bounce", "iommu"],
      profile: "v3.14",
      soc: "exynos4412",
      dramBytes: 64 << 20,
      access: "stream:7",
      lenient: true,
    });
  });

  it("prints JSON, and writes --out whole", async () => {
    const { io } = await replay({ json: true, out: "report.json" });
    expect(io.out).toBe("");
    expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toEqual(sampleReport);
    expect(readdirSync(folder)).toEqual(["report.json"]);
  });

  const none = { total: 0, hazards: 0, first: [] };

  it("takes hazards alone for findings", async () => {
    const report = {
      ...sampleReport,
      strategies: sampleReport.strategies.map((s) => ({
        ...s,
        faults: 0,
        staleHits: 0,
        findings: { ...none, total: 1, hazards: 1 },
      })),
    };
    expect((await replay({ failOnFindings: true }, report)).status).toBe(1);
  });

  it("ends with 1 on findings only where asked", async () => {
    expect((await replay({ failOnFindings: true })).status).toBe(1);
    const clean = {
      ...sampleReport,
      strategies: sampleReport.strategies.map((s) => ({ ...s, faults: 0, staleHits: 0, findings: none })),
    };
    expect((await replay({ failOnFindings: true }, clean)).status).toBe(0);
  });

  it.each(["badHandles", "takenHandles", "cpuBusErrors"] as const)(
    "takes %s for a finding",
    async (field) => {
      const [first, ...rest] = sampleReport.strategies.map((s) => ({
        ...s,
        faults: 0,
        staleHits: 0,
        findings: none,
      }));
      const report = { ...sampleReport, strategies: [{ ...first!, [field]: 1 }, ...rest] };
      expect((await replay({ failOnFindings: true }, report)).status).toBe(1);
    },
  );

  it("shows a bar on a terminal and nothing elsewhere", async () => {
    expect((await replay({}, sampleReport, true)).io.err).toContain("replay [");
    expect((await replay({}, sampleReport, false)).io.err).toBe("");
  });
});
