// What FIMC accepts: sizes, alignments, strides and ratios, as its driver sets or refuses them.
//
//                     width                                        height
//   memory, read      16 to 8192, by 16                            8 to 8192, by 2 for Y Cb Cr
//   memory, written   16 to 4224 (FIMC3: 1920), by 16, TM12 by 64  the same, TM12 by 32
//   camera            32 to 4224 (FIMC3: 1920), by 16, TM12 by 64  32 to 8192, by 2, TM12 by 32
//   reduction            source < 64 x destination, each side; no limit of enlarging
//
// The width limits hold for the line in memory (ORGISIZE, ORGOSIZE), which is counted in pixels of the first
// plane: one number per picture, so that chroma strides follow from the luma's. The driver rounds to what is
// allowed; here anything else is an error.
//
// Sources: fimc-core.c (s5p_pix_limit, fimc0_variant_exynos4 and fimc3_variant_exynos4,
// fimc_check_scaler_ratio, fimc_get_scaler_factor), fimc-m2m.c (fimc_try_fmt_mplane) and fimc-capture.c
// (fimc_capture_try_format) of 3.6 (New-B/Linux3.6@b5154d3e: drivers/media/video/s5p-fimc). The same limits
// as device tree properties: samsung,pix-limits of exynos4210.dtsi and exynos4x12.dtsi
// (torvalds/linux@03c83ad5). Two things changed later (exynos4-is/fimc-core.c and .h,
// torvalds/linux@031616c4): heights are even for R G B too (FIMC_DEF_HEIGHT_ALIGN), and instances with
// samsung,lcd-wb (FIMC2 and 3 of Exynos4210) are left to another driver. Here 3.6 holds.
//
// Not modelled: limits while rotating (1920; FIMC3 has no rotators); offsets of a rectangle in a picture (by
// 2 pixels); alignment of addresses, which is in no source.

import { checkInteger } from "../check.js";
import type { Device } from "../machine/device.js";
import { type CheckedPicture, halvesLines, isYcbcr, type PicturePlane, pixelBytes } from "./picture.js";
import { TILE_LINES, TILE_WIDTH } from "./tiles.js";

/** A side of the source is less than so many times the destination's. */
export const FIMC_MAX_RATIO = 64;

const INPUT_WIDTH = 8192;
const MAX_HEIGHT = 8192;

/** Largest width that an instance writes, and takes from a camera. */
function outputWidth(device: Device): number {
  return device.name === "fimc3" ? 1920 : 4224;
}

/** Format and size, as a picture and a capture format have them. */
type Sized = Pick<CheckedPicture, "format" | "width" | "height">;

/** Throws RangeError, naming the field, for a source or destination that the block cannot have. */
export function checkFimcPicture(
  name: "source" | "destination",
  picture: CheckedPicture,
  device: Device,
): void {
  const most = name === "source" ? INPUT_WIDTH : outputWidth(device);
  checkSize(`${name}.`, picture, 16, 8, most);
  if (name === "destination") checkTiledSize(`${name}.`, picture);
  checkFimcStrides(`${name}.planes`, picture, picture.planes, most);
}

/** Throws RangeError, naming the field, for a frame that the block cannot capture. */
export function checkFimcFrame(name: string, frame: Sized, device: Device): void {
  checkSize(name, frame, 32, 32, outputWidth(device));
  checkMultiple(`${name}height`, frame.height, 2);
  checkTiledSize(name, frame);
}

/** Throws RangeError unless the strides of planes that a frame is captured into belong together. */
export function checkCapturePlanes(
  planes: readonly Required<PicturePlane>[],
  frame: Sized,
  device: Device,
): void {
  checkFimcStrides("planes", frame, planes, outputWidth(device));
}

/** Throws RangeError for a side that would shrink to a 64th or less. */
export function checkFimcRatio(source: Sized, destination: Sized): void {
  for (const side of ["width", "height"] as const) {
    if (source[side] < FIMC_MAX_RATIO * destination[side]) continue;
    throw new RangeError(
      `destination.${side} must be over 1/${FIMC_MAX_RATIO} of source.${side} (${source[side]}), got ${destination[side]}`,
    );
  }
}

function checkSize(name: string, { format, width, height }: Sized, left: number, top: number, most: number) {
  checkInteger(`${name}width`, width, left, most);
  checkInteger(`${name}height`, height, top, MAX_HEIGHT);
  checkMultiple(`${name}width`, width, 16);
  if (isYcbcr(format)) checkMultiple(`${name}height`, height, 2);
}

function checkTiledSize(name: string, { format, width, height }: Sized): void {
  if (format !== "TM12") return;
  checkMultiple(`${name}width`, width, TILE_WIDTH, " for TM12");
  checkMultiple(`${name}height`, height, TILE_LINES, " for TM12");
}

function checkFimcStrides(
  name: string,
  { format }: Sized,
  planes: readonly Required<PicturePlane>[],
  most: number,
): void {
  const pixel = pixelBytes(format);
  const { stride } = planes[0]!;
  checkMultiple(`${name}[0].stride`, stride, format === "YU12" ? 2 : pixel);
  if (stride > most * pixel) {
    throw new RangeError(`${name}[0].stride must be at most ${most} pixels (${most * pixel}), got ${stride}`);
  }
  if (!halvesLines(format)) return;
  const chroma = format === "YU12" ? stride / 2 : stride;
  for (const [i, plane] of planes.entries()) {
    if (i === 0 || plane.stride === chroma) continue;
    throw new RangeError(
      `${name}[${i}].stride must be ${chroma}, as that of plane 0 (${stride}) has it, got ${plane.stride}`,
    );
  }
}

function checkMultiple(name: string, value: number, unit: number, why = ""): void {
  if (value % unit !== 0) throw new RangeError(`${name} must be a multiple of ${unit}${why}, got ${value}`);
}
