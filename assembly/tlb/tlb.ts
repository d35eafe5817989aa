// One level of translation cache: `sets` x `ways` entries of any page size side
// by side (spec/sysmmu-hardware 4).
//
//   set of a va = va[12 + log2(sets) - 1 : 12], whatever the page size: an entry
//   of 64K or 1M answers any va of its page that probes the set it was filled in
//
//   block   0 sets - 1   4 ways   8 pad (ways rounded up to 4)   12 live
//          16 tick      20 setBytes   24 sets    28 entries   32 small   64 first set
//   set    [tag x pad][mask x pad][data x pad][owner x pad][stamp x pad][next]
//
//   hit    (va & mask) === tag            tag 1 = empty, 2 = padding: never equal
//   data   | PA[35:12] (31:8) | 6 seen | 5 stale | 3 no write | 2 no read | 0 fault |
//
// The word after the stamps is the round-robin victim of the set. A stamp is the
// level's tick when the entry was last used; using the entry used last again
// changes nothing, so that one lookup per page equals one per burst.
//
// `small` is 1 only while every entry is of a small page, so that two of them cannot answer one va.
//
// Not modelled: pseudo-LRU trees; entries locked in place; parity.

import { arenaAlloc } from "../arena";

/** Flags in the low byte of a data word. */
export const DATA_FAULT: u32 = 1 << 0; // the descriptor was a fault when it was cached
export const DATA_NO_READ: u32 = 1 << 2;
export const DATA_NO_WRITE: u32 = 1 << 3;
export const DATA_STALE: u32 = 1 << 5; // its mapping is gone
export const DATA_SEEN: u32 = 1 << 6; // a use of the stale entry has been recorded
export const DATA_PAGE: u32 = 0xffffff00;
/** No data word: the translation failed. */
export const NO_DATA: u32 = 0xffffffff;

export const TAG_EMPTY: u32 = 1;
const TAG_PADDING: u32 = 2;
const MASK_EMPTY: u32 = 0xfffff000;

/** Result of `Tlb.find`: no entry, more than one. Others are addresses of a tag. */
export const FIND_MISS: usize = 0;
export const FIND_MULTI: usize = 1;

/** The tick that `Tlb.touch` renumbers at. */
export const TICK_LAST: u32 = 0xfffffffe;

export const TLB_HEADER: usize = 64;

/** Block of a level, or 0 when memory is exhausted; `sets` is a power of two, both at least 1. */
export function tlbCreate(sets: u32, ways: u32): u32 {
  const pad = (ways + 3) & ~3;
  const setBytes = (pad * 20 + 4 + 63) & ~63;
  const block = arenaAlloc(<u32>TLB_HEADER + sets * setBytes + pad * 4);
  if (block === 0) return 0;
  store<u32>(block, sets - 1, 0);
  store<u32>(block, ways, 4);
  store<u32>(block, pad, 8);
  store<u32>(block, 1, 16);
  store<u32>(block, setBytes, 20);
  store<u32>(block, sets, 24);
  store<u32>(block, sets * ways, 28);
  tlbSetSmall(<u32>block, true);
  for (let s: u32 = 0; s < sets; s++) {
    const set = block + TLB_HEADER + s * setBytes;
    for (let w: u32 = 0; w < pad; w++) {
      const entry = set + (w << 2);
      store<u32>(entry, w < ways ? TAG_EMPTY : TAG_PADDING);
      store<u32>(entry + (pad << 2), MASK_EMPTY);
      store<u32>(entry + pad * 16, w < ways ? 0 : 0xffffffff);
    }
  }
  return <u32>block;
}

/** Entries held now. */
export function tlbLive(tlb: u32): u32 {
  return load<u32>(<usize>tlb, 12);
}

/** True only when no entry of the level is of a page larger than 4 KiB. */
export function tlbSmall(tlb: u32): bool {
  return load<u32>(<usize>tlb, 32) !== 0;
}

/** Says so, or that one may be. */
export function tlbSetSmall(tlb: u32, small: bool): void {
  store<u32>(<usize>tlb, <u32>small, 32);
}

/** Address of the set that `va` probes. */
export function tlbSet(tlb: u32, va: u32): usize {
  return <usize>tlb + TLB_HEADER + ((va >> 12) & load<u32>(<usize>tlb)) * load<u32>(<usize>tlb, 20);
}

/** Distance in bytes between the columns (tag, mask, data, owner, stamp) of an entry. */
export function tlbColumn(tlb: u32): u32 {
  return load<u32>(<usize>tlb, 8) << 2;
}

// A class for the static method alone: only methods can be forced inline where
// the hot loops need it (a call per access costs half a lookup).
@unmanaged
// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining
export class Tlb {
  /** Bits of the 8 ways from `tags` on, their masks at `masks`, that answer `key`. */
  @inline
  static bits8(tags: usize, masks: usize, key: v128): i32 {
    const low = i32x4.eq(v128.and(key, v128.load(masks)), v128.load(tags));
    const high = i32x4.eq(v128.and(key, v128.load(masks, 16)), v128.load(tags, 16));
    return i16x8.bitmask(i16x8.narrow_i32x4_s(low, high));
  }

