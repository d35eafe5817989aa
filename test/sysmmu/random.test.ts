// Ten thousand random sequences of register accesses, table writes and transactions: the debug core,
// the release core and a plain model must agree about every answer and every bit of state.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REGISTERS } from "../../src/sysmmu/registers.js";
import { type Hardware, SysmmuModel } from "../model/sysmmu.js";
import { BASE, DRAM_BYTES, modelCaches, Subject } from "./subject.js";

const TABLE = BASE + 0x4000;
const OTHER_TABLE = BASE + 0x10000;
const LV2 = BASE + 0x8000;
const SEQUENCES = 10_000;

const one = (ways: number) => ({ sets: 1, ways });
const sets = (n: number, ways: number) => ({ sets: n, ways });
const never = Number.POSITIVE_INFINITY;

function hardware(version: number, rest: Partial<Hardware> & Pick<Hardware, "generation" | "l1">): Hardware {
  return { version, l2: null, flpd: 0, fetch: 1, buffers: 0, polls: 0, ...rest };
}

const CASES: readonly (readonly [string, Hardware])[] = [
  ["1.0, 4 entries", hardware(0x1000_0000, { generation: "v1", l1: one(4) })],
  ["0x80000001, 3 entries", hardware(0x8000_0001, { generation: "v1", l1: one(3), polls: 2 })],
  ["1.2, 64 x 8", hardware(0x1040_0000, { generation: "v1", l1: sets(64, 8) })],
  ["1.2, 32 entries", hardware(0x1040_0000, { generation: "v1", l1: one(32) })],
  ["2.0, 2 + 4 x 8", hardware(0x2000_0000, { generation: "v2", l1: one(2), l2: sets(4, 8), polls: never })],
  ["2.1, 16 + 64 x 8", hardware(0x2020_0000, { generation: "v2", l1: one(16), l2: sets(64, 8) })],
  [
    "2.1, 4 x 2 + 2 x 5, fetch 4",
    hardware(0x2020_0000, { generation: "v2", l1: sets(4, 2), l2: sets(2, 5), fetch: 4 }),
  ],
  ["3.0, 4 x 2", hardware(0x3000_0000, { generation: "v3.1", l1: sets(4, 2) })],
  [
    "3.1, 6 + 16 x 2, fetch 32, buffers",
    hardware(0x3020_0000, { generation: "v3.1", l1: one(6), l2: sets(16, 2), fetch: 32, buffers: 3 }),
  ],
  [
    "3.2, 5 + 8 x 4, fetch 64, FLPD 2",
    hardware(0x3040_0000, { generation: "v3.2", l1: one(5), l2: sets(8, 4), fetch: 64, flpd: 2 }),
  ],
  [
    "3.2, 4, fetch 2, FLPD 3, buffers",
    hardware(0x3040_0000, { generation: "v3.2", l1: one(4), fetch: 2, flpd: 3, buffers: 3 }),
  ],
  [
    "3.3, 5, fetch 4, FLPD 1, 4 buffers",
    hardware(0x3060_0005, { generation: "v3.3", l1: one(5), fetch: 4, flpd: 1, buffers: 4 }),
  ],
  [
    "3.3, 32 + 64 x 8, fetch 32, FLPD 2",
    hardware(0x3060_0020, { generation: "v3.3", l1: one(32), l2: sets(64, 8), fetch: 32, flpd: 2, polls: 1 }),
  ],
  [
    "5.0, 8 + 16 x 4, FLPD 1",
    hardware(0x5000_0000, { generation: "v5", l1: one(8), l2: sets(16, 4), flpd: 1 }),
  ],
  [
    "5.1, 2 x 3, fetch 8, FLPD 2",
    hardware(0x5020_0000, { generation: "v5", l1: sets(2, 3), fetch: 8, flpd: 2 }),
  ],
];

// Few addresses, so that sequences meet: some sections, some pages of each.
const SECTIONS = [0, 1, 2, 3, 14, 15, 16, 17, 255, 4095];
const va = fc
  .tuple(
    fc.constantFrom(...SECTIONS),
    fc.oneof(fc.constantFrom(0, 1, 14, 15, 16, 17, 31, 255), fc.nat(255)),
    fc.constantFrom(0, 4, 0xffc),
  )
  .map(([section, page, offset]) => section * 2 ** 20 + page * 4096 + offset);
