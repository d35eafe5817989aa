// What surrounds the System MMUs on the chip: interrupt lines, power, clocks. Its state is a block of the
// core's memory, so that snapshots hold it:
//
//   combiner (enabled, raw) | lines of blocks | power domains off | clocks off
//
// Not modelled: buses; every master reaches all of DRAM.

import type { SocDescription } from "../soc/types.js";
import type { SysMmu } from "../sysmmu/sysmmu.js";
import type { Device } from "./device.js";
import { Interrupts, interruptWords } from "./interrupts.js";
import type { Live } from "./live.js";
import { Power, powerWords } from "./power.js";

/** @internal Interrupts and power of one machine. */
export class Board {
  readonly interrupts: Interrupts;
  readonly power: Power;
  /** Address of the state in the core's memory. */
  readonly address: number;

  /**
   * @param address of the state of a restored machine; default: a new block
   * @throws RangeError when there is no memory for it
   */
  constructor(
    live: Live,
    soc: SocDescription,
    sysmmus: ReadonlyMap<string, SysMmu>,
    devices: readonly Device[],
    address?: number,
  ) {
    const lines = interruptWords(soc);
    const bytes = Math.max(1, lines + powerWords(soc)) * 4;
    this.address = address ?? live.core.exports.arenaAllocForHost(bytes) >>> 0;
    if (this.address === 0) throw new RangeError("soc: no memory for its interrupts and power domains");
    const at = (first: number) => () => live.core.u32.subarray((this.address >>> 2) + first);
    const sysmmu = (name: string) => sysmmus.get(name);
    this.power = new Power(soc, () => live.core, at(lines), sysmmu, devices);
    this.interrupts = new Interrupts(soc, at(0), sysmmu);
    for (const device of devices) device.gate = (port) => this.power.masterReason(device.name, port);
  }
}
