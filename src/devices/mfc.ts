// MFC, the video codec, with its two memory ports.
//
//   left port (0)    firmware, coded stream, chroma of every frame
//   right port (1)   luma of every frame
//
// The block knows no full addresses: each port has a base, a multiple of 128 KiB, and everything else is
// an offset from it in units of 2 KiB. Offset 0 means "no buffer", so the first unit cannot be used.
// Frames are tiled (64 x 32); a row of tiles is contiguous, so a frame is read and written row by row.
//
// Sources: MFC 5.1 of Exynos4210 as drivers/media/platform/s5p-mfc of Linux 3.6 sets it up
// (MFC_BASE_ALIGN_ORDER 17, OFFSETA/OFFSETB shift by 11, luma in the bank of the right port, chroma and
// stream in that of the left).
//
// Not modelled: decoding itself; motion vectors, hence references read whole; context and
// descriptor buffers; firmware fetches; the encoder.

import { checkAligned, checkInteger, describe, hex } from "../check.js";
import { type BusAccess, bursts, checkOptionsObject } from "./patterns.js";

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
  /** Bus address, a multiple of 128 KiB. */
  readonly leftBase: number;
  /** Bus address, a multiple of 128 KiB. */
  readonly rightBase: number;
  /** Bytes that an offset reaches, a multiple of 128 KiB (default 256 MiB); cut at 4 GiB. */
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
  /** Pixels, 1 to 1920. */
  readonly width: number;
  /** Lines, 1 to 1088. */
  readonly height: number;
  /** Bus address of the coded picture, in the window of the left port. */
  readonly stream: number;
  /** Its bytes. */
  readonly streamBytes: number;
  /** Where the picture goes. */
  readonly target: MfcFrame;
  /** Picture that it refers to, or null for an I frame (default null). */
  readonly reference?: MfcFrame | null;
  /** Bytes of an access (default 64). */
  readonly burst?: number;
}

/** Bytes of the luma and chroma buffer of a frame: whole rows of 128 bytes by 32 lines, in 8 KiB. */
export function mfcFrameBytes(width: number, height: number): { luma: number; chroma: number } {
  checkInteger("width", width, 1, 1920);
  checkInteger("height", height, 1, 1088);
  const line = up(width, 128);
  return { luma: up(line * up(height, 32), 8192), chroma: up(line * up(Math.ceil(height / 2), 32), 8192) };
}

/** The codec: two bases, and the accesses of its jobs. */
export class Mfc {
  readonly #bases: readonly [number, number];
  readonly #window: number;

  /** @throws RangeError or TypeError naming the field: a base or window off 128 KiB, no window */
  constructor(banks: MfcBanks) {
    checkOptionsObject("banks", banks);
    const left = checkAligned("banks.leftBase", banks.leftBase, MFC_BASE_ALIGN);
    const right = checkAligned("banks.rightBase", banks.rightBase, MFC_BASE_ALIGN);
    this.#window = checkAligned("banks.windowBytes", banks.windowBytes ?? 256 << 20, MFC_BASE_ALIGN);
    if (this.#window === 0) throw new RangeError("banks.windowBytes must not be 0, got 0x0");
    this.#bases = [left, right];
  }

  /**
   * What the driver writes into an offset register: units of 2 KiB from the port's base.
   * @param port 0 left, 1 right
   * @throws RangeError for an address off 2 KiB, at the base itself (the block takes 0 for "none"), below
   * it, or with `bytes` that leave the window
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
    const sizes = mfcFrameBytes(job.width, job.height);
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
  const line = up(job.width, 128);
  const count = up(job.height, 32) / 32;
  const chromaRows = up(Math.ceil(job.height / 2), 32) / 32;
  let read = 0;
  for (let row = 0; row < count; row++) {
    const due = row === count - 1 ? streamBytes : Math.floor((streamBytes * (row + 1)) / count);
    yield* bursts(job.stream + read, due - read, burst, false, MFC_PORT_LEFT);
    read = due;
    // 32 luma lines have 16 chroma lines: a row of chroma tiles with every second row of luma tiles.
    const chroma = row % 2 === 0 && row / 2 < chromaRows;
    for (const [frame, write] of [
      [job.reference, false],
      [job.target, true],
    ] as const) {
      if (frame == null) continue;
      yield* bursts(frame.luma + row * line * 32, line * 32, burst, write, MFC_PORT_RIGHT);
      if (chroma) yield* bursts(frame.chroma + (row / 2) * line * 32, line * 32, burst, write, MFC_PORT_LEFT);
    }
  }
}

function up(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
