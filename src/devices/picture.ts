// Pictures in memory: formats and where their planes lie.
//
//   BGR4   one plane, bytes B G R A              RGBP   one plane, 16 bits per pixel
//   YUYV   one plane, bytes Y Cb Y Cr            NV12   plane Y, plane of Cb Cr pairs
//   YU12   planes Y, Cb, Cr                      TM12   the planes of NV12 in tiles (tiles.ts)
//
// Names are V4L2 fourccs (V4L2_PIX_FMT_BGR32, RGB565, YUYV, NV12, YUV420, NV12MT). Each plane has an address
// of its own, so the formats of one and of several buffers (NV12 and NM12, YU12 and YM12) are the same here.
//
// Sources: fimc_formats of fimc-core.c (torvalds/linux@031616c4, and 3.6: New-B/Linux3.6@b5154d3e), whose m2m
// formats these are (3.6 calls the 32-bit one RGB32, the later version BGR32: hence BGR4); plane and line sizes as
// V4L2 documents the fourccs.
//
// Not modelled: the other formats of FIMC, BGR666 (4 bytes), UYVY, VYUY, YVYU, 422P, NV16, NV61, and RGB555
// and RGB444, which it only writes; formats of other blocks.

import { checkChoice, checkInteger, checkU32, describe, hex } from "../check.js";
import { TILE_LINES, TILED_STRIDE_UNIT } from "./tiles.js";

/** Formats of {@link PictureLayout}. */
export const PIXEL_FORMATS = ["BGR4", "RGBP", "YUYV", "NV12", "YU12", "TM12"] as const;
/** A V4L2 fourcc that the models can read and write. */
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

/** Largest width and height of a picture in pixels: what the drivers of FIMC and JPEG allow at most. */
export const MAX_PICTURE_SIDE = 8192;

/** Bytes of one line of a plane, and its lines. */
export interface PlaneLayout {
  /** Bytes of a line without padding; for a tiled plane, of whole groups of tiles. */
  readonly bytesPerLine: number;
  /** Lines; for a tiled plane, of whole tiles. */
  readonly lines: number;
  /** True: in the order of NV12MT. */
  readonly tiled?: boolean;
}

/** Where a plane lies. */
export interface PicturePlane {
  /** Bus address of its first byte. */
  readonly address: number;
  /** Bytes from a line to the next (default: the bytes of a line); of a tiled plane a multiple of 128. */
  readonly stride?: number;
}

/** A picture on the bus. */
export interface Picture {
  readonly format: PixelFormat;
  /** Pixels, 1 to 8192; even for Y Cb Cr formats. */
  readonly width: number;
  /** Lines, 1 to 8192; even for the formats with half the lines of chroma. */
  readonly height: number;
  /** One entry per plane of the format. */
  readonly planes: readonly PicturePlane[];
}

/** A picture whose fields were checked and whose strides are set. */
export interface CheckedPicture extends Picture {
  readonly planes: readonly Required<PicturePlane>[];
  readonly layout: readonly PlaneLayout[];
}

/** True for Y Cb Cr, false for R G B. */
export function isYcbcr(format: PixelFormat): boolean {
  return format !== "BGR4" && format !== "RGBP";
}

/** True for the formats whose chroma planes have half the lines. */
export function halvesLines(format: PixelFormat): boolean {
  return format === "NV12" || format === "YU12" || format === "TM12";
}

/** Bytes of a pixel in the first plane. */
export function pixelBytes(format: PixelFormat): number {
  if (halvesLines(format)) return 1;
  return format === "BGR4" ? 4 : 2;
}

/**
 * The planes of a picture without padding.
 * @throws RangeError or TypeError naming the argument
 */
export function planeLayout(format: PixelFormat, width: number, height: number, name = ""): PlaneLayout[] {
  checkChoice(`${name}format`, format, PIXEL_FORMATS);
  checkInteger(`${name}width`, width, 1, MAX_PICTURE_SIDE);
  checkInteger(`${name}height`, height, 1, MAX_PICTURE_SIDE);
  const even = (side: string, value: number) => {
    if (value % 2 !== 0) throw new RangeError(`${name}${side} must be even for ${format}, got ${value}`);
  };
  if (isYcbcr(format)) even("width", width);
  if (!halvesLines(format)) return [{ bytesPerLine: width * pixelBytes(format), lines: height }];
  even("height", height);
  if (format === "TM12") {
    const bytesPerLine = up(width, TILED_STRIDE_UNIT);
    return [height, height / 2].map((lines) => ({ bytesPerLine, lines: up(lines, TILE_LINES), tiled: true }));
  }
  const luma = { bytesPerLine: width, lines: height };
  if (format === "NV12") return [luma, { bytesPerLine: width, lines: height / 2 }];
  const chroma = { bytesPerLine: width / 2, lines: height / 2 };
  return [luma, chroma, chroma];
}

function up(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
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
 * odd side of a subsampled format, another number of planes, a short stride, a plane past 4 GiB
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
  return layout.map(({ bytesPerLine, lines, tiled }, i) => {
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
    if (tiled === true && stride % TILED_STRIDE_UNIT !== 0) {
      throw new RangeError(`${name}[${i}].stride must be a multiple of ${TILED_STRIDE_UNIT}, got ${stride}`);
    }
    // The rows of a tiled plane lie mixed: it has no last line that ends sooner.
    const end = address + (tiled === true ? stride * lines : stride * (lines - 1) + bytesPerLine);
    if (end > 0x1_0000_0000) {
      throw new RangeError(`${name}[${i}] must end at 4 GiB or before, got [${hex(address)}, ${hex(end)})`);
    }
    return { address, stride };
  });
}
