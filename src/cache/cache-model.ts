// The two-level cache of an ARM core alone: lines with their bytes, maintenance, write buffer, and
// memory as bus masters see it, without a machine around it. A core instance of its own.
//
//   cpu ──> L1 ──> L2 ──> DRAM <── master (non-coherent)
//
// Defaults are the Cortex-A9 and PL310 of an Exynos 4 (spec/dma-mapping 4.5).
//
// Not modelled: time; statistics count, a cost model makes time of them.

import {
  checkBytes,
  checkChoice,
  checkInteger,
  checkMaybeObject,
  checkObject,
  checkU32,
  hex,
} from "../check.js";
import { type Core, coreConstant } from "../core/core.js";
import { loadCore } from "../core/load.js";
import { CACHE_SWITCHES } from "../dma/profiles/cache.js";
import { type CacheStatistics, readCacheStatistics } from "./cache-statistics.js";

const POLICIES = ["round-robin", "lru", "random"] as const;
const TYPES = ["cacheable", "bufferable", "strongly-ordered"] as const;
const OPERATIONS = { clean: "Clean", invalidate: "Invalidate", flush: "Flush" } as const;
const LEVELS = ["inner", "outer"] as const;
const LINE = 32;

/** Which line of a full set makes room. */
export type CachePolicy = (typeof POLICIES)[number];
/** How the CPU's accesses treat memory: through the caches, through the write buffer, or neither. */
export type MemoryType = (typeof TYPES)[number];
/** Kernel whose maintenance routines run. */
export type CacheProfile = keyof (typeof CACHE_SWITCHES)["SWITCH_INV_RANGE"];
/** Clean, invalidate, or both. */
export type CacheOperation = keyof typeof OPERATIONS;
/** L1 is the inner cache, L2 the outer one. */
export type CacheLevelName = (typeof LEVELS)[number];

/** What {@link CacheModel.create} wants; all of it has defaults. */
export interface CacheModelOptions {
  /** L1 data cache: bytes (0: none), ways 1 .. 16; sets must be a power of two. 32 KiB, 4. */
  l1?: { bytes: number; ways: number };
  /** L2: bytes (0: none), ways 1 .. 16. 1 MiB, 16. */
  l2?: { bytes: number; ways: number };
  /** Replacement policy of both levels. Default `round-robin`. */
  policy?: CachePolicy;
  /** Seed of random choices, a u32. Default 1. */
  seed?: number;
  /** Memory behind the caches: base (a multiple of 64 KiB) and bytes (1 MiB .. 1 GiB, multiples of 64 KiB). */
  memory?: { base: number; bytes: number };
  /** Kernel whose routines run. Default `v6.1`. */
  profile?: CacheProfile;
}

/** Caches with their memory. */
export class CacheModel {
  #owned: Core | null;
  readonly #batch: number;
  readonly #batchBytes: number;
  readonly #base: number;
  readonly #bytes: number;

  private constructor(core: Core, base: number, bytes: number) {
    this.#owned = core;
    this.#batch = coreConstant(core, "BATCH");
    this.#batchBytes = coreConstant(core, "BATCH_BYTES");
    this.#base = base;
    this.#bytes = bytes;
  }

  get #core(): Core {
    if (this.#owned === null) throw new TypeError("the cache model was disposed");
    return this.#owned;
  }

  /** Drops the core and its memory; every later use throws TypeError. Idempotent. */
  dispose(): void {
    this.#owned = null;
  }

