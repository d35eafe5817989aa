// Register map A: generations 1.x to 3.3, and what each adds (spec/sysmmu-hardware 1.1 to 1.3, 2.1).

import type { RegisterAccess, RegisterDescription, RegisterField } from "./registers.js";

/** A field row. */
export function field(name: string, high: number, low: number, text: string): RegisterField {
  return { name, high, low, text };
}

/** A register row. */
export function register(
  name: string,
  offset: number,
  access: RegisterAccess,
  source: string,
  fields: readonly RegisterField[] = [],
  reset = 0,
): RegisterDescription {
  return { name, offset, access, reset, fields, source };
}

/** A register that is one number. */
export function whole(name: string, text: string): readonly RegisterField[] {
  return [field(name, 31, 0, text)];
}

/** A register that names a page in its low bits. */
export function pageNumber(name: string, high: number, text: string): readonly RegisterField[] {
  return [field(name, high, 0, text)];
}

/** Start and end of a prefetch buffer's window. */
export const WINDOW_START = whole("START", "first IO address of the window");
/** The end is inclusive (1.1). */
export const WINDOW_END = whole("END", "last IO address of the window");
/** Which entry of a translation cache its neighbours show. */
export const READ_ENTRY = whole("ENTRY", "number of the entry: set * ways + way");
/** Page of such an entry. */
export const ENTRY_VPN = pageNumber("VPN", 19, "IO page of the entry, 0 for none");

const COUNTERS = [field("COUNTERS", 3, 0, "bit n: PPC_PMCNTn")];

const CTRL_FIELDS = [
  field("INTERRUPT_ENABLE", 2, 2, "interrupt line follows INT_STATUS"),
  field("BLOCK", 1, 1, "hold new transactions; takes effect when STATUS.0 reads 1"),
  field("ENABLE", 0, 0, "translate; 0: addresses pass unchanged"),
];

const CFG_FIELDS = [
  field("PB_MODE", 29, 28, "3.0/3.1: 2 prefetch buffers separate, 3 combined"),
  field("ACGEN", 24, 24, "3.3: automatic clock gating"),
  field("SYSSEL", 22, 22, "3.2: system select"),
  field("PB_COMBINE_0_1", 21, 21, "3.2: prefetch buffer 0 has the storage of 1 too"),
  field("FLPDCACHE", 20, 20, "3.2 and later: cache of level-1 descriptors"),
  field("PB_COMBINE_0_2", 19, 19, "3.2: prefetch buffer 0 has the storage of 1 and 2 too"),
  field("PB_ENABLE", 18, 16, "3.2: prefetch buffers 2..0"),
  field("SHAREABLE", 12, 12, "3.x: walks marked shareable"),
  field("QOS_OVERRIDE", 11, 11, "3.2 and later: QOS instead of the master's"),
  field("QOS", 10, 7, "AXI QoS of walks"),
  field("LV1_SIZE", 5, 5, "0: 16 KiB level-1 table, 1: 4 KiB"),
  field("EAP", 2, 2, "check access permissions"),
  field("LRU", 0, 0, "replacement: 1 least recently used, 0 round robin"),
];

const INT_FIELDS = [
  field("AW_ACCESS_PROTECTION", 7, 7, "write denied by AP"),
  field("AW_SECURITY_PROTECTION", 6, 6, "write, security attribute"),
  field("AR_ACCESS_PROTECTION", 5, 5, "read denied by AP"),
  field("AR_SECURITY_PROTECTION", 4, 4, "read, security attribute"),
  field("BUS_ERROR", 3, 3, "descriptor fetch failed"),
  field("AW_MULTI_HIT", 2, 2, "write matched several entries"),
  field("AR_MULTI_HIT", 1, 1, "read matched several entries"),
  field("PAGE_FAULT", 0, 0, "fault descriptor"),
];

