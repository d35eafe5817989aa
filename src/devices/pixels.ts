// Lines of pixels: out of the lines of a picture's planes into three bytes per pixel, and back.
//
//   BGR4   B G R A            RGBP   16 bits, red on top: rrrrrggg gggbbbbb, low byte first
//   YUYV   Y Cb Y Cr          NV12, TM12   Y | Cb Cr          YU12   Y | Cb | Cr
//
// A chroma sample belongs to two pixels of a line; writing one takes the left pixel's. Five and six bits
// become eight by repeating their upper ones; eight become five or six by dropping the lower ones.
//
// Sources: byte orders of the fourccs as V4L2 documents them. How FIMC rounds colours and sites chroma is in
// no source: chosen.
//
// Not modelled: dithering, chroma filters.

import type { PixelFormat } from "./picture.js";

/** `columns[x]` or `lines[y]` of nearest-neighbour scaling: floor(i * from / to) for i below `to`. */
export function nearest(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to }, (_, i) => Math.floor((i * from) / to));
}

/**
 * Takes pixels out of the lines of a picture: three bytes each, R G B or Y Cb Cr as the format has them.
 * @param lines the line of each plane
 * @param columns which pixels, in order
 */
export function unpackLine(
  format: PixelFormat,
  lines: readonly Uint8Array[],
  columns: Uint32Array,
  out: Uint8Array,
): void {
  const [first, second, third] = lines as [Uint8Array, Uint8Array, Uint8Array];
  for (let i = 0; i < columns.length; i++) {
    const x = columns[i]!;
    const o = i * 3;
    const pair = x & ~1;
    switch (format) {
      case "NV12":
      case "TM12":
        out[o] = first[x]!;
        out[o + 1] = second[pair]!;
        out[o + 2] = second[pair + 1]!;
        break;
      case "YU12":
        out[o] = first[x]!;
        out[o + 1] = second[x >> 1]!;
        out[o + 2] = third[x >> 1]!;
        break;
      case "YUYV":
        out[o] = first[x * 2]!;
        out[o + 1] = first[pair * 2 + 1]!;
        out[o + 2] = first[pair * 2 + 3]!;
        break;
      case "RGBP": {
        const v = first[x * 2]! | (first[x * 2 + 1]! << 8);
        out[o] = ((v >> 8) & 0xf8) | (v >> 13);
        out[o + 1] = ((v >> 3) & 0xfc) | ((v >> 9) & 3);
        out[o + 2] = ((v << 3) & 0xf8) | ((v >> 2) & 7);
        break;
      }
      case "BGR4":
        out[o] = first[x * 4 + 2]!;
        out[o + 1] = first[x * 4 + 1]!;
        out[o + 2] = first[x * 4]!;
    }
  }
}

/**
 * Puts a line of pixels into the lines of a picture; the reverse of {@link unpackLine}. Chroma lines are
 * filled too: who writes an odd line of a 4:2:0 format leaves them out.
 * @param alpha what BGR4 has in its fourth byte
 */
export function packLine(
  format: PixelFormat,
  pixels: Uint8Array,
  width: number,
  lines: readonly Uint8Array[],
  alpha = 0,
): void {
  const [first, second, third] = lines as [Uint8Array, Uint8Array, Uint8Array];
  for (let x = 0; x < width; x++) {
    const o = x * 3;
    const [a, b, c] = [pixels[o]!, pixels[o + 1]!, pixels[o + 2]!];
    const left = x % 2 === 0;
    switch (format) {
      case "NV12":
      case "TM12":
        first[x] = a;
        if (left) {
          second[x] = b;
          second[x + 1] = c;
        }
        break;
      case "YU12":
        first[x] = a;
        if (left) {
          second[x >> 1] = b;
          third[x >> 1] = c;
        }
        break;
      case "YUYV":
        first[x * 2] = a;
        if (left) {
          first[x * 2 + 1] = b;
          first[x * 2 + 3] = c;
        }
        break;
      case "RGBP": {
        const v = ((a & 0xf8) << 8) | ((b & 0xfc) << 3) | (c >> 3);
        first[x * 2] = v & 0xff;
        first[x * 2 + 1] = v >> 8;
        break;
      }
      case "BGR4":
        first[x * 4] = c;
        first[x * 4 + 1] = b;
        first[x * 4 + 2] = a;
        first[x * 4 + 3] = alpha;
    }
  }
}
