// A seeded generator: the same workload on every machine.

/** A function that returns the next integer in [0, n). */
export type Random = (n: number) => number;

/** xorshift32 from a non-zero seed. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (n) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % n;
  };
}

/** FNV-1a over 32-bit words: what contenders must agree on. */
export function hashWords(words: ArrayLike<number>, from = 0, to = words.length, seed = 0x811c9dc5): number {
  let hash = seed;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}
