// An IO-address space alone: which addresses a mapping layer would hand out, without a machine
// around it. Small: a core instance of its own with 1 MiB of DRAM that nobody uses.
//
// Not modelled: translation; an address handed out here leads nowhere.

import { checkChoice, checkInteger, checkObject, checkU32, hex } from "../check.js";
import { type Core, coreConstant } from "../core/core.js";
import { loadCore } from "../core/load.js";
import { IOVA_SWITCHES } from "../dma/profiles/iova.js";
import { createSpace, type IovaAllocator } from "./allocators.js";

export type { IovaAllocator } from "./allocators.js";

/** Kernel whose rules a space follows. */
export type IovaProfile = keyof (typeof IOVA_SWITCHES)["SWITCH_IOVA_KIND"];
/** What became of a free: done; the kernel stops with BUG; the kernel writes into foreign memory. Only `freed` changes anything. */
export type FreeOutcome = "freed" | "bug" | "foreign";

/** Questions to the core that take a space and answer a number. */
type Figure =
  | "iovaUsedPages"
  | "iovaPeakPages"
  | "iovaTotalPages"
  | "iovaLargestFree"
  | "iovaFreeRuns"
  | "iovaFailures"
  | "iovaBugs"
  | "iovaBitmapCrc";

/** What `IovaSpace.create` wants. */
export interface IovaSpaceOptions {
  /** First IO address, 0 .. 4 GiB - 1. Kernels do not insist on a page boundary. */
  base: number;
  /** Bytes asked for; the profile's rounding applies (spec of arm_iommu_create_mapping). */
  size: number;
  /** log2 of pages per bit, 0 .. 20: profiles up to v3.14 and `gen-pool`. Default 0. */
  order?: number;
  /** Kernel whose rules apply. Default `v6.1`. */
  profile?: IovaProfile;
  /** Allocator. Default: the profile's (`gen-pool` for rfc2011, else `bitmap`). */
  allocator?: IovaAllocator;
}

const OUTCOMES: readonly FreeOutcome[] = ["freed", "bug", "foreign"];
const NONE = 0xffff_ffff;
const DRAM_BASE = 0x4000_0000;
const DRAM_BYTES = 1 << 20;

/** @internal Writes the switches of the IO-address allocators for `profile` into a core. */
export function writeIovaSwitches(core: Core, profile: IovaProfile): void {
  const at = coreConstant(core, "SWITCHES") >>> 2;
  for (const [name, values] of Object.entries(IOVA_SWITCHES)) {
    core.u32[at + coreConstant(core, name)] = values[profile];
  }
}

function makeSpace(core: Core, options: IovaSpaceOptions): number {
  checkObject("options", options, ["base", "size", "order", "profile", "allocator"]);
  const base = checkU32("options.base", options.base);
  const size = checkInteger("options.size", options.size, 1, 2 ** 40);
  const order = checkInteger("options.order", options.order ?? 0, 0, 20);
  const profiles = Object.keys(IOVA_SWITCHES.SWITCH_IOVA_KIND) as IovaProfile[];
  const profile = checkChoice("options.profile", options.profile ?? "v6.1", profiles);
  writeIovaSwitches(core, profile);
  const space = createSpace(core, base, size, order, options.allocator);
  if (space !== 0) {
    // The own allocator checks frees only where it remembers allocations.
    core.exports.iovaTrackOwners(space);
    return space;
  }
  const errno = core.exports.lastError();
  if (errno === 34) throw new RangeError(`options.size must be at most 4 GiB, got ${hex(size)} (ERANGE)`);
  if (errno === 22) throw new RangeError(`options.size is less than one granule: ${hex(size)} (EINVAL)`);
  throw new Error(`the engine gave no memory for an IO-address space: errno ${errno}`);
}

/** An IO-address space with its allocator. */
export class IovaSpace {
  readonly #core: Core;
  #space: number;

  private constructor(core: Core, space: number) {
    this.#core = core;
    this.#space = space;
  }

  /**
   * Makes a space in a core instance of its own, or in `core` (its switches are set to the profile).
   * @throws TypeError, RangeError naming the argument and its value; RangeError also where the kernel
   * refuses with EINVAL (nothing left after rounding down) or ERANGE (above 4 GiB)
   */
  static create(options: IovaSpaceOptions, core?: Core): IovaSpace {
    let own = core;
    if (own === undefined) {
      own = loadCore();
      const errno = own.exports.machineInit(DRAM_BASE, DRAM_BYTES, 0);
      if (errno !== 0) throw new Error(`the engine gave no memory for a core: errno ${errno}`);
    }
    return new IovaSpace(own, makeSpace(own, options));
  }

  /**
   * IO addresses for `size` bytes (0 .. 4 GiB - 1): the first one, or null when there is no room.
   * What a size of 0 does depends on the kernel. So does one of more than 4 GiB less a page: up to v6.1 the
   * bitmap allocator aligns it to pages in 32 bits, which wraps to 0, so that 0xffffffff bytes get an address in
   * a space of any size. That is the kernel's behaviour, kept as it is.
   */
  alloc(size: number): number | null {
    const address = this.#core.exports["iovaAlloc"](this.#live(), checkU32("size", size)) >>> 0;
    return address === NONE ? null : address;
  }

  /** Gives [address, address + size) back by the kernel's rules, checks included or missing. */
  free(address: number, size: number): FreeOutcome {
    const space = this.#live();
    return OUTCOMES[
      this.#core.exports["iovaFree"](space, checkU32("address", address), checkU32("size", size))
    ]!;
  }

  /** Pages taken now. */
  get usedPages(): number {
    return this.#figure("iovaUsedPages");
  }

  /** The most pages ever taken at once. */
  get peakPages(): number {
    return this.#figure("iovaPeakPages");
  }

  /** Pages in all: what rounding made of the size. */
  get totalPages(): number {
    return this.#figure("iovaTotalPages");
  }

  /** Pages of the largest free run. */
  get largestFreePages(): number {
    return this.#figure("iovaLargestFree");
  }

  /** Number of free runs: 1 without fragmentation, 0 when full. */
  get freeRuns(): number {
    return this.#figure("iovaFreeRuns");
  }

  /** Allocations that found no room. */
  get failures(): number {
    return this.#figure("iovaFailures");
  }

  /** Frees that ended as `bug` or `foreign`. */
  get bugs(): number {
    return this.#figure("iovaBugs");
  }

  /** CRC-32 of the bitmaps as the kernel keeps them in memory; tells two states of a space apart. */
  get checksum(): number {
    return this.#figure("iovaBitmapCrc");
  }

  /** Gives the space back; every later use throws TypeError. */
  dispose(): void {
    if (this.#space !== 0) this.#core.exports["iovaDestroy"](this.#space);
    this.#space = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #live(): number {
    if (this.#space === 0) throw new TypeError("the IO-address space was disposed");
    return this.#space;
  }

  #figure(name: Figure): number {
    return this.#core.exports[name](this.#live()) >>> 0;
  }
}
