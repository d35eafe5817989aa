// One strategy of a replay: a machine, and how each device of the trace reaches memory on it.
//
//   linear   bus address = physical address; SysMMUs off
//   iommu    every device with a SysMMU is attached to an IO-address mapping of its own
//   bounce   every mapping goes through a pool (swiotlb=force; dmabounce up to v4.4)
//
// IO-address windows follow mainline: 4 GiB from 0, and for the display 1 GiB from 0x20000000 (Exynos DRM).
// Devices that the SoC table does not have get a SysMMU of their own.
//
// DRAM is cut in two: the region of recorded pages, closed to the page allocator, and the machine's own.
//
// Not modelled: devices that share a domain; each has its own window.

import type { Device } from "../machine/device.js";
import type { MachineOptions } from "../machine/options.js";
import { Machine } from "../machine.js";
import type { Strategy } from "../report/types.js";
import { findByLinuxName } from "../soc/find.js";
import type { SocDescription } from "../soc/types.js";
import { NO_HANDLE, Op, RECORD_WORDS } from "../trace/opcodes.js";

const MIB = 1 << 20;
const DISPLAY_WINDOW = { base: 0x2000_0000, size: 0x4000_0000 };
const WHOLE_WINDOW = { base: 0, size: 2 ** 32 };
const BOUNCE_POOL = 64 * MIB;

/** Sizes of the two parts of DRAM. */
export interface DramPlan {
  readonly base: number;
  readonly bytes: number;
  /** Recorded pages live in [base, base + traceBytes). */
  readonly traceBytes: number;
}

/** Cuts DRAM of `bytes`: an eighth, at least 16 MiB and at most 128 MiB (or half), is the machine's own. */
export function planDram(base: number, bytes: number): DramPlan {
  const own = Math.min(Math.max(Math.floor(bytes / 8), 16 * MIB), 128 * MIB, Math.floor(bytes / 2));
  const traceBytes = Math.floor((bytes - own) / MIB) * MIB;
  return { base, bytes, traceBytes: Math.max(traceBytes, 0) };
}

/** A machine under one strategy, and what it did. */
export class StrategyRun {
  readonly strategy: Strategy;
  readonly machine: Machine;
  /** Devices of the trace by their index in the op stream. */
  readonly devices: Device[] = [];
  /** Name that the trace has for a device, by index in `devices`. */
  readonly names: string[] = [];
  /** Wall time spent inside the core, in milliseconds. */
  milliseconds = 0;
  records = 0;
  /** Devices whose pool could not be made. */
  readonly refused: string[] = [];

  constructor(strategy: Strategy, options: Omit<MachineOptions, "dram">, dram: DramPlan) {
    this.strategy = strategy;
    this.machine = Machine.create({ ...options, dram: { base: dram.base, bytes: dram.bytes } });
    this.machine.memory.reserve(dram.base, dram.traceBytes);
  }

  /** Makes the device that the trace calls `name` ready; its index in the core. */
  device(name: string): number {
    const device = this.#deviceOf(this.machine.soc, name);
    this.devices.push(device);
    this.names.push(name);
    if (this.strategy === "iommu" && device.sysmmus.length > 0 && device.mapping === null) {
      const window = device.name.startsWith("fimd") ? DISPLAY_WINDOW : WHOLE_WINDOW;
      this.machine.iommu.createMapping(window).attach(device);
    } else if (this.strategy === "bounce") {
      if (device.setOps("bounce", { poolBytes: BOUNCE_POOL, force: true }) !== 0) this.refused.push(name);
    }
    return device.index;
  }

  #deviceOf(soc: SocDescription, name: string): Device {
    const found = findByLinuxName(soc, name);
    if (found?.kind === "device") return this.machine.device(found.device.name);
    const known = this.machine.devices.find((d) => d.name === name);
    return known ?? this.machine.addDevice(name);
  }

  /** Executes records; `clock` gives milliseconds. */
  run(records: Uint32Array, clock: () => number): void {
    const mine = this.strategy === "iommu" ? records : withoutFeeds(records);
    const start = clock();
    this.machine.run(mine);
    this.milliseconds += clock() - start;
    this.records += records.length / RECORD_WORDS;
  }
}

// Page blocks are what the recorded IOMMU mapped one by one; a strategy that wants one contiguous block
// cannot use them.
function withoutFeeds(records: Uint32Array): Uint32Array {
  let copy = records;
  for (let at = 0; at < records.length; at += RECORD_WORDS) {
    if ((records[at]! & 0xff) !== Op.FeedPages) continue;
    if (copy === records) copy = records.slice();
    copy[at] = Op.Nop;
    copy[at + 1] = NO_HANDLE;
  }
  return copy;
}
