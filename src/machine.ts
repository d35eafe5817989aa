// A machine: one core instance built from an SoC description. Everything the guest has lies in the
// core's memory; the objects here are views that know names.
//
// Not modelled: instruction execution. Drivers are scripts or traces.

import { checkInteger, checkObject, checkU32, describe, hex } from "./check.js";
import type { Core } from "./core/core.js";
import { type AsyncCoreSource, type CoreSource, loadCore, loadCoreAsync } from "./core/load.js";
import { allocationsOf, type DmaAllocation } from "./dma/allocation.js";
import { checkObserver, type DmaDebugHook } from "./dma/debug-hook.js";
import { PROFILES, type Profile, setProfile } from "./dma/profiles.js";
import { SysmmuDriver } from "./iommu/driver.js";
import { IommuMapping, type MappingOptions } from "./iommu/mapping.js";
import { aliasFindings } from "./machine/alias.js";
import { Board } from "./machine/board.js";
import { Cpu } from "./machine/cpu.js";
import type { Description, Explanation } from "./machine/description.js";
import { Device } from "./machine/device.js";
import { explainAddress } from "./machine/explain.js";
import { type Finding, leakFindings, sysmmuFindings } from "./machine/findings.js";
import { hazardFindings } from "./machine/hazards.js";
import { deadMappings, deathsOf, liveMappings, type MappingRecord } from "./machine/history.js";
import { FaultInjection } from "./machine/injection.js";
import type { Interrupts } from "./machine/interrupts.js";
import { Live } from "./machine/live.js";
import { GuestMemory } from "./machine/memory.js";
import {
  checkOptions,
  DEFAULT_DRAM,
  type MachineOptions,
  type NewDevice,
  setMemoryTypes,
} from "./machine/options.js";
import type { Power } from "./machine/power.js";
import { quirkFindings } from "./machine/quirks.js";
import { restoreCore } from "./machine/restore.js";
import { Roster } from "./machine/roster.js";
import { type RunOptions, runRecords, translateMany } from "./machine/run.js";
import { packSnapshot } from "./machine/snapshot.js";
import { type MachineStatistics, readStatistics } from "./machine/statistics.js";
import type { SocDescription } from "./soc/types.js";
import type { SysMmu } from "./sysmmu/sysmmu.js";

/** An emulated machine. Make it with {@link Machine.create}; end it with {@link Machine.dispose}. */
export class Machine {
  readonly #live: Live;
  readonly #roster: Roster;
  readonly #mappings: IommuMapping[] = [];
  #board!: Board;
  #observer: DmaDebugHook | null;
  /** SoC it was built from. */
  readonly soc: SocDescription;
  /** Kernel profile. */
  readonly profile: Profile;
  /** Guest DRAM. */
  readonly memory: GuestMemory;
  /** CPU loads and stores. */
  readonly cpu: Cpu;
  /** Fault injection: the n-th map, page, table or IO-address allocation fails. */
  readonly inject: FaultInjection;
  /** The kernel's System MMU driver: suspend, resume, fault interrupt, the log of register accesses. */
  readonly driver: SysmmuDriver;
  /** IO-address mappings. */
  readonly iommu: {
    /**
     * arm_iommu_create_mapping: an IO-address space and its domain, attached to nobody yet.
     * @throws IommuError as the kernel refuses (22 EINVAL, 12 ENOMEM, 34 ERANGE)
     */
    createMapping(options?: MappingOptions): IommuMapping;
    /** The mappings that are not freed, attached or not, in order of birth; also those of before a snapshot. */
    readonly mappings: readonly IommuMapping[];
  };

