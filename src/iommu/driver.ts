// The kernel's System MMU driver of a machine's profile, at the moments that no dma-mapping call
// leads to: probe, runtime suspend and resume, the fault interrupt. Attach, detach, map and unmap
// come from the calls above (mapping.ts, dma).
//
//   v3.6    suspend and resume do nothing; v4.4, v6.1: off and programmed anew where in use
//
// Everything it does to registers goes through the MMIO device and shows in `log`.
//
// Not modelled: probe failures; several CPUs in the driver at once.

import { describe } from "../check.js";
import type { Live } from "../machine/live.js";
import { RegisterLog } from "./register-log.js";

/** What the driver made of an interrupt. */
export type InterruptOutcome = "handled" | "bug";

/** The driver of all System MMUs of a machine. */
export class SysmmuDriver {
  readonly #live: Live;
  readonly #names: () => readonly string[];
  readonly #changed: (name: string) => void;
  /** Register accesses, of the driver and of everybody else. */
  readonly log: RegisterLog;

  /** @internal `names` by instance; `changed` is told when an interrupt line may have changed */
  constructor(live: Live, names: () => readonly string[], changed: (name: string) => void) {
    this.#live = live;
    this.#names = names;
    this.#changed = changed;
    this.log = new RegisterLog(live, names);
  }

  #instance(name: string): number {
    const names = this.#names();
    const instance = names.indexOf(name);
    if (instance >= 0) return instance;
    throw new RangeError(`name must be one of ${names.join(", ")}, got ${describe(name)}`);
  }

  /**
   * Probe, as it happened once already when the machine was made: v6.1 reads VERSION.
   * @throws RangeError for an unknown System MMU
   */
  probe(name: string): void {
    this.#live.core.exports.driverProbe(this.#instance(name));
    this.#changed(name);
  }

  /** Runtime suspend of one System MMU: from now on the driver passes it over. */
  suspend(name: string): void {
    this.#live.core.exports.driverSuspend(this.#instance(name));
    this.#changed(name);
  }

  /** Runtime resume of one System MMU: programmed anew when its master is attached. */
  resume(name: string): void {
    this.#live.core.exports.driverResume(this.#instance(name));
    this.#changed(name);
  }

  /**
   * The fault interrupt of one System MMU. "bug": the kernel stops here, as it does where no fault
   * handler answers (`mapping.setFaultHandler`).
   */
  interrupt(name: string): InterruptOutcome {
    const { core } = this.#live;
    const result = core.exports.driverIrq(this.#instance(name));
    core.exports.driverBug();
    this.#changed(name);
    return result === 1 ? "handled" : "bug";
  }
}
