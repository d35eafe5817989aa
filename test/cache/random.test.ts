// The core's caches against the slow model: every byte of DRAM, every counter, every value read.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CacheExports } from "../../src/core/exports/cache.js";
import { builds, rawCore } from "../cores.js";
import { type Geometry, type Policy, SlowCaches } from "../model/cache.js";

const BASE = 0x4000_0000;
const BYTES = 1 << 20;
const WINDOW = 24 << 10; // small enough for sets to overflow, three pages and more

type Core = CacheExports & { memory: WebAssembly.Memory } & Record<string, WebAssembly.Global>;

const geometry: fc.Arbitrary<Geometry> = fc.record({
  l1Bytes: fc.constantFrom(0, 512, 1024, 2048),
  l1Ways: fc.constantFrom(1, 2, 4),
  l2Bytes: fc.constantFrom(0, 2048, 8192),
  l2Ways: fc.constantFrom(1, 4, 8, 16),
  policy: fc.constantFrom<Policy>(0, 1, 2),
  seed: fc.integer({ min: 0, max: 0xffff }),
});
// A window that begins below DRAM, so that edges and bus errors are met.
const place = fc.integer({ min: BASE - 64, max: BASE + WINDOW });
const length = fc.oneof(
  fc.integer({ min: 1, max: 80 }),
  fc.integer({ min: 1, max: 4200 }),
  fc.constantFrom(32, 64, 4096, 8192),
);
const type = fc.constantFrom(0, 0, 1, 1, 2);
const mode = fc.constantFrom<"c" | "i" | "ci">("c", "i", "ci");
const op = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant("read"), place, length, type) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("write"), place, length, type) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("word"), place, fc.integer({ min: 0, max: 0xffff_ffff })) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("inner"), mode, place, fc.oneof(fc.constant(0), length)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant("outer"), mode, place, fc.oneof(fc.constant(0), length)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("busRead"), place, length) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("busWrite"), place, length) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("snoopRead"), place, length) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("snoopWrite"), place, length) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("refill"), place) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("context"), fc.constantFrom(0, 1)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("barrier")) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("tick"), fc.integer({ min: 1, max: 100 })) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("flushAll")) },
) as fc.Arbitrary<[string, ...never[]]>;

function constant(core: Core, name: string): number {
  return core[name]!.value >>> 0;
}

/** The core's counters 32..95 under the names the model uses. */
function countsOf(core: Core): Record<string, number> {
  const cells = new BigUint64Array(core.memory.buffer, constant(core, "COUNTERS"), 96);
  const counts: Record<string, number> = {};
  const put = (name: string, index: number): void => {
    if (cells[index] !== 0n) counts[name] = Number(cells[index]);
  };
  for (const name of Object.keys(core)) {
    if (!name.startsWith("COUNT_") || name === "COUNT_L1" || name === "COUNT_L2") continue;
    const index = constant(core, name);
    if (index >= 66 && index < 96) put(name, index);
  }
  for (const level of ["L1", "L2"]) {
    const first = constant(core, `COUNT_${level}`);
    for (const name of ["HITS", "MISSES", "FILLS", "EVICTIONS", "EVICTION_WRITES"]) {
      put(`${level}.CACHE_${name}`, first + constant(core, `CACHE_${name}`));
    }
    for (const context of [0, 1]) {
      const block =
        first + constant(core, "CACHE_MAINTENANCE") + context * constant(core, "CACHE_CONTEXT_COUNTERS");
      for (const name of ["CLEANED", "INVALIDATED", "FLUSHED", "WRITE_BACKS", "DROPPED", "REMOVED"]) {
        put(`${level}.${context}.CACHE_${name}`, block + constant(core, `CACHE_${name}`));
      }
    }
  }
  return counts;
}

