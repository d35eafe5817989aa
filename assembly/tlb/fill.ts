// Changing a TLB level: fills with replacement, invalidation by address, range
// and whole, and the marks that let a later use of a dead entry be blamed.
//
//   victim   the lowest empty way; else least recently used (CFG.0 = 1)
//            or the next way round (CFG.0 = 0)
//
// Counting laws: fills - evictions - invalidated = live entries, per instance.
//
// Not modelled: invalidation that takes time; the drivers rely on none being visible.

import { SYSCOUNT_EVICTIONS, SYSCOUNT_FILLS, SYSCOUNT_INVALIDATED } from "../abi";
import { MASK_SMALL } from "../pagetable/walk";
import { Sysmmu, sysmmuCount } from "../sysmmu/instance";
import {
  DATA_FAULT,
  DATA_SEEN,
  DATA_STALE,
  TAG_EMPTY,
  TLB_HEADER,
  Tlb,
  tlbColumn,
  tlbSet,
  tlbSetSmall,
} from "./tlb";

// A class for its static methods alone: only methods can be forced inline, and a fill made of
// calls costs more than the walk before it.
@unmanaged
// biome-ignore lint/complexity/noStaticOnlyClass: only a static method may be marked for inlining
export class Fill {
  /** Bits of the ways of an 8-way column equal to `value`. */
  @inline
  static equal8(column: usize, value: v128): i32 {
    return (
      i32x4.bitmask(i32x4.eq(value, v128.load(column))) |
      (i32x4.bitmask(i32x4.eq(value, v128.load(column, 16))) << 4)
    );
  }

  /** The least value of a vector in every lane. */
  @inline
  static least(values: v128): v128 {
    const pairs = i32x4.min_u(values, i32x4.shuffle(values, values, 2, 3, 0, 1));
    return i32x4.min_u(pairs, i32x4.shuffle(pairs, pairs, 1, 0, 3, 2));
  }

  /** Address of the first word equal to `value` in `bytes` of a column, 0 for none. */
  @inline
  static lowest(column: usize, bytes: u32, value: v128): usize {
    let at = column;
    const end = column + bytes;
    let bits: i32 = 0;
    while (at < end) {
      bits = i32x4.bitmask(i32x4.eq(value, v128.load(at)));
      if (bits !== 0) break;
      at += 16;
    }
    return bits !== 0 ? at + ((<usize>ctz<i32>(bits)) << 2) : 0;
  }

  /** The least recently used entry of a set. Padding lanes hold the highest stamp: never the oldest. */
  @inline
  static oldest(set: usize, column: u32): usize {
    const stamps = set + column * 4;
    if (column === 32) {
      const least = Fill.least(i32x4.min_u(v128.load(stamps), v128.load(stamps, 16)));
      return set + ((<usize>ctz<i32>(Fill.equal8(stamps, least))) << 2);
    }
    let least = v128.load(stamps);
    for (let at = stamps + 16, end = stamps + column; at < end; at += 16) {
      least = i32x4.min_u(least, v128.load(at));
    }
    return Fill.lowest(stamps, column, Fill.least(least)) - column * 4;
  }

  /** The lowest empty entry of a set, 0 for none. */
  @inline
  static empty(set: usize, column: u32): usize {
    const key = i32x4.splat(TAG_EMPTY);
    if (column === 32) {
      const bits = Fill.equal8(set, key);
      return bits !== 0 ? set + ((<usize>ctz<i32>(bits)) << 2) : 0;
    }
    return Fill.lowest(set, column, key);
  }

  /** The entry of `set` that a fill takes: an empty one, else the policy's. Bit 0 is set when it was live. */
  @inline
  static victim(tlb: u32, set: usize, column: u32, lru: bool): usize {
    const live = load<u32>(<usize>tlb, 12);
    if (live !== load<u32>(<usize>tlb, 28)) {
      const entry = Fill.empty(set, column);
      if (entry !== 0) {
        store<u32>(<usize>tlb, live + 1, 12);
        return entry;
      }
    }
    return (lru ? Fill.oldest(set, column) : nextRound(tlb, set, column)) | 1;
  }

  /** Writes an entry whole. */
  @inline
  static put(entry: usize, column: u32, tag: u32, mask: u32, data: u32, owner: u32, stamp: u32): void {
    store<u32>(entry, tag);
    store<u32>(entry + column, mask);
    store<u32>(entry + column * 2, data);
    store<u32>(entry + column * 3, owner);
    store<u32>(entry + column * 4, stamp);
  }
}

function nextRound(tlb: u32, set: usize, column: u32): usize {
  const next = set + column * 5;
  const way = load<u32>(next);
  store<u32>(next, way + 1 === load<u32>(<usize>tlb, 4) ? 0 : way + 1);
  return set + (way << 2);
}

