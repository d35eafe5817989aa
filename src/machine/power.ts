// Power domains and clocks: what of a machine answers at all.
//
//   domain off    registers and translation caches of its System MMUs are lost; nothing in it answers
//   clock off     (its own or its master's) nothing answers; nothing is lost
//
// `off(domain)` goes as the kernel does: the driver suspends the System MMUs first, and `on` resumes them
// (v4.4 and v6.1 program them anew; older drivers hold the domain while attached, so under their profiles
// the state is gone). `off(domain, { abrupt: true })` cuts the power behind the driver's back: after the next
// `on` the System MMU is off while the driver takes it for running, and its master goes past it untranslated.
//
// A register access that nobody answers hangs the real bus. Here it throws BusError (`policy` "bus-error") or
// reads 0 and is dropped ("ignore"). A master without power or clock moves no byte: "bus-error".
// In the core the same: op-stream records and the driver's own accesses are lost and counted
// (`darkAccesses`, `busErrors`); the driver turns its clocks on around them, so only power stops it.
//
// Source: spec sysmmu-hardware 1.5, 5.1, 5.3, 6.3. In the tables a child (TV of LCD0) needs its parent on.
//
// Not modelled: the PMU's and the clock controller's registers; the counters of a System MMU survive.

import { checkChoice, checkFlag, checkObject, describe } from "../check.js";
import type { Core } from "../core/core.js";
import type { SocDescription, SysmmuDescription } from "../soc/types.js";
import type { SysMmu } from "../sysmmu/sysmmu.js";
import type { Device } from "./device.js";

/** What an access without power or clock does: throw BusError, or read 0 and be dropped. */
export type PowerPolicy = "bus-error" | "ignore";

/** @internal Words of state of an SoC: a bit per domain, then a bit per clock; set when off. */
export function powerWords(soc: SocDescription): number {
  return Math.ceil(soc.powerDomains.length / 32) + Math.ceil(clockNames(soc).length / 32);
}

function clockNames(soc: SocDescription): string[] {
  const names = new Set<string>();
  for (const { clock, masterClock } of soc.sysmmus) {
    if (clock !== null) names.add(clock.name);
    if (masterClock !== null) names.add(masterClock.name);
  }
  return [...names];
}

/** Power and clocks of a machine. */
export class Power {
  readonly #soc: SocDescription;
  readonly #core: () => Core;
  readonly #words: () => Uint32Array;
  readonly #sysmmu: (name: string) => SysMmu | undefined;
  readonly #devices: readonly Device[];
  readonly #clockBase: number;
  readonly #length: number;
  #policy: PowerPolicy = "bus-error";
  /** Names of the power domains of the SoC. */
  readonly domains: readonly string[];
  /** Names of the clocks that its System MMUs need. */
  readonly clocks: readonly string[];

  /** @internal @param words the state, {@link powerWords} words, anew on every use */
  constructor(
    soc: SocDescription,
    core: () => Core,
    words: () => Uint32Array,
    sysmmu: (name: string) => SysMmu | undefined,
    devices: readonly Device[],
  ) {
    this.#soc = soc;
    this.#core = core;
    this.#words = words;
    this.#sysmmu = sysmmu;
    this.#devices = devices;
    this.#clockBase = Math.ceil(soc.powerDomains.length / 32) * 32;
    this.#length = powerWords(soc);
    this.domains = soc.powerDomains.map((d) => d.name);
    this.clocks = clockNames(soc);
    for (const row of soc.sysmmus) {
      const mmu = sysmmu(row.name);
      if (mmu !== undefined) mmu.gate = () => this.#reason(row);
    }
  }

  /** What register accesses without power or clock do. */
  get policy(): PowerPolicy {
    return this.#policy;
  }

  set policy(policy: PowerPolicy) {
    this.#policy = checkChoice("policy", policy, ["bus-error", "ignore"]);
    for (const { name } of this.#soc.sysmmus) {
      const mmu = this.#sysmmu(name);
      if (mmu !== undefined) mmu.unanswered = policy;
    }
  }

  /** True while a domain and the domains above it have power. */
  isOn(domain: string): boolean {
    return this.#above(domain).every((name) => !this.#bit(this.#domain(name)));
  }

  /**
   * Takes the power from a domain and the domains below it.
   * @param options abrupt: without telling the driver first
   * @throws RangeError naming the domains there are
   */
  off(domain: string, options: { abrupt?: boolean } = {}): void {
    checkObject("options", options, ["abrupt"]);
    checkFlag("options.abrupt", options.abrupt ?? false);
    const going = this.#below(domain).filter((name) => !this.#bit(this.#domain(name)));
    const { exports } = this.#core();
    for (const mmu of this.#inside(going)) {
      if (options.abrupt !== true) exports.driverSuspend(mmu.index);
      exports.sysmmuReset(mmu.index);
      mmu.updateInterrupt();
    }
    for (const name of going) this.#set(this.#domain(name), true);
  }

