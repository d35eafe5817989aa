// One instance of the core: its functions, its constants, its memory.

import type { CoreExports } from "./exports.js";
import { Views } from "./views.js";

/**
 * A core instance. `exports` are the raw Wasm functions (no wrapper: a call costs about 2 ns);
 * `constants` are the numbers of assembly/layout.ts and assembly/abi.ts, read once.
 */
export interface Core {
  readonly exports: CoreExports;
  readonly constants: CoreConstants;
  readonly memory: WebAssembly.Memory;
  readonly views: Views;
  /** The memory as bytes; a fresh view after growth, never keep it across a call. */
  readonly u8: Uint8Array;
  /** The memory as 16-bit words. */
  readonly u16: Uint16Array;
  /** The memory as 32-bit words. */
  readonly u32: Uint32Array;
  /** The memory as signed 32-bit words. */
  readonly i32: Int32Array;
}

/** Numbers the core exports, by name, as unsigned values. */
export type CoreConstants = Readonly<Record<string, number>>;

/** A {@link Core} over an instance's exports. */
export class CoreInstance implements Core {
  readonly exports: CoreExports;
  readonly constants: CoreConstants;
  readonly memory: WebAssembly.Memory;
  readonly views: Views;

  constructor(exports: CoreExports, constants: CoreConstants) {
    this.exports = exports;
    this.constants = constants;
    this.memory = exports.memory;
    this.views = new Views(exports.memory);
  }

  get u8(): Uint8Array {
    return this.views.u8;
  }

  get u16(): Uint16Array {
    return this.views.u16;
  }

  get u32(): Uint32Array {
    return this.views.u32;
  }

  get i32(): Int32Array {
    return this.views.i32;
  }
}

/** A number the core exports, unsigned. Throws when this core has none of that name. */
export function coreConstant(core: Core, name: string): number {
  const value = core.constants[name];
  if (value === undefined) throw new Error(`the core exports no constant ${name}`);
  return value;
}
