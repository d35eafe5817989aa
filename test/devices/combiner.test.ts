import fc from "fast-check";
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

  it("agrees with sets of sources on random writes and lines", () => {
    const groups = 10;
    const step = fc.record({
      register: fc.nat(15),
      value: fc.integer({ min: 0, max: 0xffff_ffff }),
      group: fc.nat(groups - 1),
      source: fc.nat(7),
      level: fc.boolean(),
      line: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const combiner = new Combiner({ base: 0, groups, spis: [...Array(groups).keys()] });
        const enabled = new Set<number>();
        const raised = new Set<number>();
        const up = new Set<number>();
        combiner.onOutput = (group, level) => {
          expect(up.has(group)).toBe(!level);
          if (level) up.add(group);
          else up.delete(group);
        };
        for (const { register, value, group, source, level, line } of steps) {
          if (line) {
            combiner.setLine(group, source, level);
            if (level) raised.add(group * 8 + source);
            else raised.delete(group * 8 + source);
          } else {
            combiner.writeUint32(register * 4, value);
            for (let bit = 0; bit < 32; bit++) {
              const n = (register >> 2) * 32 + bit;
              if (n >= groups * 8 || Math.floor(value / 2 ** bit) % 2 === 0) continue;
              if (register % 4 === 0) enabled.add(n);
              if (register % 4 === 1) enabled.delete(n);
            }
          }
          const word = (bank: number, has: (n: number) => boolean) => {
            let sum = 0;
            for (let bit = 0; bit < 32; bit++) if (has(bank * 32 + bit)) sum += 2 ** bit;
            return sum;
          };
          for (let bank = 0; bank < 4; bank++) {
            const at = bank * 16;
            expect(combiner.readUint32(at + IESR)).toBe(word(bank, (n) => enabled.has(n)));
            expect(combiner.readUint32(at + ISTR)).toBe(word(bank, (n) => raised.has(n)));
            expect(combiner.readUint32(at + IMSR)).toBe(word(bank, (n) => enabled.has(n) && raised.has(n)));
          }
          for (let g = 0; g < groups; g++) {
            const out = [...raised].some((n) => enabled.has(n) && Math.floor(n / 8) === g);
            expect(combiner.output(g)).toBe(out);
            expect(up.has(g)).toBe(out);
          }
        }
      }),
      { seed: 4210, numRuns: 60 },
    );
  });

  it("puts the last groups of Exynos4412 at their SPIs", () => {
    expect(new Combiner(exynos4412.combiner!).spis.slice(15)).toEqual([15, 107, 108, 48, 42]);
    expect(() => new Combiner({ base: 0, groups: 4, spis: [1] })).toThrow(/^description.spis must have 4/);
  });
});
