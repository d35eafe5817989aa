// Replay from files: ftrace text parsed and converted, the binary op stream from a file against the
// same records in memory, and what memory a long trace takes.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Machine } from "../../src/machine.js";
import { binaryHeader, binaryRecords } from "../../src/trace/binary.js";
import { CHUNK_RECORDS, RECORD_WORDS } from "../../src/trace/opcodes.js";
import { openTrace, type TraceSummary } from "../../src/trace/reader.js";
import { openSources } from "../../src/trace/source-node.js";
import { DRAM_BASE } from "../core.js";
import type { Point, TimedContender } from "../harness.js";
import { hashWords } from "../random.js";
import { machineFor, NVME, streamOf, TRACE_BYTES } from "../recordings.js";
import { ftraceLines } from "../rivals/ftrace-lines.js";
import { timed } from "../share.js";
import type { Quantity, Suite } from "../suite.js";

/** Trace lengths, in copies of the recording, whose memory is compared. */
const FLAT = [8, 64] as const;

/** Event counts of the types that the rival counts too. */
function typesHash(byType: Readonly<Record<string, number>>): number {
  return hashWords(
    ["map", "unmap", "dma_map_page", "dma_map_sg", "dma_unmap_page", "dma_unmap_sg"].map(
      (t) => byType[t] ?? 0,
    ),
  );
}

/** Parses and converts a trace, dropping the records. */
async function convert(path: string): Promise<TraceSummary> {
  const reader = openTrace(openSources([path]), {
    device: () => 0,
    guestBase: DRAM_BASE,
    guestBytes: TRACE_BYTES,
  });
  for await (const _ of reader);
  return reader.summary;
}

async function text(folder: string, copies: number): Promise<Point> {
  const plain = gunzipSync(readFileSync(NVME[0]!));
  const path = join(folder, "trace.txt");
  writeFileSync(path, Buffer.concat(Array.from({ length: copies }, () => plain)));
  const { files } = await convert(path);
  const types = typesHash(files[0]!.byType);
  return {
    name: `ftrace text, NVMe x ${copies}`,
    unit: "event",
    operations: files[0]!.events,
    contenders: [
      {
        name: "parsed and converted",
        cycle: () => timed(() => convert(path)),
        check: async () => ({ lines: files[0]!.lines, types }),
      },
      {
        name: "TypeScript, lines and expressions",
        cycle: () => timed(() => ftraceLines(path)),
        check: async () => {
          const found = await ftraceLines(path);
          return { lines: found.lines, types: typesHash(found.byType) };
        },
      },
    ],
    close: () => rmSync(path),
  };
}

/** One machine that plays records as they come; equal counters prove equal work. */
function playing(name: string, machine: Machine, play: () => Promise<void>): TimedContender {
  return {
    name,
    cycle: () => timed(play),
    check: async () => {
      const before = machine.statistics();
      await play();
      const after = machine.statistics();
      return {
        records: after.replay.records - before.replay.records,
        cleaned: after.l1.streaming.cleaned - before.l1.streaming.cleaned,
        live: after.live,
      };
    },
  };
}

async function binary(folder: string, copies: number): Promise<Point> {
  const stream = await streamOf("pc, NVMe", NVME);
  const once = new Uint32Array(stream.records.length + stream.ending.length);
  once.set(stream.records);
  once.set(stream.ending, stream.records.length);
  const all = new Uint32Array(once.length * copies);
  for (let i = 0; i < copies; i++) all.set(once, i * once.length);
  const path = join(folder, "stream.op");
  const records = all.length / RECORD_WORDS;
  writeFileSync(
    path,
    [binaryHeader({ devices: stream.devices, labels: [] }, records), binaryRecords(all)].reduce(
      (joined, part) => Buffer.concat([joined, part]),
      Buffer.alloc(0),
    ),
  );
  const [memory, file] = [machineFor(stream), machineFor(stream)];
  return {
    name: `binary op stream, NVMe x ${copies}`,
    unit: "record",
    operations: records,
    contenders: [
      playing("from memory", memory, async () => {
        for (let at = 0; at < all.length; at += CHUNK_RECORDS * RECORD_WORDS) {
          memory.run(all.subarray(at, at + CHUNK_RECORDS * RECORD_WORDS));
        }
      }),
      playing("from file", file, async () => {
        const reader = openTrace(openSources([path]), {
          device: (name) => file.device(name).index,
          guestBase: DRAM_BASE,
          guestBytes: TRACE_BYTES,
        });
        for await (const chunk of reader) file.run(chunk.records);
      }),
    ],
    close: () => {
      rmSync(path);
      memory.dispose();
      file.dispose();
    },
  };
}

/** Peak resident MiB of a process that reads the recording `copies` times as one trace and replays it. */
function peakOf(copies: number): { events: number; peak: number } {
  const script = fileURLToPath(new URL("../workers/reader.ts", import.meta.url));
  const output = execFileSync(process.execPath, ["--import", "tsx", script, String(copies)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output) as { events: number; peak: number };
}

/** Traces from files. */
export const files: Suite = {
  name: "files",
  title: "Replay from files",
  needs: ["replayRun", "iommuMap"],
  async *points(quick) {
    const folder = mkdtempSync(join(tmpdir(), "sysmmu-bench-"));
    try {
      yield await text(folder, quick ? 8 : 32);
      yield await binary(folder, quick ? 8 : 40);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  *quantities(): Iterable<Quantity> {
    for (const copies of FLAT) {
      const { events, peak } = peakOf(copies);
      yield {
        point: `ftrace text replayed, ${events} events`,
        name: "peak of the process",
        value: peak,
        unit: "MiB",
      };
    }
  },
};
