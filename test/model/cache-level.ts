// One level of a cache as a plain array of sets of line objects.

export type Policy = 0 | 1 | 2; // round robin, LRU, pseudo-random
export interface Geometry {
  l1Bytes: number;
  l1Ways: number;
  l2Bytes: number;
  l2Ways: number;
  policy: Policy;
  seed: number;
}
export interface Line {
  pa: number;
  dirty: boolean;
  data: Uint8Array;
}
export const LINE = 32;

export class Level {
  readonly sets: (Line | null)[][] = [];
  readonly order: number[][] = []; // LRU: ways, youngest first
  readonly next: number[] = [];
  readonly ways: number;
  readonly policy: Policy;
  random: number;

  constructor(bytes: number, ways: number, policy: Policy, seed: number) {
    this.ways = bytes === 0 ? 0 : ways;
    this.policy = policy;
    this.random = seed >>> 0 || 0x9e3779b9;
    const sets = bytes === 0 ? 0 : bytes / (ways * LINE);
    for (let i = 0; i < sets; i++) {
      this.sets.push(new Array(ways).fill(null));
      this.order.push([...Array(ways).keys()]);
      this.next.push(0);
    }
  }

  index(pa: number): number {
    return Math.floor(pa / LINE) % this.sets.length;
  }

  find(pa: number): Line | null {
    if (this.ways === 0) return null;
    return this.sets[this.index(pa)]!.find((line) => line?.pa === pa) ?? null;
  }

  touch(pa: number): void {
    const set = this.index(pa);
    const way = this.sets[set]!.findIndex((line) => line?.pa === pa);
    const order = this.order[set]!;
    order.splice(order.indexOf(way), 1);
    order.unshift(way);
  }

  victim(set: number): number {
    const empty = this.sets[set]!.indexOf(null);
    if (empty >= 0) return empty;
    if (this.policy === 0) {
      const way = this.next[set]!;
      this.next[set] = (way + 1) % this.ways;
      return way;
    }
    if (this.policy === 1) return this.order[set]!.at(-1)!;
    let x = this.random;
    x = (x ^ (x << 13)) >>> 0;
    x = (x ^ (x >>> 17)) >>> 0;
    x = (x ^ (x << 5)) >>> 0;
    this.random = x;
    return (x >>> 8) % this.ways;
  }

  remove(pa: number): void {
    const set = this.sets[this.index(pa)]!;
    set[set.findIndex((line) => line?.pa === pa)] = null;
  }

  get valid(): number {
    return this.sets.flat().filter((line) => line !== null).length;
  }
}
