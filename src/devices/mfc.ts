// MFC, the video codec, with its two memory ports, as a decoder.
//
//   left port (0), bank 1    firmware (at the base itself), context, coded stream, chroma of every frame
//   right port (1), bank 2   luma of every frame, H.264 motion vectors
//
// The block knows no full addresses: each port has a base, a multiple of 128 KiB and not 0, and everything
// else is an offset from it in units of 2 KiB. Offset 0 of the left port is the firmware; of the right one
// the encoder takes it for "no frame", which is why drivers put the base 128 KiB before the first buffer.
// Frames are NV12MT (tiles.ts): a row of tiles is visited left to right, wherever its tiles lie.
//
// Sources: drivers/media/video/s5p-mfc of 3.6 (New-B/Linux3.6@b5154d3e): s5p_mfc_opr.c (OFFSETA, OFFSETB and
// what is written with which), s5p_mfc_dec.c (luma from bank 2, chroma and stream from bank 1), s5p_mfc.c
// (bank 1 is "s5p-mfc-l"), s5p_mfc_common.h (MFC_OFFSET_SHIFT 11, MFC_BASE_ALIGN_ORDER 17), s5p_mfc_ctrl.c
// (firmware at the base; MC_DRAMBASE_ADR_A and _B). Frame sizes: s5p_mfc_dec_calc_dpb_size_v5 of
// samsung/s5p-mfc/s5p_mfc_opr_v5.c (torvalds/linux@362af7ab); base 0, offset 0 and that behind an IOMMU both
// ports get one and the same base: s5p_mfc.c (@101620db). Sizes: 8 to 1920 by 4 to 1080, even, are the
// encoder's (s5p_mfc_enc.c, vidioc_try_fmt); the decoder has none there: 1088 lines, whole macroblocks, are
// chosen, as is the order on the bus.
//
// Not modelled: decoding itself; motion vectors, hence references read whole; context, descriptor and
// neighbour buffers; firmware fetches; linear NV12; the encoder, whose source frame lies whole in bank 2, its
// stream in bank 1, luma of references 0 and 1 in bank 1, of 2 and 3 and all chroma in bank 2.

import { checkAligned, checkChoice, checkInteger, describe, hex } from "../check.js";
import { type BusAccess, bursts, checkOptionsObject, tileRow } from "./patterns.js";
import { TILE_BYTES, TILE_LINES, TILE_WIDTH, TILED_STRIDE_UNIT } from "./tiles.js";

/** Alignment of a port's base. */
export const MFC_BASE_ALIGN = 128 << 10;
/** Unit of an offset from a base. */
export const MFC_OFFSET_UNIT = 2048;
/** Number of the left port of device `mfc`. */
export const MFC_PORT_LEFT = 0;
/** Number of the right port. */
export const MFC_PORT_RIGHT = 1;

/** Bases of the two ports. */
export interface MfcBanks {
  /** Bus address, a multiple of 128 KiB and not 0. */
  readonly leftBase: number;
  /** Likewise; it may be the left one. */
  readonly rightBase: number;
  /** Bytes that an offset reaches, a multiple of 128 KiB (default 256 MiB, sources also say 128); cut at 4 GiB. */
  readonly windowBytes?: number;
}

/** A frame buffer, by bus addresses. */
export interface MfcFrame {
  /** Luma, in the window of the right port. */
  readonly luma: number;
  /** Chroma, in the window of the left port. */
  readonly chroma: number;
}

/** A job of {@link Mfc.decode}. */
export interface MfcDecode {
  /** Pixels, 8 to 1920, even. */
  readonly width: number;
  /** Lines, 4 to 1088, even. */
  readonly height: number;
  /** What is decoded (default "h264"): frames of the others have room around the picture. */
  readonly codec?: MfcCodec;
  /** Bus address of the coded picture, in the window of the left port. */
  readonly stream: number;
  /** Its bytes. */
  readonly streamBytes: number;
  /** Where the picture goes. */
  readonly target: MfcFrame;
  /** Picture that it refers to, or null for an I frame (default null). */
  readonly reference?: MfcFrame | null;
  /** Bytes of an access (default 64); one of a frame ends with its tile. */
  readonly burst?: number;
}

/** Codecs that lay out frames alike: H.264, or any of MPEG-1, 2, 4, H.263 and VC-1. */
export type MfcCodec = "h264" | "other";

/**
 * Bytes of the luma and chroma buffer of a frame: lines of whole groups of tiles, whole tiles down, in 8 KiB.
 * @param codec "other" adds 24 by 16 pixels to luma and 16 by 4 samples to chroma first
 * @throws RangeError or TypeError naming the argument
 */
