// struct dma_map_ops of one device: the functions behind the calls of {@link Dma}. The core's table
// follows what the device was given (linear, coherent, iommu, bounce); a script may put functions of its
// own in the place of single ops, as a driver with set_dma_ops, and call the previous ones from them.
//
// The four things the generic table lacked in May 2011 are here: a start address for sync (start and
// offset apart), attributes at alloc (write-combine), mmap to user space; map_single needs no op of its
// own, since it is map_page of the page and the offset (spec dma-mapping 1.1).
//
// Not modelled: history and counters of what an own op never hands to a previous one; own ops in
// snapshots (a restored machine has the core's tables) and in the op stream, which runs in the core.

import { checkInteger, checkU32, describe } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { DmaAllocation, memoryTypeOf, readAllocation } from "./allocation.js";
import { checkEntry, readList, readListResults, writeList } from "./arguments.js";
import { DMA_MAPPING_ERROR, type DmaDirection } from "./direction.js";
import type { Scatterlist } from "./scatterlist.js";
import { UserMapping } from "./user-mapping.js";

/** gfp bit of an allocation: the caller cannot sleep (assembly/abi/dma.ts GFP_ATOMIC). */
const GFP_ATOMIC = 1;

/** Options of an allocation. */
export interface AllocOptions {
  /** As from interrupt context (GFP_ATOMIC). */
  atomic?: boolean;
  /** Call-site name that findings and the history quote. */
  label?: string;
}

/** The ops of a device. Arguments were checked; addresses and sizes are bytes. */
export interface DmaOps {
  /** "linear", "coherent", "iommu", "bounce", or the name an own table was given. */
  readonly name: string;
  /** Bus address, or DMA_MAPPING_ERROR. */
  mapPage(
    page: number,
    offset: number,
    size: number,
    direction: DmaDirection,
    attrs: number,
    label: string,
  ): number;
  unmapPage(dmaAddress: number, size: number, direction: DmaDirection, attrs: number): void;
  /** Segments, 0 or -errno; fills dmaAddress and dmaLength. */
  mapSg(list: Scatterlist, direction: DmaDirection, attrs: number, label: string): number;
  unmapSg(list: Scatterlist, nents: number, direction: DmaDirection, attrs: number): void;
  mapResource(pa: number, size: number, direction: DmaDirection, attrs: number, label: string): number;
  unmapResource(dmaAddress: number, size: number, direction: DmaDirection, attrs: number): void;
  /** `dmaAddress` is what the caller named as the mapping's start, `offset` the distance from it. */
  syncSingleForCpu(dmaAddress: number, offset: number, size: number, direction: DmaDirection): void;
  syncSingleForDevice(dmaAddress: number, offset: number, size: number, direction: DmaDirection): void;
  syncSgForCpu(list: Scatterlist, nents: number, direction: DmaDirection): void;
  syncSgForDevice(list: Scatterlist, nents: number, direction: DmaDirection): void;
  alloc(size: number, attrs: number, options: AllocOptions): DmaAllocation | null;
  /** True when it was freed; `attrs` are those of alloc, or the driver's mistake. */
  free(allocation: DmaAllocation, attrs: number): boolean;
  /** The user mapping, or -errno. */
  mmap(allocation: DmaAllocation, pgoff: number, pages: number, attrs: number): UserMapping | number;
  /** The pages as a list, or -errno. */
  getSgtable(allocation: DmaAllocation): Scatterlist | number;
}

/** Names of the tables the core has, by its numbers OPS_*; "coherent" is linear without maintenance. */
export const OPS_NAMES = ["linear", "iommu", "bounce"] as const;

/** @internal Word `word` of the core's record of a device (assembly/device.ts). */
export function deviceWord(live: Live, device: number, word: number): number {
  const { core } = live;
  return core.u32[
    ((coreConstant(core, "DEVICES") + device * coreConstant(core, "DEVICE_BYTES")) >>> 2) + word
  ]!;
}

function opsName(live: Live, device: number): string {
  const name = OPS_NAMES[deviceWord(live, device, 0)] ?? "linear";
  return name === "linear" && deviceWord(live, device, 1) !== 0 ? "coherent" : name;
}

function mmapOf(
  live: Live,
  device: number,
  allocation: DmaAllocation,
  pgoff: number,
  pages: number,
  attrs: number,
): UserMapping | number {
  const record = allocation.alive(device);
  const { exports } = live.core;
  const error = exports.dmaMmap(device, record, attrs, pgoff, pages);
  if (error !== 0) return error;
  const pas = Array.from({ length: pages }, (_, n) => exports.dmaMmapPage(device, record, pgoff, n) >>> 0);
  return new UserMapping(allocation, pas, memoryTypeOf(live, allocation.cpu, attrs));
}