/** Puts an entry for the page of `va` (size ~mask + 1) into the set that `va` probes, and counts it. */
export function tlbFill(mmu: Sysmmu, tlb: u32, va: u32, mask: u32, data: u32, owner: u32, lru: bool): void {
  const column = tlbColumn(tlb);
  const taken = Fill.victim(tlb, tlbSet(tlb, va), column, lru);
  // A stamp equal to the tick would pass for "used last" although the entry is new.
  Fill.put(taken & ~1, column, va & mask, mask, data, owner, 0);
  if (mask !== MASK_SMALL) tlbSetSmall(tlb, false);
  Tlb.touch(tlb, column, taken & ~1);
  sysmmuCount(mmu, SYSCOUNT_FILLS, 1);
  sysmmuCount(mmu, SYSCOUNT_EVICTIONS, taken & 1);
}

function drop(mmu: Sysmmu, tlb: u32, entry: usize): void {
  store<u32>(entry, TAG_EMPTY);
  store<u32>(<usize>tlb, load<u32>(<usize>tlb, 12) - 1, 12);
  sysmmuCount(mmu, SYSCOUNT_INVALIDATED, 1);
}

/** Drops every entry of the level. */
export function tlbFlushAll(mmu: Sysmmu, tlb: u32): void {
  if (load<u32>(<usize>tlb, 12) === 0) return;
  tlbFlushRange(mmu, tlb, 0, 0xffffffff);
}

/** Drops the entries that answer `va`: in the one set that it probes, or in `all` sets. */
export function tlbFlushEntry(mmu: Sysmmu, tlb: u32, va: u32, all: bool): void {
  if (load<u32>(<usize>tlb, 12) === 0) return;
  const column = tlbColumn(tlb);
  const setBytes = load<u32>(<usize>tlb, 20);
  let set = all ? <usize>tlb + TLB_HEADER : tlbSet(tlb, va);
  const sets = all ? load<u32>(<usize>tlb, 24) : 1;
  const key = i32x4.splat(<i32>va);
  for (let s: u32 = 0; s < sets; s++, set += setBytes) {
    for (let at = set, end = set + column; at < end; at += 16) {
      let bits = i32x4.bitmask(i32x4.eq(v128.and(key, v128.load(at + column)), v128.load(at)));
      for (; bits !== 0; bits &= bits - 1) drop(mmu, tlb, at + ((<usize>ctz<i32>(bits)) << 2));
    }
  }
}

/** Drops the entries whose page meets [first, last], both included. */
export function tlbFlushRange(mmu: Sysmmu, tlb: u32, first: u32, last: u32): void {
  const column = tlbColumn(tlb);
  const setBytes = load<u32>(<usize>tlb, 20);
  const sets = load<u32>(<usize>tlb, 24);
  let set = <usize>tlb + TLB_HEADER;
  for (let s: u32 = 0; s < sets; s++, set += setBytes) {
    for (let entry = set, end = set + column; entry < end; entry += 4) {
      const tag = load<u32>(entry);
      if ((tag & 3) !== 0) continue; // empty or padding
      if (tag <= last && (tag | ~load<u32>(entry + column)) >= first) drop(mmu, tlb, entry);
    }
  }
  if (load<u32>(<usize>tlb, 12) === 0) tlbSetSmall(tlb, true);
}

function mark(entry: usize, column: u32, owner: u32): void {
  const data = load<u32>(entry + column * 2);
  if ((data & (DATA_STALE | DATA_FAULT)) !== 0) return; // an older death stays to blame; a fault has none
  store<u32>(entry + column * 2, (data | DATA_STALE) & ~DATA_SEEN);
  if (owner !== 0) store<u32>(entry + column * 3, owner);
}

/**
 * Marks the entries for pages of [first, last] as left over from mapping `owner`. Only the
 * sets that the range probes are searched: an entry lies in the set of a va of its page.
 */
export function tlbMarkStale(tlb: u32, first: u32, last: u32, owner: u32): void {
  if (load<u32>(<usize>tlb, 12) === 0) return;
  const column = tlbColumn(tlb);
  const setBytes = load<u32>(<usize>tlb, 20);
  const sets = load<u32>(<usize>tlb, 24);
  const pages = (last >> 12) - (first >> 12) + 1;
  const from = i32x4.splat(<i32>first);
  const to = i32x4.splat(<i32>last);
  for (let s: u32 = 0, n = min<u32>(pages, sets); s < n; s++) {
    const set = <usize>tlb + TLB_HEADER + (((first >> 12) + s) & (sets - 1)) * setBytes;
    for (let at = set, end = set + column; at < end; at += 16) {
      const tag = v128.load(at);
      const reach = v128.or(tag, v128.not(v128.load(at + column)));
      const meets = v128.and(i32x4.le_u(tag, to), i32x4.ge_u(reach, from));
      const filled = i32x4.eq(v128.and(tag, i32x4.splat(3)), i32x4.splat(0));
      for (let bits = i32x4.bitmask(v128.and(meets, filled)); bits !== 0; bits &= bits - 1) {
        mark(at + ((<usize>ctz<i32>(bits)) << 2), column, owner);
      }
    }
  }
}
