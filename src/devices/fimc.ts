// FIMC, the camera interface and scaler: memory to memory, and capture into memory.
//
//   source planes --> line buffer --> nearest pixel --> colour conversion --> destination planes
//
// Every byte goes over the bus at the addresses given, so a System MMU in between translates each line
// and may stop it. The block then waits with the access that did not pass; when the fault is cleared,
// `run` goes on with the byte at which it stopped, as the held transaction of the real one does.
// A source line stays in the line buffer while the next destination line wants the same.
//
// Sources: formats and limits as the s5p-fimc driver of Linux 3.0 announces them (drivers/media/video/
// s5p-fimc, fimc-reg.c: ratio up to 64 each way); the addresses are those of CIIYSA/CIICBSA/CIICRSA and
// CIOYSA/CIOCBSA/CIOCRSA.
//
// Not modelled: registers, the polyphase filter of the real scaler (the nearest pixel is taken), rotation,
// mirroring, effects, tiled formats, the LCD write-back path. 24-bit RGB exists here although the real
// block packs RGB into 16 or 32 bits only.

import { checkInteger, describe } from "../check.js";
import type { Device } from "../machine/device.js";
import {
  type CheckedPicture,
  checkPicture,
  checkPlanes,
  isYcbcr,
  nearest,
  type Picture,
  type PicturePlane,
  type PixelFormat,
  type PlaneLayout,
  packLine,
  planeLayout,
  rgbToYcbcr,
  testPatternLine,
  unpackLine,
  ycbcrToRgb,
} from "./picture.js";
import { checkDevice, type Transfer, type TransferResult, Transfers } from "./transfers.js";

/** Largest factor of enlarging or reducing a side. */
export const FIMC_MAX_RATIO = 64;

/** What {@link FimcScaler.run} and {@link FimcCapture.capture} say. */
export type FimcResult = TransferResult;

/** Options of {@link FimcScaler} and {@link FimcCapture}. */
export interface FimcOptions {
  /** Port of the device (default 0; every FIMC has one). */
  readonly port?: number;
}

/** One memory-to-memory job: a picture in, a scaled and converted picture out. */
export class FimcScaler {
  readonly #transfers: Transfers;
  #finished = false;
  /** Called once, when the last byte is written: the block's interrupt. */
  onInterrupt: (() => void) | null = null;

  /**
   * @param device the FIMC, e.g. `machine.device("fimc0")`
   * @throws TypeError or RangeError naming the field: see {@link Picture}; also a side scaled by more than 64
   */
  constructor(device: Device, source: Picture, destination: Picture, options: FimcOptions = {}) {
    const from = checkPicture("source", source);
    const to = checkPicture("destination", destination);
    for (const side of ["width", "height"] as const) {
      if (to[side] > from[side] * FIMC_MAX_RATIO || from[side] > to[side] * FIMC_MAX_RATIO) {
        throw new RangeError(
          `destination.${side} must be within ${FIMC_MAX_RATIO} times source.${side} (${from[side]}), got ${to[side]}`,
        );
      }
    }
    this.#transfers = new Transfers(device, options.port ?? 0, to.height, scaleLines(from, to));
  }

  /**
   * Works until the picture is done or an access does not pass. After the fault was cleared (or the memory
   * mapped) call it again; it repeats nothing that passed.
   */
  run(): FimcResult {
    const result = this.#transfers.run();
    if (result.status === "done" && !this.#finished) {
      this.#finished = true;
      this.onInterrupt?.();
    }
    return result;
  }
}

/** The accesses of a memory-to-memory job, line by line of the destination. */
function* scaleLines(from: CheckedPicture, to: CheckedPicture): Generator<Transfer, void> {
  const columns = nearest(from.width, to.width);
  const rows = nearest(from.height, to.height);
  const input = from.layout.map((p) => new Uint8Array(p.bytesPerLine));
  const held = from.layout.map(() => -1);
  const output = to.layout.map((p) => new Uint8Array(p.bytesPerLine));
  const pixels = new Uint8Array(to.width * 3);
  const convert =
    isYcbcr(from.format) === isYcbcr(to.format) ? null : isYcbcr(to.format) ? rgbToYcbcr : ycbcrToRgb;
  for (let line = 0; line < to.height; line++) {
    for (const [plane, buffer] of input.entries()) {
      const row = plane === 0 ? rows[line]! : rows[line]! >> 1;
      if (held[plane] === row) continue;
      const { address, stride } = from.planes[plane]!;
      yield { line, side: "source", plane, address: address + row * stride, buffer };
      held[plane] = row;
    }
    unpackLine(from.format, input, columns, pixels);
    convert?.(pixels);
    packLine(to.format, pixels, to.width, output);
    yield* writeLine(line, to.planes, output);
  }
}

