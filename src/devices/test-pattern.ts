// The test pattern of a camera sensor, as lines and as a picture in memory.
//
//   upper three quarters: eight colour bars with diagonal lines; below: ramps; a seed moves both
//
// Not modelled: any real sensor's pattern; FIMC's own (CIGCTRL bits 28:27: bars, horizontal, vertical ramp).

import { checkInteger } from "../check.js";
import { rgbToYcbcr } from "./colour.js";
import { halvesLines, isYcbcr, type PixelFormat, type PlaneLayout, planeLayout } from "./picture.js";
import { packLine } from "./pixels.js";
import { nv12mtOffset, TILE_WIDTH } from "./tiles.js";

const BARS = [0xffffff, 0xffff00, 0x00ffff, 0x00ff00, 0xff00ff, 0xff0000, 0x0000ff, 0x202020] as const;

/**
 * Line `y` of the test pattern that a camera sensor sends: eight colour bars in the upper three
 * quarters with diagonal lines, ramps of colour below; `seed` moves both, so that two frames differ.
 * @param out three bytes R G B per pixel
 */
export function testPatternLine(
  y: number,
  width: number,
  height: number,
  seed: number,
  out: Uint8Array,
): void {
  for (let x = 0; x < width; x++) {
    const moved = (x + seed * 3) % width;
    const ramp = (Math.floor((moved * 256) / width) + seed) & 0xff;
    const colour = BARS[Math.floor((moved * 8) / width)]!;
    const bars = y * 4 < height * 3 && (x + y + seed) % 32 !== 0;
    out[x * 3] = bars ? colour >> 16 : ramp;
    out[x * 3 + 1] = bars ? (colour >> 8) & 0xff : (ramp + y) & 0xff;
    out[x * 3 + 2] = bars ? colour & 0xff : (x * 5 + y * 3 + seed) & 0xff;
  }
}

/**
 * The test pattern as planes without padding, ready for `machine.cpu.write`. Bytes of a tiled plane that no
 * pixel fills are 0, as is the fourth byte of BGR4.
 * @throws RangeError or TypeError naming the argument
 */
export function testPicture(format: PixelFormat, width: number, height: number, seed = 0): Uint8Array[] {
  const layout = planeLayout(format, width, height);
  checkInteger("seed", seed, 0, 0xffff);
  const planes = layout.map((p) => new Uint8Array(p.bytesPerLine * p.lines));
  const lines = layout.map((p) => new Uint8Array(p.bytesPerLine));
  const pixels = new Uint8Array(width * 3);
  for (let y = 0; y < height; y++) {
    testPatternLine(y, width, height, seed, pixels);
    if (isYcbcr(format)) rgbToYcbcr(pixels);
    packLine(format, pixels, width, lines);
    for (const [i, line] of lines.entries()) {
      const halved = i > 0 && halvesLines(format);
      if (!halved || y % 2 === 0) place(planes[i]!, layout[i]!, halved ? y >> 1 : y, line);
    }
  }
  return planes;
}

function place(plane: Uint8Array, { bytesPerLine, lines, tiled }: PlaneLayout, y: number, line: Uint8Array) {
  if (tiled !== true) {
    plane.set(line, y * bytesPerLine);
    return;
  }
  for (let x = 0; x < bytesPerLine; x += TILE_WIDTH) {
    plane.set(line.subarray(x, x + TILE_WIDTH), nv12mtOffset(x, y, bytesPerLine, lines));
  }
}
