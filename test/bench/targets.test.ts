import { expect, test } from "vitest";
import type { PointResult } from "../../bench/harness.js";
import { targetStands } from "../../bench/targets.js";

function result(suite: string, point: string, figures: Record<string, [number, number]>): PointResult {
  return {
    suite,
    point,
    unit: "op",
    operations: 1,
    figures: Object.entries(figures).map(([name, [nanoseconds, ratio]]) => ({
      name,
      nanoseconds,
      ratio,
      samples: 1,
      disturbed: 0,
    })),
  };
}

function stand(results: readonly PointResult[], area: string, what: RegExp) {
  const quantities = [
    { suite: "machine", point: "p", name: "beyond descriptors", value: 70, unit: "bytes each" },
    { suite: "files", point: "short", name: "peak", value: 100, unit: "MiB" },
    { suite: "files", point: "long", name: "peak", value: 110, unit: "MiB" },
  ];
  const found = targetStands({ results, quantities }).find((t) => t.area === area && what.test(t.what));
  return [found?.value, found?.stands];
}

test("a target without its points is not measured", () => {
  expect(stand([], "walk", /over C/)).toEqual([null, "not measured"]);
});

test("the worst point decides", () => {
  const results = [
    result("walk", "near", { "Wasm batch": [1, 1], "C walk": [2, 2] }),
    result("walk", "far", { "Wasm batch": [1, 1], "C walk": [0.5, 0.5] }),
  ];
  expect(stand(results, "walk", /over C/)).toEqual([2, "missed"]);
  expect(stand(results.slice(0, 1), "walk", /over C/)).toEqual([0.5, "reached"]);
});

test("means are geometric, over points that have the rival", () => {
  const results = [
    result("iova", "W1", { "Wasm batch": [1, 1], "C first fit": [4, 4] }),
    result("iova", "W2", { "Wasm batch": [1, 1], "C first fit": [36, 36] }),
    result("iova", "W3", { "Wasm batch": [1, 1] }),
  ];
  const [value, stands] = stand(results, "iova", /first fit, geometric/);
  expect(value).toBeCloseTo(12);
  expect(stands).toBe("reached");
});

test("what has no bound is told", () => {
  const results = [result("debug", "page", { "debug off": [1, 1], "debug on": [3, 3] })];
  expect(stand(results, "dma-debug", /on over off/)).toEqual([3, "told"]);
});

test("quantities decide too", () => {
  expect(stand([], "memory", /live mapping/)).toEqual([70, "missed"]);
  expect(stand([], "files", /peak memory/)).toEqual([1.1, "reached"]);
});
