// Arguments that several dma-mapping calls share: sizes, directions and lists, checked once at the
// edge; lists cross into the core at SG (assembly/layout.ts).
//
// Not modelled: nothing of the machine; what the kernel would make of wrong ones is not tried.

import { checkAligned, checkInteger, checkU32, describe, hex } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { DmaDirection } from "./direction.js";
import type { Scatterlist, ScatterlistEntry } from "./scatterlist.js";

const PAGE = 4096;
const SG_WORDS = 8;
const DIRECTIONS = "DmaDirection.Bidirectional, ToDevice or FromDevice";

/** Throws unless `size` is 1 .. 2 GiB - 1. */
export function checkSize(size: number): void {
  checkInteger("size", size, 1, 0x7fff_ffff);
}

/** Throws unless `direction` is one of the three a mapping may have. */
export function checkDirection(direction: number): void {
  if (direction === DmaDirection.None) {
    throw new RangeError(`direction must be ${DIRECTIONS}, got None (the kernel has a BUG here)`);
  }
  if (typeof direction !== "number" || !Number.isInteger(direction) || direction < 0 || direction > 2) {
    throw new RangeError(
      `direction must be ${DIRECTIONS}, got ${typeof direction === "number" ? hex(direction) : describe(direction)}`,
    );
  }
}

/** Throws unless `list` is an array of 1 to 16384 elements; its entries are checked where it crosses. */
export function checkList(live: Live, list: Scatterlist): void {
  if (!Array.isArray(list)) throw new TypeError(`list must be an array of entries, got ${describe(list)}`);
  const room = coreConstant(live.core, "SG_COUNT");
  if (list.length === 0 || list.length > room) {
    throw new RangeError(`list must hold 1 to ${room} entries, got ${list.length}`);
  }
}

/** Throws TypeError unless the results of a mapping can be stored in every entry of `list`, before anything is mapped. */
export function checkResultsFit(list: Scatterlist): void {
  list.forEach((entry, i) => {
    if (entry === null || typeof entry !== "object") return;
    for (const key of ["dmaAddress", "dmaLength"] as const) {
      const own = Object.getOwnPropertyDescriptor(entry, key);
      const fits =
        own === undefined ? Object.isExtensible(entry) : own.writable === true || own.set !== undefined;
      if (!fits) throw new TypeError(`list[${i}].${key} cannot be written: the entry must not be frozen`);
    }
  });
}

/** Throws TypeError or RangeError unless `entry`, called `name`, is a run of bytes of memory. */
export function checkEntry(name: string, entry: ScatterlistEntry): void {
  if (entry === null || typeof entry !== "object") {
    throw new TypeError(`${name} must be { pa, offset, length }, got ${describe(entry)}`);
  }
  checkAligned(`${name}.pa`, entry.pa, PAGE);
  checkInteger(`${name}.offset`, entry.offset, 0, 0x7fff_ffff);
  checkInteger(`${name}.length`, entry.length, 0, 0x7fff_ffff);
}

/** Checks `list` and its entries and writes it to SG. */
export function writeList(live: Live, list: Scatterlist): void {
  checkList(live, list);
  const { core } = live;
  const at = coreConstant(core, "SG") >>> 2;
  const words = core.u32;
  for (let i = 0; i < list.length; i++) {
    const entry = list[i]!;
    checkEntry(`list[${i}]`, entry);
    const w = at + i * SG_WORDS;
    words[w] = entry.pa;
    words[w + 1] = entry.offset;
    words[w + 2] = entry.length;
    words[w + 3] = checkU32(`list[${i}].dmaAddress`, entry.dmaAddress ?? 0);
    words[w + 4] = checkU32(`list[${i}].dmaLength`, entry.dmaLength ?? 0);
  }
}

/** Takes what the core wrote at SG into `list`: dmaAddress and dmaLength of every entry. */
export function readListResults(live: Live, list: Scatterlist): void {
  const { core } = live;
  const at = coreConstant(core, "SG") >>> 2;
  const words = core.u32;
  for (let i = 0; i < list.length; i++) {
    const entry = list[i]!;
    entry.dmaAddress = words[at + i * SG_WORDS + 3]!;
    entry.dmaLength = words[at + i * SG_WORDS + 4]!;
  }
}

/** The first `entries` entries at SG as a fresh list. */
export function readList(live: Live, entries: number): Scatterlist {
  const { core } = live;
  const at = coreConstant(core, "SG") >>> 2;
  const words = core.u32;
  return Array.from({ length: entries }, (_, i) => ({
    pa: words[at + i * SG_WORDS]!,
    offset: words[at + i * SG_WORDS + 1]!,
    length: words[at + i * SG_WORDS + 2]!,
  }));
}
