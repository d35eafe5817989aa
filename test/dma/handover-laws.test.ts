// A law for every ops table of every profile: a driver that hands its buffers over as it should sees the
// right bytes, whatever the core speculates. Random drivers, compared with an array of bytes per buffer.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DmaDirection, exynos4210, Machine, type OpsTable, PROFILES, type Profile } from "../../src/index.js";

const { Bidirectional, FromDevice, ToDevice } = DmaDirection;
const LINE = 32;
const BUFFERS = 4;
const BYTES = 3 * 4096;

function make(profile: Profile, table: OpsTable): Machine {
  const m = Machine.create({
    soc: exynos4210,
    dram: { bytes: 8 << 20 },
    profile,
    caches: { l1Bytes: 4096, l1Ways: 2, l2Bytes: 16384, l2Ways: 4 },
  });
  const device = m.device("fimc0");
  if (table === "coherent") device.dma.coherent = true;
  if (table === "iommu") m.iommu.createMapping({ base: 0x2000_0000, size: 1 << 20 }).attach(device);
  else device.setOps(table, { poolBytes: 1 << 20, force: true });
  return m;
}

interface Step {
  readonly buffer: number;
  readonly dir: DmaDirection;
  /** Lines from the buffer's start, and how many. */
  readonly first: number;
  readonly lines: number;
  readonly value: number;
  /** Device accesses and syncs between map and unmap. */
  readonly rounds: readonly { readonly write: boolean; readonly at: number; readonly value: number }[];
}

const step: fc.Arbitrary<Step> = fc.record({
  buffer: fc.integer({ min: 0, max: BUFFERS - 1 }),
  dir: fc.constantFrom<DmaDirection>(Bidirectional, ToDevice, FromDevice),
  first: fc.integer({ min: 0, max: 300 }),
  lines: fc.integer({ min: 1, max: 80 }),
  value: fc.integer({ min: 0, max: 255 }),
  rounds: fc.array(
    fc.record({
      write: fc.boolean(),
      at: fc.integer({ min: 0, max: 79 }),
      value: fc.integer({ min: 0, max: 255 }),
    }),
    { maxLength: 4 },
  ),
});

/** Runs the driver; the name of the first wrong look, or null. */
function drive(m: Machine, steps: readonly Step[], seed: number): string | null {
  const device = m.device("fimc0");
  const { dma } = device;
  const pas = Array.from({ length: BUFFERS }, () => m.memory.alloc(BYTES)!);
  const model = pas.map(() => new Uint8Array(BYTES));
  for (const pa of pas) m.cpu.write(pa, new Uint8Array(BYTES));
  m.cpu.speculation.random(seed, 3);
  for (const { buffer, dir, first, lines, value, rounds } of steps) {
    const offset = first * LINE;
    const size = Math.min(lines * LINE, BYTES - offset);
    const want = model[buffer]!;
    const pa = pas[buffer]! + offset;
    const same = (seen: Uint8Array, at: number) => seen.every((b, i) => b === want[offset + at + i]);
    const fill = new Uint8Array(size).map((_, i) => value + i);
    m.cpu.write(pa, fill);
    want.set(fill, offset);
    const a = dma.mapSingle(pa, size, dir);
    if (dma.mappingError(a)) return "map failed";
    if (dir === FromDevice) {
      // A device that only writes must write all: the rest is whatever the kernel left there.
      const frame = new Uint8Array(size).map((_, i) => value ^ (i * 7));
      device.write(a, frame);
      want.set(frame, offset);
    }
    for (const round of rounds) {
      const at = Math.min(round.at * LINE, size - LINE);
      m.cpu.speculation.scatter({ seed, lines: 8, pa, bytes: size });
      if (round.write && dir !== ToDevice) {
        const bytes = new Uint8Array(LINE).map((_, i) => round.value ^ i);
        device.write(a + at, bytes);
        want.set(bytes, offset + at);
        m.cpu.speculation.scatter({ seed, lines: 8, pa, bytes: size });
        dma.syncSingleRangeForCpu(a, at, LINE, dir);
        if (!same(m.cpu.read(pa + at, LINE), at)) return `CPU after sync, offset ${at}`;
        dma.syncSingleRangeForDevice(a, at, LINE, dir);
      } else if (dir !== FromDevice) {
        dma.syncSingleForCpu(a, size, dir);
        m.cpu.write32(pa + at, round.value);
        new DataView(want.buffer).setUint32(offset + at, round.value, true);
        dma.syncSingleForDevice(a, size, dir);
        if (!same(device.read(a + at, LINE), at)) return `device after sync, offset ${at}`;
      }
    }
    dma.unmapSingle(a, size, dir);
    if (!same(m.cpu.read(pa, size), 0)) return "CPU after unmap";
  }
  for (const [i, pa] of pas.entries()) {
    const seen = m.cpu.read(pa, BYTES);
    if (!seen.every((b, n) => b === model[i]![n])) return `buffer ${i} at the end`;
  }
  return null;
}

describe.each(PROFILES)("a driver without bugs on %s", (profile) => {
  const tables: OpsTable[] = ["linear", "iommu", "bounce", "coherent"];
  it.each(tables)("sees the right bytes under %s ops", (table) => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 0xffff_ffff }),
        (steps, seed) => {
          const m = make(profile, table);
          const wrong = drive(m, steps, seed);
          const { live, hazards } = m.statistics();
          m.dispose();
          expect([wrong, live, hazards.unknownUnmaps]).toEqual([null, 0, 0]);
        },
      ),
      { numRuns: 8 },
    );
  });
});