function play(
  build: (typeof builds)[number],
  g: Geometry,
  switches: [boolean, boolean],
  ops: [string, ...never[]][],
): void {
  const core = rawCore<Core>(build, BYTES, BASE);
  const model = new SlowCaches(BASE, BYTES, g);
  const words = (): Uint32Array => new Uint32Array(core.memory.buffer);
  [model.newInvRange, model.byWay] = switches;
  const at = constant(core, "SWITCHES") >>> 2;
  words()[at + constant(core, "SWITCH_INV_RANGE")] = switches[0] ? 1 : 0;
  words()[at + constant(core, "SWITCH_OUTER_BY_WAY")] = switches[1] ? 1 : 0;
  expect(core.cacheInit(g.l1Bytes, g.l1Ways, g.l2Bytes, g.l2Ways, g.policy, g.seed)).toBe(0);
  const batch = constant(core, "BATCH");
  const dram = constant(core, "DRAM");
  const bytes = (): Uint8Array => new Uint8Array(core.memory.buffer);
  let stamp = 0;
  const fresh = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => (stamp = (stamp + 7) & 0xff));
  const taken = (n: number): Uint8Array => bytes().slice(batch, batch + n);
  for (const [name, ...args] of ops) {
    const [a, b, c] = args as unknown as [number, number, number];
    switch (name) {
      case "read":
        core.cpuReadAs(a, b, batch, c);
        expect(taken(b)).toEqual(model.readAs(a, b, c));
        break;
      case "write": {
        const from = fresh(b);
        bytes().set(from, batch);
        core.cpuWriteAs(a, b, batch, c);
        model.writeAs(a, from, c);
        break;
      }
      case "word": {
        const pa = (a & ~3) >>> 0;
        core.cpuWrite32(pa, b);
        model.write(pa, new Uint8Array(Uint32Array.of(b).buffer));
        const word = new Uint8Array(Uint32Array.of(core.cpuRead32(pa)).buffer);
        expect(word).toEqual(model.read(pa, 4));
        break;
      }
      case "inner":
      case "outer": {
        const kind = a as unknown as "c" | "i" | "ci";
        const suffix = { c: "Clean", i: "Invalidate", ci: "Flush" }[kind];
        core[`${name as "inner" | "outer"}${suffix as "Clean"}`](b, b + c);
        model[name](kind, b, b + c);
        break;
      }
      case "busRead":
      case "snoopRead": {
        const expected = model[name](a, b);
        expect(core[name](a, b, batch)).toBe(expected === null ? 0 : 1);
        if (expected !== null) expect(taken(b)).toEqual(expected);
        break;
      }
      case "busWrite":
      case "snoopWrite": {
        const from = fresh(b);
        bytes().set(from, batch);
        expect(core[name](a, b, batch) !== 0).toBe(model[name](a, from));
        break;
      }
      case "refill":
        core.cacheRefill(a);
        model.refill(a);
        break;
      case "context":
        core.cacheContext(a);
        model.context = a;
        break;
      case "barrier":
        core.cpuBarrier();
        model.barrier();
        break;
      case "tick":
        words()[0x20 >>> 2]! += a;
        model.seq += a;
        break;
      case "flushAll":
        core.cacheFlushAll();
        model.flushAll();
        break;
    }
  }
  expect(countsOf(core)).toEqual(model.counts);
  const edge = WINDOW + 8192;
  expect(Buffer.compare(bytes().subarray(dram, dram + edge), model.dram.subarray(0, edge))).toBe(0);
  expect(core.cachePeek(BASE, edge, batch)).toBe(1);
  expect(Buffer.compare(taken(edge), model.peek(BASE, edge)!)).toBe(0);
  expect(core.cacheValidLines(BASE, BYTES)).toBe(model.validLines(BASE, BYTES));
  expect(core.cacheDirtyLines(BASE, BYTES)).toBe(model.dirtyLines(BASE, BYTES));
}

describe.each(builds)("caches against the slow model (%s)", (build) => {
  it("agree on bytes, values read and counters", () => {
    fc.assert(
      fc.property(
        geometry,
        fc.tuple(fc.boolean(), fc.boolean()),
        fc.array(op, { minLength: 1, maxLength: 40 }),
        (g, switches, ops) => {
          fc.pre(
            (g.l1Bytes === 0 || g.l1Bytes >= g.l1Ways * 32) &&
              (g.l2Bytes === 0 || g.l2Bytes >= g.l2Ways * 32),
          );
          play(build, g, switches, ops);
        },
      ),
      { numRuns: build === "release" ? 250 : 60 },
    );
  });
});
