// A bus master of the machine: a device with its dma ops and the SysMMU ports before it.

import { checkBytes, checkInteger, checkU32 } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { DmaDebugHook } from "../dma/debug-hook.js";
import { Dma } from "../dma/dma.js";
import type { IommuMapping } from "../iommu/mapping.js";
import type { AccessResult, HeldAccess, SavedAccess, Transaction } from "./held.js";
import type { Live } from "./live.js";
import { chooseOps, type OpsOptions, type OpsTable } from "./ops-table.js";

/** No System MMU: nothing that stops. */
const NO_STOP = -1;

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
   * detaching "linear". "coherent" on rfc2011 and v3.6 is their linear table told that this device is coherent (those
   * kernels ask the whole machine). A device that is attached keeps its translation under any table.
   * @returns 0, or -12 (ENOMEM) when there is no memory for the pool
   * @throws TypeError with live mappings, or for "iommu" without a mapping; RangeError for an option the profile's pool does not have
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
   * Reads `length` bytes at bus address `dmaAddress` as the master: through the SysMMU of
   * `port`, straight from DRAM (coherent devices: through the caches).
   * @returns the bytes; fewer than asked when the access stopped, and `lastAccess` says why
   */
  read(dmaAddress: number, length: number, port = 0): Uint8Array {
    checkU32("dmaAddress", dmaAddress);
    checkInteger("length", length, 0, 0x7fff_ffff);
    const bytes = new Uint8Array(length);
    const { done } = this.#issue("read", port, dmaAddress, bytes);
    return bytes.subarray(0, done);
  }

  /**
   * Writes `bytes` at bus address `dmaAddress` as the master.
   * @returns how far it came and why it stopped
   */
  write(dmaAddress: number, bytes: Uint8Array, port = 0): AccessResult {
    checkU32("dmaAddress", dmaAddress);
    checkBytes("bytes", bytes);
    return this.#issue("write", port, dmaAddress, bytes);
  }

  /** How the last `read` or `write` ended; of one that is held it changes as the access goes on. */
  lastAccess: AccessResult = { done: 0, status: "ok" };

  /** Accesses that its System MMUs hold now, at most a read and a write per port. They go on by themselves. */
  get held(): readonly HeldAccess[] {
    return this.#live.held.filter((t) => t.device === this);
  }

  /** Resets the master: what is held is given up ("aborted"). Faults stay in the registers. */
  abort(): void {
    for (const t of this.#live.held.filter((t) => t.device === this)) {
      t.result.status = "aborted";
      this.#live.held.drop(t);
    }
  }

  /** @internal Holds what a snapshot held. */
  holdAgain({ access, port, dmaAddress, bytes, done, status }: Omit<SavedAccess, "device">): void {
    const t = this.#transaction(access, port, dmaAddress, Uint8Array.from(bytes), done);
    t.result.status = status;
    this.#live.held.hold(t);
  }

  #issue(access: "read" | "write", port: number, dmaAddress: number, bytes: Uint8Array): AccessResult {
    this.#checkPort(port);
    const t = this.#transaction(access, port, dmaAddress, bytes, 0);
    this.lastAccess = t.result;
    this.#present(t);
    this.#accessed();
    return t.result;
  }

  #transaction(
    access: "read" | "write",
    port: number,
    dmaAddress: number,
    bytes: Uint8Array,
    done: number,
  ): Transaction {
    const result: Transaction["result"] = { done, status: "ok" };
    const t: Transaction = {
      device: this,
      access,
      port,
      dmaAddress,
      bytes,
      result,
      instance: this.#live.core.exports.deviceInstance(this.index, port),
      get done() {
        return result.done;
      },
      get status() {
        return result.status;
      },
      go: () => {
        const held = this.#present(t);
        this.#accessed();
        return held;
      },
    };
    return t;
  }

  /** Drives what is left of a transaction onto the bus; true when a System MMU holds it. */
  #present(t: Transaction): boolean {
    const { core, held } = this.#live;
    const { result, bytes, port } = t;
    if ((this.gate?.(port) ?? null) !== null) {
      result.status = "bus-error";
      return false;
    }
    const batch = coreConstant(core, "BATCH");
    const room = coreConstant(core, "BATCH_BYTES");
    const write = t.access === "write";
    while (result.done < bytes.length) {
      const { done } = result;
      const n = Math.min(room, bytes.length - done);
      if (write) core.u8.set(bytes.subarray(done, done + n), batch);
      const at = (t.dmaAddress + done) >>> 0;
      const moved = core.exports.deviceTransfer(this.index, at, n, write ? 1 : 0, port, batch) >>> 0;
      if (!write) bytes.set(core.u8.subarray(batch, batch + moved), done);
      result.done += moved;
      if (moved < n) break;
    }
    if (result.done === bytes.length) {
      result.status = "ok";
      return false;
    }
    const stop = t.instance < 0 ? NO_STOP : core.exports.sysmmuStop(t.instance);
    if (stop === coreConstant(core, "STOP_BLOCKED")) result.status = "blocked";
    else if (stop === coreConstant(core, "STOP_FAULT") || stop === coreConstant(core, "STOP_STALLED")) {
      result.status = "fault";
    } else result.status = "bus-error";
    if (result.status === "bus-error" || !held.hold(t)) return false;
    // What waits are the bytes as they were when they were driven.
    if (write) t.bytes = bytes.slice();
    return true;
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
