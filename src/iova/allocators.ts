// The allocators of IO addresses by name, so that a mapping or a space alone can choose one.
//
//   bitmap        arch/arm/mm/dma-mapping.c of the profile      gen-pool   the 2011 proposal
//   range-tree    drivers/iommu/iova.c, the red-black tree      range-cache   the same behind magazines
//   own           no kernel's
//
// Not modelled: changing the allocator of a space that has addresses out.

import { checkChoice } from "../check.js";
import { type Core, coreConstant } from "../core/core.js";

/** Allocators by name, and their numbers in the core (IOVA_KIND_* of assembly/abi.ts). */
const ALLOCATORS = {
  /** First fit in bitmaps, aligned to the request's order: arch/arm/mm/dma-mapping.c. */
  bitmap: "IOVA_KIND_BITMAP",
  /** First fit in granules of 64 KiB: lib/genalloc.c as the 2011 RFC used it. */
  "gen-pool": "IOVA_KIND_GEN_POOL",
  /** Top down from the end in a red-black tree: drivers/iommu/iova.c. */
  "range-tree": "IOVA_KIND_RANGE_TREE",
  /** The same behind per-CPU magazines (rcache). */
  "range-cache": "IOVA_KIND_RANGE_CACHE",
  /** Magazines by exact size over the bitmap: fast, and no kernel's placement. */
  own: "IOVA_KIND_OWN",
} as const;

/** Name of an allocator of IO addresses. */
export type IovaAllocator = keyof typeof ALLOCATORS;

/** The names, for messages and options. */
export const IOVA_ALLOCATORS = Object.keys(ALLOCATORS) as IovaAllocator[];

/**
 * @internal A space of `size` bytes at `base` in `core`, by `allocator` or, without one, by the
 * profile's own. Returns its pointer, or 0 and `lastError()`.
 * @throws RangeError naming the allocators there are
 */
export function createSpace(
  core: Core,
  base: number,
  size: number,
  order: number,
  allocator: IovaAllocator | undefined,
): number {
  const { exports } = core;
  const [low, high] = [size >>> 0, Math.floor(size / 2 ** 32)];
  if (allocator === undefined) return exports.iovaCreate(base, low, high, order) >>> 0;
  const kind = ALLOCATORS[checkChoice("options.allocator", allocator, IOVA_ALLOCATORS)];
  return exports.iovaCreateKind(base, low, high, order, coreConstant(core, kind)) >>> 0;
}
