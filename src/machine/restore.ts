// A core from the bytes of a snapshot, checked before anything is built on it.
//
// Not modelled: snapshots of another ABI version or format; they are refused.

import { describe } from "../check.js";
import { type Core, coreConstant } from "../core/core.js";
import { type CoreSource, loadCore } from "../core/load.js";
import type { Description } from "./description.js";
import { checkDescription } from "./description-check.js";
import { SnapshotError, unpackSnapshot } from "./snapshot.js";

/**
 * @internal The core that `bytes` describe, and what only the host knew of it.
 * @throws TypeError for other things than bytes; SnapshotError naming what does not fit
 */
export function restoreCore(
  bytes: Uint8Array,
  source: CoreSource | undefined,
): { core: Core; description: Description } {
  if (!(bytes instanceof Uint8Array))
    throw new TypeError(`bytes must be a Uint8Array, got ${describe(bytes)}`);
  const { description: saved, memoryBytes, fill } = unpackSnapshot(bytes);
  const description = checkDescription(saved, memoryBytes);
  const core = loadCore(source);
  fill(core);
  if (core.u32[0] !== coreConstant(core, "MAGIC")) {
    throw new SnapshotError("the memory of the snapshot holds no machine");
  }
  const version = core.u32[1]!;
  const own = coreConstant(core, "ABI_VERSION");
  if (version !== own) throw new SnapshotError(`snapshot of ABI version ${version}, this core has ${own}`);
  return { core, description };
}
