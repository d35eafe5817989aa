import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SysmmuExports } from "../../src/core/exports/sysmmu.js";
import { builds, rawCore } from "../cores.js";
import { SysmmuModel } from "../model/sysmmu.js";

type Core = ReturnType<typeof rawCore<SysmmuExports>>;
const BASE = 0x4000_0000;
const DRAM_BYTES = 1 << 20;
const TABLE = BASE + 0x4000;
const LV2 = BASE + 0x8000;
const DRAM_OFFSET = 0x21_0000;
const COUNTERS = {
  lookups: 0,
  hits: 2,
  misses: 4,
  walks: 24,
  descriptors: 25,
  fills: 26,
  evictions: 27,
  invalidated: 28,
  bypass: 40,
};

function words(core: Core): Uint32Array {
  return new Uint32Array(core.memory.buffer);
}

function counters(core: Core, index: number): Record<string, number> {
  const at = (0x1_4000 + index * 1024 + 0x80) >>> 2;
  const w = words(core);
  const u64 = (i: number) => w[at + i * 2]! + w[at + i * 2 + 1]! * 2 ** 32;
  return Object.fromEntries(
    Object.entries(COUNTERS).map(([name, i]) => [name, u64(i) + (i < 8 || i === 40 ? u64(i + 1) : 0)]),
  );
}

// Few addresses, so that sequences meet: three sections, some pages of each, table entries of all kinds.
const va = fc
  .tuple(
    fc.integer({ min: 0, max: 17 }),
    fc.constantFrom(0, 1, 15, 16, 17, 255),
    fc.constantFrom(0, 4, 0xffc),
  )
  .map(([section, page, offset]) => section * 2 ** 20 + page * 4096 + offset);
