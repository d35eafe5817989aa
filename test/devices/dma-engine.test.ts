import { describe, expect, it } from "vitest";
import {
  type BusAccess,
  DmaDirection,
  DmaEngine,
  exynos4210,
  Machine,
  patterns,
  type Scatterlist,
} from "../../src/index.js";

const r = (dmaAddress: number, bytes: number): BusAccess => ({ dmaAddress, bytes, write: false });
const w = (dmaAddress: number, bytes: number): BusAccess => ({ dmaAddress, bytes, write: true });

function make() {
  const machine = Machine.create({ soc: exynos4210, dram: { bytes: 32 << 20 } });
  const g2d = machine.device("g2d");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(g2d);
  const pa = machine.memory.alloc(1 << 20)!;
  const dma = g2d.dma.mapSingle(pa, 1 << 20, DmaDirection.Bidirectional);
  return { machine, g2d, pa, dma };
}

describe("patterns", () => {
  it("linear runs from the first byte to the last", () => {
    expect([...patterns.linear({ address: 0x1000, bytes: 150 })]).toEqual([
      r(0x1000, 64),
      r(0x1040, 64),
      r(0x1080, 22),
    ]);
  });

  it("strided goes up, down or nowhere", () => {
    const at = (stride: number) =>
      [...patterns.strided({ address: 0x1000, bytes: 4, stride, count: 3, write: true })].map(
        (a) => a.dmaAddress,
      );
    expect(at(0x100)).toEqual([0x1000, 0x1100, 0x1200]);
    expect(at(-0x800)).toEqual([0x1000, 0x800, 0]);
    expect(at(0)).toEqual([0x1000, 0x1000, 0x1000]);
  });

  it("twoD takes lines, in bursts where asked", () => {
    const rect = { address: 0x1000, width: 10, height: 2, stride: 0x20 };
    expect([...patterns.twoD(rect)]).toEqual([r(0x1000, 10), r(0x1020, 10)]);
    expect([...patterns.twoD({ ...rect, burst: 8, write: true })]).toEqual([
      w(0x1000, 8),
      w(0x1008, 2),
      w(0x1020, 8),
      w(0x1028, 2),
    ]);
  });

  it("tiled covers the rectangle once, tile by tile", () => {
    const tiled = [
      ...patterns.tiled({ address: 0, width: 10, height: 3, stride: 16, tileWidth: 8, tileHeight: 2 }),
    ];
    expect(tiled).toEqual([r(0, 8), r(16, 8), r(8, 2), r(24, 2), r(32, 8), r(40, 2)]);
  });

  it("nv12mt puts the tiles as the format's figure shows", () => {
    const figure = [
      [0, 1, 6, 7, 8, 9, 14, 15],
      [2, 3, 4, 5, 10, 11, 12, 13],
      [16, 17, 22, 23, 24, 25, 30, 31],
      [18, 19, 20, 21, 26, 27, 28, 29],
      [32, 33, 38, 39, 40, 41, 46, 47],
      [34, 35, 36, 37, 42, 43, 44, 45],
      [48, 49, 50, 51, 52, 53, 54, 55],
    ];
    const accesses = [...patterns.nv12mt({ address: 0x1000, width: 500, height: 200 })];
    expect(accesses).toEqual(figure.flat().map((n) => r(0x1000 + n * 2048, 2048)));
    for (const [columns, rows] of [
      [2, 1],
      [6, 2],
      [10, 5],
    ] as const) {
      const width = columns * 64;
      const all = [...patterns.nv12mt({ address: 0, width, height: rows * 32, burst: 2048, write: true })];
      const places = all.map((a) => a.dmaAddress / 2048).sort((a, b) => a - b);
      expect(places).toEqual([...Array(columns * rows).keys()]);
      expect(all.every((a) => a.write)).toBe(true);
    }
    expect(() => patterns.nv12mt({ address: 0, width: 0, height: 1 })).toThrow(/options\.width/);
    expect(() => patterns.nv12mt({ address: 0xffff_f800, width: 64, height: 1 })).toThrow(/options\.address/);
  });

  it("scatter follows the segments that mapSg made", () => {
    const list: Scatterlist = [
      { pa: 0x4000_0000, offset: 0, length: 100, dmaAddress: 0x2000_0000, dmaLength: 100 },
      { pa: 0x4000_2000, offset: 0, length: 50, dmaAddress: 0x3000_0000, dmaLength: 50 },
      { pa: 0x4000_4000, offset: 0, length: 50, dmaAddress: 0, dmaLength: 0 },
    ];
    expect([...patterns.scatter(list)]).toEqual([r(0x2000_0000, 64), r(0x2000_0040, 36), r(0x3000_0000, 50)]);
    expect(() => patterns.scatter([{ pa: 0, offset: 0, length: 1 }])).toThrow(/list must be mapped/);
  });

  it("random repeats by seed, stays in its range, and writes as often as asked", () => {
    const options = { address: 0x1_0000, range: 0x4000, count: 2000, bytes: 32, writePercent: 25 };
    const a = [...patterns.random({ ...options, seed: 5 })];
    expect([...patterns.random({ ...options, seed: 5 })]).toEqual(a);
    expect([...patterns.random({ ...options, seed: 6 })]).not.toEqual(a);
    expect(a.every((x) => x.dmaAddress >= 0x1_0000 && x.dmaAddress + 32 <= 0x1_4000)).toBe(true);
    expect(a.every((x) => x.dmaAddress % 32 === 0)).toBe(true);
    const writes = a.filter((x) => x.write).length;
    expect(writes).toBeGreaterThan(400);
    expect(writes).toBeLessThan(600);
  });

  it("checks its arguments when it is made", () => {
    const { linear, strided, twoD, tiled, random } = patterns;
    expect(() => linear({ address: -1, bytes: 1 })).toThrow(/options\.address .*-0x1/);
    expect(() => linear({ address: 0xffff_ffff, bytes: 2 })).toThrow(/options\.address must leave room/);
    expect(() => linear(null as never)).toThrow(/options must be an object, got null/);
    expect(() => strided({ address: 0, bytes: 1, stride: -1, count: 2 })).toThrow(/options\.count/);
    expect(() => twoD({ address: 0, width: 8, height: 1, stride: 7 })).toThrow(/options\.stride .*0x7/);
    expect(() => tiled({ address: 0, width: 8, height: 1, tileWidth: 0, tileHeight: 1 })).toThrow(
      /tileWidth/,
    );
    expect(() => random({ address: 0, range: 16, count: 1, bytes: 17 })).toThrow(/options\.bytes/);
    expect(() => random({ address: 0, range: 16, count: 1, bytes: 4, seed: 0 })).toThrow(/options\.seed/);
  });
});

