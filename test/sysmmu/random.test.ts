// Ten thousand random sequences of register accesses, table writes and transactions: the debug core,
// the release core and a plain model must agree about every answer and every bit of state. Of each
// list of addresses one core gets them one by one, the other in one batch.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { REGISTERS } from "../../src/sysmmu/registers.js";
import { type Hardware, SysmmuModel } from "../model/sysmmu.js";
import { type Step, steps } from "./steps.js";
import { BASE, DRAM_BYTES, modelCaches, Subject } from "./subject.js";
import { LV2, level2, Memory, makeTables, TABLE } from "./tables.js";

const SEQUENCES = 10_000;
const never = Number.POSITIVE_INFINITY;

// [what it is, VERSION, generation, first level, second level, the rest]
type Case = [string, number, Hardware["generation"], [number, number], [number, number] | null, object];
const CASES: readonly Case[] = [
  ["1.0, 4", 0x1000_0000, "v1", [1, 4], null, {}],
  ["0x80000001, 3", 0x8000_0001, "v1", [1, 3], null, { polls: 2 }],
  ["1.2, 64 x 8", 0x1040_0000, "v1", [64, 8], null, {}],
  ["1.2, 32", 0x1040_0000, "v1", [1, 32], null, {}],
  ["2.0, 2 + 4 x 8", 0x2000_0000, "v2", [1, 2], [4, 8], { polls: never }],
  ["2.1, 16 + 64 x 8", 0x2020_0000, "v2", [1, 16], [64, 8], {}],
  ["2.1, 4 x 2 + 2 x 5, fetch 4", 0x2020_0000, "v2", [4, 2], [2, 5], { fetch: 4 }],
  ["3.0, 4 x 2", 0x3000_0000, "v3.1", [4, 2], null, {}],
  ["3.1, 6 + 16 x 2, fetch 16, buffers", 0x3020_0000, "v3.1", [1, 6], [16, 2], { fetch: 16, buffers: 3 }],
  ["3.2, 5 + 8 x 4, fetch 8, FLPD", 0x3040_0000, "v3.2", [1, 5], [8, 4], { fetch: 8, flpd: 2 }],
  ["3.2, 4, FLPD, buffers", 0x3040_0000, "v3.2", [1, 4], null, { flpd: 3, buffers: 3 }],
  ["3.3, 9, fetch 2, FLPD, buffers", 0x3060_0009, "v3.3", [1, 9], null, { fetch: 2, flpd: 1, buffers: 4 }],
  ["3.3, 32 + 64 x 8, FLPD", 0x3060_0020, "v3.3", [1, 32], [64, 8], { fetch: 32, flpd: 2, polls: 1 }],
  ["5.0, 8 + 16 x 4, FLPD", 0x5000_0000, "v5", [1, 8], [16, 4], { flpd: 1 }],
  ["5.1, 2 x 3, fetch 8, FLPD", 0x5020_0000, "v5", [2, 3], null, { fetch: 8, flpd: 2 }],
];

function hardwareOf([, version, generation, one, two, rest]: Case): Hardware {
  const shape = ([sets, ways]: [number, number]) => ({ sets, ways });
  const l2 = two === null ? null : shape(two);
  return { version, generation, l1: shape(one), l2, flpd: 0, fetch: 1, buffers: 0, polls: 0, ...rest };
}

/** Two cores and the model, all of the same hardware. */
class Trio {
  readonly hardware: Hardware;
  readonly v5: boolean;
  readonly subjects: readonly [Subject, Subject];
  readonly memory: Memory;
  readonly statusAt: number;
  model: SysmmuModel;

  constructor(hardware: Hardware) {
    this.hardware = hardware;
    this.v5 = hardware.generation === "v5";
    this.statusAt = this.v5 ? 0x60 : 0x18;
    this.subjects = [new Subject("debug", hardware), new Subject("release", hardware)];
    this.memory = new Memory(this.subjects);
    this.model = this.newModel();
    makeTables(this.memory, this.v5);
  }

  newModel(): SysmmuModel {
    return new SysmmuModel(this.hardware, (pa) => this.memory.read32(pa));
  }

  write(offset: number, value: number): void {
    for (const s of this.subjects) s.core.sysmmuRegWrite(0, offset, value);
    this.model.write(offset, value);
  }

  /** All at birth, then enabled as a driver would. */
  start(permissions: boolean, tick: number): void {
    const { generation, buffers } = this.hardware;
    this.memory.reset();
    this.model = this.newModel();
    for (const s of this.subjects) {
      s.reset();
      if (tick !== 0) s.setTicks(tick);
    }
    let cfg = (permissions ? 5 : 1) + 2 ** 20;
    if (buffers !== 0 && generation === "v3.3") {
      this.write(0x40c, 0x1101); // one buffer for reads, upwards, over everything
      this.write(0x414, 0xffff_ffff);
    } else if (buffers !== 0) {
      this.write(generation === "v3.1" ? 0x50 : 0x74, 0xffff_ffff);
      cfg += generation === "v3.1" ? 2 ** 29 : 2 ** 16;
    }
    this.write(this.v5 ? 0x0c : 0x14, this.v5 ? TABLE / 4096 : TABLE);
    this.write(4, cfg);
    this.write(0, 5);
  }

