// FIMC, the camera interface and scaler: memory to memory, and capture into memory.
//
//   source planes --> line buffer --> nearest pixel --> colour conversion --> destination planes
//   up to three addresses each way: CIIYSA, CIICBSA, CIICRSA in; CIOYSA(n), CIOCBSA(n), CIOCRSA(n) out
//
// Every byte goes over the bus at the addresses given, so a System MMU in between translates each line and
// may stop it. The block then waits with the access that did not pass; when the fault is cleared, `run` goes
// on with the byte at which it stopped, as the held transaction of the real one does. A source line stays in
// the line buffer while the next destination line wants the same; of tiled planes a row of tiles does.
//
// Sources: fimc-core.c, fimc-reg.c, fimc-reg.h, fimc-m2m.c and fimc-capture.c of 3.6
// (New-B/Linux3.6@b5154d3e: drivers/media/video/s5p-fimc) and of torvalds/linux: exynos4-is/fimc-core.c
// @031616c4, fimc-m2m.c @072cf06e, fimc-reg.c and .h @107d3e53. Limits: fimc-limits.ts. Colours are in full
// range, and by BT.709 when the line of the destination in memory has 1280 pixels or more, else by BT.601
// (fimc_hw_set_out_dma_size: CSC_ITU601_709; CISCCTRL: CSCR2Y_WIDE, CSCY2R_WIDE). The fourth byte of BGR4 is
// the alpha control, 0 unless set. Bytes lie as the driver announces the formats; planes Y, Cb, Cr.
//
// Not modelled: registers. The real scaler does not take the nearest pixel: a prescaler divides each side by
// the largest of 1, 2, 4 ... 32 that leaves at least the destination's size (CISCPRERATIO, with a shift of 10
// less the two exponents, so it seems to average), then a main scaler goes the rest of the way with a ratio
// of 14 fraction bits (CISCCTRL and CIEXTEN); its filter is in no source. The bytes read and written are the
// same. Also not: rotation, mirroring, effects, the LCD paths (FIFO out, write-back in), a rectangle of a
// picture other than its upper left, cropping and scaling of what the camera sends, JPEG pass-through, the 32
// addresses of output buffers (CIFCNTSEQ; the driver uses four): here any number of buffers may wait.

import { checkInteger, describe } from "../check.js";
import type { Device } from "../machine/device.js";
import { type ColourMatrix, rgbToYcbcr, ycbcrToRgb } from "./colour.js";
import { checkCapturePlanes, checkFimcFrame, checkFimcPicture, checkFimcRatio } from "./fimc-limits.js";
import {
  type CheckedPicture,
  checkPicture,
  checkPlanes,
  halvesLines,
  isYcbcr,
  type Picture,
  type PicturePlane,
  type PixelFormat,
  type PlaneLayout,
  pixelBytes,
  planeLayout,
} from "./picture.js";
import { nearest, packLine, unpackLine } from "./pixels.js";
import { PlaneLines } from "./plane-lines.js";
import { testPatternLine } from "./test-pattern.js";
import { checkDevice, type Transfer, type TransferResult, Transfers } from "./transfers.js";

/** What {@link FimcScaler.run} and {@link FimcCapture.capture} say. */
export type FimcResult = TransferResult;

/** Options of {@link FimcScaler} and {@link FimcCapture}. */
export interface FimcOptions {
  /** Port of the device (default 0; every FIMC has one). */
  readonly port?: number;
  /** Fourth byte of BGR4 pixels written, 0 to 255 (default 0): V4L2_CID_ALPHA_COMPONENT. */
  readonly alpha?: number;
}

/** Lines in memory of so many pixels or more have BT.709 colours. */
const HD_WIDTH = 1280;

/** One memory-to-memory job: a picture in, a scaled and converted picture out. */
export class FimcScaler {
  readonly #transfers: Transfers;
  #finished = false;
  /** Called once, when the last byte is written: the block's interrupt. */
  onInterrupt: (() => void) | null = null;