const page = fc.integer({ min: 0, max: 255 });
const lv1 = fc.oneof(
  fc.constant(0),
  fc.constant(3),
  fc.constantFrom(LV2, LV2 + 1024, 0x9000_0000).map((table) => table | 1),
  page.map((p) => ((p << 20) | 0x402) >>> 0),
  page.map((p) => ((p << 20) | 0x8402) >>> 0),
  page.map((p) => ((p << 20) | 2) >>> 0),
  fc.constant(0x4504_0402),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const lv2 = fc.oneof(
  fc.constant(0),
  page.map((p) => ((p << 12) | 0x12) >>> 0),
  page.map((p) => ((p << 12) | 0x213) >>> 0),
  page.map((p) => ((p << 16) | 0x11) >>> 0),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant("access" as const), va, write: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant("lv1" as const),
      index: fc.integer({ min: 0, max: 17 }),
      value: lv1,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant("lv2" as const),
      index: fc.constantFrom(0, 1, 15, 16, 17, 255, 256, 272),
      value: lv2,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("reg" as const),
      offset: fc.constant(0),
      value: fc.constantFrom(5, 5, 5, 7, 0, 3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("reg" as const),
      offset: fc.constant(4),
      value: fc.constantFrom(0, 1, 4, 5),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("reg" as const),
      offset: fc.constant(0x10),
      value: va.map((a) => ((a & ~4095) | 1) >>> 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("reg" as const),
      offset: fc.constantFrom(0x0c, 0x1c),
      value: fc.constantFrom(1, 0xff),
    }),
  },
  { weight: 1, arbitrary: fc.record({ op: fc.constant("clear" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      op: fc.constant("reg" as const),
      offset: fc.constant(0x14),
      value: fc.constantFrom(TABLE, TABLE, 0x9000_0000),
    }),
  },
);

const shapes = [
  ["1.0, 4 entries", 0x1000_0000, 1, { sets: 1, ways: 4 }, null],
  ["1.0, 3 entries", 0x8000_0001, 1, { sets: 1, ways: 3 }, null],
  ["2.0, 2 + 4 x 8", 0x2000_0000, 2, { sets: 1, ways: 2 }, { sets: 4, ways: 8 }],
  ["3.1, 4 sets of 2", 0x3020_0000, 3, { sets: 4, ways: 2 }, null],
] as const;

describe.each(builds)("System MMU on the %s core", (build) => {
  it.each(shapes)("agrees with the plain model: version %s", (_name, version, generation, l1, l2) => {
    const core = rawCore<SysmmuExports>(build, DRAM_BYTES, BASE);
    const none = 0xffff_ffff;
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), (steps) => {
        words(core)[0x40 >>> 2] = 0; // the machine has no instance again
        words(core).fill(0, 0x1_4000 >>> 2, (0x1_4000 + 1024) >>> 2);
        words(core).fill(0, DRAM_OFFSET >>> 2, (DRAM_OFFSET + DRAM_BYTES) >>> 2);
        const index = core.sysmmuCreate(
          version,
          l1.sets,
          l1.ways,
          l2?.sets ?? none,
          l2?.ways ?? none,
          none,
          1,
        );
        expect(index).toBe(0);
        const word = (pa: number) => (DRAM_OFFSET + pa - BASE) >>> 2;
        const model = new SysmmuModel(generation, l1, l2, (pa) =>
          pa >= BASE && pa + 4 <= BASE + DRAM_BYTES ? words(core)[word(pa)]! : null,
        );
        const both = (offset: number, value: number) => {
          core.sysmmuRegWrite(0, offset, value);
          model.write(offset, value);
        };
        // Tables from the start, so that most accesses come to a page.
        for (let i = 0; i < 18; i++) words(core)[word(TABLE) + i] = LV2 | 1;
        for (const i of [0, 1, 2, 15]) words(core)[word(LV2) + i] = ((i << 16) | 0x11) >>> 0;
        for (const i of [16, 17, 255]) words(core)[word(LV2) + i] = ((i << 12) | 0x12) >>> 0;
        both(0x14, TABLE);
        both(4, 1);
        both(0, 5);
        for (const s of steps) {
          if (s.op === "lv1") words(core)[word(TABLE) + s.index] = s.value;
          else if (s.op === "lv2") words(core)[word(LV2) + s.index] = s.value;
          else if (s.op === "reg") both(s.offset, s.value);
          else if (s.op === "clear") both(0x1c, core.sysmmuPeek(0, 0x18) >>> 0);
          else {
            const expected = model.access(s.va, s.write);
            expect(core.sysmmuTranslate(0, s.va, s.write ? 1 : 0) >>> 0).toBe(
              expected === null ? 0xffff_ffff : expected % 2 ** 32,
            );
          }
          for (const offset of [0, 4, 8, 0x14, 0x18, 0x24, 0x28, 0x2c, 0x30]) {
            expect([offset, core.sysmmuPeek(0, offset) >>> 0]).toEqual([offset, model.read(offset) >>> 0]);
          }
        }
        const seen = counters(core, 0);
        expect(seen).toEqual(model.count);
        expect(seen["hits"]! + seen["misses"]!).toBe(seen["lookups"]);
        const live = model.levels.reduce((n, level) => n + level.live, 0);
        expect(seen["fills"]! - seen["evictions"]! - seen["invalidated"]!).toBe(live);
      }),
      { numRuns: 250 },
    );
  });

  it("lets no register write trap or touch bytes outside its own state", () => {
    const core = rawCore<SysmmuExports>(build, DRAM_BYTES, BASE);
    const other = rawCore<SysmmuExports>(build === "debug" ? "release" : "debug", DRAM_BYTES, BASE);
    const versions = [
      0x8000_0001, 0x1000_0000, 0x2000_0000, 0x3020_0000, 0x3040_0000, 0x3060_0010, 0x5000_0000,
    ];
    for (const version of versions) {
      for (const c of [core, other]) c.sysmmuCreate(version, 0, 0, 0, 0, 0, 0);
    }
    const writes = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: versions.length - 1 }),
        fc.oneof(
          fc.integer({ min: 0, max: 0x3ff }).map((n) => n * 4),
          fc.integer({ min: 0, max: 0xffff_ffff }),
        ),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        va,
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(writes, (list) => {
        for (const [index, offset, value, address] of list) {
          core.sysmmuRegWrite(index, offset, value);
          other.sysmmuRegWrite(index, offset, value);
          expect(core.sysmmuRegRead(index, offset)).toBe(other.sysmmuRegRead(index, offset));
          expect(core.sysmmuTranslate(index, address, value & 1)).toBe(
            other.sysmmuTranslate(index, address, value & 1),
          );
        }
      }),
      { numRuns: 5000 },
    );
    // Guest memory was never written: the device only reads it.
    expect(
      words(core)
        .subarray(DRAM_OFFSET >>> 2, (DRAM_OFFSET + DRAM_BYTES) >>> 2)
        .every((w) => w === 0),
    ).toBe(true);
  });

  it("counts a range access as its bursts one by one, and a batch as single calls", () => {
    const list = fc.array(
      fc.record({
        va,
        bytes: fc.integer({ min: 1, max: 20000 }),
        burst: fc.constantFrom(16, 64, 256),
        write: fc.boolean(),
      }),
      { minLength: 1, maxLength: 20 },
    );
    const make = (version: number) => {
      const core = rawCore<SysmmuExports>(build, DRAM_BYTES, BASE);
      core.sysmmuCreate(version, 2, 2, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 1);
      const w = words(core);
      for (let i = 0; i < 20; i++)
        w[((DRAM_OFFSET + 0x4000) >>> 2) + i] = i % 3 === 0 ? 0x4000_0402 : LV2 | 1;
      for (let i = 0; i < 256; i++) w[((DRAM_OFFSET + 0x8000) >>> 2) + i] = (BASE + (i % 64) * 4096) | 0x12;
      core.sysmmuRegWrite(0, 0x14, TABLE);
      core.sysmmuRegWrite(0, 4, 1);
      core.sysmmuRegWrite(0, 0, 5);
      return core;
    };
    fc.assert(
      fc.property(list, fc.constantFrom(0x1000_0000, 0x3020_0000), (accesses, version) => {
        const whole = make(version);
        const split = make(version);
        for (const a of accesses) {
          const done = whole.sysmmuAccess(0, a.va, a.bytes, a.burst, a.write ? 1 : 0, 0, 0);
          expect(done).toBe(a.bytes);
          for (let at = a.va; at < a.va + a.bytes; at = at - (at % a.burst) + a.burst) {
            split.sysmmuTranslate(0, at, a.write ? 1 : 0);
          }
        }
        expect(counters(whole, 0)).toEqual(counters(split, 0));
        const n = accesses.length;
        const input = 0x10_0000 >>> 2;
        words(whole).set(
          accesses.map((a) => a.va),
          input,
        );
        expect(whole.sysmmuTranslateBatch(0, 0x10_0000, 0x18_0000, n, 0)).toBe(n);
        const single = accesses.map((a) => split.sysmmuTranslate(0, a.va, 0) >>> 0);
        expect([...words(whole).subarray(0x18_0000 >>> 2, (0x18_0000 >>> 2) + n)]).toEqual(single);
        expect(counters(whole, 0)).toEqual(counters(split, 0));
      }),
      { numRuns: 100 },
    );
  });
});
