// JPEG encoder: reads the planes of a picture, a row of coded units at a time, and writes the stream.
//
//   rows of 16 lines (4:2:0: 16 luma and 8 chroma lines) or of 8 lines (packed formats)
//
// Sources: the codec of Exynos4210 as drivers/media/platform/s5p-jpeg of Linux 3.6 uses it (image
// address, stream address, stream size); unit sizes from ITU-T T.81 annex A.
//
// Not modelled: the coding itself: the caller says how long the stream is, and it grows evenly with the
// picture; decoding; tables.

import { checkInteger } from "../check.js";
import { type BusAccess, bursts, checkOptionsObject, checkSpan } from "./patterns.js";
import { type CheckedPicture, checkPicture, isYcbcr, type Picture } from "./picture.js";

/** Where the stream goes. */
export interface JpegStream {
  /** Bus address of the stream buffer. */
  readonly address: number;
  /** Bytes of the coded stream, headers included. */
  readonly bytes: number;
}

/**
 * Accesses of an encoding in the order of the bus.
 * @param options burst: bytes of an access (default 64)
 * @throws RangeError or TypeError naming the argument
 */
export function jpegEncode(
  picture: Picture,
  stream: JpegStream,
  options: { burst?: number } = {},
): Generator<BusAccess, void> {
  const from = checkPicture("picture", picture);
  checkOptionsObject("stream", stream);
  const bytes = checkInteger("stream.bytes", stream.bytes, 1, 0x7fff_ffff);
  const address = checkSpan("stream.address", stream.address, bytes);
  const burst = checkInteger("options.burst", options.burst ?? 64, 1, 0x7fff_ffff);
  return encode(from, address, bytes, burst);
}

function* encode(
  from: CheckedPicture,
  address: number,
  bytes: number,
  burst: number,
): Generator<BusAccess, void> {
  const unit = isYcbcr(from.format) ? 16 : 8;
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
