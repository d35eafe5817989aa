// Long lists of addresses through sysmmuTranslateBatch: the same answers, counters, faults and contents
// of all caches as one call each, and as the plain model. Addresses crowd into few sets, so that every
// way is fought for.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builds } from "../cores.js";
import { type Hardware, SysmmuModel } from "../model/sysmmu.js";
import { BASE, modelCaches, Subject } from "./subject.js";
import { LV2, level2, Memory, TABLE } from "./tables.js";

type Shape = [number, number] | null;
const SHAPES: readonly [string, Hardware["generation"], number, Shape, Shape, object][] = [
  ["64 x 8 alone", "v2", 0x2000_0000, [64, 8], null, {}],
  ["16 before 64 x 8", "v2", 0x2020_0000, [1, 16], [64, 8], {}],
  ["32 alone", "v1", 0x1000_0000, [1, 32], null, {}],
  ["32 before 64 x 8, fetch 4", "v3.1", 0x3020_0000, [1, 32], [64, 8], { fetch: 4 }],
  ["7 alone", "v1", 0x1000_0000, [1, 7], null, {}],
  ["2 x 12 before 4 x 3", "v2", 0x2000_0000, [2, 12], [4, 3], {}],
  ["30 before 1 x 100", "v2", 0x2000_0000, [1, 30], [1, 100], {}],
  ["9 before 8 x 8, FLPD", "v3.2", 0x3040_0000, [1, 9], [8, 8], { flpd: 3 }],
  ["8 x 8, FLPD", "v5", 0x5000_0000, [8, 8], null, { flpd: 3 }],
  ["4 before 2 x 8, buffers", "v3.1", 0x3020_0000, [1, 4], [2, 8], { buffers: 3 }],
];

// Twenty sections share one table: page n of any of them probes set n mod 64.
const SECTIONS = 20;
const PAGES = [0, 1, 2, 16, 64, 65, 128, 192];

interface Round {
  vas: number[];
  write: boolean;
  stale: [number, number, number][];
  hole: number;
}

const va = fc
  .tuple(fc.nat(SECTIONS - 1), fc.constantFrom(...PAGES), fc.constantFrom(0, 8, 0x800), fc.nat(3))
  .map(([section, page, offset, run]) =>
    // Some addresses come in runs within a page, as bursts do.
    Array.from({ length: run + 1 }, (_, n) => section * 2 ** 20 + page * 4096 + offset + n * 16),
  );
const round: fc.Arbitrary<Round> = fc.record({
  vas: fc.array(va, { minLength: 1, maxLength: 250, size: "max" }).map((runs) => runs.flat()),
  write: fc.boolean(),
  stale: fc.array(fc.tuple(fc.nat(SECTIONS - 1), fc.constantFrom(...PAGES), fc.nat(3)), {
    maxLength: 4,
    size: "max",
  }),
  hole: fc.constantFrom(-1, -1, -1, ...PAGES),
});

function tables(memory: Memory, v5: boolean): void {
  for (let i = 0; i < SECTIONS; i++) {
    const section = v5 ? BASE / 16 + 0x32 : BASE + 0x402;
    memory.put(TABLE + i * 4, i === 7 ? section : v5 ? LV2 / 16 + 1 : LV2 + 1);
  }
  for (let i = 0; i < 256; i++) {
    const large = i >= 16 && i < 32;
    memory.put(LV2 + i * 4, level2(v5, BASE + (large ? 16 : i) * 4096, large, i === 65 ? 1 : 3));
  }
  memory.keep();
}

describe.each(builds)("a batch on the %s core", (build) => {
  it.each(SHAPES)("is its addresses one by one: %s", (_name, generation, version, one, two, rest) => {
    const shape = (s: Shape) => (s === null ? null : { sets: s[0], ways: s[1] });
    const base = { version, generation, l1: shape(one)!, l2: shape(two) };
    const hardware: Hardware = { ...base, flpd: 0, fetch: 1, buffers: 0, polls: 0, ...rest };
    const v5 = generation === "v5";
    const [batch, single] = [new Subject(build, hardware), new Subject(build, hardware)];
    const memory = new Memory([batch, single]);
    tables(memory, v5);
    const run = (rounds: readonly Round[], cfg: number, late: boolean) => {
      memory.reset();
      const model = new SysmmuModel(hardware, (pa) => memory.read32(pa));
      const write = (offset: number, value: number) => {
        for (const s of [batch, single]) s.core.sysmmuRegWrite(0, offset, value);
        model.write(offset, value);
      };
      for (const s of [batch, single]) {
        s.reset();
        if (late) s.setTicks(0xffff_ffe0);
      }
      write(v5 ? 0x0c : 0x14, v5 ? TABLE / 4096 : TABLE);
      if (hardware.buffers !== 0) write(0x50, 0xf_ffff);
      write(4, cfg + 2 ** 20 + 2 ** 29);
      write(0, 5);
      for (const { vas, write: writes, stale, hole } of rounds) {
        for (const [section, page, owner] of stale) {
          const at = section * 2 ** 20 + page * 4096;
          for (const s of [batch, single]) s.core.sysmmuMarkStale(0, at, 4096, owner);
          model.markStale(at, 4096, owner);
        }
        const kept = hole < 0 ? 0 : memory.read32(LV2 + hole * 4)!;
        if (hole >= 0) memory.put(LV2 + hole * 4, 0);
        let left = vas;
        // A list with faults takes several calls; three are enough.
        for (let call = 0; call < 3 && left.length > 0; call++) {
          const expected: number[] = [];
          for (const address of left) {
            const pa = model.access(address, writes);
            if (pa === null) break;
            expected.push(pa % 2 ** 32);
          }
          const text = String(expected);
          for (const seen of [batch.batch(left, writes), single.singles(left, writes)]) {
            if (String(seen) !== text) expect(seen).toEqual(expected);
          }
          left = left.slice(expected.length + 1);
          if (model.intStatus !== 0) write(v5 ? 0x64 : 0x1c, model.intStatus);
        }
        if (hole >= 0) memory.put(LV2 + hole * 4, kept);
      }
      const wanted = {
        counters: model.count,
        records: model.records,
        stale: model.staleUses,
        caches: modelCaches(model),
      };
      const text = JSON.stringify(wanted);
      for (const s of [batch, single]) {
        const seen = {
          counters: s.counters(Object.keys(model.count)),
          records: s.records(),
          stale: s.staleUses(),
          caches: s.caches(),
        };
        if (JSON.stringify(seen) !== text) expect(seen).toEqual(wanted);
      }
    };
    const rounds = fc.array(round, { minLength: 1, maxLength: 4, size: "max" });
    fc.assert(fc.property(rounds, fc.constantFrom(0, 1, 4, 5), fc.boolean(), run), { numRuns: 30 });
  });
});
