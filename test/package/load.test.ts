// Loading the core: from the package, from bytes, modules, responses and files; what is no core of
// this version is refused; views follow the memory when it grows.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { coreConstant } from "../../src/core/core.js";
import { CORE_ABI_VERSION, CORE_MAGIC, coreModule, loadCore, loadCoreAsync } from "../../src/core/load.js";
import { builds, moduleOf } from "../cores.js";

const file = "build/release.wasm";
const bytes = new Uint8Array(readFileSync(file));

function leb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...out, low];
    out.push(low | 0x80);
  }
}

function section(id: number, content: number[]): number[] {
  return [id, content.length, ...content];
}

function text(name: string): number[] {
  return [name.length, ...new TextEncoder().encode(name)];
}

/** A module with a page of memory that exports `globals` as constants. */
function moduleWith(globals: Readonly<Record<string, number>>): Uint8Array {
  const names = Object.keys(globals);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(5, [1, 0, 1]),
    ...section(6, [names.length, ...names.flatMap((name) => [0x7f, 0, 0x41, ...leb(globals[name]!), 0x0b])]),
    ...section(7, [
      names.length + 1,
      ...text("memory"),
      2,
      0,
      ...names.flatMap((name, i) => [...text(name), 3, i]),
    ]),
  ]);
}

describe("loadCore", () => {
  it("starts the embedded core", () => {
    const core = loadCore();
    expect(core.exports.machineInit(0x4000_0000, 1 << 20, 4)).toBe(0);
    expect(core.u32[0]).toBe(CORE_MAGIC);
    expect(core.u32[1]).toBe(CORE_ABI_VERSION);
  });

  it("gives each core a memory of its own", () => {
    const [a, b] = [loadCore(), loadCore()];
    a.exports.machineInit(0x4000_0000, 1 << 20, 4);
    expect(a.u32[0]).toBe(CORE_MAGIC);
    expect(b.u32[0]).toBe(0);
  });

  it("takes bytes, buffers and modules", () => {
    for (const source of [bytes, bytes.slice().buffer, coreModule(), moduleOf("debug")]) {
      expect(coreConstant(loadCore(source), "ABI_VERSION")).toBe(CORE_ABI_VERSION);
    }
  });

  it.each(builds)("reads constants unsigned (%s)", (build) => {
    const core = loadCore(moduleOf(build));
    expect(coreConstant(core, "NO_PA")).toBe(0xffff_ffff);
    expect(coreConstant(core, "DMA_MAPPING_ERROR")).toBe(0xffff_ffff);
    expect(() => coreConstant(core, "NO_SUCH")).toThrow("the core exports no constant NO_SUCH");
  });

  it("refuses what is no core, or of another version", () => {
    expect(() => loadCore(moduleWith({}))).toThrow(/is no sysmmu core: magic missing/);
    expect(() => loadCore(moduleWith({ MAGIC: 1, ABI_VERSION: 1 }))).toThrow(
      /magic 0x1, expected 0x554d4d53/,
    );
    expect(() => loadCore(moduleWith({ MAGIC: CORE_MAGIC, ABI_VERSION: 99 }))).toThrow(
      `the core has ABI version 99, this library needs ${CORE_ABI_VERSION}`,
    );
    expect(() => loadCore(Uint8Array.of(1, 2, 3))).toThrow(WebAssembly.CompileError);
    expect(() => loadCore("core.wasm" as never)).toThrow(
      /source must be bytes or a WebAssembly.Module, got "core.wasm"/,
    );
  });
});

describe("loadCoreAsync", () => {
  it("takes nothing, bytes, modules, responses and file URLs", async () => {
    const wasm = { headers: { "content-type": "application/wasm" } };
    const sources = [
      undefined,
      bytes,
      coreModule(),
      new Response(bytes, wasm),
      new Response(bytes), // a server that does not know the type
      Promise.resolve(new Response(bytes, wasm)),
      pathToFileURL(file),
    ];
    for (const source of sources) {
      expect(coreConstant(await loadCoreAsync(source), "MAGIC")).toBe(CORE_MAGIC);
    }
  });

  it("rejects with what went wrong", async () => {
    await expect(loadCoreAsync(new Response("", { status: 404 }))).rejects.toThrow(/gave HTTP status 404/);
    await expect(loadCoreAsync(pathToFileURL("missing.wasm"))).rejects.toThrow(/ENOENT/);
    await expect(loadCoreAsync(5 as never)).rejects.toThrow(/source must be bytes, .*, got 5/);
  });
});

describe("views", () => {
  it("are renewed when the memory grows", () => {
    const core = loadCore();
    const before = core.u8;
    core.u8[100] = 42;
    core.memory.grow(1);
    expect(before.length).toBe(0);
    expect(core.u8.length).toBe(core.memory.buffer.byteLength);
    expect(core.u8[100]).toBe(42);
    expect(core.u32.length * 4).toBe(core.u8.length);
    expect(core.i32.length * 4).toBe(core.u8.length);
    expect(core.u16.length * 2).toBe(core.u8.length);
  });

  it("read u64 counters as numbers and copy bytes out", () => {
    const core = loadCore();
    core.u32.set([0xffff_ffff, 0x001f_ffff], 16);
    expect(core.views.u64(64)).toBe(Number.MAX_SAFE_INTEGER);
    const copy = core.views.copy(64, 4);
    core.u8[64] = 0;
    expect([...copy]).toEqual([255, 255, 255, 255]);
  });
});
