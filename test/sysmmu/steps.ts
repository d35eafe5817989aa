// Random steps for a System MMU: few addresses, registers that matter, tables that change under it.
import fc from "fast-check";
import { REGISTERS } from "../../src/sysmmu/registers.js";
import type { Hardware } from "../model/sysmmu.js";
import { LV2, OTHER_TABLE, PAGES, SECTIONS, TABLE } from "./tables.js";

/** One step of a sequence. */
export type Step =
  | { op: "access"; vas: number[]; write: boolean; flip: boolean; clear: boolean }
  | { op: "range"; va: number; bytes: number; burst: number; write: boolean }
  | { op: "lv1"; index: number; value: number }
  | { op: "lv2"; index: number; value: number }
  | { op: "block"; block: number; pa: number; large: boolean; rights: number }
  | { op: "write"; offset: number; value: number }
  | { op: "read"; offset: number }
  | { op: "clear" }
  | { op: "stale"; va: number; bytes: number; owner: number };

const u32 = (n: number) => n >>> 0;
const word = fc.integer({ min: 0, max: 0xffff_ffff });
const page = fc.nat(255);

const va = fc
  .tuple(
    fc.constantFrom(0, 0, 0, 1, 1, 15, 15, 16, 255, 4095),
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...PAGES) }, { weight: 1, arbitrary: page }),
    fc.constantFrom(0, 4, 0xffc),
  )
  .map(([section, n, offset]) => section * 2 ** 20 + n * 4096 + offset);

const links = fc.constantFrom(LV2, LV2, LV2, LV2 + 1024, 0x9000_0000);
const lv1 = fc.oneof(
  fc.constantFrom(0, 3),
  links.map((table) => table + 1),
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
  links.map((table) => table / 16 + 1),
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

const bits = (...list: number[]) => fc.subarray(list).map((some) => u32(some.reduce((a, b) => a | b, 0)));
const cfg = bits(1, 4, 1 << 5, 1 << 20, 1 << 19, 1 << 21, 7 << 16, 2 << 28, 1 << 28);

function write(offset: fc.Arbitrary<number>, value: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  return fc.record({ op: fc.constant("write" as const), offset, value });
}

function masters(): [number, fc.Arbitrary<Step>][] {
  const access = fc.record({
    op: fc.constant("access" as const),
    vas: fc.array(va, { minLength: 1, maxLength: 8, size: "max" }),
    write: fc.boolean(),
    flip: fc.boolean(),
    clear: fc.constantFrom(true, true, true, false),
  });
  const range = fc.record({
    op: fc.constant("range" as const),
    va,
    bytes: fc.integer({ min: 0, max: 9000 }),
    burst: fc.constantFrom(64, 1024, 4096),
    write: fc.boolean(),
  });
  return [
    [20, access],
    [2, range],
  ];
}

function tables(v5: boolean): [number, fc.Arbitrary<Step>][] {
  const one = fc.record({
    op: fc.constant("lv1" as const),
    index: fc.constantFrom(...SECTIONS),
    value: v5 ? lv1v5 : lv1,
  });
  const two = fc.record({
    op: fc.constant("lv2" as const),
    index: fc.constantFrom(...PAGES, 256, 272),
    value: v5 ? lv2v5 : lv2,
  });
  const block = fc.record({
    op: fc.constant("block" as const),
    block: fc.constantFrom(0, 0, 1, 4),
    pa: fc.nat(15),
    large: fc.boolean(),
    rights: fc.constantFrom(3, 3, 3, 1, 0),
  });
  const stale = fc.record({
    op: fc.constant("stale" as const),
    va,
    bytes: fc.constantFrom(1, 4096, 65536, 2 ** 20),
    owner: fc.nat(4),
  });
  return [
    [2, one],
    [2, two],
    [3, block],
    [4, stale],
  ];
}

/** Sequences for hardware of `generation`. */
export function steps(generation: Hardware["generation"]): fc.Arbitrary<Step[]> {
  const v5 = generation === "v5";
  const offsets = REGISTERS[generation].map((row) => row.offset);
  const [base, flush, entry, clear] = v5 ? [0x0c, 0x10, 0x14, 0x64] : [0x14, 0x0c, 0x10, 0x1c];
  const bases = fc.constantFrom(TABLE, TABLE, TABLE, OTHER_TABLE, 0x9000_0000);
  const known = fc.constantFrom(...offsets);
  const any = fc.nat(0x3ff).map((n) => n * 4);
  const windows = offsets.filter((o) => (o >= 0x4c && o <= 0x84) || (o >= 0x404 && o <= 0x414));
  const list: [number, fc.Arbitrary<Step>][] = [
    ...masters(),
    ...tables(v5),
    [2, write(fc.constant(0), fc.constantFrom(5, 5, 5, 5, 5, 7, 0, 3))],
    [
      1,
      write(
        fc.constant(4),
        cfg.map((n) => (n & 1 ? n : u32(n | (1 << 20)))),
      ),
    ],
    [
      3,
      write(
        fc.constant(entry!),
        va.map((a) => u32((a & ~4095) | 1)),
      ),
    ],
    [1, write(fc.constantFrom(flush!, clear!), fc.constantFrom(1, 0xff, 2))],
    [2, fc.constant({ op: "clear" as const })],
    [1, write(fc.constant(base!), v5 ? bases.map((t) => t / 4096) : bases)],
    // CTRL, CFG and the table have lines of their own
    [
      2,
      write(
        known.filter((o) => o > 4 && o !== base),
        fc.oneof(word, va, fc.nat(20)),
      ),
    ],
    [
      1,
      write(
        any.filter((o) => o > 4 && o !== base),
        word,
      ),
    ],
    [2, fc.record({ op: fc.constant("read" as const), offset: fc.oneof(known, fc.constant(8), any) })],
    [2, write(fc.constantFrom(0x800, 0x810, 0x820), fc.nat(15))],
  ];
  if (windows.length > 0) {
    const values = fc.oneof(va, fc.constantFrom(0, 0x1101, 0x1111, 0x101, 0xffff_ffff));
    list.push([2, write(fc.constantFrom(...windows), values)]);
  }
  if (v5)
    list.push([
      2,
      write(
        fc.constantFrom(0x18, 0x20, 0x24),
        va.map((a) => u32(a | 1)),
      ),
    ]);
  const weighted = list.map(([weight, arbitrary]) => ({ weight, arbitrary }));
  return fc.array(fc.oneof(...weighted), { minLength: 1, maxLength: 20, size: "max" });
}
