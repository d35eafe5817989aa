// What it costs to watch: the history of mappings is always on, lines and their bytes are there
// when the machine has caches, hazards are looked for when masters access. Levels from the options
// of a machine and of a trace:
//
//   mappings         no caches: IO addresses, descriptors, TLBs, a record per mapping
//   lines and bytes  L1 and L2 hold real bytes; every sync does what it does to them
//
// Each with a recording alone and with one access of a master to every mapped range. Not modelled:
// a machine without the history; the core has no such switch.

import type { MachineOptions } from "../../src/machine/options.js";
import { RECORD_WORDS } from "../../src/trace/opcodes.js";
import type { Contender, Point } from "../harness.js";
import { hashWords } from "../random.js";
import { machineFor, NVME, SPACE_BASE, type Stream, streamOf } from "../recordings.js";
import type { Suite } from "../suite.js";

function level(name: string, stream: Stream, options: Partial<MachineOptions>): Contender {
  const machine = machineFor(stream, options);
  const { records, ending } = stream;
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
    operations: (stream.records.length + stream.ending.length) / RECORD_WORDS,
    contenders: [
      level("mappings", stream, { caches: { l1Bytes: 0, l2Bytes: 0 } }),
      level("lines and bytes", stream, {}),
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
