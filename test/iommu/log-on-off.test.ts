// Whether anybody listens or not: with the register log on, every access of the driver is a record; with
// it off, shorter ways may be taken. Both must leave the same machine, byte by byte, counters included,
// and the counters must be those that the log adds up to.
//
//   from the log, for each System MMU
//   all reads, all writes          registers read and written
//   FLUSH, FLUSH_ENTRY with bit 0  flushes of everything and of a page
//   CTRL = 7, then STATUS          a block: done when its last look shows bit 0, else lost
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RegisterAccess, RegisterLog } from "../../src/iommu/register-log.js";
import { Live } from "../../src/machine/live.js";
import { SysMmu } from "../../src/sysmmu/sysmmu.js";
import { type Build, builds } from "../cores.js";
import { type Bench, bench, counter, DRAM_BASE, type KernelVersion } from "./core.js";

const IOVA = 0x1000_0000;
const NEVER = 0xffff_ffff;

/** As often as they stand here. */
const KINDS = [
  ...(["map", "map", "unmap", "unmap", "both", "both", "read", "read"] as const),
  ...(["attach", "attach", "detach", "suspend", "resume", "resume", "interrupt", "polls"] as const),
] as const;

interface Step {
  readonly what: (typeof KINDS)[number];
  readonly page: number;
  readonly pages: number;
  readonly unit: number;
  readonly polls: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...KINDS),
  page: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(0, 16, 256, 512)),
  pages: fc.constantFrom(1, 1, 2, 5, 16),
  unit: fc.integer({ min: 0, max: 1 }),
  polls: fc.constantFrom(0, 0, 0, 0, 1, 120, 121, NEVER),
});

/** What a sequence leaves: the machine's memory, the log wiped, and what the log had. */
interface Left {
  readonly memory: Uint8Array;
  readonly accesses: readonly RegisterAccess[];
  readonly made: Bench;
}

function perform(made: Bench, domain: number, { what, page, pages, unit, polls }: Step): void {
  const { core, iommu, device, units } = made;
  const iova = IOVA + page * 4096;
  const mmu = units[unit]!;
  if (what === "map") iommu.iommuMap(domain, iova, DRAM_BASE + (8 << 20) + page * 4096, pages * 4096, 3);
  else if (what === "unmap") iommu.iommuUnmap(domain, iova, pages * 4096);
  else if (what === "both") {
    // Twice: the second time everything is at hand, as the shorter ways want it.
    for (let n = 0; n < 2; n++) {
      iommu.iommuMap(domain, iova, DRAM_BASE + (8 << 20) + page * 4096, pages * 4096, 3);
      iommu.iommuUnmap(domain, iova, pages * 4096);
    }
  } else if (what === "attach") iommu.driverAttach(domain, device);
  else if (what === "detach") iommu.driverDetach(domain, device);
  else if (what === "suspend") iommu.driverSuspend(mmu);
  else if (what === "resume") iommu.driverResume(mmu);
  else if (what === "polls") core.exports["sysmmuSetBlockPolls"](mmu, polls);
  else if (what === "interrupt") {
    iommu.driverIrq(mmu);
    iommu.driverBug();
  } else core.exports["deviceTransfer"](device, iova, 64, 0, unit, core.constants["BATCH"]!);
}

function run(
  build: Build,
  kernel: KernelVersion,
  hardware: number,
  steps: readonly Step[],
  on: boolean,
): Left {
  const made = bench(build, kernel, hardware, 2);
  const { core, iommu } = made;
  core.exports["cacheInit"](2048, 4, 8192, 8, 0, 1);
  const domain = iommu.domainCreate() >>> 0;
  iommu.domainSetHandler(domain, 1, 0);
  const log = new RegisterLog(new Live(core), () => ["0", "1"]);
  const accesses: RegisterAccess[] = [];
  if (on) log.start();
  for (const step of steps) {
    perform(made, domain, step);
    if (on) accesses.push(...log.take());
  }
  expect(log.lost).toBe(0);
  log.stop();
  const memory = core.u8;
  const { LOG = 0, LOG_COUNT = 0, LOG_BYTES = 0, HEADER = 0 } = core.constants;
  // In place: nothing runs any more on this machine.
  memory.fill(0, LOG, LOG + LOG_COUNT * LOG_BYTES);
  memory.fill(0, HEADER + 0x2c, HEADER + 0x30);
  return { memory, accesses, made };
}

