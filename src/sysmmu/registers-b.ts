// Register map B: generation 5.x (spec/sysmmu-hardware 1.6, 2.2). Offsets 0x00c, 0x010 and 0x014
// mean other registers than in map A. Where the sources name a register and no bits of it, it has no fields here.

import type { RegisterDescription } from "./registers.js";
import {
  ENTRY_VPN,
  field,
  pageNumber,
  READ_ENTRY,
  register,
  WINDOW_END,
  WINDOW_START,
  whole,
} from "./registers-a.js";

const INT_FIELDS = ["PTW", "PAGE", "MULTI_HIT", "ACCESS_PROTECTION", "SECURITY_PROTECTION"].flatMap(
  (name, n) => [
    field(`AW_${name}`, 16 + n, 16 + n, `fault of a write: ${name}`),
    field(`AR_${name}`, n, n, `fault of a read: ${name}`),
  ],
);

const ENTRY_PPN = pageNumber("PPN", 23, "physical page of the entry (36-bit addresses), 0 for none");

/** 5.x. */
export const MAP_B: readonly RegisterDescription[] = [
  register("MMU_CTRL", 0x000, "RW", "1.2", [
    field("INTERRUPT_ENABLE", 2, 2, "interrupt line follows INT_STATUS"),
    field("BLOCK", 1, 1, "hold new transactions; takes effect when STATUS.0 reads 1"),
    field("ENABLE", 0, 0, "translate; 0: addresses pass unchanged"),
  ]),
  register("MMU_CFG", 0x004, "RW", "1.3 (what drivers write: 0x1100784)", [
    field("ACGEN", 24, 24, "automatic clock gating (stored only)"),
    field("FLPDCACHE", 20, 20, "cache of level-1 descriptors"),
    field("QOS", 10, 7, "AXI QoS of walks (stored only)"),
    field("LV1_SIZE", 5, 5, "as in map A"),
    field("EAP", 2, 2, "check access permissions"),
    field("LRU", 0, 0, "as in map A; drivers leave it 0"),
  ]),
  register("MMU_STATUS", 0x008, "RO", "1.2", [field("BLOCKED", 0, 0, "the block request has taken effect")]),
  register("PT_BASE_PPN", 0x00c, "RW", "1.6", [field("PPN", 23, 0, "level-1 table, pa >> 12")]),
  register("FLUSH_ALL", 0x010, "WO", "1.6", [field("FLUSH", 0, 0, "invalidate everything")]),
  register("FLUSH_ENTRY", 0x014, "WO", "1.6", [
    field("VPN", 31, 12, "page"),
    field("TRIGGER", 0, 0, "invalidate what answers the page"),
  ]),
  register("FLUSH_RANGE", 0x018, "WO", "1.6", [
    field("TRIGGER", 0, 0, "invalidate what answers FLUSH_START to FLUSH_END"),
  ]),
  register("FLUSH_START", 0x020, "RW", "1.6", [field("VPN", 31, 12, "first page")]),
  register("FLUSH_END", 0x024, "RW", "1.6", [field("VPN", 31, 12, "last page, which goes too")]),
  register("CAPA0", 0x030, "RO", "1.6", [
    field("PB_GROUPS", 23, 20, "groups of prefetch buffers (not modelled: 0)"),
    field("L1TLB_ENTRIES", 7, 0, "entries of the first level"),
  ]),
  register("MMU_VERSION", 0x034, "RO", "1.4", [
    field("MAJOR", 31, 28, "generation"),
    field("MINOR", 27, 21, "version in the generation"),
  ]),
  register("CAPA1", 0x038, "RO", "1.6", [
    field("MIN_LINE", 23, 16, "smallest line (not modelled: 0)"),
    field("WAYS", 15, 8, "ways of the second level"),
    field("SETS", 7, 0, "sets of the second level"),
  ]),
  register("INT_STATUS", 0x060, "RO", "2.2", INT_FIELDS),
  register("INT_CLEAR", 0x064, "W1C", "2.2", INT_FIELDS),
  register("FAULT_AR_VA", 0x070, "RO", "2.2", whole("VA", "IO address of the last fault of a read")),
  register("AR_TRANS_INFO", 0x078, "RO", "2.2"),
  register("FAULT_AW_VA", 0x080, "RO", "2.2", whole("VA", "IO address of the last fault of a write")),
  register("AW_TRANS_INFO", 0x088, "RO", "2.2"),
  register("L1TLB_CFG", 0x100, "RW", "1.6"),
  register("L1TLB_CTRL", 0x108, "RW", "1.6"),
  register("L2TLB_CFG", 0x200, "RW", "1.6", [field("LINE_SIZE", 6, 4, "line size (stored only)")], 0x20),
  register("PB_LMM", 0x300, "RW", "1.6"),
  register("PB_GRP_STATE", 0x304, "RW", "1.6"),
  register("PB_INDICATE", 0x308, "RW", "1.6"),
  register("PB_CFG", 0x310, "RW", "1.6"),
  register("PB_START", 0x320, "RW", "1.6", WINDOW_START),
  register("PB_END", 0x328, "RW", "1.6", WINDOW_END),
  register("PB_AXI_ID", 0x330, "RW", "1.6"),
  register("PB_INFO", 0x350, "RO", "1.6"),
  register("SW_DF_VPN", 0x400, "RW", "1.6"),
  register("DF_CMD_NUM", 0x408, "RW", "1.6"),
  ...Array.from({ length: 18 }, (_, n) => register(`PPC_${n}`, 0x600 + 4 * n, "RW", "1.6 (stored only)")),
  register("L1TLB_READ_ENTRY", 0x750, "RW", "1.6", READ_ENTRY),
  register("L1TLB_ENTRY_VPN", 0x754, "RO", "1.6", ENTRY_VPN),
  register("L1TLB_ENTRY_PPN", 0x75c, "RO", "1.6", ENTRY_PPN),
  register("L1TLB_ENTRY_ATTR", 0x764, "RO", "1.6"),
  register("L2TLB_READ_ENTRY", 0x770, "RW", "1.6", READ_ENTRY),
  register("L2TLB_ENTRY_VPN", 0x774, "RO", "1.6", ENTRY_VPN),
  register("L2TLB_ENTRY_PPN", 0x77c, "RO", "1.6", ENTRY_PPN),
  register("L2TLB_ENTRY_ATTR", 0x784, "RO", "1.6"),
  register("SPB_READ", 0x7a0, "RW", "1.6 (stored only)"),
  ...Array.from({ length: 6 }, (_, n) => register(`SPB_${n}`, 0x7a4 + 4 * n, "RO", "1.6")),
];
