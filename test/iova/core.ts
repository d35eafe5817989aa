// Cores for the tests of the IO-address floor.
import { CoreInstance } from "../../src/core/core.js";
import type { IovaExports } from "../../src/core/exports/iova.js";
import type { CoreExports } from "../../src/core/exports.js";
import { type IovaProfile, writeIovaSwitches } from "../../src/iova/iova-space.js";
import { type Build, rawCore } from "../cores.js";

/** A core with its raw exports typed for this floor. */
export interface IovaCore {
  readonly core: CoreInstance;
  readonly iova: IovaExports & Pick<CoreExports, "arenaAllocForHost" | "lastError">;
}

/** A fresh core of a build, with the switches of `profile` when given. */
export function iovaCore(build: Build, profile?: IovaProfile): IovaCore {
  const exports = rawCore<CoreExports>(build, 1 << 20);
  const constants: Record<string, number> = {};
  for (const [name, value] of Object.entries(exports)) {
    if (value instanceof WebAssembly.Global && typeof value.value === "number")
      constants[name] = value.value >>> 0;
  }
  const core = new CoreInstance(exports, constants);
  if (profile !== undefined) writeIovaSwitches(core, profile);
  return { core, iova: exports as unknown as IovaCore["iova"] };
}
