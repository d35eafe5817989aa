// Cores for measuring: the embedded release core, or another build for work on one floor.

import { readFileSync } from "node:fs";
import type { Core } from "../src/core/core.js";
import { coreModule, loadCore } from "../src/core/load.js";

const folder = process.env["SYSMMU_CORE_DIR"];
let module: WebAssembly.Module | undefined;

/** A fresh core with a machine of `dramBytes` at 0x40000000, kernel profile v6.1. */
export function benchCore(dramBytes: number): Core {
  module ??=
    folder === undefined ? coreModule() : new WebAssembly.Module(readFileSync(`${folder}/release.wasm`));
  const core = loadCore(module);
  const error = core.exports.machineInit(DRAM_BASE, dramBytes, 4);
  if (error !== 0) throw new Error(`machineInit failed: ${error}`);
  return core;
}

/** Where the machine's DRAM begins. */
export const DRAM_BASE = 0x4000_0000;

/** A place of `bytes` in the core's memory for the bench's own data. */
export function place(core: Core, bytes: number): number {
  const at = core.exports.arenaAllocForHost(bytes) >>> 0;
  if (at === 0) throw new Error(`no room for ${bytes} bytes in the core's memory`);
  return at;
}

/** The whole state of a core, and the way back to it. */
export function snapshotOf(core: Core): () => void {
  const saved = core.u8.slice();
  return () => {
    const now = core.u8;
    now.set(saved);
    if (now.length > saved.length) now.fill(0, saved.length);
  };
}
