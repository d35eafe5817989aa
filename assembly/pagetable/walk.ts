// The table walk of the System MMU: descriptors are read from DRAM in place,
// past the CPU's caches (spec/sysmmu-hardware 3.1..3.5).
//
//   PT_BASE --> level 1 [va 31:20] --> section, supersection
//                                  \-> level 2 [va 19:12] --> large, small page
//
//   1.x..3.x   lv1  01 table [31:10]   10 section, bit 18: supersection   00, 11 fault
//              lv2  01 large page      1x small page (bit 0 = XN ignored) 00 fault
//   5.x        the same with every physical field stored as pa >> 4; lv1 types
//              100 double section (2 MiB), 110 supersection by three bits
//
// A result is the data word of a TLB entry (tlb.ts): PA[35:12] and permissions.
// Permissions: 1.x..3.x AP[0] = access, AP[2] = read only; 5.x bits read, write.
//
// Not modelled: CFG bit 5 (4 KiB level-1 tables: walked as 16 KiB), domains, NS.

import { SYSMMU_V5 } from "../abi";
import { hostOf, inDram } from "../dram";
import { header } from "../header";
import { DRAM } from "../layout";
import { Sysmmu, sysmmuOf } from "../sysmmu/instance";
import { DATA_FAULT, DATA_NO_READ, DATA_NO_WRITE, NO_DATA } from "../tlb/tlb";
import {
  LV1_AP0,
  LV1_AP2,
  LV1_SECTION,
  LV1_SUPERSECTION_BIT,
  LV1_TABLE,
  LV2_AP0,
  LV2_AP2,
  LV2_LARGE,
  LV2_SMALL,
  lv1Index,
  lv2Index,
} from "./descriptor";

export const MASK_SMALL: u32 = 0xfffff000;
export const MASK_LARGE: u32 = 0xffff0000;
export const MASK_SECTION: u32 = 0xfff00000;
export const MASK_DOUBLE_SECTION: u32 = 0xffe00000;
export const MASK_SUPERSECTION: u32 = 0xff000000;

/** What stops a walk; the INT_STATUS bit follows from generation and direction. */
export const WALK_OK: u32 = 0;
export const WALK_PAGE_FAULT: u32 = 1;
export const WALK_BUS_ERROR: u32 = 2;

/** Level-1 address of `va` (low 32 bits; the high ones are in mmu.ptBaseHigh). */
export function lv1AddressOf(mmu: Sysmmu, va: u32): u32 {
  return (mmu.ptBase & 0xffffc000) + (lv1Index(va) << 2);
}

/** True when the level-1 descriptor of `va` can be read. */
export function lv1Readable(mmu: Sysmmu, va: u32): bool {
  return mmu.ptBaseHigh === 0 && inDram(lv1AddressOf(mmu, va), 4);
}

// allowed = AP[0], not writable = AP[2]
function flags(descriptor: u32, ap0: u32, ap2: u32): u32 {
  if ((descriptor & ap0) === 0) return DATA_NO_READ | DATA_NO_WRITE;
  return (descriptor & ap2) !== 0 ? DATA_NO_WRITE : 0;
}

function flagsV5(bits: u32): u32 {
  return ((bits & 1) !== 0 ? 0 : DATA_NO_READ) | ((bits & 2) !== 0 ? 0 : DATA_NO_WRITE);
}

/** True when a level-1 descriptor points to a level-2 table. */
export function lv1IsTable(lv1: u32): bool {
  return (lv1 & 3) === LV1_TABLE;
}

/** True when a level-1 descriptor is neither a table nor a section of any size. */
export function lv1IsFault(mmu: Sysmmu, lv1: u32): bool {
  if (lv1IsTable(lv1)) return false;
  if (mmu.generation !== SYSMMU_V5) return (lv1 & 3) !== LV1_SECTION;
  return (lv1 & 1) !== 0 || (lv1 & 7) === 0; // types 2, 4 and 6 are sections
}

/** Data word of a level-1 descriptor that is no table; its mask goes to mmu.mask. */
export function lv1Data(mmu: Sysmmu, lv1: u32): u32 {
  if (mmu.generation === SYSMMU_V5) {
    const type = lv1 & 7;
    const access = flagsV5(lv1 >> 4);
    if (type === 2) {
      mmu.mask = MASK_SECTION;
      return (lv1 & 0xffff0000) | access;
    }
    if (type === 4) {
      mmu.mask = MASK_DOUBLE_SECTION;
      return (lv1 & 0xfffe0000) | access;
    }
    if (type === 6) {
      mmu.mask = MASK_SUPERSECTION;
      return (lv1 & 0xfff00000) | access;
    }
  } else if ((lv1 & 3) === LV1_SECTION) {
    const access = flags(lv1, LV1_AP0, LV1_AP2);
    if ((lv1 & LV1_SUPERSECTION_BIT) !== 0) {
      mmu.mask = MASK_SUPERSECTION;
      return ((lv1 & MASK_SUPERSECTION) >> 4) | access;
    }
    mmu.mask = MASK_SECTION;
    return ((lv1 & MASK_SECTION) >> 4) | access;
  }
  mmu.mask = MASK_SMALL;
  return DATA_FAULT;
}

