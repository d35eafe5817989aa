// The page tables of a domain, read from guest memory in the form of the recordings.
//
//   level 1   4096 words; one that is not the default is a section (bits 1:0 = 2), a link (1) or else
//   level 2   256 words behind a link
//   default   0 in v3.6, later a link to the shared table without entries
//
// Not modelled: caches; the machine of such a run has none, so memory is what the CPU sees.

import type { Core } from "../core/core.js";

/** Level 1 entries that are not the default, ascending; `slots` of a linked table that are not 0. */
export interface TableEntry {
  readonly index: number;
  readonly entry: number;
  readonly slots: readonly (readonly [slot: number, value: number])[];
}

const L1_ENTRIES = 4096;
const L2_ENTRIES = 256;
const LINK_BITS = 0x3ff;

/** The tables at `l1Pa`; entries equal to `fallback` are left out. `shift` 4: links hold pa >> 4 (version 5). */
export function readTables(
  core: Core,
  dramBase: number,
  l1Pa: number,
  fallback: number,
  shift = 0,
): TableEntry[] {
  const u32 = core.u32;
  const wordOf = (pa: number): number => (core.constants["DRAM"]! + (pa - dramBase)) >>> 2;
  const first = wordOf(l1Pa);
  const entries: TableEntry[] = [];
  for (let index = 0; index < L1_ENTRIES; index++) {
    const entry = u32[first + index]!;
    if (entry === fallback) continue;
    const slots: [number, number][] = [];
    if (isLink(entry)) {
      const table = wordOf(shift === 0 ? (entry & ~LINK_BITS) >>> 0 : (entry & ~0x3f) * 2 ** shift);
      for (let slot = 0; slot < L2_ENTRIES; slot++) {
        const value = u32[table + slot]!;
        if (value !== 0) slots.push([slot, value]);
      }
    }
    entries.push({ index, entry, slots });
  }
  return entries;
}

/** True for a level 1 entry that points to a level 2 table. */
export function isLink(entry: number): boolean {
  return (entry & 3) === 1;
}

/** CRC-32 (zlib) over the words that the recording summed. */
export function tablesCrc(entries: readonly TableEntry[]): number {
  let crc = 0xffff_ffff;
  for (const { index, entry, slots } of entries) {
    crc = crcWord(crc, index);
    crc = crcWord(crc, isLink(entry) ? entry & LINK_BITS : entry);
    for (const [slot, value] of slots) crc = crcWord(crcWord(crc, slot), value);
  }
  return ~crc >>> 0;
}

/** CRC-32 (zlib) of ASCII text. */
export function crc32(text: string): number {
  let crc = 0xffff_ffff;
  for (let i = 0; i < text.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ text.charCodeAt(i)) & 255]!;
  return ~crc >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value;
});

function crcWord(crc: number, word: number): number {
  let sum = crc;
  for (let shift = 0; shift < 32; shift += 8) {
    sum = (sum >>> 8) ^ CRC_TABLE[(sum ^ (word >>> shift)) & 255]!;
  }
  return sum;
}

/** A recorded dump's `l1` list, as the entries it describes; links keep only their low bits. */
export function dumpedTables(l1: readonly (readonly unknown[])[]): TableEntry[] {
  return l1.map((item) => {
    const [index, kind, entry] = item as [number, string, number];
    const slots: [number, number][] = [];
    for (const [first, n, value, delta] of (kind === "P" ? item[4] : []) as number[][]) {
      for (let k = 0; k < n!; k++) slots.push([first! + k, (value! + k * delta!) >>> 0]);
    }
    return { index, entry, slots };
  });
}

/** Our tables with the links as a dump shows them. */
export function withoutAddresses(entries: readonly TableEntry[]): TableEntry[] {
  return entries.map((item) =>
    isLink(item.entry) ? { ...item, entry: item.entry & LINK_BITS } : { ...item },
  );
}
