// Guest memory with page tables for the random sequences, seen by cores and model alike.
import { BASE, DRAM_BYTES, type Subject } from "./subject.js";

export const TABLE = BASE + 0x4000;
export const OTHER_TABLE = BASE + 0x10000;
export const LV2 = BASE + 0x8000;
/** Sections with a level-2 table from the start; they all have the same. */
export const SECTIONS: readonly number[] = [0, 1, 15, 16, 255, 4095];
/** Pages of it that the sequences like. */
export const PAGES: readonly number[] = [0, 1, 15, 16, 17, 18, 30, 64, 255];

/** Guest memory as the test has made it: what both cores and the model must see, and nobody may change. */
export class Memory {
  readonly #words = new Map<number, number>();
  readonly #kept = new Map<number, number>();
  readonly #subjects: readonly Subject[];

  constructor(subjects: readonly Subject[]) {
    this.#subjects = subjects;
  }

  put(pa: number, value: number): void {
    this.#words.set(pa, value);
    for (const s of this.#subjects) s.words[s.at(pa)] = value;
  }

  /** From now on `reset` brings this state back. */
  keep(): void {
    for (const [pa, value] of this.#words) this.#kept.set(pa, value);
    this.#words.clear();
  }

  reset(): void {
    for (const pa of [...this.#words.keys()]) this.put(pa, this.#kept.get(pa) ?? 0);
    this.#words.clear();
  }

  /** All of it. */
  image(): Uint32Array {
    const words = new Uint32Array(DRAM_BYTES / 4);
    for (const part of [this.#kept, this.#words]) {
      for (const [pa, value] of part) words[(pa - BASE) / 4] = value;
    }
    return words;
  }

  read32(pa: number): number | null {
    if (pa < BASE || pa + 4 > BASE + DRAM_BYTES) return null;
    return this.#words.get(pa) ?? this.#kept.get(pa) ?? 0;
  }
}

/** A level-2 word: rights 3 both, 1 read only, 0 none. */
export function level2(v5: boolean, pa: number, large: boolean, rights: number): number {
  const type = large ? 1 : 2;
  if (v5) return pa / 16 + rights * 4 + type;
  return pa + type + (rights === 0 ? 0 : 0x10) + (rights === 1 ? 0x200 : 0);
}

/** Two level-1 tables, and a level-2 table of large, small and a few missing pages, some of them protected. */
export function makeTables(memory: Memory, v5: boolean): void {
  for (const i of SECTIONS) memory.put(TABLE + i * 4, v5 ? LV2 / 16 + 1 : LV2 + 1);
  memory.put(OTHER_TABLE, v5 ? 0x2_0032 : 0x4020_0402);
  for (let i = 0; i < 256; i++) {
    const large = Math.floor(i / 16) % 3 === 0;
    const rights = large ? 3 : i % 16 === 2 ? 1 : i % 16 === 14 ? 0 : 3;
    const pa = BASE + (large ? i - (i % 16) : i) * 4096;
    memory.put(LV2 + i * 4, i % 16 === 13 && !large ? 0 : level2(v5, pa, large, rights));
  }
  memory.keep();
}
