// What a fault or an address means, in sentences: where the walker looked, what it found, what to do.
//
//   address field of a descriptor    1.x to 3.x: as it stands; 5.x and later: shifted left by 4
//
// Which of the two a log means is told by the table's address: no Exynos has memory below 0x20000000.
//
// Not modelled: descriptors of 7.x beyond that shift.

import { formatAddress } from "../report/format.js";
import { findByLinuxName } from "../soc/find.js";
import type { SocDescription } from "../soc/types.js";
import type { FaultCause, LoggedFault } from "./fault-log.js";

/** How the walker takes an IO address apart, and the descriptor addresses where the base is known. */
export interface WalkPlan {
  readonly address: number;
  readonly lv1Index: number;
  readonly lv2Index: number;
  readonly pageOffset: number;
  readonly lv1Address: number | null;
  readonly lv2Address: number | null;
}

/** One explained fault. */
export interface FaultExplanation {
  readonly fault: LoggedFault;
  readonly walk: WalkPlan;
  /** Sentences in reading order. */
  readonly text: readonly string[];
}

const MEANING: Readonly<Record<FaultCause, string>> = {
  PAGE: "no translation: the walk ended at a fault descriptor",
  "MULTI-HIT": "two TLB entries answered the same address: an entry of another page size was not flushed",
  "BUS ERROR": "the walker read a table from an address where there is no memory",
  "SECURITY PROTECTION": "a non-secure access met a secure page",
  "ACCESS PROTECTION": "the descriptor forbids this access (checked only with CFG.EAP set)",
  PTW: "the walker could not read a descriptor",
  UNKNOWN: "the driver did not know the interrupt bit",
};

const ADVICE: Readonly<Record<FaultCause, string>> = {
  PAGE: "look for an access before map or after unmap, a length that runs past the mapping, or a descriptor written but not cleaned from the CPU's caches",
  "MULTI-HIT": "flush every entry of the range when its page size changes",
  "BUS ERROR": "check PT_BASE and the level-1 descriptor: the table must lie in DRAM and stay allocated",
  "SECURITY PROTECTION": "check the NS bits and the security of the master",
  "ACCESS PROTECTION": "compare the direction of the mapping with what the master does",
  PTW: "check PT_BASE and the level-1 descriptor: the table must lie in DRAM and stay allocated",
  UNKNOWN: "read INT_STATUS and the fault address registers",
};

/** Where a walk for `address` reads, given the table's base and the level-1 descriptor where known. */
export function walkPlan(address: number, tableBase: number | null, lv1: number | null): WalkPlan {
  const lv1Index = address >>> 20;
  const lv2Index = (address >>> 12) & 0xff;
  const table = lv1 !== null && (lv1 & 3) === 1 ? tableAt(lv1) : null;
  return {
    address,
    lv1Index,
    lv2Index,
    pageOffset: address & 0xfff,
    lv1Address: tableBase === null ? null : tableBase + lv1Index * 4,
    lv2Address: table === null ? null : table + lv2Index * 4,
  };
}

const LOWEST_DRAM = 0x2000_0000;

/** True for a level-1 descriptor whose address fields are shifted by 4. */
function isWide(lv1: number): boolean {
  const address = (lv1 & 3) === 2 ? lv1 & 0xfff0_0000 : lv1 & 0xffff_fc00;
  return (lv1 & 3) !== 0 && address >>> 0 < LOWEST_DRAM;
}

/** Address of the level-2 table that a level-1 descriptor names. */
function tableAt(lv1: number): number {
  return isWide(lv1) ? ((lv1 & 0xffff_ffc0) >>> 0) * 16 : (lv1 & 0xffff_fc00) >>> 0;
}

/** The address field of a descriptor: a multiple of `bytes`. */
function pageAt(entry: number, bytes: number, wide: boolean): number {
  const address = wide ? entry * 16 : entry;
  return address - (address % bytes);
}