/** Blocks of one System MMU that its accesses tell of: done and given up. */
function blocks(accesses: readonly RegisterAccess[]): { done: number; lost: number } {
  const outcomes: boolean[] = [];
  accesses.forEach(({ kind, offset, value }, i) => {
    if (
      kind === "write" &&
      offset === 0 &&
      value === 7 &&
      accesses[i + 1]?.kind === "read" &&
      accesses[i + 1]!.offset === 8
    ) {
      let last = i + 1;
      while (accesses[last + 1]?.kind === "read" && accesses[last + 1]?.offset === 8) last++;
      outcomes.push((accesses[last]!.value & 1) === 1);
    }
  });
  const done = outcomes.filter(Boolean).length;
  return { done, lost: outcomes.length - done };
}

/** Counters that the log adds up to, and those of the machine. */
function sums(left: Left, version5: boolean) {
  const { core, units } = left.made;
  const fromLog: number[] = [];
  const counted: number[] = [];
  const all = { done: 0, lost: 0 };
  const [flushAll, flushEntry] = version5 ? [0x10, 0x14] : [0x0c, 0x10];
  for (const unit of units) {
    const own = left.accesses.filter(({ sysmmu }) => sysmmu === String(unit));
    const writes = own.filter(({ kind }) => kind === "write");
    const strobes = (at: number) => writes.filter(({ offset, value }) => offset === at && value & 1).length;
    fromLog.push(own.length - writes.length, writes.length, strobes(flushAll!), strobes(flushEntry!));
    const mmu = new SysMmu(new Live(core), unit, String(unit)).statistics();
    counted.push(mmu.registerReads, mmu.registerWrites, mmu.flushAll, mmu.flushEntry);
    const { done, lost } = blocks(own);
    all.done += done;
    all.lost += lost;
  }
  return {
    fromLog: [...fromLog, all.done, all.lost],
    counted: [...counted, counter(core, "COUNT_INVALIDATIONS"), counter(core, "COUNT_INVALIDATIONS_LOST")],
  };
}

const cases: [KernelVersion, number][] = [
  ["v3.6", 0x1000_0000],
  ["v3.6", 0x2000_0000],
  ["v4.4", 0x2000_0000],
  ["v4.4", 0x3060_0000],
  ["v6.1", 0x8000_0001],
  ["v6.1", 0x2000_0000],
  ["v6.1", 0x3060_0000],
  ["v6.1", 0x5000_0000],
];

describe.each(builds)("the register log on and off, %s core", (build) => {
  it.each(cases)("%s on VERSION %i", (kernel, hardware) => {
    const version5 = hardware === 0x5000_0000;
    const probes = kernel === "v6.1" ? 1 : 0;
    let seen = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 40 }), (random) => {
        // Most sequences run attached and powered.
        const steps = [{ what: "attach", page: 0, pages: 1, unit: 0, polls: 0 } as const, ...random];
        const loud = run(build, kernel, hardware, steps, true);
        const quiet = run(build, kernel, hardware, steps, false);
        expect(Buffer.compare(loud.memory, quiet.memory)).toBe(0);
        const { fromLog, counted } = sums(loud, version5);
        // Probe read VERSION before the log began.
        fromLog[0]! += probes;
        fromLog[4]! += probes;
        expect(counted).toEqual(fromLog);
        seen += fromLog.at(-2)!;
      }),
      { numRuns: 6 },
    );
    expect(seen).toBeGreaterThan(0);
  });
});
