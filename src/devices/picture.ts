// Pictures in memory: formats, planes, and lines of pixels.
//
//   BGR3   one plane, bytes B G R                 BGR4   one plane, bytes B G R A (A written 0xff)
//   NV12   plane Y, plane of Cb Cr pairs          YU12   planes Y, Cb, Cr
//
// Names are V4L2 fourccs (V4L2_PIX_FMT_BGR24, BGR32, NV12, YUV420). Each plane has an address of its
// own, so the formats of one and of several buffers (NV12 and NM12, YU12 and YM12) are the same here.
// In NV12 and YU12 a chroma sample belongs to two by two pixels; writing one takes the top left pixel's.
//
// Colours: ITU-R BT.601, full range (JFIF), coefficients in 1/256, rounded.
//
// Not modelled: limited range, BT.709, chroma siting other than top left, tiled layouts, RGB565.

import { checkChoice, checkInteger, checkU32, describe, hex } from "../check.js";

/** Formats of {@link PictureLayout}. */
export const PIXEL_FORMATS = ["BGR3", "BGR4", "NV12", "YU12"] as const;
/** A V4L2 fourcc that the models can read and write. */
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

/** Largest width and height of a picture in pixels (13-bit size fields of FIMC). */
export const MAX_PICTURE_SIDE = 8192;

/** Bytes of one line of a plane, and its lines. */
export interface PlaneLayout {
  readonly bytesPerLine: number;
  readonly lines: number;
}

/** Where a plane lies. */
export interface PicturePlane {
  /** Bus address of its first byte. */
  readonly address: number;
  /** Bytes from a line to the next (default: the bytes of a line). */
  readonly stride?: number;
}

/** A picture on the bus. */
export interface Picture {
  readonly format: PixelFormat;
  /** Pixels, 1 to 8192; even for NV12 and YU12. */
  readonly width: number;
  /** Lines, 1 to 8192; even for NV12 and YU12. */
  readonly height: number;
  /** One entry per plane of the format. */
  readonly planes: readonly PicturePlane[];
}

/** A picture whose fields were checked and whose strides are set. */
export interface CheckedPicture extends Picture {
  readonly planes: readonly Required<PicturePlane>[];
  readonly layout: readonly PlaneLayout[];
}

/** True for the formats with one luma plane and halved chroma. */
export function isYcbcr(format: PixelFormat): boolean {
  return format === "NV12" || format === "YU12";
}

/**
 * The planes of a picture without padding.
 * @throws RangeError or TypeError naming the argument
 */
export function planeLayout(format: PixelFormat, width: number, height: number, name = ""): PlaneLayout[] {
  checkChoice(`${name}format`, format, PIXEL_FORMATS);
  checkInteger(`${name}width`, width, 1, MAX_PICTURE_SIDE);
  checkInteger(`${name}height`, height, 1, MAX_PICTURE_SIDE);
  if (!isYcbcr(format)) return [{ bytesPerLine: width * (format === "BGR3" ? 3 : 4), lines: height }];
  if (width % 2 !== 0) throw new RangeError(`${name}width must be even for ${format}, got ${width}`);
  if (height % 2 !== 0) throw new RangeError(`${name}height must be even for ${format}, got ${height}`);
  const luma = { bytesPerLine: width, lines: height };
  if (format === "NV12") return [luma, { bytesPerLine: width, lines: height / 2 }];
  const chroma = { bytesPerLine: width / 2, lines: height / 2 };
  return [luma, chroma, chroma];
}

/** Bytes of a picture without padding, all planes. */
export function pictureBytes(format: PixelFormat, width: number, height: number): number {
  return planeLayout(format, width, height).reduce((sum, p) => sum + p.bytesPerLine * p.lines, 0);
}

/**
 * Planes one after the other from bus address `address`, as a driver with one buffer sets them.
 * @throws RangeError or TypeError naming the argument
 */
