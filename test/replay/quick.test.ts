// The short ways of map, unmap, sync and allocation must leave what the long ways leave: every byte of
// the machine and every counter. A log group that nothing uses keeps the short ways off.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Op } from "../../src/trace/opcodes.js";
import { type Build, builds } from "../cores.js";
import { DRAM_BASE, iommuCore } from "../dma/iommu-core.js";

const DATA = DRAM_BASE + (8 << 20);
const AS_MAPPED = 0xff;
const SKIP_CPU_SYNC = 0x20;

interface Step {
  readonly what: string;
  readonly page: number;
  readonly bytes: number;
  readonly offset: number;
  readonly dir: number;
  readonly attrs: number;
  readonly pick: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    "map",
    "map",
    "list",
    "list",
    "pages",
    "alloc",
    "alloc",
    "end",
    "end",
    "end",
    "sync",
    "cpu",
    "dev",
  ),
  page: fc.integer({ min: 0, max: 200 }),
  bytes: fc.constantFrom(4096, 4096, 4096, 512, 100, 8192, 70_000, 300_000),
  offset: fc.constantFrom(0, 0, 0, 512, 33, 4064),
  dir: fc.integer({ min: 0, max: 2 }),
  attrs: fc.constantFrom(0, 0, SKIP_CPU_SYNC),
  pick: fc.nat(1000),
});

/** Records for the steps; what a handle names is followed so that most of them mean something. */
function records(steps: readonly Step[]): Uint32Array {
  const words: number[] = [];
  const live: { handle: number; op: number }[] = [];
  let next = 0;
  const put = (op: number, how: number, a = 0, b = 0, c = 0) => words.push((op | (how << 8)) >>> 0, a, b, c);
  const begin = (op: number): number => {
    live.push({ handle: next, op });
    return next++;
  };
  for (const { what, page, bytes, offset, dir, attrs, pick } of steps) {
    const pa = DATA + page * 4096;
    put(Op.Prefix, 0, attrs);
    if (what === "map") put(Op.Map, dir, begin(Op.Unmap), pa + offset, bytes);
    else if (what === "alloc") put(Op.Alloc, 0, begin(Op.Free), bytes);
    else if (what === "list" || what === "pages") {
      const entries = 1 + (pick % 40);
      const handle = begin(Op.UnmapSg);
      put(Op.SgBegin, dir, handle, entries);
      for (let i = 0; i < entries; i++) {
        const odd = what === "list" && i % 5 === 4;
        put(Op.SgEntry, dir, pa + i * 8192 + (odd ? offset : 0), odd ? bytes : 4096);
      }
      put(Op.SgEnd, dir, handle);
    } else if (live.length !== 0) {
      const at = pick % live.length;
      const { handle, op } = live[at]!;
      if (what === "end") {
        live.splice(at, 1);
        put(op, AS_MAPPED, handle);
      } else if (what === "sync") put(pick & 1 ? Op.SyncForCpu : Op.SyncForDevice, AS_MAPPED, handle);
      else if (what === "cpu") put(pick & 1 ? Op.CpuRead : Op.CpuWrite, 0, handle, 0, 300);
      else put(pick & 1 ? Op.DevRead : Op.DevWrite, 1, handle, 0, 5000);
    }
  }
  return Uint32Array.from(words);
}

interface Kind {
  readonly version: string;
  readonly hardware: number;
  readonly policy: number;
  readonly ways: number;
  readonly polls: number;
}

function run(build: Build, kind: Kind, stream: Uint32Array, watched: boolean): Uint8Array {
  const core = iommuCore(build, kind.version, false);
  const { exports } = core;
  exports["cacheInit"](4096, 4, kind.ways << 13, kind.ways, kind.policy, 7);
  const unit = exports["sysmmuCreate"](kind.hardware, 0, 0, 0, 0, 0, 0) as number;
  const device = exports["deviceCreate"]() as number;
  exports["deviceAddSysmmu"](device, unit);
  exports["driverProbe"](unit);
  const space = exports["iovaCreate"](0x1000_0000, 0x1000_0000, 0, 0) as number;
  const domain = exports["domainCreate"]() as number;
  exports["deviceAttach"](device, space, domain);
  exports["sysmmuSetBlockPolls"](unit, kind.polls);
  const mask = (core.constants["HEADER"]! >>> 2) + 10;
  core.u32[mask] = watched ? 0x8000_0000 : 0;
  core.u32.set(stream, core.constants["BATCH"]! >>> 2);
  expect(exports["replayRun"](stream.length / 4)).toBe(stream.length / 4);
  core.u32[mask] = 0;
  return core.u8.slice();
}

const kinds: Kind[] = [
  { version: "v6.1", hardware: 0x1000_0000, policy: 0, ways: 16, polls: 0 },
  { version: "v6.1", hardware: 0x2000_0000, policy: 2, ways: 16, polls: 0 },
  { version: "v6.1", hardware: 0x3060_0000, policy: 0, ways: 16, polls: 0 },
  { version: "v6.1", hardware: 0x1000_0000, policy: 1, ways: 16, polls: 3 },
  { version: "v4.4", hardware: 0x2000_0000, policy: 0, ways: 2, polls: 0 },
  { version: "v3.6", hardware: 0x1000_0000, policy: 0, ways: 4, polls: 0 },
];

describe.each(builds)("short ways of the op stream, %s core", (build) => {
  it.each(kinds)("are no different: $version, System MMU $hardware, policy $policy", (kind) => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const stream = records(steps);
        const quick = run(build, kind, stream, false);
        const slow = run(build, kind, stream, true);
        expect(Buffer.compare(quick, slow)).toBe(0);
      }),
      { numRuns: 8 },
    );
  });
});
