// Where the caches keep what they are: one arena block at header.cache.
//
//   Cache ──> masks   64 bytes per DRAM page, one bit per 32-byte line:
//                     0 L1 valid   16 L1 dirty   32 L2 valid   48 L2 dirty
//         ──> Level   L1 and L2: tags, data and replacement state by set
//
// The masks say what is cached; tags say where. Both always agree, so range
// operations read the masks only and look up a tag for lines that need work.
//
// Not modelled: the instruction cache; several cores; 64-byte lines in the arrays
// (`lineBytes` changes only the stride of the inner maintenance routines).

import { CACHE_LRU, EINVAL, ENOMEM } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { header } from "../header";

export const LINE_BYTES: u32 = 32;
export const LINE_SHIFT: u32 = 5;
/** Byte offsets of the four masks in a page's 64-byte block. */
export const L1_VALID: usize = 0;
export const L1_DIRTY: usize = 16;
export const L2_VALID: usize = 32;
export const L2_DIRTY: usize = 48;

@unmanaged
export class Level {
  ways: u32;
  sets: u32;
  groups: u32; // groups of four tags per set
  tags: u32; // u32[sets][groups * 4]: pa | 1 of a valid line, 0 empty, 2 no such way
  data: u32; // [way][set] of 32 bytes
  ranks: u32; // LRU: u8[sets][16], 0 youngest
  next: u32; // round robin: u8[sets]
  policy: u32;
  random: u32; // state of the generator
  counters: u32; // index of the level's first counter
}

@unmanaged
export class Cache {
  masks: u32;
  maskBytes: u32;
  context: u32; // CONTEXT_* of maintenance now
  lineBytes: u32; // stride of the inner routines: 32 (Cortex-A9) or 64
  highmemStart: u32; // first page without a linear mapping
  kmapFirst: u32; // pages with a permanent kmap: [kmapFirst, kmapEnd)
  kmapEnd: u32;
  refillSeed: u32; // of random refills; 0 off
  refillOdds: u32; // a refill follows one in so many CPU line accesses
  ageLimit: u32; // sequence numbers an entry may wait in the write buffer
  entries: u32; // entries waiting in the write buffer
  reserved: u32;
  // 4 write-buffer entries of 24 bytes: pa, byte mask, data (u64), seq (u64), oldest first
}

/** Offset of the write buffer in the Cache block. */
export const CACHE_BUFFER: usize = 48;
const CACHE_BLOCK: u32 = 512;
const L1_AT: usize = 192;
const L2_AT: usize = 256;

/** The cache block; only when `cacheReady`. */
export function cache(): Cache {
  return changetype<Cache>(<usize>header().cache);
}

/** True after cacheInit. Without caches every CPU access goes to DRAM. */
export function cacheReady(): bool {
  return header().cache !== 0;
}

/** L1 (inner). `ways` is 0 when there is none. */
export function levelOne(): Level {
  return changetype<Level>(<usize>header().cache + L1_AT);
}

/** L2 (outer). `ways` is 0 when there is none. */
export function levelTwo(): Level {
  return changetype<Level>(<usize>header().cache + L2_AT);
}

function geometryBad(bytes: u32, ways: u32): bool {
  if (bytes === 0) return false;
  if (ways === 0 || ways > 16) return true;
  const sets = bytes / (ways * LINE_BYTES);
  return sets === 0 || (sets & (sets - 1)) !== 0 || sets * ways * LINE_BYTES !== bytes;
}

function build(level: Level, bytes: u32, ways: u32, policy: u32, seed: u32, counters: u32): bool {
  level.counters = counters;
  if (bytes === 0) return true;
  const sets = bytes / (ways * LINE_BYTES);
  const groups = (ways + 3) >> 2;
  level.sets = sets;
  level.groups = groups;
  level.policy = policy;
  level.random = seed !== 0 ? seed : 0x9e3779b9;
  level.data = <u32>arenaAlloc(bytes);
  level.tags = <u32>arenaAlloc(sets * groups * 16);
  level.next = <u32>arenaAlloc(sets);
  if (level.data === 0 || level.tags === 0 || level.next === 0) return false;
  if (policy === CACHE_LRU) {
    level.ranks = <u32>arenaAlloc(sets * 16);
    if (level.ranks === 0) return false;
  }
  level.ways = ways;
  reset(level);
  return true;
}

/** Empties a level without writing anything back. */
function reset(level: Level): void {
  for (let set: u32 = 0; set < level.sets; set++) {
    const width = level.groups << 2;
    for (let way: u32 = 0; way < width; way++) {
      store<u32>(<usize>level.tags + ((<usize>(set * width + way)) << 2), way < level.ways ? 0 : 2);
    }
    if (level.policy !== CACHE_LRU) continue;
    for (let way: u32 = 0; way < 16; way++) {
      store<u8>(<usize>(level.ranks + (set << 4) + way), way < level.ways ? <u8>way : 0xff);
    }
  }
}

