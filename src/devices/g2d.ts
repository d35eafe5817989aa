// G2D, the blitter: source lines in, destination lines out, with or without mask and old destination.
//
// Sources: drivers/media/video/s5p-g2d/g2d.c of 3.6 (New-B/Linux3.6@b5154d3e), g2d-hw.c and g2d-regs.h
// (torvalds/linux@91908587, @83970cd6: samsung/s5p-g2d): source and destination with base, stride (16 bits)
// and rectangle, sides up to 8000, 2 or 4 bytes per pixel or 3 packed; base and stride of a mask; raster
// operations (ROP4; a copy is 0xcccc, which wants no destination). One byte per pixel (A8, L8) and the depths
// of masks are those of FIMG2D 4.x of the 4x12, from the vendor's fimg2d.h (enum color_format). The order on
// the bus and the bursts are in no source: chosen.
//
// Not modelled: scaling, rotation and flips, pattern operands, planar Y Cb Cr, clipping, the command FIFO,
// pixels themselves; that the driver cuts coordinates to 12 bits although it allows 8000.

import { checkInteger, describe } from "../check.js";
import { type BusAccess, bursts, checkOptionsObject, checkSpan } from "./patterns.js";
import { checkSurface, type Surface } from "./surface.js";

/** Sides, pixels and strides of both surfaces. */
const LIMITS = { side: 8000, bytesPerPixel: [1, 2, 3, 4], stride: 0xffff } as const;

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
  const to = checkSurface("destination", destination, LIMITS);
  const from = source === null ? null : checkSurface("source", source, LIMITS);
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
  const stride = checkInteger("options.mask.stride", mask.stride ?? line, line, LIMITS.stride);
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