export function mfcFrameBytes(
  width: number,
  height: number,
  codec: MfcCodec = "h264",
): { luma: number; chroma: number } {
  for (const [name, value, least, most] of [
    ["width", width, 8, 1920],
    ["height", height, 4, 1088],
  ] as const) {
    checkInteger(name, value, least, most);
    if (value % 2 !== 0) throw new RangeError(`${name} must be even, got ${value}`);
  }
  const room = checkChoice("codec", codec, ["h264", "other"]) === "h264" ? 0 : 1;
  return {
    luma: planeBytes(width + 24 * room, height + 16 * room),
    chroma: planeBytes(width + 16 * room, height / 2 + 4 * room),
  };
}

function planeBytes(width: number, lines: number): number {
  return up(up(width, TILED_STRIDE_UNIT) * up(lines, TILE_LINES), 4 * TILE_BYTES);
}

/** The codec: two bases, and the accesses of its jobs. */
export class Mfc {
  readonly #bases: readonly [number, number];
  readonly #window: number;

  /** @throws RangeError or TypeError naming the field: a base or window off 128 KiB, base 0, no window */
  constructor(banks: MfcBanks) {
    checkOptionsObject("banks", banks);
    const left = checkAligned("banks.leftBase", banks.leftBase, MFC_BASE_ALIGN);
    const right = checkAligned("banks.rightBase", banks.rightBase, MFC_BASE_ALIGN);
    this.#window = checkAligned("banks.windowBytes", banks.windowBytes ?? 256 << 20, MFC_BASE_ALIGN);
    if (this.#window === 0) throw new RangeError("banks.windowBytes must not be 0, got 0x0");
    for (const [name, base] of [
      ["left", left],
      ["right", right],
    ]) {
      if (base === 0) throw new RangeError(`banks.${name}Base must not be 0, got 0x0`);
    }
    this.#bases = [left, right];
  }

  /**
   * What the driver writes into an offset register: units of 2 KiB from the port's base.
   * @param port 0 left, 1 right
   * @throws RangeError for an address off 2 KiB, at the base itself (see above), below it, or with `bytes` that
   * leave the window
   */
  offset(port: number, address: number, bytes = 1, name = "address"): number {
    const base = this.#bases[checkInteger("port", port, 0, 1) as 0 | 1];
    const at = checkAligned(name, address, MFC_OFFSET_UNIT);
    const side = port === MFC_PORT_LEFT ? "left" : "right";
    if (at === base) throw new RangeError(`${name} must not be the ${side} base (offset 0), got ${hex(at)}`);
    const end = Math.min(base + this.#window, 0x1_0000_0000);
    if (at < base || at + bytes > end) {
      throw new RangeError(
        `${name} must lie in the ${side} window [${hex(base)}, ${hex(end)}) with ${hex(bytes)} bytes, got ${hex(at)}`,
      );
    }
    return (at - base) / MFC_OFFSET_UNIT;
  }

  /**
   * Accesses of decoding one picture: for every row of tiles its share of the stream, the reference,
   * then the picture; luma through the right port, all else through the left.
   * @throws RangeError or TypeError naming the field
   */
  decode(job: MfcDecode): Generator<BusAccess, void> {
    checkOptionsObject("job", job);
    const sizes = mfcFrameBytes(job.width, job.height, job.codec);
    const streamBytes = checkInteger("job.streamBytes", job.streamBytes, 1, 0x7fff_ffff);
    const burst = checkInteger("job.burst", job.burst ?? 64, 1, 0x7fff_ffff);
    this.offset(MFC_PORT_LEFT, job.stream, streamBytes, "job.stream");
    const frames = job.reference == null ? (["target"] as const) : (["target", "reference"] as const);
    for (const key of frames) {
      const frame = job[key];
      if (frame == null) throw new TypeError(`job.${key} must be { luma, chroma }, got ${describe(frame)}`);
      this.offset(MFC_PORT_RIGHT, frame.luma, sizes.luma, `job.${key}.luma`);
      this.offset(MFC_PORT_LEFT, frame.chroma, sizes.chroma, `job.${key}.chroma`);
    }
    return rows(job, streamBytes, burst);
  }
}

function* rows(job: MfcDecode, streamBytes: number, burst: number): Generator<BusAccess, void> {
  const columns = up(job.width, TILED_STRIDE_UNIT) / TILE_WIDTH;
  const count = Math.ceil(job.height / TILE_LINES);
  const chromaRows = Math.ceil(job.height / 2 / TILE_LINES);
  let read = 0;
  for (let row = 0; row < count; row++) {
    const due = row === count - 1 ? streamBytes : Math.floor((streamBytes * (row + 1)) / count);
    yield* bursts(job.stream + read, due - read, burst, false, MFC_PORT_LEFT);
    read = due;
    for (const [frame, write] of [
      [job.reference, false],
      [job.target, true],
    ] as const) {
      if (frame == null) continue;
      yield* tileRow(frame.luma, row, columns, count, columns, burst, write, MFC_PORT_RIGHT);
      // 32 luma lines have 16 chroma lines: a row of chroma tiles with every second row of luma tiles.
      if (row % 2 !== 0) continue;
      yield* tileRow(frame.chroma, row / 2, columns, chromaRows, columns, burst, write, MFC_PORT_LEFT);
    }
  }
}

function up(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
