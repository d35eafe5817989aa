// Brings the core to life: decode, compile once, instantiate per machine, check the ABI.
// The module is embedded as text, so the default needs no file, no network and no await;
// whoever ships core.wasm as a file hands its bytes, module, response or URL over instead.
//
// Instantiation is @assemblyscript/loader's (it supplies `env.abort`, which names file and line
// of a failed assertion in debug cores); everything that runs calls the raw exports.
//
// Not modelled: nothing of the guest.

import { describe } from "../check.js";
import { type Core, type CoreConstants, CoreInstance } from "./core.js";
import type { CoreExports } from "./exports.js";
import { instantiate, instantiateSync } from "./vendor/loader.js";
import { WASM_BASE64 } from "./wasm-base64.js";

/** First word of a machine's memory, "SMMU"; must equal the core's MAGIC. */
export const CORE_MAGIC = 0x554d_4d53;
/** Version of the memory layout this host was written for; must equal the core's ABI_VERSION. */
export const CORE_ABI_VERSION = 1;

/** A core that is at hand: its bytes or its compiled module. */
export type CoreSource = Uint8Array | ArrayBuffer | WebAssembly.Module;
/** A core that must be fetched first. A URL may use any scheme `fetch` knows, and in Node `file:`. */
export type AsyncCoreSource = CoreSource | Response | Promise<Response> | URL;

let embedded: WebAssembly.Module | undefined;
let embeddedPromise: Promise<WebAssembly.Module> | undefined;

function embeddedBytes(): Uint8Array<ArrayBuffer> {
  const text = atob(WASM_BASE64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function compile(source: CoreSource | undefined): WebAssembly.Module {
  if (source instanceof WebAssembly.Module) return source;
  if (source === undefined) {
    if (embedded !== undefined) return embedded;
    try {
      embedded = new WebAssembly.Module(embeddedBytes());
    } catch (cause) {
      if (cause instanceof RangeError) {
        throw new RangeError(
          `this engine compiles no WebAssembly of this size synchronously; use the async form (Machine.createAsync): ${cause.message}`,
          { cause },
        );
      }
      throw cause;
    }
    return embedded;
  }
  if (isBytes(source)) return new WebAssembly.Module(source as BufferSource);
  throw new TypeError(`source must be bytes or a WebAssembly.Module, got ${describe(source)}`);
}

function isBytes(source: unknown): source is Uint8Array | ArrayBuffer {
  return source instanceof ArrayBuffer || source instanceof Uint8Array;
}

/** Reads a `file:` URL where Node runs us; undefined elsewhere. No import, so bundlers see nothing. */
function readFileUrl(url: URL): Uint8Array | undefined {
  const host = globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } };
  const fs = host.process?.getBuiltinModule?.("node:fs") as
    | { readFileSync(url: URL): Uint8Array }
    | undefined;
  return fs?.readFileSync(url);
}

async function compileResponse(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok)
    throw new Error(`source: ${response.url || "response"} gave HTTP status ${response.status}`);
  // compileStreaming insists on the MIME type application/wasm; servers often do not send it.
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/wasm") && typeof WebAssembly.compileStreaming === "function") {
    return WebAssembly.compileStreaming(response);
  }
  return WebAssembly.compile(await response.arrayBuffer());
}

async function compileAsync(source: AsyncCoreSource | undefined): Promise<WebAssembly.Module> {
  if (source === undefined) {
    if (embedded !== undefined) return embedded;
    embeddedPromise ??= WebAssembly.compile(embeddedBytes());
    embedded = await embeddedPromise;
    return embedded;
  }
  const ready = await source;
  if (ready instanceof WebAssembly.Module) return ready;
  if (isBytes(ready)) return WebAssembly.compile(ready as BufferSource);
  if (ready instanceof URL) {
    const bytes = ready.protocol === "file:" ? readFileUrl(ready) : undefined;
    if (bytes !== undefined) return WebAssembly.compile(bytes as BufferSource);
    return compileResponse(await fetch(ready));
  }
  if (typeof Response === "function" && ready instanceof Response) return compileResponse(ready);
  throw new TypeError(
    `source must be bytes, a WebAssembly.Module, a Response or a URL, got ${describe(ready)}`,
  );
}

const constantsOf = new WeakMap<WebAssembly.Module, CoreConstants>();

/** The numbers a core exports: read once per module, since reading a Global is slow. */
function readConstants(module: WebAssembly.Module, exports: WebAssembly.Exports): CoreConstants {
  let constants = constantsOf.get(module);
  if (constants === undefined) {
    const found: Record<string, number> = {};
    for (const [name, value] of Object.entries(exports)) {
      if (value instanceof WebAssembly.Global && typeof value.value === "number") {
        found[name] = value.value >>> 0;
      }
    }
    constants = Object.freeze(found);
    constantsOf.set(module, constants);
  }
  return constants;
}

function check(constants: CoreConstants): void {
  const magic = constants["MAGIC"];
  if (magic !== CORE_MAGIC) {
    throw new Error(
      `the WebAssembly module is no sysmmu core: magic ${magic === undefined ? "missing" : `0x${magic.toString(16)}`}, expected 0x${CORE_MAGIC.toString(16)}`,
    );
  }
  const version = constants["ABI_VERSION"];
  if (version !== CORE_ABI_VERSION) {
    throw new Error(
      `the core has ABI version ${version}, this library needs ${CORE_ABI_VERSION}: use the core.wasm of the same package version`,
    );
  }
}

function coreOf(module: WebAssembly.Module, instance: WebAssembly.Instance): Core {
  const constants = readConstants(module, instance.exports);
  check(constants);
  return new CoreInstance(instance.exports as unknown as CoreExports, constants);
}

/**
 * A fresh core instance with a memory of its own, at once. `source` replaces the embedded core.
 * Throws TypeError for a source of another kind, WebAssembly.CompileError for bytes that are no
 * module, Error for a module that is no core or has another ABI version.
 */
export function loadCore(source?: CoreSource): Core {
  const module = compile(source);
  return coreOf(module, instantiateSync(module, {}).instance);
}

/** As {@link loadCore}, without blocking; `source` may also be a Response (or its promise) or a URL. */
export async function loadCoreAsync(source?: AsyncCoreSource): Promise<Core> {
  const module = await compileAsync(source);
  return coreOf(module, (await instantiate(module, {})).instance);
}

/** The compiled module of the embedded core, for posting to workers. */
export function coreModule(): WebAssembly.Module {
  return compile(undefined);
}
