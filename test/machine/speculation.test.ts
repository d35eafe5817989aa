import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, Machine } from "../../src/index.js";

const { FromDevice } = DmaDirection;

function make(): Machine {
  const m = Machine.create({ soc: exynos4210, dram: { bytes: 16 << 20 } });
  m.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(m.device("fimc0"));
  return m;
}

/** A frame of `size` bytes comes in while the CPU speculates; which bytes the CPU then sees. */
function receive(m: Machine, sync: boolean, speculate: (pa: number, size: number) => void): Uint8Array {
  const size = 4096;
  const device = m.device("fimc0");
  const pa = m.memory.alloc(size)!;
  m.cpu.write(pa, new Uint8Array(size).fill(1));
  const dma = device.dma.mapSingle(pa, size, FromDevice);
  speculate(pa, size);
  device.write(dma, new Uint8Array(size).fill(2));
  if (sync) device.dma.syncSingleForCpu(dma, size, FromDevice);
  const seen = m.cpu.read(pa, size);
  device.dma.unmapSingle(dma, size, FromDevice);
  return seen;
}

const old = (seen: Uint8Array) => seen.filter((b) => b !== 2).length;

describe("speculation", () => {
  it("makes the sync before the CPU looks necessary: without it the CPU sees old bytes", () => {
    expect(old(receive(make(), false, () => {}))).toBe(0); // the map's invalidate was enough: luck
    const m = make();
    const forgotten = receive(m, false, (pa) => expect(m.cpu.speculation.refill(pa + 64, 32)).toBe(1));
    expect(old(forgotten)).toBe(32);
    expect([...forgotten.subarray(64, 96)].every((b) => b !== 2)).toBe(true);
    const n = make();
    expect(old(receive(n, true, (pa, size) => n.cpu.speculation.refill(pa, size)))).toBe(0);
    expect(n.cpu.speculation.refills).toBe(128);
  });

  it("is repeatable by seed", () => {
    const run = (seed: number, sync: boolean) => {
      const m = make();
      let lines = 0;
      const seen = receive(m, sync, (pa, bytes) => {
        lines = m.cpu.speculation.scatter({ seed, lines: 10, pa, bytes });
      });
      expect(lines).toBeGreaterThan(3);
      return { seen, lines };
    };
    const a = run(7, false);
    expect(old(a.seen)).toBe(a.lines * 32);
    expect(run(7, false)).toEqual(a);
    expect(run(8, false).seen).not.toEqual(a.seen);
    expect(old(run(7, true).seen)).toBe(0);
  });

  it("follows CPU accesses at random where it is switched on", () => {
    const run = (seed: number) => {
      const m = make();
      m.cpu.speculation.random(seed, 2);
      const pa = m.memory.alloc(4096)!;
      for (let i = 0; i < 16; i++) m.cpu.read(pa + i * 256, 4);
      m.cpu.speculation.off();
      const before = m.cpu.speculation.refills;
      m.cpu.read(pa + 128, 4);
      expect(m.cpu.speculation.refills).toBe(before);
      return before;
    };
    expect(run(3)).toBeGreaterThan(0);
    expect(run(3)).toBe(run(3));
  });

  it("names wrong arguments", () => {
    const { speculation } = make().cpu;
    expect(() => speculation.refill(0)).toThrow(/not in DRAM/);
    expect(() => speculation.refill(0x4000_0000, 0)).toThrow(/bytes must be in/);
    expect(() => speculation.random(0, 1)).toThrow(/seed must be in/);
    expect(() => speculation.random(1, 0)).toThrow(/odds must be in/);
    expect(() => speculation.scatter({ seed: 0, lines: 1, pa: 0x4000_0000, bytes: 32 })).toThrow(
      /options.seed/,
    );
  });
});