  /**
   * @param device the FIMC, e.g. `machine.device("fimc0")`; its name tells FIMC3 with its narrower lines
   * @throws TypeError or RangeError naming the field: see {@link Picture}; also sizes, strides and ratios that
   * the block cannot have (fimc-limits.ts)
   */
  constructor(device: Device, source: Picture, destination: Picture, options: FimcOptions = {}) {
    checkDevice(device);
    const from = checkPicture("source", source);
    const to = checkPicture("destination", destination);
    checkFimcPicture("source", from, device);
    checkFimcPicture("destination", to, device);
    checkFimcRatio(from, to);
    const alpha = checkInteger("options.alpha", options.alpha ?? 0, 0, 0xff);
    this.#transfers = new Transfers(device, options.port ?? 0, to.height, scaleLines(from, to, alpha));
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
function* scaleLines(from: CheckedPicture, to: CheckedPicture, alpha: number): Generator<Transfer, void> {
  const columns = nearest(from.width, to.width);
  const rows = nearest(from.height, to.height);
  const input = planeLines("source", from, from.layout, from.planes);
  const output = planeLines("destination", to, to.layout, to.planes);
  const lines = input.map((plane) => plane.line);
  const pixels = new Uint8Array(to.width * 3);
  const convert =
    isYcbcr(from.format) === isYcbcr(to.format) ? null : isYcbcr(to.format) ? rgbToYcbcr : ycbcrToRgb;
  const hd = to.planes[0]!.stride / pixelBytes(to.format) >= HD_WIDTH;
  const matrix: ColourMatrix = hd ? "709" : "601";
  for (let line = 0; line < to.height; line++) {
    const row = rows[line]!;
    for (const [i, plane] of input.entries()) {
      yield* plane.fetch(i > 0 && halvesLines(from.format) ? row >> 1 : row, line);
    }
    unpackLine(from.format, lines, columns, pixels);
    convert?.(pixels, matrix);
    yield* storeLine(to, pixels, line, output, alpha);
  }
}

/** A picture's format and size. */
type Sized = Pick<CheckedPicture, "format" | "width" | "height">;

/** Line buffers of the planes of a picture. */
function planeLines(
  side: "source" | "destination",
  { format, width, height }: Sized,
  layout: readonly PlaneLayout[],
  planes: readonly Required<PicturePlane>[],
): PlaneLines[] {
  return layout.map((plane, i) => {
    const bytes = plane.tiled === true ? width : plane.bytesPerLine;
    const rows = i > 0 && halvesLines(format) ? height / 2 : height;
    return new PlaneLines(side, i, planes[i]!, plane, bytes, rows);
  });
}

/** The writes of one line; chroma of the formats that halve its lines with the even ones only. */
function* storeLine(
  { format, width }: Sized,
  pixels: Uint8Array,
  line: number,
  output: readonly PlaneLines[],
  alpha: number,
): Generator<Transfer, void> {
  const lines = output.map((plane) => plane.line);
  packLine(format, pixels, width, lines, alpha);
  for (const [i, plane] of output.entries()) {
    const halved = i > 0 && halvesLines(format);
    if (!halved || line % 2 === 0) yield* plane.store(halved ? line >> 1 : line, line);
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
  readonly #alpha: number;
  readonly #frame: Sized;
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
    this.#frame = { format: format.format, width: format.width, height: format.height };
    checkFimcFrame("format.", this.#frame, device);
    this.#alpha = checkInteger("options.alpha", options.alpha ?? 0, 0, 0xff);
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
    const checked = checkPlanes("planes", planes, this.#layout);
    checkCapturePlanes(checked, this.#frame, this.#device);
    this.#queue.push({ planes, checked });
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
      this.#frame.height,
      this.#lines(seed, buffer.checked),
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

  *#lines(seed: number, planes: readonly Required<PicturePlane>[]): Generator<Transfer, void> {
    const { format, width, height } = this.#frame;
    const output = planeLines("destination", this.#frame, this.#layout, planes);
    const sent = new Uint8Array(width * 3);
    const pixels = new Uint8Array(width * 3);
    const sequence = this.#sequence;
    for (let line = 0; line < height; line++) {
      if (this.#sensor === undefined) testPatternLine(line, width, height, seed, sent);
      else this.#sensor(line, sequence, sent);
      pixels.set(sent);
      if (isYcbcr(format)) rgbToYcbcr(pixels);
      yield* storeLine(this.#frame, pixels, line, output, this.#alpha);
    }
  }
}
