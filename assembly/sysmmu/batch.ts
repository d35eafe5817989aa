// An array of addresses through a System MMU: the loop that everything fast stands on.
//
//   same page as before      the entry used last answers again: only counts change
//   first level, clean       search, stamp, done; after the first hit of 8 ways in `Hits`
//   second level, clean      copy up
//   a short walk             fill (refill.ts says which walks are short)
//   else                     found() of lookup.ts
//
// "Clean" is one entry, no fault, no dead mapping, access allowed. Counts and the tick of the first
// level live in registers; the tick goes back to memory before anything else can look at it.
//
// Not modelled: nothing of its own; test/sysmmu compares it with single calls.

import { STOP_FAULT, SYSCOUNT_BYPASS, SYSCOUNT_EVICTIONS } from "../abi";
import { MASK_SMALL } from "../pagetable/walk";
import { Fill } from "../tlb/fill";
import { ownerAt } from "../tlb/owner";
import {
  DATA_PAGE,
  FIND_MISS,
  FIND_MULTI,
  NO_DATA,
  TICK_LAST,
  TLB_HEADER,
  Tlb,
  tlbColumn,
  tlbSet,
  tlbSetSmall,
  tlbSmall,
} from "../tlb/tlb";
import { bufferedLookup } from "./buffers";
import { CFG_LRU, Sysmmu, sysmmuCount, sysmmuOf } from "./instance";
import { found } from "./lookup";
import { countRefills, countSeconds, Refill, refillable } from "./refill";
import { countHits, GATE_HELD, GATE_PASS, gate, guarded } from "./translate";

@unmanaged
class Hits {
  /**
   * Clean hits of an 8-way level from `from` on, in few enough variables to stay in registers; where
   * they end. `used` is the entry used last. `small`: no entry is of a page larger than 4 KiB.
   */
  @inline
  static run(l1: usize, from: usize, end: usize, ahead: usize, guard: u32, used: usize, small: bool): usize {
    const sets = l1 + TLB_HEADER;
    const setMask = load<u32>(l1);
    let tick = load<u32>(l1, 16);
    let at = from;
    let last = used;
    while (at !== end) {
      const va = load<u32>(at);
      const set = sets + ((va >> 12) & setMask) * 192;
      const key = i32x4.splat(<i32>(small ? va & MASK_SMALL : va));
      const bits = small ? Tlb.small8(set, key) : Tlb.twice8(set, set + 32, key);
      if (popcnt<i32>(bits) !== 2) break;
      const entry = set + ((<usize>ctz<i32>(bits)) << 1);
      const data = load<u32>(entry, 64);
      if ((data & guard) !== 0) break;
      const within = small ? va & 0xfff : va & ~load<u32>(entry, 32);
      const base = (data & DATA_PAGE) << 4;
      if (entry !== last) {
        last = entry;
        store<u32>(entry, ++tick, 128);
        store<u32>(at + ahead, base | within);
        at += 4;
      } else {
        // The page's run: the same entry answers, and is used last already.
        const page = base | (within & MASK_SMALL);
        let next = va;
        do {
          store<u32>(at + ahead, page | (next & 0xfff));
          at += 4;
          if (at === end) break;
          next = load<u32>(at);
        } while ((next ^ va) < 0x1000);
      }
    }
    store<u32>(l1, tick, 16);
    return at;
  }
}

// A function of its own: within the loop below it would lose its registers.
function hits8(l1: usize, from: usize, end: usize, ahead: usize, guard: u32, used: usize): usize {
  if (<u32>((end - from) >> 2) >= TICK_LAST - load<u32>(l1, 16)) return from;
  if (tlbSmall(<u32>l1)) return Hits.run(l1, from, end, ahead, guard, used, true);
  return Hits.run(l1, from, end, ahead, guard, used, false);
}