const page = fc.nat(255);
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const u32 = (n: number) => n >>> 0;

const lv1 = fc.oneof(
  fc.constantFrom(0, 3),
  fc.constantFrom(LV2, LV2 + 1024, LV2, 0x9000_0000).map((table) => table + 1),
  page.map((p) => u32((p << 20) | 0x402)),
  page.map((p) => u32((p << 20) | 0x8402)),
  page.map((p) => u32((p << 20) | 2)),
  fc.constantFrom(0x4504_0402, 0x4604_8402),
  word,
);
const lv2 = fc.oneof(
  fc.constant(0),
  page.map((p) => u32((p << 12) | 0x12)),
  page.map((p) => u32((p << 12) | 0x213)),
  page.map((p) => u32((p << 16) | 0x11)),
  word,
);
// The same for 36-bit tables: fields a nibble lower, rights in bits 5:4 and 3:2.
const lv1v5 = fc.oneof(
  fc.constantFrom(0, 3, 7),
  fc.constantFrom(LV2, LV2 + 1024, LV2, 0x9000_0000).map((table) => (table / 16) | 1),
  fc
    .tuple(page, fc.constantFrom(2, 4, 6), fc.nat(3))
    .map(([p, type, prot]) => u32((p << 16) | (prot << 4) | type)),
  fc.constant(0xf000_0001),
  word,
);
const lv2v5 = fc.oneof(
  fc.constant(0),
  fc
    .tuple(page, fc.constantFrom(1, 2, 2), fc.constantFrom(3, 3, 1, 2, 0))
    .map(([p, type, prot]) => u32((p << 8) | (prot << 2) | type)),
  word,
);

type Step =
  | { op: "access"; vas: number[]; write: boolean; flip: boolean }
  | { op: "range"; va: number; bytes: number; burst: number; write: boolean }
  | { op: "lv1" | "lv2"; index: number; value: number }
  | { op: "write"; offset: number; value: number }
  | { op: "read"; offset: number }
  | { op: "clear" }
  | { op: "stale"; va: number; bytes: number; owner: number };

function steps(generation: Hardware["generation"]): fc.Arbitrary<Step[]> {
  const v5 = generation === "v5";
  const write = (offset: fc.Arbitrary<number>, value: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
    fc.record({ op: fc.constant("write" as const), offset, value });
  const bits = (...list: number[]) => fc.subarray(list).map((some) => u32(some.reduce((a, b) => a | b, 0)));
  const [base, flush, entry, status] = v5 ? [0x0c, 0x10, 0x14, 0x64] : [0x14, 0x0c, 0x10, 0x1c];
  const tables = fc.constantFrom(TABLE, TABLE, OTHER_TABLE, 0x9000_0000);
  const known = fc.constantFrom(...REGISTERS[generation].map((row) => row.offset));
  const windows = REGISTERS[generation]
    .map((row) => row.offset)
    .filter((o) => (o >= 0x4c && o <= 0x84) || (o >= 0x404 && o <= 0x414));
  const weighted: [number, fc.Arbitrary<Step>][] = [
    [
      12,
      fc.record({
        op: fc.constant("access" as const),
        vas: fc.array(va, { minLength: 1, maxLength: 6 }),
        write: fc.boolean(),
        flip: fc.boolean(),
      }),
    ],
    [
      2,
      fc.record({
        op: fc.constant("range" as const),
        va,
        bytes: fc.integer({ min: 0, max: 9000 }),
        burst: fc.constantFrom(64, 1024, 4096),
        write: fc.boolean(),
      }),
    ],
    [
      4,
      fc.record({
        op: fc.constant("lv1" as const),
        index: fc.constantFrom(...SECTIONS),
        value: v5 ? lv1v5 : lv1,
      }),
    ],
    [
      4,
      fc.record({
        op: fc.constant("lv2" as const),
        index: fc.constantFrom(0, 1, 14, 15, 16, 17, 31, 255, 256, 272),
        value: v5 ? lv2v5 : lv2,
      }),
    ],
    [2, write(fc.constant(0), fc.constantFrom(5, 5, 5, 7, 0, 3))],
    [
      2,
      write(
        fc.constant(4),
        bits(1, 4, 1 << 5, 1 << 20, 1 << 19, 1 << 21, 7 << 16, 2 << 28, 1 << 28).map((n) =>
          n & 1 ? n : u32(n | (1 << 20)),
        ),
      ),
    ],
    [
      2,
      write(
        fc.constant(entry!),
        va.map((a) => u32((a & ~4095) | 1)),
      ),
    ],
    [1, write(fc.constantFrom(flush!, status!), fc.constantFrom(1, 0xff, 2))],
    [4, fc.constant({ op: "clear" as const })],
    [1, write(fc.constant(base!), v5 ? tables.map((t) => t / 4096) : tables)],
    [2, write(known, fc.oneof(word, va, fc.nat(20)))],
    [
      1,
      write(
        fc.nat(0x3ff).map((n) => n * 4),
        word,
      ),
    ],
    [
      2,
      fc.record({
        op: fc.constant("read" as const),
        offset: fc.oneof(
          known,
          fc.constant(8),
          fc.nat(0x3ff).map((n) => n * 4),
        ),
      }),
    ],
    [
      3,
      fc.record({
        op: fc.constant("stale" as const),
        va,
        bytes: fc.constantFrom(1, 4096, 65536, 2 ** 20),
        owner: fc.nat(4),
      }),
    ],
    [2, write(fc.constantFrom(0x800, 0x810, 0x820), fc.nat(15))],
  ];
  if (windows.length > 0)
    weighted.push([
      3,
      write(
        fc.constantFrom(...windows),
        fc.oneof(va, fc.constantFrom(0, 0x1101, 0x1111, 0x101, 0xffff_ffff)),
      ),
    ]);
  if (v5)
    weighted.push([
      2,
      write(
        fc.constantFrom(0x18, 0x20, 0x24),
        va.map((a) => u32(a | 1)),
      ),
    ]);
  return fc.array(fc.oneof(...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary }))), {
    minLength: 1,
    maxLength: 40,
  });
}

