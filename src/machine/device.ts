// A bus master of the machine: a device with its dma ops and the SysMMU ports before it.

import { checkBytes, checkInteger, checkU32 } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { DmaDebugHook } from "../dma/debug-hook.js";
import { Dma } from "../dma/dma.js";
import type { IommuMapping } from "../iommu/mapping.js";
import type { Live } from "./live.js";
import { chooseOps, type OpsOptions, type OpsTable } from "./ops-table.js";

/** Result of a master's access. */
export interface AccessResult {
  /** Bytes transferred before the access ended. */
  readonly done: number;
  /** "ok", "fault" (a SysMMU holds the transaction) or "bus-error" (no memory there, or no power or clock). */
  readonly status: "ok" | "fault" | "bus-error";
}

/** A bus master by its name in the SoC table, or one added by hand. */
export class Device {
  readonly #live: Live;
  readonly #accessed: () => void;
  #mapping: IommuMapping | null = null;
  /** Name, e.g. `fimc0`. */
  readonly name: string;
  /** Number of the device in the core; the op stream's device field. */
  readonly index: number;
  /** Names of its SysMMUs, port by port; empty when it has none. */
  readonly sysmmus: readonly string[];
  /** The dma-mapping calls of this device. */
  readonly dma: Dma;
  /** @internal Says why the device moves nothing through a port (power, clock), or null when it does. */
  gate: ((port: number) => string | null) | null = null;

  /** @internal */
  constructor(
    live: Live,
    name: string,
    index: number,
    sysmmus: readonly string[],
    debug: () => DmaDebugHook | null,
    accessed: () => void,
  ) {
    this.#live = live;
    this.name = name;
    this.index = index;
    this.sysmmus = sysmmus;
    this.#accessed = accessed;
    this.dma = new Dma(live, index, debug);
  }

  /** The IO-address mapping it is attached to, or null (linear or bounce ops). */
  get mapping(): IommuMapping | null {
    return this.#mapping;
  }

  /** @internal */
  setMapping(mapping: IommuMapping | null): void {
    this.#mapping = mapping;
    this.dma.resetOps();
  }

  /** @internal Throws TypeError for a device of another machine. */
  belongsTo(live: Live): void {
    if (live !== this.#live) throw new TypeError(`device ${this.name} belongs to another machine`);
  }

  /**
   * set_dma_ops: gives the device one of the core's tables, "linear", "coherent", "iommu" or "bounce" (a pool that
   * all bouncing devices share), and takes away what `dma.setOps` put over it. Attaching chooses "iommu",
   * detaching "linear". A device that is attached keeps its translation under any table.
   * @returns 0, or -12 (ENOMEM) when there is no memory for the pool
   * @throws TypeError with live mappings, or for "iommu" without a mapping; RangeError for "coherent" on rfc2011 and v3.6
   */
  setOps(ops: OpsTable, options: OpsOptions = {}): number {
    const error = chooseOps(this.#live, this, ops, options);
    if (error === 0) this.dma.resetOps();
    return error;
  }

  /** Counters of this device by name (abi DEVCOUNT_*), exact below 2^53. */
  get counters(): DeviceCounters {
    const { core } = this.#live;
    const at = coreConstant(core, "DEVICES") + this.index * coreConstant(core, "DEVICE_BYTES") + 0x80;
    const out: Record<string, number> = {};
    for (const [name, i] of Object.entries(DEVICE_COUNTERS)) out[name] = core.views.u64(at + i * 8);
    return out as unknown as DeviceCounters;
  }

  /**
   * Reads `length` bytes at bus address `dmaAddress` as the master: translated by the SysMMU of
   * `port`, straight from DRAM (coherent devices: through the caches).
   * @returns the bytes read; on a fault or bus error fewer than asked, and `lastAccess` says why
   */
  read(dmaAddress: number, length: number, port = 0): Uint8Array {
    checkU32("dmaAddress", dmaAddress);
    checkInteger("length", length, 0, 0x7fff_ffff);
    this.#checkPort(port);
    const { core } = this.#live;
    const batch = coreConstant(core, "BATCH");
    const room = coreConstant(core, "BATCH_BYTES");
    if (this.#gated(port)) return new Uint8Array(0);
    const out = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const n = Math.min(room, length - done);
      const moved =
        core.exports.deviceTransfer(this.index, (dmaAddress + done) >>> 0, n, 0, port, batch) >>> 0;
      out.set(core.u8.subarray(batch, batch + moved), done);
      done += moved;
      if (moved < n) break;
    }
    this.#finish(done, length);
    return out.subarray(0, done);
  }

  /**
   * Writes `bytes` at bus address `dmaAddress` as the master.
   * @returns how far it came and why it stopped
   */
  write(dmaAddress: number, bytes: Uint8Array, port = 0): AccessResult {
    checkU32("dmaAddress", dmaAddress);
    checkBytes("bytes", bytes);
    this.#checkPort(port);
    const { core } = this.#live;
    const batch = coreConstant(core, "BATCH");
    const room = coreConstant(core, "BATCH_BYTES");
    if (this.#gated(port)) return this.lastAccess;
    let done = 0;
    while (done < bytes.length) {
      const n = Math.min(room, bytes.length - done);
      core.u8.set(bytes.subarray(done, done + n), batch);
      const moved =
        core.exports.deviceTransfer(this.index, (dmaAddress + done) >>> 0, n, 1, port, batch) >>> 0;
      done += moved;
      if (moved < n) break;
    }
    return this.#finish(done, bytes.length);
  }

  /** How the last `read` or `write` ended. */
  lastAccess: AccessResult = { done: 0, status: "ok" };

  /** True when nothing is driven onto the bus: the access ends before its first byte. */
  #gated(port: number): boolean {
    const reason = this.gate?.(port) ?? null;
    if (reason !== null) this.lastAccess = { done: 0, status: "bus-error" };
    return reason !== null;
  }

  #finish(done: number, asked: number): AccessResult {
    const status =
      done === asked ? "ok" : this.#live.core.exports.deviceStalled(this.index) ? "fault" : "bus-error";
    this.lastAccess = { done, status };
    this.#accessed();
    return this.lastAccess;
  }

  #checkPort(port: number): void {
    checkInteger("port", port, 0, Math.max(0, this.sysmmus.length - 1));
  }
}

/** Per-device counters of the core by name; indices are abi.ts DEVCOUNT_*. */
const DEVICE_COUNTERS = {
  maps: 0,
  unmaps: 1,
  mapSgs: 2,
  unmapSgs: 3,
  sgEntries: 4,
  sgSegments: 5,
  allocs: 6,
  frees: 7,
  mapBytes: 8,
  unmapBytes: 9,
  allocBytes: 10,
  freeBytes: 11,
  syncForCpu: 12,
  syncForDevice: 13,
  syncBytes: 14,
  mapErrors: 15,
  allocErrors: 16,
  reads: 17,
  readBytes: 18,
  writes: 19,
  writeBytes: 20,
  accessFaults: 21,
  busErrors: 22,
  live: 23,
  livePeak: 24,
  liveBytes: 25,
  liveBytesPeak: 26,
} as const;

/** Counters of one device; bytes and counts since the machine was made. */
export type DeviceCounters = { readonly [name in keyof typeof DEVICE_COUNTERS]: number };