/** The writes of one line; chroma with the even lines only. */
function* writeLine(
  line: number,
  planes: readonly Required<PicturePlane>[],
  output: readonly Uint8Array[],
): Generator<Transfer, void> {
  for (const [plane, buffer] of output.entries()) {
    if (plane > 0 && line % 2 !== 0) continue;
    const { address, stride } = planes[plane]!;
    const row = plane === 0 ? line : line >> 1;
    yield { line, side: "destination", plane, address: address + row * stride, buffer };
  }
}

/** What a capturing FIMC is set to. */
export interface FimcCaptureFormat {
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  /** First frame's test pattern, 0 to 65535 (default 0); each frame takes the next. */
  readonly seed?: number;
  /**
   * What the sensor sends instead of the test pattern: fills `rgb` (R G B, three bytes per pixel) with line
   * `line` of frame `sequence`. It holds the last line sent when called.
   */
  readonly sensor?: (line: number, sequence: number, rgb: Uint8Array) => void;
}

/** A frame that was captured. */
export interface CapturedFrame {
  /** Number of the frame, from 0. */
  readonly sequence: number;
  /** Seed of its test pattern, for `testPicture`. */
  readonly seed: number;
  /** The planes as they were queued. */
  readonly planes: readonly PicturePlane[];
}

/** Camera capture: a sensor sends a test pattern, the block writes it into the buffers queued. */
export class FimcCapture {
  readonly #device: Device;
  readonly #port: number;
  readonly #format: PixelFormat;
  readonly #width: number;
  readonly #height: number;
  readonly #layout: readonly PlaneLayout[];
  readonly #seed: number;
  readonly #sensor: FimcCaptureFormat["sensor"];
  readonly #queue: { planes: readonly PicturePlane[]; checked: Required<PicturePlane>[] }[] = [];
  #sequence = 0;
  #current: Transfers | null = null;
  /** Called when a frame is complete: the block's interrupt. */
  onInterrupt: ((frame: CapturedFrame) => void) | null = null;

  /** @throws TypeError or RangeError naming the field that is wrong */
  constructor(device: Device, format: FimcCaptureFormat, options: FimcOptions = {}) {
    this.#device = checkDevice(device);
    this.#port = checkInteger("options.port", options.port ?? 0, 0, Math.max(0, device.sysmmus.length - 1));
    if (format === null || typeof format !== "object") {
      throw new TypeError(`format must be { format, width, height }, got ${describe(format)}`);
    }
    this.#layout = planeLayout(format.format, format.width, format.height, "format.");
    this.#format = format.format;
    this.#width = format.width;
    this.#height = format.height;
    this.#seed = checkInteger("format.seed", format.seed ?? 0, 0, 0xffff);
    if (format.sensor !== undefined && typeof format.sensor !== "function") {
      throw new TypeError(`format.sensor must be a function, got ${describe(format.sensor)}`);
    }
    this.#sensor = format.sensor;
  }

  /** Buffers waiting, the one being filled included. */
  get queued(): number {
    return this.#queue.length;
  }

  /**
   * Gives the block a buffer: the addresses of its planes.
   * @throws TypeError or RangeError naming the plane that is wrong
   */
  queue(planes: readonly PicturePlane[]): void {
    this.#queue.push({ planes, checked: checkPlanes("planes", planes, this.#layout) });
  }

  /**
   * Captures one frame into the first buffer queued. After a fault call it again: the frame goes on with
   * the byte at which it stopped.
   * @returns how it ended, or null when no buffer is queued (the frame is dropped)
   */
  capture(): FimcResult | null {
    const buffer = this.#queue[0];
    if (buffer === undefined) {
      this.#sequence++;
      return null;
    }
    const seed = (this.#seed + this.#sequence) & 0xffff;
    this.#current ??= new Transfers(
      this.#device,
      this.#port,
      this.#height,
      this.#frame(seed, buffer.checked),
    );
    const result = this.#current.run();
    if (result.status === "done") {
      this.#current = null;
      this.#queue.shift();
      const sequence = this.#sequence++;
      this.onInterrupt?.({ sequence, seed, planes: buffer.planes });
    }
    return result;
  }

  *#frame(seed: number, planes: readonly Required<PicturePlane>[]): Generator<Transfer, void> {
    const output = this.#layout.map((p) => new Uint8Array(p.bytesPerLine));
    const sent = new Uint8Array(this.#width * 3);
    const pixels = new Uint8Array(this.#width * 3);
    const sequence = this.#sequence;
    for (let line = 0; line < this.#height; line++) {
      if (this.#sensor === undefined) testPatternLine(line, this.#width, this.#height, seed, sent);
      else this.#sensor(line, sequence, sent);
      pixels.set(sent);
      if (isYcbcr(this.#format)) rgbToYcbcr(pixels);
      packLine(this.#format, pixels, this.#width, output);
      yield* writeLine(line, planes, output);
    }
  }
}
