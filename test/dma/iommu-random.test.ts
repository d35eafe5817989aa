// Random calls to the IOMMU dma ops, with failures and fragmented memory, against the slow model.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MapsgScenario } from "../../src/conformance/mapsg-scenario.js";
import { builds } from "../cores.js";
import { type Buffer, DmaModel, type Entry, type Version } from "../model/dma.js";
import { iommuCore } from "./iommu-core.js";

const VERSIONS: Version[] = ["v3.6", "v3.14", "v4.4", "v6.1"];
const RAM = 0x4000_0000;
const POOL = 0x6000_0000;
const POISON = 0xdead_beef;
const ATTRIBUTES = [
  ["WRITE_COMBINE", 0x4],
  ["NO_KERNEL_MAPPING", 0x10],
  ["SKIP_CPU_SYNC", 0x20],
  ["FORCE_CONTIGUOUS", 0x40],
  ["ALLOC_SINGLE_PAGES", 0x80],
  ["PRIVILEGED", 0x200],
] as const;

interface Step {
  kind: number;
  pick: number;
  dir: number;
  attrs: number;
  fail: number;
  size: number;
  seed: number;
  lengths: { page: number; offset: number; length: number }[];
}

const length = fc.oneof(
  fc.integer({ min: 1, max: 9000 }),
  fc.integer({ min: 1, max: 5 }).map((n) => n * 4096),
  fc.constant(65536),
);
const offset = fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 9000 }));
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.nat(9),
  pick: fc.nat(1000),
  dir: fc.nat(2),
  attrs: fc.nat(63),
  fail: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.nat(3) }),
  size: fc.oneof(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 400_000 })),
  seed: fc.nat(0x7fff_ffff),
  lengths: fc.array(fc.record({ page: fc.nat(60_000), offset, length }), { minLength: 1, maxLength: 9 }),
});

