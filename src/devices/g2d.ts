// G2D, the blitter: source lines in, destination lines out, with or without mask and old destination.
//
// Sources: FIMG-2D V3/V4 as drivers/media/platform/s5p-g2d of Linux 3.6 programs it (source and
// destination base, stride, rectangle; ROP3 that may want the destination).
//
// Not modelled: scaling, rotation, pattern operands, the command FIFO, pixels themselves.

import { checkInteger, describe } from "../check.js";
import { type BusAccess, bursts, checkOptionsObject, checkSpan } from "./patterns.js";
import { checkSurface, type Surface } from "./surface.js";

/** A mask: a bit or more per pixel of the rectangle. */
export interface G2dMask {
  /** Bus address of its first line. */
  readonly address: number;
  /** 1 (default), 4, 8, 16 or 32. */
  readonly bitsPerPixel?: 1 | 4 | 8 | 16 | 32;
  /** Bytes from a line to the next (default: no padding). */
  readonly stride?: number;
}

/** Options of {@link g2dBlit}. */
export interface G2dOptions {
  /** The raster operation wants the old destination: it is read first (default false). */
  readonly blend?: boolean;
  /** A mask that decides per pixel (default none). */
  readonly mask?: G2dMask;
  /** Bytes of an access (default 64). */
  readonly burst?: number;
}

/**
 * Accesses of a blit, line by line: source read, mask read, destination read where it blends, destination
 * written.
 * @param source the surface to copy, or null for a fill
 * @throws RangeError or TypeError naming the argument; the two must have the same width and height
 */
export function g2dBlit(
  source: Surface | null,
  destination: Surface,
  options: G2dOptions = {},
): Generator<BusAccess, void> {
  const to = checkSurface("destination", destination);
  const from = source === null ? null : checkSurface("source", source);
  for (const side of ["width", "height"] as const) {
    if (from !== null && from[side] !== to[side]) {
      throw new RangeError(`source.${side} must be destination.${side} (${to[side]}), got ${from[side]}`);
    }
  }
  const burst = checkInteger("options.burst", options.burst ?? 64, 1, 0x7fff_ffff);
  const mask = options.mask === undefined ? null : checkMask(options.mask, to.width, to.height);
  return blit(from, to, mask, options.blend === true, burst);
}

/** A mask as lines of bytes. */
interface MaskLines {
  readonly address: number;
  readonly line: number;
  readonly stride: number;
}

function checkMask(mask: G2dMask, width: number, height: number): MaskLines {
  checkOptionsObject("options.mask", mask);
  const bits = mask.bitsPerPixel ?? 1;
  if (![1, 4, 8, 16, 32].includes(bits)) {
    throw new RangeError(`options.mask.bitsPerPixel must be 1, 4, 8, 16 or 32, got ${describe(bits)}`);
  }
  const line = Math.ceil((width * bits) / 8);
  const stride = checkInteger("options.mask.stride", mask.stride ?? line, line, 0x0fff_ffff);
  const address = checkSpan("options.mask.address", mask.address, stride * (height - 1) + line);
  return { address, line, stride };
}

function* blit(
  from: Required<Surface> | null,
  to: Required<Surface>,
  mask: MaskLines | null,
  blend: boolean,
  burst: number,
): Generator<BusAccess, void> {
  for (let y = 0; y < to.height; y++) {
    if (from !== null) {
      yield* bursts(from.address + y * from.stride, from.width * from.bytesPerPixel, burst, false);
    }
    if (mask !== null) yield* bursts(mask.address + y * mask.stride, mask.line, burst, false);
    const at = to.address + y * to.stride;
    if (blend) yield* bursts(at, to.width * to.bytesPerPixel, burst, false);
    yield* bursts(at, to.width * to.bytesPerPixel, burst, true);
  }
}
