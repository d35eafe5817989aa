import { describe, expect, it } from "vitest";
import {
  DmaDirection,
  exynos4210,
  failNthSweep,
  INJECTION_KINDS,
  type InjectionKind,
  Machine,
} from "../../src/index.js";

function make(): Machine {
  const m = Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 } });
  m.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(m.device("fimc0"));
  return m;
}

/** A driver that handles every error: maps and allocates, then gives back what it got. */
function driver(m: Machine): void {
  const { dma } = m.device("fimc0");
  const undo: (() => void)[] = [];
  const pa = m.memory.alloc(64 << 10);
  if (pa !== null) undo.push(() => m.memory.free(pa, 64 << 10));
  if (pa !== null) {
    for (const size of [4096, 20000, 64 << 10]) {
      const a = dma.mapSingle(pa, size, DmaDirection.FromDevice);
      if (!dma.mappingError(a)) undo.push(() => dma.unmapSingle(a, size, DmaDirection.FromDevice));
    }
    const list = [
      { pa, offset: 0, length: 4096 },
      { pa: pa + 8192, offset: 0, length: 4096 },
      { pa: pa + 16384, offset: 0x10, length: 100 },
    ];
    if (dma.mapSg(list, DmaDirection.ToDevice) > 0) undo.push(() => dma.unmapSg(list, DmaDirection.ToDevice));
  }
  for (const options of [{}, { atomic: true }]) {
    const buffer = dma.alloc(12288, 0, options);
    if (buffer !== null) undo.push(() => dma.free(buffer));
  }
  for (const step of undo.reverse()) step();
}

describe("fault injection", () => {
  it("is off by default and fails exactly the attempt named", () => {
    const m = make();
    const { dma } = m.device("fimc0");
    const pa = m.memory.alloc(4096)!;
    m.inject.failNth("map", 2);
    expect(dma.mappingError(dma.mapSingle(pa, 4096, DmaDirection.ToDevice))).toBe(false);
    expect(dma.mappingError(dma.mapSingle(pa, 4096, DmaDirection.ToDevice))).toBe(true);
    expect(dma.mappingError(dma.mapSingle(pa, 4096, DmaDirection.ToDevice))).toBe(false);
    expect(m.inject.attempts("map")).toBe(3);
    expect(() => m.inject.failNth("luck" as InjectionKind, 1)).toThrow(/kind must be/);
  });

  it.each(INJECTION_KINDS)(
    "unwinds wherever a %s fails: nothing stays mapped, no IO address, no page",
    (kind) => {
      // Page tables and the atomic pool stay for later: warm the machine up first.
      const warm = () => {
        const m = make();
        driver(m);
        return m;
      };
      const clean = warm();
      const usedAfter = clean.memory.used;
      const result = failNthSweep(
        kind,
        warm,
        (m) => driver(m),
        (m) => {
          expect(m.statistics().live).toBe(0);
          expect(m.device("fimc0").mapping!.usedPages).toBe(0);
          expect(m.memory.used).toBe(usedAfter);
          expect(m.device("fimc0").counters).toMatchObject({ live: 0, liveBytes: 0 });
        },
      );
      // Kinds that this driver never meets: it maps no new tables, creates nothing, bounces nothing.
      const never = ["bounce", "table", "space", "attach"].includes(kind);
      expect(result.runs > 1).toBe(!never);
    },
  );

  it("meets table failures on a cold machine and leaves nothing mapped", () => {
    const result = failNthSweep(
      "table",
      make,
      (m) => driver(m),
      (m) => {
        expect(m.statistics().live).toBe(0);
        expect(m.device("fimc0").mapping!.usedPages).toBe(0);
      },
    );
    expect(result.runs).toBeGreaterThan(1);
  });
});