/** What all generations of map A have. */
export const MAP_A: readonly RegisterDescription[] = [
  register("MMU_CTRL", 0x000, "RW", "1.2", CTRL_FIELDS),
  register("MMU_CFG", 0x004, "RW", "1.3", CFG_FIELDS),
  register("MMU_STATUS", 0x008, "RO", "1.2", [field("BLOCKED", 0, 0, "the block request has taken effect")]),
  register("MMU_FLUSH", 0x00c, "WO", "1.1", [field("FLUSH", 0, 0, "invalidate everything")]),
  register("MMU_FLUSH_ENTRY", 0x010, "WO", "1.1", [
    field("VPN", 31, 12, "page"),
    field("TRIGGER", 0, 0, "invalidate what answers the page"),
  ]),
  register("PT_BASE_ADDR", 0x014, "RW", "1.1", [field("BASE", 31, 14, "level-1 table, 16 KiB aligned")]),
  register("INT_STATUS", 0x018, "RO", "2.1", INT_FIELDS),
  register("INT_CLEAR", 0x01c, "W1C", "1.1", INT_FIELDS),
  register("INT_MASK", 0x020, "RW", "1.1 (used by no driver; bits and polarity in no source: stored only)"),
  register("PAGE_FAULT_ADDR", 0x024, "RO", "2.1", whole("VA", "IO address of the last page fault")),
  register("AW_FAULT_ADDR", 0x028, "RO", "2.1", whole("VA", "IO address of the last fault of a write")),
  register("AR_FAULT_ADDR", 0x02c, "RO", "2.1", whole("VA", "IO address of the last fault of a read")),
  register("DEFAULT_SLAVE_ADDR", 0x030, "RO", "2.1, Q2", whole("VA", "IO address of the last bus error")),
  register("MMU_VERSION", 0x034, "RO", "1.4", [
    field("MAJOR", 31, 28, "generation"),
    field("MINOR", 27, 21, "version in the generation"),
    field("L1TLB_ENTRIES", 6, 0, "3.3: entries of the first level"),
  ]),
  register("PPC_PMNC", 0x800, "RW", "1.1", [field("ENABLE", 0, 0, "counters on")]),
  register("PPC_CNTENS", 0x810, "W1S", "1.1", COUNTERS),
  register("PPC_CNTENC", 0x820, "W1C", "1.1", COUNTERS),
  register("PPC_INTENS", 0x830, "W1S", "1.1", COUNTERS),
  register("PPC_INTENC", 0x840, "W1C", "1.1", COUNTERS),
  register("PPC_FLAG", 0x850, "W1C", "1.1", COUNTERS),
  register("PPC_CCNT", 0x900, "RW", "1.1 (stored only)", whole("CYCLES", "cycle counter")),
  register("PPC_PMCNT0", 0x910, "RW", "1.1", whole("COUNT", "events since it was written")),
  register("PPC_PMCNT1", 0x920, "RW", "1.1", whole("COUNT", "events since it was written")),
  register("PPC_PMCNT2", 0x930, "RW", "1.1", whole("COUNT", "events since it was written")),
  register("PPC_PMCNT3", 0x940, "RW", "1.1", whole("COUNT", "events since it was written")),
];

const events = (base: number) =>
  [0, 1, 2, 3].map((n) =>
    register(`PPC_EVENT_SEL${n}`, base + 4 * n, "RW", "1.1", [field("EVENT", 3, 0, "event number")]),
  );

/** 1.x: debug read of the TLB (names only), event selection at 0x40. */
export const MAP_A_V1: readonly RegisterDescription[] = [
  register("TLB_READ", 0x038, "RW", "1.1, Q5 (name only, bits in no source: stored only)"),
  register("TLB_DATA", 0x03c, "RW", "1.1, Q5 (name only, bits in no source: stored only)"),
  ...events(0x040),
];

/** 2.x and later: event selection at 0x58. */
export const MAP_A_V2: readonly RegisterDescription[] = events(0x058);

/** 3.0/3.1: two prefetch buffers; PB1_EADDR lies where 2.x selects event 0. */
export const MAP_A_V31: readonly RegisterDescription[] = [
  register("PB0_SADDR", 0x04c, "RW", "1.1", WINDOW_START),
  register("PB0_EADDR", 0x050, "RW", "1.1", WINDOW_END),
  register("PB1_SADDR", 0x054, "RW", "1.1", WINDOW_START),
  register("PB1_EADDR", 0x058, "RW", "1.1", WINDOW_END),
];

