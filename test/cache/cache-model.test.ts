// The caches by themselves, as scripts use them.
import { instantiateSync } from "@assemblyscript/loader";
import { describe, expect, it } from "vitest";
import { CacheModel, type CacheModelOptions } from "../../src/cache/cache-model.js";
import { CoreInstance } from "../../src/core/core.js";
import type { CoreExports } from "../../src/core/exports.js";
import { builds, moduleOf } from "../cores.js";

const BASE = 0x4000_0000;

describe.each(builds)("CacheModel (%s)", (build) => {
  function create(options?: CacheModelOptions): CacheModel {
    const { instance } = instantiateSync(moduleOf(build), {});
    const exports = instance.exports as unknown as CoreExports;
    const constants: Record<string, number> = {};
    for (const [name, value] of Object.entries(exports)) {
      if (value instanceof WebAssembly.Global) constants[name] = value.value >>> 0;
    }
    return CacheModel.create(options, new CoreInstance(exports, constants));
  }

  it("shows where bytes are at every step of a transfer", () => {
    const model = create();
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i + 1);
    model.write(BASE + 10, bytes);
    expect(model.peek(BASE + 10, 100)).toEqual(bytes);
    expect(model.peekMemory(BASE + 10, 100)).toEqual(new Uint8Array(100));
    expect(model.lines(BASE, 4096)).toEqual({ valid: 4, dirty: 4 });
    model.maintain("inner", "clean", BASE, BASE + 128);
    expect(model.masterRead(BASE + 10, 100)).toEqual(new Uint8Array(100));
    expect(model.masterRead(BASE + 10, 100, true)).toEqual(bytes);
    model.maintain("outer", "clean", BASE, BASE + 128);
    expect(model.masterRead(BASE + 10, 100)).toEqual(bytes);
    expect(model.statistics().staleDeviceReads).toBe(4);
    expect(model.statistics().l1.streaming).toMatchObject({ cleaned: 4, writeBacks: 4 });
  });

  it("hands buffers over by direction", () => {
    const model = create();
    model.read(BASE, 64);
    model.syncForDevice(BASE, 64, 2);
    model.masterWrite(BASE, Uint8Array.of(5, 6));
    model.syncForCpu(BASE, 64, 2);
    expect([...model.read(BASE, 2)]).toEqual([5, 6]);
  });

  it("moves more than its exchange region at once", () => {
    const model = create({ memory: { base: BASE, bytes: 4 << 20 }, policy: "lru" });
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);
    model.write(BASE + 5, bytes);
    expect(Buffer.compare(model.read(BASE + 5, bytes.length), bytes)).toBe(0);
    const { l1 } = model.statistics();
    // A cut between lines changes no count: one access a line.
    expect(l1.hits + l1.misses).toBe(2 * Math.ceil((5 + bytes.length) / 32));
    model.flushAll();
    expect(Buffer.compare(model.peekMemory(BASE + 5, bytes.length), bytes)).toBe(0);
  });

  it("tells memory types apart", () => {
    const model = create();
    model.write(BASE, Uint8Array.of(1, 2, 3, 4), "bufferable");
    expect([...model.masterRead(BASE, 4)]).toEqual([0, 0, 0, 0]);
    model.barrier();
    expect([...model.masterRead(BASE, 4)]).toEqual([1, 2, 3, 4]);
    model.write(BASE, Uint8Array.of(9), "strongly-ordered");
    expect([...model.masterRead(BASE, 1)]).toEqual([9]);
    expect(model.statistics()).toMatchObject({ busWrites: 2, bufferedDeviceReads: 1 });
  });

  it("says which argument is wrong", () => {
    expect(() => create({ l1: { bytes: 3000, ways: 4 } })).toThrow(/options\.l1.*no power of two/);
    expect(() => create({ l2: { bytes: 32768, ways: 17 } })).toThrow(/options\.l2\.ways.*0x11/);
    expect(() => create({ policy: "fifo" as never })).toThrow(/options\.policy.*"fifo"/);
    expect(() => create({ memory: { base: 100, bytes: 1 << 20 } })).toThrow(/options\.memory\.base/);
    const model = create();
    expect(() => model.read(-1, 4)).toThrow(/pa/);
    expect(() => model.masterRead(0, 4)).toThrow(/not in memory/);
    expect(() => model.write(BASE, [1] as never)).toThrow(TypeError);
    expect(() => model.maintain("inner", "clean", 64, 32)).toThrow(/end/);
    expect(() => model.syncForDevice(BASE, 4, 3)).toThrow(/direction/);
  });

  it("counts accesses outside memory as bus errors", () => {
    const model = create();
    expect([...model.read(0x1000_0000, 4)]).toEqual([0, 0, 0, 0]);
    model.write(0x1000_0000, Uint8Array.of(1));
    expect(model.statistics().cpuBusErrors).toBe(2);
  });
});