export function contiguousPlanes(
  format: PixelFormat,
  width: number,
  height: number,
  address: number,
): PicturePlane[] {
  let at = checkU32("address", address);
  return planeLayout(format, width, height).map(({ bytesPerLine, lines }) => {
    const plane = { address: checkU32("address", at), stride: bytesPerLine };
    at += bytesPerLine * lines;
    return plane;
  });
}

/**
 * Checks a picture; `name` is the argument it came in.
 * @throws TypeError when it is no picture, RangeError for a field out of range: an unknown format, an
 * odd side of a 4:2:0 format, another number of planes, a short stride, a plane past 4 GiB
 */
export function checkPicture(name: string, picture: Picture): CheckedPicture {
  if (picture === null || typeof picture !== "object") {
    throw new TypeError(`${name} must be { format, width, height, planes }, got ${describe(picture)}`);
  }
  const { format, width, height } = picture;
  const layout = planeLayout(format, width, height, `${name}.`);
  return { format, width, height, layout, planes: checkPlanes(`${name}.planes`, picture.planes, layout) };
}

/** Checks the planes of a picture with this layout and fills in the strides; throws as {@link checkPicture}. */
export function checkPlanes(
  name: string,
  planes: readonly PicturePlane[],
  layout: readonly PlaneLayout[],
): Required<PicturePlane>[] {
  if (!Array.isArray(planes)) throw new TypeError(`${name} must be an array, got ${describe(planes)}`);
  if (planes.length !== layout.length) {
    throw new RangeError(`${name} must have ${layout.length} entries, got ${planes.length}`);
  }
  return layout.map(({ bytesPerLine, lines }, i) => {
    const plane: PicturePlane = planes[i];
    if (plane === null || typeof plane !== "object") {
      throw new TypeError(`${name}[${i}] must be { address, stride? }, got ${describe(plane)}`);
    }
    const address = checkU32(`${name}[${i}].address`, plane.address);
    const stride = checkInteger(
      `${name}[${i}].stride`,
      plane.stride ?? bytesPerLine,
      bytesPerLine,
      0x0fff_ffff,
    );
    const end = address + stride * (lines - 1) + bytesPerLine;
    if (end > 0x1_0000_0000) {
      throw new RangeError(`${name}[${i}] must end at 4 GiB or before, got [${hex(address)}, ${hex(end)})`);
    }
    return { address, stride };
  });
}

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
  const step = format === "BGR3" ? 3 : 4;
  for (let i = 0; i < columns.length; i++) {
    const x = columns[i]!;
    const o = i * 3;
    if (format === "NV12") {
      const c = x & ~1;
      out[o] = first[x]!;
      out[o + 1] = second[c]!;
      out[o + 2] = second[c + 1]!;
    } else if (format === "YU12") {
      out[o] = first[x]!;
      out[o + 1] = second[x >> 1]!;
      out[o + 2] = third[x >> 1]!;
    } else {
      const p = x * step;
      out[o] = first[p + 2]!;
      out[o + 1] = first[p + 1]!;
      out[o + 2] = first[p]!;
    }
  }
}

/**
 * Puts a line of pixels into the lines of a picture; the reverse of {@link unpackLine}. Chroma lines are
 * filled too: who writes an odd line of NV12 or YU12 leaves them out.
 */
export function packLine(
  format: PixelFormat,
  pixels: Uint8Array,
  width: number,
  lines: readonly Uint8Array[],
): void {
  const [first, second, third] = lines as [Uint8Array, Uint8Array, Uint8Array];
  const step = format === "BGR3" ? 3 : 4;
  for (let x = 0; x < width; x++) {
    const o = x * 3;
    if (!isYcbcr(format)) {
      const p = x * step;
      first[p] = pixels[o + 2]!;
      first[p + 1] = pixels[o + 1]!;
      first[p + 2] = pixels[o]!;
      if (step === 4) first[p + 3] = 0xff;
      continue;
    }
    first[x] = pixels[o]!;
    if (x % 2 !== 0) continue;
    if (format === "NV12") {
      second[x] = pixels[o + 1]!;
      second[x + 1] = pixels[o + 2]!;
    } else {
      second[x >> 1] = pixels[o + 1]!;
      third[x >> 1] = pixels[o + 2]!;
    }
  }
}

