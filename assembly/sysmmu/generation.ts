// What differs between the hardware generations of the System MMU
// (spec/sysmmu-hardware 1.0, 1.1, 1.4, 1.6, 4): which words of the register
// window exist and how they answer, and the shape of the translation caches.
//
//   VERSION  31      28 27      21 20        7 6            0
//            |  major  |  minor   |   0       | L1 entries   |   (entries: 3.3)
//
// The shapes are assumptions where no source gives them: the v1 size is a
// parameter, 3.3 takes the one its VERSION tells; v2 is 8 ways x 64 sets behind a small first level; 3.x fetches
// as many level-2 descriptors at once as its driver's alignment rule covers.
//
// Not modelled: versions 7 and 9 (map C), which no Exynos4 has.

import { SYSMMU_V1, SYSMMU_V2, SYSMMU_V3_1, SYSMMU_V3_2, SYSMMU_V3_3, SYSMMU_V5 } from "../abi";

/** Access of a word of the window: no register, read only, stored, strobe or write-one. */
export const REG_NONE: u8 = 0;
export const REG_RO: u8 = 1;
export const REG_RW: u8 = 2;
export const REG_WO: u8 = 3;
/** A performance counter register (performance.ts), one of the named prefetch buffer (prefetch.ts). */
export const REG_PPC: u8 = 4;
export const REG_BANK: u8 = 5;

/** 0x80000001 "does not report a proper version"; its driver takes it for 1.0. */
const VERSION_BOGUS: u32 = 0x80000001;

/** The generation that a VERSION value names; the nearest modelled one below it. */
export function generationOf(version: u32): u32 {
  if (version === VERSION_BOGUS) return SYSMMU_V1;
  const major = version >> 28;
  const minor = (version >> 21) & 0x7f;
  if (major <= 1) return SYSMMU_V1;
  if (major === 2) return SYSMMU_V2;
  if (major >= 5) return SYSMMU_V5;
  if (major === 4) return SYSMMU_V3_3;
  if (minor <= 1) return SYSMMU_V3_1;
  return minor === 2 ? SYSMMU_V3_2 : SYSMMU_V3_3;
}

function allow(map: usize, from: u32, to: u32, step: u32, access: u8): void {
  for (let offset = from; offset <= to; offset += step) store<u8>(map + (offset >> 2), access);
}

/** Fills `map` (1024 bytes, one per word of the window) with the access of each register. */
export function accessMap(map: usize, generation: u32): void {
  memory.fill(map, REG_NONE, 1024);
  allow(map, 0x000, 0x004, 4, REG_RW); // CTRL, CFG
  allow(map, 0x008, 0x008, 4, REG_RO); // STATUS
  allow(map, 0x034, 0x034, 4, REG_RO); // VERSION
  if (generation === SYSMMU_V5) {
    mapB(map);
    return;
  }
  allow(map, 0x00c, 0x010, 4, REG_WO); // FLUSH, FLUSH_ENTRY
  allow(map, 0x014, 0x014, 4, REG_RW); // PT_BASE_ADDR
  allow(map, 0x018, 0x018, 4, REG_RO); // INT_STATUS
  allow(map, 0x01c, 0x01c, 4, REG_WO); // INT_CLEAR
  allow(map, 0x020, 0x020, 4, REG_RW); // INT_MASK
  allow(map, 0x024, 0x030, 4, REG_RO); // PAGE, AW, AR, DEFAULT_SLAVE address
  if (generation === SYSMMU_V1) {
    allow(map, 0x038, 0x03c, 4, REG_RW); // TLB_READ, TLB_DATA
    allow(map, 0x040, 0x04c, 4, REG_PPC); // PPC_EVENT_SEL
  } else {
    allow(map, 0x058, 0x064, 4, REG_PPC); // PPC_EVENT_SEL
  }
  if (generation === SYSMMU_V3_1) allow(map, 0x04c, 0x058, 4, REG_RW); // PB0, PB1 windows
  if (generation === SYSMMU_V3_2) allow(map, 0x070, 0x084, 4, REG_RW); // PB0..PB2 windows
  if (generation === SYSMMU_V3_3) {
    allow(map, 0x040, 0x040, 4, REG_RW); // L1TLB_READ_ENTRY
    allow(map, 0x044, 0x04c, 4, REG_RO); // L1TLB_ENTRY_PPN, _VPN, FAULT_TRANS_INFO
    allow(map, 0x400, 0x400, 4, REG_RO); // PB_INFO
    allow(map, 0x404, 0x408, 4, REG_RW); // PB_LMM, PB_INDICATE
    allow(map, 0x40c, 0x414, 4, REG_BANK); // PB_CFG, PB_START, PB_END
    allow(map, 0x418, 0x418, 4, REG_RO); // SPB_BASE_VPN
  }
  allow(map, 0x800, 0x800, 4, REG_PPC); // PPC_PMNC
  allow(map, 0x810, 0x850, 0x10, REG_PPC); // PPC_CNTENS, CNTENC, INTENS, INTENC, FLAG
  allow(map, 0x900, 0x940, 0x10, REG_PPC); // PPC_CCNT, PMCNT0..3
}

