// Word classes against a row of cells: same position for every request, whatever its alignment.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builds } from "../cores.js";
import { SlowRow } from "../model/iova.js";
import { iovaCore } from "./core.js";

const NONE = -1;

const count = fc.oneof(
  { weight: 3, arbitrary: fc.constant(1) },
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 3, arbitrary: fc.integer({ min: 20, max: 130 }) },
  { weight: 2, arbitrary: fc.integer({ min: 128, max: 300 }) },
  { weight: 1, arbitrary: fc.integer({ min: 257, max: 1500 }) },
);
const op = fc.oneof(
  // Aligned to the own order, up to 256 pages: what kernels ask for.
  { weight: 8, arbitrary: fc.record({ op: fc.constant("kernel" as const), count }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("alloc" as const),
      count,
      order: fc.integer({ min: 0, max: 11 }),
      base: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 4096 })),
    }),
  },
  { weight: 7, arbitrary: fc.record({ op: fc.constant("free" as const), pick: fc.nat() }) },
  // Frees of anything, taken or not, and reservations.
  { weight: 1, arbitrary: fc.record({ op: fc.constant("clear" as const), at: fc.nat(), count }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("reserve" as const), at: fc.nat(), count }) },
);

describe.each(builds)("word classes, %s", (build) => {
  const { iova } = iovaCore(build);

  it.each([
    [1, 0],
    [32, 0],
    [33, 0],
    [64, 0],
    [320, 0],
    [4096, 0],
    [5000, 0],
    [12_345, 0],
    [3 * 4096, 4096],
  ])("place %i pages as a flat search does (window %i)", (pages, window) => {
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 150, size: "max" }), (ops) => {
        const row = new SlowRow(pages);
        const block = iova.wcCreatePart(pages, pages, window) >>> 0;
        const live: { first: number; count: number }[] = [];
        const take = (n: number, order: number, base: number): void => {
          const expected = row.find(n, order, base, window === 0 ? undefined : window);
          expect(iova.wcAllocBased(block, n, order, base) | 0).toBe(expected);
          if (expected === NONE) return;
          row.fill(expected, n, 1);
          live.push({ first: expected, count: n });
        };
        for (const step of ops) {
          if (step.op === "kernel") take(step.count, Math.min(8, Math.ceil(Math.log2(step.count))), 0);
          else if (step.op === "alloc") take(step.count, step.order, step.base);
          else if (step.op === "free") {
            if (live.length === 0) continue;
            const [range] = live.splice(step.pick % live.length, 1);
            const { first, count: n } = range!;
            expect(iova.wcFree(block, first, n)).toBe(row.fill(first, n, 0));
          } else {
            const at = step.at % pages;
            const n = Math.min(step.count, pages - at);
            if (step.op === "clear") expect(iova.wcFree(block, at, n)).toBe(row.fill(at, n, 0));
            else {
              const free = row.taken.subarray(at, at + n).every((cell) => cell === 0);
              expect(iova.wcReserve(block, at, n) !== 0).toBe(free);
              if (free) row.fill(at, n, 1);
            }
          }
          expect(iova.wcUsed(block)).toBe(row.used);
        }
        expect(iova.wcLowest(block) | 0).toBe(row.taken.indexOf(0));
        for (let page = 0; page < pages; page++) {
          if (iova.wcIsFree(block, page) !== 1 - row.taken[page]!) throw new Error(`page ${page} differs`);
        }
        iova.wcDestroy(block);
      }),
      { numRuns: pages > 4096 ? 25 : 60 },
    );
  });

  it("fills and empties page by page", () => {
    const block = iova.wcCreate(4160) >>> 0;
    for (let page = 0; page < 4160; page++) expect(iova.wcAlloc(block, 1, 0)).toBe(page);
    expect(iova.wcAlloc(block, 1, 0) | 0).toBe(NONE);
    // A ring: the page that comes back is the next one handed out.
    for (let turn = 0; turn < 5000; turn++) {
      const page = (turn * 7) % 4160;
      iova.wcFree(block, page, 1);
      expect(iova.wcAlloc(block, 1, 0)).toBe(page);
    }
    for (let page = 4159; page >= 0; page--) expect(iova.wcFree(block, page, 1)).toBe(1);
    expect(iova.wcFree(block, 0, 1)).toBe(0);
    expect(iova.wcUsed(block)).toBe(0);
    expect(iova.wcAlloc(block, 4160, 8)).toBe(0);
    iova.wcDestroy(block);
  });

  it("takes nothing that is not there yet", () => {
    const block = iova.wcCreatePart(8192, 4096, 4096) >>> 0;
    expect(iova.wcAlloc(block, 4000, 8)).toBe(0);
    expect(iova.wcAlloc(block, 97, 0) | 0).toBe(NONE);
    iova.wcExtend(block, 4096, 4096);
    expect(iova.wcAlloc(block, 97, 0)).toBe(4096);
    expect(iova.wcAlloc(block, 96, 0)).toBe(4000);
    expect(iova.wcAlloc(block, 4097, 8) | 0).toBe(NONE);
    expect(iova.wcUsed(block)).toBe(4193);
    iova.wcDestroy(block);
  });

  it("serves a space of 2^20 pages", () => {
    const pages = 2 ** 20;
    const block = iova.wcCreate(pages) >>> 0;
    expect(iova.wcAlloc(block, pages, 20)).toBe(0);
    expect(iova.wcAlloc(block, 1, 0) | 0).toBe(NONE);
    iova.wcFree(block, pages - 3, 3);
    expect(iova.wcAlloc(block, 2, 1)).toBe(pages - 2);
    iova.wcFree(block, 2 ** 19, 2 ** 18);
    expect(iova.wcAlloc(block, 2 ** 17 + 5, 18)).toBe(2 ** 19);
    expect(iova.wcAlloc(block, 300, 9)).toBe(2 ** 19 + 2 ** 17 + 512);
    iova.wcDestroy(block);
  });
});
