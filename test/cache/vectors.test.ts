// A selection of recorded kernel behaviour (v3.6, v4.4, v6.1): per-line effects of the cache
// routines and the maintenance calls of the dma ops.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CacheMaintenancePlayer, type MaintenanceLine } from "../../src/conformance/cachemaint-player.js";
import { CoreInstance } from "../../src/core/core.js";
import type { CoreExports } from "../../src/core/exports.js";
import { CACHE_SWITCHES } from "../../src/dma/profiles/cache.js";
import { DMA_SWITCHES } from "../../src/dma/profiles/dma.js";
import { IOVA_SWITCHES } from "../../src/dma/profiles/iova.js";
import { type Build, builds, rawCore } from "../cores.js";

type Version = "v3.6" | "v4.4" | "v6.1";

const lines = gunzipSync(readFileSync("test/vectors/cachemaint.jsonl.gz"))
  .toString()
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as MaintenanceLine);

function player(build: Build, version: Version): { player: CacheMaintenancePlayer; iommu: boolean } {
  const exports = rawCore<CoreExports>(build, 16 << 20, 0x8000_0000);
  const constants: Record<string, number> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global) constants[name] = value.value >>> 0;
  }
  const core = new CoreInstance(exports, constants);
  const switches = constants["SWITCHES"]! >>> 2;
  for (const table of [CACHE_SWITCHES, DMA_SWITCHES, IOVA_SWITCHES]) {
    for (const [name, row] of Object.entries(table)) {
      if (constants[name] !== undefined) core.u32[switches + constants[name]] = row[version];
    }
  }
  core.u32[switches + constants["SWITCH_IOMMU_STUB"]!] = 1;
  expect(exports["cacheInit"](32 << 10, 4, 1 << 20, 16, 0, 1)).toBe(0);
  return { player: new CacheMaintenancePlayer(core, version), iommu: "iommuOpsMapPage" in exports };
}

describe.each(builds)("recorded cache maintenance (%s)", (build) => {
  it.each<Version>(["v3.6", "v4.4", "v6.1"])("agrees for %s", (version) => {
    const { player: plays, iommu } = player(build, version);
    for (const line of lines) {
      if (line["ver"] !== version) continue;
      // A core of the cache floor alone has no IOMMU ops.
      if (!iommu && String(line["ops"]).startsWith("iommu")) continue;
      const outcome = plays.play(line);
      const recorded: Record<string, unknown> = {};
      for (const name of Object.keys(outcome)) recorded[name] = line[name];
      expect({ n: line["n"], ...outcome }).toEqual({ n: line["n"], ...recorded });
    }
  });
});
