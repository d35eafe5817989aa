// Replay from memory: the op stream of a shipped recording, without accesses of masters.

import type { Machine } from "../../src/machine.js";
import { Op, RECORD_WORDS } from "../../src/trace/opcodes.js";
import { DRAM_BASE } from "../core.js";
import type { Checks, Contender, Point } from "../harness.js";
import { nativeContender, nativeInput } from "../native.js";
import { RecordPlayer } from "../player.js";
import { hashWords } from "../random.js";
import {
  CAMERA,
  CAMERA_SHORT,
  machineFor,
  NVME,
  REPLAY_DRAM,
  SPACE_BASE,
  SPACE_BYTES,
  type Stream,
  streamOf,
  TRACE_BYTES,
} from "../recordings.js";
import { plainMemory } from "../rivals/mapper.js";
import { PlainReplay } from "../rivals/replay.js";
import type { Suite } from "../suite.js";

/** Tables and pages of the rivals' own, behind the recorded ones. */
const TABLES_AT = DRAM_BASE + TRACE_BYTES;
const PAGES_AT = TABLES_AT + (128 << 20);

/** Plays one cycle and hashes IO addresses and pages before the ending, and the counters after it. */
function outcome(machine: Machine, run: () => void, end: () => void): Checks {
  const before = counters(machine);
  run();
  const live = machine.liveMappings();
  const addresses = hashWords(live.map((mapping) => mapping.dmaAddress - SPACE_BASE));
  const pages = new Uint32Array(live.length);
  for (const [i, { device, dmaAddress }] of live.entries()) {
    machine.translateBatch(
      machine.device(device),
      Uint32Array.of(dmaAddress & ~4095),
      pages.subarray(i, i + 1),
    );
  }
  end();
  const counted = counters(machine).map((value, i) => value - before[i]!);
  return { addresses, pages: hashWords(pages), counters: hashWords(counted) };
}

/** What one cycle counts, in the order of native/replay.c. */
function counters(machine: Machine): number[] {
  const { l1, l2, counters: named } = machine.statistics();
  const sum = (of: (c: (typeof machine.devices)[number]["counters"]) => number) =>
    machine.devices.reduce((total, device) => total + of(device.counters), 0);
  return [
    sum((c) => c.maps),
    sum((c) => c.unmaps),
    sum((c) => c.mapSgs),
    sum((c) => c.unmapSgs),
    sum((c) => c.sgEntries),
    sum((c) => c.sgSegments),
    sum((c) => c.allocs),
    sum((c) => c.frees),
    sum((c) => c.mapBytes),
    sum((c) => c.unmapBytes),
    sum((c) => c.allocBytes),
    ...[
      "MAP_SMALL",
      "MAP_LARGE",
      "MAP_SECTION",
      "UNMAP_SMALL",
      "UNMAP_LARGE",
      "UNMAP_SECTION",
      "TABLE_SYNCS",
    ].map((name) => named[`COUNT_${name}`]!),
    // Which dirty line an eviction meets depends on where the tables lie: all writes of a level together.
    ...[l1, l2].flatMap(({ streaming, tables, evictionWrites }) => [
      streaming.cleaned,
      streaming.invalidated,
      streaming.flushed,
      tables.cleaned,
      tables.invalidated,
      tables.flushed,
      streaming.writeBacks + tables.writeBacks + evictionWrites,
    ]),
  ];
}

function batch(stream: Stream): Contender {
  const machine = machineFor(stream);
  const run = () => machine.run(stream.records);
  const end = () => machine.run(stream.ending);
  return {
    name: "Wasm batch",
    run: () => {
      run();
      end();
    },
    check: () => outcome(machine, run, end),
  };
}

function calls(stream: Stream): Contender {
  const machine = machineFor(stream);
  // The API has no call for it: page blocks of the recording go in as records.
  const player = new RecordPlayer(machine.devices, (pa, bytes) => {
    machine.run(Uint32Array.of(Op.FeedPages, pa, bytes, 0));
  });
  const run = () => player.run(stream.records);
  const end = () => player.run(stream.ending);
  return {
    name: "Wasm, one call each",
    run: () => {
      run();
      end();
    },
    check: () => outcome(machine, run, end),
  };
}

function plain(stream: Stream): Contender {
  const replay = new PlainReplay(
    plainMemory(DRAM_BASE, REPLAY_DRAM),
    TABLES_AT,
    PAGES_AT,
    SPACE_BYTES / 4096,
  );
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
      const addresses = hashWords(handles.map((handle) => replay.iovaOf(handle) ?? 0));
      replay.run(stream.ending);
      return { addresses };
    },
  };
}

function point(stream: Stream): Point {
  const files = [nativeInput("records.bin", stream.records), nativeInput("ending.bin", stream.ending)];
  const numbers = [DRAM_BASE, REPLAY_DRAM, TABLES_AT, PAGES_AT, SPACE_BASE, SPACE_BYTES / 4096];
  const native = nativeContender("C", "replay", [...files, ...numbers.map(String)]);
  return {
    name: stream.name,
    unit: "record",
    operations: (stream.records.length + stream.ending.length) / RECORD_WORDS,
    contenders: [batch(stream), calls(stream), plain(stream), ...(native === undefined ? [] : [native])],
    close: () => native?.close(),
  };
}

/** The op stream of shipped recordings. */
export const replay: Suite = {
  name: "replay",
  title: "Replay from memory, IOMMU ops",
  needs: ["replayRun", "iommuMap"],
  async *points(quick) {
    yield point(await streamOf("pc, NVMe", NVME));
    yield point(await streamOf("exynos4210, camera", quick ? CAMERA_SHORT : CAMERA));
  },
};
