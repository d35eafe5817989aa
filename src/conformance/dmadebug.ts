// Conformance: DMA-API debug against recorded kernel behaviour (vectors V5, dmadebug.jsonl).
//
// Lines: `env` (devices, address areas), `scn` (a fresh start), then one line per call with the texts
// it emitted and the counters after it. A call agrees when texts, order and counters are equal.
//
// How a pointer is printed is no property of dma-debug (a kernel prints a hash), so `[addr=...]` and the line
// number of the overflow warning are compared as numbers, whatever prefix and zeros they carry.
//
// Once-per-boot warnings keep their state over the scenarios of one file, as they did when recorded.

import {
  DEBUG_NO_DEVICE,
  type DebugEvent,
  type DebugOnce,
  type DebugSgEntry,
  DmaDebug,
} from "../dma/debug.js";
import type { DebugAreas } from "../dma/debug-areas.js";
import type { DmaDirection } from "../dma/direction.js";
import { NotRun } from "./tally.js";
import type { ConformanceRunner, Difference } from "./types.js";

interface Environment {
  readonly devices: readonly (readonly [string, string])[];
  readonly L1_CACHE_SHIFT: number;
  readonly linear_map: readonly [number, number];
  readonly lowmem_end_va: number;
  readonly vmalloc: readonly [number, number];
  readonly kernel_text: readonly [number, number];
  readonly rodata: readonly [number, number];
  readonly stack: readonly [number, number];
  readonly highmem_pfn: number;
  readonly nr_prealloc_entries: number;
}

interface Call {
  readonly s: number;
  readonly i: number;
  readonly op: string;
  readonly a: readonly unknown[];
  readonly ev: readonly unknown[];
  readonly error_count: number;
  readonly show_num: number;
  readonly active: number;
  readonly disabled: number;
}

/** Page frame of the first vmalloc address in the recording's address space. */
const VMALLOC_PFN = 0x50000;

function areasOf(env: Environment): DebugAreas {
  const range = ([start, end]: readonly [number, number]) => ({ start, end });
  return {
    linear: { va: env.linear_map[0], pa: env.linear_map[1], end: env.lowmem_end_va },
    highmemPfn: env.highmem_pfn,
    vmalloc: range(env.vmalloc),
    vmallocToPfn: (va) => VMALLOC_PFN + ((va - env.vmalloc[0]) >>> 12),
    text: range(env.kernel_text),
    rodata: range(env.rodata),
    stack: range(env.stack),
  };
}

/** One scenario: a fresh kernel with the devices of the environment. */
class Scenario {
  readonly debug: DmaDebug;
  #bulk = 0;

  constructor(env: Environment, once: DebugOnce, allErrors: boolean) {
    this.debug = new DmaDebug({
      preallocated: env.nr_prealloc_entries,
      lineShift: env.L1_CACHE_SHIFT,
      areas: areasOf(env),
      once,
    });
    this.debug.allErrors = allErrors;
    for (const [driver, name] of env.devices) {
      // A device without a driver was recorded with its bus name; the boundary device has its own limits.
      const limits = name.startsWith("boundary") ? { maxSegment: 4096, segmentBoundary: 0xffff } : {};
      this.debug.addDevice({ name, ...(driver === "platform" ? {} : { driver }), ...limits });
    }
  }

  /** Plays one call; null when the call is not known. */
  play(op: string, a: readonly unknown[]): readonly DebugEvent[] | null {
    const run = CALLS[op];
    if (run !== undefined) return run(this.debug, a.map(toArgument) as Argument[]);
    const count = Number(a[0]);
    if (op === "map_page_n") return this.#mapUpTo(count + 1);
    if (op !== "mapped") return null;
    const events = this.#mapUpTo(count);
    // From here on the recording let page allocations fail.
    this.debug.limitMemory({ entries: this.debug.pool.total });
    return events;
  }

