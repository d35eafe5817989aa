// One enabled System MMU with tables, for the tests that direct it.
import type { Generation } from "../../src/sysmmu/registers.js";
import type { Build } from "../cores.js";
import type { Hardware } from "../model/sysmmu.js";
import { BASE, Subject } from "./subject.js";
import { LV2, level2, Memory, TABLE } from "./tables.js";

/** A VERSION value of each generation. */
export const VERSIONS: Readonly<Record<Generation, number>> = {
  v1: 0x1000_0000,
  v2: 0x2020_0000,
  "v3.1": 0x3020_0000,
  "v3.2": 0x3040_0000,
  "v3.3": 0x3060_0020,
  v5: 0x5000_0000,
};

/** Where the log ring lies. */
const LOG = 0x3_0000;

/** A System MMU with the gestures of a test. */
export class Unit extends Subject {
  readonly v5: boolean;
  readonly memory: Memory;

  /** Enabled, permissions unchecked, LRU, over a level-1 table without entries. */
  constructor(build: Build, generation: Generation, rest: Partial<Hardware> = {}) {
    const shape = { l1: { sets: 1, ways: 4 }, l2: null, flpd: 0, fetch: 1, buffers: 0, polls: 0 };
    super(build, { version: VERSIONS[generation], generation, ...shape, ...rest });
    this.v5 = generation === "v5";
    this.memory = new Memory([this]);
    this.write(this.v5 ? 0x0c : 0x14, this.v5 ? TABLE / 4096 : TABLE);
    this.write(4, 1);
    this.write(0, 5);
  }

  write(offset: number, value: number): void {
    this.core.sysmmuRegWrite(0, offset, value);
  }

  read(offset: number): number {
    return this.core.sysmmuRegRead(0, offset) >>> 0;
  }

  peek(offset: number): number {
    return this.core.sysmmuPeek(0, offset) >>> 0;
  }

  /** Puts a level-1 word. */
  lv1(index: number, word: number): void {
    this.memory.put(TABLE + index * 4, word);
  }

  /** Points section `index` to the level-2 table number `n`. */
  link(index: number, n = 0): void {
    this.lv1(index, this.v5 ? (LV2 + n * 1024) / 16 + 1 : LV2 + n * 1024 + 1);
  }

  /** Maps pages (of table `n`) from `page` on to `pa` on. */
  map(page: number, pa: number, count = 1, rights = 3, n = 0): void {
    for (let i = 0; i < count; i++) {
      this.memory.put(LV2 + n * 1024 + (page + i) * 4, level2(this.v5, pa + i * 4096, false, rights));
    }
  }

  /** Maps a large page. */
  large(page: number, pa: number, n = 0): void {
    for (let i = 0; i < 16; i++)
      this.memory.put(LV2 + n * 1024 + (page + i) * 4, level2(this.v5, pa, true, 3));
  }

  unmap(page: number, count = 1, n = 0): void {
    for (let i = 0; i < count; i++) this.memory.put(LV2 + n * 1024 + (page + i) * 4, 0);
  }

  /** A section descriptor for [pa, pa + 1 MiB). */
  section(pa: number): number {
    return this.v5 ? pa / 16 + 0x32 : pa + 0x402;
  }

  /** Physical address, or why the access stopped (STOP_* as a negative number). */
  go(va: number, write = false): number {
    const pa = this.core.sysmmuTranslate(0, va, write ? 1 : 0) >>> 0;
    const stop = this.core.sysmmuStop(0);
    return stop === 0 ? pa : -stop;
  }

  flushEntry(va: number): void {
    this.write(this.v5 ? 0x14 : 0x10, ((va & ~4095) | 1) >>> 0);
  }

  flush(): void {
    this.write(this.v5 ? 0x10 : 0x0c, 1);
  }

  clear(bits: number): void {
    this.write(this.v5 ? 0x64 : 0x1c, bits);
  }

  get status(): number {
    return this.peek(this.v5 ? 0x60 : 0x18);
  }

  /** Offsets that the log calls unknown while `work` runs. */
  logged(work: () => void): number[] {
    const [mask, head] = [0x28 >>> 2, 0x2c >>> 2];
    const first = this.words[head]!;
    this.words[mask] = 1;
    work();
    this.words[mask] = 0;
    const out: number[] = [];
    for (let n = first; n < this.words[head]!; n++) {
      const at = (LOG >>> 2) + n * 8;
      if ((this.words[at]! & 0xffff) === 2) out.push(this.words[at + 2]!);
    }
    return out;
  }

  count(name: string): number {
    return this.counters([name])[name]!;
  }
}

export const FAULT = -1;
export const STALLED = -2;
export const BLOCKED = -3;
export const MEMORY = BASE;
