// What a CPU access meets: cached lines older than what a master wrote, and buffers whose bytes are still in
// the bounce pool.
//
//   cached line, unchanged, differs from memory     the master wrote below it: written-under.ts says whose
//   bounced page, written by the master since the   the pool has newer bytes: bounced.ts
//   last hand-over
//
// Not modelled: instruction fetches.

import {
  COUNT_STALE_CPU_READS,
  COUNT_UNDER_VALID_WRITES,
  HAZARD_NOBODY,
  HAZARD_STALE_CPU_READ,
} from "../abi";
import { cacheStaleLines } from "../cache/index";
import { count, counter } from "../counters";
import { bouncedBeforeCpu } from "./bounced";
import { hazardNote, serialOf } from "./hazards";
import { underEntry } from "./written-under";

function staleLine(pa: u32): void {
  count(COUNT_STALE_CPU_READS);
  const entry = underEntry(pa);
  if (entry === 0) {
    hazardNote(HAZARD_STALE_CPU_READ, HAZARD_NOBODY, 0, 0, 0, pa, 1, 0, 0);
    return;
  }
  const owner = load<u32>(entry, 8);
  const record = load<u32>(entry, 12);
  const alive = record !== 0 && serialOf(record) === owner ? record : 0;
  const dma = load<u32>(entry, 16);
  hazardNote(HAZARD_STALE_CPU_READ, load<u32>(entry, 4), owner, alive, dma, pa, 1, 0, 0);
}

/**
 * To be called before the CPU reads or writes [pa, pa + bytes), inside DRAM, through its caches: notes lines
 * that are held there unchanged and differ from memory, and bytes that only the bounce pool has.
 */
export function hazardBeforeCpu(pa: u32, bytes: u32): void {
  bouncedBeforeCpu(pa, bytes);
  // No master ever wrote below a cached line: nothing can be older.
  if (counter(COUNT_UNDER_VALID_WRITES) === 0) return;
  while (bytes !== 0) {
    const n = min<u32>(bytes, 4096 - (pa & 4095));
    if (cacheStaleLines(pa, n) !== 0) {
      for (let line = pa & ~31, end = pa + n; line < end; line += 32) {
        if (cacheStaleLines(line, 1) !== 0) staleLine(line);
      }
    }
    pa += n;
    bytes -= n;
  }
}