function lv1Text(entry: number): string {
  const hex = formatAddress(entry);
  const wide = isWide(entry);
  const how = wide ? ", addresses shifted by 4 as version 5 and later have them" : "";
  switch (entry & 3) {
    case 1:
      return `level-1 descriptor ${hex}: a table of small and large pages at ${formatAddress(tableAt(entry))}${how}`;
    case 2:
      return (entry & (1 << 18)) !== 0 && !wide
        ? `level-1 descriptor ${hex}: a supersection of 16 MiB at ${formatAddress(pageAt(entry, 16 << 20, false))}`
        : `level-1 descriptor ${hex}: a section of 1 MiB at ${formatAddress(pageAt(entry, 1 << 20, wide))}${how}`;
    default:
      return `level-1 descriptor ${hex}: fault, nothing is mapped in this MiB`;
  }
}

function lv2Text(entry: number, wide: boolean): string {
  const hex = formatAddress(entry);
  if ((entry & 2) !== 0)
    return `level-2 descriptor ${hex}: a page of 4 KiB at ${formatAddress(pageAt(entry, 4096, wide))}`;
  if ((entry & 1) !== 0)
    return `level-2 descriptor ${hex}: a page of 64 KiB at ${formatAddress(pageAt(entry, 65536, wide))}`;
  return `level-2 descriptor ${hex}: fault, this page is not mapped`;
}

/** Sentences about the walk of an address. */
export function walkText(plan: WalkPlan): string[] {
  const { address, lv1Index, lv2Index, pageOffset, lv1Address, lv2Address } = plan;
  const at = (where: number | null, base: string, index: number) =>
    where === null ? `${base} + 0x${(index * 4).toString(16)}` : formatAddress(where);
  return [
    `IO address ${formatAddress(address)}: level-1 index ${lv1Index}, level-2 index ${lv2Index}, offset 0x${pageOffset.toString(16)}`,
    `level-1 descriptor is read at ${at(lv1Address, "PT_BASE", lv1Index)}, level-2 descriptor at ${at(lv2Address, "table", lv2Index)}`,
  ];
}

function whoText(name: string, soc: SocDescription): string {
  const found = findByLinuxName(soc, name);
  if (found === undefined) return `${name} is not in the table of ${soc.name}`;
  if (found.kind === "device") {
    return `${name} is ${found.device.name}, behind ${found.device.ports.join(", ") || "no System MMU"}`;
  }
  return `${name} is the System MMU ${found.sysmmu.name} before ${found.sysmmu.master ?? "an unknown master"}`;
}

/** The descriptors contradict the fault: the table was right when the driver printed it. */
function contradiction(fault: LoggedFault): string | null {
  const { cause, lv1, lv2 } = fault;
  if (cause !== "PAGE" || lv1 === null) return null;
  const mapped = (lv1 & 3) === 2 || ((lv1 & 3) === 1 && lv2 !== null && (lv2 & 3) !== 0);
  return mapped
    ? "the descriptors printed are valid: the fault was cached (3.x keeps faults), or the walker read memory before the CPU's caches were cleaned"
    : null;
}

/** Explains one logged fault on an SoC. */
export function explainFault(fault: LoggedFault, soc: SocDescription): FaultExplanation {
  const walk = walkPlan(fault.address, fault.tableBase, fault.lv1);
  const access = fault.access === null ? "" : ` on a ${fault.access}`;
  const text = [`${fault.cause} fault${access}: ${MEANING[fault.cause]}`];
  if (fault.name !== null) text.push(whoText(fault.name, soc));
  text.push(...walkText(walk));
  if (fault.lv1 !== null) text.push(lv1Text(fault.lv1));
  if (fault.lv2 !== null) text.push(lv2Text(fault.lv2, fault.lv1 !== null && isWide(fault.lv1)));
  text.push(contradiction(fault) ?? ADVICE[fault.cause]);
  return { fault, walk, text };
}
