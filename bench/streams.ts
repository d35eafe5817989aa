// Address streams of bus masters, over pages of one window.

import { randomFrom } from "./random.js";

/** A stream: `pages` of 4 KiB that must be mapped from address `BASE_VA`, and the addresses. */
export interface Stream {
  readonly name: string;
  readonly pages: number;
  readonly addresses: Uint32Array;
}

/** First address of every stream. */
export const BASE_VA = 0x2000_0000;
const M64 = 16384;
const G1 = 262144;

function make(name: string, pages: number, n: number, address: (i: number) => number): Stream {
  return { name, pages, addresses: Uint32Array.from({ length: n }, (_, i) => BASE_VA + address(i)) };
}

/** Hit, miss and walk streams of `n` accesses each. */
export function translateStreams(n: number): readonly Stream[] {
  const random = randomFrom(77);
  const within = (pages: number) => random(pages) * 4096 + random(1024) * 4;
  return [
    make("hit: 64 hot pages", 64, n, () => within(64)),
    make("hit: 32-byte steps, 64M", M64, n, (i) => (i * 32) % (M64 * 4096)),
    make("miss: page steps, 64M", M64, n, (i) => (i % M64) * 4096),
    make("miss: random 64M", M64, n, () => within(M64)),
    make("walk: random 1G", G1, n, () => within(G1)),
    make("mixed: 80/20 1G", G1, n, () => within(random(5) === 0 ? G1 : 400)),
  ];
}
