// Wrong arguments and options: refused where they come in, by name, before anything has happened.

import { describe, expect, test } from "vitest";
import {
  CacheModel,
  DmaDebug,
  type DmaDebugHook,
  DmaDebugObserver,
  exynos4210,
  IovaSpace,
  Machine,
  type MachineOptions,
  PageTable,
} from "../../src/index.js";
import { replayFiles } from "../../src/replay/files-node.js";

const DRAM = { base: 0x4000_0000, bytes: 16 << 20 };
const make = (options: object = {}) =>
  Machine.create({ soc: exynos4210, dram: DRAM, ...options } as unknown as MachineOptions);
const machine = make();
const fimc0 = machine.device("fimc0");
const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 });
// biome-ignore lint/suspicious/noExplicitAny: wrong arguments are what is tried here
const any = (value: unknown): any => value;

type Case = [what: string, call: () => unknown, kind: typeof TypeError | typeof RangeError, said: RegExp];

const OPTIONS: Case[] = [
  [
    "createMapping(5)",
    () => machine.iommu.createMapping(any(5)),
    TypeError,
    /^options must be an object, got 5/,
  ],
  [
    "createMapping, misspelt",
    () => machine.iommu.createMapping(any({ siez: 4096 })),
    TypeError,
    /^options\.siez: there is no such option, there are base, size, order, allocator/,
  ],
  [
    "createMapping(null)",
    () => machine.iommu.createMapping(any(null)),
    TypeError,
    /^options must be an object, got null/,
  ],
  ["dram NaN", () => make({ dram: Number.NaN }), TypeError, /^options\.dram must be an object, got NaN/],
  [
    "dram.size",
    () => make({ dram: { size: 1 } }),
    TypeError,
    /^options\.dram\.size: .* there are base, bytes/,
  ],
  ["tlb -1", () => make({ tlb: -1 }), TypeError, /^options\.tlb must be an object/],
  ["caches.l3Bytes", () => make({ caches: { l3Bytes: 7 } }), TypeError, /^options\.caches\.l3Bytes/],
  ["switch misplaced", () => make({ SWITCH_IOVA_KIND: 1 }), TypeError, /^options\.SWITCH_IOVA_KIND/],
  ["create()", () => Machine.create(any(undefined)), TypeError, /^options must be an object/],
  [
    "memory.alloc(4096, -1)",
    () => machine.memory.alloc(4096, any(-1)),
    TypeError,
    /^options must be an object/,
  ],
  ["PageTable.create(5)", () => PageTable.create(any(5)), TypeError, /^options must be an object/],
  ["CacheModel.create", () => CacheModel.create(any("x")), TypeError, /^options must be an object, got "x"/],
  ["CacheModel l1", () => CacheModel.create(any({ l1: 5 })), TypeError, /^options\.l1 must be an object/],
  ["DmaDebug(5)", () => new DmaDebug(any(5)), TypeError, /^options must be an object/],
  [
    "DmaDebugObserver",
    () => new DmaDebugObserver(any({ on: 1 })),
    TypeError,
    /^options\.on: there is no such/,
  ],
  ["IovaSpace.create()", () => IovaSpace.create(any(undefined)), TypeError, /^options must be an object/],
  ["setOps", () => fimc0.setOps("bounce", any({ pool: 1 })), TypeError, /^options\.pool/],
  ["alloc", () => fimc0.dma.alloc(4096, 0, any({ atomc: true })), TypeError, /^options\.atomc/],
  [
    "alloc atomic 1",
    () => fimc0.dma.alloc(4096, 0, any({ atomic: 1 })),
    TypeError,
    /^options\.atomic must be true/,
  ],
  [
    "alloc null",
    () => fimc0.dma.alloc(4096, 0, any(null)),
    TypeError,
    /^options must be an object, got null/,
  ],
  ["addDevice null", () => machine.addDevice("x", any(null)), TypeError, /^options must be an object/],
  ["addDevice port", () => machine.addDevice("x", any({ port: 1 })), TypeError, /^options\.port:/],
  [
    "power.off",
    () => machine.power.off("CAM", any({ abrupt: 1 })),
    TypeError,
    /^options\.abrupt must be true/,
  ],
  [
    "run signal",
    () => machine.run(new Uint32Array(0), any({ signal: 5 })),
    TypeError,
    /^options\.signal must be an AbortSignal, got 5/,
  ],
  [
    "run null",
    () => machine.run(new Uint32Array(0), any(null)),
    TypeError,
    /^options must be an object, got null/,
  ],
  ["restore", () => Machine.restore(machine.snapshot(), any(5)), TypeError, /^options must be an object/],
  [
    "unknownRegisters",
    () => {
      machine.sysmmu("fimc0").unknownRegisters = any(5);
    },
    RangeError,
    /^unknownRegisters must be one of ignore, warn, throw, got 5/,
  ],
  [
    "setLine",
    () => machine.interrupts.setLine("fimc0", any(undefined)),
    TypeError,
    /^level must be true or false, got undefined/,
  ],
];

