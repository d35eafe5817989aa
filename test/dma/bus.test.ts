import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  DMA_MAPPING_ERROR,
  DmaDebugObserver,
  DmaDirection,
  exynos4210,
  Machine,
  type MachineOptions,
  PROFILES,
} from "../../src/index.js";

const { ToDevice, FromDevice } = DmaDirection;
const BASE = 0x4000_0000;

function make(options: Partial<MachineOptions> = {}): Machine {
  return Machine.create({ soc: exynos4210, dram: { base: BASE, bytes: 64 << 20 }, ...options });
}

describe("bus addresses", () => {
  it.each(PROFILES)("%s: one offset moves mappings, syncs, allocations and accesses alike", (profile) => {
    const m = make({ profile });
    const device = m.addDevice("disk", { ports: 0 });
    const { dma } = device;
    dma.pfnOffset = BASE / 4096; // the device sees memory from 0 on
    const pa = m.memory.alloc(8192)!;
    m.cpu.write(pa + 16, Uint8Array.of(1, 2, 3));
    const a = dma.mapSingle(pa + 16, 64, ToDevice);
    expect(a).toBe(pa + 16 - BASE);
    expect([...device.read(a, 3)]).toEqual([1, 2, 3]);
    m.cpu.write(pa + 16, Uint8Array.of(9));
    dma.syncSingleForDevice(a, 64, ToDevice);
    expect(device.read(a, 1)[0]).toBe(9);
    dma.unmapSingle(a, 64, ToDevice);
    const list = [{ pa, offset: 5, length: 10 }];
    expect(dma.mapSg(list, FromDevice)).toBe(1);
    expect(list[0]).toMatchObject({ dmaAddress: pa + 5 - BASE, dmaLength: 10 });
    dma.unmapSg(list, FromDevice);
    const buffer = dma.alloc(4096)!;
    expect(buffer.dmaAddress).toBe(buffer.paOf(0) - BASE);
    device.write(buffer.dmaAddress, Uint8Array.of(4));
    expect(buffer.read(0, 1)[0]).toBe(4);
    expect(() => {
      dma.pfnOffset = 0;
    }).toThrow(/pfnOffset: the device has 1 live mappings/);
    dma.free(buffer);
    // Registers keep their address: offsets are for memory.
    expect(dma.mapResource(0x1140_0000, 4096, ToDevice)).toBe(0x1140_0000);
  });

  it("several ranges: inside them addresses move, outside nothing is reachable", () => {
    const m = make();
    const device = m.addDevice("disk", { ports: 0 });
    const { dma } = device;
    const ranges = [
      { pa: BASE, dmaAddress: 0x8000_0000, bytes: 1 << 20 },
      { pa: BASE + (2 << 20), dmaAddress: 0x9000_0000, bytes: 1 << 20 },
    ];
    dma.setRanges(ranges);
    expect(dma.ranges).toEqual(ranges);
    expect(dma.physToDma(BASE + 5)).toBe(0x8000_0005);
    expect(dma.physToDma(BASE + (2 << 20))).toBe(0x9000_0000);
    expect(dma.physToDma(BASE + (1 << 20))).toBe(DMA_MAPPING_ERROR);
    expect(dma.dmaToPhys(0x9000_0010)).toBe(BASE + (2 << 20) + 16);
    expect(dma.dmaToPhys(0x8010_0000)).toBeNull();
    const page = BASE + (2 << 20) + 4096;
    m.cpu.write(page, Uint8Array.of(6));
    const a = dma.mapPage(page, 0, 64, ToDevice);
    expect(a).toBe(0x9000_1000);
    expect(device.read(a, 1)[0]).toBe(6);
    dma.unmapPage(a, 64, ToDevice);
    expect(dma.mappingError(dma.mapPage(BASE + (1 << 20), 0, 64, ToDevice))).toBe(true);
    expect(m.statistics().counters["COUNT_MASK_OVERFLOW"]).toBe(1);
    dma.syncSingleForCpu(0x7000_0000, 64, FromDevice);
    expect(m.statistics().counters["COUNT_SYNC_UNREACHABLE"]).toBe(1);
    expect(device.read(0x7000_0000, 4)).toHaveLength(0);
    expect(device.lastAccess.status).toBe("bus-error");
    dma.setRanges([]);
    expect(dma.physToDma(BASE)).toBe(BASE);
  });

  it.each(PROFILES)("%s: a SysMMU that is off passes addresses on to the device's bus", (profile) => {
    const m = make({ profile });
    const device = m.device("fimc0");
    const { dma } = device;
    dma.setRanges([{ pa: BASE, dmaAddress: 0x8000_0000, bytes: 8 << 20 }]);
    const page = BASE + (4 << 20);
    m.cpu.write(page + 4094, Uint8Array.of(1, 2, 3, 4));
    const a = dma.mapSingle(page, 8192, ToDevice);
    expect(a).toBe(0x8040_0000);
    for (const coherent of [false, true]) {
      const before = m.sysmmu(device.sysmmus[0]!).statistics().bypassed;
      if (coherent) dma.unmapSingle(a, 8192, ToDevice);
      if (coherent) dma.coherent = true;
      expect([...device.read(a + 4094, 4)], `${coherent}`).toEqual([1, 2, 3, 4]);
      expect(m.sysmmu(device.sysmmus[0]!).statistics().bypassed - before).toBe(2);
    }
    expect(device.write(BASE + 16, Uint8Array.of(5)).status).toBe("bus-error");
    expect(device.counters.busErrors).toBe(1);
    // Translated addresses lead straight to memory.
    dma.coherent = false;
    const mapping = m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 });
    mapping.attach(device);
    const iova = dma.mapSingle(page, 8192, ToDevice);
    expect([...device.read(iova + 4094, 4)]).toEqual([1, 2, 3, 4]);
    dma.unmapSingle(iova, 8192, ToDevice);
    mapping.detach(device);
    expect([...device.read(a + 4094, 4)]).toEqual([1, 2, 3, 4]);
  });

  it.each(["fimc0", "disk"])(
    "%s: each page of an access goes where its range says, up to the limit",
    (name) => {
      const m = make();
      const device = name === "disk" ? m.addDevice(name, { ports: 0 }) : m.device(name);
      const { dma } = device;
      dma.setRanges([
        { pa: BASE, dmaAddress: 0x8000_0000, bytes: 4096 },
        { pa: BASE + (8 << 20), dmaAddress: 0x8000_1000, bytes: 4096 },
      ]);
      m.memory.poke(BASE + 4095, Uint8Array.of(1));
      m.memory.poke(BASE + (8 << 20), Uint8Array.of(2));
      for (const coherent of [false, true]) {
        dma.coherent = coherent;
        expect([...device.read(0x8000_0fff, 2)]).toEqual([1, 2]);
        expect(device.read(0x8000_1fff, 2)).toHaveLength(name === "disk" ? 0 : 1);
        expect(device.lastAccess.status).toBe("bus-error");
      }
      dma.busLimit = 0x8000_0fff;
      expect([...device.read(0x8000_0ffe, 2)]).toEqual([0, 1]);
      expect(device.write(0x8000_1000, Uint8Array.of(3)).status).toBe("bus-error");
    },
  );

  it.each(PROFILES)("%s: a SysMMU that is off leads to the device's own memory too", (profile) => {
    const m = make({ profile });
    const device = m.device("fimc0");
    expect(device.dma.declareCoherentMemory(m.memory.alloc(8192)!, 8192, { dmaAddress: 0x1000_0000 })).toBe(
      0,
    );
    const buffer = device.dma.alloc(8192)!;
    buffer.write(4095, Uint8Array.of(7, 8));
    m.cpu.barrier();
    expect([...device.read(buffer.dmaAddress + 4095, 2)]).toEqual([7, 8]);
    device.write(buffer.dmaAddress, Uint8Array.of(9));
    expect(buffer.read(0, 1)[0]).toBe(9);
  });

  it("agrees with a search of the list", () => {
    const m = make();
    const { dma } = m.addDevice("disk", { ports: 0 });
    const page = fc.integer({ min: 0, max: 0xf_ffff }).map((n) => n * 4096);
    const range = fc
      .record({ pa: page, dmaAddress: page, bytes: fc.integer({ min: 1, max: 1 << 28 }) })
      .filter((r) => r.pa + r.bytes <= 2 ** 32 && r.dmaAddress + r.bytes <= 2 ** 32);
    fc.assert(
      fc.property(fc.array(range, { maxLength: 5 }), fc.array(page, { maxLength: 20 }), (ranges, probes) => {
        dma.setRanges(ranges);
        const all = [...probes, ...ranges.flatMap((r) => [r.pa, r.pa + r.bytes - 1, r.dmaAddress])];
        for (const at of all) {
          const up = ranges.find((r) => at >= r.pa && at < r.pa + r.bytes);
          const down = ranges.find((r) => at >= r.dmaAddress && at < r.dmaAddress + r.bytes);
          const bus = up ? at - up.pa + up.dmaAddress : ranges.length === 0 ? at : DMA_MAPPING_ERROR;
          const phys = down ? at - down.dmaAddress + down.pa : ranges.length === 0 ? at : null;
          if (dma.physToDma(at) !== bus || dma.dmaToPhys(at) !== phys) return false;
        }
        return true;
      }),
      { numRuns: 200 },
    );
    dma.setRanges([]);
  });

  it("knows one offset before v5.10 and names what is wrong", () => {
    const { dma } = make({ profile: "v4.4" }).addDevice("disk", { ports: 0 });
    const r = { pa: BASE, dmaAddress: 0, bytes: 4096 };
    dma.setRanges([r]);
    expect(dma.pfnOffset).toBe(BASE / 4096);
    expect(dma.physToDma(BASE + (1 << 20))).toBe(1 << 20); // bounds are not looked at
    expect(() => dma.setRanges([r, r])).toThrow(/one offset per device, got 2 ranges/);
    const newer = make().addDevice("disk", { ports: 0 }).dma;
    expect(() => newer.setRanges([{ ...r, pa: 1 }])).toThrow(/ranges\[0\].pa must be a multiple/);
    expect(() => newer.setRanges([{ ...r, pa: 0xffff_f000, bytes: 8192 }])).toThrow(/beyond 32 bits/);
    expect(() => newer.setRanges(Array.from({ length: 65 }, () => r))).toThrow(/at most 64/);
  });

  it("refuses what lies below memory, as dma_capable with 32-bit addresses does", () => {
    for (const profile of ["v4.4", "v6.1"] as const) {
      const { dma } = make({ profile }).addDevice("disk", { ports: 0 });
      expect(dma.mappingError(dma.mapPage(BASE - 4096, 0, 64, ToDevice))).toBe(profile === "v6.1");
      dma.busLimit = BASE + 4095;
      expect(dma.mappingError(dma.mapPage(BASE, 4090, 6, ToDevice))).toBe(false);
      expect(dma.mappingError(dma.mapPage(BASE, 4090, 7, ToDevice))).toBe(profile === "v6.1");
      expect(dma.mappingError(dma.mapResource(BASE, 4097, ToDevice))).toBe(profile === "v6.1");
    }
  });
});