  private constructor(core: Core, soc: SocDescription, profile: Profile, observer: DmaDebugHook | null) {
    this.#live = new Live(core);
    this.#roster = new Roster(this.#live, () => this.#observer);
    this.#live.settle = () => this.#roster.interrupts(this.#roster.sysmmus.keys());
    this.#observer = observer;
    this.#introduce(observer);
    this.soc = soc;
    this.profile = profile;
    const words = core.u32;
    this.memory = new GuestMemory(this.#live, words[4]!, words[5]!);
    this.cpu = new Cpu(this.#live, words[4]!, words[5]!);
    this.inject = new FaultInjection(this.#live);
    this.driver = new SysmmuDriver(
      this.#live,
      () => this.sysmmuNames,
      (name) => this.#roster.interrupts([name]),
    );
    const mappings = this.#mappings;
    this.iommu = {
      get mappings() {
        return mappings.filter((m) => m.references > 0);
      },
      createMapping: (options = {}) => {
        const mapping = IommuMapping.create(this.#live, options);
        this.#mappings.push(mapping);
        return mapping;
      },
    };
  }

  /**
   * Makes a machine, synchronously.
   * @throws RangeError or TypeError naming the option that is wrong
   */
  static create(options: MachineOptions): Machine {
    checkOptions(options);
    return Machine.#build(loadCore(options.core), options);
  }

  /** Makes a machine where synchronous compilation is forbidden, or from a core that must be fetched. */
  static async createAsync(
    options: Omit<MachineOptions, "core"> & { core?: AsyncCoreSource },
  ): Promise<Machine> {
    checkOptions(options as MachineOptions);
    const { core, ...rest } = options;
    return Machine.#build(await loadCoreAsync(core), rest);
  }

  static #build(core: Core, options: MachineOptions): Machine {
    const { soc } = options;
    const profile = options.profile ?? "v6.1";
    const base = options.dram?.base ?? soc.dramBase;
    const bytes = options.dram?.bytes ?? DEFAULT_DRAM;
    if (core.exports.machineInit(base, bytes, PROFILES.indexOf(profile)) !== 0) {
      throw new RangeError(`dram.bytes: this engine gives no memory for ${hex(bytes)} bytes of DRAM`);
    }
    setProfile(core, profile, options.switches);
    const caches = options.caches ?? {};
    const error = core.exports.cacheInit(
      caches.l1Bytes ?? 32 << 10,
      caches.l1Ways ?? 4,
      caches.l2Bytes ?? 1 << 20,
      caches.l2Ways ?? 16,
      ["round-robin", "lru", "random"].indexOf(caches.policy ?? "round-robin"),
      caches.seed ?? 1,
    );
    if (error !== 0) throw new RangeError(`caches: the core refuses this geometry (errno ${-error})`);
    const machine = new Machine(core, soc, profile, options.observer ?? null);
    setMemoryTypes(machine.#live, options);
    for (const s of soc.sysmmus) {
      machine.#roster.addSysmmu(s.name, options.sysmmuVersion ?? s.version, options.tlb ?? {});
    }
    for (const d of soc.devices) machine.#roster.addDevice(d.name, d.ports);
    machine.#board = new Board(machine.#live, soc, machine.#roster.sysmmus, machine.#roster.devices);
    return machine;
  }

  /**
   * Adds a bus master that the SoC table does not have, with SysMMUs of its own.
   * @throws RangeError when the name is taken or the machine is full (128 devices, 64 SysMMUs)
   */
  addDevice(name: string, options: NewDevice = {}): Device {
    return this.#roster.addOwn(name, options);
  }

  /** Interrupt lines and the combiner. */
  get interrupts(): Interrupts {
    return this.#board.interrupts;
  }

  /** Power domains and clocks. */
  get power(): Power {
    return this.#board.power;
  }

  /** The devices, in the order of their index. */
  get devices(): readonly Device[] {
    return this.#roster.devices;
  }

  /** Names of the SysMMUs, in the order of their instance number. */
  get sysmmuNames(): readonly string[] {
    return [...this.#roster.sysmmus.keys()];
  }

  /**
   * A bus master by its name in the SoC table.
   * @throws RangeError naming the devices there are
   */
  device(name: string): Device {
    return this.#roster.device(name);
  }

  /**
   * A System MMU by its name in the SoC table.
   * @throws RangeError naming the SysMMUs there are
   */
  sysmmu(name: string): SysMmu {
    return this.#roster.sysmmu(name);
  }

  /**
   * Sets or removes the observer of the dma-mapping calls that scripts make. What {@link run} executes stays in
   * the core and is told to no observer. A call whose observer throws is done, and throws ObserverError with its result.
   * @throws TypeError naming the method that an observer lacks
   */
  observe(observer: DmaDebugHook | null): void {
    checkObserver("observer", observer);
    void this.#live.core;
    this.#observer = observer;
    this.#introduce(observer);
  }

  #introduce(observer: DmaDebugHook | null): void {
    observer?.observes?.((device) => this.#roster.devices[device]?.name ?? `device ${device}`);
  }

  /** {@link runRecords}: executes op-stream records, a crossing per 65536. No observer is told of them. */
  run(records: Uint32Array | Uint8Array, options: RunOptions = {}): number {
    try {
      return runRecords(this.#live, records, options);
    } finally {
      this.#roster.interrupts(this.#roster.sysmmus.keys());
    }
  }

  /**
   * {@link translateMany}: IO addresses to physical addresses, one crossing per 131072, as so many accesses of
   * `device` through `port` (0 .. SysMMUs - 1). `pas[i]` becomes the address of `iovas[i]`, or 0xffffffff from the
   * first fault on.
   * @returns how many were translated before a fault
   */
  translateBatch(
    device: Device,
    iovas: Uint32Array,
    pas: Uint32Array,
    access: "read" | "write" = "read",
    port = 0,
  ): number {
    this.#mine("device", device);
    const done = translateMany(this.#live, device, iovas, pas, access, port);
    this.#roster.interrupts(device.sysmmus);
    return done;
  }

  /** Machine-wide counters. */
  statistics(): MachineStatistics {
    return readStatistics(this.#live.core);
  }

  /** Mappings alive now, in order of birth. */
  liveMappings(): MappingRecord[] {
    return liveMappings(this.#live, this.#roster.names);
  }

  /**
   * The last mappings that died, oldest first; 16384 are remembered.
   * @param from deaths to pass over: `deaths` of an earlier look gives those since then
   */
  deadMappings(from = 0): MappingRecord[] {
    checkInteger("from", from, 0, 0xffff_ffff);
    return deadMappings(this.#live, this.#roster.names, from);
  }

  /** Mappings that died since the machine was made. */
  get deaths(): number {
    return deathsOf(this.#live);
  }

  /** Number of a call-site label, for the `prefix` records of an op stream; given out on first use. */
  label(text: string): number {
    if (typeof text !== "string") throw new TypeError(`text must be a string, got ${describe(text)}`);
    return this.#live.label(text);
  }

  /**
   * Handles of the coherent allocations alive, in order of birth: those of `device`, or all. The objects that
   * `dma.alloc` returned; in a restored machine, and for what the op stream allocated, new ones. User
   * mappings are made again with `dma.mmap`.
   */
  allocations(device?: Device): DmaAllocation[] {
    if (device !== undefined) this.#mine("device", device);
    return allocationsOf(this.#live, device?.index);
  }

  /** Throws unless `device` is a device of this machine. */
  #mine(name: string, device: Device): void {
    if (!(device instanceof Device)) throw new TypeError(`${name} must be a Device, got ${describe(device)}`);
    device.belongsTo(this.#live);
  }

  /** Faults, stale uses, missed syncs and wrong unmaps so far, each with the mapping it concerns. */
  findings(): Finding[] {
    const live = this.liveMappings();
    const dead = this.deadMappings();
    const out = [
      ...aliasFindings(this.#live, live, dead),
      ...hazardFindings(this.#live, this.#roster.names, live, dead),
      ...quirkFindings(this.#live.core),
      ...leakFindings(this.#live, live, this.#roster.names),
    ];
    for (const device of this.#roster.devices) {
      for (const port of device.sysmmus)
        out.push(...sysmmuFindings(device.name, this.sysmmu(port), live, dead));
    }
    return out.sort((a, b) => a.seq - b.seq);
  }

  /**
   * Why an access of `device` at `iova` goes where it goes: the walk, step by step, and who holds or
   * held the address. No effect on the machine.
   */
  explain(device: Device, iova: number): Explanation {
    this.#mine("device", device);
    checkU32("iova", iova);
    const port = device.sysmmus[0];
    const mmu = port === undefined ? null : this.sysmmu(port);
    return explainAddress(device.name, iova, mmu, this.liveMappings(), this.deadMappings());
  }

  /** The whole machine as bytes: memory, caches, TLBs, history. {@link Machine.restore} continues from here. */
  snapshot(): Uint8Array {
    const { core } = this.#live;
    const description: Description = {
      soc: this.soc,
      profile: this.profile,
      devices: this.#roster.devices.map((d) => ({ name: d.name, ports: d.sysmmus })),
      sysmmus: [...this.#roster.sysmmus.values()].map(({ name, unknownRegisters }) => ({
        name,
        unknownRegisters,
      })),
      powerPolicy: this.#board.power.policy,
      mappings: this.iommu.mappings.map((m) => m.saved),
      labels: this.#live.labels,
      pages: [...this.#live.pages],
      noncoherent: [...this.#live.noncoherent].map(([buffer, device]) => ({ ...buffer, device })),
      held: this.#live.held.saved(),
      board: this.#board.address,
    };
    return packSnapshot(core, description);
  }

  /**
   * A machine from the bytes of {@link snapshot}.
   * @throws SnapshotError naming what does not fit (magic, versions, truncation)
   */
  static restore(bytes: Uint8Array, options: { core?: CoreSource; observer?: DmaDebugHook } = {}): Machine {
    checkObject("options", options, ["core", "observer"]);
    checkObserver("options.observer", options.observer);
    const { core, description: d } = restoreCore(bytes, options.core);
    const machine = new Machine(core, d.soc, d.profile, options.observer ?? null);
    for (const label of d.labels) machine.#live.label(label);
    for (const [pa, bytes] of d.pages) machine.#live.pages.set(pa, bytes);
    for (const { device, ...buffer } of d.noncoherent) {
      machine.#live.noncoherent.set(Object.freeze(buffer), device);
    }
    machine.#roster.revive(d);
    machine.#board = new Board(
      machine.#live,
      d.soc,
      machine.#roster.sysmmus,
      machine.#roster.devices,
      d.board,
    );
    machine.#board.power.policy = d.powerPolicy;
    for (const m of d.mappings) {
      machine.#mappings.push(
        IommuMapping.revive(
          machine.#live,
          m,
          m.devices.map((i) => machine.#roster.devices[i]!),
        ),
      );
    }
    return machine;
  }

  /**
   * Drops the core and its memory. Every later call to the machine or its parts throws TypeError; plain fields
   * (names, sizes, `soc`, what was read before) stay. Idempotent.
   */
  dispose(): void {
    this.#live.end();
  }

  /** `using machine = ...`: as {@link dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