function release(level: Level): void {
  if (level.ways === 0) return;
  arenaFree(level.data, level.sets * level.ways * LINE_BYTES);
  arenaFree(level.tags, level.sets * level.groups * 16);
  arenaFree(level.next, level.sets);
  if (level.policy === CACHE_LRU) arenaFree(level.ranks, level.sets * 16);
  level.ways = 0;
}

/**
 * Makes empty caches: bytes and ways of L1 and L2 (bytes 0: no such cache; ways 1..16, sets a power
 * of two, 32-byte lines), replacement policy CACHE_*, seed of random choices. Cortex-A9 with a
 * PL310 as in Exynos 4 (spec/dma-mapping 4.5): 32 KiB 4 ways, 1 MiB 16 ways. May be called again;
 * what the old caches held is lost. Returns 0, -EINVAL or -ENOMEM.
 */
export function cacheInit(l1Bytes: u32, l1Ways: u32, l2Bytes: u32, l2Ways: u32, policy: u32, seed: u32): i32 {
  if (geometryBad(l1Bytes, l1Ways) || geometryBad(l2Bytes, l2Ways) || policy > 2) return -EINVAL;
  const h = header();
  if (h.cache === 0) {
    const block = <u32>arenaAlloc(CACHE_BLOCK);
    if (block === 0) return -ENOMEM;
    const bytes = (h.dramBytes >> 12) << 6;
    const masks = <u32>arenaAlloc(bytes);
    if (masks === 0) return -ENOMEM;
    h.cache = block;
    const c = cache();
    c.masks = masks;
    c.maskBytes = bytes;
    c.highmemStart = 0xffffffff;
    c.lineBytes = LINE_BYTES;
    c.ageLimit = 64;
  } else {
    memory.fill(<usize>cache().masks, 0, cache().maskBytes);
    release(levelOne());
    release(levelTwo());
    cache().entries = 0;
  }
  if (!build(levelOne(), l1Bytes, l1Ways, policy, seed, 32)) return -ENOMEM;
  // The levels draw from different sequences.
  if (!build(levelTwo(), l2Bytes, l2Ways, policy, seed ^ 0x5bd1e995, 49)) return -ENOMEM;
  return 0;
}

/** Line size that the inner maintenance routines step by: 32 (Cortex-A9) or 64 (others); CTR.DminLine. */
export function cacheSetLineBytes(bytes: u32): void {
  if (cacheReady()) cache().lineBytes = bytes;
}

/** Sequence numbers that a store may wait in the write buffer before it drains by itself (64 at birth). */
export function cacheSetBufferAge(limit: u32): void {
  if (cacheReady()) cache().ageLimit = limit;
}

/** Address of the mask block of the DRAM page that holds `pa` (inside DRAM). */
export function masksOf(pa: u32): usize {
  return <usize>cache().masks + ((<usize>((pa - header().dramBase) >> 12)) << 6);
}

/** True when the line of `pa` has its bit in mask `kind` (L1_VALID ...). */
export function lineBit(pa: u32, kind: usize): bool {
  const at = masksOf(pa) + kind + (((pa >> 11) & 1) << 3);
  return ((load<u64>(at) >> ((pa >> LINE_SHIFT) & 63)) & 1) !== 0;
}

/** Sets the bit of the line of `pa` in mask `kind`. */
export function setLineBit(pa: u32, kind: usize): void {
  const at = masksOf(pa) + kind + (((pa >> 11) & 1) << 3);
  const word = load<u64>(at);
  const bit = (<u64>1) << ((pa >> LINE_SHIFT) & 63);
  if ((word & bit) === 0) store<u64>(at, word | bit);
}

/** Clears the bit of the line of `pa` in mask `kind`. */
export function clearLineBit(pa: u32, kind: usize): void {
  const at = masksOf(pa) + kind + (((pa >> 11) & 1) << 3);
  store<u64>(at, load<u64>(at) & ~((<u64>1) << ((pa >> LINE_SHIFT) & 63)));
}

/** Bits [from, to) of a half page's 64 lines; 0 <= from < to <= 64. */
export function span(from: u32, to: u32): u64 {
  return (<u64>-1 >> (64 - (to - from))) << from;
}

/** Sets the bits of `lines` lines of one half page, from the line of `pa` on, in mask `kind`. */
export function setLineBits(pa: u32, kind: usize, lines: u32): void {
  const at = masksOf(pa) + kind + (((pa >> 11) & 1) << 3);
  const first = (pa >> LINE_SHIFT) & 63;
  store<u64>(at, load<u64>(at) | span(first, first + lines));
}
