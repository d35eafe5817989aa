// What a machine is made of, and the check of it.

import {
  checkAligned,
  checkChoice,
  checkMaybeObject,
  checkObject,
  checkU32,
  describe,
  hex,
} from "../check.js";
import { coreConstant } from "../core/core.js";
import type { CoreSource } from "../core/load.js";
import type { MemoryType } from "../dma/allocation.js";
import { checkObserver, type DmaDebugHook } from "../dma/debug-hook.js";
import { checkSwitches, PROFILES, type Profile } from "../dma/profiles.js";
import { checkSoc } from "../soc/check.js";
import type { SocDescription } from "../soc/types.js";
import { checkVersion } from "../sysmmu/registers.js";
import type { Live } from "./live.js";

/** Smallest and largest DRAM: 1 MiB and 2 GiB. */
const DRAM_MIN = 1 << 20;
const DRAM_MAX = 0x8000_0000;
const TLB_OPTIONS: readonly (keyof TlbOptions)[] = [
  "l1Sets",
  "l1Ways",
  "l2Sets",
  "l2Ways",
  "flpdLines",
  "fetch",
  "prefetchBuffers",
];
const CACHE_OPTIONS: readonly (keyof CacheOptions)[] = [
  "l1Bytes",
  "l1Ways",
  "l2Bytes",
  "l2Ways",
  "policy",
  "seed",
];
const OPTIONS: readonly (keyof MachineOptions)[] = [
  "soc",
  "dram",
  "profile",
  "switches",
  "sysmmuVersion",
  "tlb",
  "caches",
  "coherentMemory",
  "linearAlias",
  "highmem",
  "observer",
  "core",
];
/** DRAM where the options do not say. */
export const DEFAULT_DRAM = 256 << 20;

/** Shape of a SysMMU's translation caches; 0 or absent: what the hardware generation has. */
export interface TlbOptions {
  /** First level: sets (a power of two up to 65536) and ways (1..4096), at most 2^18 entries. */
  l1Sets?: number;
  l1Ways?: number;
  /** Second level, as above; generations without one have none. `l2Sets: false`: none, whatever the generation. */
  l2Sets?: number | false;
  l2Ways?: number;
  /** Lines of level-1 descriptors cached (3.2 and later): 1..4096; false: none, whatever the generation. */
  flpdLines?: number | false;
  /** Level-2 descriptors fetched per walk (3.x): a power of two, 1..256. */
  fetch?: number;
  /**
   * Prefetch buffers of 3.x: 0 only their registers exist (default); 3, 4 or 6 they also run ahead and
   * serve accesses, so many of them on 3.3 (3.0/3.1 have two, 3.2 three).
   */
  prefetchBuffers?: number;
}

/** Shape of the CPU's caches. */
export interface CacheOptions {
  /** L1 data cache: bytes (0: none) and ways 1..16. Default 32 KiB, 4. */
  l1Bytes?: number;
  l1Ways?: number;
  /** L2 (PL310): bytes (0: none) and ways 1..16. Default 1 MiB, 16. */
  l2Bytes?: number;
  l2Ways?: number;
  /** Replacement. Default "round-robin". */
  policy?: "round-robin" | "lru" | "random";
  /** Seed of "random". Default 1. */
  seed?: number;
}

/** What a machine is made of. */
export interface MachineOptions {
  /** SoC table ({@link exynos4210} ...) or a description read from a device tree. */
  soc: SocDescription;
  /** DRAM window: base (a multiple of 1 MiB, default the SoC's) and bytes (1 MiB..2 GiB, multiple of 64 KiB; default 256 MiB). */
  dram?: { base?: number; bytes?: number };
  /** Kernel whose dma-mapping layer the machine has. Default "v6.1". */
  profile?: Profile;
  /**
   * Single switches of the profile to change: names and values per profile in {@link PROFILE_SWITCHES}, what
   * each does in the tables src/dma/profiles/*.ts. Most are 0 or 1.
   */
  switches?: Readonly<Record<string, number>>;
  /** MMU_VERSION of every SysMMU, instead of the table's: 1.x, 2.x, 3.x, 5.x (major in bits 31:28) or 0x80000001. */
  sysmmuVersion?: number;
  /** Translation caches of every SysMMU. */
  tlb?: TlbOptions;
  /** CPU caches. */
  caches?: CacheOptions;
  /** Memory type of coherent allocations without write-combine. Default the profile's: "bufferable" (ARMv7). */
  coherentMemory?: Exclude<MemoryType, "cacheable">;
  /**
   * What becomes of the linear (cacheable) address of a coherent or write-combined buffer. "mapped", as in the
   * kernels: the CPU can use it and meets the caches. "unmapped": such an access faults. Default "mapped".
   */
  linearAlias?: "mapped" | "unmapped";
  /**
   * Physical address from which on memory has no linear mapping: a multiple of 4096 from the base of DRAM to its
   * end. Streaming maintenance and zeroing go page by page through kmaps there (`COUNT_KMAP_TEMPORARY`, and
   * `COUNT_KMAP_PERMANENT` up to v3.6), dmabounce refuses it. The page allocator does not look. Default: none.
   */
  highmem?: number;
  /** Observer of the dma-mapping calls of scripts, e.g. dma-debug; `machine.run` tells it nothing. */
  observer?: DmaDebugHook;
  /** Compiled core or its bytes; default the embedded one. */
  core?: CoreSource;
}

