// Every op of every profile under every failure: attempt 1, 2, 3 ... of each kind fails, the op says so as
// the kernel does, and what is left behind is what a machine on which nothing ever failed has.
import { describe, expect, it } from "vitest";
import {
  DmaAttr,
  DmaDirection,
  exynos4210,
  failNthSweep,
  INJECTION_KINDS,
  type InjectionKind,
  IommuError,
  Machine,
  type OpsTable,
  PROFILES,
  type Profile,
} from "../../src/index.js";

const { Bidirectional, FromDevice, ToDevice } = DmaDirection;
const BASE = 0x2000_0000;

/** An op: does it and takes it back; returns what it gave, null for a failure that was reported. */
interface Op {
  readonly name: string;
  readonly ops: OpsTable;
  readonly coherent?: boolean;
  run(m: Machine): unknown;
}

function memory(m: Machine, pages: number): number {
  // The same pages each time, taken before anything can fail.
  return m.memory.base + m.memory.bytes - pages * 4096;
}

function streaming(ops: OpsTable): Op[] {
  return [
    {
      name: "map",
      ops,
      run(m) {
        const { dma } = m.device("fimc0");
        const pa = memory(m, 16);
        const got = [ToDevice, FromDevice, Bidirectional].map((dir) => {
          const a = dma.mapSingle(pa + 100, 9000, dir);
          if (dma.mappingError(a)) return null;
          dma.syncSingleForDevice(a, 9000, dir);
          dma.unmapSingle(a, 9000, dir);
          return a;
        });
        return got.includes(null) ? null : got;
      },
    },
    {
      name: "mapSg",
      ops,
      run(m) {
        const { dma } = m.device("fimc0");
        const pa = memory(m, 16);
        const list = [
          { pa, offset: 0, length: 8192 },
          { pa: pa + 8192, offset: 16, length: 100 },
          { pa: pa + 16384, offset: 0, length: 4096 },
          { pa: pa + 5 * 4096, offset: 0, length: 4096 },
        ];
        const n = dma.mapSgtable(list, FromDevice);
        if (n < 0) return null;
        dma.unmapSg(list, FromDevice);
        return list.slice(0, n).map((e) => (e as { dmaAddress?: number }).dmaAddress);
      },
    },
    {
      name: "mapResource",
      ops,
      run(m) {
        const { dma } = m.device("fimc0");
        const a = dma.mapResource(0x1140_0000, 8192, ToDevice);
        if (dma.mappingError(a)) return null;
        dma.unmapResource(a, 8192, ToDevice);
        return a;
      },
    },
    {
      name: "allocNoncoherent",
      ops,
      run(m) {
        const { dma } = m.device("fimc0");
        const b = dma.allocNoncoherent(10_000, Bidirectional);
        if (b === null) return null;
        dma.freeNoncoherent(b);
        return b.dmaAddress;
      },
    },
  ];
}

function allocation(ops: OpsTable, name: string, attrs: number, atomic = false, coherent = false): Op {
  return {
    name: `alloc ${name}`,
    ops,
    coherent,
    run(m) {
      const { dma } = m.device("fimc0");
      const buffer = dma.alloc(3 * 4096 + 5, attrs, { atomic });
      if (buffer === null) return null;
      dma.free(buffer);
      return [buffer.dmaAddress, buffer.runs];
    },
  };
}

function allocations(ops: OpsTable): Op[] {
  const { WriteCombine, NoKernelMapping, ForceContiguous, AllocSinglePages, ...rest } = DmaAttr;
  const others = Object.values(rest).reduce<number>((bits, bit) => bits | bit, 0);
  return [
    allocation(ops, "plain", 0),
    allocation(ops, "atomic", 0, true),
    allocation(ops, "for a coherent device", 0, false, true),
    allocation(ops, "WriteCombine", WriteCombine),
    allocation(ops, "NoKernelMapping", NoKernelMapping),
    allocation(ops, "ForceContiguous", ForceContiguous),
    allocation(ops, "AllocSinglePages", AllocSinglePages),
    allocation(ops, "all attributes that choose no pages", others),
  ];
}

