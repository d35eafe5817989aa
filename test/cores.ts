// The two builds every Wasm suite runs on, and raw instances of them.
import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";

export type Build = "debug" | "release";
/** Names of the builds, for `describe.each`. */
export const builds: readonly Build[] = ["debug", "release"];

const folder = process.env["SYSMMU_CORE_DIR"] ?? "build";
const modules = new Map<Build, WebAssembly.Module>();

/** The compiled module of a build; tests of one floor may point SYSMMU_CORE_DIR at their own. */
export function moduleOf(build: Build): WebAssembly.Module {
  let module = modules.get(build);
  if (module === undefined) {
    module = new WebAssembly.Module(readFileSync(`${folder}/${build}.wasm`));
    modules.set(build, module);
  }
  return module;
}

/** Raw exports of a fresh instance with `dramBytes` of DRAM at `dramBase`, initialised by `machineInit`. */
export function rawCore<T>(
  build: Build,
  dramBytes = 16 << 20,
  dramBase = 0x4000_0000,
): T & { memory: WebAssembly.Memory } {
  const { instance } = instantiateSync(moduleOf(build), {});
  const exports = instance.exports as unknown as T & {
    memory: WebAssembly.Memory;
    machineInit(dramBase: number, dramBytes: number, profile: number): number;
  };
  const error = exports.machineInit(dramBase, dramBytes, 4);
  if (error !== 0) throw new Error(`machineInit failed: ${error}`);
  return exports;
}