/** Guest memory as the test has made it: what both cores and the model must see, and nobody may change. */
class Memory {
  readonly words = new Map<number, number>();
  readonly subjects: readonly Subject[];
  constructor(subjects: readonly Subject[]) {
    this.subjects = subjects;
  }
  put(pa: number, value: number): void {
    this.words.set(pa, value);
    for (const s of this.subjects) s.words[s.at(pa)] = value;
  }
  clear(): void {
    for (const pa of this.words.keys()) for (const s of this.subjects) s.words[s.at(pa)] = 0;
    this.words.clear();
  }
  read32(pa: number): number | null {
    return pa >= BASE && pa + 4 <= BASE + DRAM_BYTES ? (this.words.get(pa) ?? 0) : null;
  }
}

function setUp(memory: Memory, both: (offset: number, value: number) => void, h: Hardware): void {
  const v5 = h.generation === "v5";
  for (const i of SECTIONS) memory.put(TABLE + i * 4, v5 ? (LV2 / 16) | 1 : LV2 | 1);
  memory.put(OTHER_TABLE, v5 ? u32((2 << 16) | 0x32) : 0x4020_0402);
  for (const i of [0, 1, 2, 15]) memory.put(LV2 + i * 4, v5 ? (i << 12) | 0xd : u32((i << 16) | 0x11));
  for (const i of [16, 17, 31, 255]) memory.put(LV2 + i * 4, v5 ? (i << 8) | 0xe : u32((i << 12) | 0x12));
  if (h.buffers !== 0 && h.generation === "v3.3") {
    both(0x40c, 0x1101); // one buffer for reads, upwards, over everything
    both(0x414, 0xffff_ffff);
  } else if (h.buffers !== 0) both(h.generation === "v3.1" ? 0x50 : 0x74, 0xffff_ffff);
  both(v5 ? 0x0c : 0x14, v5 ? TABLE / 4096 : TABLE);
  both(4, u32(1 | (1 << 20) | (h.generation === "v3.1" ? 2 << 28 : h.generation === "v3.2" ? 1 << 16 : 0)));
  both(0, 5);
}