const OWN_MEMORY: Op = {
  name: "alloc from own memory",
  ops: "linear",
  run(m) {
    const { dma } = m.device("fimc0");
    const error = dma.declareCoherentMemory(memory(m, 4), 4 * 4096);
    const buffer = dma.alloc(8192);
    if (buffer !== null) dma.free(buffer);
    dma.releaseDeclaredMemory();
    return error !== 0 ? null : (buffer?.dmaAddress ?? null);
  },
};

/** A refusal is an IommuError with -ENOMEM; anything else is a bug of ours. */
function refused(call: () => unknown): null | unknown {
  try {
    return call();
  } catch (error) {
    if (error instanceof IommuError && error.errno === 12) return null;
    throw error;
  }
}

const CREATE: Op = {
  name: "createMapping",
  ops: "linear",
  run: (m) =>
    refused(() => {
      const mapping = m.iommu.createMapping({ base: BASE, size: 1 << 20 });
      mapping.release();
      return mapping.references;
    }),
};

const ATTACH: Op = {
  name: "attach",
  ops: "linear",
  run(m) {
    const device = m.device("fimc1");
    const mapping = refused(() => m.iommu.createMapping({ base: BASE, size: 1 << 20 })) as ReturnType<
      Machine["iommu"]["createMapping"]
    > | null;
    if (mapping === null) return null;
    const done = refused(() => {
      mapping.attach(device);
      mapping.detach(device);
      return true;
    });
    expect(device.mapping).toBeNull();
    mapping.release();
    return done;
  },
};

const OPS: readonly Op[] = [
  ...(["linear", "iommu", "bounce"] as const).flatMap(streaming),
  ...(["linear", "iommu"] as const).flatMap(allocations),
  OWN_MEMORY,
  CREATE,
  ATTACH,
];

function make(profile: Profile, op: Op): Machine {
  const m = Machine.create({ soc: exynos4210, dram: { bytes: 8 << 20 }, profile });
  const device = m.device("fimc0");
  m.memory.reserve(memory(m, 16), 16 * 4096);
  device.dma.coherent = op.coherent === true;
  if (op.ops === "iommu") m.iommu.createMapping({ base: BASE, size: 1 << 20 }).attach(device);
  else if (op.ops === "bounce") {
    device.dma.busLimit = m.memory.base + (6 << 20);
    device.setOps("bounce", { poolBytes: 1 << 20, force: true });
  }
  return m;
}

/** Everything that a leak would show in; what the kernel itself loses is counted and taken out. */
function state(m: Machine) {
  const { counters, live } = m.statistics();
  const lost = counters["COUNT_PAGES_LEAKED"]! * 4096;
  return {
    live,
    used: m.memory.used - lost,
    iova: m.device("fimc0").mapping?.usedPages ?? 0,
    device: m.device("fimc0").counters.live,
    bytes: m.device("fimc0").counters.liveBytes,
  };
}

/** Lets attempts 1, 2, 3 ... of `kind` fail on `m` until a run meets no failure; `check` after each. */
function sweep(m: Machine, kind: InjectionKind, op: Op, check: (n: number) => void): number {
  for (let n = 1; n < 1000; n++) {
    m.inject.failNth(kind, n);
    const result = op.run(m);
    const over = m.inject.pending(kind);
    m.inject.failNth(kind, 0);
    if (over) return n - 1;
    // Either the op says so, or it got along without (a smaller block).
    if (result !== null) expect(m.statistics().live).toBe(0);
    check(n);
  }
  throw new Error("the op never ends to fail");
}

