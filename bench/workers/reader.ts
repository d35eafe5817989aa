// A process of its own that replays the NVMe recording, given in as many copies as asked for as one
// long trace, and prints its peak memory. The text comes from a generator, never all at once.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { openTrace } from "../../src/trace/reader.js";
import type { ByteSource } from "../../src/trace/source.js";
import { DRAM_BASE } from "../core.js";
import { machineFor, NVME, TRACE_BYTES } from "../recordings.js";

const CHUNK = 1 << 18;

function repeated(bytes: Uint8Array, copies: number): ByteSource {
  return {
    name: "repeated",
    bytesTotal: bytes.length * copies,
    bytesRead: 0,
    async *open() {
      for (let i = 0; i < copies; i++) {
        for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
      }
    },
  };
}

async function main(copies: number): Promise<void> {
  const text = new Uint8Array(gunzipSync(readFileSync(NVME[0]!)));
  const machine = machineFor({ devices: ["0"] });
  const reader = openTrace([repeated(text, copies)], {
    device: () => 0,
    guestBase: DRAM_BASE,
    guestBytes: TRACE_BYTES,
  });
  for await (const { records } of reader) machine.run(records);
  const { events } = reader.summary.files[0]!;
  const { live } = machine.statistics();
  process.stdout.write(JSON.stringify({ events, live, peak: process.resourceUsage().maxRSS / 1024 }));
}

await main(Number(process.argv[2]));
