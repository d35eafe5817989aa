// The core's exports as the host calls them: raw Wasm functions, numbers in, numbers out.
// Each floor describes its own in exports/<floor>.ts. Results are signed 32-bit: `>>> 0`
// where an address or a u32 is meant.

import type { MachineExports } from "./exports/machine.js";

/** Every function and the memory of a core instance; constants are in `Core.constants`. */
export interface CoreExports extends MachineExports {
  readonly memory: WebAssembly.Memory;
  // biome-ignore lint/suspicious/noExplicitAny: floors without an interface of their own yet
  readonly [name: string]: any;
}
