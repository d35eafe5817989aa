// Why an access at an IO address goes where it goes, for people: the walk and who holds or held the address.
//
// Not modelled: accesses of the past; `findings` and `explain --trace` tell those.

import { hex } from "../check.js";
import type { SysMmu } from "../sysmmu/sysmmu.js";
import type { Explanation } from "./description.js";
import { holderOf, neighbourOf } from "./findings.js";
import { describeMapping, type MappingRecord } from "./history.js";

/** @internal The text and the holders of {@link Machine.explain}; `mmu` null for a device without one. */
export function explainAddress(
  device: string,
  iova: number,
  mmu: SysMmu | null,
  live: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): Explanation {
  const holder = holderOf(device, iova, live, []);
  const lastHolder = holderOf(device, iova, [], dead);
  const walk = mmu === null ? ["no SysMMU: the bus address is physical"] : mmu.explain(iova);
  const lines = [`${device}, IO address ${hex(iova)}:`, ...walk.map((line) => `  ${line}`)];
  lines.push(holder === null ? "  no live mapping holds it" : `  held by ${describeMapping(holder)}`);
  if (lastHolder !== null) lines.push(`  last held by ${describeMapping(lastHolder)}`);
  const neighbour = holder === null ? neighbourOf(device, iova, live, []) : null;
  if (neighbour !== null) lines.push(`  right before it ends ${describeMapping(neighbour)}`);
  return { text: lines.join("\n"), holder, lastHolder, neighbour };
}