describe.each(PROFILES)("every op of %s under every failure", (profile) => {
  it.each(OPS.map((op) => [`${op.name}, ${op.ops} ops`, op] as const))("%s", (_, op) => {
    const m = make(profile, op);
    const before = INJECTION_KINDS.map((kind) => m.inject.attempts(kind));
    const first = op.run(m);
    expect(first).not.toBeNull();
    const kinds = INJECTION_KINDS.filter((kind, i) => m.inject.attempts(kind) > before[i]!);
    const wanted = state(m);
    // Addresses repeat, but for slots of swiotlb (next fit) and where the kernel itself loses pages.
    const compare = (machine: Machine, what: string) => {
      const again = op.run(machine);
      expect(again, what).not.toBeNull();
      const { counters } = machine.statistics();
      const lost = counters["COUNT_PAGES_LEAKED"]! + counters["COUNT_POOL_LEAKED"]!;
      if (lost === 0 && counters["COUNT_BOUNCED"] === 0) expect(again, what).toEqual(first);
      expect(state(machine), what).toEqual(wanted);
    };
    const warm = INJECTION_KINDS.map((kind) => m.inject.attempts(kind));
    compare(m, "again");
    const met = (kind: InjectionKind) => m.inject.attempts(kind) - (warm[INJECTION_KINDS.indexOf(kind)] ?? 0);
    const lasting = kinds.filter((kind) => met(kind) > 0);
    for (const kind of kinds) {
      // Page tables and the atomic pool stay: a machine that has them makes no more.
      if (!lasting.includes(kind)) {
        failNthSweep(
          kind,
          () => make(profile, op),
          (cold) => op.run(cold),
          (cold, n) => compare(cold, `${kind} ${n}`),
        );
      } else expect(sweep(m, kind, op, (n) => compare(m, `${kind} ${n}`))).toBeGreaterThan(0);
    }
  });
});

describe("failures of creation", () => {
  it("name what failed and give back the memory of the core, however often", () => {
    const m = make("v6.1", CREATE);
    const sizes: number[] = [];
    for (let n = 0; n < 10; n++) {
      for (const kind of ["space", "table"] as const) {
        m.inject.failNth(kind, 1);
        expect(() => m.iommu.createMapping({ base: BASE, size: 1 << 20 })).toThrow(
          kind === "space" ? /no IO-address space of 0x100000 bytes/ : /no memory for the page table/,
        );
      }
      const mapping = m.iommu.createMapping({ base: BASE, size: 1 << 20 });
      m.inject.failNth("attach", 1);
      expect(() => mapping.attach(m.device("fimc0"))).toThrow(
        /the driver refused to attach fimc0 \(errno 12\)/,
      );
      expect(mapping.references).toBe(1);
      mapping.release();
      sizes.push(m.snapshot().length);
    }
    expect(sizes[9]).toBe(sizes[1]);
  });

  it("an extension bitmap that cannot be had fails the mapping, not the space", () => {
    const m = make("v6.1", CREATE);
    const device = m.device("fimc0");
    m.iommu.createMapping({ base: 0, size: 2 ** 28 }).attach(device);
    const pa = memory(m, 1);
    // Two bitmaps of 128 MiB: fill the first by reaching over it page by page would take long; ask big.
    const space = (device.mapping as unknown as { space: number }).space;
    expect(space).toBeGreaterThan(0);
    m.inject.failNth("space", 1);
    const all: number[] = [];
    for (let n = 0; n < 128; n++) {
      const list = Array.from({ length: 256 }, () => ({ pa, offset: 0, length: 4096 }));
      device.dma.maxSegSize = 1 << 20;
      if (device.dma.mapSg(list, ToDevice) !== 1) break;
      all.push((list[0] as { dmaAddress?: number }).dmaAddress!);
    }
    expect(all).toHaveLength(128);
    expect(device.dma.mappingError(device.dma.mapSingle(pa, 64, ToDevice))).toBe(true);
    expect(device.dma.mapSingle(pa, 64, ToDevice)).toBe(2 ** 27);
  });
});
