// Shipped recordings as op streams in memory, and machines to play them on. A cycle plays the
// records from an empty machine and then ends what is still mapped, so that every cycle is alike.

import { fileURLToPath } from "node:url";
import type { MachineOptions } from "../src/machine/options.js";
import { Machine } from "../src/machine.js";
import { exynos4210 } from "../src/soc/exynos4210.js";
import { DIRECTION_AS_MAPPED, GFP_ATOMIC, Op, RECORD_WORDS } from "../src/trace/opcodes.js";
import { openTrace } from "../src/trace/reader.js";
import { openSources } from "../src/trace/source-node.js";
import { DRAM_BASE } from "./core.js";

/** DRAM of a machine that plays a recording. */
export const REPLAY_DRAM = 640 << 20;
/** Recorded pages; behind them the machine's own. */
export const TRACE_BYTES = 384 << 20;
/** IO addresses lie above 0, since the kernel never unmaps IO address 0. */
export const SPACE_BASE = 0x1000_0000;
export const SPACE_BYTES = 0xf000_0000;

const traces = fileURLToPath(new URL("../examples/traces/", import.meta.url));

/** The PC recording: block and network-like traffic, maps of pages and lists. */
export const NVME: readonly string[] = [`${traces}pc-vtd-nvme/nvme.trace.txt.gz`];
const camera = (names: readonly string[]) =>
  names.map((name) => `${traces}exynos4210-camera/${name}.trace.txt.gz`);
/** The camera recording: allocations of whole pictures. */
export const CAMERA: readonly string[] = camera(["02-drm-gem", "03-v4l2-video0", "03-v4l2-video4"]);
/** A short piece of it. */
export const CAMERA_SHORT: readonly string[] = camera(["03-v4l2-video6"]);

/** Records of a recording, in one piece, and those that end it. */
export interface Stream {
  readonly name: string;
  readonly devices: readonly string[];
  readonly records: Uint32Array;
  readonly ending: Uint32Array;
}

/** Records that unmap and free what `records` leave behind. */
function endingOf(records: Uint32Array): Uint32Array {
  const live = new Map<number, number>();
  for (let at = 0; at < records.length; at += RECORD_WORDS) {
    const head = records[at]!;
    const handle = records[at + 1]!;
    const op = head & 0xff;
    if (op === Op.Map || op === Op.MapResource) live.set(handle, Op.Unmap);
    else if (op === Op.SgEnd) live.set(handle, Op.UnmapSg);
    else if (op === Op.Alloc) live.set(handle, Op.Free);
    else if (op === Op.Unmap || op === Op.UnmapSg || op === Op.Free) live.delete(handle);
  }
  // A free has no direction; the others end as they were mapped.
  const asMapped = (op: number) => (op === Op.Free ? op : op | (DIRECTION_AS_MAPPED << 8));
  return Uint32Array.from([...live].flatMap(([handle, op]) => [asMapped(op), handle, 0, 0]));
}

/** Reads a recording; `access` as in the replay: what accesses of the masters are made up. */
export async function streamOf(name: string, paths: readonly string[], access = "none"): Promise<Stream> {
  const devices: string[] = [];
  const reader = openTrace(openSources(paths), {
    device: (device) => devices.push(device) - 1,
    guestBase: DRAM_BASE,
    guestBytes: TRACE_BYTES,
    access,
    expect: false,
  });
  const chunks: Uint32Array[] = [];
  for await (const { records } of reader) chunks.push(records);
  const records = new Uint32Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    records.set(chunk, at);
    at += chunk.length;
  }
  // Atomic callers become ordinary ones: the recorded pages serve all allocations, no pool does.
  for (let i = 0; i < records.length; i += RECORD_WORDS) {
    if ((records[i]! & 0xff) === Op.Prefix) records[i + 3]! &= ~GFP_ATOMIC;
  }
  return { name, devices, records, ending: endingOf(records) };
}

/** A machine whose devices are those of the stream, each behind a SysMMU and a window of its own. */
export function machineFor(
  { devices }: { readonly devices: readonly string[] },
  options: Partial<MachineOptions> = {},
): Machine {
  const soc = { ...exynos4210, devices: [], sysmmus: [] };
  const machine = Machine.create({ soc, dram: { base: DRAM_BASE, bytes: REPLAY_DRAM }, ...options });
  machine.memory.reserve(DRAM_BASE, TRACE_BYTES);
  for (const name of devices) {
    const device = machine.addDevice(name);
    machine.iommu.createMapping({ base: SPACE_BASE, size: SPACE_BYTES }).attach(device);
  }
  return machine;
}
