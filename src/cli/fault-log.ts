// Fault messages of the Exynos System MMU drivers, read from pasted kernel log lines
// (wordings: 3.6, 4.4 and 5.15 to 6.x; vendor 3.0 and 3.10 trees close enough).
//
//   3.6    PAGE FAULT occurred at 0x20001000(Page table base: 0x6d9c0000)
//   4.4    PAGE FAULT occurred at 0x20001000 by 11a20000.sysmmu(Page table base: 0x6d9c0000)
//   5.15   11a20000.sysmmu: PAGE FAULT occurred at 0x20001000
//   6.x    11800000.fimc: [READ] PAGE FAULT occurred at 0x20001000
//   with   Page table base: 0x6d9c0000, Lv1 entry: 0x6da01c01, Lv2 entry: 0x0 on lines of their own
//
// Not modelled: register dumps of vendor trees; they are passed over.

/** Why a System MMU raised its interrupt. */
export type FaultCause =
  | "PAGE"
  | "MULTI-HIT"
  | "BUS ERROR"
  | "SECURITY PROTECTION"
  | "ACCESS PROTECTION"
  | "PTW"
  | "UNKNOWN";

/** One fault as the log tells it; what the log does not say is null. */
export interface LoggedFault {
  readonly cause: FaultCause;
  readonly access: "read" | "write" | null;
  readonly address: number;
  /** Name of the System MMU or of its master, as the log has it. */
  readonly name: string | null;
  readonly tableBase: number | null;
  readonly lv1: number | null;
  readonly lv2: number | null;
}

// A name is tried at its first character only, and every run is bounded: a line of any length is read in time
// proportional to it.
const FAULT =
  /(?:(?<![\w.@-])(?<name>[\w.@-]{1,255}): )?(?:\[(?<rw>READ|WRITE)\] )?(?<axi>A[RW] )?(?<cause>PAGE|MULTI-HIT|L1TLB MULTI-HIT|BUS ERROR|SECURITY PROTECTION|ACCESS PROTECTION|PTW ACCESS|PTW|UNKNOWN)(?: FAULT)? occurred at (?<address>0x[0-9a-f]{1,64}|0\b)(?: by (?<by>[\w.@-]{1,255}?))?(?=[\s(,]|$)/i;
const TABLE_BASE = /page table (?:base: |@ )(?<value>0x[0-9a-f]{1,64})/i;
const LV1 = /lv1 entry: (?<value>0x[0-9a-f]{1,64}|0\b)/i;
const LV2 = /lv2 entry: (?<value>0x[0-9a-f]{1,64}|0\b)/i;

function numberIn(pattern: RegExp, line: string): number | null {
  const text = pattern.exec(line)?.groups?.["value"];
  return text === undefined ? null : Number(text);
}

function causeOf(text: string): FaultCause {
  const upper = text.toUpperCase();
  if (upper.endsWith("MULTI-HIT")) return "MULTI-HIT";
  return upper.startsWith("PTW") ? "PTW" : (upper as FaultCause);
}

function accessOf(groups: Readonly<Record<string, string | undefined>>): "read" | "write" | null {
  const word = groups["rw"] ?? groups["axi"]?.trim();
  if (word === undefined) return null;
  return /^(READ|AR)$/i.test(word) ? "read" : "write";
}

/** The faults in `text`, in order; lines that tell of none are passed over. */
export function readFaultLog(text: string): LoggedFault[] {
  const faults: LoggedFault[] = [];
  for (const line of text.split(/\r?\n/)) {
    const groups = FAULT.exec(line)?.groups;
    if (groups !== undefined) {
      faults.push({
        cause: causeOf(groups["cause"]!),
        access: accessOf(groups),
        address: Number(groups["address"]),
        name: groups["by"] ?? groups["name"] ?? null,
        tableBase: null,
        lv1: null,
        lv2: null,
      });
    }
    // The lines under a fault, or the tail of its own.
    const last = faults.pop();
    if (last === undefined) continue;
    faults.push({
      ...last,
      tableBase: numberIn(TABLE_BASE, line) ?? last.tableBase,
      lv1: numberIn(LV1, line) ?? last.lv1,
      lv2: numberIn(LV2, line) ?? last.lv2,
    });
  }
  return faults;
}