/** Data word of a small-page descriptor of 1.x..3.x. */
export function smallData(lv2: u32): u32 {
  // AP[0] clear takes both rights, AP[2] set takes writing
  const deny = (~lv2 >> 4) & 1;
  return ((lv2 & MASK_SMALL) >> 4) | (deny * DATA_NO_READ) | ((deny | ((lv2 >> 9) & 1)) * DATA_NO_WRITE);
}

/** Data word of a level-2 descriptor; its mask goes to mmu.mask. */
export function lv2Data(mmu: Sysmmu, lv2: u32): u32 {
  const v5 = mmu.generation === SYSMMU_V5;
  mmu.mask = MASK_SMALL;
  if ((lv2 & LV2_SMALL) !== 0) {
    if (v5) return (lv2 & 0xffffff00) | flagsV5(lv2 >> 2);
    return smallData(lv2);
  }
  if ((lv2 & LV2_LARGE) !== 0) {
    mmu.mask = MASK_LARGE;
    if (v5) return (lv2 & 0xfffff000) | flagsV5(lv2 >> 2);
    return ((lv2 & MASK_LARGE) >> 4) | flags(lv2, LV2_AP0, LV2_AP2);
  }
  return DATA_FAULT;
}

/** True when the level-2 table of `lv1` lies below 4 GiB and in DRAM; its address goes to mmu.lv2Address. */
export function lv2Locate(mmu: Sysmmu, lv1: u32, va: u32): bool {
  const v5 = mmu.generation === SYSMMU_V5;
  const base = v5 ? (lv1 & 0xffffffc0) << 4 : lv1 & 0xfffffc00;
  mmu.lv2Address = base + (lv2Index(va) << 2);
  return !(v5 && lv1 >> 28 !== 0) && inDram(mmu.lv2Address, 4);
}

/**
 * Walks the tables for `va` without any cache: the data word, or NO_DATA with mmu.fault set.
 * Leaves descriptor addresses and values in the record, NO_PA for those not reached.
 */
export function walkTables(mmu: Sysmmu, va: u32): u32 {
  mmu.lv1Address = lv1AddressOf(mmu, va);
  mmu.lv1 = 0;
  mmu.lv2Address = 0xffffffff;
  mmu.lv2 = 0;
  mmu.fault = WALK_BUS_ERROR;
  mmu.mask = MASK_SMALL;
  if (!lv1Readable(mmu, va)) return NO_DATA;
  mmu.lv1 = load<u32>(hostOf(mmu.lv1Address));
  return walkBelow(mmu, va);
}

/** The walk from mmu.lv1 on. */
export function walkBelow(mmu: Sysmmu, va: u32): u32 {
  let data: u32;
  if (lv1IsTable(mmu.lv1)) {
    mmu.fault = WALK_BUS_ERROR;
    if (!lv2Locate(mmu, mmu.lv1, va)) return NO_DATA;
    mmu.lv2 = load<u32>(hostOf(mmu.lv2Address));
    data = lv2Data(mmu, mmu.lv2);
  } else {
    data = lv1Data(mmu, mmu.lv1);
  }
  if ((data & DATA_FAULT) !== 0) {
    mmu.fault = WALK_PAGE_FAULT;
    return NO_DATA;
  }
  mmu.fault = WALK_OK;
  return data;
}

/**
 * Pure walks of 1.x..3.x tables at physical address `ptBase`: `n` addresses at `input`
 * become physical addresses at `output` (u32 each), 0xffffffff for a fault or a walk that
 * leaves DRAM. No TLB, no counters, no permissions: what iova_to_phys would answer.
 */
export function walkBatch(ptBase: u32, input: usize, output: usize, n: u32): void {
  const base = header().dramBase;
  const bytes = header().dramBytes;
  const lv1 = (ptBase & 0xffffc000) - base;
  const readable = lv1 < bytes && bytes - lv1 >= 16384;
  const table = DRAM + lv1;
  for (let i: u32 = 0; i < n; i++) {
    const va = load<u32>(input + ((<usize>i) << 2));
    let pa: u32 = 0xffffffff;
    if (readable) {
      const d1 = load<u32>(table + ((va >> 20) << 2));
      const type = d1 & 3;
      if (type === LV1_TABLE) {
        const at = (d1 & 0xfffffc00) - base;
        if (at < bytes) {
          const d2 = load<u32>(DRAM + at + ((va >> 10) & 0x3fc));
          if ((d2 & LV2_SMALL) !== 0) pa = (d2 & MASK_SMALL) | (va & 0xfff);
          else if ((d2 & LV2_LARGE) !== 0) pa = (d2 & MASK_LARGE) | (va & 0xffff);
        }
      } else if (type === LV1_SECTION) {
        pa =
          (d1 & LV1_SUPERSECTION_BIT) !== 0
            ? (d1 & MASK_SUPERSECTION) | (va & 0xffffff)
            : (d1 & MASK_SECTION) | (va & 0xfffff);
      }
    }
    store<u32>(output + ((<usize>i) << 2), pa);
  }
}

/** Address of the tables that instance `index` walks (version 5: low 32 bits), 16 KiB aligned. */
export function walkBase(index: u32): u32 {
  return sysmmuOf(index).ptBase & 0xffffc000;
}
