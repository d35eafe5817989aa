import { describe, expect, it } from "vitest";
import {
  ATTRIBUTE_CALLS,
  ATTRIBUTE_NAMES,
  type AttributeCall,
  attributeNames,
  DmaAttr,
  DmaDirection,
  exynos4210,
  Machine,
  type MachineOptions,
  type OpsTable,
  PROFILES,
  type Profile,
} from "../../src/index.js";
import { attributeBit } from "../../src/trace/attribute-bits.js";

const { ToDevice, FromDevice } = DmaDirection;
const ALL = 0x3fff;
const { WriteCombine, NoKernelMapping, SkipCpuSync, ForceContiguous, AllocSinglePages } = DmaAttr;
const { NoWarn, Privileged, Mmio } = DmaAttr;

function make(profile: Profile, ops: OpsTable, options: Partial<MachineOptions> = {}): Machine {
  const m = Machine.create({ soc: exynos4210, dram: { bytes: 64 << 20 }, profile, ...options });
  if (ops === "iommu") {
    m.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(m.device("fimc0"));
  } else m.device("fimc0").setOps(ops, { poolBytes: 1 << 20, force: true });
  return m;
}

/** Section 3.2 of the fact sheet, written down again: what each kernel honours, one attribute passed alone. */
function honoured(profile: Profile, ops: OpsTable, call: AttributeCall): number {
  const since = (first: Profile, bits: number) =>
    PROFILES.indexOf(profile) >= PROFILES.indexOf(first) ? bits : 0;
  const iommu = ops === "iommu";
  if (call === "alloc") {
    if (!iommu) return WriteCombine | since("v4.4", NoKernelMapping);
    return (
      WriteCombine |
      since("v3.6", NoKernelMapping) |
      since("v3.14", ForceContiguous) |
      since("v6.1", AllocSinglePages | Privileged | Mmio)
    );
  }
  if (call === "free") return iommu ? since("v3.6", NoKernelMapping) : 0;
  if (call === "mmap") return WriteCombine | (iommu ? since("v3.6", NoKernelMapping) : 0);
  if (call === "mapResource") return iommu ? since("v6.1", Privileged) : 0;
  if (call === "unmapResource") return 0;
  const maps = call === "map" || call === "mapSg";
  if (iommu) return since("v3.6", SkipCpuSync | Mmio) | (maps ? since("v6.1", Privileged) : 0);
  if (ops === "linear") return since("v3.6", SkipCpuSync);
  return since("v6.1", SkipCpuSync | (maps ? NoWarn : 0)); // bounce: dmabounce ignores all
}

