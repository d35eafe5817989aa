// IO-address workloads: sequences of allocations and frees that look like what drivers do.
//
//   W1   ring of one-page buffers, first in first out, 256 live     W1b the same behind 512 MiB
//   W2   1..256 pages, window half full        W3  the same 90-95 % full
//   W3s  1..16 pages, 90-95 %                  W3p one page, 95 %
//   W4   bursts: fill to 80 %, free all        W5  camera planes among small scatter buffers
//
// An op is (slot, pages); pages 0 frees the slot. Ops before `mark` only prepare.
// Not modelled: failures; a workload may run into a full window, all contenders then fail alike.

import { type Random, randomFrom } from "./random.js";

/** One workload. `ops` holds slot, pages pairs. */
export interface Workload {
  readonly name: string;
  /** Pages of the window. */
  readonly window: number;
  readonly ops: Uint32Array;
  /** Number of preparing ops. */
  readonly mark: number;
  readonly slots: number;
}

/** Half powers of two, half log-uniform, from 1 to `most`. */
function mixed(random: Random, most: number): number {
  if (random(2) === 0) return 1 << random(32 - Math.clz32(most));
  return Math.min(most, Math.floor(Math.exp((random(1 << 20) / (1 << 20)) * Math.log(most + 1))));
}

class Builder {
  readonly #ops: number[] = [];
  readonly #spare: number[] = [];
  #slots = 0;
  #mark = 0;

  get length(): number {
    return this.#ops.length / 2;
  }

  get timed(): number {
    return this.length - this.#mark;
  }

  alloc(pages: number): number {
    const slot = this.#spare.pop() ?? this.#slots++;
    this.#ops.push(slot, pages);
    return slot;
  }

  free(slot: number): void {
    this.#ops.push(slot, 0);
    this.#spare.push(slot);
  }

  mark(): void {
    this.#mark = this.length;
  }

  build(name: string, window: number): Workload {
    return { name, window, ops: Uint32Array.from(this.#ops), mark: this.#mark, slots: this.#slots };
  }
}

function ring(builder: Builder, ops: number): void {
  const live = Array.from({ length: 256 }, () => builder.alloc(1));
  builder.mark();
  for (let i = 0; builder.timed < ops; i++) {
    const at = i % live.length;
    builder.free(live[at]!);
    live[at] = builder.alloc(1);
  }
}

/** Random frees and allocations between the fill grades `low` and `high`. */
function steady(
  name: string,
  window: number,
  low: number,
  high: number,
  size: (random: Random) => number,
  seed: number,
  warm: number,
  ops: number,
): Workload {
  const random = randomFrom(seed);
  const builder = new Builder();
  const live: [slot: number, pages: number][] = [];
  let pages = 0;
  const alloc = () => {
    const n = size(random);
    live.push([builder.alloc(n), n]);
    pages += n;
  };
  const free = () => {
    const at = random(live.length);
    const last = live.length - 1;
    [live[at], live[last]] = [live[last]!, live[at]!];
    const [slot, n] = live.pop()!;
    builder.free(slot);
    pages -= n;
  };
  while (pages < window * high) alloc();
  const start = builder.length;
  for (let marked = false; !marked || builder.timed < ops; ) {
    if (!marked && builder.length - start >= warm) {
      builder.mark();
      marked = true;
    }
    if (pages >= window * high) free();
    else if (pages <= window * low || random(2) === 0) alloc();
    else free();
  }
  return builder.build(name, window);
}

function burst(ops: number): Workload {
  const random = randomFrom(4001);
  const builder = new Builder();
  for (let first = true; first || builder.timed < ops; first = false) {
    const live: number[] = [];
    for (let pages = 0; pages < WINDOW_128M * 0.8; ) {
      const n = mixed(random, 16);
      live.push(builder.alloc(n));
      pages += n;
    }
    const order = random(3);
    if (order === 1) live.reverse();
    if (order === 2) {
      for (let i = live.length - 1; i > 0; i--) {
        const k = random(i + 1);
        [live[i], live[k]] = [live[k]!, live[i]!];
      }
    }
    for (const slot of live) builder.free(slot);
    if (first) builder.mark();
  }
  return builder.build("W4 burst 128M", WINDOW_128M);
}

function camera(ops: number): Workload {
  const random = randomFrom(5001);
  const builder = new Builder();
  const encoded = () => builder.alloc([96, 380, 128][random(3)]!);
  const planes = Array.from({ length: 8 }, () => [builder.alloc(507), builder.alloc(254)] as const);
  const small = Array.from({ length: 400 }, () => builder.alloc(mixed(random, 16)));
  const streams = Array.from({ length: 4 }, encoded);
  builder.mark();
  for (let frame = 0; builder.timed < ops; frame++) {
    const [y, c] = planes[frame % 8]!;
    builder.free(y);
    builder.free(c);
    planes[frame % 8] = [builder.alloc(507), builder.alloc(254)];
    for (let i = 0; i < 20; i++) {
      const at = random(small.length);
      builder.free(small[at]!);
      small[at] = builder.alloc(mixed(random, 16));
    }
    if (random(4) === 0) {
      const at = frame % 4;
      builder.free(streams[at]!);
      streams[at] = encoded();
    }
  }
  return builder.build("W5 camera 128M", WINDOW_128M);
}

const WINDOW_128M = 32768;
const WINDOW_1G = 262144;

/** The eleven workloads with `ops` timed operations each, made one at a time. */
export function iovaWorkloads(ops: number): readonly (() => Workload)[] {
  const large = (random: Random) => mixed(random, 256);
  const small = (random: Random) => mixed(random, 16);
  return [
    () => {
      const builder = new Builder();
      ring(builder, ops);
      return builder.build("W1 ring 128M", WINDOW_128M);
    },
    () => {
      const builder = new Builder();
      for (let i = 0; i < 512; i++) builder.alloc(256);
      ring(builder, ops);
      return builder.build("W1b ring behind 512M 1G", WINDOW_1G);
    },
    () => steady("W2 half full 128M", WINDOW_128M, 0.49, 0.51, large, 2001, 20_000, ops),
    () => steady("W2 half full 1G", WINDOW_1G, 0.49, 0.51, large, 2002, 40_000, ops),
    () => steady("W3 90-95% 128M", WINDOW_128M, 0.9, 0.95, large, 3001, 20_000, ops),
    () => steady("W3 90-95% 1G", WINDOW_1G, 0.9, 0.95, large, 3002, 40_000, ops),
    () => steady("W3s 90-95% small 128M", WINDOW_128M, 0.9, 0.95, small, 3003, 40_000, ops),
    () => steady("W3s 90-95% small 1G", WINDOW_1G, 0.9, 0.95, small, 3004, 30_000, ops),
    () => steady("W3p 95% one page 1G", WINDOW_1G, 0.94, 0.95, () => 1, 3005, 20_000, ops),
    () => burst(ops),
    () => camera(ops),
  ];
}
