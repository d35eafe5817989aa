// Access patterns of a general DMA engine: rows of (bus address, bytes, direction).
//
//   linear    ########........        strided   ##..##..##..
//   twoD      lines of a rectangle    tiled     a surface, tile by tile, each line by line
//   scatter   the segments of a mapped list     random    seeded, uniform over a range
//   nv12mt    a plane in the tile order of Samsung's codecs (tiles.ts), as the picture goes
//
// Every pattern is a generator, so that a pattern of many millions of accesses takes no memory.
// Arguments are checked when the pattern is made, not when it is run.
//
// Not modelled: bursts crossing 4 KiB are not split as AXI demands; the core splits at pages itself.

import { checkInteger, checkU32, describe, hex } from "../check.js";
import type { Scatterlist } from "../dma/scatterlist.js";
import { nv12mtTile, TILE_BYTES, TILE_LINES, TILED_STRIDE_UNIT } from "./tiles.js";

const LIMIT = 0x1_0000_0000;
const MOST = 0x7fff_ffff;

/** One access of a bus master. */
export interface BusAccess {
  /** Bus address of the first byte. */
  readonly dmaAddress: number;
  /** Bytes, at least 1. */
  readonly bytes: number;
  /** True: the master writes. */
  readonly write: boolean;
  /** Port it goes through; without it the engine's. */
  readonly port?: number;
}

/** What all patterns have. */
export interface PatternBase {
  /** Bus address where it begins. */
  readonly address: number;
  /** Whether the master writes (default false). */
  readonly write?: boolean;
}

/** @internal Throws unless [address, address + bytes) lies below 4 GiB; returns `address`. */
export function checkSpan(name: string, address: unknown, bytes: number): number {
  const at = checkU32(name, address);
  if (at + bytes > LIMIT) {
    throw new RangeError(`${name} must leave room for ${hex(bytes)} bytes below 4 GiB, got ${hex(at)}`);
  }
  return at;
}

/** @internal Throws TypeError unless `options` is an object. */
export function checkOptionsObject(name: string, options: unknown): void {
  if (options === null || typeof options !== "object") {
    throw new TypeError(`${name} must be an object, got ${describe(options)}`);
  }
}

/** @internal [address, address + bytes) in accesses of at most `burst` bytes. */
export function* bursts(
  address: number,
  bytes: number,
  burst: number,
  write: boolean,
  port?: number,
): Generator<BusAccess, void> {
  for (let done = 0; done < bytes; done += burst) {
    const access = { dmaAddress: address + done, bytes: Math.min(burst, bytes - done), write };
    yield port === undefined ? access : { ...access, port };
  }
}

/**
 * [address, address + bytes) from the first byte to the last.
 * @param options burst: bytes of an access (default 64)
 * @throws RangeError or TypeError naming the option
 */
export function linear(options: PatternBase & { bytes: number; burst?: number }): Generator<BusAccess, void> {
  checkOptionsObject("options", options);
  const bytes = checkInteger("options.bytes", options.bytes, 1, MOST);
  const address = checkSpan("options.address", options.address, bytes);
  const burst = checkInteger("options.burst", options.burst ?? 64, 1, MOST);
  return bursts(address, bytes, burst, options.write === true);
}

/**
 * `count` accesses of `bytes`, `stride` bytes from one to the next.
 * @param options stride may be negative (towards lower addresses) or 0 (the same bytes again)
 * @throws RangeError or TypeError naming the option
 */
export function strided(
  options: PatternBase & { bytes: number; stride: number; count: number },
): Generator<BusAccess, void> {
  checkOptionsObject("options", options);
  const bytes = checkInteger("options.bytes", options.bytes, 1, MOST);
  const count = checkInteger("options.count", options.count, 1, MOST);
  const stride = checkInteger("options.stride", options.stride, -MOST, MOST);
  const address = checkSpan("options.address", options.address, bytes);
  const last = address + stride * (count - 1);
  if (last < 0 || last + bytes > LIMIT) {
    throw new RangeError(`options.count must keep the last access below 4 GiB, got ${count} (${hex(last)})`);
  }
  return stridedAccesses(address, bytes, stride, count, options.write === true);
}

