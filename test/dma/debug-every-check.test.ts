// Every check of DMA-API debug, made to speak by the driver bug it is for, on a machine. The texts are
// the kernel's (spec dma-mapping 6.2), written down here again; a check without a bug fails the list.
import { describe, expect, it } from "vitest";
import { PLAIN_AREAS } from "../../src/dma/debug-areas.js";
import { DEBUG_CHECKS, type DebugCheckId } from "../../src/dma/debug-checks.js";
import type { DmaDebugObserverOptions } from "../../src/dma/debug-observer.js";
import { type Dma, DmaDebugObserver, DmaDirection, exynos4210, Machine } from "../../src/index.js";

const { Bidirectional, FromDevice, ToDevice } = DmaDirection;
const BASE = 0x4000_0000;
const A = "0x0000000020000000";

interface Scene {
  readonly m: Machine;
  readonly dma: Dma;
  readonly device: number;
  readonly observer: DmaDebugObserver;
  /** A page of memory. */
  readonly pa: number;
}

interface Bug {
  readonly options?: DmaDebugObserverOptions;
  readonly run: (s: Scene) => void;
  /** What the log shows after `driver device: `. */
  readonly says: string;
}

function scene(options: DmaDebugObserverOptions = {}): Scene {
  const observer = new DmaDebugObserver({
    describe: () => ({ name: "11800000.fimc", driver: "exynos4-fimc" }),
    ...options,
  });
  const m = Machine.create({ soc: exynos4210, dram: { base: BASE, bytes: 16 << 20 }, observer });
  const { dma, index } = m.device("fimc0");
  m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(m.device("fimc0"));
  m.memory.alloc(1 << 20); // what the page tables do not take
  return { m, dma, device: index, observer, pa: m.memory.alloc(16384)! };
}

function mapped({ dma, pa }: Scene, dir: DmaDirection, size = 64): number {
  const a = dma.mapSingle(pa, size, dir);
  dma.mappingError(a);
  return a;
}

function listOf({ pa }: Scene) {
  return [
    { pa, offset: 0, length: 4096 },
    { pa: pa + 8192, offset: 0, length: 64 },
  ];
}

const stackAt = (pa: number) => ({ start: pa - BASE + 0xc000_0000, end: pa - BASE + 0xc000_2000 });
const STACK_PAGE = BASE + (8 << 20);

