import { describe, expect, it } from "vitest";
import { DmaAttr, exynos4210, Machine, type MachineOptions } from "../../src/index.js";

const bytes = (s: string) => new TextEncoder().encode(s);
const text = (b: Uint8Array) => new TextDecoder().decode(b);

function make(options: Partial<MachineOptions> = {}, iommu = true): Machine {
  const m = Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 }, ...options });
  if (iommu) m.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(m.device("fimc0"));
  return m;
}

describe.each([true, false])("linear alias of an uncached buffer (IOMMU %s)", (iommu) => {
  it("mapped: the CPU may use it, sees old bytes, and the buffer is blamed", () => {
    const m = make({}, iommu);
    const device = m.device("fimc0");
    const buffer = device.dma.alloc(8192, 0, { label: "ring" })!;
    const pa = buffer.paOf(0);
    expect(text(m.cpu.read(pa, 3))).toBe("\0\0\0"); // takes the line into the cache
    buffer.write(0, bytes("new"));
    m.cpu.barrier();
    expect(text(device.read(buffer.dmaAddress, 3))).toBe("new");
    expect(text(m.cpu.read(pa, 3))).toBe("\0\0\0"); // the stale copy
    expect(m.cpu.write(pa + 4096, bytes("lost"))).toEqual({ done: 4, status: "ok" });
    expect(text(device.read(buffer.dmaAddress + 4096, 4))).toBe("\0\0\0\0"); // still in the cache
    expect(text(buffer.read(4096, 4))).toBe("\0\0\0\0");
    expect(m.statistics().hazards).toMatchObject({ aliasReads: 2, aliasWrites: 1, aliasFaults: 0 });
    const [finding] = m.findings().filter((f) => f.kind === "alias-access");
    expect(finding).toMatchObject({ count: 3, device: "fimc0", iova: buffer.dmaAddress });
    expect(finding!.mapping).toMatchObject({ label: "ring", kind: "coherent" });
    expect(finding!.message).toContain("2 reads and 1 writes through the linear address");
  });

  it("unmapped: the access is a fault, nothing moves, and the buffer is blamed", () => {
    const m = make({ linearAlias: "unmapped" }, iommu);
    const { dma } = m.device("fimc0");
    const before = m.memory.alloc(4096)!;
    const buffer = dma.allocWritecombine(4096, { label: "frame" })!;
    const pa = buffer.paOf(0);
    buffer.write(0, bytes("new"));
    m.cpu.barrier();
    expect(m.cpu.read(pa, 3)).toHaveLength(0);
    expect(m.cpu.lastAccess).toEqual({ done: 0, status: "fault" });
    expect(m.cpu.write(pa, bytes("bad"))).toEqual({ done: 0, status: "fault" });
    expect(m.cpu.read32(pa)).toBe(0);
    expect(m.cpu.lastAccess.status).toBe("fault");
    m.cpu.write32(pa, 1);
    expect(m.cpu.lastAccess.status).toBe("fault");
    expect(text(m.memory.peek(pa, 3))).toBe("new");
    expect(text(buffer.read(0, 3))).toBe("new");
    expect(m.statistics().hazards).toMatchObject({ aliasReads: 2, aliasWrites: 2, aliasFaults: 4 });
    const [finding] = m.findings();
    expect(finding!.message).toContain("4 of them stopped because the alias is unmapped");
    // Other memory is there, and an access that runs into the buffer gets as far as it.
    if (before + 4096 === pa) expect(m.cpu.read(before + 4000, 200)).toHaveLength(96);
    m.cpu.write32(before, 5);
    expect(m.cpu.lastAccess).toEqual({ done: 4, status: "ok" });
    dma.free(buffer);
    expect(m.cpu.read(pa, 3)).toHaveLength(3); // freed: linear memory again
    expect(m.statistics().hazards.aliasReads).toBe(before + 4096 === pa ? 3 : 2);
  });
});

describe("linear alias", () => {
  it("speculation comes in through it, and only while it is mapped", () => {
    for (const linearAlias of ["mapped", "unmapped"] as const) {
      const m = make({ linearAlias });
      const buffer = m.device("fimc0").dma.alloc(4096)!;
      expect(m.cpu.speculation.refill(buffer.paOf(0), 4096)).toBe(linearAlias === "mapped" ? 128 : 0);
      expect(m.statistics().hazards.aliasReads).toBe(0); // nobody loaded anything
    }
  });

  it("belongs to buffers of every kind but those used through the linear map", () => {
    const m = make({ linearAlias: "unmapped" }, false);
    const { dma } = m.device("fimc0");
    for (const [attrs, atomic, coherent, faults] of [
      [0, false, false, true],
      [0, true, false, true],
      [DmaAttr.NoKernelMapping, false, false, true],
      [0, false, true, false],
    ] as const) {
      dma.coherent = coherent;
      const buffer = dma.alloc(4096, attrs, { atomic })!;
      m.cpu.read(buffer.paOf(0), 4);
      expect(m.cpu.lastAccess.status, `${attrs} ${atomic} ${coherent}`).toBe(faults ? "fault" : "ok");
      dma.free(buffer);
      m.cpu.read(buffer.paOf(0), 4);
      expect(m.cpu.lastAccess.status).toBe("ok");
    }
  });

  it("is watched in the op stream too, and survives a snapshot", () => {
    const m = make({ linearAlias: "unmapped" });
    const { dma, index } = m.device("fimc0");
    const buffer = dma.alloc(4096)!;
    const pa = buffer.paOf(0);
    const touch = Uint32Array.of(13 | (index << 16), 0xffff_ffff, pa, 64);
    m.run(touch);
    expect(m.statistics().hazards).toMatchObject({ aliasReads: 1, aliasFaults: 1 });
    const again = Machine.restore(m.snapshot());
    again.cpu.read(pa, 4);
    expect(again.cpu.lastAccess.status).toBe("fault");
    expect(again.findings()[0]!.count).toBe(2);
    expect(again.findings()[0]!.mapping!.dmaAddress).toBe(buffer.dmaAddress);
    expect(() => make({ linearAlias: "gone" as "mapped" })).toThrow(
      /options.linearAlias must be one of mapped/,
    );
  });

  it("an op stream reaches a buffer through its own address: uncached, no alias", () => {
    const m = make();
    const { index } = m.device("fimc0");
    const record = (op: number, ...words: number[]) => [op | (index << 16), ...words];
    m.run(
      Uint32Array.from([
        ...record(10, 0, 4096, 0),
        ...record(14, 0, 0, 64),
        ...record(13, 0, 64, 64),
        ...record(17, 0, 0, 0),
      ]),
    );
    const { cpu, hazards } = m.statistics();
    expect(cpu.bufferStores).toBeGreaterThan(0);
    expect(cpu.busReads).toBe(8);
    expect(hazards).toMatchObject({ aliasReads: 0, aliasWrites: 0 });
    expect(m.findings()).toEqual([]);
  });
});
