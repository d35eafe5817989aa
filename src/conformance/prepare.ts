// Cores for conformance runs: a fresh machine with the switches of one kernel.
//
// Not modelled: nothing.

import { type Core, coreConstant } from "../core/core.js";
import { loadCore } from "../core/load.js";
import { PROFILES, type Profile, setProfile as writeProfile } from "../dma/profiles.js";

/** A core with `dramBytes` of guest memory at `dramBase`; its switches are all 0. */
export function newCore(dramBase: number, dramBytes: number): Core {
  const core = loadCore();
  const error = core.exports.machineInit(dramBase, dramBytes, 0);
  if (error !== 0) throw new Error(`the engine gave no memory for a machine: errno ${error}`);
  return core;
}

/** Writes the switches of kernel `version`. Throws RangeError when there is no such profile. */
export function setProfile(core: Core, version: string): void {
  if (!(PROFILES as readonly string[]).includes(version)) {
    throw new RangeError(`version must be a profile, got ${version}`);
  }
  writeProfile(core, version as Profile);
}

/** Sets one switch by its name in assembly/abi.ts. */
export function setSwitch(core: Core, name: string, value: number): void {
  core.u32[(coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, name)] = value;
}