/** Options of {@link Machine.addDevice}. */
export interface NewDevice {
  /** How many SysMMU ports (0..8) it has; their names are `name`, or `name_0`, `name_1`... Default 1. */
  ports?: number;
  /** MMU_VERSION of them, as `sysmmuVersion` of the machine. Default 0x80000001. */
  version?: number;
}

/**
 * Checks the options of a machine.
 * @throws TypeError or RangeError naming the option and its value
 */
export function checkOptions(options: Omit<MachineOptions, "core">): void {
  checkObject("options", options, OPTIONS);
  const { soc, dram, caches, tlb } = options;
  checkSoc("options.soc", soc);
  checkMaybeObject("options.dram", dram, ["base", "bytes"]);
  checkMaybeObject("options.caches", caches, CACHE_OPTIONS);
  checkMaybeObject("options.tlb", tlb, TLB_OPTIONS);
  if (options.profile !== undefined) checkChoice("options.profile", options.profile, PROFILES);
  if (options.switches !== undefined) checkSwitches("options.switches", options.switches);
  const base = checkAligned("options.dram.base", dram?.base ?? soc.dramBase, 1 << 20);
  const bytes = dram?.bytes ?? DEFAULT_DRAM;
  if (typeof bytes !== "number" || Number.isNaN(bytes)) {
    throw new TypeError(`options.dram.bytes must be a number, got ${describe(bytes)}`);
  }
  if (!Number.isInteger(bytes) || bytes < DRAM_MIN || bytes > DRAM_MAX || bytes % 65536 !== 0) {
    throw new RangeError(
      `options.dram.bytes must be a multiple of 64 KiB from 1 MiB (${hex(DRAM_MIN)}) to 2 GiB (${hex(DRAM_MAX)}), got ${bytes}`,
    );
  }
  if (base + bytes > 2 ** 32) {
    throw new RangeError(`options.dram: [${hex(base)}, ${hex(base + bytes)}) reaches beyond 32 bits`);
  }
  if (options.highmem !== undefined) {
    const start = checkAligned("options.highmem", options.highmem, 4096);
    if (start < base || start > base + bytes) {
      throw new RangeError(
        `options.highmem must be in DRAM [${hex(base)}, ${hex(base + bytes)}] or its end, got ${hex(start)}`,
      );
    }
  }
  if (options.sysmmuVersion !== undefined) checkVersion("options.sysmmuVersion", options.sysmmuVersion);
  if (options.coherentMemory !== undefined) {
    checkChoice("options.coherentMemory", options.coherentMemory, ["bufferable", "strongly-ordered"]);
  }
  if (options.linearAlias !== undefined) {
    checkChoice("options.linearAlias", options.linearAlias, ["mapped", "unmapped"]);
  }
  if (tlb !== undefined) checkTlb(tlb);
  const { policy, ...numbers } = caches ?? {};
  if (policy !== undefined) checkChoice("options.caches.policy", policy, ["round-robin", "lru", "random"]);
  for (const [name, value] of Object.entries(numbers)) {
    if (value !== undefined) checkU32(`options.caches.${name}`, value);
  }
  checkObserver("options.observer", options.observer);
}

/** @internal Tells the core how the CPU maps memory: the type of uncached buffers, their linear alias, highmem. */
export function setMemoryTypes(live: Live, options: Omit<MachineOptions, "core">): void {
  const { core } = live;
  if (options.coherentMemory !== undefined) live.coherentType = options.coherentMemory;
  if (options.highmem !== undefined) core.exports.syncSetHighmem(options.highmem);
  if (options.linearAlias !== undefined) {
    const at = (coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, "SWITCH_DMA_ALIAS");
    core.u32[at] = options.linearAlias === "unmapped" ? 1 : 0;
  }
}

const TLB_ENTRIES = 1 << 18;
/** Sizes of caches that can be left out. */
const OPTIONAL: readonly (keyof TlbOptions)[] = ["l2Sets", "flpdLines"];

function checkTlb(tlb: TlbOptions): void {
  const value = (name: keyof TlbOptions, max: number, powerOfTwo: boolean): number => {
    if (tlb[name] === false && OPTIONAL.includes(name)) return 0;
    const n = checkU32(`options.tlb.${name}`, tlb[name] ?? 0);
    if (n > max || (powerOfTwo && (n & (n - 1)) !== 0)) {
      throw new RangeError(
        `options.tlb.${name} must be ${powerOfTwo ? "a power of two" : "a number"} up to ${max}, got ${n}`,
      );
    }
    return n;
  };
  if (tlb.l2Sets === false && (tlb.l2Ways ?? 0) !== 0) {
    throw new RangeError(
      `options.tlb.l2Ways: there is no second level (l2Sets is false), got ${describe(tlb.l2Ways)}`,
    );
  }
  for (const level of ["l1", "l2"] as const) {
    const sets = value(`${level}Sets`, 65536, true);
    const ways = value(`${level}Ways`, 4096, false);
    if (sets * ways > TLB_ENTRIES) {
      throw new RangeError(
        `options.tlb.${level}Sets * ${level}Ways must be at most ${TLB_ENTRIES}, got ${sets} * ${ways}`,
      );
    }
  }
  value("flpdLines", 4096, false);
  value("fetch", 256, true);
  const buffers = checkU32("options.tlb.prefetchBuffers", tlb.prefetchBuffers ?? 0);
  if (![0, 3, 4, 6].includes(buffers)) {
    throw new RangeError(`options.tlb.prefetchBuffers must be 0, 3, 4 or 6, got ${buffers}`);
  }
}
