import { expect, test } from "vitest";
import { type Contender, DisagreementError, measure, median } from "../../bench/harness.js";

const EFFORT = { rounds: 3, atLeast: 3, seconds: 60, warm: 0, tries: 1 };

function contender(name: string, check?: Contender["check"]): Contender {
  const words = new Uint32Array(1 << 12);
  const run = () => {
    for (let i = 0; i < words.length; i++) words[i] = words[i]! + i;
  };
  return check === undefined ? { name, run } : { name, run, check };
}

function point(...contenders: Contender[]) {
  return { name: "sum", unit: "word", operations: 1 << 12, contenders };
}

test("contenders with the same results are measured", async () => {
  const found = await measure(
    "s",
    point(
      contender("a", () => 7),
      contender("b", () => 7),
      contender("c"),
    ),
    EFFORT,
  );
  expect(found.figures.map((f) => f.name)).toEqual(["a", "b", "c"]);
  expect(found.figures[0]!.ratio).toBe(1);
  for (const figure of found.figures) {
    expect(figure.samples).toBe(3);
    expect(figure.nanoseconds).toBeGreaterThan(0);
  }
});

test("another result ends the run and names both", async () => {
  const bad = measure(
    "s",
    point(
      contender("a", () => 7),
      contender("b", () => 8),
    ),
    EFFORT,
  );
  await expect(bad).rejects.toThrow(DisagreementError);
  await expect(bad).rejects.toThrow("s, sum, results: b gives 0x8, a 0x7");
});

test("only results of the same name are compared", async () => {
  const one = contender("a", () => ({ addresses: 1, counters: 2 }));
  const other = contender("b", () => ({ addresses: 1 }));
  const third = contender("c", () => ({ counters: 3 }));
  await measure("s", point(one, other), EFFORT);
  await expect(measure("s", point(one, other, third), EFFORT)).rejects.toThrow(
    "counters: c gives 0x3, a 0x2",
  );
});

test("a contender that times itself counts what it says", async () => {
  const times = { name: "t", cycle: async () => ({ seconds: 0.5, share: 0.2 }) };
  const found = await measure("s", { ...point(), contenders: [times, times] }, EFFORT);
  expect(found.figures[1]).toEqual({
    name: "t",
    nanoseconds: 0.5e9 / (1 << 12),
    ratio: 1,
    samples: 3,
    disturbed: 3,
  });
});

test("median", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});
