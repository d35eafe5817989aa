// A surface of packed pixels on the bus, as the 2-D blocks take it.
//
// What sides, pixels and strides a block takes is its own; each names its source.
//
// Not modelled: planar surfaces (see picture.ts), clipping.

import { checkInteger, describe } from "../check.js";
import { checkOptionsObject, checkSpan } from "./patterns.js";

/** A rectangle of pixels in memory. */
export interface Surface {
  /** Bus address of the first pixel. */
  readonly address: number;
  /** Pixels of a line, 1 or more; at most what the block takes. */
  readonly width: number;
  /** Lines, likewise. */
  readonly height: number;
  /** 1 to 4 bytes, of which a block takes some. */
  readonly bytesPerPixel: number;
  /** Bytes from a line to the next (default width x bytesPerPixel). */
  readonly stride?: number;
}

/** What a block takes. */
export interface SurfaceLimits {
  /** Largest width and height. */
  readonly side: number;
  /** Bytes that a pixel may have. */
  readonly bytesPerPixel: readonly number[];
  /** Largest stride in bytes (default 2^28 - 1). */
  readonly stride?: number;
}

/** Checks a surface and fills in the stride; throws RangeError or TypeError naming the field. */
export function checkSurface(name: string, surface: Surface, limits: SurfaceLimits): Required<Surface> {
  checkOptionsObject(name, surface);
  const width = checkInteger(`${name}.width`, surface.width, 1, limits.side);
  const height = checkInteger(`${name}.height`, surface.height, 1, limits.side);
  const { bytesPerPixel } = surface;
  if (!limits.bytesPerPixel.includes(bytesPerPixel)) {
    const choices = limits.bytesPerPixel.join(", ");
    throw new RangeError(`${name}.bytesPerPixel must be one of ${choices}, got ${describe(bytesPerPixel)}`);
  }
  const line = width * bytesPerPixel;
  const most = limits.stride ?? 0x0fff_ffff;
  const stride = checkInteger(`${name}.stride`, surface.stride ?? line, Math.min(line, most), most);
  if (stride < line) {
    throw new RangeError(`${name}.stride must be at least ${line}, the bytes of a line, got ${stride}`);
  }
  const address = checkSpan(`${name}.address`, surface.address, stride * (height - 1) + line);
  return { address, width, height, bytesPerPixel, stride };
}
