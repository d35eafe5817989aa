// Rotator: reads lines, writes columns. The worst pattern for a TLB: each piece of a column lies on
// another line of the destination, with tall pictures on another page.
//
//   90 degrees clockwise:  source (x, y) goes to destination (height - 1 - y, x)
//
//   bytes of a pixel   4: R G B                1: luma of NV12          2: its chroma, pairs
//   sides              8 to 16384, by 4        32 to 65536, by 8        half of that
//
// Sources: drivers/gpu/drm/exynos/exynos_drm_rotator.c (torvalds/linux@00f4471e): XRGB8888 and NV12 only, the
// limits of Exynos4210 (the 4x12 has half of both maxima), source and destination base, 90, 180 and 270
// degrees. A plane of NV12 is one rotation here; the block does both in one job. Which way 90 degrees turn it
// does not say: clockwise is chosen, as FIMC counts (fimc-core.h). In which order it reads and writes, and
// how many lines its buffer has, is in no source: a parameter.
//
// Not modelled: flips, cropping.

import { checkInteger, describe } from "../check.js";
import { type BusAccess, bursts } from "./patterns.js";
import { checkSurface, type Surface } from "./surface.js";

/** Largest and smallest side, and what it is a multiple of, by bytes per pixel. */
const SIDES = { 4: [8, 16384, 4], 1: [32, 65536, 8], 2: [16, 32768, 4] } as const;
const LIMITS = { side: 65536, bytesPerPixel: [4, 1, 2] } as const;

/** Options of {@link rotate}. */
export interface RotatorOptions {
  /** Clockwise: 90 (default), 180 or 270. */
  readonly degrees?: 90 | 180 | 270;
  /** Lines read before columns are written, 1 to 64 (default 8). */
  readonly blockLines?: number;
  /** Bytes of a read (default 64). */
  readonly burst?: number;
}

/**
 * Accesses of a rotation. The destination has the source's pixel size, its sides exchanged for 90 and 270.
 * @param source 4 bytes per pixel, or a plane of NV12 with 1 (luma) or 2 (chroma)
 * @param destination bus address of the destination, and its stride (default: no padding)
 * @throws RangeError or TypeError naming the argument
 */
export function rotate(
  source: Surface,
  destination: { address: number; stride?: number },
  options: RotatorOptions = {},
): Generator<BusAccess, void> {
  const from = checkSurface("source", source, LIMITS);
  for (const side of ["width", "height"] as const)
    checkSide(`source.${side}`, from[side], from.bytesPerPixel);
  const degrees = options.degrees ?? 90;
  if (degrees !== 90 && degrees !== 180 && degrees !== 270) {
    throw new RangeError(`options.degrees must be 90, 180 or 270, got ${describe(degrees)}`);
  }
  const block = checkInteger("options.blockLines", options.blockLines ?? 8, 1, 64);
  const burst = checkInteger("options.burst", options.burst ?? 64, 1, 0x7fff_ffff);
  const turned = degrees === 180 ? from : { ...from, width: from.height, height: from.width };
  const { bytesPerPixel } = from;
  const { width, height } = turned;
  const to = checkSurface("destination", { ...destination, width, height, bytesPerPixel }, LIMITS);
  return turn(from, to, degrees, block, burst);
}

function checkSide(name: string, value: number, bytesPerPixel: number): void {
  const [least, most, unit] = SIDES[bytesPerPixel as keyof typeof SIDES];
  checkInteger(name, value, least, most);
  if (value % unit !== 0) {
    throw new RangeError(`${name} must be a multiple of ${unit} at ${bytesPerPixel} bytes, got ${value}`);
  }
}

function* turn(
  from: Required<Surface>,
  to: Required<Surface>,
  degrees: number,
  block: number,
  burst: number,
): Generator<BusAccess, void> {
  const { width, height, bytesPerPixel: size } = from;
  for (let y = 0; y < height; y += block) {
    const lines = Math.min(block, height - y);
    for (let i = 0; i < lines; i++) {
      yield* bursts(from.address + (y + i) * from.stride, width * size, burst, false);
    }
    if (degrees === 180) {
      for (let i = 0; i < lines; i++) {
        yield* bursts(to.address + (height - 1 - y - i) * to.stride, width * size, burst, true);
      }
      continue;
    }
    const column = degrees === 90 ? height - y - lines : y;
    for (let x = 0; x < width; x++) {
      const row = degrees === 90 ? x : width - 1 - x;
      yield { dmaAddress: to.address + row * to.stride + column * size, bytes: lines * size, write: true };
    }
  }
}
