// The tree allocator and its magazines against the slow list.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builds } from "../cores.js";
import { SlowRanges } from "../model/iova-ranges.js";
import { iovaCore } from "./core.js";

const size = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.constantFrom(1, 2, 4, 32),
  fc.integer({ min: 33, max: 400 }),
);
const limit = fc.constantFrom(0xf_ffff, 0xf_ffff, 0xf_ffff, 0x1fff, 0x0fff, 0x800, 0x1f_ffff);
const op = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant("alloc" as const), size, limit, fc.boolean()) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("free" as const), fc.nat(), limit, fc.boolean()) },
);

describe.each(builds)("range tree, %s", (build) => {
  const { iova } = iovaCore(build);

  it.each(["tree", "magazines", "mixed"] as const)("agrees: %s", (mode) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(op, fc.boolean()), { maxLength: 200, size: "max" }), (steps) => {
        const tree = iova.rbCreate(4096, 16) >>> 0;
        const model = new SlowRanges(4096, 16);
        const live: { pfn: number; size: number; fast: boolean }[] = [];
        for (const [[what, a, limitPfn, flag], coin] of steps) {
          if (what === "alloc") {
            const fast = mode === "magazines" || (mode === "mixed" && coin);
            const pfn = fast
              ? iova.rbAllocFast(tree, a, limitPfn, flag ? 1 : 0) >>> 0
              : iova.rbAlloc(tree, a, limitPfn, flag ? 1 : 0) >>> 0;
            const expected = fast
              ? model.allocFast(a, limitPfn, flag)
              : (model.alloc(a, limitPfn, flag) ?? 0xffff_ffff);
            expect(pfn).toBe(expected);
            if (pfn !== 0 && pfn !== 0xffff_ffff) live.push({ pfn, size: a, fast });
          } else if (live.length > 0) {
            const range = live.splice(a % live.length, 1)[0]!;
            if (range.fast) {
              iova.rbFreeFast(tree, range.pfn, range.size);
              model.freeFast(range.pfn, range.size);
            } else {
              iova.rbFree(tree, range.pfn);
              model.free(range.pfn);
            }
          }
          expect(iova.rbNodes(tree)).toBe(model.ranges.length);
        }
        for (const { lo, hi } of model.ranges) {
          const node = iova.rbFind(tree, lo) >>> 0;
          expect([iova.rbNodeLo(node) >>> 0, iova.rbNodeHi(node) >>> 0]).toEqual([lo, hi]);
        }
        iova.rbFlush(tree);
        model.flush();
        expect(iova.rbNodes(tree)).toBe(model.ranges.length);
        expect(iova.rbCached(tree)).toBe(0);
        iova.rbDestroy(tree);
      }),
      { numRuns: 60 },
    );
  });

  it("agrees when the depot overflows", () => {
    const tree = iova.rbCreate(4096, 1) >>> 0;
    const model = new SlowRanges(4096, 1);
    const live: number[] = [];
    const take = (n: number): void => {
      for (let i = 0; i < n; i++) {
        const pfn = iova.rbAllocFast(tree, 2, 0xf_ffff, 1) >>> 0;
        if (pfn !== model.allocFast(2, 0xf_ffff, true)) throw new Error(`allocation ${i}: ${pfn}`);
        live.push(pfn);
      }
    };
    const give = (n: number): void => {
      for (const pfn of live.splice(0, n)) {
        iova.rbFreeFast(tree, pfn, 2);
        model.freeFast(pfn, 2);
      }
      expect(iova.rbNodes(tree)).toBe(model.ranges.length);
    };
    take(128 * 36);
    give(128 * 36 - 5);
    take(700);
    give(650);
    take(128 * 34);
    expect(iova.rbNodes(tree)).toBe(model.ranges.length);
    iova.rbDestroy(tree);
  });

  it("merges reservations into what they overlap", () => {
    const tree = iova.rbCreate(4096, 1) >>> 0;
    const span = (node: number) => [iova.rbNodeLo(node >>> 0), iova.rbNodeHi(node >>> 0)];
    expect(span(iova.rbReserve(tree, 100, 199))).toEqual([100, 199]);
    expect(span(iova.rbReserve(tree, 120, 130))).toEqual([100, 199]);
    expect(span(iova.rbReserve(tree, 90, 150))).toEqual([90, 199]);
    expect(span(iova.rbReserve(tree, 150, 250))).toEqual([200, 250]);
    expect(span(iova.rbReserve(tree, 50, 300))).toEqual([251, 300]);
    expect([iova.rbNodes(tree), iova.rbPages(tree)]).toEqual([3, 251]);
    expect(iova.rbAlloc(tree, 10, 255, 0)).toBe(40);
    expect(iova.rbFind(tree, 39)).toBe(0);
    iova.rbDestroy(tree);
  });
});