  /** The same with two bits for each way. */
  @inline
  static twice8(tags: usize, masks: usize, key: v128): i32 {
    const low = i32x4.eq(v128.and(key, v128.load(masks)), v128.load(tags));
    const high = i32x4.eq(v128.and(key, v128.load(masks, 16)), v128.load(tags, 16));
    return i8x16.bitmask(i16x8.narrow_i32x4_s(low, high));
  }

  /** Two bits for each of the 8 ways whose tag is `key`: enough while the level holds small pages alone. */
  @inline
  static small8(tags: usize, key: v128): i32 {
    const low = i32x4.eq(key, v128.load(tags));
    return i8x16.bitmask(i16x8.narrow_i32x4_s(low, i32x4.eq(key, v128.load(tags, 16))));
  }

  /** The same of 16 ways. */
  @inline
  static bits16(tags: usize, masks: usize, key: v128): i32 {
    const a = i32x4.eq(v128.and(key, v128.load(masks)), v128.load(tags));
    const b = i32x4.eq(v128.and(key, v128.load(masks, 16)), v128.load(tags, 16));
    const c = i32x4.eq(v128.and(key, v128.load(masks, 32)), v128.load(tags, 32));
    const d = i32x4.eq(v128.and(key, v128.load(masks, 48)), v128.load(tags, 48));
    return i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
  }

  /** The entry of `set` that answers `va`: FIND_MISS, FIND_MULTI or the address of its tag. */
  @inline
  static find(set: usize, column: u32, va: u32): usize {
    const key = i32x4.splat(<i32>va);
    let found: usize = FIND_MISS;
    if (column === 32 || column === 64 || column === 128) {
      let bits: i32;
      if (column === 32) bits = Tlb.bits8(set, set + 32, key);
      else if (column === 64) bits = Tlb.bits16(set, set + 64, key);
      else bits = Tlb.bits16(set, set + 128, key) | (Tlb.bits16(set + 64, set + 192, key) << 16);
      if (bits !== 0) found = popcnt<i32>(bits) === 1 ? set + ((<usize>ctz<i32>(bits)) << 2) : FIND_MULTI;
    } else {
      for (let at = set, end = set + column; at < end; at += 16) {
        const bits = i32x4.bitmask(i32x4.eq(v128.and(key, v128.load(at + column)), v128.load(at)));
        if (bits !== 0) {
          if (found !== FIND_MISS || (bits & (bits - 1)) !== 0) {
            found = FIND_MULTI;
            break;
          }
          found = at + ((<usize>ctz<i32>(bits)) << 2);
        }
      }
    }
    return found;
  }

  /** Makes `entry` the most recently used one of its level. */
  @inline
  static touch(tlb: u32, column: u32, entry: usize): void {
    const tick = load<u32>(<usize>tlb, 16);
    if (load<u32>(entry + column * 4) !== tick) {
      if (tick === TICK_LAST) tlbRenumber(tlb);
      const next = load<u32>(<usize>tlb, 16) + 1;
      store<u32>(<usize>tlb, next, 16);
      store<u32>(entry + column * 4, next);
    }
  }
}

/** `Tlb.find` for callers that are not hot. */
export function tlbFind(tlb: u32, va: u32): usize {
  return Tlb.find(tlbSet(tlb, va), tlbColumn(tlb), va);
}

/** `Tlb.touch` for callers that are not hot. */
export function tlbTouch(tlb: u32, entry: usize): void {
  Tlb.touch(tlb, tlbColumn(tlb), entry);
}

/**
 * The tick has run through 32 bits: stamps become their rank in the set, which keeps every
 * order a victim search can see.
 */
export function tlbRenumber(tlb: u32): void {
  const ways = load<u32>(<usize>tlb, 4);
  const sets = load<u32>(<usize>tlb, 24);
  const setBytes = load<u32>(<usize>tlb, 20);
  const column = tlbColumn(tlb);
  // Ranks are gathered behind the last set, where tlbCreate left room for one column.
  const ranks = <usize>tlb + TLB_HEADER + sets * setBytes;
  for (let s: u32 = 0; s < sets; s++) {
    const stamps = <usize>tlb + TLB_HEADER + s * setBytes + column * 4;
    for (let w: u32 = 0; w < ways; w++) {
      const stamp = load<u32>(stamps + (w << 2));
      let rank: u32 = 0;
      for (let o: u32 = 0; o < ways; o++) {
        const other = load<u32>(stamps + (o << 2));
        if (other < stamp) rank++;
      }
      store<u32>(ranks + (w << 2), rank);
    }
    memory.copy(stamps, ranks, ways << 2);
  }
  store<u32>(<usize>tlb, ways, 16);
}
