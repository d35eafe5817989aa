// A surface of packed pixels on the bus, as the 2-D blocks take it.
//
// Not modelled: planar surfaces (see picture.ts), clipping.

import { checkInteger } from "../check.js";
import { checkOptionsObject, checkSpan } from "./patterns.js";

/** A rectangle of pixels in memory. */
export interface Surface {
  /** Bus address of the first pixel. */
  readonly address: number;
  /** Pixels of a line, 1 to 8192. */
  readonly width: number;
  /** Lines, 1 to 8192. */
  readonly height: number;
  /** 1 to 4 bytes. */
  readonly bytesPerPixel: number;
  /** Bytes from a line to the next (default width x bytesPerPixel). */
  readonly stride?: number;
}

/** Checks a surface and fills in the stride; throws RangeError or TypeError naming the field. */
export function checkSurface(name: string, surface: Surface): Required<Surface> {
  checkOptionsObject(name, surface);
  const width = checkInteger(`${name}.width`, surface.width, 1, 8192);
  const height = checkInteger(`${name}.height`, surface.height, 1, 8192);
  const bytesPerPixel = checkInteger(`${name}.bytesPerPixel`, surface.bytesPerPixel, 1, 4);
  const line = width * bytesPerPixel;
  const stride = checkInteger(`${name}.stride`, surface.stride ?? line, line, 0x0fff_ffff);
  const address = checkSpan(`${name}.address`, surface.address, stride * (height - 1) + line);
  return { address, width, height, bytesPerPixel, stride };
}
