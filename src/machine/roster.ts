// Who is in a machine: its System MMUs and bus masters by name and number.
//
// Not modelled: masters that come without a name; a machine holds 128 devices and 64 System MMUs.

import { checkInteger, checkObject, describe } from "../check.js";
import type { DmaDebugHook } from "../dma/debug-hook.js";
import { checkVersion } from "../sysmmu/registers.js";
import { SysMmu } from "../sysmmu/sysmmu.js";
import type { Description } from "./description.js";
import { Device } from "./device.js";
import type { Live } from "./live.js";
import type { NewDevice, TlbOptions } from "./options.js";

const NONE = 0xffff_ffff;

/** A cache's size for the core: 0 what the generation has, NONE no such cache. */
function sizeOf(option: number | false | undefined): number {
  return option === false ? NONE : (option ?? 0);
}
/** Most devices and SysMMUs of a machine (assembly/layout.ts). */
const DEVICES = 128;
const SYSMMUS = 64;

/** @internal The devices and System MMUs of one machine. */
export class Roster {
  readonly #live: Live;
  readonly #observer: () => DmaDebugHook | null;
  readonly #byName = new Map<string, Device>();
  /** In the order of their index. */
  readonly devices: Device[] = [];
  /** In the order of their instance number. */
  readonly sysmmus = new Map<string, SysMmu>();

  constructor(live: Live, observer: () => DmaDebugHook | null) {
    this.#live = live;
    this.#observer = observer;
  }

  /** Names of the devices by index. */
  get names(): string[] {
    return this.devices.map((d) => d.name);
  }

  /** The device called `name`; RangeError naming those there are. */
  device(name: string): Device {
    const device = this.#byName.get(name);
    if (device !== undefined) return device;
    throw new RangeError(`name must be one of ${[...this.#byName.keys()].join(", ")}, got ${describe(name)}`);
  }

  /** The System MMU called `name`; RangeError naming those there are. */
  sysmmu(name: string): SysMmu {
    const mmu = this.sysmmus.get(name);
    if (mmu !== undefined) return mmu;
    throw new RangeError(`name must be one of ${[...this.sysmmus.keys()].join(", ")}, got ${describe(name)}`);
  }

  /** Tells the interrupt callbacks of the named System MMUs what changed. */
  interrupts(names: Iterable<string>): void {
    for (const name of names) this.sysmmus.get(name)?.updateInterrupt();
  }

  /** Puts a System MMU into the core. */
  addSysmmu(name: string, version: number, tlb: TlbOptions): void {
    const { exports } = this.#live.core;
    const index =
      exports.sysmmuCreate(
        version,
        tlb.l1Sets ?? 0,
        tlb.l1Ways ?? 0,
        sizeOf(tlb.l2Sets),
        tlb.l2Ways ?? 0,
        sizeOf(tlb.flpdLines),
        tlb.fetch ?? 0,
      ) >>> 0;
    if (index === NONE) {
      const why =
        this.sysmmus.size >= SYSMMUS ? `a machine has at most ${SYSMMUS}` : "no memory for its caches";
      throw new RangeError(`no room for SysMMU ${name}: ${why}`);
    }
    if ((tlb.prefetchBuffers ?? 0) !== 0 && exports.sysmmuSetBuffers(index, tlb.prefetchBuffers!) !== 0) {
      throw new RangeError(`no memory for the prefetch buffers of SysMMU ${name}`);
    }
    exports.driverProbe(index);
    this.sysmmus.set(name, new SysMmu(this.#live, index, name));
  }

  /** Puts a device into the core, behind the System MMUs named by `ports`. */
  addDevice(name: string, ports: readonly string[]): Device {
    const { exports } = this.#live.core;
    const index = exports.deviceCreate() >>> 0;
    if (index === NONE) throw new RangeError(`no room for device ${name}: a machine has at most ${DEVICES}`);
    const names = [...this.sysmmus.keys()];
    for (const port of ports) {
      const instance = names.indexOf(port);
      if (instance >= 0) exports.deviceAddSysmmu(index, instance);
    }
    return this.#introduce(name, index, ports);
  }

  #introduce(name: string, index: number, ports: readonly string[]): Device {
    const device = new Device(this.#live, name, index, ports, this.#observer, () => this.interrupts(ports));
    this.devices.push(device);
    this.#byName.set(name, device);
    return device;
  }

  /** A device of no table with System MMUs of its own: all of it or, with RangeError, nothing. */
  addOwn(name: string, options: NewDevice): Device {
    if (typeof name !== "string" || name === "")
      throw new TypeError(`name must be a string that is not empty, got ${describe(name)}`);
    checkObject("options", options, ["ports", "version"]);
    if (this.#byName.has(name)) throw new RangeError(`name: there is a device ${name} already`);
    const ports = checkInteger("options.ports", options.ports ?? 1, 0, 8);
    const version = checkVersion("options.version", options.version ?? 0x8000_0001);
    const names = ports === 1 ? [name] : Array.from({ length: ports }, (_, i) => `${name}_${i}`);
    for (const port of names) {
      if (this.sysmmus.has(port)) throw new RangeError(`name: there is a SysMMU ${port} already`);
    }
    if (this.devices.length >= DEVICES) {
      throw new RangeError(`no room for device ${name}: a machine has at most ${DEVICES}`);
    }
    if (this.sysmmus.size + ports > SYSMMUS) {
      throw new RangeError(
        `no room for ${ports} SysMMUs of ${name}: a machine has at most ${SYSMMUS}, this one has ${this.sysmmus.size}`,
      );
    }
    for (const port of names) this.addSysmmu(port, version, {});
    return this.addDevice(name, names);
  }

  /** Those of a snapshot, whose core has them already. */
  revive(d: Description): void {
    for (const [index, { name, unknownRegisters }] of d.sysmmus.entries()) {
      const mmu = new SysMmu(this.#live, index, name);
      mmu.unknownRegisters = unknownRegisters;
      this.sysmmus.set(name, mmu);
    }
    for (const [index, { name, ports }] of d.devices.entries()) this.#introduce(name, index, ports);
    for (const { device, ...held } of d.held) this.devices[device]!.holdAgain(held);
  }
}
