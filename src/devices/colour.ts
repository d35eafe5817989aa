// Colours: R G B to Y Cb Cr and back, full range (Y 0 to 255), for lines of three bytes per pixel.
//
//   "601"  ITU-R BT.601     Y = 0.299 R + 0.587 G + 0.114 B
//   "709"  ITU-R BT.709     Y = 0.2126 R + 0.7152 G + 0.0722 B
//
// Coefficients in 1/256, rounded, so that grey stays grey; results are cut at 0 and 255.
//
// Sources: the two recommendations. That FIMC works in full range and takes BT.709 for wide pictures says
// fimc-reg.c (see fimc.ts); its own coefficients are in no source.
//
// Not modelled: limited range (Y 16 to 235).

/** Which of the two matrices. */
export type ColourMatrix = "601" | "709";

/** To Y Cb Cr: weights of R G B for Y, Cb, Cr; back: Cr for R, Cb and Cr for G, Cb for B. */
const MATRICES = {
  "601": { to: [77, 150, 29, -43, -85, 128, 128, -107, -21], back: [359, 88, 183, 454] },
  "709": { to: [54, 183, 19, -29, -99, 128, 128, -116, -12], back: [403, 48, 120, 475] },
} as const;

/** R G B to Y Cb Cr in place. */
export function rgbToYcbcr(pixels: Uint8Array, matrix: ColourMatrix = "601"): void {
  const [yr, yg, yb, br, bg, bb, rr, rg, rb] = MATRICES[matrix].to;
  for (let o = 0; o < pixels.length; o += 3) {
    const [r, g, b] = [pixels[o]!, pixels[o + 1]!, pixels[o + 2]!];
    pixels[o] = clamp((yr * r + yg * g + yb * b + 128) >> 8);
    pixels[o + 1] = clamp(128 + ((br * r + bg * g + bb * b + 128) >> 8));
    pixels[o + 2] = clamp(128 + ((rr * r + rg * g + rb * b + 128) >> 8));
  }
}

/** Y Cb Cr to R G B in place. */
export function ycbcrToRgb(pixels: Uint8Array, matrix: ColourMatrix = "601"): void {
  const [crR, cbG, crG, cbB] = MATRICES[matrix].back;
  for (let o = 0; o < pixels.length; o += 3) {
    const [y, cb, cr] = [pixels[o]!, pixels[o + 1]! - 128, pixels[o + 2]! - 128];
    pixels[o] = clamp(y + ((crR * cr + 128) >> 8));
    pixels[o + 1] = clamp(y - ((cbG * cb + crG * cr + 128) >> 8));
    pixels[o + 2] = clamp(y + ((cbB * cb + 128) >> 8));
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
