// Scaling and colour conversion of whole pictures, pixel by pixel, sharing nothing with src/devices.

export interface PlainPicture {
  format: string;
  width: number;
  height: number;
  planes: Uint8Array[];
}

const limit = (v: number) => Math.min(255, Math.max(0, Math.floor(v)));

/** The three components of a pixel as the format stores them. */
function pixelOf(p: PlainPicture, x: number, y: number): [number, number, number] {
  const [a, b, c] = p.planes as [Uint8Array, Uint8Array, Uint8Array];
  const cx = Math.floor(x / 2);
  const cy = Math.floor(y / 2);
  switch (p.format) {
    case "NV12":
      return [a[y * p.width + x]!, b[cy * p.width + cx * 2]!, b[cy * p.width + cx * 2 + 1]!];
    case "YU12": {
      const at = (cy * p.width) / 2 + cx;
      return [a[y * p.width + x]!, b[at]!, c[at]!];
    }
    default: {
      const at = (y * p.width + x) * (p.format === "BGR3" ? 3 : 4);
      return [a[at + 2]!, a[at + 1]!, a[at]!];
    }
  }
}

function toYcbcr([r, g, b]: [number, number, number]): [number, number, number] {
  return [
    limit((r * 77 + g * 150 + b * 29 + 128) / 256),
    limit((b * 128 - r * 43 - g * 85 + 128) / 256 + 128),
    limit((r * 128 - g * 107 - b * 21 + 128) / 256 + 128),
  ];
}

function toRgb([y, cb, cr]: [number, number, number]): [number, number, number] {
  return [
    limit(y + Math.floor(((cr - 128) * 359 + 128) / 256)),
    limit(y - Math.floor(((cb - 128) * 88 + (cr - 128) * 183 + 128) / 256)),
    limit(y + Math.floor(((cb - 128) * 454 + 128) / 256)),
  ];
}

/** The picture scaled to `width` by `height` and converted to `format`. */
export function plainScale(from: PlainPicture, format: string, width: number, height: number): Uint8Array[] {
  const yuv = (f: string) => f === "NV12" || f === "YU12";
  const at = (x: number, y: number) => {
    const p = pixelOf(from, Math.floor((x * from.width) / width), Math.floor((y * from.height) / height));
    if (yuv(from.format) === yuv(format)) return p;
    return yuv(format) ? toYcbcr(p) : toRgb(p);
  };
  const planes: number[][] = [[], [], []];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [a, b, c] = at(x, y);
      if (!yuv(format)) planes[0]!.push(c, b, a, ...(format === "BGR4" ? [255] : []));
      else {
        planes[0]!.push(a);
        if (x % 2 === 0 && y % 2 === 0) {
          planes[1]!.push(b);
          planes[format === "NV12" ? 1 : 2]!.push(c);
        }
      }
    }
  }
  return planes.filter((p) => p.length > 0).map((p) => Uint8Array.from(p));
}
