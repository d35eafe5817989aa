// Map and unmap behind the IOMMU with everything on: IO address, descriptors through the caches and
// cleaned, TLB entry dropped with its register effect, history. Buffers are not synced
// (DMA_ATTR_SKIP_CPU_SYNC): that is the suite "sync". A ring of live mappings: each operation
// unmaps one and maps it again.

import { DmaAttr } from "../../src/dma/attributes.js";
import { DmaDirection } from "../../src/dma/direction.js";
import type { ScatterlistEntry } from "../../src/dma/scatterlist.js";
import type { Device } from "../../src/machine/device.js";
import { Machine } from "../../src/machine.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { Op } from "../../src/trace/opcodes.js";
import { DRAM_BASE } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { nativeContender, nativeInput } from "../native.js";
import { hashWords, randomFrom } from "../random.js";
import { PlainMapper, plainMemory } from "../rivals/mapper.js";
import type { Suite } from "../suite.js";

const DRAM_BYTES = 64 << 20;
/** Pages that are mapped, and the rivals' tables, in DRAM. */
const PAGES_AT = DRAM_BASE + (32 << 20);
const TABLES_AT = DRAM_BASE;
/** The space lies above 0, since the kernel never unmaps IO address 0. */
const SPACE_BASE = 0x1000_0000;
const SPACE_BYTES = 0xf000_0000;
/** Coprime to every number of live mappings: a walk through the ring that is not in order. */
const STEP = 7919;
const ATTRS = DmaAttr.SkipCpuSync;
const DIRECTION = DmaDirection.ToDevice;

interface Work {
  readonly name: string;
  readonly live: number;
  /** Pages of one mapping; 1 is mapPage, more a list of single pages. */
  readonly pages: number;
  /** Mappings unmapped and mapped per cycle. */
  readonly rounds: number;
}

/** No two neighbours adjacent, so that no entries merge. */
function pageAddresses(work: Work): Uint32Array {
  const random = randomFrom(9);
  return Uint32Array.from(
    { length: Math.min(work.live * work.pages, 1 << 16) },
    (_, i) => PAGES_AT + (random(1 << 11) * 4 + (i & 1) * 2) * 4096,
  );
}

function handleAt(work: Work, i: number): number {
  return (i * STEP) % work.live;
}

interface Prepared {
  readonly machine: Machine;
  readonly device: Device;
}

function prepare(): Prepared {
  const machine = Machine.create({ soc: exynos4210, dram: { base: DRAM_BASE, bytes: DRAM_BYTES } });
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: SPACE_BASE, size: SPACE_BYTES }).attach(device);
  return { machine, device };
}

class Records {
  readonly #words: number[] = [];

  put(op: number, device: number, direction: number, w1 = 0, w2 = 0, w3 = 0): void {
    this.#words.push((op | (direction << 8) | (device << 16)) >>> 0, w1, w2, w3);
  }

  map(work: Work, device: number, handle: number, pas: Uint32Array): void {
    this.put(Op.Prefix, device, 0, ATTRS);
    if (work.pages === 1) {
      this.put(Op.Map, device, DIRECTION, handle, pas[handle % pas.length]!, 4096);
      return;
    }
    this.put(Op.SgBegin, device, DIRECTION, handle, work.pages);
    for (let i = 0; i < work.pages; i++) {
      this.put(Op.SgEntry, device, DIRECTION, pas[(handle * work.pages + i) % pas.length]!, 4096);
    }
    this.put(Op.SgEnd, device, DIRECTION, handle);
  }

  unmap(work: Work, device: number, handle: number): void {
    if (work.pages === 1) this.put(Op.Unmap, device, DIRECTION, handle);
    else this.put(Op.UnmapSg, device, DIRECTION, handle);
  }

