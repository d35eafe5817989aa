// The events of the register, table and driver groups of the core's log, in the form of recordings
// of a real driver:
//
//   ["w", instance, offset, value]   ["r", instance, offset, value, n]     n equal reads in a row
//   ["dflush" | "oflush" | "sync_cpu" | "sync_dev" | "dma_map" | "dma_unmap", table, offset, bytes]
//   ["alloc_l2", number or -1]   ["free_l2", table, 0]   ["clk", what, name]   ["pm", what]
//   ["domain_handler", device, iova, flags, result]   ["fault_handler", type, table, iova, result]
//   ["WARN_ON" | "BUG", label]   ["WARN", text]   ["print", level, text]
//
// Not modelled: events of other groups; they are left out.

import { type Core, coreConstant } from "../core/core.js";
import { type DriverNames, driverMessage, driverWarning, LABELS } from "./driver-texts.js";

/** One event: its name and operands. */
export type DriverEvent = readonly (string | number)[];

/** How page tables and addresses are called in events. */
export interface EventNaming extends DriverNames {
  /** Table and offset of a physical address; `["PA", pa]` where there is no table. */
  table(pa: number): readonly [name: string, offset: number];
  /** A level-2 table (or NO_PA) was taken for level-1 entry `index` of `domain`; its running number or -1. */
  allocated(pa: number, domain: number, index: number): number;
  /** It was given back. */
  freed(pa: number): void;
  /** The page-table address to show for one of this machine. */
  address(pa: number): number;
  /** A register value as shown. */
  register(instance: number, offset: number, value: number): number;
  /** A level-1 descriptor to show for one of this machine. */
  descriptor(word: number): number;
}

const TABLE_EVENTS = ["", "", "dflush", "oflush", "sync_cpu", "sync_dev", "dma_map", "dma_unmap"] as const;
const CLOCK_CALLS = ["enable", "disable", "prepare", "prepare_enable", "disable_unprepare"] as const;
const CLOCK_NAMES: Readonly<Record<number, string>> = { 1: "sysmmu", 2: "master", 4: "pclk", 8: "aclk" };
const POWER_CALLS = ["get_sync", "put", "get_noresume"] as const;

/** Position of the log; events from here on are read by `readDriverEvents`. */
export function logPosition(core: Core): number {
  return core.u32[(coreConstant(core, "HEADER") >>> 2) + 11]!;
}

/**
 * Events recorded since position `from`, as `driver` (SWITCH_DRIVER) words them.
 * When more were recorded than the ring holds, the first event is `["lost", n]`.
 */
export function readDriverEvents(
  core: Core,
  from: number,
  driver: number,
  naming: EventNaming,
): DriverEvent[] {
  const { constants } = core;
  const count = constants["LOG_COUNT"]!;
  const end = logPosition(core);
  const lost = Math.max(0, ((end - from) >>> 0) - count);
  const events: DriverEvent[] = lost === 0 ? [] : [["lost", lost]];
  for (let n = (from + lost) >>> 0; n !== end; n = (n + 1) >>> 0) {
    const at = (constants["LOG"]! + (n % count) * constants["LOG_BYTES"]!) >>> 2;
    const head = core.u32[at]!;
    const operands = [...core.u32.subarray(at + 1, at + 6)];
    const event = formatEvent(head >>> 16, head & 0xffff, operands, constants, driver, naming);
    if (event !== null) append(events, event);
  }
  return events;
}

/** Adds an event; a read equal to the one before only raises its count. */
function append(events: DriverEvent[], event: DriverEvent): void {
  const last = events.at(-1);
  if (event[0] === "r" && last?.[0] === "r" && [1, 2, 3].every((i) => last[i] === event[i])) {
    events[events.length - 1] = [
      "r",
      last[1]!,
      last[2]!,
      last[3]!,
      ((last[4] as number | undefined) ?? 1) + 1,
    ];
  } else events.push(event);
}

function formatEvent(
  group: number,
  kind: number,
  operands: readonly number[],
  constants: Readonly<Record<string, number>>,
  driver: number,
  naming: EventNaming,
): DriverEvent | null {
  const [a = 0, b = 0, c = 0, d = 0] = operands;
  if (group === constants["LOG_GROUP_REGISTER"]) {
    if (kind > 1) return null;
    return [kind === 0 ? "w" : "r", a, b, naming.register(a, b, c)];
  }
  if (group === constants["LOG_GROUP_TABLE"]) {
    if (kind === 0) return ["alloc_l2", naming.allocated(a, b, c)];
    const [name, offset] = naming.table(a);
    if (kind > 1) return [TABLE_EVENTS[kind]!, name, offset, b];
    naming.freed(a);
    return ["free_l2", name, offset];
  }
  if (group !== constants["LOG_GROUP_DRIVER"]) return null;
  switch (kind) {
    case 0:
      return ["clk", CLOCK_CALLS[a]!, CLOCK_NAMES[b]!];
    case 1:
      return ["pm", POWER_CALLS[a]!];
    case 2:
      return ["domain_handler", naming.device(a), b, c, d | 0];
    case 3:
      return ["fault_handler", a, naming.address(b), c, d | 0];
    case 4:
      return ["WARN_ON", LABELS[a]!];
    case 5:
      return ["WARN", driverWarning(a, b)];
    case 6:
      return ["BUG", LABELS[a]!];
    default:
      return ["print", ...driverMessage(a, shownOperands(a, operands.slice(1), naming), driver, naming)];
  }
}

/** Operands of a message with this machine's page-table addresses replaced. */
function shownOperands(text: number, operands: readonly number[], naming: EventNaming): number[] {
  return operands.map((value, i) => {
    if ((text === 7 && i === 0) || (text === 9 && i === 1) || (text === 10 && i === 2))
      return naming.address(value);
    return text === 11 && i === 0 ? naming.descriptor(value) : value;
  });
}