  /** `using`: as {@link dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Makes empty caches over zeroed memory, in a core instance of its own or in `core`, which must be
   * fresh from `loadCore`.
   * @throws TypeError, RangeError naming the argument and its value
   */
  static create(options: CacheModelOptions = {}, core: Core = loadCore()): CacheModel {
    checkObject("options", options, ["l1", "l2", "policy", "seed", "memory", "profile"]);
    checkMaybeObject("options.memory", options.memory, ["base", "bytes"]);
    const base = checkUnit("options.memory.base", options.memory?.base ?? 0x4000_0000, 0, 0xffff_0000);
    const bytes = checkUnit("options.memory.bytes", options.memory?.bytes ?? 16 << 20, 1 << 20, 1 << 30);
    if (base + bytes > 2 ** 32) throw new RangeError(`options.memory ends above 4 GiB: ${hex(base + bytes)}`);
    const l1 = checkGeometry("options.l1", options.l1 ?? { bytes: 32 << 10, ways: 4 });
    const l2 = checkGeometry("options.l2", options.l2 ?? { bytes: 1 << 20, ways: 16 });
    const policy = POLICIES.indexOf(checkChoice("options.policy", options.policy ?? "round-robin", POLICIES));
    const seed = checkU32("options.seed", options.seed ?? 1);
    const profiles = Object.keys(CACHE_SWITCHES.SWITCH_INV_RANGE) as CacheProfile[];
    const profile = checkChoice("options.profile", options.profile ?? "v6.1", profiles);
    const errno = core.exports.machineInit(base, bytes, 0);
    if (errno !== 0) throw new Error(`the engine gave no memory for a core: errno ${errno}`);
    const switches = coreConstant(core, "SWITCHES") >>> 2;
    for (const [name, row] of Object.entries(CACHE_SWITCHES)) {
      core.u32[switches + coreConstant(core, name)] = row[profile];
    }
    const error = core.exports["cacheInit"](l1.bytes, l1.ways, l2.bytes, l2.ways, policy, seed);
    if (error !== 0) throw new Error(`the engine gave no memory for caches: errno ${-error}`);
    return new CacheModel(core, base, bytes);
  }

  /** The CPU loads `length` bytes at `pa`. Bytes outside memory read 0 and count as bus errors. */
  read(pa: number, length: number, type: MemoryType = "cacheable"): Uint8Array {
    const kind = TYPES.indexOf(checkChoice("type", type, TYPES));
    return this.#out(pa, length, (at, n) => this.#core.exports["cpuReadAs"](at, n, this.#batch, kind));
  }

  /** The CPU stores `bytes` at `pa`. What lies outside memory is lost and counts as bus errors. */
  write(pa: number, bytes: Uint8Array, type: MemoryType = "cacheable"): void {
    const kind = TYPES.indexOf(checkChoice("type", type, TYPES));
    this.#in(pa, bytes, (at, n) => this.#core.exports["cpuWriteAs"](at, n, this.#batch, kind));
  }

  /** A barrier of the CPU (DSB): the write buffer drains. */
  barrier(): void {
    this.#core.exports["cpuBarrier"]();
  }

  /** The kernel's range routine for one level over [start, end). An empty range is the kernel's empty range. */
  maintain(level: CacheLevelName, operation: CacheOperation, start: number, end: number): void {
    const name = checkChoice("level", level, LEVELS);
    const verb = OPERATIONS[checkChoice("operation", operation, Object.keys(OPERATIONS) as CacheOperation[])];
    checkU32("start", start);
    checkInteger("end", end, start, 0xffff_ffff);
    this.#core.exports[`${name}${verb}`](start, end);
  }

  /** Hands [pa, pa + size) to a device: both levels, order and operations by `direction` (0, 1, 2). */
  syncForDevice(pa: number, size: number, direction: number): void {
    this.#sync("syncCpuToDev", pa, size, direction);
  }

  /** Hands [pa, pa + size) back to the CPU. */
  syncForCpu(pa: number, size: number, direction: number): void {
    this.#sync("syncDevToCpu", pa, size, direction);
  }