  /** One step: what debug, release and model answer. */
  step(s: Step): [unknown, unknown, unknown] {
    const { subjects, memory, model } = this;
    if (s.op === "lv1") memory.put(TABLE + s.index * 4, s.value);
    else if (s.op === "lv2") memory.put(LV2 + s.index * 4, s.value);
    else if (s.op === "block") {
      for (let i = 0; i < 16; i++) {
        const pa = BASE + s.pa * 65536 + (s.large ? 0 : i * 4096);
        memory.put(LV2 + (s.block * 16 + i) * 4, level2(this.v5, pa, s.large, s.rights));
      }
    } else if (s.op === "write") this.write(s.offset, s.value);
    else if (s.op === "clear") this.write(this.statusAt + 4, model.intStatus);
    else if (s.op === "stale") {
      for (const x of subjects) x.core.sysmmuMarkStale(0, s.va, s.bytes, s.owner);
      model.markStale(s.va, s.bytes, s.owner);
    } else if (s.op === "read") {
      const [a, b] = subjects.map((x) => x.core.sysmmuRegRead(0, s.offset) >>> 0);
      return [a, b, model.read(s.offset)];
    } else if (s.op === "range") {
      const inDram = (pa: number, n: number) => pa >= BASE && pa + n <= BASE + DRAM_BYTES;
      const [a, b] = subjects.map((x) =>
        x.core.sysmmuAccess(0, s.va, s.bytes, s.burst, s.write ? 1 : 0, 0, 0),
      );
      return [a, b, model.range(s.va, s.bytes, s.burst, s.write, inDram)];
    } else if (s.op === "access") return this.access(s);
    return [0, 0, 0];
  }

  access(s: Extract<Step, { op: "access" }>): [unknown, unknown, unknown] {
    if (s.clear && this.model.intStatus !== 0) this.write(this.statusAt + 4, this.model.intStatus);
    const expected: number[] = [];
    for (const va of s.vas) {
      const pa = this.model.access(va, s.write);
      if (pa === null) break;
      expected.push(pa % 2 ** 32);
    }
    const [debug, release] = this.subjects;
    if (s.flip) return [debug.batch(s.vas, s.write), release.singles(s.vas, s.write), expected];
    return [debug.singles(s.vas, s.write), release.batch(s.vas, s.write), expected];
  }

  /** What is cheap to look at after each step. */
  glance(s: Step): void {
    const { model, statusAt } = this;
    const wanted = [model.ctrl, model.peek(8), model.intStatus, model.irq ? 1 : 0];
    for (const x of this.subjects) {
      const seen = [0, 8, statusAt].map((offset) => x.core.sysmmuPeek(0, offset) >>> 0);
      seen.push(x.core.sysmmuIrqLevel(0));
      if (String(seen) !== String(wanted)) expect([s, ...seen]).toEqual([s, ...wanted]);
    }
  }

  /** Everything: registers, counters, faults, dead mappings, contents of all caches. */
  compare(): void {
    const { model } = this;
    const offsets = [...REGISTERS[this.hardware.generation].map((row) => row.offset), 0xffc];
    const wanted = {
      registers: offsets.map((offset) => [offset, model.peek(offset)]),
      counters: model.count,
      faultsByBit: model.faultsByBit,
      records: model.records,
      staleUses: model.staleUses,
      caches: modelCaches(model),
    };
    const text = JSON.stringify(wanted);
    for (const x of this.subjects) {
      const seen = {
        registers: offsets.map((offset) => [offset, x.core.sysmmuPeek(0, offset) >>> 0]),
        counters: x.counters(Object.keys(model.count)),
        faultsByBit: x.faultsByBit(),
        records: x.records(),
        staleUses: x.staleUses(),
        caches: x.caches(),
      };
      // Text first: it is quicker.
      if (JSON.stringify(seen) !== text) expect(seen).toEqual(wanted);
    }
    // hits and misses are all lookups; what was filled and not thrown out is there
    const { count } = model;
    expect(count.hits + count.misses).toBe(count.lookups);
    const live = model.levels.reduce((n, level) => n + level.live, model.buffers?.live ?? 0);
    expect(count.fills - count.evictions - count.invalidated).toBe(live);
  }
}

describe("a System MMU under random sequences", () => {
  it.each(CASES)("is the same on debug, release and model: %s", (...row) => {
    const trio = new Trio(hardwareOf(row));
    const outside = trio.subjects.map((s) => s.outside());
    const run = (list: readonly Step[], permissions: boolean, late: boolean) => {
      trio.start(permissions, late ? 0xffff_fff8 : 0); // late: the tick of the caches runs over
      for (const s of list) {
        const [debug, release, expected] = trio.step(s);
        for (const seen of [debug, release]) {
          if (String(seen) !== String(expected)) expect([s, seen]).toEqual([s, expected]);
        }
        trio.glance(s);
      }
      trio.compare();
    };
    fc.assert(fc.property(steps(trio.hardware.generation), fc.boolean(), fc.boolean(), run), {
      numRuns: Math.ceil(SEQUENCES / CASES.length),
    });
    const same = (a: Uint32Array, b: Uint32Array) => Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
    trio.subjects.forEach((s, n) => {
      // The device only reads guest memory, and touches nothing but its own.
      expect(same(s.words.subarray(s.at(BASE), s.at(BASE) + DRAM_BYTES / 4), trio.memory.image())).toBe(true);
      expect(same(s.outside(), outside[n]!)).toBe(true);
    });
  });
});

function bytesOf(words: Uint32Array): Buffer {
  return Buffer.from(words.buffer, words.byteOffset, words.byteLength);
}
