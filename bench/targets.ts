// What the core is to reach, and where it stands. Values come from the points measured in this run;
// a target whose points were not measured says so. Ratios, never absolute times, where both exist.

import { WASM_BASE64 } from "../src/core/wasm-base64.js";
import {
  between,
  cycle,
  figure,
  geometricMean,
  least,
  most,
  nanoseconds,
  overNative,
  perSecond,
  pick,
  quantity,
  quotient,
  ratios,
} from "./figures.js";
import type { PointResult } from "./harness.js";
import type { QuantityResult } from "./suite.js";

/** Points and quantities of a run. */
interface Measured {
  readonly results: readonly PointResult[];
  readonly quantities: readonly QuantityResult[];
}

/** One target and how to read its value out of the results; null: not measured. */
interface Target {
  readonly area: string;
  /** What is compared. */
  readonly what: string;
  /** The bound; null where the figure is told and nothing is asked of it. */
  readonly bound: number | null;
  /** Whether the value must be at least or at most the bound. */
  readonly sense: ">=" | "<=";
  readonly unit: string;
  value(results: readonly PointResult[], quantities: readonly QuantityResult[]): number | null;
}

/** A target with its value. */
export interface TargetStand {
  readonly area: string;
  readonly what: string;
  readonly target: string;
  readonly value: number | null;
  readonly unit: string;
  readonly stands: "reached" | "missed" | "told" | "not measured";
}

