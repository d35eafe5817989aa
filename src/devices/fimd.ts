// FIMD, the display controller: scans its windows out, line after line of the panel.
//
//   panel line y:  window 0 fetches its line, window 1 its own, ... each in bursts
//
// A frame that the SysMMU stops shows on the panel at once, which is why a display driver attaches
// before the boot loader's window is switched off.
//
// Sources: Exynos4 FIMD as drivers/video/s3c-fb.c of Linux 3.0 uses it (five windows, VIDW0xADD0B0
// address, VIDW0xADD2 offset and page width, WINCON burst length of 4, 8 or 16 words).
//
// Not modelled: FIFO levels, blending and colour keys (they change no access), palette RAM, the
// second buffer of a window, blanking time.

import { checkInteger, describe } from "../check.js";
import { type BusAccess, bursts } from "./patterns.js";
import { checkSurface, type Surface } from "./surface.js";

/** Windows of one FIMD. */
export const FIMD_WINDOWS = 5;

/** A window: a surface and where it is on the panel. */
export interface FimdWindow extends Surface {
  /** Panel line of its first line (default 0). */
  readonly y?: number;
}

/** Options of {@link fimdScanOut}. */
export interface FimdOptions {
  /** Lines of the panel; a window's lines below it are not fetched. */
  readonly lines: number;
  /** Frames (default 1). */
  readonly frames?: number;
  /** Words of 32 bit in a burst: 4, 8 or 16 (default 16). */
  readonly burstWords?: number;
}

/**
 * Reads of a scan-out, in the order of the bus.
 * @param windows up to five, lowest first
 * @throws RangeError or TypeError naming the argument
 */
export function fimdScanOut(
  windows: readonly FimdWindow[],
  options: FimdOptions,
): Generator<BusAccess, void> {
  if (!Array.isArray(windows)) throw new TypeError(`windows must be an array, got ${describe(windows)}`);
  checkInteger("windows.length", windows.length, 1, FIMD_WINDOWS);
  const checked = windows.map((w: FimdWindow, i) => ({
    ...checkSurface(`windows[${i}]`, w),
    y: checkInteger(`windows[${i}].y`, w.y ?? 0, 0, 8191),
  }));
  const lines = checkInteger("options.lines", options?.lines, 1, 8192);
  const frames = checkInteger("options.frames", options.frames ?? 1, 1, 0x7fff_ffff);
  const words = options.burstWords ?? 16;
  if (words !== 4 && words !== 8 && words !== 16) {
    throw new RangeError(`options.burstWords must be 4, 8 or 16, got ${describe(words)}`);
  }
  return scan(checked, lines, frames, words * 4);
}

function* scan(
  windows: readonly (Required<Surface> & { y: number })[],
  lines: number,
  frames: number,
  burst: number,
): Generator<BusAccess, void> {
  for (let frame = 0; frame < frames; frame++) {
    for (let line = 0; line < lines; line++) {
      for (const w of windows) {
        const row = line - w.y;
        if (row < 0 || row >= w.height) continue;
        yield* bursts(w.address + row * w.stride, w.width * w.bytesPerPixel, burst, false);
      }
    }
  }
}