const BUGS: Record<Exclude<DebugCheckId, "syncRange">, Bug> = {
  freeInvalid: {
    run: ({ dma }) => dma.unmapSingle(0xffff_ffff, 64, ToDevice),
    says: "device driver tries to free an invalid DMA memory address",
  },
  freeUnknown: {
    run(s) {
      const a = mapped(s, ToDevice);
      s.dma.unmapSingle(a, 64, ToDevice);
      s.dma.unmapSingle(a, 64, ToDevice);
    },
    says: `device driver tries to free DMA memory it has not allocated [device address=${A}] [size=64 bytes]`,
  },
  freeSize: {
    run: (s) => s.dma.unmapSingle(mapped(s, ToDevice, 1536), 42, ToDevice),
    says: `device driver frees DMA memory with different size [device address=${A}] [map size=1536 bytes] [unmap size=42 bytes]`,
  },
  freeFunction: {
    run: (s) => s.dma.unmapResource(mapped(s, ToDevice), 64, ToDevice),
    says: `device driver frees DMA memory with wrong function [device address=${A}] [size=64 bytes] [mapped as single] [unmapped as resource]`,
  },
  freeCpuAddress: {
    run({ observer, device }) {
      const { debug } = observer;
      const n = observer.numberOf(device);
      debug.allocCoherent(n, 4096, 0x2000_0000, 0xc800_0000);
      observer.events.push(...debug.freeCoherent(n, 4096, 0xc800_1000, 0x2000_0000));
    },
    says: `device driver frees DMA memory with different CPU address [device address=${A}] [size=4096 bytes] [cpu alloc address=0x0000000048000000] [cpu free address=0x0000000048001000]`,
  },
  freeCount: {
    run(s) {
      const list = listOf(s);
      s.dma.mapSg(list, ToDevice);
      s.dma.unmapSg(list, ToDevice, 0, 1);
    },
    says: "device driver frees DMA sg list with different entry count [map count=2] [unmap count=1]",
  },
  freeDirection: {
    run: (s) => s.dma.unmapSingle(mapped(s, FromDevice), 64, ToDevice),
    says: `device driver frees DMA memory with different direction [device address=${A}] [size=64 bytes] [mapped with DMA_FROM_DEVICE] [unmapped with DMA_TO_DEVICE]`,
  },
  mapErrorUnchecked: {
    run: ({ dma, pa }) => dma.unmapSingle(dma.mapSingle(pa, 64, ToDevice), 64, ToDevice),
    says: `device driver failed to check map error[device address=${A}] [size=64 bytes] [mapped as single]`,
  },
  mapStack: {
    options: { areas: { ...PLAIN_AREAS, stack: stackAt(STACK_PAGE) } },
    run: ({ dma }) => dma.mapSingle(STACK_PAGE + 16, 64, ToDevice),
    says: "device driver maps memory from stack [addr=c0800010]",
  },
  mapText: {
    options: { areas: { ...PLAIN_AREAS, rodata: stackAt(STACK_PAGE) } },
    run: ({ dma }) => dma.mapSingle(STACK_PAGE + 16, 64, ToDevice),
    says: "device driver maps memory from kernel text or rodata [addr=c0800010] [len=64]",
  },
  mapInvalid: {
    run: ({ observer, device }) =>
      observer.events.push(...observer.debug.mapSingleCheck(observer.numberOf(device), 0xbf00_0000, 64)),
    says: "device driver maps memory from invalid area [addr=bf000000] [len=64]",
  },
  mapVmalloc: {
    run: ({ observer, device }) =>
      observer.events.push(...observer.debug.mapSingleCheck(observer.numberOf(device), 0xf000_0000, 64)),
    says: "device driver maps memory from vmalloc area [addr=f0000000] [len=64]",
  },
  syncUnknown: {
    run: (s) => s.dma.syncSingleForCpu(mapped(s, FromDevice) + 32, 64, FromDevice),
    says: "device driver tries to sync DMA memory it has not allocated [device address=0x0000000020000020] [size=64 bytes]",
  },
  syncDirection: {
    run: (s) => s.dma.syncSingleForCpu(mapped(s, FromDevice), 64, ToDevice),
    says: `device driver syncs DMA memory with different direction [device address=${A}] [size=64 bytes] [mapped with DMA_FROM_DEVICE] [synced with DMA_TO_DEVICE]`,
  },
  syncReadOnly: {
    run: (s) => s.dma.syncSingleForCpu(mapped(s, ToDevice), 64, FromDevice),
    says: `device driver syncs device read-only DMA memory for cpu [device address=${A}] [size=64 bytes] [mapped with DMA_TO_DEVICE] [synced with DMA_FROM_DEVICE]`,
  },
  syncWriteOnly: {
    run: (s) => s.dma.syncSingleForDevice(mapped(s, FromDevice), 64, Bidirectional),
    says: `device driver syncs device write-only DMA memory to device [device address=${A}] [size=64 bytes] [mapped with DMA_FROM_DEVICE] [synced with DMA_BIDIRECTIONAL]`,
  },
  syncCount: {
    run(s) {
      const list = listOf(s);
      s.dma.mapSg(list, FromDevice);
      s.dma.syncSgForCpu(list, FromDevice, 1);
    },
    says: "device driver syncs DMA sg list with different entry count [map count=2] [sync count=1]",
  },
  segmentLength: {
    run(s) {
      s.dma.maxSegSize = 4096;
      s.dma.mapSg([{ pa: s.pa, offset: 0, length: 8192 }], ToDevice);
    },
    says: "mapping sg segment longer than device claims to support [len=8192] [max=4096]",
  },
  segmentBoundary: {
    run(s) {
      s.dma.segBoundary = 0xfff;
      s.dma.mapSg([{ pa: s.pa, offset: 0, length: 8192 }], ToDevice);
    },
    says: `mapping sg segment across boundary [start=${A}] [end=0x0000000020001fff] [boundary=0x0000000000000fff]`,
  },
  overlap: {
    run(s) {
      mapped(s, FromDevice);
      mapped(s, FromDevice);
    },
    says: "cacheline tracking EEXIST, overlapping mappings aren't supported",
  },
  leak: {
    run(s) {
      mapped(s, ToDevice);
      s.observer.driverUnbound(s.device);
    },
    says: `device driver has pending DMA allocations while released from device [count=1]\nOne of leaked entries details: [device address=${A}] [size=64 bytes] [mapped with DMA_TO_DEVICE] [mapped as single]`,
  },
  touchActive: {
    options: { version: "v5.8" },
    run(s) {
      mapped(s, FromDevice);
      s.observer.events.push(...s.observer.debug.assertIdle(s.pa));
    },
    says: "cpu touching an active dma mapped cacheline [cln=0x",
  },
};

describe("every check of DMA-API debug", () => {
  it("has a bug here that makes it speak, but the one that no call can reach", () => {
    const unreachable: readonly string[] = ["syncRange"];
    expect(Object.keys(BUGS).sort()).toEqual(
      Object.keys(DEBUG_CHECKS)
        .filter((id) => !unreachable.includes(id))
        .sort(),
    );
  });

  it.each(Object.entries(BUGS))("%s", (id, bug) => {
    const s = scene(bug.options);
    bug.run(s);
    const spoken = s.observer.events.filter((e) => e.check === id);
    expect(spoken, s.observer.events.map((e) => e.text).join("")).toHaveLength(1);
    const text = spoken[0]!.text.replace(/\n$/, "");
    const prefix = "DMA-API: exynos4-fimc 11800000.fimc: ";
    expect(text.startsWith(prefix)).toBe(true);
    if (id === "touchActive") expect(text.slice(prefix.length).startsWith(bug.says)).toBe(true);
    else expect(text.slice(prefix.length)).toBe(bug.says);
    expect(s.observer.debug.errorCount).toBeGreaterThan(0);
  });

  it("says nothing to a driver without bugs", () => {
    const s = scene();
    for (const dir of [ToDevice, FromDevice, Bidirectional]) {
      const a = mapped(s, dir, 5000);
      s.dma.syncSingleForCpu(a, 5000, dir);
      s.dma.syncSingleForDevice(a + 64, 64, dir);
      s.dma.unmapSingle(a, 5000, dir);
      const list = listOf(s);
      s.dma.mapSg(list, dir);
      s.dma.syncSgForCpu(list, dir);
      s.dma.syncSgForDevice(list, dir);
      s.dma.unmapSg(list, dir);
    }
    const r = s.dma.mapResource(0x1140_0000, 4096, ToDevice);
    s.dma.mappingError(r);
    s.dma.unmapResource(r, 4096, ToDevice);
    const buffer = s.dma.alloc(8192)!;
    s.dma.free(buffer);
    s.observer.driverUnbound(s.device);
    expect(s.observer.events).toEqual([]);
    expect(s.observer.debug.active).toBe(0);
  });
});
