// The op stream's vocabulary: names of ops and of their operands, shared by its text and binary forms.

import { OP_COUNT, Op } from "./opcodes.js";

/**
 * What the device field of an op holds: nothing, an index that the op uses, one that only tells who it is about
 * (the handle says it too), or the instance number of a System MMU.
 */
export type DeviceField = "none" | "used" | "told" | "instance";

/** What bits 15:8 of an op hold: nothing, a direction of a map, one that may be "as mapped", an access. */
export type DirectionField = "none" | "map" | "as-mapped" | "access";

/** An op by number: its name in text, and what its fields mean. */
export interface OpDescription {
  readonly name: string;
  /** Names of words 1 to 3; "" where a word means nothing and is 0. */
  readonly operands: readonly [string, string, string];
  /** Operands that text must give; the others are 0 when left out. */
  readonly required: readonly string[];
  readonly device: DeviceField;
  readonly direction: DirectionField;
}

function op(
  name: string,
  device: DeviceField,
  direction: DirectionField,
  operands: readonly [string, string, string],
  required: readonly string[],
): OpDescription {
  return { name, device, direction, operands, required };
}

const NONE = ["", "", ""] as const;
const MAP = ["handle", "pa", "size"] as const;
const SYNC = ["handle", "offset", "size"] as const;
const ACCESS = ["handle", "offset", "length"] as const;

/** By op number. */
export const OPS: readonly OpDescription[] = [
  op("nop", "none", "none", NONE, []),
  op("prefix", "none", "none", ["attrs", "label", "gfp"], []),
  op("map", "used", "map", MAP, MAP),
  op("unmap", "told", "as-mapped", ["handle", "", "size"], ["handle"]),
  op("sg-begin", "used", "map", ["handle", "nents", "max-segment"], ["handle", "nents"]),
  op("sg-entry", "told", "none", ["pa", "length", ""], ["pa", "length"]),
  op("sg-end", "told", "as-mapped", ["handle", "", ""], ["handle"]),
  op("unmap-sg", "told", "as-mapped", ["handle", "nents", ""], ["handle"]),
  op("sync-for-cpu", "told", "as-mapped", SYNC, ["handle"]),
  op("sync-for-device", "told", "as-mapped", SYNC, ["handle"]),
  op("alloc", "used", "none", ["handle", "size", ""], ["handle", "size"]),
  op("free", "told", "none", ["handle", "", ""], ["handle"]),
  op("feed-pages", "told", "none", ["pa", "bytes", ""], ["pa", "bytes"]),
  op("cpu-read", "told", "none", ACCESS, ["handle"]),
  op("cpu-write", "told", "none", ACCESS, ["handle"]),
  op("dev-read", "told", "access", ACCESS, ["handle"]),
  op("dev-write", "told", "access", ACCESS, ["handle"]),
  op("barrier", "none", "none", NONE, []),
  op("reg-read", "instance", "none", ["offset", "value", "check"], ["offset"]),
  op("reg-write", "instance", "none", ["offset", "value", ""], ["offset", "value"]),
  op("flush", "used", "none", NONE, []),
  op("marker", "none", "none", ["label", "", ""], ["label"]),
  op("map-resource", "used", "map", MAP, MAP),
  op("expect", "told", "none", ["handle", "address", ""], ["handle", "address"]),
];

/** Op number by name. */
export const OP_BY_NAME: ReadonlyMap<string, number> = new Map(OPS.map(({ name }, n) => [name, n]));

/** Every operand that a line of the op may have, in the order they are written. */
export function operandNames({ device, direction, operands }: OpDescription): string[] {
  return [
    ...(device === "none" ? [] : ["dev"]),
    ...(direction === "none" ? [] : ["dir"]),
    ...operands.filter((name) => name !== ""),
  ];
}

/** True for ops whose device field is an index into the stream's device names. */
export function namesDevice(number: number): boolean {
  return number !== Op.RegRead && number !== Op.RegWrite;
}

/** True for numbers that are an op. */
export function isOp(number: number): boolean {
  return number >= 0 && number < OP_COUNT;
}

/** Word that holds a label, 1 to 3; 0 for ops without one. */
export function labelWord(number: number): number {
  return number === Op.Marker ? 1 : number === Op.Prefix ? 2 : 0;
}

/** Ops that are a driver's call or an access; the others prepare one, or compare. */
const CALLS: ReadonlySet<string> = new Set(
  OPS.map(({ name }) => name).filter(
    (name) => !["nop", "prefix", "sg-begin", "sg-entry", "feed-pages", "marker", "expect"].includes(name),
  ),
);

/** What the records of a stream were, by how often each op was there. */
export function sortRecords(byType: Readonly<Record<string, number>>): {
  calls: number;
  parts: number;
  idle: number;
} {
  const sum = { calls: 0, parts: 0, idle: 0 };
  for (const [name, n] of Object.entries(byType)) {
    if (CALLS.has(name)) sum.calls += n;
    else if (name === "nop" || name === "marker") sum.idle += n;
    else sum.parts += n;
  }
  return sum;
}