  /** The pool scenario maps 64 bytes each of consecutive pages until `count` calls were made. */
  #mapUpTo(count: number): readonly DebugEvent[] {
    const events: DebugEvent[] = [];
    for (; this.#bulk < count; this.#bulk++) {
      const page = 0x4800_0000 + this.#bulk * 4096;
      events.push(...this.debug.mapPage(0, page, 0, 64, 1, 0x2000_0000 + this.#bulk * 4096));
    }
    return events;
  }
}

type Argument = number & string & readonly DebugSgEntry[];

/** A list of [page, offset, length, dma address, dma length] becomes a scatterlist; the rest stays. */
function toArgument(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return (value as number[][]).map(([pa, offset, length, dmaAddress, dmaLength]) => ({
    pa: pa!,
    offset: offset!,
    length: length!,
    dmaAddress: dmaAddress!,
    dmaLength: dmaLength!,
  }));
}

const direction = (value: number): DmaDirection => value as DmaDirection;
const device = (value: number | null): number => value ?? DEBUG_NO_DEVICE;

const CALLS: Readonly<Record<string, (debug: DmaDebug, a: Argument[]) => readonly DebugEvent[]>> = {
  map_page: (d, a) => d.mapPage(device(a[0]!), a[1]!, a[2]!, a[3]!, direction(a[4]!), a[5]!, a[6]!),
  mapping_error: (d, a) => d.mappingError(device(a[0]!), a[1]!),
  unmap_page: (d, a) => d.unmapPage(device(a[0]!), a[1]!, a[2]!, direction(a[3]!)),
  map_resource: (d, a) => d.mapResource(device(a[0]!), a[1]!, a[2]!, direction(a[3]!), a[4]!, a[5]!),
  unmap_resource: (d, a) => d.unmapResource(device(a[0]!), a[1]!, a[2]!, direction(a[3]!)),
  alloc_coherent: (d, a) => d.allocCoherent(device(a[0]!), a[1]!, a[2]!, a[3]!, a[4]!),
  free_coherent: (d, a) => d.freeCoherent(device(a[0]!), a[1]!, a[2]!, a[3]!),
  map_sg: (d, a) => d.mapSg(device(a[0]!), a[1]!, a[2]!, a[3]!, direction(a[4]!), a[5]!),
  unmap_sg: (d, a) => d.unmapSg(device(a[0]!), a[1]!, a[2]!, direction(a[3]!)),
  sync_single_for_cpu: (d, a) => d.syncSingleForCpu(device(a[0]!), a[1]!, a[2]!, direction(a[3]!)),
  sync_single_for_device: (d, a) => d.syncSingleForDevice(device(a[0]!), a[1]!, a[2]!, direction(a[3]!)),
  sync_sg_for_cpu: (d, a) => d.syncSgForCpu(device(a[0]!), a[1]!, a[2]!, direction(a[3]!)),
  sync_sg_for_device: (d, a) => d.syncSgForDevice(device(a[0]!), a[1]!, a[2]!, direction(a[3]!)),
  map_single_check: (d, a) => d.mapSingleCheck(device(a[0]!), a[1]!, a[2]!),
  driver_unbound: (d, a) => d.driverUnbound(device(a[0]!)),
  debugfs_dump: (d) => d.debugfsDump(),
  dump_mappings: (d, a) => d.dumpMappings(a[0]! < 0 ? null : a[0]!),
  driver_filter_write: (d, a) => d.setDriverFilter(a[0]!),
};

/** An event in the vectors' form. */
function toRecord(event: DebugEvent): readonly string[] {
  if (event.kind === "warn") return ["WARN", event.text];
  return event.kind === "dump" ? ["dump", event.text] : ["print", event.level, event.text];
}

function stateOf(debug: DmaDebug): Omit<Call, "s" | "i" | "op" | "a" | "ev"> {
  return {
    error_count: debug.errorCount,
    show_num: debug.numErrors,
    active: debug.active,
    disabled: debug.disabled ? 1 : 0,
  };
}

const SHOWN = 10;
const POINTER = /(\[(?:probable )?addr=|cacheline )(?:0x)?0*([0-9a-f]+)/g;

/** A call's outcome as text, pointers in one form. */
function outcome(events: readonly unknown[], counters: Omit<Call, "s" | "i" | "op" | "a" | "ev">): string {
  return JSON.stringify({ ev: events, ...counters }).replace(POINTER, "$10x$2");
}

/** Plays a V5 file; a call agrees when its texts and the counters after it are the recorded ones. */
export const runConformance: ConformanceRunner = (file) => {
  const once: DebugOnce = { overflow: false, trackingMemory: false };
  const differences: Difference[] = [];
  const notRun = new NotRun();
  let operations = 0;
  let agreed = 0;
  let differed = 0;
  let env: Environment | null = null;
  let scenario: Scenario | null = null;
  for (const { line, value } of file.records) {
    if (value["t"] === "env") {
      env = value as unknown as Environment;
      continue;
    }
    if (value["t"] === "scn") {
      scenario = env === null ? null : new Scenario(env, once, value["all_errors"] !== 0);
      continue;
    }
    operations++;
    const { s, i, op, a, ev, error_count, show_num, active, disabled } = value as unknown as Call;
    const events = scenario?.play(op, a) ?? null;
    if (scenario === null || events === null) {
      const reason =
        scenario === null
          ? "no env or scn line before it"
          : op === undefined
            ? "field op is missing"
            : `unknown operation ${op}`;
      notRun.add(reason, 1, line);
      continue;
    }
    const expected = outcome(ev, { error_count, show_num, active, disabled });
    const actual = outcome(events.map(toRecord), stateOf(scenario.debug));
    if (actual === expected) {
      agreed++;
      continue;
    }
    differed++;
    if (differences.length === SHOWN) continue;
    differences.push({ line, operation: `s=${s} i=${i} ${op} ${JSON.stringify(a)}`, expected, actual });
  }
  return {
    operations,
    agreed,
    differed,
    differences,
    notRun: notRun.list(),
  };
};
