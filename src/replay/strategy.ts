// One strategy of a replay: a machine, and how each device of the trace reaches memory on it
// (names: strategy-name.ts; what changes about the records: rewrite.ts).
//
//   linear   bus address = physical address; SysMMUs off
//   iommu    every device with a SysMMU is attached to an IO-address mapping of its own
//   bounce   every mapping goes through a pool (swiotlb=force; dmabounce up to v4.4)
//
// IO-address windows follow mainline: 4 GiB from 0, and for the display 1 GiB from 0x20000000 (Exynos DRM).
// Kernels up to v3.14 made no window by themselves, and none of 4 GiB (its size is a 32-bit size_t): there every
// device has what the display driver asked for.
// Devices that the SoC table does not have get a SysMMU of their own.
//
// DRAM is cut in two: the region of recorded pages, closed to the page allocator, and the machine's own.
//
// Not modelled: devices that share a domain; each has its own window.

import type { Device } from "../machine/device.js";
import type { MachineOptions } from "../machine/options.js";
import { Machine } from "../machine.js";
import type { StrategySettings } from "../report/types.js";
import { findByLinuxName } from "../soc/find.js";
import type { SocDescription } from "../soc/types.js";
import { TraceError } from "../trace/error.js";
import { RECORD_WORDS } from "../trace/opcodes.js";
import { RecordRewriter } from "./rewrite.js";
import { SYSMMU_WORDS } from "./strategy-name.js";

const MIB = 1 << 20;
/** System MMUs of a machine. */
const MOST_SYSMMUS = 64;
const DISPLAY_WINDOW = { base: 0x2000_0000, size: 0x4000_0000 };
const WHOLE_WINDOW = { base: 0, size: 2 ** 32 };
/** Profiles with a 32-bit window size. */
const OLD_PROFILES: readonly string[] = ["rfc2011", "v3.6", "v3.14"];
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

/** What is the same for all strategies of a run. */
export interface RunPlan {
  readonly dram: DramPlan;
  /** The stream is a workload of ours, which syncs its allocations where they are cached. */
  readonly workload: boolean;
  /** IO-address window of every device; null: mainline's. */
  readonly window: { readonly base: number; readonly size: number } | null;
}

/** Machine options that a strategy decides. */
function machineOptions(settings: StrategySettings, base: StrategyMachineOptions): StrategyMachineOptions {
  const { allocator, bounce, generation, memory } = settings;
  const version = Object.values(SYSMMU_WORDS).find((w) => w.generation === generation)?.version;
  return {
    ...base,
    profile: settings.profile,
    switches: {
      ...base.switches,
      ...(allocator === null ? {} : { SWITCH_IOVA_KIND: ALLOCATOR_KINDS[allocator] }),
      // gen_pool as the 2011 proposal made it, with granules of 64 KiB, under any kernel.
      ...(allocator === "gen-pool" ? { SWITCH_IOVA_GRANULE: 4 } : {}),
      ...(bounce === null ? {} : { SWITCH_BOUNCE_KIND: bounce === "swiotlb" ? 1 : 0 }),
    },
    ...(version === undefined ? {} : { sysmmuVersion: version }),
    ...(memory === "bufferable" || memory === "strongly-ordered" ? { coherentMemory: memory } : {}),
  };
}

/** Numbers of the allocators: values of SWITCH_IOVA_KIND (src/dma/profiles/iova.ts). */
const ALLOCATOR_KINDS = { bitmap: 0, "gen-pool": 1, "range-tree": 2, "range-cache": 3, own: 4 } as const;

/** Options of the machines, without what the plan and the strategy say. */
export type StrategyMachineOptions = Omit<MachineOptions, "dram">;

/** A machine under one strategy, and what it did. */
export class StrategyRun {
  readonly settings: StrategySettings;
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
  readonly #plan: RunPlan;
  readonly #rewriter: RecordRewriter;

  constructor(settings: StrategySettings, options: StrategyMachineOptions, plan: RunPlan) {
    const { dram } = plan;
    this.settings = settings;
    this.#plan = plan;
    this.machine = Machine.create({
      ...machineOptions(settings, options),
      dram: { base: dram.base, bytes: dram.bytes },
    });
    this.machine.memory.reserve(dram.base, dram.traceBytes);
    this.#rewriter = new RecordRewriter(settings, plan.workload, this.machine.memory);
  }

  /** Allocations that `cached` had no memory for. */
  get refusedAllocations(): number {
    return this.#rewriter.refused;
  }

  /** Makes the device that the trace calls `name` ready; its index in the core. */
  device(name: string): number {
    const { coherent, ops } = this.settings;
    const device = this.#deviceOf(this.machine.soc, name);
    this.devices.push(device);
    this.names.push(name);
    if (coherent) device.dma.coherent = true;
    if (ops === "iommu" && device.sysmmus.length > 0 && device.mapping === null) {
      const small = device.name.startsWith("fimd") || OLD_PROFILES.includes(this.settings.profile);
      const mainline = small ? DISPLAY_WINDOW : WHOLE_WINDOW;
      this.machine.iommu.createMapping(this.#plan.window ?? mainline).attach(device);
    } else if (ops === "bounce") {
      if (device.setOps("bounce", { poolBytes: BOUNCE_POOL, force: true }) !== 0) this.refused.push(name);
    }
    return device.index;
  }

  #deviceOf(soc: SocDescription, name: string): Device {
    const found = findByLinuxName(soc, name);
    if (found?.kind === "device") return this.machine.device(found.device.name);
    const known = this.machine.devices.find((d) => d.name === name);
    if (known !== undefined) return known;
    const { generation, name: strategy, ops } = this.settings;
    const version = Object.values(SYSMMU_WORDS).find((w) => w.generation === generation)?.version;
    // Only the IOMMU needs a System MMU for each.
    const full = ops !== "iommu" && this.machine.sysmmuNames.length >= MOST_SYSMMUS;
    try {
      return this.machine.addDevice(name, {
        ...(version === undefined ? {} : { version }),
        ...(full ? { ports: 0 } : {}),
      });
    } catch (cause) {
      if (!(cause instanceof RangeError) || !cause.message.startsWith("no room")) throw cause;
      throw new TraceError(`too many devices in the trace for strategy ${strategy}: ${cause.message}`);
    }
  }

  /** Executes records; `clock` gives milliseconds. */
  run(records: Uint32Array, clock: () => number): void {
    const mine = this.#rewriter.rewrite(records);
    const start = clock();
    this.machine.run(mine);
    this.milliseconds += clock() - start;
    this.#rewriter.settle();
    this.records += records.length / RECORD_WORDS;
  }
}