function* stridedAccesses(
  address: number,
  bytes: number,
  stride: number,
  count: number,
  write: boolean,
): Generator<BusAccess, void> {
  for (let i = 0; i < count; i++) yield { dmaAddress: address + i * stride, bytes, write };
}

/** A rectangle of `width` bytes by `height` lines, a line every `stride` bytes. */
export interface Rectangle extends PatternBase {
  readonly width: number;
  readonly height: number;
  /** At least `width` (default `width`). */
  readonly stride?: number;
}

function checkRectangle(options: Rectangle): {
  address: number;
  width: number;
  height: number;
  stride: number;
} {
  checkOptionsObject("options", options);
  const width = checkInteger("options.width", options.width, 1, MOST);
  const height = checkInteger("options.height", options.height, 1, MOST);
  const stride = checkInteger("options.stride", options.stride ?? width, width, MOST);
  return {
    address: checkSpan("options.address", options.address, stride * (height - 1) + width),
    width,
    height,
    stride,
  };
}

/**
 * A rectangle line by line.
 * @param options burst: bytes of an access (default a whole line)
 * @throws RangeError or TypeError naming the option
 */
export function twoD(options: Rectangle & { burst?: number }): Generator<BusAccess, void> {
  const { address, width, height, stride } = checkRectangle(options);
  const burst = checkInteger("options.burst", options.burst ?? width, 1, MOST);
  return rectangle(address, width, height, stride, burst, options.write === true);
}

function* rectangle(
  address: number,
  width: number,
  height: number,
  stride: number,
  burst: number,
  write: boolean,
): Generator<BusAccess, void> {
  for (let y = 0; y < height; y++) yield* bursts(address + y * stride, width, burst, write);
}

/**
 * A rectangle tile by tile, left to right and down; inside a tile line by line, one access each. Tiles
 * at the right and lower edge are cut.
 * @param options tileWidth in bytes, tileHeight in lines
 * @throws RangeError or TypeError naming the option
 */
export function tiled(
  options: Rectangle & { tileWidth: number; tileHeight: number },
): Generator<BusAccess, void> {
  const { address, width, height, stride } = checkRectangle(options);
  const tileWidth = checkInteger("options.tileWidth", options.tileWidth, 1, MOST);
  const tileHeight = checkInteger("options.tileHeight", options.tileHeight, 1, MOST);
  return tiles(address, width, height, stride, tileWidth, tileHeight, options.write === true);
}

function* tiles(
  address: number,
  width: number,
  height: number,
  stride: number,
  tileWidth: number,
  tileHeight: number,
  write: boolean,
): Generator<BusAccess, void> {
  for (let y = 0; y < height; y += tileHeight) {
    for (let x = 0; x < width; x += tileWidth) {
      const bytes = Math.min(tileWidth, width - x);
      const lines = Math.min(tileHeight, height - y);
      yield* rectangle(address + y * stride + x, bytes, lines, stride, bytes, write);
    }
  }
}

/** A plane of NV12MT. */
export interface TiledPlane extends PatternBase {
  /** Bytes of a line, up to 8192; the plane has whole groups of 128. */
  readonly width: number;
  /** Lines, up to 8192; the plane has whole tiles of 32. */
  readonly height: number;
}

/**
 * A plane of V4L2_PIX_FMT_NV12MT (luma, or chroma of half the lines) as the picture goes: tile by tile from
 * left to right and down, each where that order puts it.
 * @param options burst: bytes of an access (default 2048, a tile)
 * @throws RangeError or TypeError naming the option
 */
export function nv12mt(options: TiledPlane & { burst?: number }): Generator<BusAccess, void> {
  checkOptionsObject("options", options);
  const columns = Math.ceil(checkInteger("options.width", options.width, 1, 8192) / TILED_STRIDE_UNIT) * 2;
  const rows = Math.ceil(checkInteger("options.height", options.height, 1, 8192) / TILE_LINES);
  const burst = checkInteger("options.burst", options.burst ?? TILE_BYTES, 1, MOST);
  const address = checkSpan("options.address", options.address, columns * rows * TILE_BYTES);
  return nv12mtAccesses(address, columns, rows, burst, options.write === true);
}

