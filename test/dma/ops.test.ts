import { describe, expect, it } from "vitest";
import {
  DMA_MAPPING_ERROR,
  DmaAttr,
  DmaDirection,
  type DmaOps,
  exynos4210,
  Machine,
  OPS_TABLES,
  type OpsOptions,
  type OpsTable,
  PROFILES,
  type Profile,
  type Scatterlist,
  UserMapping,
} from "../../src/index.js";

const { ToDevice, FromDevice } = DmaDirection;

function make(profile: Profile = "v6.1"): Machine {
  return Machine.create({ soc: exynos4210, dram: { bytes: 128 << 20 }, profile });
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (b: Uint8Array) => new TextDecoder().decode(b);

describe("ops tables of the core", () => {
  it.each(PROFILES)("%s: a device goes from one to the next, each with its own effect", (profile) => {
    const m = make(profile);
    const device = m.device("fimc0");
    const mapping = m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 });
    const pa = m.memory.alloc(4096)!;
    const seen: [string, number][] = [];
    for (const table of OPS_TABLES) {
      if (table === "iommu") mapping.attach(device);
      expect(device.setOps(table, { force: true, poolBytes: 1 << 20 })).toBe(0);
      const dma = device.dma.mapSingle(pa, 64, ToDevice);
      seen.push([device.dma.ops.name, dma]);
      device.dma.unmapSingle(dma, 64, ToDevice);
      if (table === "iommu") mapping.detach(device);
    }
    const by = new Map(seen);
    expect([...by.keys()]).toEqual([...OPS_TABLES]);
    expect(by.get("linear")).toBe(pa);
    expect(by.get("iommu")).toBe(0x2000_0000);
    if (profile === "v6.1") expect(by.get("bounce")).not.toBe(pa);
    expect(by.get("coherent")).toBe(pa);
  });

  it.each(PROFILES)(
    "%s: tells the ops, not the bus: wrongly coherent ops leave a device old bytes",
    (profile) => {
      for (const [table, hardware, expected] of [
        ["linear", false, "new"],
        ["coherent", false, "old"],
        ["coherent", true, "new"],
        ["linear", true, "new"],
      ] as const) {
        const m = make(profile);
        const device = m.device("fimc0");
        const pa = m.memory.alloc(4096)!;
        m.memory.poke(pa, bytes("old"));
        device.dma.coherent = hardware;
        device.setOps(table);
        expect(device.dma.coherent).toBe(table === "coherent");
        expect(device.dma.snoops).toBe(hardware);
        m.cpu.write(pa, bytes("new"));
        // Straight to memory: the SysMMU is off.
        const dma = device.dma.mapSingle(pa, 3, ToDevice);
        expect(text(device.read(dma, 3)), `${table} ${hardware}`).toBe(expected);
      }
    },
  );

  it("cuts the swiotlb pool into areas: the search stays in one until it is full", () => {
    const third = (options: OpsOptions) => {
      const device = make().device("fimc0");
      expect(device.setOps("bounce", { force: true, poolBytes: 1 << 20, ...options })).toBe(0);
      const [a, , c] = [200, 200, 40].map((kib) => device.dma.mapSingle(0x4800_0000, kib << 10, ToDevice));
      return c! - a!;
    };
    // One area goes on behind the second buffer; four have the rest of the first 256 KiB left.
    expect(third({})).toBe(456 << 10);
    expect(third({ areas: 1 })).toBe(456 << 10);
    expect(third({ areas: 4 })).toBe(200 << 10);
    expect(third({ areas: 1024 })).toBe(200 << 10);
    const wrong =
      (areas: unknown, profile: Profile = "v6.1") =>
      () =>
        make(profile)
          .device("fimc0")
          .setOps("bounce", { areas: areas as number });
    expect(wrong(3)).toThrow(/options.areas must be a power of two, got 3/);
    expect(wrong(0)).toThrow(RangeError);
    expect(wrong("2")).toThrow(TypeError);
    expect(wrong(2, "v4.4")).toThrow(/options.areas: only swiotlb has them/);
  });

  it("names what cannot be", () => {
    const m = make();
    const device = m.device("fimc0");
    expect(() => device.setOps("iommu")).toThrow(/fimc0 is attached to no mapping/);
    expect(() => device.setOps("swiotlb" as OpsTable)).toThrow(
      /ops must be one of linear, coherent, iommu, bounce/,
    );
    expect(() => device.setOps("bounce", { window: { start: 0, end: 1 } })).toThrow(/only dmabounce has one/);
    const board = make("v3.14");
    expect(() => board.device("fimc0").setOps("bounce", { window: { start: 2, end: 1 } })).toThrow(
      /^options\.window\.start must not lie above options\.window\.end \(0x1\), got 0x2$/,
    );
    expect(board.device("fimc0").dma.ops.name).not.toBe("bounce");
    board.device("fimc0").setOps("bounce", { window: { start: 0x4100_0000, end: 0x4200_0000 } });
    const [low, high] = [0x40f0_0000, 0x4100_0000].map((at) =>
      board.device("fimc0").dma.mapSingle(at, 64, ToDevice),
    );
    expect([low === 0x40f0_0000, high === 0x4100_0000]).toEqual([true, false]);
    const dma = device.dma.mapSingle(m.memory.alloc(4096)!, 64, ToDevice);
    expect(() => device.setOps("bounce")).toThrow(/1 live mappings under its linear ops/);
    device.dma.unmapSingle(dma, 64, ToDevice);
    expect(device.setOps("linear")).toBe(0);
  });

  it("keeps the translation of an attached device: linear addresses then fault", () => {
    const m = make();
    const device = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(device);
    device.setOps("linear");
    const pa = m.memory.alloc(4096)!;
    const dma = device.dma.mapSingle(pa, 64, FromDevice);
    expect(dma).toBe(pa);
    expect(device.write(dma, bytes("x"))).toEqual({ done: 0, status: "fault" });
    device.dma.unmapSingle(dma, 64, FromDevice);
    device.setOps("iommu");
    expect(device.dma.mapSingle(pa, 64, FromDevice)).toBe(0x2000_0000);
  });
});