  take(): Uint32Array {
    return Uint32Array.from(this.#words.splice(0));
  }
}

/** IO address and physical address per handle, hashed; `found` gives both. */
function outcome(work: Work, found: (handle: number) => readonly [iova: number, pa: number]): number {
  const words = new Uint32Array(work.live * 2);
  for (let handle = 0; handle < work.live; handle++) words.set(found(handle), handle * 2);
  return hashWords(words);
}

function machineOutcome(work: Work, { machine, device }: Prepared): number {
  const iovas = new Uint32Array(work.live);
  for (const { id, dmaAddress } of machine.liveMappings()) {
    iovas[id <= work.live ? id - 1 : handleAt(work, id - work.live - 1)] = dmaAddress;
  }
  const pas = new Uint32Array(work.live);
  machine.translateBatch(device, iovas, pas);
  return outcome(work, (handle) => [iovas[handle]! - SPACE_BASE, pas[handle]!]);
}

function batch(work: Work, pas: Uint32Array): Contender {
  const prepared = prepare();
  const { machine, device } = prepared;
  const records = new Records();
  for (let handle = 0; handle < work.live; handle++) {
    records.map(work, device.index, handle, pas);
    if ((handle & 0x3fff) === 0x3fff) machine.run(records.take());
  }
  machine.run(records.take());
  for (let i = 0; i < work.rounds; i++) {
    records.unmap(work, device.index, handleAt(work, i));
    records.map(work, device.index, handleAt(work, i), pas);
  }
  const cycle = records.take();
  return {
    name: "Wasm batch",
    run: () => {
      machine.run(cycle);
    },
    check: () => {
      machine.run(cycle);
      return machineOutcome(work, prepared);
    },
  };
}

function calls(work: Work, pas: Uint32Array): Contender {
  const prepared = prepare();
  const { dma } = prepared.device;
  const single = work.pages === 1;
  const iovas = new Uint32Array(work.live);
  const lists: ScatterlistEntry[][] = [];
  const map = (handle: number) => {
    if (single) iovas[handle] = dma.mapPage(pas[handle % pas.length]!, 0, 4096, DIRECTION, ATTRS);
    else dma.mapSg(lists[handle]!, DIRECTION, ATTRS);
  };
  for (let handle = 0; handle < work.live; handle++) {
    if (!single) {
      lists.push(
        Array.from({ length: work.pages }, (_, i) => ({
          pa: pas[(handle * work.pages + i) % pas.length]!,
          offset: 0,
          length: 4096,
        })),
      );
    }
    map(handle);
  }
  const run = () => {
    for (let i = 0; i < work.rounds; i++) {
      const handle = handleAt(work, i);
      if (single) dma.unmapPage(iovas[handle]!, 4096, DIRECTION, ATTRS);
      else dma.unmapSg(lists[handle]!, DIRECTION, ATTRS);
      map(handle);
    }
  };
  return {
    name: "Wasm, one call each",
    run,
    check: () => {
      run();
      return machineOutcome(work, prepared);
    },
  };
}

function plain(work: Work, pas: Uint32Array): Contender {
  const mapper = new PlainMapper(
    plainMemory(DRAM_BASE, DRAM_BYTES),
    TABLES_AT,
    SPACE_BYTES / 4096,
    work.live,
  );
  const list = new Uint32Array(work.pages);
  const map = (handle: number) => {
    for (let i = 0; i < work.pages; i++) list[i] = pas[(handle * work.pages + i) % pas.length]!;
    mapper.map(handle, list, 0, work.pages, DIRECTION);
  };
  for (let handle = 0; handle < work.live; handle++) map(handle);
  const run = () => {
    for (let i = 0; i < work.rounds; i++) {
      mapper.unmap(handleAt(work, i));
      map(handleAt(work, i));
    }
  };
  return {
    name: "TypeScript",
    run,
    check: () => {
      run();
      return outcome(work, (handle) => [mapper.iovaOf(handle), mapper.walk(mapper.iovaOf(handle))]);
    },
  };
}

function point(work: Work): Point {
  const pas = pageAddresses(work);
  const contenders: Point["contenders"][number][] = [batch(work, pas), calls(work, pas), plain(work, pas)];
  const numbers = [DRAM_BASE, DRAM_BYTES, TABLES_AT, SPACE_BYTES / 4096, work.live, work.pages, work.rounds];
  const native = nativeContender("C", "map", [nativeInput("pages.bin", pas), ...numbers.map(String)]);
  if (native !== undefined) contenders.push(native);
  return {
    name: work.name,
    unit: work.pages === 1 ? "map + unmap" : "entry",
    operations: work.rounds * work.pages,
    contenders,
    close: () => native?.close(),
  };
}

/** Map and unmap of pages and lists. */
export const map: Suite = {
  name: "map",
  title: "Map and unmap through the IOMMU ops",
  needs: ["iommuMap", "dmaMapPage", "replayRun"],
  *points(quick) {
    const rounds = quick ? 4000 : 20_000;
    yield point({ name: "page, 1,000 live", live: 1000, pages: 1, rounds });
    if (!quick) yield point({ name: "page, 30,000 live", live: 30_000, pages: 1, rounds });
    yield point({
      name: quick ? "page, 20,000 live" : "page, 900,000 live",
      live: quick ? 20_000 : 900_000,
      pages: 1,
      rounds,
    });
    yield point({ name: "list of 16 pages, 100 live", live: 100, pages: 16, rounds: rounds / 10 });
    if (!quick)
      yield point({ name: "list of 256 pages, 20 live", live: 20, pages: 256, rounds: rounds / 100 });
  },
};
