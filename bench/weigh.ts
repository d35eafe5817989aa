// What machines take of memory, seen from outside: the blocks of a snapshot say which pages of
// linear memory hold something, the process says what is resident.
//
// Not modelled: pages that were touched and are zero again; the resident figure has them.

import { DMA_MAPPING_ERROR, DmaDirection } from "../src/dma/direction.js";
import { Machine } from "../src/machine.js";
import { exynos4210 } from "../src/soc/exynos4210.js";
import { benchCore, DRAM_BASE } from "./core.js";
import { SPACE_BASE, SPACE_BYTES } from "./recordings.js";
import type { Quantity } from "./suite.js";

const PAGE = 4096;
const BLOCK = 65536;
const DRAM_BYTES = 256 << 20;

/** Pages of linear memory that hold something, inside the guest's DRAM and outside of it. */
interface Touched {
  readonly dram: number;
  readonly own: number;
}

function holds(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte !== 0);
}

/** Reads a snapshot (src/machine/snapshot.ts): bitmap of blocks, then the blocks. */
function touchedPages(machine: Machine): Touched {
  const bytes = machine.snapshot();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8, true) !== 2) throw new Error("weigh.ts reads snapshots of format 2");
  const body = 32 + ((view.getUint32(12, true) + 7) & ~7);
  const blocks = view.getUint32(24, true);
  const dram = benchCore(1 << 20).constants["DRAM"]!;
  let at = body + ((((blocks + 7) >> 3) + 7) & ~7);
  const touched = { dram: 0, own: 0 };
  for (let block = 0; block < blocks; block++) {
    if (((bytes[body + (block >> 3)]! >> (block & 7)) & 1) === 0) continue;
    for (let page = 0; page < BLOCK; page += PAGE) {
      if (!holds(bytes.subarray(at + page, at + page + PAGE))) continue;
      const address = block * BLOCK + page;
      if (address >= dram && address < dram + DRAM_BYTES) touched.dram += PAGE;
      else touched.own += PAGE;
    }
    at += BLOCK;
  }
  return touched;
}

function create(): Machine {
  return Machine.create({ soc: exynos4210, dram: { base: DRAM_BASE, bytes: DRAM_BYTES } });
}

/** An idle machine: what its pages hold, and what the process grows by, of `count` made. */
export function* idleMemory(count: number): Iterable<Quantity> {
  const point = "idle machine, 256 MiB DRAM";
  const first = create();
  const touched = touchedPages(first);
  yield {
    point,
    name: "pages that hold something",
    value: (touched.own + touched.dram) / 2 ** 20,
    unit: "MiB",
  };
  const before = process.memoryUsage.rss();
  const machines = Array.from({ length: count }, create);
  const grown = process.memoryUsage.rss() - before;
  for (const machine of machines) machine.dispose();
  first.dispose();
  yield { point, name: `resident, of ${count} made`, value: grown / count / 2 ** 20, unit: "MiB" };
}

/** Mappings of one page each behind an IOMMU: what each adds beyond the descriptors in DRAM. */
export function* mappingMemory(count: number): Iterable<Quantity> {
  const machine = create();
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: SPACE_BASE, size: SPACE_BYTES }).attach(device);
  const page = machine.memory.alloc(PAGE)!;
  const map = (n: number) => {
    for (let i = 0; i < n; i++) {
      if (device.dma.mapPage(page, 0, PAGE, DmaDirection.ToDevice) === DMA_MAPPING_ERROR) {
        throw new Error(`mapping ${i} of ${n} failed`);
      }
    }
  };
  // The first ones pay for tables that all share.
  map(count / 4);
  const before = touchedPages(machine);
  map(count);
  const after = touchedPages(machine);
  machine.dispose();
  const point = `${count} live mappings of a page`;
  yield { point, name: "beyond descriptors", value: (after.own - before.own) / count, unit: "bytes each" };
  yield { point, name: "descriptors in DRAM", value: (after.dram - before.dram) / count, unit: "bytes each" };
}