// Version 5: FLUSH and PT_BASE change places, AR and AW report apart.
function mapB(map: usize): void {
  allow(map, 0x00c, 0x00c, 4, REG_RW); // PT_BASE_PPN
  allow(map, 0x010, 0x018, 4, REG_WO); // FLUSH_ALL, FLUSH_ENTRY, FLUSH_RANGE
  allow(map, 0x020, 0x024, 4, REG_RW); // FLUSH_START, FLUSH_END
  allow(map, 0x030, 0x038, 8, REG_RO); // CAPA0, CAPA1
  allow(map, 0x060, 0x060, 4, REG_RO); // INT_STATUS
  allow(map, 0x064, 0x064, 4, REG_WO); // INT_CLEAR
  allow(map, 0x070, 0x088, 8, REG_RO); // FAULT_AR_VA, AR_TRANS_INFO, FAULT_AW_VA, AW_TRANS_INFO
  allow(map, 0x100, 0x108, 8, REG_RW); // L1TLB_CFG, L1TLB_CTRL
  allow(map, 0x200, 0x200, 4, REG_RW); // L2TLB_CFG
  allow(map, 0x300, 0x308, 4, REG_RW); // PB_LMM, PB_GRP_STATE, PB_INDICATE
  allow(map, 0x310, 0x310, 4, REG_RW); // PB_CFG
  allow(map, 0x320, 0x330, 8, REG_RW); // PB_START, PB_END, PB_AXI_ID
  allow(map, 0x350, 0x350, 4, REG_RO); // PB_INFO
  allow(map, 0x400, 0x408, 8, REG_RW); // SW_DF_VPN, DF_CMD_NUM
  allow(map, 0x600, 0x644, 4, REG_RW); // PPC
  allow(map, 0x750, 0x750, 4, REG_RW); // L1TLB_READ_ENTRY
  allow(map, 0x754, 0x764, 8, REG_RO); // L1TLB_ENTRY_VPN, _PPN, _ATTR (0x754, 0x75c, 0x764)
  allow(map, 0x770, 0x770, 4, REG_RW); // L2TLB_READ_ENTRY
  allow(map, 0x774, 0x784, 8, REG_RO); // L2TLB_ENTRY_VPN, _PPN, _ATTR (0x774, 0x77c, 0x784)
  allow(map, 0x7a0, 0x7a0, 4, REG_RW); // SPB_READ
  allow(map, 0x7a4, 0x7b8, 4, REG_RO); // SPB contents
}

/** Entries of the first level where creation names none: a fully associative set. 3.3 tells in VERSION. */
export function defaultL1Ways(version: u32): u32 {
  const generation = generationOf(version);
  if (generation === SYSMMU_V3_3 && (version & 0x7f) !== 0) return version & 0x7f;
  return generation === SYSMMU_V2 ? 16 : 32;
}

/** True for generations with a second level (8 ways x 64 sets). */
export function hasSecondLevel(generation: u32): bool {
  return generation !== SYSMMU_V1;
}

/** Lines of the level-1 descriptor cache, 0: none before 3.2. */
export function defaultFlpdLines(generation: u32): u32 {
  return generation >= SYSMMU_V3_2 ? 16 : 0;
}

/** Descriptors in such a line: 3.3 and later take the 16 around a missing one along. */
export function flpdSpanOf(generation: u32): u32 {
  return generation >= SYSMMU_V3_3 ? 16 : 1;
}

/** Level-2 descriptors fetched by one walk: what the alignment rule of the drivers covers. */
export function defaultFetch(generation: u32): u32 {
  if (generation === SYSMMU_V3_2) return 64;
  return generation === SYSMMU_V3_1 || generation === SYSMMU_V3_3 ? 32 : 1;
}