describe("DmaEngine", () => {
  it("counts accesses and bytes, and so does the device", () => {
    const { machine, g2d, dma } = make();
    const engine = new DmaEngine(g2d);
    const before = machine.sysmmu("g2d").statistics().lookups;
    const result = engine.run(machine, patterns.linear({ address: dma, bytes: 1 << 20 }));
    expect(result).toEqual({
      accesses: 16384,
      bytes: 1 << 20,
      readBytes: 1 << 20,
      writeBytes: 0,
      faults: 0,
      busErrors: 0,
      firstFault: null,
    });
    expect(g2d.counters.reads).toBe(16384);
    expect(machine.sysmmu("g2d").statistics().lookups - before).toBe(16384);
  });

  it("runs more accesses than a chunk holds and reports after each", () => {
    const { machine, g2d, dma } = make();
    const told: number[] = [];
    const pattern = patterns.random({ address: dma, range: 1 << 20, count: 150_000, writePercent: 50 });
    const result = new DmaEngine(g2d).run(machine, pattern, { onProgress: (done) => told.push(done) });
    expect(result.accesses).toBe(150_000);
    expect(result.bytes).toBe(150_000 * 64);
    expect(told).toEqual([65536, 131072, 150_000]);
  });

  it("counts the accesses that fault and goes on behind them", () => {
    const { machine, g2d, dma } = make();
    const pattern = patterns.strided({ address: dma + (1 << 20) - 8192, bytes: 64, stride: 4096, count: 4 });
    const result = new DmaEngine(g2d).run(machine, pattern);
    expect(result).toMatchObject({ accesses: 4, bytes: 128, faults: 2, busErrors: 0 });
    expect(machine.sysmmu("g2d").faults().length).toBe(2);
    expect(machine.sysmmu("g2d").interrupt).toBe(false);
  });

  it("names the first fault, however many there are and wherever it is", () => {
    const { machine, g2d, dma } = make();
    const engine = new DmaEngine(g2d);
    const good = (n: number) => Array.from({ length: n }, (_, i) => r(dma + (i % 64) * 64, 64));
    const bad = (n: number) => Array.from({ length: n }, (_, i) => w(0x2300_0000 + i * 4096, 64));
    for (const [before, wrong] of [
      [0, 1],
      [399, 3],
      [400, 5000],
      [70_000, 70_000],
    ] as const) {
      const result = engine.run(machine, [...good(before), ...bad(wrong), ...good(10)]);
      expect(result.faults).toBe(wrong);
      expect(result.firstFault).toMatchObject({ access: before, sysmmu: "g2d" });
      expect(result.firstFault!.fault).toMatchObject({ va: 0x2300_0000, name: "PAGE FAULT", write: true });
    }
    expect(engine.run(machine, good(10)).firstFault).toBe(null);
  });

  it("names the port of the first fault", () => {
    const { machine } = make();
    const mfc = machine.device("mfc");
    machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(mfc);
    const accesses = [
      { ...w(0x2000_4000, 64), port: 1 },
      { ...r(0x2000_0000, 64), port: 0 },
    ];
    const result = new DmaEngine(mfc).run(machine, accesses);
    expect(result.faults).toBe(2);
    expect(result.firstFault).toMatchObject({ access: 0, sysmmu: "mfc_r", fault: { va: 0x2000_4000 } });
  });

  it("moves bytes when told to", () => {
    const { machine, g2d, pa, dma } = make();
    machine.memory.poke(pa, new Uint8Array(256).fill(0xa5));
    const write = () => patterns.linear({ address: dma, bytes: 128, write: true });
    new DmaEngine(g2d).run(machine, write());
    expect(machine.memory.peek(pa, 256).every((v) => v === 0xa5)).toBe(true);
    new DmaEngine(g2d, { moveData: true }).run(machine, write());
    expect(machine.memory.peek(pa, 128).some((v) => v === 0xa5)).toBe(false);
    expect(machine.memory.peek(pa + 128, 128).every((v) => v === 0xa5)).toBe(true);
  });

  it("meets a bus error where there is no memory", () => {
    const { machine } = make();
    const pdma = new DmaEngine(machine.device("pdma0"));
    expect(pdma.run(machine, [r(0x1000, 64)])).toMatchObject({
      accesses: 1,
      bytes: 0,
      faults: 0,
      busErrors: 1,
    });
  });

  it("uses the ports that accesses name", () => {
    const { machine } = make();
    const mfc = machine.device("mfc");
    machine.iommu.createMapping({ base: 0x2000_0000, size: 64 << 20 }).attach(mfc);
    const at = mfc.dma.mapSingle(machine.memory.alloc(4096)!, 4096, DmaDirection.ToDevice);
    new DmaEngine(mfc, { port: 1 }).run(machine, [r(at, 64), { ...r(at, 64), port: 0 }, r(at, 64)]);
    expect(machine.sysmmu("mfc_l").statistics().lookups).toBe(1);
    expect(machine.sysmmu("mfc_r").statistics().lookups).toBe(2);
  });

  it("refuses what it cannot run", () => {
    const { machine, g2d } = make();
    const other = make().machine;
    expect(() => new DmaEngine(g2d).run(other, [])).toThrow(/machine must be the machine of device g2d/);
    expect(() => new DmaEngine(g2d).run(machine, 5 as never)).toThrow(/pattern must be an iterable .* got 5/);
    expect(() => new DmaEngine(g2d).run(machine, [r(0, 0)])).toThrow(/access 0 .* got 0 at 0/);
    expect(() => new DmaEngine(g2d).run(machine, [r(0xffff_ffff, 2)])).toThrow(RangeError);
    expect(() => new DmaEngine(g2d).run(machine, [{ ...r(0, 1), port: 1 }])).toThrow(/access\.port/);
    expect(() => new DmaEngine(g2d, { port: 1 })).toThrow(/options\.port/);
    expect(() => new DmaEngine(g2d, { burst: 48 })).toThrow(
      /options\.burst must be a power of two, got 0x30/,
    );
    expect(() => new DmaEngine(null as never)).toThrow(/device must be a Device of a machine, got null/);
  });
});
