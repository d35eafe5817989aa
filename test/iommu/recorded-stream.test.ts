// The recorded Exynos4210 runs of Linux 6.12, driven again: the domains, attachments, maps and unmaps
// that ftrace saw go into a machine under the v6.1 profile, and each System MMU must see the register
// accesses that the recorder noted: all of them, in order, offset, direction and value.
//
// From the register log come only the moments that ftrace does not have: a write of PT_BASE tells that
// the System MMU was resumed, a write of CFG = 0 that it was suspended. They are put among the calls by
// time; the recorder counts from another start than the kernel (`ahead`).
//
// PT_BASE is compared by domain: the recorded table's address is the one that the kernel's own
// dma_map_page event of the new table has.
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { exynos4210, type IommuMapping, Machine } from "../../src/index.js";
import { findByLinuxName } from "../../src/soc/find.js";
import { type Build, builds, moduleOf } from "../cores.js";
import { type Call, recordedCalls } from "./recorded-calls.js";

interface Recording {
  readonly name: string;
  readonly folder: string;
  /** Seconds from the kernel's clock to the recorder's: the first TLB flush against its unmap. */
  readonly ahead: number;
  /** System MMUs that were powered, with their accesses. */
  readonly accesses: Readonly<Record<string, number>>;
}

const recordings: readonly Recording[] = [
  {
    name: "camera",
    folder: "examples/traces/exynos4210-camera",
    ahead: 2.7506,
    accesses: { fimc0: 3712, fimc1: 3705, mfc_l: 15, mfc_r: 15 },
  },
  {
    // The traces are cut to the calls: no page-table syncs.
    name: "lcd",
    folder: "test/fixtures/recorded/exynos4210-lcd",
    ahead: 2.8658,
    accesses: { fimd0: 11826, mfc_l: 15, mfc_r: 15 },
  },
];

const PT_BASE = 0x14;
const CFG = 0x04;

const unpack = (path: string) => gunzipSync(readFileSync(path)).toString("utf8");

/** A resume or suspend of a System MMU. */
interface PowerCall {
  readonly what: "resume" | "suspend";
  readonly at: number;
  readonly sysmmu: string;
}

/** Accesses of each System MMU, one text each: `W 14 table 49388000`. */
type Streams = Map<string, string[]>;

function put(streams: Streams, sysmmu: string, text: string): void {
  const list = streams.get(sysmmu);
  if (list === undefined) streams.set(sysmmu, [text]);
  else list.push(text);
}

function textOf(write: boolean, offset: number, value: number): string {
  const word = offset === PT_BASE ? `table ${value.toString(16)}` : value.toString(16);
  return `${write ? "W" : "R"} ${offset.toString(16)} ${word}`;
}

/** What the recorder noted: the streams to reach, and when power came and went. */
function readLog(folder: string, ahead: number): { streams: Streams; power: PowerCall[] } {
  const streams: Streams = new Map();
  const power: PowerCall[] = [];
  for (const line of unpack(`${folder}/sysmmu-mmio.log.gz`).split("\n")) {
    const parts = /^(\d+) ([RW]) (\w+\.sysmmu)\(\w+\) (0x\w+) (0x\w+)$/.exec(line);
    if (parts === null) continue;
    const found = findByLinuxName(exynos4210, parts[3]!);
    if (found?.kind !== "sysmmu") throw new Error(line);
    const sysmmu = found.sysmmu.name;
    const at = Number(parts[1]) / 1e9 - ahead;
    const write = parts[2] === "W";
    const [offset, value] = [Number(parts[4]), Number(parts[5])];
    put(streams, sysmmu, textOf(write, offset, value));
    if (write && offset === PT_BASE) power.push({ what: "resume", at, sysmmu });
    if (write && offset === CFG && value === 0) power.push({ what: "suspend", at, sysmmu });
  }
  return { streams, power };
}

function readCalls(folder: string): Call[] {
  const files = readdirSync(folder).filter((name) => /^\d\d-.*\.(trace|calls)\.txt\.gz$/.test(name));
  return recordedCalls(
    files
      .sort()
      .map((name) => unpack(`${folder}/${name}`))
      .join("\n"),
  );
}

/** One machine that is asked what the recorded kernel was asked. */
class Driven {
  readonly #machine: Machine;
  readonly #domains = new Map<number, IommuMapping>();
  /** The recorded table that stands for one of this machine. */
  readonly #tables = new Map<number, number>();
  readonly streams: Streams = new Map();

