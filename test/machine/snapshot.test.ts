// Snapshots: what a restored machine has, and that damaged ones are refused.

import { describe, expect, test } from "vitest";
import { loadCore } from "../../src/core/load.js";
import { exynos4210, Machine, SnapshotError } from "../../src/index.js";
import { packSnapshot, unpackSnapshot } from "../../src/machine/snapshot.js";
import { builds, moduleOf } from "../cores.js";

function sample(core?: WebAssembly.Module): Machine {
  const machine = Machine.create({
    soc: exynos4210,
    dram: { base: 0x4000_0000, bytes: 1 << 20 },
    caches: { l1Bytes: 0, l2Bytes: 0 },
    ...(core === undefined ? {} : { core }),
  });
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 }).attach(device);
  const pa = machine.memory.alloc(8192)!;
  machine.memory.poke(
    pa,
    Uint8Array.from({ length: 8192 }, (_, i) => i * 7),
  );
  device.dma.mapSingle(pa, 8192, 1, 0, "buffer");
  return machine;
}

describe.each(builds)("snapshots with the %s core", (build) => {
  const core = moduleOf(build);

  test("every byte that is turned over is told", () => {
    const bytes = sample(core).snapshot();
    const flipped = (at: number, bit: number) => {
      bytes[at]! ^= 1 << bit;
      expect(() => Machine.restore(bytes, { core }), `byte ${at} bit ${bit}`).toThrow(SnapshotError);
      bytes[at]! ^= 1 << bit;
    };
    for (let at = 0; at < 32; at++) for (let bit = 0; bit < 8; bit++) flipped(at, bit);
    // Primes as steps meet every kind of field.
    for (let at = 32; at < 40_000; at += 197) flipped(at, at % 8);
    for (let at = 40_000; at < bytes.length; at += 40_013) flipped(at, at % 8);
    expect(Machine.restore(bytes, { core }).liveMappings()).toHaveLength(1);
  });

  test("a block's sum changes with each of its bits", () => {
    const { exports, u8 } = loadCore(core);
    const at = u8.length - 65536;
    for (let i = 0; i < 65536; i++) u8[at + i] = i * 31;
    const whole = exports.blockSum(at, 65536);
    for (let bit = 0; bit < 65536 * 8; bit += 509) {
      u8[at + (bit >> 3)]! ^= 1 << (bit & 7);
      expect(exports.blockSum(at, 65536)).not.toBe(whole);
      u8[at + (bit >> 3)]! ^= 1 << (bit & 7);
    }
    // Top bits of two words: a plain product would lose them.
    u8[at + 3]! ^= 0x80;
    u8[at + 67]! ^= 0x80;
    expect(exports.blockSum(at, 65536)).not.toBe(whole);
  });
});

test("snapshots cut short or made longer are refused", () => {
  const bytes = sample().snapshot();
  for (const length of [0, 8, 31, 32, 100, bytes.length - 65536, bytes.length - 1]) {
    expect(() => Machine.restore(bytes.subarray(0, length))).toThrow(SnapshotError);
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  expect(() => Machine.restore(longer)).toThrow(SnapshotError);
  // Not at a word boundary of its buffer.
  longer.set(bytes, 1);
  expect(Machine.restore(longer.subarray(1)).liveMappings()).toHaveLength(1);
});

type Field = [path: string, value: unknown, said: RegExp];

test.each<Field>([
  ["profile", "v9", /profile must be one of/],
  ["soc", 5, /soc must be an SoC description/],
  ["soc.sysmmus.0.base", "x", /soc\.sysmmus\[0\]\.base must be a number/],
  ["soc.devices.0.ports", ["gone"], /soc\.devices\[0\]\.ports\[0\]: there is no SysMMU "gone"/],
  ["powerPolicy", undefined, /powerPolicy must be one of/],
  ["sysmmus", {}, /sysmmus must be an array/],
  ["sysmmus.0.unknownRegisters", "shout", /sysmmus\[0\]\.unknownRegisters must be one of/],
  ["devices.0", null, /devices\[0\] must be there/],
  ["devices.0.name", 7, /devices\[0\]\.name must be a string/],
  ["mappings.0.space", 2 ** 40, /mappings\[0\]\.space must be in/],
  ["mappings.0.devices", [999], /mappings\[0\]\.devices\[0\] must be in/],
  ["labels", [1], /labels\[0\] must be a string/],
  ["board", -1, /board must be in/],
  ["pages", [[1, 2]], /pages\[0\]\[1\] must be in/],
])("a description with a wrong %s is refused by name", (path, value, said) => {
  const bytes = sample().snapshot();
  const { description, fill } = unpackSnapshot(bytes);
  const core = loadCore();
  fill(core);
  const keys = path.split(".");
  let at = description as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1)!] = value;
  const restore = () => Machine.restore(packSnapshot(core, description));
  expect(restore).toThrow(SnapshotError);
  expect(restore).toThrow(said);
});

test("policies and pages survive", () => {
  const machine = sample();
  machine.power.policy = "ignore";
  machine.sysmmu("fimc1").unknownRegisters = "throw";
  const pa = machine.memory.alloc(5000)!;
  const again = Machine.restore(machine.snapshot());
  expect(again.power.policy).toBe("ignore");
  expect(again.sysmmu("fimc1").unknownRegisters).toBe("throw");
  expect(again.sysmmu("fimc0").unknownRegisters).toBe("ignore");
  again.memory.free(pa, 5000);
  expect(() => again.memory.free(pa, 5000)).toThrow(/pa: no allocation of memory\.alloc begins at/);
});