describe("attributes without effect", () => {
  const cases = PROFILES.flatMap((p) => (["linear", "iommu", "bounce"] as const).map((o) => [p, o] as const));
  it.each(cases)("%s, %s ops: what is looked at is the fact sheet's, bit by bit", (profile, ops) => {
    const m = make(profile, ops, { coherentMemory: "strongly-ordered" });
    const { dma } = m.device("fimc0");
    for (const call of ATTRIBUTE_CALLS) {
      let effects = 0;
      for (let n = 0; n < 32; n++) effects |= dma.attributeEffects(call, 2 ** n);
      expect(effects >>> 0, call).toBe(honoured(profile, ops, call));
    }
  });

  it("depend on the device and on the other bits", () => {
    const m = make("v6.1", "iommu", { coherentMemory: "strongly-ordered" });
    const { dma } = m.device("fimc0");
    const both = ForceContiguous | AllocSinglePages;
    expect(dma.attributeEffects("alloc", both)).toBe(ForceContiguous);
    expect(dma.attributeEffects("alloc", NoKernelMapping | WriteCombine)).toBe(NoKernelMapping);
    expect(dma.attributeEffects("alloc", ALL, { atomic: true })).toBe(Privileged | Mmio);
    dma.coherent = true;
    expect(dma.attributeEffects("map", SkipCpuSync)).toBe(0);
    // On ARMv7 coherent memory is bufferable already: KyongHo Cho's point of June 2011.
    const a9 = make("v6.1", "iommu").device("fimc0").dma;
    expect(a9.attributeEffects("alloc", WriteCombine)).toBe(0);
    expect(() => a9.attributeEffects("sync" as AttributeCall, 1)).toThrow(/call must be one of alloc/);
  });

  it("are counted where the calls pass them, per call and attribute", () => {
    const m = make("v6.1", "iommu");
    const { dma } = m.device("fimc0");
    const pa = m.memory.alloc(4096)!;
    expect(m.statistics().idleAttributes).toEqual([]);
    for (let n = 0; n < 3; n++) {
      const a = dma.mapSingle(pa, 64, ToDevice, DmaAttr.WeakOrdering | SkipCpuSync);
      dma.unmapSingle(a, 64, ToDevice, Privileged);
    }
    const list = [{ pa, offset: 0, length: 64 }];
    dma.mapSg(list, FromDevice, (ForceContiguous | 0x8000_0000 | 0x2_0000) >>> 0);
    dma.unmapSg(list, FromDevice);
    const buffer = dma.alloc(4096, WriteCombine | ForceContiguous)!;
    dma.free(buffer);
    const r = dma.mapResource(0x1140_0000, 4096, ToDevice, SkipCpuSync);
    dma.unmapResource(r, 4096, ToDevice, SkipCpuSync);
    expect(m.statistics().idleAttributes).toEqual([
      { call: "alloc", attribute: "WRITE_COMBINE", count: 1 },
      { call: "map", attribute: "WEAK_ORDERING", count: 3 },
      { call: "unmap", attribute: "PRIVILEGED", count: 3 },
      { call: "mapSg", attribute: "FORCE_CONTIGUOUS", count: 1 },
      { call: "mapSg", attribute: "bits 15 and above", count: 2 },
      { call: "mapResource", attribute: "SKIP_CPU_SYNC", count: 1 },
      { call: "unmapResource", attribute: "SKIP_CPU_SYNC", count: 1 },
      { call: "free", attribute: "WRITE_COMBINE", count: 1 },
      { call: "free", attribute: "FORCE_CONTIGUOUS", count: 1 },
    ]);
    expect(ATTRIBUTE_NAMES[5]).toBe("SKIP_CPU_SYNC");
  });

  it("have the names and numbers of the fact sheet, 3.1, and traces are read with them", () => {
    const names = Object.keys(DmaAttr);
    expect(Object.values(DmaAttr)).toEqual(names.map((_, n) => 2 ** n));
    expect([names.length, ATTRIBUTE_NAMES.length]).toEqual([14, 14]);
    expect([DmaAttr.CpuCacheClean, DmaAttr.RequireCoherent, DmaAttr.CcShared]).toEqual([
      0x800, 0x1000, 0x2000,
    ]);
    for (const [n, name] of ATTRIBUTE_NAMES.entries()) {
      const bytes = new TextEncoder().encode(`x${name}y`);
      expect([name, attributeBit(bytes, 1, bytes.length - 1)]).toEqual([name, 2 ** n]);
    }
    expect(attributeNames(0xf801)).toBe("WRITE_BARRIER|CACHELINES_OVERLAP|REQUIRE_COHERENT|CC_SHARED|0xc000");
  });

  it("count bits younger than the profile by name, and bit 14 apart from those above", () => {
    const m = make("v6.1", "linear");
    const { dma } = m.device("fimc0");
    dma.mapSingle(m.memory.alloc(4096)!, 64, ToDevice, 0xc000_f800);
    expect(m.statistics().idleAttributes).toEqual([
      { call: "map", attribute: "CACHELINES_OVERLAP", count: 1 },
      { call: "map", attribute: "REQUIRE_COHERENT", count: 1 },
      { call: "map", attribute: "CC_SHARED", count: 1 },
      { call: "map", attribute: "bit 14", count: 1 },
      { call: "map", attribute: "bits 15 and above", count: 3 },
    ]);
  });

  it("are none of those that do something: a skipped sync shows in the bytes where it is honoured", () => {
    for (const profile of PROFILES) {
      for (const ops of ["linear", "iommu"] as const) {
        const m = make(profile, ops);
        const device = m.device("fimc0");
        const pa = m.memory.alloc(8192)!;
        m.cpu.write(pa + 4096, new Uint8Array(64).fill(7));
        // Not the first page: IO address 0 has a quirk of its own, here the base is not 0.
        const a = device.dma.mapSingle(pa + 4096, 64, ToDevice, SkipCpuSync);
        const honours = device.dma.attributeEffects("map", SkipCpuSync) !== 0;
        expect(m.memory.peek(pa + 4096, 1)[0], `${profile} ${ops}`).toBe(honours ? 0 : 7);
        expect(m.statistics().idleAttributes.length).toBe(honours ? 0 : 1);
        device.dma.unmapSingle(a, 64, ToDevice);
      }
    }
  });
});
