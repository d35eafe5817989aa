// G2D, the blitter: source lines in, destination lines out, with or without the old destination.
//
// Sources: FIMG-2D V3/V4 as drivers/media/platform/s5p-g2d of Linux 3.6 programs it (source and
// destination base, stride, rectangle; ROP3 that may want the destination).
//
// Not modelled: scaling, rotation, pattern and mask operands, the command FIFO, pixels themselves.

import { checkInteger } from "../check.js";
import { type BusAccess, bursts } from "./patterns.js";
import { checkSurface, type Surface } from "./surface.js";

/** Options of {@link g2dBlit}. */
export interface G2dOptions {
  /** The raster operation wants the old destination: it is read first (default false). */
  readonly blend?: boolean;
  /** Bytes of an access (default 64). */
  readonly burst?: number;
}

/**
 * Accesses of a blit, line by line: source read, destination read where it blends, destination written.
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
  return blit(from, to, options.blend === true, burst);
}

function* blit(
  from: Required<Surface> | null,
  to: Required<Surface>,
  blend: boolean,
  burst: number,
): Generator<BusAccess, void> {
  for (let y = 0; y < to.height; y++) {
    if (from !== null) {
      yield* bursts(from.address + y * from.stride, from.width * from.bytesPerPixel, burst, false);
    }
    const at = to.address + y * to.stride;
    if (blend) yield* bursts(at, to.width * to.bytesPerPixel, burst, false);
    yield* bursts(at, to.width * to.bytesPerPixel, burst, true);
  }
}
