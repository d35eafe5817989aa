// FIMD, the display controller: scans its windows out, line after line of the panel.
//
//   panel line y:  window 0 fetches its line, window 1 its own, ... each in bursts
//
// A frame that the SysMMU stops shows on the panel at once, which is why a display driver attaches before the
// boot loader's window is switched off.
//
//   bytes of a pixel     1       2, 4     any, in a buffer whose line has fewer than 128 pixels
//   words of a burst     8        16       4
//
// Sources: drivers/video/s3c-fb.c of 3.6 (New-B/Linux3.6@b5154d3e) for the five windows of exynos4-fb, the
// burst by bits per pixel, and 24 bits that fill 32; include/video/samsung_fimd.h (torvalds/linux@0db4f35d)
// for burst lengths (WINCONx: 16, 8 or 4 words) and field widths: 14 bits of bytes for a line and for what is
// skipped after it (VIDW_BUF_SIZE), 12 bits for lines (VIDTCON2, VIDOSD). The four words of narrow buffers
// are what exynos_drm_fimd.c sets (MIN_FB_WIDTH_FOR_16WORD_BURST; not yet in torvalds/linux@000cc920, there
// in 3.18, read in a stored copy without a name). In which order windows fetch is in no source: chosen.
//
// Not modelled: FIFO levels, blending and colour keys (they change no access), palette RAM, pixels of less
// than 8 bits, the second buffer of a window, blanking time.

import { checkInteger, describe } from "../check.js";
import { type BusAccess, bursts } from "./patterns.js";
import { checkSurface, type Surface } from "./surface.js";

/** Windows of one FIMD. */
export const FIMD_WINDOWS = 5;

/** What a window can be: bytes per pixel, and bits of its fields. */
const LIMITS = { side: 4096, bytesPerPixel: [1, 2, 4] } as const;
const LINE_BYTES = 0x3fff;

/** A window: a surface of 1, 2 or 4 bytes per pixel and where it is on the panel. */
export interface FimdWindow extends Surface {
  /** Panel line of its first line (default 0); its last one is 4095 at most. */
  readonly y?: number;
}

/** Options of {@link fimdScanOut}. */
export interface FimdOptions {
  /** Lines of the panel, 1 to 4096; a window's lines below it are not fetched. */
  readonly lines: number;
  /** Frames (default 1). */
  readonly frames?: number;
  /** Words of 32 bit in a burst of every window: 4, 8 or 16 (default: as drivers set it, see above). */
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
  const words = options?.burstWords;
  if (words !== undefined && words !== 4 && words !== 8 && words !== 16) {
    throw new RangeError(`options.burstWords must be 4, 8 or 16, got ${describe(words)}`);
  }
  const checked = windows.map((w: FimdWindow, i) => checkWindow(`windows[${i}]`, w, words));
  const lines = checkInteger("options.lines", options?.lines, 1, LIMITS.side);
  const frames = checkInteger("options.frames", options.frames ?? 1, 1, 0x7fff_ffff);
  return scan(checked, lines, frames);
}

interface CheckedWindow extends Required<Surface> {
  readonly y: number;
  readonly burst: number;
}

function checkWindow(name: string, window: FimdWindow, words: number | undefined): CheckedWindow {
  const surface = checkSurface(name, window, LIMITS);
  const { width, height, bytesPerPixel, stride } = surface;
  const line = width * bytesPerPixel;
  if (line > LINE_BYTES) {
    throw new RangeError(`${name}.width must give at most ${LINE_BYTES} bytes, got ${width} (${line} bytes)`);
  }
  checkInteger(`${name}.stride`, stride, line, line + LINE_BYTES);
  const y = checkInteger(`${name}.y`, window.y ?? 0, 0, LIMITS.side - height);
  return { ...surface, y, burst: 4 * (words ?? defaultWords(stride, bytesPerPixel)) };
}

function defaultWords(stride: number, bytesPerPixel: number): number {
  if (stride < 128 * bytesPerPixel) return 4;
  return bytesPerPixel === 1 ? 8 : 16;
}

function* scan(windows: readonly CheckedWindow[], lines: number, frames: number): Generator<BusAccess, void> {
  for (let frame = 0; frame < frames; frame++) {
    for (let line = 0; line < lines; line++) {
      for (const w of windows) {
        const row = line - w.y;
        if (row < 0 || row >= w.height) continue;
        yield* bursts(w.address + row * w.stride, w.width * w.bytesPerPixel, w.burst, false);
      }
    }
  }
}