/** 3.2: three prefetch buffers. */
export const MAP_A_V32: readonly RegisterDescription[] = [0, 1, 2].flatMap((n) => [
  register(`PB${n}_SADDR`, 0x070 + 8 * n, "RW", "1.1", WINDOW_START),
  register(`PB${n}_EADDR`, 0x074 + 8 * n, "RW", "1.1", WINDOW_END),
]);

/** 3.3: read-back of the first level, transaction of a fault, indexed prefetch buffers. */
export const MAP_A_V33: readonly RegisterDescription[] = [
  register("L1TLB_READ_ENTRY", 0x040, "RW", "1.1", READ_ENTRY),
  register(
    "L1TLB_ENTRY_PPN",
    0x044,
    "RO",
    "1.1",
    pageNumber("PPN", 19, "physical page of the entry, 0 for none"),
  ),
  register("L1TLB_ENTRY_VPN", 0x048, "RO", "1.1", ENTRY_VPN),
  register("FAULT_TRANS_INFO", 0x04c, "RO", "1.1", [
    field("WRITE", 20, 20, "the transaction that faulted was a write"),
    field("AXLEN", 19, 16, "not modelled: 0"),
    field("AXID", 15, 0, "not modelled: 0"),
  ]),
  register(
    "PB_INFO",
    0x400,
    "RO",
    "1.1",
    [field("BUFFERS", 7, 0, "prefetch buffers there are: 3, 4 or 6")],
    3,
  ),
  register(
    "PB_LMM",
    0x404,
    "RW",
    "1.1",
    whole(
      "PRESET",
      "how storage is divided; buffers left by preset: 3, 2 of 3; 4, 3, 2, 1 of 4; 6, 5, 4, 3, 3, 2 of 6",
    ),
  ),
  register("PB_INDICATE", 0x408, "RW", "1.1", [
    field("SUB_BUFFER", 8, 8, "1: the second sub-buffer, for SPB_BASE_VPN"),
    field("BUFFER", 7, 0, "the buffer that 0x40c to 0x418 mean"),
  ]),
  register("PB_CFG", 0x40c, "RW", "1.1", [
    field("TLB_UPDATE", 16, 16, "update the TLB (stored only)"),
    field("ASCENDING", 12, 12, "run ahead upwards; 0: downwards"),
    field("PREFETCH", 8, 8, "run ahead"),
    field("WRITE", 4, 4, "serve writes; 0: reads"),
    field("ENABLE", 0, 0, "the buffer is on"),
  ]),
  register("PB_START", 0x410, "RW", "1.1 (of the buffer that PB_INDICATE names)", WINDOW_START),
  register("PB_END", 0x414, "RW", "1.1 (as PB_START)", WINDOW_END),
  register(
    "SPB_BASE_VPN",
    0x418,
    "RO",
    "1.1",
    pageNumber("VPN", 19, "first IO page that the sub-buffer holds, 0 for none"),
  ),
];

/** Performance events by generation: name to [read, write] event number (spec/sysmmu-hardware 1.1). */
export const PPC_EVENTS = {
  v1: { TOTAL: [5, 4], TLB_MISS: [1, 0] },
  v2: { TOTAL: [5, 4], L1TLB_MISS: [1, 0], L2TLB_MISS: [3, 2] },
  "v3.1": { TOTAL: [5, 4], PB_LOOKUP: [7, 6], PB_MISS: [3, 2], TLB_MISS: [1, 0] },
  "v3.2": { TOTAL: [5, 4], PB_LOOKUP: [7, 6], PB_MISS: [3, 2], TLB_MISS: [1, 0] },
  "v3.3": {
    TOTAL: [0, 8],
    FLPD_CACHE_MISS: [4, 12],
    PB_LOOKUP: [2, 10],
    PB_MISS: [3, 11],
    BLOCK_NUM: [6, 14],
    BLOCK_CYCLE: [7, 15],
    TLB_MISS: [1, 9],
    FLPD_MISS_ON_PREFETCH: [5, 13],
  },
} as const;