  #sync(name: "syncCpuToDev" | "syncDevToCpu", pa: number, size: number, direction: number): void {
    checkU32("pa", pa);
    checkInteger("size", size, 0, 2 ** 32 - 1 - pa);
    checkInteger("direction", direction, 0, 2);
    this.#core.exports[name](pa - (pa % 4096), pa % 4096, size, direction);
  }

  /** Speculation takes the line of `pa` in; false when it was there already or lies outside memory. */
  refill(pa: number): boolean {
    return this.#core.exports["cacheRefill"](checkU32("pa", pa)) !== 0;
  }

  /** One in `odds` CPU line accesses is followed by a speculative refill nearby; seed 0 turns it off. */
  randomRefills(seed: number, odds = 8): void {
    this.#core.exports["cacheRandomRefills"](
      checkU32("seed", seed),
      checkInteger("odds", odds, 1, 0xffff_ffff),
    );
  }

  /** A bus master loads; `coherent` ones see the caches, others memory only. */
  masterRead(pa: number, length: number, coherent = false): Uint8Array {
    this.#inside(pa, length);
    const read = coherent ? "snoopRead" : "busRead";
    return this.#out(pa, length, (at, n) => this.#core.exports[read](at, n, this.#batch));
  }

  /** A bus master stores. */
  masterWrite(pa: number, bytes: Uint8Array, coherent = false): void {
    this.#inside(pa, checkBytes("bytes", bytes).length);
    const write = coherent ? "snoopWrite" : "busWrite";
    this.#in(pa, bytes, (at, n) => this.#core.exports[write](at, n, this.#batch));
  }

  /** What the CPU would load now; nothing changes, nothing is counted. */
  peek(pa: number, length: number): Uint8Array {
    this.#inside(pa, length);
    return this.#out(pa, length, (at, n) => this.#core.exports["cachePeek"](at, n, this.#batch));
  }

  /** What memory holds now, past every cache. */
  peekMemory(pa: number, length: number): Uint8Array {
    this.#inside(pa, length);
    return this.#core.views.copy(coreConstant(this.#core, "DRAM") + (pa - this.#base), length);
  }

  /** Lines of the range that a cache holds, and those it holds changed. */
  lines(pa: number, length: number): { valid: number; dirty: number } {
    this.#inside(pa, length);
    const { exports } = this.#core;
    return { valid: exports["cacheValidLines"](pa, length), dirty: exports["cacheDirtyLines"](pa, length) };
  }

  /** Writes everything dirty to memory and empties both caches; not counted as maintenance issued. */
  flushAll(): void {
    this.#core.exports["cacheFlushAll"]();
  }

  /** All counters since the caches were made. */
  statistics(): CacheStatistics {
    return readCacheStatistics(this.#core);
  }

  #inside(pa: number, length: number): void {
    checkU32("pa", pa);
    checkInteger("length", length, 0, 0xffff_ffff);
    if (pa >= this.#base && pa + length <= this.#base + this.#bytes) return;
    throw new RangeError(
      `pa: [${hex(pa)}, ${hex(pa + length)}) is not in memory [${hex(this.#base)}, ${hex(this.#base + this.#bytes)})`,
    );
  }

  /** Runs `call` over pieces that fit the exchange region and end at lines; gathers what it left there. */
  #out(pa: number, length: number, call: (at: number, n: number) => void): Uint8Array {
    checkU32("pa", pa);
    checkInteger("length", length, 0, 2 ** 32 - pa);
    const result = new Uint8Array(length);
    for (const [done, n] of this.#pieces(pa, length)) {
      call(pa + done, n);
      result.set(this.#core.u8.subarray(this.#batch, this.#batch + n), done);
    }
    return result;
  }

  #in(pa: number, bytes: Uint8Array, call: (at: number, n: number) => void): void {
    checkU32("pa", pa);
    checkBytes("bytes", bytes);
    checkInteger("bytes.length", bytes.length, 0, 2 ** 32 - pa);
    for (const [done, n] of this.#pieces(pa, bytes.length)) {
      this.#core.u8.set(bytes.subarray(done, done + n), this.#batch);
      call(pa + done, n);
    }
  }

  *#pieces(pa: number, length: number): Generator<[done: number, n: number]> {
    const most = this.#batchBytes - LINE;
    for (let done = 0; done < length; ) {
      const end = length - done <= most ? length : done + most - ((pa + done + most) % LINE);
      yield [done, end - done];
      done = end;
    }
  }
}

function checkUnit(name: string, value: unknown, min: number, max: number): number {
  const n = checkInteger(name, value, min, max);
  if (n % 0x1_0000 !== 0) throw new RangeError(`${name} must be a multiple of 0x10000, got ${hex(n)}`);
  return n;
}

function checkGeometry(
  name: string,
  value: { bytes: number; ways: number },
): { bytes: number; ways: number } {
  checkObject(name, value, ["bytes", "ways"]);
  const bytes = checkInteger(`${name}.bytes`, value.bytes, 0, 64 << 20);
  if (bytes === 0) return { bytes, ways: 0 };
  const ways = checkInteger(`${name}.ways`, value.ways, 1, 16);
  const sets = bytes / (ways * LINE);
  if (Number.isInteger(sets) && (sets & (sets - 1)) === 0) return { bytes, ways };
  throw new RangeError(
    `${name}: ${hex(bytes)} bytes in ${ways} ways of 32-byte lines are ${sets} sets, no power of two`,
  );
}
