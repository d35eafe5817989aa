import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  DMA_MAPPING_ERROR,
  DmaAttr,
  DmaDirection,
  exynos4210,
  exynos4412,
  IommuError,
  Machine,
  type MachineOptions,
  SnapshotError,
} from "../../src/index.js";
import { type Build, builds } from "../cores.js";

const cores = Object.fromEntries(
  builds.map((build) => [build, new WebAssembly.Module(readFileSync(`build/${build}.wasm`))]),
) as Record<Build, WebAssembly.Module>;

function machineOf(build: Build, options: Partial<MachineOptions> = {}): Machine {
  return Machine.create({
    soc: exynos4210,
    dram: { base: 0x4000_0000, bytes: 32 << 20 },
    core: cores[build],
    ...options,
  });
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (s: string) => new TextEncoder().encode(s);

describe.each(builds)("machine on the %s core", (build) => {
  it("lets a master read what the CPU wrote, through IO addresses and caches", () => {
    const m = machineOf(build);
    const fimc0 = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(fimc0);
    const pa = m.memory.alloc(8192)!;
    m.cpu.write(pa, bytesOf("pixels"));
    expect(text(m.memory.peek(pa, 6))).not.toBe("pixels");
    const dma = fimc0.dma.mapSingle(pa, 8192, DmaDirection.ToDevice);
    expect(dma).toBe(0x2000_0000);
    expect(fimc0.dma.mappingError(dma)).toBe(false);
    expect(text(fimc0.read(dma, 6))).toBe("pixels");
    fimc0.dma.unmapSingle(dma, 8192, DmaDirection.ToDevice);
    expect(m.liveMappings()).toEqual([]);
    expect(m.deadMappings()).toHaveLength(1);
  });

  it("shows old bytes to the CPU until the sync", () => {
    const m = machineOf(build);
    const fimc0 = m.device("fimc0");
    m.iommu.createMapping().attach(fimc0);
    const pa = m.memory.alloc(4096)!;
    m.cpu.write(pa, bytesOf("old data"));
    const dma = fimc0.dma.mapSingle(pa, 4096, DmaDirection.FromDevice);
    m.cpu.read(pa, 8); // too early: takes the line back into the cache
    fimc0.write(dma, bytesOf("new data"));
    expect(text(m.cpu.read(pa, 8))).not.toBe("new data");
    // IO address 0 is the first one of a mapping at 0: the kernel never syncs it.
    const second = fimc0.dma.mapSingle(pa, 4096, DmaDirection.FromDevice);
    fimc0.write(second, bytesOf("new data"));
    fimc0.dma.syncSingleForCpu(second, 4096, DmaDirection.FromDevice);
    expect(text(m.cpu.read(pa, 8))).toBe("new data");
  });

  it("stops a master at an address nobody mapped and blames the last holder", () => {
    const m = machineOf(build);
    const fimc0 = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(fimc0);
    const levels: boolean[] = [];
    const mmu = m.sysmmu("fimc0");
    mmu.onInterrupt = (level) => levels.push(level);
    const pa = m.memory.alloc(4096)!;
    const dma = fimc0.dma.mapSingle(pa, 4096, DmaDirection.FromDevice, 0, "capture");
    fimc0.dma.unmapSingle(dma, 4096, DmaDirection.FromDevice);
    expect(fimc0.write(dma, new Uint8Array(64))).toEqual({ done: 0, status: "fault" });
    expect(levels).toEqual([true]);
    const [finding] = m.findings();
    expect(finding).toMatchObject({ kind: "fault", device: "fimc0", iova: dma });
    expect(finding!.mapping).toMatchObject({ label: "capture", id: 1 });
    expect(finding!.message).toContain("used after unmap");
    fimc0.abort();
    mmu.writeUint32(0x1c, mmu.readUint32(0x18));
    expect(levels).toEqual([true, false]);
    const before = m.snapshot();
    const told = m.explain(fimc0, dma);
    expect(told.holder).toBeNull();
    expect(told.lastHolder!.label).toBe("capture");
    // The exchange area of the explanation is not the machine's state.
    const wipe = (bytes: Uint8Array) => bytes.length;
    expect(wipe(m.snapshot())).toBeGreaterThanOrEqual(wipe(before));
  });

  it("answers guest shortages with values and leaves the machine as it was", () => {
    const m = machineOf(build);
    const fimc0 = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 64 << 10 }).attach(fimc0);
    const pa = m.memory.alloc(128 << 10)!;
    const used = m.memory.used;
    // The bitmap is rounded up to 32 pages: 128 KiB of IO addresses where 64 were asked for.
    expect(fimc0.dma.mapSingle(pa, 128 << 10, DmaDirection.ToDevice)).toBe(0x2000_0000);
    expect(fimc0.dma.mapSingle(pa, 128 << 10, DmaDirection.ToDevice)).toBe(DMA_MAPPING_ERROR);
    expect(m.memory.alloc(64 << 20)).toBeNull();
    expect(fimc0.dma.alloc(64 << 20)).toBeNull();
    expect(m.memory.used - used).toBeLessThanOrEqual(8192); // page tables of the first map
    expect(fimc0.counters).toMatchObject({ maps: 1, mapErrors: 1, allocErrors: 1, live: 1 });
    const list = [{ pa, offset: 0, length: 4096 }];
    expect(fimc0.dma.mapSg(list, DmaDirection.ToDevice)).toBe(0);
    expect(fimc0.dma.mapSgtable(list, DmaDirection.ToDevice)).toBeLessThan(0);
  });

  it("maps lists, merges, syncs and unmaps them", () => {
    const m = machineOf(build);
    const fimc0 = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(fimc0);
    const a = m.memory.alloc(4096)!;
    m.memory.alloc(4096);
    const b = m.memory.alloc(4096)!;
    const list = [
      { pa: a, offset: 0x200, length: 0xe00 },
      { pa: b, offset: 0, length: 100 },
    ] as Parameters<typeof fimc0.dma.mapSg>[0];
    m.cpu.write(b, bytesOf("tail"));
    expect(fimc0.dma.mapSg(list, DmaDirection.Bidirectional)).toBe(1);
    expect(list[0]).toMatchObject({ dmaAddress: 0x2000_0200, dmaLength: 0xe00 + 100 });
    expect(list[1]!.dmaLength).toBe(0);
    expect(text(fimc0.read(0x2000_1000, 4))).toBe("tail");
    fimc0.dma.syncSgForCpu(list, DmaDirection.Bidirectional);
    fimc0.dma.unmapSg(list, DmaDirection.Bidirectional);
    expect(m.statistics().live).toBe(0);
  });

  it("allocates coherent memory that both sides see, and refuses a second free", () => {
    const m = machineOf(build);
    const fimc0 = m.device("fimc0");
    m.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(fimc0);
    const buffer = fimc0.dma.allocCoherent(10000)!;
    expect(buffer.memoryType).toBe("bufferable");
    buffer.write(4090, bytesOf("across a page"));
    m.cpu.barrier();
    expect(text(fimc0.read(buffer.dmaAddress + 4090, 13))).toBe("across a page");
    expect(text(buffer.read(4090, 13))).toBe("across a page");
    fimc0.dma.free(buffer);
    expect(() => fimc0.dma.free(buffer)).toThrow(/freed before/);
    expect(() => buffer.read(0, 1)).toThrow(/freed before/);
    const cookie = fimc0.dma.alloc(4096, DmaAttr.NoKernelMapping)!;
    expect(cookie.cpu).toBe("cookie");
    expect(() => cookie.write32(0, 1)).toThrow(/cookie/);
  });

  it("keeps a block for a single byte, wherever it lies", () => {
    const m = machineOf(build, { dram: { base: 0x4000_0000, bytes: 1 << 20 } });
    const block = 0x4008_0000;
    const offsets = [...Array(128).keys(), 65535 - 127, 65535 - 16, 65535];
    const sizes = new Set<number>();
    for (const offset of offsets) {
      m.memory.poke(block + offset, Uint8Array.of(0x80));
      const saved = m.snapshot();
      sizes.add(saved.length);
      expect(Machine.restore(saved, { core: cores[build] }).memory.peek(block + offset, 1)[0]).toBe(0x80);
      m.memory.poke(block + offset, Uint8Array.of(0));
    }
    expect(sizes.size).toBe(1);
    expect(m.snapshot().length).toBe([...sizes][0]! - 65536);
  });

  it("continues from a snapshot as if nothing had been", () => {
    const run = (m: Machine) => {
      const fimc0 = m.device("fimc0");
      const out: number[] = [];
      for (let i = 0; i < 20; i++) {
        const pa = m.memory.alloc(4096 * (1 + (i % 3)))!;
        const dma = fimc0.dma.mapSingle(pa, 4096 * (1 + (i % 3)), DmaDirection.Bidirectional);
        fimc0.read(dma, 64);
        out.push(pa, dma);
        if (i % 4 === 1) fimc0.dma.unmapSingle(dma, 4096 * (1 + (i % 3)), DmaDirection.Bidirectional);
      }
      return { out, statistics: m.statistics(), tlb: m.sysmmu("fimc0").statistics() };
    };
    const a = machineOf(build);
    a.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(a.device("fimc0"));
    run(a);
    const bytes = a.snapshot();
    const b = Machine.restore(bytes, { core: cores[build] });
    expect(b.device("fimc0").mapping!.references).toBe(2);
    expect(run(b)).toEqual(run(a));
    expect(b.liveMappings()).toEqual(a.liveMappings());
  });

  it("keeps two machines apart", () => {
    const a = machineOf(build);
    const b = machineOf(build, { soc: exynos4412, dram: { bytes: 16 << 20 } });
    const pa = a.memory.alloc(4096)!;
    const pb = b.memory.alloc(4096)!;
    a.cpu.write(pa, bytesOf("a"));
    b.cpu.write(pb, bytesOf("b"));
    expect(text(a.cpu.read(pa, 1))).toBe("a");
    expect(text(b.cpu.read(pb, 1))).toBe("b");
    a.iommu.createMapping().attach(a.device("fimc0"));
    expect(b.device("fimc0").mapping).toBeNull();
    expect(b.statistics().seq).toBe(0);
    a.dispose();
    expect(text(b.cpu.read(pb, 1))).toBe("b");
  });

  it("counts references of mappings as arm_iommu does", () => {
    const m = machineOf(build);
    const mapping = m.iommu.createMapping({ size: 1 << 20 });
    const used = m.memory.used;
    mapping.attach(m.device("fimc0"));
    mapping.attach(m.device("fimc1"));
    expect(mapping.references).toBe(3);
    expect(() => mapping.attach(m.device("fimc0"))).toThrow(IommuError);
    mapping.release();
    expect(() => mapping.release()).toThrow(/released before/);
    mapping.detach(m.device("fimc0"));
    expect(() => mapping.detach(m.device("fimc0"))).toThrow(/not attached/);
    mapping.detach(m.device("fimc1"));
    expect(mapping.references).toBe(0);
    expect(m.memory.used).toBeLessThan(used + 1);
    expect(() => mapping.attach(m.device("fimc0"))).toThrow(/freed/);
    expect(() => m.iommu.createMapping({ size: 2 ** 33 })).toThrow(IommuError);
  });
});