describe("ops of the script's own", () => {
  function attached(): Machine {
    const m = make();
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(m.device("fimc0"));
    return m;
  }

  it("wraps every op and calls the previous one; mapSingle is a wrapper of mapPage", () => {
    const m = attached();
    const { dma } = m.device("fimc0");
    const calls: string[] = [];
    const previous = dma.ops;
    const own: Record<string, unknown> = {};
    for (const [name, op] of Object.entries(previous)) {
      if (typeof op !== "function") continue;
      own[name] = (...args: unknown[]) => {
        calls.push(name);
        return (op as (...a: unknown[]) => unknown)(...args);
      };
    }
    dma.setOps({ ...(own as Partial<DmaOps>), name: "traced" });
    expect(dma.ops.name).toBe("traced");
    const pa = m.memory.alloc(16384)!;
    const a = dma.mapSingle(pa + 100, 200, FromDevice);
    expect(a).toBe(0x2000_0064);
    dma.syncSingleForCpu(a, 200, FromDevice);
    dma.syncSingleRangeForDevice(a, 32, 64, FromDevice);
    dma.unmapSingle(a, 200, FromDevice);
    const list = [
      { pa, offset: 0, length: 4096 },
      { pa: pa + 4096, offset: 0, length: 100 },
    ];
    expect(dma.mapSg(list, ToDevice)).toBe(1);
    dma.syncSgForDevice(list, ToDevice);
    dma.syncSgForCpu(list, ToDevice);
    dma.unmapSg(list, ToDevice);
    const r = dma.mapResource(0x1140_0000, 4096, ToDevice);
    dma.unmapResource(r, 4096, ToDevice);
    const buffer = dma.alloc(8192, DmaAttr.WriteCombine)!;
    expect(dma.mmap(buffer)).toBeInstanceOf(UserMapping);
    expect(Array.isArray(dma.getSgtable(buffer))).toBe(true);
    dma.free(buffer);
    expect(calls).toEqual([
      "mapPage",
      "syncSingleForCpu",
      "syncSingleForDevice",
      "unmapPage",
      "mapSg",
      "syncSgForDevice",
      "syncSgForCpu",
      "unmapSg",
      "mapResource",
      "unmapResource",
      "alloc",
      "mmap",
      "getSgtable",
      "free",
    ]);
    expect(m.statistics().live).toBe(0);
    expect(m.device("fimc0").counters).toMatchObject({ maps: 2, unmaps: 2, allocs: 1, frees: 1 });
  });

  it("gives sync its start address: start and offset apart", () => {
    const m = attached();
    const { dma } = m.device("fimc0");
    const seen: number[][] = [];
    const { syncSingleForCpu } = dma.ops;
    dma.setOps({
      syncSingleForCpu: (...a) => {
        seen.push(a);
        syncSingleForCpu(...a);
      },
    });
    const pa = m.memory.alloc(4096)!;
    const a = dma.mapSingle(pa, 64, FromDevice);
    dma.syncSingleRangeForCpu(a, 16, 32, FromDevice);
    expect(seen).toEqual([[a, 16, 32, FromDevice]]);
    const counted = () => {
      const { counters } = m.statistics();
      return [counters["COUNT_SYNC_START"], counters["COUNT_SYNC_BEYOND"]];
    };
    expect(counted()).toEqual([0, 0]);
    // The check that mainline lost with the offset: a made-up base, a range past the mapping's end.
    dma.syncSingleRangeForCpu(a + 4, 16, 32, FromDevice);
    expect(counted()).toEqual([1, 0]);
    dma.syncSingleRangeForCpu(a, 48, 32, FromDevice);
    expect(counted()).toEqual([1, 1]);
  });

  it("is how dmabounce found its buffer in 2011; mainline finds it by any address inside", () => {
    for (const [profile, byOffset, byMadeUpBase] of [
      ["rfc2011", true, false],
      ["v3.14", true, true],
    ] as const) {
      const m = make(profile);
      const device = m.device("fimc0");
      const { dma } = device;
      device.setOps("bounce", { force: true });
      const pa = m.memory.alloc(4096)!;
      const a = dma.mapSingle(pa, 256, FromDevice);
      expect(a, profile).not.toBe(pa);
      const seen = (sync: () => void, offset: number) => {
        device.write(a + offset, bytes("new"));
        sync();
        return text(m.cpu.read(pa + offset, 3)) === "new";
      };
      expect(seen(() => dma.syncSingleForCpu(a, 64, FromDevice), 0)).toBe(true);
      expect(seen(() => dma.syncSingleRangeForCpu(a, 64, 64, FromDevice), 64)).toBe(byOffset);
      expect(seen(() => dma.syncSingleForCpu(a + 128, 64, FromDevice), 128)).toBe(byMadeUpBase);
      expect(device.counters.syncForCpu).toBe(3);
      dma.unmapSingle(a, 256, FromDevice);
      expect(text(m.cpu.read(pa + 128, 3))).toBe("new");
    }
  });

  it("composes: the second wrapper calls the first; an op may fail a mapping of its own", () => {
    const m = attached();
    const { dma } = m.device("fimc0");
    const pa = m.memory.alloc(4096)!;
    let quota = 1;
    const first = dma.ops.mapPage;
    dma.setOps({ mapPage: (...a) => (quota-- > 0 ? first(...a) : DMA_MAPPING_ERROR) });
    const order: string[] = [];
    const second = dma.ops.mapPage;
    dma.setOps({
      mapPage: (...a) => {
        order.push("second");
        return second(...a);
      },
    });
    expect(dma.mappingError(dma.mapSingle(pa, 64, ToDevice))).toBe(false);
    expect(dma.mappingError(dma.mapSingle(pa, 64, ToDevice))).toBe(true);
    expect(order).toEqual(["second", "second"]);
    dma.resetOps();
    expect(dma.mappingError(dma.mapSingle(pa, 64, ToDevice))).toBe(false);
  });

  it("is replaced by attach, detach and setOps, as set_dma_ops would", () => {
    const m = make();
    const device = m.device("fimc0");
    const mapping = m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 });
    const own = { name: "own" };
    device.dma.setOps(own);
    mapping.attach(device);
    expect(device.dma.ops.name).toBe("iommu");
    device.dma.setOps(own);
    mapping.detach(device);
    expect(device.dma.ops.name).toBe("linear");
    device.dma.setOps(own);
    device.setOps("bounce", { poolBytes: 1 << 20 });
    expect(device.dma.ops.name).toBe("bounce");
  });

  it("names a wrong table and a wrong result", () => {
    const m = attached();
    const { dma } = m.device("fimc0");
    const pa = m.memory.alloc(4096)!;
    expect(() => dma.setOps(null as unknown as DmaOps)).toThrow(/ops must be a table of functions, got null/);
    expect(() => dma.setOps({ mapPages: () => 0 } as Partial<DmaOps>)).toThrow(
      /ops.mapPages: there is no such op/,
    );
    expect(() => dma.setOps({ mapPage: 3 } as unknown as DmaOps)).toThrow(
      /ops.mapPage must be a function, got 3/,
    );
    const wrong = (own: Partial<DmaOps>, call: () => unknown, message: RegExp) => {
      dma.setOps(own);
      expect(call).toThrow(message);
      dma.resetOps();
    };
    const list = [{ pa, offset: 0, length: 64 }];
    wrong(
      { mapPage: () => -1 },
      () => dma.mapSingle(pa, 64, ToDevice),
      /ops.mapPage must return a bus address/,
    );
    wrong({ mapResource: () => 0.5 }, () => dma.mapResource(0, 64, ToDevice), /ops.mapResource must return/);
    wrong(
      { mapSg: () => 2 },
      () => dma.mapSg(list, ToDevice),
      /ops.mapSg must return segments \(at most 1\)/,
    );
    wrong({ alloc: () => undefined as never }, () => dma.alloc(64), /ops.alloc must return a DmaAllocation/);
    const buffer = dma.alloc(64)!;
    wrong({ free: () => undefined as never }, () => dma.free(buffer), /ops.free must return a boolean/);
    wrong({ mmap: () => 0 }, () => dma.mmap(buffer), /ops.mmap must return a UserMapping or -errno, got 0/);
    const filled = (dmaAddress: unknown, dmaLength: unknown) => ({
      mapSg: (l: Scatterlist) => {
        Object.assign(l[0]!, { dmaAddress, dmaLength });
        return 1;
      },
    });
    const mapSg = () => dma.mapSg([{ pa, offset: 0, length: 64 }], ToDevice);
    wrong(filled(-5, 64), mapSg, /ops.mapSg: list\[0\].dmaAddress must be .*got -0x5/);
    wrong(filled(0, "x"), mapSg, /ops.mapSg: list\[0\].dmaLength must be .*got "x"/);
    wrong(filled(0, 0), mapSg, /ops.mapSg: list\[0\].dmaLength/);
    wrong({ mapSg: () => 1 }, mapSg, /ops.mapSg: list\[0\].dmaAddress must be .*got undefined/);
    const table = (entry: unknown) => ({ getSgtable: () => [entry] as Scatterlist });
    const getSgtable = () => dma.getSgtable(buffer);
    wrong(table("x"), getSgtable, /ops.getSgtable: list\[0\] must be \{ pa, offset, length \}, got "x"/);
    wrong(
      table({ pa: 1, offset: 0, length: 1 }),
      getSgtable,
      /ops.getSgtable: list\[0\].pa must be a multiple/,
    );
    wrong(table({ pa, offset: 0 }), getSgtable, /ops.getSgtable: list\[0\].length/);
    wrong({ getSgtable: () => 1 }, () => dma.getSgtable(buffer), /ops.getSgtable must return/);
  });

  it("an op that throws leaves no page of allocNoncoherent behind", () => {
    const m = attached();
    const { dma } = m.device("fimc0");
    const { used } = m.memory;
    for (const mapPage of [
      () => -1,
      () => {
        throw new Error("mine");
      },
    ]) {
      dma.setOps({ mapPage });
      expect(() => dma.allocNoncoherent(8192, ToDevice)).toThrow(
        /mine|ops.mapPage must return a bus address/,
      );
      expect(m.memory.used).toBe(used);
      expect(dma.noncoherentBuffers).toEqual([]);
    }
    dma.resetOps();
    const buffer = dma.allocNoncoherent(8192, ToDevice)!;
    dma.setOps({
      unmapPage: () => {
        throw new Error("mine");
      },
    });
    expect(() => dma.freeNoncoherent(buffer)).toThrow("mine");
    expect(dma.noncoherentBuffers).toEqual([buffer]); // still there: it can be freed
    dma.resetOps();
    dma.freeNoncoherent(buffer);
    expect(m.memory.used).toBe(used);
  });

  it("keeps the op stream out: it runs in the core", () => {
    const m = attached();
    const { dma, index } = m.device("fimc0");
    const other = m.device("fimc1").index;
    const pa = m.memory.alloc(4096)!;
    const map = (device: number) => Uint32Array.of(2 | (1 << 8) | (device << 16), 0, pa, 64);
    dma.setOps({ name: "own" });
    expect(() => m.run(map(index))).toThrow(/record 0 is a call of device \d+, whose ops are a script's/);
    expect(m.run(map(other))).toBe(1);
    dma.resetOps();
    expect(m.run(map(index))).toBe(1);
  });
});
