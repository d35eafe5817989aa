// Selections of what kernels 3.6, 4.4 and 6.1 did (V3): every result and event of the IOMMU dma ops.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { mapsgScripts, recordedResult } from "../../src/conformance/mapsg.js";
import { type MapsgLine, MapsgScenario } from "../../src/conformance/mapsg-scenario.js";
import { builds } from "../cores.js";
import { iommuCore } from "./iommu-core.js";

const text = gunzipSync(readFileSync("test/vectors/mapsg.jsonl.gz")).toString();
const records = text
  .trim()
  .split("\n")
  .map((line, n) => ({ line: n + 1, value: JSON.parse(line) as MapsgLine }));
const scripts = [...mapsgScripts({ name: "mapsg.jsonl.gz", kind: "mapsg", records })];

describe.each(builds)("recorded scenarios, %s core", (build) => {
  it.each(scripts.map(([s, script]) => [script.scenario["ver"], s, script] as const))(
    "%s, number %i",
    (version, _s, { scenario, operations }) => {
      const core = iommuCore(build, version as string);
      const lines = operations.map((record) => record.value);
      const player = new MapsgScenario(core, scenario, lines, { domain: 0 });
      for (const line of lines) {
        const outcome = player.play(line);
        expect(JSON.stringify(outcome), `operation ${String(line["i"])}`).toBe(recordedResult(line, outcome));
      }
    },
  );
});
