// A DMA engine: runs an access pattern as a device, many accesses per crossing into the core.
//
//   pattern --> op-stream records (dev-read, dev-write; docs/opstream.md) --> machine.run
//
// As in a replay nobody repairs a fault: the System MMU's interrupt is acknowledged, the rest of that
// access is dropped, and the engine goes on with the next one.
//
// Not modelled: descriptors in memory, several channels at once; what a write with moveData stores is a
// byte that changes with the record, not data of the caller's.

import { checkInteger, describe, hex } from "../check.js";
import type { Device, DeviceCounters } from "../machine/device.js";
import type { RunOptions } from "../machine/run.js";
import type { Machine } from "../machine.js";
import type { FaultRecord } from "../sysmmu/faults.js";
import { CHUNK_RECORDS, NO_HANDLE, Op, RECORD_WORDS } from "../trace/opcodes.js";
import type { BusAccess } from "./patterns.js";
import { checkDevice } from "./transfers.js";

/** Options of {@link DmaEngine}. */
export interface DmaEngineOptions {
  /** Port of accesses that name none, 0 to 7 (default 0). */
  readonly port?: number;
  /** Bytes of a burst, a power of two from 2 to 4096 (default 64); one look into the TLB each. */
  readonly burst?: number;
  /** True: bytes move to and from DRAM; false (default): accesses are translated and counted only. */
  readonly moveData?: boolean;
}

/** What {@link DmaEngine.run} counted. */
export interface DmaEngineResult {
  /** Accesses of the pattern. */
  readonly accesses: number;
  /** Bytes that passed, both ways. */
  readonly bytes: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Accesses that a System MMU stopped. */
  readonly faults: number;
  /** Accesses that met no memory. */
  readonly busErrors: number;
  /** The first that a System MMU stopped, or null. */
  readonly firstFault: DmaEngineFault | null;
}

/** The access of a pattern that faulted first. */
export interface DmaEngineFault {
  /** Its place in the pattern, from 0. */
  readonly access: number;
  /** Name of the System MMU. */
  readonly sysmmu: string;
  /** What the System MMU recorded: cause, IO address, descriptors, owner. */
  readonly fault: FaultRecord;
}

/**
 * Accesses of a crossing until a fault was seen: so few that the ring of 1024 fault records cannot lose the
 * first (each access faults once at most; a stale use is recorded once per entry of a translation cache).
 */
const CAREFUL_RECORDS = 400;

/** A bus master that follows patterns. */
export class DmaEngine {
  /** Device it works as. */
  readonly device: Device;
  readonly #port: number;
  readonly #how: number;

  /** @throws TypeError or RangeError naming the argument */
  constructor(device: Device, options: DmaEngineOptions = {}) {
    this.device = checkDevice(device);
    this.#port = this.#checkPort("options.port", options.port ?? 0);
    const burst = checkInteger("options.burst", options.burst ?? 64, 2, 4096);
    if ((burst & (burst - 1)) !== 0) {
      throw new RangeError(`options.burst must be a power of two, got ${hex(burst)}`);
    }
    this.#how = ((31 - Math.clz32(burst)) << 4) | (options.moveData === true ? 1 : 0);
  }

  /**
   * Runs a pattern, 65536 accesses per chunk; a chunk is one crossing once a fault was seen, and 164 while
   * the first is looked for.
   * @param machine the machine of the device
   * @param pattern one of `patterns`, a block (`fimdScanOut`, `g2dBlit`...), or any iterable of accesses
   * @param options signal and onProgress, once per chunk; the total is what is known so far
   * @throws TypeError for a device of another machine; RangeError for an access without bytes or past
   * 4 GiB. What came before it in its chunk has not been executed then.
   */
  run(machine: Machine, pattern: Iterable<BusAccess>, options: RunOptions = {}): DmaEngineResult {
    const { device } = this;
    if (machine.devices[device.index] !== device) {
      throw new TypeError(`machine must be the machine of device ${device.name}`);
    }
    if (typeof pattern?.[Symbol.iterator] !== "function") {
      throw new TypeError(`pattern must be an iterable of accesses, got ${describe(pattern)}`);
    }
    const before = device.counters;
    const chunk = new Uint32Array(CHUNK_RECORDS * RECORD_WORDS);
    let accesses = 0;
    let filled = 0;
    let firstFault: DmaEngineFault | null = null;
    const flush = () => {
      if (filled === 0) return;
      options.signal?.throwIfAborted();
      const first = accesses - filled / RECORD_WORDS;
      for (let at = 0; at < filled; ) {
        const end = firstFault === null ? Math.min(filled, at + CAREFUL_RECORDS * RECORD_WORDS) : filled;
        machine.run(chunk.subarray(at, end));
        firstFault ??= this.#firstFault(
          machine,
          before,
          first + at / RECORD_WORDS,
          (end - at) / RECORD_WORDS,
        );
        at = end;
      }
      filled = 0;
      options.onProgress?.(accesses, accesses);
    };
    for (const access of pattern) {
      const { dmaAddress, bytes, write } = access;
      if (!(bytes >= 1 && dmaAddress >>> 0 === dmaAddress && dmaAddress + bytes <= 0x1_0000_0000)) {
        throw new RangeError(
          `access ${accesses} must lie below 4 GiB and have bytes, got ${describe(bytes)} at ${describe(dmaAddress)}`,
        );
      }
      const port = access.port === undefined ? this.#port : this.#checkPort("access.port", access.port);
      const how = this.#how | (port << 1);
      chunk[filled++] = (write ? Op.DevWrite : Op.DevRead) | (how << 8) | (device.index << 16);
      chunk[filled++] = NO_HANDLE;
      chunk[filled++] = dmaAddress;
      chunk[filled++] = bytes;
      accesses++;
      if (filled === chunk.length) flush();
    }
    flush();
    const after = device.counters;
    const readBytes = after.readBytes - before.readBytes;
    const writeBytes = after.writeBytes - before.writeBytes;
    return {
      accesses,
      bytes: readBytes + writeBytes,
      readBytes,
      writeBytes,
      faults: after.accessFaults - before.accessFaults,
      busErrors: after.busErrors - before.busErrors,
      firstFault,
    };
  }

  /** The first fault among the last `records` executed, whose first is access number `first`. */
  #firstFault(
    machine: Machine,
    before: DeviceCounters,
    first: number,
    records: number,
  ): DmaEngineFault | null {
    if (this.device.counters.accessFaults === before.accessFaults) return null;
    // Each record moves the clock by one.
    const start = machine.statistics().seq - records;
    let found: DmaEngineFault | null = null;
    for (const sysmmu of this.device.sysmmus) {
      const fault = machine
        .sysmmu(sysmmu)
        .faults()
        .find((f) => f.kind !== "stale" && f.seq > start);
      if (fault === undefined || (found !== null && found.fault.seq <= fault.seq)) continue;
      found = { access: first + fault.seq - start - 1, sysmmu, fault };
    }
    return found;
  }

  #checkPort(name: string, port: number): number {
    return checkInteger(name, port, 0, Math.min(7, Math.max(0, this.device.sysmmus.length - 1)));
  }
}