const ARGUMENTS: Case[] = [
  ["attach(5)", () => mapping.attach(any(5)), TypeError, /^device must be a Device, got 5/],
  ["attach()", () => mapping.attach(any(undefined)), TypeError, /^device must be a Device, got undefined/],
  ["detach by name", () => mapping.detach(any("fimc0")), TypeError, /^device must be a Device, got "fimc0"/],
  [
    "explain by name",
    () => machine.explain(any("fimc0"), 0),
    TypeError,
    /^device must be a Device, got "fimc0"/,
  ],
  [
    "translateBatch",
    () => machine.translateBatch(any("fimc0"), new Uint32Array(1), new Uint32Array(1)),
    TypeError,
    /^device must be a Device/,
  ],
  [
    "translateBatch port",
    () => machine.translateBatch(fimc0, new Uint32Array(1), new Uint32Array(1), "read", 1),
    RangeError,
    /^port must be in/,
  ],
  ["allocations", () => machine.allocations(any(3)), TypeError, /^device must be a Device, got 3/],
  [
    "label symbol",
    () => fimc0.dma.mapSingle(0x4000_0000, 1, 1, 0, any(Symbol("x"))),
    TypeError,
    /^label must be a string/,
  ],
  [
    "label object",
    () => fimc0.dma.mapPage(0x4000_0000, 0, 1, 1, 0, any({})),
    TypeError,
    /^label must be a string, got a Object/,
  ],
  [
    "label list",
    () => fimc0.dma.mapSg([{ pa: 0x4000_0000, offset: 0, length: 1 }], 1, 0, any(7)),
    TypeError,
    /^label must be a string, got 7/,
  ],
  [
    "label resource",
    () => fimc0.dma.mapResource(0x1000_0000, 1, 1, 0, any(null)),
    TypeError,
    /^label must be a string/,
  ],
  [
    "label alloc",
    () => fimc0.dma.alloc(1, 0, any({ label: 5 })),
    TypeError,
    /^options\.label must be a string/,
  ],
  [
    "soc row",
    () => make({ soc: { ...exynos4210, sysmmus: [{}] } }),
    TypeError,
    /^options\.soc\.sysmmus\[0\]\.name must be a string/,
  ],
  ["soc 5", () => make({ soc: 5 }), TypeError, /^options\.soc must be an SoC description, got 5/],
  [
    "l1Sets 3",
    () => make({ tlb: { l1Sets: 3 } }),
    RangeError,
    /^options\.tlb\.l1Sets must be a power of two up to 65536, got 3/,
  ],
  ["fetch 3", () => make({ tlb: { fetch: 3 } }), RangeError, /^options\.tlb\.fetch must be a power of two/],
  [
    "fetch 1000",
    () => make({ tlb: { fetch: 1000 } }),
    RangeError,
    /^options\.tlb\.fetch must be a power of two up to 256, got 1000/,
  ],
  [
    "flpdLines",
    () => make({ tlb: { flpdLines: 1_000_000 } }),
    RangeError,
    /^options\.tlb\.flpdLines must be a number up to 4096/,
  ],
  ...(["l1Sets", "l1Ways", "l2Sets", "l2Ways", "flpdLines", "fetch"] as const).map(
    (name): Case => [
      `${name}, all ones`,
      () => make({ tlb: { [name]: 0xffff_ffff } }),
      RangeError,
      new RegExp(`^options\\.tlb\\.${name} must be .*got 4294967295`),
    ],
  ),
  ...(["l1Sets", "l1Ways", "l2Ways", "fetch", "prefetchBuffers"] as const).map(
    (name): Case => [
      `${name}, left out`,
      () => make({ tlb: { [name]: false } }),
      TypeError,
      new RegExp(`^options\\.tlb\\.${name} must be .*got false`),
    ],
  ),
  [
    "ways of no second level",
    () => make({ tlb: { l2Sets: false, l2Ways: 4 } }),
    RangeError,
    /^options\.tlb\.l2Ways: there is no second level \(l2Sets is false\), got 4/,
  ],
  [
    "entries",
    () => make({ tlb: { l2Sets: 65536, l2Ways: 8 } }),
    RangeError,
    /^options\.tlb\.l2Sets \* l2Ways must be at most 262144/,
  ],
  ...[0, 0x4000_0000, 0x7000_0000, 0xe000_0000, 0xffff_ffff].map(
    (version): Case => [
      `version ${version.toString(16)}`,
      () => make({ sysmmuVersion: version }),
      RangeError,
      /^options\.sysmmuVersion must be of a modelled generation: 1\.x .* 5\.x/,
    ],
  ),
  [
    "version of a device",
    () => machine.addDevice("x", { version: 0x9000_0000 }),
    RangeError,
    /^options\.version must be of a modelled/,
  ],
  [
    "version of a table",
    () => PageTable.create({ version: 0 }),
    RangeError,
    /^options\.version must be of a modelled/,
  ],
  ["observe(5)", () => machine.observe(any(5)), TypeError, /^observer must be an observer or null, got 5/],
  [
    "observe({})",
    () => machine.observe(any({})),
    TypeError,
    /^observer\.mapPage must be a function, got undefined/,
  ],
  ["observer 5", () => make({ observer: 5 }), TypeError, /^options\.observer must be an observer/],
];

