// What it costs to watch. The history of mappings and of their hazards is always on; how much of
// the caches a replay moves depends on what it asks for:
//
//   mappings         IO addresses, descriptors, TLBs, a record per mapping; no syncs of the buffers
//   lines and bytes  every map and unmap cleans or invalidates the buffer's lines in L1 and L2
//   no caches        as a machine without L1 and L2; the short ways of the core want both
//
// Each with a recording alone and with one access of a master to every mapped range. Not modelled:
// a machine without the history; the core has no such switch.

import { DmaAttr } from "../../src/dma/attributes.js";
import type { MachineOptions } from "../../src/machine/options.js";
import { Op, RECORD_WORDS } from "../../src/trace/opcodes.js";
import type { Contender, Point } from "../harness.js";
import { hashWords } from "../random.js";
import { machineFor, NVME, SPACE_BASE, type Stream, streamOf } from "../recordings.js";
import type { Suite } from "../suite.js";

/** The records with a prefix before every map, so that streams with other attributes are as long. */
function withAttributes(records: Uint32Array, added: number): Uint32Array {
  const out: number[] = [];
  let pending = [Op.Prefix as number, 0, 0, 0];
  for (let at = 0; at < records.length; at += RECORD_WORDS) {
    const record = [...records.subarray(at, at + RECORD_WORDS)];
    const op = record[0]! & 0xff;
    if (op === Op.Prefix) {
      pending = record;
      continue;
    }
    if (op === Op.Map || op === Op.SgEnd || op === Op.Alloc) {
      pending[1]! |= op === Op.Alloc ? 0 : added;
      out.push(...pending);
      pending = [Op.Prefix, 0, 0, 0];
    }
    out.push(...record);
  }
  return Uint32Array.from(out);
}

function level(name: string, stream: Stream, added: number, options: Partial<MachineOptions>): Contender {
  const machine = machineFor(stream, options);
  const { ending } = stream;
  const records = withAttributes(stream.records, added);
  return {
    name,
    run: () => {
      machine.run(records);
      machine.run(ending);
    },
    check: () => {
      machine.run(records);
      const addresses = hashWords(machine.liveMappings().map((mapping) => mapping.dmaAddress - SPACE_BASE));
      machine.run(ending);
      const bytes = machine.devices.reduce((sum, { counters: c }) => sum + c.readBytes + c.writeBytes, 0);
      return { addresses, bytes: bytes >>> 0 };
    },
  };
}

function point(stream: Stream): Point {
  return {
    name: stream.name,
    unit: "record",
    operations: (withAttributes(stream.records, 0).length + stream.ending.length) / RECORD_WORDS,
    contenders: [
      level("mappings", stream, DmaAttr.SkipCpuSync, {}),
      level("lines and bytes", stream, 0, {}),
      level("no caches", stream, 0, { caches: { l1Bytes: 0, l2Bytes: 0 } }),
    ],
  };
}

/** How much is watched. */
export const levels: Suite = {
  name: "levels",
  title: "What watching costs, replay from memory",
  needs: ["replayRun", "iommuMap"],
  async *points() {
    yield point(await streamOf("pc, NVMe", NVME));
    yield point(await streamOf("pc, NVMe, each range accessed once", NVME, "once"));
  },
};