@unmanaged
class Batch {
  // `column` (and `column2` of a second level, 0 for none) are constants at the calls for common
  // shapes, which unrolls the searches.
  @inline
  static loop(mmu: Sysmmu, input: usize, output: usize, n: u32, write: u32, column: u32, column2: u32): u32 {
    const l1 = <usize>mmu.l1;
    const sets = l1 + TLB_HEADER;
    const setMask = load<u32>(l1);
    const setBytes = column === 32 ? 192 : column === 64 ? 384 : load<u32>(l1, 20);
    const guard = guarded(mmu, write);
    const end = input + ((<usize>n) << 2);
    const ahead = output - input;
    const quick = refillable(mmu);
    const lru = (mmu.cfg & CFG_LRU) !== 0;
    let tick = load<u32>(l1, 16);
    let refills: u32 = 0;
    let seconds: u32 = 0;
    let evictions: u32 = 0;
    let others: u32 = 0; // counted by found()
    let at = input;
    while (true) {
      let set = sets;
      let entry: usize = FIND_MISS;
      while (at < end) {
        const va = load<u32>(at);
        set = sets + ((va >> 12) & setMask) * setBytes;
        entry = Tlb.find(set, column, va);
        if (entry <= FIND_MULTI) break;
        const data = load<u32>(entry + column * 2);
        if ((data & guard) !== 0) break;
        if (load<u32>(entry + column * 4) !== tick) {
          if (tick === TICK_LAST) break;
          store<u32>(entry + column * 4, ++tick);
        }
        const base = ((data & DATA_PAGE) << 4) | (va & ~load<u32>(entry + column) & 0xfffff000);
        // The page's run: the same entry answers, and is used last already.
        let next = va;
        do {
          store<u32>(at + ahead, base | (next & 0xfff));
          at += 4;
          if (at === end) break;
          next = load<u32>(at);
        } while (next >> 12 === va >> 12);
        if (column === 32 && at !== end) {
          store<u32>(l1, tick, 16);
          at = hits8(l1, at, end, ahead, guard, entry);
          tick = load<u32>(l1, 16);
        }
      }
      if (at === end) break;
      const va = load<u32>(at);
      let data = NO_DATA;
      let mask = MASK_SMALL;
      let owner: u32 = 0;
      if (entry === FIND_MISS && tick !== TICK_LAST) {
        let second: usize = FIND_MISS;
        if (column2 !== 0) {
          second = Tlb.find(tlbSet(mmu.l2, va), column2, va);
          if (second > FIND_MULTI && (load<u32>(second + column2 * 2) & guard) === 0) {
            Tlb.touch(mmu.l2, column2, second);
            data = load<u32>(second + column2 * 2);
            mask = load<u32>(second + column2);
            owner = load<u32>(second + column2 * 3);
            seconds++;
          }
        }
        if (second === FIND_MISS && quick) {
          data = Refill.walk(mmu, va, guard);
          if (data !== NO_DATA) {
            if (mmu.space !== 0) owner = ownerAt(mmu, va);
            if (column2 !== 0) {
              const taken = Fill.victim(mmu.l2, tlbSet(mmu.l2, va), column2, lru);
              Fill.put(taken & ~1, column2, va & MASK_SMALL, MASK_SMALL, data, owner, 0);
              Tlb.touch(mmu.l2, column2, taken & ~1);
              evictions += <u32>(taken & 1);
            }
            refills++;
          }
        }
      }
      if (data !== NO_DATA) {
        const taken = Fill.victim(<u32>l1, set, column, lru);
        Fill.put(taken & ~1, column, va & mask, mask, data, owner, ++tick);
        if (column2 !== 0 && mask !== MASK_SMALL) tlbSetSmall(<u32>l1, false);
        evictions += <u32>(taken & 1);
      } else {
        store<u32>(l1, tick, 16);
        data = found(mmu, entry, va, write);
        tick = load<u32>(l1, 16);
        if (data === NO_DATA) {
          mmu.stop = STOP_FAULT;
          break;
        }
        others++;
        mask = mmu.mask;
      }
      store<u32>(at + ahead, ((data & DATA_PAGE) << 4) | (va & ~mask));
      at += 4;
    }
    store<u32>(l1, tick, 16);
    const done = <u32>((at - input) >> 2);
    countHits(mmu, write, done - refills - seconds - others);
    countRefills(mmu, write, refills);
    countSeconds(mmu, write, seconds);
    sysmmuCount(mmu, SYSCOUNT_EVICTIONS, evictions);
    return done;
  }
}

// With prefetch buffers: one address at a time.
function slowly(mmu: Sysmmu, input: usize, output: usize, n: u32, write: u32): u32 {
  for (let i: u32 = 0; i < n; i++) {
    const va = load<u32>(input + ((<usize>i) << 2));
    const data = bufferedLookup(mmu, va, write);
    if (data === NO_DATA) {
      mmu.stop = STOP_FAULT;
      return i;
    }
    store<u32>(output + ((<usize>i) << 2), ((data & DATA_PAGE) << 4) | (va & ~mmu.mask));
  }
  return n;
}

/**
 * `n` addresses (u32) at linear memory `input` to physical addresses at `output` (version 5: low 32
 * bits); returns how many were translated. It is less than `n` when one was held (sysmmuStop); that
 * one and the rest of `output` are left as they were.
 */
export function sysmmuTranslateBatch(index: u32, input: usize, output: usize, n: u32, write: u32): u32 {
  const mmu = sysmmuOf(index);
  if (n === 0) return 0;
  const state = gate(mmu, load<u32>(input), write);
  if (state === GATE_HELD) return 0;
  if (state === GATE_PASS) {
    memory.copy(output, input, (<usize>n) << 2);
    sysmmuCount(mmu, SYSCOUNT_BYPASS + write, n);
    return n;
  }
  if (mmu.buffers !== 0) return slowly(mmu, input, output, n, write);
  const column = tlbColumn(mmu.l1);
  const column2 = mmu.l2 !== 0 ? tlbColumn(mmu.l2) : 0;
  // 64 x 8 alone, and the default shapes: 16 or 32 entries before 64 x 8, 32 alone
  if (column === 32 && column2 === 0) return Batch.loop(mmu, input, output, n, write, 32, 0);
  if (column === 64 && column2 === 32) return Batch.loop(mmu, input, output, n, write, 64, 32);
  if (column === 128 && column2 === 0) return Batch.loop(mmu, input, output, n, write, 128, 0);
  return Batch.loop(mmu, input, output, n, write, column, column2);
}
