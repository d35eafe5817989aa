// Descriptors of a System MMU decoded as slowly and plainly as possible (spec/sysmmu-hardware 3.1 to 3.4).
import type { Translation } from "./sysmmu-cache.js";

/** What a level-1 descriptor is: a table at an address, or a translation (of a fault: pa null). */
export type Level1 = { table: number } | { translation: Translation };

const PAGE = 4096;

function translation(va: number, size: number, pa: number, read: boolean, write: boolean): Translation {
  return {
    va: va - (va % size),
    size,
    pa: pa - (pa % size),
    read,
    write,
    stale: false,
    seen: false,
    owner: 0,
  };
}

function fault(va: number): Translation {
  return { ...translation(va, PAGE, 0, true, true), pa: null };
}

const bit = (word: number, n: number) => Math.floor(word / 2 ** n) % 2 === 1;

/** Level-1 descriptor `word` as hardware of `version5` or older reads it for `va`. */
export function decode1(version5: boolean, word: number, va: number): Level1 {
  if (version5) {
    if (word % 4 === 1) return { table: (word - (word % 64)) * 16 };
    const size = { 2: 2 ** 20, 4: 2 ** 21, 6: 2 ** 24 }[word % 8];
    if (size === undefined) return { translation: fault(va) };
    return { translation: translation(va, size, word * 16, bit(word, 4), bit(word, 5)) };
  }
  if (word % 4 === 1) return { table: word - (word % 1024) };
  if (word % 4 !== 2) return { translation: fault(va) };
  const size = bit(word, 18) ? 2 ** 24 : 2 ** 20;
  return { translation: translation(va, size, word, bit(word, 10), bit(word, 10) && !bit(word, 15)) };
}

/** Level-2 descriptor `word`. */
export function decode2(version5: boolean, word: number, va: number): Translation {
  if (word % 4 === 0) return fault(va);
  const size = bit(word, 1) ? PAGE : 16 * PAGE;
  if (version5) return translation(va, size, word * 16, bit(word, 2), bit(word, 3));
  return translation(va, size, word, bit(word, 4), bit(word, 4) && !bit(word, 9));
}

/** The words that a walk meets: addresses (null where it did not come) and values, as records keep them. */
export interface Walked {
  lv1Address: number;
  lv1: number;
  lv2Address: number | null;
  lv2: number;
}

/** What the tables at `base` in memory say about `va` now. */
export function walked(
  version5: boolean,
  base: number,
  va: number,
  read32: (pa: number) => number | null,
): Walked {
  const at = base - (base % 16384) + Math.floor(va / 2 ** 20) * 4;
  const lv1 = read32(at);
  const result: Walked = { lv1Address: at % 2 ** 32, lv1: lv1 ?? 0, lv2Address: null, lv2: 0 };
  if (lv1 === null) return result;
  const first = decode1(version5, lv1, va);
  if ("table" in first) {
    const slot = first.table + (Math.floor(va / PAGE) % 256) * 4;
    result.lv2Address = slot % 2 ** 32;
    result.lv2 = read32(slot) ?? 0;
  }
  return result;
}