/** R G B to Y Cb Cr in place, BT.601 full range. */
export function rgbToYcbcr(pixels: Uint8Array): void {
  for (let o = 0; o < pixels.length; o += 3) {
    const [r, g, b] = [pixels[o]!, pixels[o + 1]!, pixels[o + 2]!];
    pixels[o] = clamp((77 * r + 150 * g + 29 * b + 128) >> 8);
    pixels[o + 1] = clamp(128 + ((-43 * r - 85 * g + 128 * b + 128) >> 8));
    pixels[o + 2] = clamp(128 + ((128 * r - 107 * g - 21 * b + 128) >> 8));
  }
}

/** Y Cb Cr to R G B in place, BT.601 full range. */
export function ycbcrToRgb(pixels: Uint8Array): void {
  for (let o = 0; o < pixels.length; o += 3) {
    const [y, cb, cr] = [pixels[o]!, pixels[o + 1]! - 128, pixels[o + 2]! - 128];
    pixels[o] = clamp(y + ((359 * cr + 128) >> 8));
    pixels[o + 1] = clamp(y - ((88 * cb + 183 * cr + 128) >> 8));
    pixels[o + 2] = clamp(y + ((454 * cb + 128) >> 8));
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

const BARS = [0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000, 0x0000ff, 0x202020] as const;

/**
 * Line `y` of the test pattern that a camera sensor sends: eight colour bars in the upper three
 * quarters with diagonal lines, ramps of colour below; `seed` moves both, so that two frames differ.
 * @param out three bytes R G B per pixel
 */
export function testPatternLine(
  y: number,
  width: number,
  height: number,
  seed: number,
  out: Uint8Array,
): void {
  for (let x = 0; x < width; x++) {
    const moved = (x + seed * 3) % width;
    const ramp = (Math.floor((moved * 256) / width) + seed) & 0xff;
    const colour = BARS[Math.floor((moved * 8) / width)]!;
    const bars = y * 4 < height * 3 && (x + y + seed) % 32 !== 0;
    out[x * 3] = bars ? colour >> 16 : ramp;
    out[x * 3 + 1] = bars ? (colour >> 8) & 0xff : (ramp + y) & 0xff;
    out[x * 3 + 2] = bars ? colour & 0xff : (x * 5 + y * 3 + seed) & 0xff;
  }
}

/**
 * The test pattern as planes without padding, ready for `machine.cpu.write`.
 * @throws RangeError or TypeError naming the argument
 */
export function testPicture(format: PixelFormat, width: number, height: number, seed = 0): Uint8Array[] {
  const layout = planeLayout(format, width, height);
  checkInteger("seed", seed, 0, 0xffff);
  const planes = layout.map((p) => new Uint8Array(p.bytesPerLine * p.lines));
  const pixels = new Uint8Array(width * 3);
  for (let y = 0; y < height; y++) {
    testPatternLine(y, width, height, seed, pixels);
    if (isYcbcr(format)) rgbToYcbcr(pixels);
    packLine(format, pixels, width, lineOfEach(y, layout, planes));
  }
  return planes;
}

/** The line of every plane that line `y` writes; a scrap for the chroma of odd lines. */
function lineOfEach(y: number, layout: readonly PlaneLayout[], planes: readonly Uint8Array[]): Uint8Array[] {
  return layout.map(({ bytesPerLine }, i) => {
    if (i > 0 && y % 2 !== 0) return new Uint8Array(bytesPerLine);
    const line = i === 0 ? y : y >> 1;
    return planes[i]!.subarray(line * bytesPerLine, (line + 1) * bytesPerLine);
  });
}
