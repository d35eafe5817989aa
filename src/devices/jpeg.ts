// JPEG encoder: reads the planes of a picture, a row of coded units at a time, and writes the stream.
//
//   subsampling 4:2:0: rows of 16 lines (of planes with half the lines 8)        4:2:2: rows of 8 lines
//
//   codec          sources                      sides            stream
//   exynos4210     YUYV, RGBP                   32 to 8192       4:2:2 or 4:2:0
//   exynos4212     also NV12, YU12 and others   32 to 8192       not finer than the source
//
// Sources: drivers/media/video/s5p-jpeg/jpeg-core.c of 3.6 (New-B/Linux3.6@b5154d3e) for Exynos4210: formats,
// one image and one stream address, 4:2:2 unless asked; jpeg-core.c (torvalds/linux@27796674:
// samsung/s5p-jpeg) for the codec of the 4x12, whose address registers are one per plane; sides: its
// jpeg-hw-s5p.h (@2bce6abe). Sizes of units: ITU-T T.81 annex A. Order and bursts on the bus are in no
// source: chosen.
//
// Not modelled: the coding itself: the caller says how long the stream is, and it grows evenly with the
// picture; decoding; tables; the 4x12's RGB32, YVYU, NV16, NV61, NV21, NV24, NV42 and grey, and its 4:4:4
// streams.

import { checkChoice, checkInteger } from "../check.js";
import { type BusAccess, bursts, checkOptionsObject, checkSpan } from "./patterns.js";
import { type CheckedPicture, checkPicture, halvesLines, type Picture } from "./picture.js";

/** Where the stream goes. */
export interface JpegStream {
  /** Bus address of the stream buffer. */
  readonly address: number;
  /** Bytes of the coded stream, headers included. */
  readonly bytes: number;
}

/** Options of {@link jpegEncode}. */
export interface JpegOptions {
  /** Whose codec (default "exynos4210"). */
  readonly codec?: "exynos4210" | "exynos4212";
  /** Subsampling of the stream (default "422", "420" for NV12 and YU12, which have no finer chroma). */
  readonly subsampling?: "422" | "420";
  /** Bytes of an access (default 64). */
  readonly burst?: number;
}

const FORMATS = { exynos4210: ["YUYV", "RGBP"], exynos4212: ["YUYV", "RGBP", "NV12", "YU12"] } as const;

/**
 * Accesses of an encoding in the order of the bus.
 * @throws RangeError or TypeError naming the argument
 */
export function jpegEncode(
  picture: Picture,
  stream: JpegStream,
  options: JpegOptions = {},
): Generator<BusAccess, void> {
  checkOptionsObject("options", options);
  const codec = checkChoice("options.codec", options.codec ?? "exynos4210", ["exynos4210", "exynos4212"]);
  const from = checkPicture("picture", picture);
  checkChoice("picture.format", from.format, FORMATS[codec]);
  checkInteger("picture.width", from.width, 32, 8192);
  checkInteger("picture.height", from.height, 32, 8192);
  const coarse = halvesLines(from.format);
  const finest = coarse ? (["420"] as const) : (["422", "420"] as const);
  const subsampling = checkChoice("options.subsampling", options.subsampling ?? finest[0], finest);
  checkOptionsObject("stream", stream);
  const bytes = checkInteger("stream.bytes", stream.bytes, 1, 0x7fff_ffff);
  const address = checkSpan("stream.address", stream.address, bytes);
  const burst = checkInteger("options.burst", options.burst ?? 64, 1, 0x7fff_ffff);
  return encode(from, subsampling === "420" ? 16 : 8, address, bytes, burst);
}

function* encode(
  from: CheckedPicture,
  unit: number,
  address: number,
  bytes: number,
  burst: number,
): Generator<BusAccess, void> {
  const rows = Math.ceil(from.height / unit);
  let written = 0;
  for (let row = 0; row < rows; row++) {
    for (const [i, { bytesPerLine, lines }] of from.layout.entries()) {
      const plane = from.planes[i]!;
      const height = i === 0 ? unit : unit / 2;
      const end = Math.min(lines, (row + 1) * height);
      for (let y = row * height; y < end; y++) {
        yield* bursts(plane.address + y * plane.stride, bytesPerLine, burst, false);
      }
    }
    // The stream leaves in whole bursts; what is left over goes with the last row.
    const due = row === rows - 1 ? bytes : Math.floor((bytes * (row + 1)) / rows / burst) * burst;
    if (due > written) yield* bursts(address + written, due - written, burst, true);
    written = Math.max(written, due);
  }
}
