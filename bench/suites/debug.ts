// What DMA-API debug costs: the same calls with and without the observer, through the public API.
// Batches of records know no observer, so one call each is what there is to compare.

import { DmaDebugObserver } from "../../src/dma/debug-observer.js";
import { DmaDirection } from "../../src/dma/direction.js";
import type { ScatterlistEntry } from "../../src/dma/scatterlist.js";
import { Machine } from "../../src/machine.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { Op } from "../../src/trace/opcodes.js";
import { DRAM_BASE } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { RecordPlayer } from "../player.js";
import { hashWords } from "../random.js";
import { machineFor, NVME, SPACE_BASE, SPACE_BYTES, type Stream, streamOf } from "../recordings.js";
import type { Suite } from "../suite.js";

const DRAM_BYTES = 256 << 20;
const PAGE = 4096;
const PAGES_AT = DRAM_BASE + (32 << 20);
const ON = "debug on";
const OFF = "debug off";

interface Work {
  readonly name: string;
  readonly live: number;
  /** Pages of one mapping; 1 is mapPage, more a list. */
  readonly pages: number;
  readonly rounds: number;
}

/** Errors would make the observer's time that of its texts: the calls are right, so there are none. */
function silent(observer: DmaDebugObserver): void {
  if (observer.debug.errorCount > 0)
    throw new Error(`DMA-API debug reports ${observer.debug.errorCount} errors`);
}

/** A ring of live mappings: each operation syncs one, unmaps it and maps it again. */
function ring(work: Work, on: boolean): Contender {
  const observer = new DmaDebugObserver({ onEvent: () => {} });
  const machine = Machine.create({
    soc: exynos4210,
    dram: { base: DRAM_BASE, bytes: DRAM_BYTES },
    ...(on ? { observer } : {}),
  });
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: SPACE_BASE, size: SPACE_BYTES }).attach(device);
  const { dma } = device;
  const iovas = new Uint32Array(work.live);
  // No page twice and no two adjacent: no entries merge, no cache line is mapped twice.
  const pa = (i: number) => PAGES_AT + i * 2 * PAGE;
  const lists = Array.from({ length: work.pages === 1 ? 0 : work.live }, (_, handle): ScatterlistEntry[] =>
    Array.from({ length: work.pages }, (_, i) => ({
      pa: pa(handle * work.pages + i),
      offset: 0,
      length: PAGE,
    })),
  );
  const map = (handle: number) => {
    if (work.pages > 1) {
      dma.mapSg(lists[handle]!, DmaDirection.ToDevice);
      return;
    }
    const iova = dma.mapPage(pa(handle), 0, PAGE, DmaDirection.ToDevice);
    dma.mappingError(iova);
    iovas[handle] = iova;
  };
  for (let handle = 0; handle < work.live; handle++) map(handle);
  const run = () => {
    for (let i = 0; i < work.rounds; i++) {
      const handle = (i * 7919) % work.live;
      if (work.pages > 1) {
        dma.syncSgForDevice(lists[handle]!, DmaDirection.ToDevice);
        dma.unmapSg(lists[handle]!, DmaDirection.ToDevice);
      } else {
        dma.syncSingleForDevice(iovas[handle]!, PAGE, DmaDirection.ToDevice);
        dma.unmapPage(iovas[handle]!, PAGE, DmaDirection.ToDevice);
      }
      map(handle);
    }
  };
  return {
    name: on ? ON : OFF,
    run,
    check: () => {
      run();
      silent(observer);
      return hashWords(machine.liveMappings().map((mapping) => mapping.dmaAddress));
    },
  };
}

function recording(stream: Stream, on: boolean): Contender {
  const observer = new DmaDebugObserver({ onEvent: () => {} });
  const machine = machineFor(stream, on ? { observer } : {});
  const player = new RecordPlayer(machine.devices, (pa, bytes) => {
    machine.run(Uint32Array.of(Op.FeedPages, pa, bytes, 0));
  });
  return {
    name: on ? ON : OFF,
    run: () => {
      player.run(stream.records);
      player.run(stream.ending);
    },
    check: () => {
      player.run(stream.records);
      const hash = hashWords(machine.liveMappings().map((mapping) => mapping.dmaAddress));
      player.run(stream.ending);
      return hash;
    },
  };
}

function point(work: Work): Point {
  return {
    name: work.name,
    unit: work.pages === 1 ? "map + sync + unmap" : "entry",
    operations: work.rounds * work.pages,
    contenders: [ring(work, false), ring(work, true)],
  };
}

/** DMA-API debug, on against off. */
export const debug: Suite = {
  name: "debug",
  title: "DMA-API debug, one call each",
  needs: ["iommuMap", "dmaMapPage"],
  async *points(quick) {
    const rounds = quick ? 4000 : 20_000;
    yield point({ name: "page, 1,000 live", live: 1000, pages: 1, rounds });
    if (!quick) yield point({ name: "page, 20,000 live", live: 20_000, pages: 1, rounds });
    yield point({ name: "list of 16 pages, 100 live", live: 100, pages: 16, rounds: rounds / 10 });
    const stream = await streamOf("pc, NVMe", NVME);
    yield {
      name: stream.name,
      unit: "record",
      operations: (stream.records.length + stream.ending.length) / 4,
      contenders: [recording(stream, false), recording(stream, true)],
    };
  },
};
