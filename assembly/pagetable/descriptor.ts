// ARMv7 short descriptors as the Exynos System MMU v1..v3 reads them
// (spec/sysmmu-hardware 3.1..3.4).
//
// level 1, index va[31:20]           31        20 19 18 17    15    10         1 0
//   section                          | PA[31:20] |  | 0|     |AP2|  |AP0|     |1 0|
//   supersection (16 copies)         | PA[31:24] .. | 1|     |AP2|  |AP0|     |1 0|
//   level-2 pointer                  | table base [31:10]             | ....  |0 1|
//   fault                            | 0 0 or 1 1 in bits 1:0                     |
// level 2, index va[19:12]           31              16 15  12   9     4      1 0
//   large page (16 copies)           | PA[31:16]       |      |AP2| |AP0|    |0 1|
//   small page                       | PA[31:12]              |AP2| |AP0|    |1 x|
//
// Version 5 stores every physical field as pa >> 4 and permissions elsewhere:
// level 1 bits 5:4, level 2 bits 3:2 (0 none, 1 read, 2 write, 3 both).
//
// Not modelled here: domains, TEX, C, B, S, nG (tolerated and ignored).

export const LV1_ENTRIES: u32 = 4096;
export const LV2_ENTRIES: u32 = 256;
export const LV1_BYTES: u32 = 16384;
export const LV2_BYTES: u32 = 1024;

export const SECTION_SIZE: u32 = 1 << 20;
export const SUPERSECTION_SIZE: u32 = 1 << 24;
export const LARGE_SIZE: u32 = 1 << 16;
export const SMALL_SIZE: u32 = 1 << 12;

export const LV1_TYPE_MASK: u32 = 3;
export const LV1_TABLE: u32 = 1;
export const LV1_SECTION: u32 = 2;
export const LV1_SUPERSECTION_BIT: u32 = 1 << 18;
export const LV2_LARGE: u32 = 1;
export const LV2_SMALL: u32 = 2;

export const LV1_AP0: u32 = 1 << 10;
export const LV1_AP2: u32 = 1 << 15;
export const LV2_AP0: u32 = 1 << 4;
export const LV2_AP2: u32 = 1 << 9;

/** Index of `va` in the level-1 table, 0..4095. */
export function lv1Index(va: u32): u32 {
  return va >> 20;
}

/** Index of `va` in its level-2 table, 0..255. */
export function lv2Index(va: u32): u32 {
  return (va >> 12) & 0xff;
}