  /**
   * Gives power to a domain, and to those above it first. Domains below stay as they are.
   * @param options abrupt: without telling the driver; for a domain that went off so
   * @throws RangeError naming the domains there are
   */
  on(domain: string, options: { abrupt?: boolean } = {}): void {
    checkObject("options", options, ["abrupt"]);
    checkFlag("options.abrupt", options.abrupt ?? false);
    const coming = this.#above(domain).filter((name) => this.#bit(this.#domain(name)));
    for (const name of coming) this.#set(this.#domain(name), false);
    if (options.abrupt === true) return;
    for (const mmu of this.#inside(coming)) {
      this.#core().exports.driverResume(mmu.index);
      mmu.updateInterrupt();
    }
  }

  /** True while a clock runs. */
  clockIsOn(clock: string): boolean {
    return !this.#bit(this.#clock(clock));
  }

  /**
   * Stops a clock. State is kept.
   * @throws RangeError naming the clocks there are
   */
  clockOff(clock: string): void {
    this.#set(this.#clock(clock), true);
  }

  /** Lets a clock run. */
  clockOn(clock: string): void {
    this.#set(this.#clock(clock), false);
  }

  /** @internal Why a master moves nothing through a port, or null when it does. */
  masterReason(device: string, port: number): string | null {
    if (this.#everythingOn()) return null;
    const row = this.#soc.devices.find((d) => d.name === device);
    if (row === undefined) return null;
    const own = this.#domainReason(row.powerDomain);
    if (own !== null) return own;
    const mmu = this.#soc.sysmmus.find((s) => s.name === row.ports[port]);
    return mmu === undefined ? null : this.#reason(mmu);
  }

  #everythingOn(): boolean {
    const words = this.#words();
    for (let i = 0; i < this.#length; i++) if (words[i] !== 0) return false;
    return true;
  }

  #reason(row: SysmmuDescription): string | null {
    if (this.#everythingOn()) return null;
    return this.#domainReason(row.powerDomain) ?? this.#clockReason(row);
  }

  #domainReason(domain: string | null): string | null {
    if (domain === null || !this.domains.includes(domain) || this.isOn(domain)) return null;
    return `power domain ${domain} is off`;
  }

  #clockReason(row: SysmmuDescription): string | null {
    for (const gate of [row.clock, row.masterClock]) {
      if (gate !== null && !this.clockIsOn(gate.name)) return `clock ${gate.name} is off`;
    }
    return null;
  }

  *#inside(domains: readonly string[]): Generator<SysMmu> {
    for (const { name, powerDomain } of this.#soc.sysmmus) {
      const mmu = this.#sysmmu(name);
      if (mmu !== undefined && powerDomain !== null && domains.includes(powerDomain)) yield mmu;
    }
  }

  /** A domain and those above it, the topmost first. */
  #above(domain: string): string[] {
    const chain: string[] = [];
    // `includes` ends a circle, which a device tree may have.
    for (let name: string | null = domain; name !== null && !chain.includes(name); ) {
      chain.push(name);
      name = this.#soc.powerDomains[this.#domain(name)]!.parent;
    }
    return chain.reverse();
  }

  /** A domain and all below it, those at the bottom first. */
  #below(domain: string): string[] {
    this.#domain(domain);
    const found = [domain];
    for (let i = 0; i < found.length; i++) {
      for (const { name, parent } of this.#soc.powerDomains) {
        if (parent === found[i] && !found.includes(name)) found.push(name);
      }
    }
    return found.reverse();
  }

  #domain(name: string): number {
    const n = this.domains.indexOf(name);
    if (n >= 0) return n;
    throw new RangeError(`domain must be one of ${this.domains.join(", ")}, got ${describe(name)}`);
  }

  #clock(name: string): number {
    const n = this.clocks.indexOf(name);
    if (n >= 0) return this.#clockBase + n;
    throw new RangeError(`clock must be one of ${this.clocks.join(", ")}, got ${describe(name)}`);
  }

  #bit(n: number): boolean {
    return (this.#words()[n >>> 5]! & (1 << (n & 31))) !== 0;
  }

  #set(n: number, off: boolean): void {
    const words = this.#words();
    words[n >>> 5] = off ? words[n >>> 5]! | (1 << (n & 31)) : words[n >>> 5]! & ~(1 << (n & 31));
    this.#tellCore();
  }

  /** The core's own accesses look at words of its records: DARK_* of a System MMU, ports of a master. */
  #tellCore(): void {
    const { exports, constants } = this.#core();
    for (const row of this.#soc.sysmmus) {
      const mmu = this.#sysmmu(row.name);
      if (mmu === undefined) continue;
      const power = this.#domainReason(row.powerDomain) !== null ? constants["DARK_POWER"]! : 0;
      const clock = this.#clockReason(row) !== null ? constants["DARK_CLOCK"]! : 0;
      exports.sysmmuSetDark(mmu.index, power | clock);
    }
    for (const device of this.#devices) {
      let ports = 0;
      for (let port = 0; port < 8; port++) {
        if (this.masterReason(device.name, port) !== null) ports |= 1 << port;
      }
      exports.deviceSetDark(device.index, ports);
    }
  }
}