describe("bad input", () => {
  const m = machineOf("release");
  const fimc0 = m.device("fimc0");

  it.each([
    ["a missing SoC", () => Machine.create({} as MachineOptions), /options\.soc/],
    ["no options", () => Machine.create(null as unknown as MachineOptions), /options must be/],
    ["too little DRAM", () => machineOf("release", { dram: { bytes: 65536 } }), /1 MiB .* to 2 GiB/],
    ["too much DRAM", () => machineOf("release", { dram: { bytes: 2 ** 32 } }), /1 MiB .* to 2 GiB/],
    ["DRAM not a number", () => machineOf("release", { dram: { bytes: Number.NaN } }), /must be a number/],
    [
      "a base not aligned",
      () => machineOf("release", { dram: { base: 0x4000_1000 } }),
      /options\.dram\.base/,
    ],
    ["DRAM beyond 32 bits", () => machineOf("release", { dram: { base: 0xfff0_0000 } }), /beyond 32 bits/],
    ["an unknown profile", () => machineOf("release", { profile: "v9" as "v6.1" }), /options\.profile/],
    ["an unknown device", () => m.device("fimc9"), /fimc0/],
    ["an unknown SysMMU", () => m.sysmmu("gpu"), /fimc0/],
    ["a negative size", () => fimc0.dma.mapSingle(0x4000_0000, -1, 1), /size/],
    ["a size of 0", () => fimc0.dma.mapSingle(0x4000_0000, 0, 1), /size/],
    ["a pa beyond 32 bits", () => fimc0.dma.mapSingle(2 ** 32, 64, 1), /pa must be in/],
    ["a page not aligned", () => fimc0.dma.mapPage(0x4000_0010, 0, 64, 1), /page must be a multiple/],
    ["direction None", () => fimc0.dma.mapSingle(0x4000_0000, 64, DmaDirection.None), /direction/],
    ["no direction", () => fimc0.dma.mapSingle(0x4000_0000, 64, undefined as unknown as 1), /direction/],
    ["a list that is none", () => fimc0.dma.mapSg("x" as unknown as [], 1), /list must be an array/],
    ["an empty list", () => fimc0.dma.mapSg([], 1), /1 to 16384/],
    ["a bad entry", () => fimc0.dma.mapSg([{ pa: 1, offset: 0, length: 1 }], 1), /list\[0\]\.pa/],
    ["memory not in DRAM", () => m.cpu.read(0, 4), /not in DRAM/],
    ["a word not aligned", () => m.cpu.read32(0x4000_0002), /multiple of 0x4/],
    ["bytes that are none", () => m.cpu.write(0x4000_0000, "x" as unknown as Uint8Array), /Uint8Array/],
    ["a register offset", () => m.sysmmu("fimc0").readUint32(2), /multiple of 4/],
    ["records of odd length", () => m.run(new Uint8Array(15)), /16-byte records/],
    ["an unknown op", () => m.run(new Uint32Array([99, 0, 0, 0])), /record 0 is malformed/],
    ["a device beyond the last", () => m.run(new Uint32Array([(9999 << 16) | 2, 0, 0, 0])), /record 0/],
    ["a port it has not", () => fimc0.read(0, 4, 3), /port/],
    ["snapshot of nothing", () => Machine.restore(new Uint8Array(4)), SnapshotError],
    ["bytes too short", () => Machine.restore(m.snapshot().subarray(0, 200)), SnapshotError],
  ])("%s is refused with a sentence", (_name, call, message) => {
    expect(call).toThrow(message);
  });

  it.each([
    ["0 is malformed: 99 is no op (0x63 0x0 0x0 0x0)", [[99, 0, 0, 0]]],
    ["0 is malformed: map: device 9999 is not declared", [[(9999 << 16) | 2, 0, 0, 0]]],
    [
      "1 is malformed: map: dir=3, a map has 0 (both ways), 1 (to device) or 2",
      [
        [0, 0, 0, 0],
        [0x302, 0, 0, 64],
      ],
    ],
    ["0 is malformed: reg-read: dev=63, this machine has System MMUs 0 to ", [[(63 << 16) | 18, 0, 0, 0]]],
    ["0 is malformed: sg-begin: nents=16385, a list has at most 16384 entries", [[4, 1, 16385, 0]]],
    [
      "2 is malformed: sg-entry: the list was to have 1 entries, this is one more",
      [
        [4, 1, 1, 0],
        [5, 0x4000_0000, 64, 0],
        [5, 0x4000_1000, 64, 0],
      ],
    ],
    [
      "2 is malformed: sg-end: the list was to have 2 entries, 1 are there",
      [
        [4, 1, 2, 0],
        [5, 0x4000_0000, 64, 0],
        [6, 1, 0, 0],
      ],
    ],
    [
      "1 is malformed: sg-end: handle=0x2, the open list is handle=0x1",
      [
        [4, 1, 0, 0],
        [6, 2, 0, 0],
      ],
    ],
    ["0 is malformed: sg-entry: no list is open (sg-begin) in these records", [[5, 0x4000_0000, 64, 0]]],
  ] as const)("record %s", (message, records) => {
    const fresh = machineOf("release");
    const words = Uint32Array.from(records.flat());
    expect(() => fresh.run(words)).toThrow(RangeError);
    expect(() => machineOf("release").run(words)).toThrow(`record ${message}`);
    // Bytes at an odd address say the same.
    const odd = new Uint8Array(words.byteLength + 1);
    odd.set(new Uint8Array(words.buffer), 1);
    expect(() => machineOf("release").run(odd.subarray(1))).toThrow(`record ${message}`);
  });

  it("names the disposed machine", () => {
    const gone = machineOf("release");
    const device = gone.device("fimc0");
    gone.dispose();
    gone.dispose();
    expect(() => gone.memory.alloc(4096)).toThrow(/disposed/);
    expect(() => device.dma.mapSingle(0x4000_0000, 64, 1)).toThrow(/disposed/);
    expect(() => gone.iommu.createMapping()).toThrow(/disposed/);
  });

  it("refuses devices and allocations of others", () => {
    const other = machineOf("release");
    expect(() => m.iommu.createMapping().attach(other.device("fimc0"))).toThrow(/another machine/);
    const buffer = fimc0.dma.alloc(4096)!;
    expect(() => m.device("fimc1").dma.free(buffer)).toThrow(/another device/);
  });
});