test.each([...OPTIONS, ...ARGUMENTS])("%s", (_, call, kind, said) => {
  const { live } = fimc0.counters;
  expect(call).toThrow(kind);
  expect(call).toThrow(said);
  expect(fimc0.counters.live).toBe(live);
  expect(machine.devices.some((d) => d.name === "x")).toBe(false);
});

test.each([
  [() => replayFiles(any("path")), /^paths must be an array of paths, got "path"/],
  [() => replayFiles([any(5)]), /^paths\[0\] must be a string/],
  [() => replayFiles([], any({ strategys: [] })), /^options\.strategys: there is no such option/],
  [() => replayFiles([], { strategies: [] }), /^options\.strategies must be an array of at least one/],
  [() => replayFiles([], any({ signal: 5 })), /^options\.signal must be an AbortSignal/],
  [() => Machine.createAsync(any(null)), /^options must be an object, got null/],
])("asynchronous calls refuse too (%#)", async (call, said) => {
  await expect(call()).rejects.toThrow(said);
});

describe("all or nothing", () => {
  test("a list that cannot take its results is not mapped", () => {
    const frozen = Object.freeze({ pa: 0x4000_0000, offset: 0, length: 4096 });
    const fixed = Object.defineProperty({ pa: 0x4000_0000, offset: 0, length: 1 }, "dmaLength", { value: 1 });
    for (const entry of [frozen, fixed]) {
      const call = () => fimc0.dma.mapSg([{ pa: 0x4000_1000, offset: 0, length: 1 }, entry], 1);
      expect(call).toThrow(TypeError);
      expect(call).toThrow(/^list\[1\]\.dma\w+ cannot be written/);
    }
    expect(fimc0.counters.live).toBe(0);
    expect(fimc0.counters.mapErrors).toBe(0);
  });

  test("a device with more ports than SysMMUs are left leaves none behind", () => {
    const full = make();
    while (full.sysmmuNames.length < 63) full.addDevice(`k${full.sysmmuNames.length}`);
    const before = [full.devices.length, full.sysmmuNames.length];
    expect(() => full.addDevice("wide", { ports: 7 })).toThrow(
      /no room for 7 SysMMUs of wide: .* at most 64/,
    );
    expect([full.devices.length, full.sysmmuNames.length]).toEqual(before);
    full.addDevice("wide");
    expect(() => full.addDevice("last")).toThrow(RangeError);
    full.addDevice("none", { ports: 0 });
  });

  test("an observer that throws does not lose what was done", () => {
    const watched = make();
    const { dma, counters } = watched.device("fimc0");
    void counters;
    const fail = () => {
      throw new Error("mine");
    };
    const names = ["mapPage", "unmapPage", "mapResource", "unmapResource", "mapSg", "unmapSg"];
    names.push("syncSingle", "syncSg", "allocCoherent", "freeCoherent", "mappingError");
    watched.observe(Object.fromEntries(names.map((name) => [name, fail])) as unknown as DmaDebugHook);
    // biome-ignore lint/suspicious/noExplicitAny: results of all kinds
    const resultOf = (call: () => unknown): any => {
      try {
        call();
      } catch (error) {
        expect(error).toMatchObject({ name: "ObserverError", cause: { message: "mine" } });
        return (error as { result: unknown }).result;
      }
      throw new Error("nothing was thrown");
    };
    const pa = watched.memory.alloc(8192)!;
    const dmaAddress = resultOf(() => dma.mapSingle(pa, 100, 1));
    expect(dmaAddress).toBe(pa);
    resultOf(() => dma.unmapSingle(dmaAddress, 100, 1));
    const buffer = resultOf(() => dma.alloc(4096));
    resultOf(() => dma.free(buffer));
    const loose = resultOf(() => dma.allocNoncoherent(4096, 1));
    resultOf(() => dma.freeNoncoherent(loose));
    const list = [{ pa, offset: 0, length: 1 }];
    expect(resultOf(() => dma.mapSg(list, 1))).toBe(1);
    resultOf(() => dma.unmapSg(list, 1));
    expect(watched.device("fimc0").counters.live).toBe(0);
    watched.memory.free(pa, 8192);
  });
});

