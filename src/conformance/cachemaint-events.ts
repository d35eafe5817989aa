// How a V4 file writes events down: names and operand counts of the core's log records, and the
// joining of line operations into runs.
//
// Not modelled: nothing.

import type { Core } from "../core/core.js";

const LINE_ACTIONS = ["c", "i", "ci", "sync", "clean_way", "clean_inv_way"] as const;

/** Event names by `group << 8 | kind`, and how many operands each shows. */
export function maintenanceEvents(
  constants: Core["constants"],
): Map<number, [name: string, operands: number]> {
  const table = new Map<number, [string, number]>();
  const add = (group: string, name: string, operands: number): void => {
    const kind = constants[`LOGK_${name.toUpperCase()}`];
    if (kind === undefined) throw new Error(`the core logs no ${name}`);
    table.set((constants[`LOG_GROUP_${group}`]! << 8) | kind, [name, operands]);
  };
  for (const [name, operands] of [
    ["iommu_map", 5],
    ["iommu_unmap", 2],
    ["iova_to_phys", 2],
  ] as const) {
    add("IOMMU", name, operands);
  }
  for (const [name, operands] of [
    ["alloc_pages", 2],
    ["free_page", 2],
    ["pool_alloc", 2],
    ["pool_free", 2],
    ["zero", 2],
    ["remap", 2],
    ["unremap", 1],
  ] as const) {
    add("PAGES", name, operands);
  }
  for (const [name, operands] of [
    ["dmac_map", 4],
    ["dmac_unmap", 4],
    ["dmac_flush", 3],
    ["outer_inv", 2],
    ["outer_clean", 2],
    ["outer_flush", 2],
    ["kmap_atomic", 1],
    ["kunmap_atomic", 1],
    ["kmap_high_get", 2],
    ["kunmap_high", 1],
    ["dcache_clean", 1],
  ] as const) {
    add("CACHE", name, operands);
  }
  return table;
}

/**
 * Line operations from log records (kind in the low bits; first line, lines) in the recorded form
 * [address, action] or [first, action, n]: neighbours with the same action, `stride` bytes apart, are joined.
 */
export function joinLines(
  records: readonly [word: number, operands: number[]][],
  stride: number,
): (string | number)[][] {
  const runs: { at: number; action: string; lines: number }[] = [];
  for (const [word, operands] of records) {
    const action = LINE_ACTIONS[word & 0xff]!;
    const [at, lines] = operands as [number, number];
    const last = runs.at(-1);
    const joins = action.length <= 2 && last?.action === action && last.at + last.lines * stride === at;
    if (joins) last.lines += lines;
    else runs.push({ at, action, lines });
  }
  return runs.map((run) => (run.lines === 1 ? [run.at, run.action] : [run.at, run.action, run.lines]));
}
