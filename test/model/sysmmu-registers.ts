// The register window of a System MMU as plainly as possible: what each access class does, the
// performance counters event by event, the banks of 3.3. Which registers there are, and how they
// answer, is the published table (src/sysmmu/registers.ts); the core has its own.
import { type Generation, REGISTERS } from "../../src/sysmmu/registers.js";
import { PPC_EVENTS } from "../../src/sysmmu/registers-a.js";

/** Events by the names of the published table. */
export type PpcEvent =
  | "TOTAL"
  | "L1TLB_MISS"
  | "L2TLB_MISS"
  | "TLB_MISS"
  | "PB_LOOKUP"
  | "PB_MISS"
  | "FLPD_CACHE_MISS"
  | "FLPD_MISS_ON_PREFETCH";

const PMCNT = [0x910, 0x920, 0x930, 0x940];

/** Stored words, and the classes of access that need no more than them. */
export class Window {
  readonly generation: Generation;
  readonly words = new Map<number, number>();
  readonly banks = new Map<string, number>();
  readonly #access: ReadonlyMap<number, string>;

  constructor(generation: Generation) {
    this.generation = generation;
    this.#access = new Map(REGISTERS[generation].map((row) => [row.offset, row.access]));
  }

  accessOf(offset: number): string | null {
    return this.#access.get(offset) ?? null;
  }

  word(offset: number): number {
    return this.words.get(offset) ?? 0;
  }

  bank(n: number, offset: number): number {
    return this.banks.get(`${n},${offset}`) ?? 0;
  }

  get banked(): number | null {
    const n = this.word(0x408) & 0xff;
    return n < this.word(0x400) ? n : null;
  }

  isBanked(offset: number): boolean {
    return this.generation === "v3.3" && offset >= 0x40c && offset <= 0x414;
  }

  /** What the stored words say; registers with a life of their own are the model's. */
  read(offset: number): number {
    if (this.isBanked(offset)) return this.banked === null ? 0 : this.bank(this.banked, offset);
    const access = this.accessOf(offset);
    if (access === null || access === "WO") return 0;
    if (offset === 0x820) return this.word(0x810);
    if (offset === 0x840) return this.word(0x830);
    return this.word(offset);
  }

  write(offset: number, value: number): void {
    const access = this.accessOf(offset);
    if (this.isBanked(offset)) {
      if (this.banked !== null) this.banks.set(`${this.banked},${offset}`, value);
    } else if (access === "RW") this.words.set(offset, value);
    else if (access === "W1S") this.words.set(offset, (this.word(offset) | value) >>> 0);
    else if (access === "W1C" && offset >= 0x800) {
      const at = offset === 0x820 ? 0x810 : offset === 0x840 ? 0x830 : offset;
      this.words.set(at, (this.word(at) & ~value) >>> 0);
    }
  }

  /** An event happened: the counters that follow it move. */
  event(name: PpcEvent, write: boolean): void {
    if (this.generation === "v5" || (this.word(0x800) & 1) === 0) return;
    const numbers = (PPC_EVENTS[this.generation] as Partial<Record<PpcEvent, readonly number[]>>)[name];
    if (numbers === undefined) return;
    const select = this.generation === "v1" ? 0x40 : 0x58;
    PMCNT.forEach((at, n) => {
      if (this.generation === "v3.1" && n === 0) return; // PB1_EADDR lies there
      if (((this.word(0x810) >>> n) & 1) === 0) return;
      if ((this.word(select + 4 * n) & 15) !== numbers[write ? 1 : 0]) return;
      const value = (this.word(at) + 1) % 2 ** 32;
      this.words.set(at, value);
      if (value === 0) this.words.set(0x850, (this.word(0x850) | (1 << n)) >>> 0);
    });
  }
}