const TARGETS: readonly Target[] = [
  {
    area: "iova",
    what: "kernel placement against C first fit, geometric mean",
    bound: 12,
    sense: ">=",
    unit: "x",
    value: (all) => geometricMean(ratios(pick(all, "iova"), "C first fit")),
  },
  {
    area: "iova",
    what: "kernel placement against C first fit, worst workload",
    bound: 1,
    sense: ">=",
    unit: "x",
    value: (all) => least(ratios(pick(all, "iova"), "C first fit")),
  },
  {
    area: "iova",
    what: "own placement against C tree + magazines, geometric mean",
    bound: 5,
    sense: ">=",
    unit: "x",
    value: (all) => geometricMean(between(pick(all, "iova"), "C tree + magazines", "Wasm own placement")),
  },
  {
    area: "iova",
    what: "own placement against C tree + magazines, worst workload",
    bound: 1,
    sense: ">=",
    unit: "x",
    value: (all) => least(between(pick(all, "iova"), "C tree + magazines", "Wasm own placement")),
  },
  {
    area: "translate",
    what: "time over C of the same TLB, worst point",
    bound: 1.3,
    sense: "<=",
    unit: "x",
    value: (all) => overNative(pick(all, "translate"), "C TLB"),
  },
  {
    area: "translate",
    what: "against plain TypeScript, worst point",
    bound: 2,
    sense: ">=",
    unit: "x",
    value: (all) => least(ratios(pick(all, "translate"), "TypeScript TLB")),
  },
  {
    area: "translate",
    what: "misses against a growing C hash table emptied when full, worst point",
    bound: 20,
    sense: ">=",
    unit: "x",
    value: (all) => least(ratios(pick(all, "translate", /^(miss|walk)/), "C growing hash table")),
  },
  {
    area: "translate",
    what: "misses against a lean C hash table of fixed size, worst point",
    bound: null,
    sense: ">=",
    unit: "x",
    value: (all) => least(ratios(pick(all, "translate", /^(miss|walk)/), "C hash table")),
  },
  {
    area: "translate",
    what: "one call each over the batch, worst point",
    bound: 6,
    sense: "<=",
    unit: "ns",
    value: (all) =>
      most(
        pick(all, "translate").flatMap((r) => {
          const each = figure(r, "Wasm, one call each");
          return each === undefined ? [] : each.nanoseconds - r.figures[0]!.nanoseconds;
        }),
      ),
  },
  {
    area: "walk",
    what: "time over C of the same walk, worst point",
    bound: 1.2,
    sense: "<=",
    unit: "x",
    value: (all) => overNative(pick(all, "walk"), "C walk"),
  },
  {
    area: "walk",
    what: "random pages of 64 MiB",
    bound: 60,
    sense: ">=",
    unit: "M walks/s",
    value: (all) => perSecond(pick(all, "walk", /random 64M/), "Wasm batch"),
  },
  {
    area: "map+unmap",
    what: "time over C of the same work, one page, worst point",
    bound: 1.4,
    sense: "<=",
    unit: "x",
    value: (all) => overNative(pick(all, "map", /^page/), "C"),
  },
  {
    area: "map+unmap",
    what: "against plain TypeScript, one page, worst point",
    bound: 4,
    sense: ">=",
    unit: "x",
    value: (all) => least(ratios(pick(all, "map", /^page/), "TypeScript")),
  },
  {
    area: "map+unmap",
    what: "cost at most live mappings over cost at 1,000",
    bound: 1.5,
    sense: "<=",
    unit: "x",
    value: (all) => {
      const pages = pick(all, "map", /^page/);
      return quotient(nanoseconds(pages.slice(-1), "Wasm batch"), nanoseconds(pages, "Wasm batch"));
    },
  },
  {
    area: "mapSg",
    what: "cost of an entry over a page mapped alone, worst length",
    bound: 0.5,
    sense: "<=",
    unit: "x",
    value: (all) =>
      quotient(
        most(pick(all, "map", /^list/).map((r) => r.figures[0]!.nanoseconds)),
        nanoseconds(pick(all, "map", /^page/), "Wasm batch"),
      ),
  },
  {
    area: "cache sync",
    what: "time over C line by line, 4 KiB",
    bound: 1.4,
    sense: "<=",
    unit: "x",
    value: (all) => overNative(pick(all, "sync", /^4 KiB/), "C line by line"),
  },
  {
    area: "cache sync",
    what: "against plain TypeScript, worst point",
    bound: 3,
    sense: ">=",
    unit: "x",
    value: (all) => least(ratios(pick(all, "sync"), "TypeScript line by line")),
  },
  {
    area: "cache sync",
    what: "time over C with the same line masks, worst point",
    bound: null,
    sense: "<=",
    unit: "x",
    value: (all) => overNative(pick(all, "sync"), "C by masks"),
  },
  {
    area: "cache sync",
    what: "8 MiB over 1 MiB, nothing dirty: bounded by the cache, not the range",
    bound: 2,
    sense: "<=",
    unit: "x",
    value: (all) => {
      const [small, large] = [/^1 MiB, clean, 0%/, /^8 MiB, clean, 0%/].map(
        (points) => pick(all, "sync", points)[0],
      );
      return quotient(cycle(large), cycle(small));
    },
  },
  {
    area: "replay",
    what: "the NVMe recording from memory",
    bound: 10,
    sense: ">=",
    unit: "M records/s",
    value: (all) => perSecond(pick(all, "replay", /NVMe/), "Wasm batch"),
  },
  {
    area: "replay",
    what: "time over the C loop with the same counters, worst recording",
    bound: 2,
    sense: "<=",
    unit: "x",
    value: (all) => overNative(pick(all, "replay"), "C"),
  },
  {
    area: "replay",
    what: "lines and bytes of caches over the history of mappings alone, worst point",
    bound: 3,
    sense: "<=",
    unit: "x",
    value: (all) => most(ratios(pick(all, "levels"), "lines and bytes")),
  },
  {
    area: "files",
    what: "ftrace text parsed and converted",
    bound: 1,
    sense: ">=",
    unit: "M events/s",
    value: (all) => perSecond(pick(all, "files", /^ftrace/), "parsed and converted"),
  },
  {
    area: "files",
    what: "peak memory of a trace 8 times as long, over the short one",
    bound: 1.25,
    sense: "<=",
    unit: "x",
    value: (_, counted) => {
      const peaks = counted.filter((q) => q.suite === "files").map((q) => q.value);
      return peaks.length < 2 ? null : peaks[1]! / peaks[0]!;
    },
  },
  {
    area: "files",
    what: "binary op stream from a file over the same from memory",
    bound: 1.3,
    sense: "<=",
    unit: "x",
    value: (all) => most(ratios(pick(all, "files", /^binary/), "from file")),
  },
  {
    area: "dma-debug",
    what: "on over off, worst point",
    bound: null,
    sense: "<=",
    unit: "x",
    value: (all) => most(ratios(pick(all, "debug"), "debug on")),
  },
  {
    area: "workers",
    what: "two traces: one worker's time over that of two",
    bound: 1.7,
    sense: ">=",
    unit: "x",
    value: (all) => ratios(pick(all, "workers", /NVMe/), "one worker")[0] ?? null,
  },
  {
    area: "machine",
    what: "creation with 256 MiB of DRAM, after the first",
    bound: 3,
    sense: "<=",
    unit: "ms",
    value: (all) => {
      const ns = nanoseconds(pick(all, "machine", /^create.* 256 MiB/), "Machine.create");
      return ns === null ? null : ns / 1e6;
    },
  },
  {
    area: "machine",
    what: "snapshot over a copy of the touched bytes into fresh memory, worst size",
    bound: 1.3,
    sense: "<=",
    unit: "x",
    value: (all) => most(ratios(pick(all, "machine", /^snapshot/), "snapshot")),
  },
  {
    area: "machine",
    what: "restore over a copy of the touched bytes into fresh memory, worst size",
    bound: 1.3,
    sense: "<=",
    unit: "x",
    value: (all) => most(ratios(pick(all, "machine", /^restore/), "restore")),
  },
  {
    area: "memory",
    what: "a live mapping of a page, beyond its descriptors",
    bound: 64,
    sense: "<=",
    unit: "bytes",
    value: (_, counted) => quantity(counted, "beyond descriptors"),
  },
  {
    area: "memory",
    what: "an idle machine, resident",
    bound: 3,
    sense: "<=",
    unit: "MiB",
    value: (_, counted) => quantity(counted, "resident"),
  },
  {
    area: "core",
    what: "size of core.wasm",
    bound: 64,
    sense: "<=",
    unit: "KiB",
    value: () => (WASM_BASE64.length * 3) / 4 / 1024,
  },
];

function standOf(value: number | null, bound: number | null, sense: Target["sense"]): TargetStand["stands"] {
  if (value === null) return "not measured";
  if (bound === null) return "told";
  return (sense === ">=" ? value >= bound : value <= bound) ? "reached" : "missed";
}

/** Every target with its value in what was measured. */
export function targetStands({ results, quantities }: Measured): TargetStand[] {
  return TARGETS.map(({ area, what, bound, sense, unit, value }) => {
    const found = value(results, quantities);
    return {
      area,
      what,
      target: bound === null ? "-" : `${sense} ${bound}`,
      value: found,
      unit,
      stands: standOf(found, bound, sense),
    };
  });
}
