import { describe, expect, it } from "vitest";
import { Combiner, exynos4210, exynos4412 } from "../../src/index.js";

const IESR = 0;
const IECR = 4;
const ISTR = 8;
const IMSR = 12;

function make(soc = exynos4210) {
  const combiner = new Combiner(soc.combiner!);
  const told: [number, boolean][] = [];
  combiner.onOutput = (group, level) => told.push([group, level]);
  return { combiner, told };
}

describe("combiner", () => {
  it("shows raw and masked status at the bit of group and source", () => {
    const { combiner } = make();
    combiner.setLine(5, 2, true); // fimd0: bank 1, byte 1, bit 2
    const bank = 0x10;
    expect(combiner.readUint32(bank + ISTR)).toBe(0x0400);
    expect(combiner.readUint32(bank + IMSR)).toBe(0);
    combiner.writeUint32(bank + IESR, 0x0400);
    expect(combiner.readUint32(bank + IMSR)).toBe(0x0400);
    expect(combiner.readUint32(bank + IESR)).toBe(0x0400);
    expect(combiner.readUint32(bank + IECR)).toBe(0x0400);
    expect(combiner.output(5)).toBe(true);
    expect(combiner.output(4)).toBe(false);
  });

  it("sets and clears single enable bits and keeps the rest", () => {
    const { combiner } = make();
    combiner.writeUint32(IESR, 0x8000_0101);
    combiner.writeUint32(IESR, 0x10);
    combiner.writeUint32(IECR, 0x100);
    expect(combiner.readUint32(IESR)).toBe(0x8000_0011);
    combiner.writeUint32(ISTR, 0xffff_ffff);
    combiner.writeUint32(IMSR, 0xffff_ffff);
    expect(combiner.readUint32(ISTR)).toBe(0);
  });

  it("tells of the output of a group when it changes, and only then", () => {
    const { combiner, told } = make();
    combiner.writeUint32(0x10 + IESR, 0xff);
    combiner.setLine(4, 2, true);
    combiner.setLine(4, 3, true);
    combiner.setLine(4, 2, false);
    expect(told).toEqual([[4, true]]);
    combiner.writeUint32(0x10 + IECR, 0x08);
    expect(told).toEqual([
      [4, true],
      [4, false],
    ]);
    combiner.writeUint32(0x10 + IESR, 0x08);
    combiner.setLine(4, 3, false);
    expect(told.slice(2)).toEqual([
      [4, true],
      [4, false],
    ]);
  });

  it("has no bits for groups that the SoC has not", () => {
    const { combiner } = make({
      ...exynos4210,
      combiner: { base: 0, groups: 18, spis: [...Array(18).keys()] },
    });
    combiner.writeUint32(0x40 + IESR, 0xffff_ffff);
    expect(combiner.readUint32(0x40 + IESR)).toBe(0xffff);
    expect(combiner.bytes).toBe(0x50);
    combiner.writeUint32(0x50 + IESR, 1);
    expect(combiner.readUint32(0x50 + IESR)).toBe(0);
    expect(() => combiner.setLine(18, 0, true)).toThrow(/^group must be in \[0x0, 0x11\], got 0x12$/);
    expect(() => combiner.setLine(17, 8, true)).toThrow(/^source must be/);
    expect(() => combiner.readUint32(2)).toThrow(/^offset must be a multiple of 4/);
    expect(() => combiner.writeUint32(0, -1)).toThrow(/^value must be/);
  });

  it("puts the last groups of Exynos4412 at their SPIs", () => {
    expect(new Combiner(exynos4412.combiner!).spis.slice(15)).toEqual([15, 107, 108, 48, 42]);
    expect(() => new Combiner({ base: 0, groups: 4, spis: [1] })).toThrow(/^description.spis must have 4/);
  });
});
