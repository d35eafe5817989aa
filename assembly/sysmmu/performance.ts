// The performance counters (PPC) of map A (spec/sysmmu-hardware 1.1).
//
//   040 (1.x) or 058 + 4n  event number of counter n (3:0)
//   800 PMNC bit 0 on      810/820 enable set/clear, bit n    830/840 the same for interrupts
//   850 FLAG overflow      900 CCNT                           910 + 10n PMCNTn
//
//   event read/write   TOTAL  L1 MISS  TLB MISS  FLPD MISS  PB LOOK-UP  PB MISS  FLPD MISS ON PREFETCH
//   1.x                5/4             1/0
//   2.x                5/4    1/0      3/2 (L2)
//   3.0 to 3.2         5/4             1/0                  7/6         3/2
//   3.3                0/8             1/9       4/12       2/10        3/11     5/13
//
// An instance counts these events anyway, so a counter is a difference of two of its
// own: nothing happens per access. Reads of the set and clear registers both show the
// set bits; FLAG clears where ones are written (assumed: no source says).
//
// The prefetch events count when the buffers are modelled (buffers.ts).
//
// Not modelled: BLOCK events 6/14 and 7/15 of 3.3 (they count nothing), CCNT (no
// cycles here: stored), the overflow interrupt, counter 0 of 3.0/3.1 (PB1_EADDR lies
// over its event number), the counters of 5.x (stored).

import {
  SYSCOUNT_FLPD_MISSES,
  SYSCOUNT_FLPD_PREFETCH_MISSES,
  SYSCOUNT_L1_MISSES,
  SYSCOUNT_LOOKUPS,
  SYSCOUNT_MISSES,
  SYSCOUNT_PB_LOOKUPS,
  SYSCOUNT_PB_MISSES,
  SYSMMU_V1,
  SYSMMU_V2,
  SYSMMU_V3_1,
  SYSMMU_V3_3,
} from "../abi";
import { FILE_STARTS, Sysmmu, sysmmuCounter } from "./instance";

const PMNC: u32 = 0x800;
const CNTENS: u32 = 0x810;
const CNTENC: u32 = 0x820;
const INTENS: u32 = 0x830;
const INTENC: u32 = 0x840;
const FLAG: u32 = 0x850;
const PMCNT: u32 = 0x910;
const COUNTERS: u32 = 4;
const NO_EVENT: u32 = 0xffffffff;

function word(mmu: Sysmmu, offset: u32): u32 {
  return load<u32>(<usize>mmu.file + offset);
}

function put(mmu: Sysmmu, offset: u32, value: u32): void {
  store<u32>(<usize>mmu.file + offset, value);
}

// Counter (SYSCOUNT_*) of the instance that counter `n` follows.
function followed(mmu: Sysmmu, n: u32): u32 {
  const generation = mmu.generation;
  if (generation === SYSMMU_V3_1 && n === 0) return NO_EVENT;
  const event = word(mmu, (generation === SYSMMU_V1 ? 0x40 : 0x58) + (n << 2)) & 15;
  if (generation === SYSMMU_V3_3) {
    const write = event >> 3;
    const kind = event & 7;
    if (kind === 0) return SYSCOUNT_LOOKUPS + write;
    if (kind === 1) return SYSCOUNT_MISSES + write;
    if (kind === 2) return SYSCOUNT_PB_LOOKUPS + write;
    if (kind === 3) return SYSCOUNT_PB_MISSES + write;
    if (kind === 4) return SYSCOUNT_FLPD_MISSES + write;
    return kind === 5 ? SYSCOUNT_FLPD_PREFETCH_MISSES + write : NO_EVENT;
  }
  const write = ~event & 1;
  const kind = event >> 1;
  if (kind === 2) return SYSCOUNT_LOOKUPS + write;
  if (generation === SYSMMU_V2) {
    if (kind === 0) return SYSCOUNT_L1_MISSES + write;
    return kind === 1 ? SYSCOUNT_MISSES + write : NO_EVENT;
  }
  if (kind === 0) return SYSCOUNT_MISSES + write;
  if (generation === SYSMMU_V1) return NO_EVENT;
  if (kind === 1) return SYSCOUNT_PB_MISSES + write;
  return kind === 3 ? SYSCOUNT_PB_LOOKUPS + write : NO_EVENT;
}

function now(mmu: Sysmmu, n: u32): u64 {
  const index = followed(mmu, n);
  return index === NO_EVENT ? 0 : sysmmuCounter(mmu, index);
}

// PMCNTn without its limit of 32 bits.
function total(mmu: Sysmmu, n: u32): u64 {
  const base = <u64>word(mmu, PMCNT + (n << 4));
  if ((word(mmu, PMNC) & 1) === 0 || ((word(mmu, CNTENS) >> n) & 1) === 0) return base;
  return base + now(mmu, n) - load<u64>(<usize>mmu.file + FILE_STARTS + (n << 3));
}

/** Value of the counter register at `offset`. */
export function ppcRead(mmu: Sysmmu, offset: u32): u32 {
  if (offset === CNTENC) return word(mmu, CNTENS);
  if (offset === INTENC) return word(mmu, INTENS);
  if (offset === FLAG) {
    let flags = word(mmu, FLAG);
    for (let n: u32 = 0; n < COUNTERS; n++) if (total(mmu, n) >> 32 !== 0) flags |= 1 << n;
    return flags;
  }
  return offset >= PMCNT ? <u32>total(mmu, (offset - PMCNT) >> 4) : word(mmu, offset);
}

/** A write to the counter register at `offset`: counts so far are settled under the old setting. */
export function ppcWrite(mmu: Sysmmu, offset: u32, value: u32): void {
  put(mmu, FLAG, ppcRead(mmu, FLAG));
  for (let n: u32 = 0; n < COUNTERS; n++) put(mmu, PMCNT + (n << 4), <u32>total(mmu, n));
  if (offset === CNTENS || offset === INTENS) put(mmu, offset, word(mmu, offset) | value);
  else if (offset === CNTENC) put(mmu, CNTENS, word(mmu, CNTENS) & ~value);
  else if (offset === INTENC) put(mmu, INTENS, word(mmu, INTENS) & ~value);
  else if (offset === FLAG) put(mmu, FLAG, word(mmu, FLAG) & ~value);
  else put(mmu, offset, value);
  for (let n: u32 = 0; n < COUNTERS; n++) store<u64>(<usize>mmu.file + FILE_STARTS + (n << 3), now(mmu, n));
}
