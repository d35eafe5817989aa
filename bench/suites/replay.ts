// Replay from memory: the op stream of a shipped recording, without accesses of masters. A cycle
// plays it from an empty machine and then ends what is still mapped, so that every cycle is alike.

import { Machine } from "../../src/machine.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { Op, RECORD_WORDS } from "../../src/trace/opcodes.js";
import { openTrace } from "../../src/trace/reader.js";
import { openSources } from "../../src/trace/source-node.js";
import { DRAM_BASE } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { RecordPlayer } from "../player.js";
import { hashWords } from "../random.js";
import { plainMemory } from "../rivals/mapper.js";
import { PlainReplay } from "../rivals/replay.js";
import type { Suite } from "../suite.js";

const DRAM_BYTES = 640 << 20;
/** Recorded pages; behind them the machine's own. */
const TRACE_BYTES = 384 << 20;
/** Above 0, since the kernel never unmaps IO address 0. */
const SPACE_BASE = 0x1000_0000;
const SPACE_BYTES = 0xf000_0000;

/** Records of a recording, in one piece, and those that end it. */
interface Stream {
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
  return Uint32Array.from([...live].flatMap(([handle, op]) => [op | (0xff << 8), handle, 0, 0]));
}

async function streamOf(name: string, paths: readonly string[]): Promise<Stream> {
  const devices: string[] = [];
  const reader = openTrace(openSources(paths), {
    device: (device) => devices.push(device) - 1,
    guestBase: DRAM_BASE,
    guestBytes: TRACE_BYTES,
    access: "none",
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
  return { name, devices, records, ending: endingOf(records) };
}

/** A machine whose devices are those of the stream, each behind a SysMMU and a window of its own. */
function machineFor(stream: Stream): Machine {
  const soc = { ...exynos4210, devices: [], sysmmus: [] };
  const machine = Machine.create({ soc, dram: { base: DRAM_BASE, bytes: DRAM_BYTES } });
  machine.memory.reserve(DRAM_BASE, TRACE_BYTES);
  for (const name of stream.devices) {
    const device = machine.addDevice(name);
    machine.iommu.createMapping({ base: SPACE_BASE, size: SPACE_BYTES }).attach(device);
  }
  return machine;
}

/** IO addresses of what lives before the ending, in the order of the ending. */
function machineOutcome(machine: Machine): number {
  return hashWords(machine.liveMappings().map((mapping) => mapping.dmaAddress - SPACE_BASE));
}

function batch(stream: Stream): Contender {
  const machine = machineFor(stream);
  return {
    name: "Wasm batch",
    run: () => {
      machine.run(stream.records);
      machine.run(stream.ending);
    },
    check: () => {
      machine.run(stream.records);
      const hash = machineOutcome(machine);
      machine.run(stream.ending);
      return hash;
    },
  };
}

function calls(stream: Stream): Contender {
  const machine = machineFor(stream);
  // The API has no call for it: page blocks of the recording go in as records.
  const player = new RecordPlayer(machine.devices, (pa, bytes) => {
    machine.run(Uint32Array.of(Op.FeedPages, pa, bytes, 0));
  });
  return {
    name: "Wasm, one call each",
    run: () => {
      player.run(stream.records);
      player.run(stream.ending);
    },
    check: () => {
      player.run(stream.records);
      const hash = machineOutcome(machine);
      player.run(stream.ending);
      return hash;
    },
  };
}

function plain(stream: Stream): Contender {
  const memory = plainMemory(DRAM_BASE, DRAM_BYTES);
  const tables = DRAM_BASE + TRACE_BYTES;
  const pages = tables + (128 << 20);
  const replay = new PlainReplay(memory, tables, pages, SPACE_BYTES / 4096);
  return {
    name: "TypeScript",
    run: () => {
      replay.run(stream.records);
      replay.run(stream.ending);
    },
    check: () => {
      replay.run(stream.records);
      const handles = Array.from(
        { length: stream.ending.length / RECORD_WORDS },
        (_, i) => stream.ending[i * 4 + 1]!,
      );
      const hash = hashWords(handles.map((handle) => replay.iovaOf(handle) ?? 0));
      replay.run(stream.ending);
      return hash;
    },
  };
}

function point(stream: Stream): Point {
  return {
    name: stream.name,
    unit: "record",
    operations: (stream.records.length + stream.ending.length) / RECORD_WORDS,
    contenders: [batch(stream), calls(stream), plain(stream)],
  };
}

/** The op stream of shipped recordings. */
export const replay: Suite = {
  name: "replay",
  title: "Replay from memory, IOMMU ops",
  needs: ["replayRun", "iommuMap"],
  async *points(quick) {
    const traces = new URL("../../examples/traces/", import.meta.url).pathname;
    yield point(await streamOf("pc, NVMe", [`${traces}pc-vtd-nvme/nvme.trace.txt.gz`]));
    const names = quick ? ["03-v4l2-video6"] : ["02-drm-gem", "03-v4l2-video0", "03-v4l2-video4"];
    const paths = names.map((name) => `${traces}exynos4210-camera/${name}.trace.txt.gz`);
    yield point(await streamOf("exynos4210, camera", paths));
  },
};