/** @internal The core's table of a device. */
export function coreOps(live: Live, device: number): DmaOps {
  const x = () => live.core.exports;
  return {
    get name() {
      return opsName(live, device);
    },
    mapPage: (page, offset, size, direction, attrs, label) =>
      x().dmaMapPage(device, page, offset, size, direction, attrs, live.label(label)) >>> 0,
    unmapPage: (dma, size, direction, attrs) => x().dmaUnmapPage(device, dma, size, direction, attrs),
    mapSg: (list, direction, attrs, label) => {
      writeList(live, list);
      const segments = x().dmaMapSg(device, list.length, direction, attrs, live.label(label));
      if (segments > 0) x().historyKeepList();
      readListResults(live, list);
      return segments;
    },
    unmapSg: (list, nents, direction, attrs) => {
      writeList(live, list);
      x().dmaUnmapSg(device, nents, direction, attrs);
    },
    mapResource: (pa, size, direction, attrs, label) =>
      x().dmaMapResource(device, pa, size, direction, attrs, live.label(label)) >>> 0,
    unmapResource: (dma, size, direction, attrs) => x().dmaUnmapResource(device, dma, size, direction, attrs),
    syncSingleForCpu: (dma, offset, size, direction) =>
      offset === 0
        ? x().dmaSyncSingle(device, dma, size, direction, 0)
        : x().dmaSyncRange(device, dma, offset, size, direction, 0),
    syncSingleForDevice: (dma, offset, size, direction) =>
      offset === 0
        ? x().dmaSyncSingle(device, dma, size, direction, 1)
        : x().dmaSyncRange(device, dma, offset, size, direction, 1),
    syncSgForCpu: (list, nents, direction) => {
      writeList(live, list);
      x().dmaSyncSg(device, nents, direction, 0);
    },
    syncSgForDevice: (list, nents, direction) => {
      writeList(live, list);
      x().dmaSyncSg(device, nents, direction, 1);
    },
    alloc: (size, attrs, { atomic = false, label = "" }) => {
      const gfp = atomic ? GFP_ATOMIC : 0;
      const dma = x().dmaAlloc(device, size, gfp, attrs, live.label(label)) >>> 0;
      return dma === DMA_MAPPING_ERROR ? null : readAllocation(live, device, dma, size, attrs);
    },
    free: (allocation, attrs) => {
      const freed = x().dmaFreeAs(device, allocation.alive(device), attrs, allocation.historyRecord) === 0;
      if (freed) allocation.release();
      return freed;
    },
    mmap: (allocation, pgoff, pages, attrs) => mmapOf(live, device, allocation, pgoff, pages, attrs),
    getSgtable: (allocation) => {
      const entries = x().iommuOpsGetSgtable(allocation.alive(device), allocation.size);
      return entries < 0 ? entries : readList(live, entries);
    },
  };
}

/**
 * `own` over `previous`: a whole table. What `own` leaves out is the previous table's.
 * @throws RangeError for a name that is no op; TypeError for an op that is no function
 */
export function overlayOps(previous: DmaOps, own: Partial<DmaOps>): DmaOps {
  if (own === null || typeof own !== "object")
    throw new TypeError(`ops must be a table of functions, got ${describe(own)}`);
  const names = Object.keys(previous);
  for (const [name, op] of Object.entries(own)) {
    if (!names.includes(name))
      throw new RangeError(`ops.${name}: there is no such op, there are ${names.join(", ")}`);
    if (typeof op !== (name === "name" ? "string" : "function")) {
      throw new TypeError(
        `ops.${name} must be a ${name === "name" ? "string" : "function"}, got ${describe(op)}`,
      );
    }
  }
  return { ...previous, ...own };
}

function wrong(op: string, wanted: string, got: unknown): TypeError {
  return new TypeError(`ops.${op} must return ${wanted}, got ${describe(got)}`);
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
}

/** @internal `table` with the results of its ops checked, so that a wrong one is named where it comes from. */
export function checkedOps(table: DmaOps): DmaOps {
  const bus = (op: string, value: number): number => {
    if (!isInteger(value, 0, 0xffff_ffff)) throw wrong(op, "a bus address (u32)", value);
    return value;
  };
  return {
    ...table,
    mapPage: (...a) => bus("mapPage", table.mapPage(...a)),
    mapResource: (...a) => bus("mapResource", table.mapResource(...a)),
    mapSg: (list, ...rest) => {
      const n = table.mapSg(list, ...rest);
      if (!isInteger(n, -4095, list.length))
        throw wrong("mapSg", `segments (at most ${list.length}) or -errno`, n);
      for (let i = 0; i < n; i++) {
        const entry = list[i]!;
        checkEntry(`ops.mapSg: list[${i}]`, entry);
        checkU32(`ops.mapSg: list[${i}].dmaAddress`, entry.dmaAddress as number);
        checkInteger(`ops.mapSg: list[${i}].dmaLength`, entry.dmaLength as number, 1, 0xffff_ffff);
      }
      return n;
    },
    alloc: (...a) => {
      const made = table.alloc(...a);
      if (made !== null && !(made instanceof DmaAllocation))
        throw wrong("alloc", "a DmaAllocation or null", made);
      return made;
    },
    free: (...a) => {
      const freed = table.free(...a);
      if (typeof freed !== "boolean") throw wrong("free", "a boolean: was it freed?", freed);
      return freed;
    },
    mmap: (...a) => {
      const area = table.mmap(...a);
      if (!(area instanceof UserMapping) && !isInteger(area, -4095, -1)) {
        throw wrong("mmap", "a UserMapping or -errno", area);
      }
      return area;
    },
    getSgtable: (allocation) => {
      const list = table.getSgtable(allocation);
      if (!Array.isArray(list) && !isInteger(list, -4095, -1))
        throw wrong("getSgtable", "a list or -errno", list);
      if (Array.isArray(list))
        for (const [i, entry] of list.entries()) checkEntry(`ops.getSgtable: list[${i}]`, entry);
      return list;
    },
  };
}
