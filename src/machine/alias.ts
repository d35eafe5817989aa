// CPU accesses through the linear address of uncached buffers, as findings (assembly/dma/alias.ts).
//
// Not modelled: accesses of buffers beyond the table of 64; they are counted only.

import { coreConstant } from "../core/core.js";
import type { Finding } from "./findings.js";
import { describeMapping, type MappingRecord } from "./history.js";
import type { Live } from "./live.js";

const SLOTS = 16;

/** One finding per buffer that the CPU reached through its linear address while it was uncached. */
export function aliasFindings(
  live: Live,
  alive: readonly MappingRecord[],
  dead: readonly MappingRecord[],
): Finding[] {
  const { core } = live;
  const block = core.exports.aliasBlock() >>> 0;
  if (block === 0) return [];
  const out: Finding[] = [];
  for (let i = 0; i < core.u32[(block >>> 2) + 1]!; i++) {
    const at = block + SLOTS + i * coreConstant(core, "ALIAS_SLOT_BYTES");
    const [id, pa] = [core.u32[at >>> 2]!, core.u32[(at >>> 2) + 1]!];
    const [reads, writes, faults, seq] = [8, 16, 24, 32].map((n) => core.views.u64(at + n));
    const mapping = [...alive, ...dead].find((m) => m.id === id) ?? null;
    const whose = mapping === null ? `mapping ${id}, which is forgotten` : describeMapping(mapping);
    const stopped = faults! > 0 ? `, ${faults} of them stopped because the alias is unmapped` : "";
    out.push({
      kind: "alias-access",
      message:
        `CPU: ${reads} reads and ${writes} writes through the linear address, first 0x${pa.toString(16)}${stopped}; the memory ` +
        `belongs to ${whose}: use the address that alloc returned`,
      device: mapping?.device ?? "CPU",
      iova: mapping?.dmaAddress ?? 0,
      seq: seq!,
      count: reads! + writes!,
      mapping,
    });
  }
  return out;
}