function* nv12mtAccesses(
  address: number,
  columns: number,
  rows: number,
  burst: number,
  write: boolean,
): Generator<BusAccess, void> {
  for (let y = 0; y < rows; y++) yield* tileRow(address, y, columns, rows, columns, burst, write);
}

/** @internal The first `used` tiles of tile row `y` of a plane of `columns` by `rows` tiles, left to right. */
export function* tileRow(
  address: number,
  y: number,
  columns: number,
  rows: number,
  used: number,
  burst: number,
  write: boolean,
  port?: number,
): Generator<BusAccess, void> {
  for (let x = 0; x < used; x++) {
    yield* bursts(address + nv12mtTile(x, y, columns, rows) * TILE_BYTES, TILE_BYTES, burst, write, port);
  }
}

/**
 * The segments that `mapSg` made of a list, in order.
 * @param options burst: bytes of an access (default 64)
 * @throws TypeError for a list that was not mapped
 */
export function scatter(
  list: Scatterlist,
  options: { write?: boolean; burst?: number } = {},
): Generator<BusAccess, void> {
  if (!Array.isArray(list)) throw new TypeError(`list must be an array of entries, got ${describe(list)}`);
  checkOptionsObject("options", options);
  const burst = checkInteger("options.burst", options.burst ?? 64, 1, MOST);
  const segments: [number, number][] = [];
  for (const [i, entry] of list.entries()) {
    const bytes = entry.dmaLength ?? 0;
    if (bytes === 0) break;
    segments.push([checkSpan(`list[${i}].dmaAddress`, entry.dmaAddress, bytes), bytes]);
  }
  if (segments.length === 0) throw new TypeError("list must be mapped (mapSg), got one without segments");
  return scatterAccesses(segments, burst, options.write === true);
}

function* scatterAccesses(
  segments: readonly [number, number][],
  burst: number,
  write: boolean,
): Generator<BusAccess, void> {
  for (const [address, bytes] of segments) yield* bursts(address, bytes, burst, write);
}

/** Options of {@link random}. */
export interface RandomPattern {
  /** Bus address of the range. */
  readonly address: number;
  /** Bytes of the range. */
  readonly range: number;
  /** Accesses. */
  readonly count: number;
  /** Bytes of each, and its alignment to the start of the range (default 64). */
  readonly bytes?: number;
  /** 0 to 100: how many of a hundred write (default 0). */
  readonly writePercent?: number;
  /** Start of the generator, 1 to 2^32 - 1 (default 1). */
  readonly seed?: number;
}

/**
 * Accesses at seeded places of a range: the same seed gives the same row (xorshift32: 13, 17, 5).
 * @throws RangeError or TypeError naming the option
 */
export function random(options: RandomPattern): Generator<BusAccess, void> {
  checkOptionsObject("options", options);
  const range = checkInteger("options.range", options.range, 1, LIMIT);
  const address = checkSpan("options.address", options.address, range);
  const count = checkInteger("options.count", options.count, 1, MOST);
  const bytes = checkInteger("options.bytes", options.bytes ?? 64, 1, Math.min(range, MOST));
  const percent = checkInteger("options.writePercent", options.writePercent ?? 0, 0, 100);
  const seed = checkInteger("options.seed", options.seed ?? 1, 1, 0xffff_ffff);
  return randomAccesses(address, Math.floor(range / bytes), count, bytes, percent, seed);
}

function* randomAccesses(
  address: number,
  places: number,
  count: number,
  bytes: number,
  percent: number,
  seed: number,
): Generator<BusAccess, void> {
  let state = seed;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let i = 0; i < count; i++) {
    const dmaAddress = address + (next() % places) * bytes;
    yield { dmaAddress, bytes, write: next() % 100 < percent };
  }
}

/** The patterns by name. */
export const patterns = { linear, strided, twoD, tiled, nv12mt, scatter, random } as const;
