// V4: cache maintenance. Per line: what the ARMv7 and PL310 routines do to each cache line. Per
// operation: which maintenance calls map, unmap, sync, alloc and free make, in order.
//
// Every line of a file stands alone. What an operation found (a mapping, a block of pages, a piece
// of the atomic pool) is made first and not looked at, then the operation runs and is compared.
//
// Not modelled: nothing is left out; an operation that is unknown counts as not run.

import type { Core } from "../core/core.js";
import { CacheMaintenancePlayer, type MaintenanceLine } from "./cachemaint-player.js";
import { failureOf } from "./field-watch.js";
import { newCore, setProfile, setSwitch } from "./prepare.js";
import { NotRun } from "./tally.js";
import type { ConformanceRunner, Difference } from "./types.js";

/** Guest memory of a run: above all recorded addresses, so that pages are never mixed. */
const DRAM_BASE = 0x8000_0000;
const DRAM_BYTES = 16 << 20;
const SHOWN = 10;

/** A core with the caches of an Exynos 4 under kernel `version`, a recorder in the IOMMU's place. */
export function maintenanceCore(version: string): Core {
  const core = newCore(DRAM_BASE, DRAM_BYTES);
  setProfile(core, version);
  setSwitch(core, "SWITCH_IOMMU_STUB", 1);
  core.exports["cacheInit"](32 << 10, 4, 1 << 20, 16, 0, 1);
  return core;
}

function describeLine(line: MaintenanceLine): string {
  const { ev: _ev, out: _out, lines: _lines, r: _r, k, n, ...rest } = line;
  return `${String(k)} n=${String(n)} ${JSON.stringify(rest).slice(0, 200)}`;
}

export const runConformance: ConformanceRunner = (file) => {
  const players = new Map<string, CacheMaintenancePlayer>();
  const differences: Difference[] = [];
  const failures = new NotRun();
  let agreed = 0;
  let differed = 0;
  for (const { line, value } of file.records) {
    const version = String(value["ver"]);
    let outcome: Readonly<Record<string, unknown>>;
    let player = players.get(version);
    try {
      if (player === undefined) {
        player = new CacheMaintenancePlayer(maintenanceCore(version), version);
        players.set(version, player);
      }
      outcome = player.play(value);
    } catch (error) {
      failures.add(
        failureOf(error, value, (again) => player?.play(again)),
        1,
        line,
      );
      continue;
    }
    const recorded: Record<string, unknown> = {};
    for (const name of Object.keys(outcome)) recorded[name] = value[name];
    const expected = JSON.stringify(recorded);
    const actual = JSON.stringify(outcome);
    if (expected === actual) agreed++;
    else {
      differed++;
      if (differences.length < SHOWN) {
        differences.push({ line, operation: describeLine(value), expected, actual });
      }
    }
  }
  return {
    operations: file.records.length,
    agreed,
    differed,
    differences,
    notRun: failures.list(),
  };
};