describe("coherency", () => {
  it("is not changed under live mappings", () => {
    const m = make();
    const { dma } = m.device("fimc0");
    const pa = m.memory.alloc(4096)!;
    for (const [make, end] of [
      [() => dma.mapSingle(pa, 64, ToDevice), () => dma.unmapSingle(pa, 64, ToDevice)],
      [() => dma.alloc(64), () => dma.free(m.allocations()[0]!)],
    ] as const) {
      make();
      for (const value of [true, false]) {
        expect(() => {
          dma.coherent = value;
        }).toThrow(/coherent: the device has 1 live mappings under the present one/);
      }
      expect([dma.coherent, dma.snoops]).toEqual([false, false]);
      end();
    }
    dma.coherent = true;
    expect(dma.snoops).toBe(true);
    expect(() => {
      dma.coherent = 1 as unknown as boolean;
    }).toThrow(TypeError);
  });
});

describe("masks", () => {
  // 64 MiB at 1 GiB: the last byte is 0x43ffffff.
  it.each([
    ["rfc2011", 0, [32, 64], [31, 24]],
    ["v3.6", 0, [32], [31]],
    ["v3.6", 31, [31, 32], [30]],
    ["v3.14", 0, [31, 32, 40], [30, 24]],
    ["v4.4", 0, [31, 64], [30]],
    ["v4.4", 24, [24, 31], [23]],
    ["v6.1", 0, [31, 32], [30]],
    ["v6.1", 24, [24], [23]],
  ] as const)("%s with a DMA zone of %d bits supports %j, not %j", (profile, zone, good, bad) => {
    const m = make({ profile, switches: { SWITCH_DMA_ZONE_BITS: zone } });
    const { dma } = m.device("fimc0");
    for (const bits of good) expect(dma.supported(bits), `${bits}`).toBe(true);
    for (const bits of bad) expect(dma.supported(bits), `${bits}`).toBe(false);
    expect(dma.setMask(bad[0])).toBe(-5);
    expect(dma.setMaskAndCoherent(good[0])).toBe(0);
    if (zone === 0 && profile === "v6.1") {
      const pa = m.memory.alloc(4096)!;
      expect(dma.mappingError(dma.mapSingle(pa, 64, ToDevice))).toBe(false);
    }
  });

  it("want one page more than there is in v3.14 and v4.4: memory that ends with the mask is refused", () => {
    for (const [profile, supported] of [
      ["v3.14", false],
      ["v4.4", false],
      ["v6.1", true],
    ] as const) {
      const m = make({ profile, dram: { base: 0x7000_0000, bytes: 256 << 20 } });
      expect(m.device("fimc0").dma.supported(31), profile).toBe(supported);
    }
  });

  it("of a device registered with dmabounce stay as they are", () => {
    const m = make({ profile: "v3.14" });
    const device = m.device("fimc0");
    device.setOps("bounce");
    expect(device.dma.setMask(24)).toBe(0);
    const pa = m.memory.alloc(4096)!;
    expect(device.dma.mapSingle(pa, 64, ToDevice)).toBe(pa);
  });

  it("required: reaches the last page; 32 bits behind an IOMMU", () => {
    const m = make();
    const device = m.device("fimc0");
    expect(device.dma.requiredMask).toBe(0x7fff_ffff);
    device.dma.pfnOffset = BASE / 4096;
    expect(device.dma.requiredMask).toBe(0x3ff_ffff);
    device.dma.pfnOffset = 0;
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(device);
    expect(device.dma.requiredMask).toBe(0xffff_ffff);
  });
});