test("the texts of dma-debug name devices as the machine does", () => {
  const observer = new DmaDebugObserver();
  const watched = make({ observer });
  watched.device("fimc0").dma.unmapSingle(0x4000_0000, 100, 1);
  expect(observer.events.map((e) => e.text).join("\n")).toContain("fimc0");
  const second = new DmaDebugObserver();
  watched.observe(second);
  watched.device("mfc").dma.unmapSingle(0x4000_0000, 100, 1);
  expect(second.events.map((e) => e.text).join("\n")).toContain("mfc");
});

test("after dispose every call throws, that says so", () => {
  const gone = make();
  const attached = gone.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 });
  const device = gone.device("fimc0");
  attached.attach(device);
  const table = PageTable.create();
  const caches = CacheModel.create();
  for (const each of [gone, table, caches]) {
    each.dispose();
    each.dispose();
  }
  const calls = [
    () => gone.observe(null),
    () => device.dma.mappingError(0),
    () => attached.references,
    () => attached.attach(device),
    () => attached.detach(device),
    () => gone.iommu.mappings,
    () => gone.findings(),
    () => table.entries(),
    () => table.iovaToPhys(0),
    () => caches.read(0x4000_0000, 1),
    () => caches.statistics(),
  ];
  for (const call of calls) expect(call, String(call)).toThrow(/was disposed/);
});
