// A machine as bytes, and back. Only blocks that hold something are stored.
//
//   0  "SMMUSNAP"   8 format version (u32)   12 bytes of the description (u32)
//  16  sum of all before the blocks but this word (u32)   20 sum of the blocks (u32)
//  24  blocks of memory (u32)   28 blocks stored (u32)
//  32  description: JSON, padded with blanks to 8
//      bitmap: one bit per 64 KiB block of linear memory, low bit first, padded to 8
//      the blocks whose bit is set, in order
//
// The description holds what only the host knows: options, names, labels, mappings (description.ts).
// The memory itself begins with magic, ABI version and profile (assembly/header.ts).
// Sums: a chain over bytes, and over what the core's blockSum makes of each block. A change of one byte, or
// of several within a word, is always seen; others but for one in 2^32.
//
// Not modelled: snapshots of another ABI version are refused, not converted.

import type { Core } from "../core/core.js";

const MAGIC = "SMMUSNAP";
const FORMAT = 2;
const BLOCK = 65536;
const HEAD = 32;
const HEAD_SUM = 16;
const BLOCK_SUM = 20;
const BLOCKS_MAX = 65536;

/** What could not be restored, and why. */
export class SnapshotError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SnapshotError";
  }
}

/** One step of a sum; every step can be undone, so a change is never lost. */
function mixed(sum: number, value: number): number {
  const product = Math.imul(sum ^ value, 0x0100_0193);
  return product ^ (product >>> 15);
}

/** Sum of everything before the blocks but the word of this sum. */
function headSum(bytes: Uint8Array, end: number): number {
  let sum = 1;
  for (let i = 0; i < HEAD_SUM; i++) sum = mixed(sum, bytes[i]!);
  for (let i = BLOCK_SUM; i < end; i++) sum = mixed(sum, bytes[i]!);
  return sum >>> 0;
}

const has = (bitmap: Uint8Array, block: number): boolean => ((bitmap[block >> 3]! >> (block & 7)) & 1) !== 0;
const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Sum of the blocks of `core` that `bitmap` names. */
function blocksSum(core: Core, bitmap: Uint8Array, blocks: number): number {
  let sum = 1;
  for (let b = 0; b < blocks; b++) {
    if (has(bitmap, b)) sum = mixed(sum, core.exports.blockSum(b * BLOCK, BLOCK));
  }
  return sum >>> 0;
}

/** @internal Packs a core's memory with `description` (plain JSON). */
export function packSnapshot(core: Core, description: unknown): Uint8Array {
  const memory = core.u8;
  const blocks = memory.length / BLOCK;
  const json = new TextEncoder().encode(JSON.stringify(description));
  const bitmap = new Uint8Array(padded(Math.ceil(blocks / 8)));
  let kept = 0;
  for (let b = 0; b < blocks; b++) {
    if (core.exports.blockUsed(b * BLOCK, BLOCK) === 0) continue;
    bitmap[b >> 3]! |= 1 << (b & 7);
    kept++;
  }
  const body = HEAD + padded(json.length);
  const out = new Uint8Array(body + bitmap.length + kept * BLOCK);
  out.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(out.buffer);
  view.setUint32(8, FORMAT, true);
  view.setUint32(12, json.length, true);
  view.setUint32(24, blocks, true);
  view.setUint32(28, kept, true);
  out.fill(0x20, HEAD, body);
  out.set(json, HEAD);
  out.set(bitmap, body);
  let at = body + bitmap.length;
  for (let b = 0; b < blocks; b++) {
    if (!has(bitmap, b)) continue;
    out.set(memory.subarray(b * BLOCK, (b + 1) * BLOCK), at);
    at += BLOCK;
  }
  view.setUint32(BLOCK_SUM, blocksSum(core, bitmap, blocks), true);
  view.setUint32(HEAD_SUM, headSum(out, body + bitmap.length), true);
  return out;
}

/**
 * @internal The description of a snapshot, and a function that fills a fresh core's memory.
 * @throws SnapshotError; the function throws it too, when the blocks are damaged
 */
export function unpackSnapshot(bytes: Uint8Array): {
  description: unknown;
  memoryBytes: number;
  fill: (core: Core) => void;
} {
  if (bytes.length < HEAD || new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) {
    throw new SnapshotError("these bytes are no snapshot of a machine (magic is missing)");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = view.getUint32(8, true);
  if (format !== FORMAT) throw new SnapshotError(`snapshot format ${format}, this version reads ${FORMAT}`);
  const [jsonLength, blocks, kept] = [12, 24, 28].map((at) => view.getUint32(at, true)) as [
    number,
    number,
    number,
  ];
  if (blocks === 0 || blocks > BLOCKS_MAX) throw new SnapshotError(`snapshot of ${blocks} blocks of memory`);
  const body = HEAD + padded(jsonLength);
  const first = body + padded(Math.ceil(blocks / 8));
  const wanted = first + kept * BLOCK;
  if (bytes.length !== wanted) {
    throw new SnapshotError(`snapshot is ${bytes.length} bytes, its head promises ${wanted}`);
  }
  if (headSum(bytes, first) !== view.getUint32(HEAD_SUM, true)) {
    throw new SnapshotError("snapshot is damaged in its head or description (sum differs)");
  }
  let description: unknown;
  try {
    description = JSON.parse(new TextDecoder().decode(bytes.subarray(HEAD, HEAD + jsonLength)));
  } catch {
    throw new SnapshotError("the description of the snapshot is no JSON");
  }
  const bitmap = bytes.subarray(body, first);
  let named = 0;
  for (let b = 0; b < blocks; b++) if (has(bitmap, b)) named++;
  if (named !== kept) throw new SnapshotError(`snapshot stores ${kept} blocks, its bitmap names ${named}`);
  return {
    description,
    memoryBytes: blocks * BLOCK,
    fill: (core) => {
      const missing = blocks - core.memory.buffer.byteLength / BLOCK;
      try {
        if (missing > 0) core.memory.grow(missing);
      } catch {
        throw new SnapshotError(`this engine gives no memory of ${blocks} blocks of 64 KiB`);
      }
      const memory = core.u8;
      let at = first;
      for (let b = 0; b < blocks; b++) {
        if (!has(bitmap, b)) continue;
        memory.set(bytes.subarray(at, at + BLOCK), b * BLOCK);
        at += BLOCK;
      }
      if (blocksSum(core, bitmap, blocks) !== view.getUint32(BLOCK_SUM, true)) {
        throw new SnapshotError("snapshot is damaged in its memory (sum differs)");
      }
    },
  };
}