describe("limits", () => {
  it("maxMappingSize: the pool's block only where the device must bounce", () => {
    const m = make();
    const device = m.device("fimc0");
    expect(device.dma.maxMappingSize).toBe(Number.POSITIVE_INFINITY);
    device.setOps("bounce", { poolBytes: 1 << 20 });
    expect(device.dma.maxMappingSize).toBe(Number.POSITIVE_INFINITY);
    device.dma.busLimit = BASE + (1 << 20);
    expect(device.dma.maxMappingSize).toBe(256 << 10);
    expect(device.dma.optMappingSize).toBe(256 << 10);
    device.dma.busLimit = 0;
    device.setOps("bounce", { force: true });
    expect(device.dma.maxMappingSize).toBe(256 << 10);
    expect(make({ profile: "v3.14" }).device("fimc0").dma.maxMappingSize).toBe(Number.POSITIVE_INFINITY);
  });

  it("optMappingSize: 128 KiB with the magazines of iova.c, no opinion otherwise", () => {
    const m = make();
    for (const [name, allocator, opt] of [
      ["fimc0", "range-cache", 128 << 10],
      ["fimc1", "range-tree", Number.POSITIVE_INFINITY],
      ["fimc2", "bitmap", Number.POSITIVE_INFINITY],
    ] as const) {
      m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20, allocator }).attach(m.device(name));
      expect(m.device(name).dma.optMappingSize).toBe(opt);
    }
    expect(m.device("fimc0").dma.mergeBoundary).toBe(0);
  });

  it("maxSegSize ends a segment, segBoundary does not: no map_sg here looks at it, dma-debug tells", () => {
    for (const profile of PROFILES) {
      const observer = new DmaDebugObserver();
      const m = make({ profile, observer });
      const { dma } = m.device("fimc0");
      m.iommu.createMapping({ base: 0x2000_0000, size: 4 << 20 }).attach(m.device("fimc0"));
      const pa = m.memory.alloc(8 * 4096)!;
      const list = () =>
        Array.from({ length: 8 }, (_, i) => ({ pa: pa + i * 4096, offset: 0, length: 4096 }));
      expect(dma.mapSg(list(), ToDevice), profile).toBe(1);
      expect(observer.events).toEqual([]);
      dma.segBoundary = 0x3fff;
      expect(dma.mapSg(list(), ToDevice), profile).toBe(1);
      expect(observer.events.map((e) => e.check)).toEqual(["segmentBoundary"]);
      dma.segBoundary = 0xffff_ffff;
      dma.maxSegSize = 3 * 4096;
      expect(dma.mapSg(list(), ToDevice), profile).toBe(3);
    }
  });
});