/** Small linear congruential numbers for the page blocks of one allocation. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state >>> 8;
  };
}

class Play {
  readonly model: DmaModel;
  readonly singles: { id: number; dma: number; size: number; resource: boolean }[] = [];
  readonly lists: { id: number; list: Entry[] }[] = [];
  readonly buffers: { id: number; buffer: Buffer }[] = [];
  next = 0;

  constructor(version: Version, coherent: boolean, base: number) {
    this.model = new DmaModel(version, coherent, base, 4 << 20, POOL);
  }

  /** One operation on the model: its line for the core, and what must come out. */
  step(s: Step): { line: Record<string, unknown>; expected: Record<string, unknown> } | undefined {
    const { model } = this;
    model.events = [];
    const errno = [-12, -22, -98][s.seed % 3]!;
    const named = ATTRIBUTES.filter((_, bit) => ((s.attrs >> bit) & 1) !== 0);
    const attrs = named.reduce((bits, [, bit]) => bits | bit, 0);
    const id = this.next++;
    const line: Record<string, unknown> = { id, dir: s.dir, attrs: named.map(([name]) => name), fail: null };
    const mayFail = (): void => {
      model.failAfter = s.fail;
      model.failWith = errno;
      if (s.fail >= 0) line["fail"] = [s.fail, errno];
    };
    const expected: Record<string, unknown> = { r: null };
    const [entry] = s.lengths as [Step["lengths"][0]];
    switch (s.kind) {
      case 0: {
        const resource = model.version === "v6.1" && s.pick % 4 === 0;
        mayFail();
        const pa = RAM + entry.page * 4096;
        const size = entry.length;
        const dma = resource
          ? model.mapResource(pa + entry.offset, size, s.dir, attrs)
          : model.mapPage(pa, entry.offset, size, s.dir, attrs);
        if (dma !== 0xffff_ffff) this.singles.push({ id, dma, size, resource });
        expected["r"] = dma;
        if (resource) Object.assign(line, { op: "map_resource", pa: pa + entry.offset, size });
        else Object.assign(line, { op: "map_page", pa, off: entry.offset, size, pkmapped: [] });
        break;
      }
      case 1: {
        const [single] = this.singles.splice(s.pick % Math.max(1, this.singles.length), 1);
        if (single === undefined) return undefined;
        const { dma: h, size, resource } = single;
        if (resource) model.unmapResource(h, size);
        else model.unmapPage(h, size, s.dir, attrs);
        Object.assign(line, { op: resource ? "unmap_resource" : "unmap_page", h, size });
        break;
      }
      case 2: {
        const single = this.singles[s.pick % Math.max(1, this.singles.length)];
        if (single === undefined || single.resource) return undefined;
        const forDevice = s.seed % 2 === 0;
        const h = single.dma + (s.seed % single.size);
        const size = single.size - (s.seed % single.size);
        if (!model.sync(h, size, s.dir, forDevice)) expected["r"] = "no-op-in-ops-table";
        Object.assign(line, { op: forDevice ? "sync_single_for_device" : "sync_single_for_cpu", h, size });
        break;
      }
      case 3:
      case 4: {
        mayFail();
        const list = s.lengths.map((e) => ({
          page: RAM + e.page * 4096,
          offset: e.offset,
          length: e.length,
          dmaAddress: POISON,
          dmaLength: POISON,
        }));
        const max = [4096, 8192, 10_000, 12_288, 65_536, 0xffff_ffff][s.pick % 6]!;
        model.maxSeg = max;
        expected["r"] = model.mapSg(list, s.dir, attrs);
        expected["out"] = list.map((e) => [e.dmaAddress, e.dmaLength]);
        if ((expected["r"] as number) > 0) this.lists.push({ id, list });
        const sg = list.map((e) => [e.page, e.offset, e.length]);
        Object.assign(line, { op: "map_sg", sg, max_seg: max });
        break;
      }
      case 5: {
        const [found] = this.lists.splice(s.pick % Math.max(1, this.lists.length), 1);
        if (found === undefined) return undefined;
        model.unmapSg(found.list, s.dir, attrs);
        Object.assign(line, { op: "unmap_sg", id: found.id });
        break;
      }
      case 6: {
        const found = this.lists[s.pick % Math.max(1, this.lists.length)];
        if (found === undefined) return undefined;
        const forDevice = s.seed % 2 === 0;
        if (!model.syncSg(found.list, s.dir, forDevice)) expected["r"] = "no-op-in-ops-table";
        Object.assign(line, { op: forDevice ? "sync_sg_for_device" : "sync_sg_for_cpu", id: found.id });
        break;
      }
      case 7:
      case 8: {
        mayFail();
        const next = numbers(s.seed);
        const hard = s.seed % 3;
        model.takePages = (pages) => {
          if (hard === 1 && pages > 1 && next() % 3 !== 0) return -1;
          if (hard === 2 && next() % 20 === 0) return -1;
          return RAM + (next() % 90_000) * 4096;
        };
        model.remapFails = s.pick % 7 === 0;
        const atomic = s.pick % 3 === 0;
        const size = atomic ? Math.min(s.size, 60_000) : s.size;
        const buffer = model.alloc(size, atomic, attrs);
        if (buffer !== undefined) this.buffers.push({ id, buffer });
        const first = buffer?.kind === "pool" && buffer.pages[0] === POOL;
        const cpu = first ? "remap" : (buffer?.kind ?? "null");
        expected["r"] = { cpu, handle: model.lastHandle };
        Object.assign(line, { op: "alloc", size, gfp: atomic ? "ATOMIC" : "KERNEL" });
        break;
      }
      default: {
        const [found] = this.buffers.splice(s.pick % Math.max(1, this.buffers.length), 1);
        if (found === undefined) return undefined;
        model.free(found.buffer);
        Object.assign(line, { op: "free", id: found.id });
        const cookie = found.buffer.kind === "pages";
        line["attrs"] = cookie ? ["NO_KERNEL_MAPPING"] : [];
      }
    }
    model.failAfter = -1;
    expected["iova_pages"] = model.usedPages();
    expected["pool_used"] = model.pool.filter((bit) => bit).length;
    Object.assign(line, { ev: model.events, iova_pages: 0, pool_used: 0 });
    expected["ev"] = model.events;
    return { line, expected };
  }
}

/** vmap ids are the recorder's habit; that one succeeded or failed is not. */
function comparable(outcome: unknown): unknown {
  const { ev, ...rest } = outcome as { ev: (string | number)[][] };
  return {
    ...rest,
    ev: ev.map((event) =>
      event[0] === "remap" && event[2] !== -1
        ? [event[0], event[1]!, 0]
        : event[0] === "unremap"
          ? [event[0], 0]
          : event,
    ),
  };
}

describe.each(builds)("iommu dma ops, %s core", (build) => {
  describe.each(VERSIONS)("%s", (version) => {
    it.each([
      [false, 0x2000_0000],
      [true, 0x2000_0000],
      [false, 0],
    ])("agree with the model (coherent %s, base %i)", (coherent, base) => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
          const core = iommuCore(build, version, true, 1 << 20);
          const scenario = { ver: version, coherent: coherent ? 1 : 0, base, size: 4 << 20, order: 0 };
          const player = new MapsgScenario(core, { ...scenario, highmem_start: 0xffff_ffff }, [], {
            domain: 0,
          });
          core.exports["poolInit"](POOL);
          const play = new Play(version, coherent, base);
          for (const s of steps) {
            const made = play.step(s);
            if (made === undefined) continue;
            const outcome = player.play(made.line);
            expect(comparable({ out: undefined, ...outcome }), JSON.stringify(made.line)).toEqual(
              comparable({ out: undefined, ...made.expected }),
            );
          }
        }),
        { numRuns: 40 },
      );
    });
  });
});
