// The prefetch buffers of 3.x by the rules that docs/accuracy.md states, as plainly as possible.
import { covers, type Translation } from "./sysmmu-cache.js";

interface SubBuffer {
  block: number | null;
  pages: (Translation | null)[];
  used: number;
}

/** A buffer as the registers set it: which sub-buffers, which accesses, whether and where it runs ahead. */
export interface BufferSetting {
  subs: number[];
  start: number;
  end: number;
  serves: (write: boolean) => boolean;
  ahead: 1 | -1 | 0;
}

const BLOCK = 65536;
const empty = (): (Translation | null)[] => Array<Translation | null>(16).fill(null);

/** Twelve sub-buffers; who owns which is a setting. */
export class Buffers {
  readonly subs: SubBuffer[] = Array.from({ length: 12 }, () => ({ block: null, pages: empty(), used: 0 }));
  clock = 0;

  static blockOf(va: number): number {
    return Math.floor(va / BLOCK);
  }

  holding(setting: BufferSetting, block: number): SubBuffer | null {
    return setting.subs.map((n) => this.subs[n]!).find((sub) => sub.block === block) ?? null;
  }

  /** The translation of `va` that the buffer has, and that is used by asking. */
  ask(setting: BufferSetting, va: number): Translation | null {
    const sub = this.holding(setting, Buffers.blockOf(va));
    const page = sub?.pages[Math.floor(va / 4096) % 16] ?? null;
    if (page !== null) sub!.used = ++this.clock;
    return page;
  }

  /** The sub-buffer for `block` and how many translations were lost by taking it. */
  claim(setting: BufferSetting, block: number): { sub: SubBuffer; lost: number } {
    let sub = this.holding(setting, block);
    let lost = 0;
    if (sub === null) {
      sub = setting.subs.map((n) => this.subs[n]!).reduce((a, b) => (b.used < a.used ? b : a));
      lost = sub.pages.filter((page) => page !== null).length;
      sub.block = block;
      sub.pages = empty();
    }
    sub.used = ++this.clock;
    return { sub, lost };
  }

  /** Drops what covers `va` (null: everything, blocks too); how many. */
  drop(va: number | null): number {
    let dropped = 0;
    for (const sub of this.subs) {
      sub.pages.forEach((page, n) => {
        if (page === null || (va !== null && !covers(page, va))) return;
        sub.pages[n] = null;
        dropped++;
      });
      if (va === null) sub.block = null;
    }
    return dropped;
  }

  get live(): number {
    return this.subs.flatMap((sub) => sub.pages).filter((page) => page !== null).length;
  }
}

/** Buffers of 3.3 that stay usable, by how many there are and PB_LMM (spec/sysmmu-hardware 1.1). */
export const USABLE: Readonly<Record<number, readonly number[]>> = {
  3: [3, 2],
  4: [4, 3, 2, 1],
  6: [6, 5, 4, 3, 3, 2],
};

/** The settings that the registers make: `word` gives a register, `bank` one of buffer n of 3.3. */
export function bufferSettings(
  generation: string,
  word: (offset: number) => number,
  bank: (n: number, offset: number) => number,
): BufferSetting[] {
  const cfg = word(4);
  const on = (n: number) => Math.floor(cfg / 2 ** n) % 2 === 1;
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => from + n);
  const simple = (start: number, subs: number[]): BufferSetting => ({
    subs,
    start: word(start),
    end: word(start + 4),
    serves: () => true,
    ahead: 1,
  });
  if (generation === "v3.1") {
    const mode = Math.floor(cfg / 2 ** 28) % 4;
    if (mode === 2) return [simple(0x4c, [0, 1]), simple(0x54, [2, 3])];
    return mode === 3 ? [simple(0x4c, [0, 1, 2, 3])] : [];
  }
  if (generation === "v3.2") {
    const merged = on(19) ? 3 : on(21) ? 2 : 1;
    const first = on(16) ? [simple(0x70, range(0, merged * 2))] : [];
    const rest = [1, 2].filter((n) => n >= merged && on(16 + n));
    return [...first, ...rest.map((n) => simple(0x70 + 8 * n, [2 * n, 2 * n + 1]))];
  }
  if (generation !== "v3.3") return [];
  const table = USABLE[word(0x400)]!;
  const count = table[Math.min(word(0x404), table.length - 1)]!;
  return range(0, count)
    .filter((n) => bank(n, 0x40c) % 2 === 1)
    .map((n) => {
      const mode = bank(n, 0x40c);
      const has = (place: number) => Math.floor(mode / 2 ** place) % 2 === 1;
      return {
        subs: [2 * n, 2 * n + 1],
        start: bank(n, 0x410),
        end: bank(n, 0x414),
        serves: (write) => write === has(4),
        ahead: !has(8) ? 0 : has(12) ? 1 : -1,
      };
    });
}
