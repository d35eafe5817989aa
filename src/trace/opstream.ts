// The op stream's vocabulary: names of ops and of their operands, shared by its text and binary forms.

import { OP_COUNT, Op } from "./opcodes.js";

/** An op by number: its name in text, and the names of words 1 to 3 ("" where a word means nothing). */
export interface OpDescription {
  readonly name: string;
  readonly operands: readonly [string, string, string];
}

/** By op number. */
export const OPS: readonly OpDescription[] = [
  { name: "nop", operands: ["a", "b", "c"] },
  { name: "prefix", operands: ["attrs", "label", "gfp"] },
  { name: "map", operands: ["handle", "pa", "size"] },
  { name: "unmap", operands: ["handle", "b", "size"] },
  { name: "sg-begin", operands: ["handle", "nents", "max-segment"] },
  { name: "sg-entry", operands: ["pa", "length", "c"] },
  { name: "sg-end", operands: ["handle", "b", "c"] },
  { name: "unmap-sg", operands: ["handle", "nents", "c"] },
  { name: "sync-for-cpu", operands: ["handle", "offset", "size"] },
  { name: "sync-for-device", operands: ["handle", "offset", "size"] },
  { name: "alloc", operands: ["handle", "size", "c"] },
  { name: "free", operands: ["handle", "b", "c"] },
  { name: "feed-pages", operands: ["pa", "bytes", "c"] },
  { name: "cpu-read", operands: ["handle", "offset", "length"] },
  { name: "cpu-write", operands: ["handle", "offset", "length"] },
  { name: "dev-read", operands: ["handle", "offset", "length"] },
  { name: "dev-write", operands: ["handle", "offset", "length"] },
  { name: "barrier", operands: ["a", "b", "c"] },
  { name: "reg-read", operands: ["offset", "value", "check"] },
  { name: "reg-write", operands: ["offset", "value", "c"] },
  { name: "flush", operands: ["a", "b", "c"] },
  { name: "marker", operands: ["label", "b", "c"] },
  { name: "map-resource", operands: ["handle", "pa", "size"] },
  { name: "expect", operands: ["handle", "address", "c"] },
];

/** Op number by name. */
export const OP_BY_NAME: ReadonlyMap<string, number> = new Map(OPS.map((op, n) => [op.name, n]));

/** True for ops whose device field is an index into the stream's device names. */
export function namesDevice(op: number): boolean {
  return op !== Op.RegRead && op !== Op.RegWrite;
}

/** True for numbers that are an op. */
export function isOp(op: number): boolean {
  return op >= 0 && op < OP_COUNT;
}
