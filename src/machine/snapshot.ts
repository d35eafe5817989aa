// A machine as bytes, and back. Only blocks that hold something are stored.
//
//   0  "SMMUSNAP"   8 format version (u32)   12 bytes of the description (u32)
//  16  description: JSON, padded with blanks to 8
//      bitmap: one bit per 64 KiB block of linear memory, low bit first, padded to 8
//      the blocks whose bit is set, in order
//
// The description holds what only the host knows: options, names, labels, attached mappings.
// The memory itself begins with magic, ABI version and profile (assembly/header.ts).
//
// Not modelled: snapshots of another ABI version are refused, not converted.

import type { Core } from "../core/core.js";

const MAGIC = "SMMUSNAP";
const FORMAT = 1;
const BLOCK = 65536;

/** What could not be restored, and why. */
export class SnapshotError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SnapshotError";
  }
}

/** Packs a core's memory with `description` (plain JSON). */
export function packSnapshot(core: Core, description: unknown): Uint8Array {
  const memory = core.u8;
  const blocks = memory.length / BLOCK;
  const json = new TextEncoder().encode(JSON.stringify(description));
  const jsonRoom = (json.length + 7) & ~7;
  const bitmap = new Uint8Array((((blocks + 7) >> 3) + 7) & ~7);
  let kept = 0;
  for (let b = 0; b < blocks; b++) {
    if (core.exports.blockUsed(b * BLOCK, BLOCK) === 0) continue;
    bitmap[b >> 3]! |= 1 << (b & 7);
    kept++;
  }
  const out = new Uint8Array(16 + jsonRoom + bitmap.length + kept * BLOCK);
  out.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(out.buffer);
  view.setUint32(8, FORMAT, true);
  view.setUint32(12, json.length, true);
  out.fill(0x20, 16, 16 + jsonRoom);
  out.set(json, 16);
  let at = 16 + jsonRoom;
  out.set(bitmap, at);
  at += bitmap.length;
  for (let b = 0; b < blocks; b++) {
    if ((bitmap[b >> 3]! & (1 << (b & 7))) === 0) continue;
    out.set(memory.subarray(b * BLOCK, (b + 1) * BLOCK), at);
    at += BLOCK;
  }
  return out;
}

/** The description of a snapshot, and a function that fills a fresh core's memory. */
export function unpackSnapshot(bytes: Uint8Array): { description: unknown; fill: (core: Core) => void } {
  if (bytes.length < 16 || new TextDecoder().decode(bytes.subarray(0, 8)) !== MAGIC) {
    throw new SnapshotError("these bytes are no snapshot of a machine (magic is missing)");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const format = view.getUint32(8, true);
  if (format !== FORMAT) throw new SnapshotError(`snapshot format ${format}, this version reads ${FORMAT}`);
  const jsonLength = view.getUint32(12, true);
  const body = 16 + ((jsonLength + 7) & ~7);
  if (body > bytes.length) throw new SnapshotError("snapshot is truncated in its description");
  let description: unknown;
  try {
    description = JSON.parse(new TextDecoder().decode(bytes.subarray(16, 16 + jsonLength)));
  } catch {
    throw new SnapshotError("the description of the snapshot is damaged");
  }
  const memoryBytes = (description as { memoryBytes?: unknown }).memoryBytes;
  if (typeof memoryBytes !== "number" || memoryBytes <= 0 || memoryBytes % BLOCK !== 0) {
    throw new SnapshotError("the description of the snapshot names no memory size");
  }
  const blocks = memoryBytes / BLOCK;
  const bitmapBytes = (((blocks + 7) >> 3) + 7) & ~7;
  const bitmap = bytes.subarray(body, body + bitmapBytes);
  let kept = 0;
  for (let b = 0; b < blocks; b++) kept += ((bitmap[b >> 3] ?? 0) >> (b & 7)) & 1;
  const wanted = body + bitmapBytes + kept * BLOCK;
  if (bytes.length !== wanted) {
    throw new SnapshotError(`snapshot is ${bytes.length} bytes, its bitmap promises ${wanted}`);
  }
  return {
    description,
    fill: (core) => {
      const missing = memoryBytes - core.memory.buffer.byteLength;
      if (missing > 0) core.memory.grow(missing / BLOCK);
      const memory = core.u8;
      let at = body + bitmapBytes;
      for (let b = 0; b < blocks; b++) {
        if (((bitmap[b >> 3]! >> (b & 7)) & 1) === 0) continue;
        memory.set(bytes.subarray(at, at + BLOCK), b * BLOCK);
        at += BLOCK;
      }
    },
  };
}