describe("a System MMU under random sequences", () => {
  it.each(CASES)("is the same on debug, release and model: %s", (_name, h) => {
    const subjects = [new Subject("debug", h), new Subject("release", h)] as const;
    const memory = new Memory(subjects);
    const inDram = (pa: number, n: number) => pa >= BASE && pa + n <= BASE + DRAM_BYTES;
    const offsets = [...REGISTERS[h.generation].map((row) => row.offset), 0xffc];
    const statusAt = h.generation === "v5" ? 0x60 : 0x18;
    const clearAt = statusAt + 4;
    const run = (list: readonly Step[], late: boolean) => {
      memory.clear();
      for (const s of subjects) s.reset();
      const model = new SysmmuModel(h, (pa) => memory.read32(pa));
      const both = (offset: number, value: number) => {
        for (const s of subjects) s.core.sysmmuRegWrite(0, offset, value);
        model.write(offset, value);
      };
      setUp(memory, both, h);
      // The tick of the caches runs over in every other sequence.
      if (late) for (const s of subjects) s.setTicks(0xffff_fff8);
      const step = (s: Step): [unknown, unknown, unknown] => {
        if (s.op === "lv1" || s.op === "lv2")
          memory.put((s.op === "lv1" ? TABLE : LV2) + s.index * 4, s.value);
        else if (s.op === "write") both(s.offset, s.value);
        else if (s.op === "clear") both(clearAt, model.intStatus);
        else if (s.op === "stale") {
          for (const x of subjects) x.core.sysmmuMarkStale(0, s.va, s.bytes, s.owner);
          model.markStale(s.va, s.bytes, s.owner);
        } else if (s.op === "read") {
          const seen = subjects.map((x) => x.core.sysmmuRegRead(0, s.offset) >>> 0);
          return [seen[0], seen[1], model.read(s.offset)];
        } else if (s.op === "range") {
          const seen = subjects.map((x) =>
            x.core.sysmmuAccess(0, s.va, s.bytes, s.burst, s.write ? 1 : 0, 0, 0),
          );
          return [seen[0], seen[1], model.range(s.va, s.bytes, s.burst, s.write, inDram)];
        } else {
          const expected: number[] = [];
          for (const address of s.vas) {
            const pa = model.access(address, s.write);
            if (pa === null) break;
            expected.push(pa % 2 ** 32);
          }
          const [a, b] = s.flip ? [subjects[1], subjects[0]] : subjects;
          return [a.singles(s.vas, s.write), b.batch(s.vas, s.write), expected];
        }
        return [0, 0, 0];
      };
      for (const s of list) {
        const [debug, release, expected] = step(s);
        expect([s, debug]).toEqual([s, expected]);
        expect([s, release]).toEqual([s, expected]);
        for (const x of subjects) {
          const state = [0, 8, statusAt].map((offset) => x.core.sysmmuPeek(0, offset) >>> 0);
          if (state[0] !== model.ctrl || state[1] !== model.peek(8) || state[2] !== model.intStatus) {
            expect([s, ...state]).toEqual([s, model.ctrl, model.peek(8), model.intStatus]);
          }
          if (x.core.sysmmuIrqLevel(0) !== (model.irq ? 1 : 0)) expect([s, "irq"]).toEqual([s, model.irq]);
        }
      }
      const wanted = {
        registers: offsets.map((offset) => [offset, model.peek(offset)]),
        counters: model.count,
        faultsByBit: model.faultsByBit,
        records: model.records,
        staleUses: model.staleUses,
        caches: modelCaches(model),
      };
      for (const x of subjects) {
        expect({
          registers: offsets.map((offset) => [offset, x.core.sysmmuPeek(0, offset) >>> 0]),
          counters: x.counters(),
          faultsByBit: x.faultsByBit(),
          records: x.records(),
          staleUses: x.staleUses(),
          caches: x.caches(),
        }).toEqual(wanted);
      }
      // hits and misses are all lookups; what was filled and not thrown out is there
      const { count } = model;
      expect(count.hits + count.misses).toBe(count.lookups);
      const live = model.levels.reduce((n, level) => n + level.live, model.buffers?.live ?? 0);
      expect(count.fills - count.evictions - count.invalidated).toBe(live);
    };
    fc.assert(fc.property(steps(h.generation), fc.boolean(), run), {
      numRuns: Math.ceil(SEQUENCES / CASES.length),
    });
    // The device only reads guest memory.
    for (const s of subjects) {
      const dram = s.words.slice(s.at(BASE), s.at(BASE) + DRAM_BYTES / 4);
      for (const [pa, value] of memory.words) {
        expect(dram[(pa - BASE) / 4]).toBe(value);
        dram[(pa - BASE) / 4] = 0;
      }
      expect(dram.every((w) => w === 0)).toBe(true);
    }
  });
});