  /** `listening` false: without the log, as fast as the core can. */
  constructor(build: Build, listening = true) {
    this.#machine = Machine.create({
      soc: exynos4210,
      profile: "v6.1",
      dram: { base: 0x4000_0000, bytes: 32 << 20 },
      core: moduleOf(build),
    });
    const { driver, sysmmuNames } = this.#machine;
    // Without power until their masters ask for it.
    for (const name of sysmmuNames) driver.suspend(name);
    if (listening) driver.log.start();
    for (const { name, deviceTree } of exynos4210.sysmmus) if (deviceTree) driver.probe(name);
    this.#take();
  }

  #take(): void {
    const { log } = this.#machine.driver;
    for (const { sysmmu, offset, value, kind } of log.take()) {
      const shown = offset === PT_BASE ? this.#tables.get(value)! : value;
      put(this.streams, sysmmu, textOf(kind === "write", offset, shown));
    }
    expect(log.lost).toBe(0);
  }

  /** Register reads and writes that a System MMU counted, without the probe of the machine's making. */
  counted(sysmmu: string): [reads: number, writes: number] {
    const { registerReads, registerWrites } = this.#machine.sysmmu(sysmmu).statistics();
    return [registerReads - 1, registerWrites];
  }

  #device(linuxName: string) {
    const found = findByLinuxName(exynos4210, linuxName);
    if (found?.kind !== "device") throw new Error(`no device ${linuxName}`);
    return this.#machine.device(found.device.name);
  }

  /** Does what one recorded call asks. */
  do(call: Call | PowerCall): void {
    this.#perform(call);
    this.#take();
  }

  #perform(call: Call | PowerCall): void {
    const { driver } = this.#machine;
    if (call.what === "resume") driver.resume(call.sysmmu);
    else if (call.what === "suspend") driver.suspend(call.sysmmu);
    else if (call.what === "domain") this.#newDomain(call.table);
    else if (call.what === "free") this.#domains.get(call.table)!.release();
    else if (call.what === "attach") this.#attach(call.device, call.table);
    else if (call.what === "map" || call.what === "unmap") {
      const mapping = this.#device(call.device).mapping!;
      const { iova, size } = call;
      if (call.what === "map") expect(mapping.map(iova, call.pa, size)).toBe(0);
      else expect(mapping.unmap(iova, size)).toBe(size);
    }
  }

  #newDomain(table: number): void {
    const mapping = this.#machine.iommu.createMapping();
    this.#domains.set(table, mapping);
    this.#tables.set(mapping.tableBase, table);
  }

  #attach(name: string, table: number | null): void {
    const device = this.#device(name);
    if (table === null) device.mapping?.detach(device);
    else this.#domains.get(table)!.attach(device);
  }
}

/** What `calls` and `power` make. */
function drive(build: Build, calls: readonly Call[], power: readonly PowerCall[], listening = true): Driven {
  const driven = new Driven(build, listening);
  // Stable: calls of one time stay in order.
  const all = [...calls, ...power].sort((a, b) => a.at - b.at);
  for (const call of all) driven.do(call);
  return driven;
}

describe.each(recordings)("the $name recording", ({ folder, ahead, accesses }) => {
  const { streams: recorded, power } = readLog(folder, ahead);
  const calls = readCalls(folder);

  it("has what its notes say", () => {
    const busy = [...recorded].filter(([, list]) => list.length > 1);
    expect(Object.fromEntries(busy.map(([name, list]) => [name, list.length]))).toEqual(accesses);
    expect(recorded.size).toBe(12);
    expect(calls.filter((call) => call.what === "unmap").length).toBeGreaterThan(400);
  });

  it.each(builds)("makes the recorded register stream of every System MMU, %s core", (build) => {
    const made = drive(build, calls, power).streams;
    for (const [name, stream] of recorded) expect([name, made.get(name)]).toEqual([name, stream]);
    expect(made.size).toBe(recorded.size);
  });

  it.each(builds)("counts the recorded accesses when nobody listens, %s core", (build) => {
    const made = drive(build, calls, power, false);
    expect(made.streams.size).toBe(0);
    for (const [name, stream] of recorded) {
      const writes = stream.filter((text) => text.startsWith("W")).length;
      expect([name, ...made.counted(name)]).toEqual([name, stream.length - writes, writes]);
    }
  });

  it("makes another one when power comes and goes at other times", () => {
    const late = power.map((call) => ({ ...call, at: call.at + 64 }));
    const made = drive("release", calls, late).streams;
    for (const name of Object.keys(accesses)) {
      const same = JSON.stringify(made.get(name)) === JSON.stringify(recorded.get(name));
      // Nothing was unmapped for MFC.
      expect([name, same]).toEqual([name, name.startsWith("mfc")]);
    }
  });
});
