// Feeds op-stream records to the core: one crossing per chunk of 65536.

import {
  checkCallback,
  checkChoice,
  checkInteger,
  checkObject,
  checkSignal,
  describe,
  hex,
} from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Device } from "./device.js";
import type { Live } from "./live.js";
import { recordProblem } from "./record-problem.js";

/** Options of {@link runRecords}. */
export interface RunOptions {
  /** Checked between chunks; an aborted run throws the signal's reason. */
  signal?: AbortSignal;
  /** Called after each chunk with records done so far and in total. */
  onProgress?: (done: number, total: number) => void;
}

/** Throws when a record is a dma-mapping call of a device whose ops a script replaced in part. */
function refuseOwnOps(live: Live, bytes: Uint8Array): void {
  const constant = (name: string) => coreConstant(live.core, name);
  const [first, last] = [constant("OP_MAP"), constant("OP_FREE")];
  for (let at = 0; at < bytes.length; at += 16) {
    const op = bytes[at]!;
    const device = bytes[at + 2]! | (bytes[at + 3]! << 8);
    const calls = (op >= first && op <= last) || op === constant("OP_MAP_RESOURCE");
    if (calls && live.ownOps.has(device)) {
      throw new TypeError(
        `record ${at / 16} is a call of device ${device}, whose ops are a script's (dma.setOps): the op stream cannot call them`,
      );
    }
  }
}

// Header words (assembly/header.ts).
const DRAM_BYTES = 0x14 >>> 2;
const DEVICE_COUNT = 0x3c >>> 2;
const SYSMMU_COUNT = 0x40 >>> 2;

function malformed({ core }: Live, bytes: Uint8Array, record: number): RangeError {
  // A copy: the bytes may lie at any address.
  const words = new Uint32Array(bytes.slice(0, (record + 1) * 16).buffer);
  const present = {
    devices: core.u32[DEVICE_COUNT]!,
    sysmmus: core.u32[SYSMMU_COUNT]!,
    dramBytes: core.u32[DRAM_BYTES]!,
  };
  const why = recordProblem(words, record, present);
  return new RangeError(
    `record ${record} is malformed: ${why} (${[...words.subarray(record * 4)].map(hex).join(" ")})`,
  );
}

/**
 * Executes a buffer of op-stream records (docs/opstream.md): four u32 each, or their little-endian
 * bytes. Every record before a malformed one has been executed when it throws.
 * @returns the number of records executed
 * @throws RangeError for a length that is no whole number of records, or a malformed record, which says what is wrong with it
 */
export function runRecords(live: Live, records: Uint32Array | Uint8Array, options: RunOptions = {}): number {
  const bytes =
    records instanceof Uint8Array
      ? records
      : records instanceof Uint32Array
        ? new Uint8Array(records.buffer, records.byteOffset, records.byteLength)
        : null;
  if (bytes === null) {
    throw new TypeError(`records must be a Uint32Array or a Uint8Array, got ${describe(records)}`);
  }
  checkObject("options", options, ["signal", "onProgress"]);
  checkSignal("options.signal", options.signal);
  checkCallback("options.onProgress", options.onProgress);
  if (bytes.length % 16 !== 0) {
    throw new RangeError(`records must be a whole number of 16-byte records, got ${bytes.length} bytes`);
  }
  if (live.ownOps.size > 0) refuseOwnOps(live, bytes);
  const { core } = live;
  const batch = coreConstant(core, "BATCH");
  const room = coreConstant(core, "BATCH_BYTES");
  for (let at = 0; at < bytes.length; at += room) {
    options.signal?.throwIfAborted();
    const n = Math.min(room, bytes.length - at);
    core.u8.set(bytes.subarray(at, at + n), batch);
    const done = core.exports.replayRun(n / 16);
    if (done < n / 16) {
      throw malformed(live, bytes, at / 16 + done);
    }
    options.onProgress?.((at + n) / 16, bytes.length / 16);
  }
  return bytes.length / 16;
}

/**
 * Translates many IO addresses of a device in one crossing per 131072: `pas[i]` becomes the physical
 * address of `iovas[i]`, or 0xffffffff from the first fault on (the SysMMU then stalls its master).
 * @param access "read" or "write"
 * @param port of the device, 0 .. its SysMMUs - 1
 * @returns how many were translated before a fault
 * @throws RangeError when `pas` is shorter than `iovas`; TypeError for a device without SysMMU
 */
export function translateMany(
  live: Live,
  device: Device,
  iovas: Uint32Array,
  pas: Uint32Array,
  access: "read" | "write" = "read",
  port = 0,
): number {
  if (!(iovas instanceof Uint32Array))
    throw new TypeError(`iovas must be a Uint32Array, got ${describe(iovas)}`);
  if (!(pas instanceof Uint32Array)) throw new TypeError(`pas must be a Uint32Array, got ${describe(pas)}`);
  if (pas.length < iovas.length) {
    throw new RangeError(`pas must hold ${iovas.length} elements as iovas does, got ${pas.length}`);
  }
  checkChoice("access", access, ["read", "write"]);
  if (device.sysmmus.length === 0) throw new TypeError(`device: ${device.name} has no SysMMU`);
  checkInteger("port", port, 0, device.sysmmus.length - 1);
  const { core } = live;
  const half = coreConstant(core, "BATCH_BYTES") / 2;
  const input = coreConstant(core, "BATCH");
  const output = input + half;
  const room = half / 4;
  for (let at = 0; at < iovas.length; at += room) {
    const n = Math.min(room, iovas.length - at);
    core.u32.set(iovas.subarray(at, at + n), input >>> 2);
    const done =
      core.exports.deviceTranslateBatch(device.index, input, output, n, access === "write" ? 1 : 0, port) >>>
      0;
    pas.set(core.u32.subarray(output >>> 2, (output >>> 2) + n), at);
    if (done < n) {
      pas.fill(0xffff_ffff, at + done, iovas.length);
      return at + done;
    }
  }
  return iovas.length;
}
