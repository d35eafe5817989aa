// Scaling and colour conversion of whole pictures, pixel by pixel, sharing nothing with src/devices.

export interface PlainPicture {
  format: string;
  width: number;
  height: number;
  planes: Uint8Array[];
}

const limit = (v: number) => Math.min(255, Math.max(0, Math.floor(v)));
const up = (v: number, unit: number) => Math.ceil(v / unit) * unit;

/** The order in which the tiles of a plane lie: groups of four, read off the format's figure. */
function tileOrder(columns: number, rows: number): [number, number][] {
  const order: [number, number][] = [];
  for (let y = 0; y < rows; y += 2) {
    if (y + 1 === rows) {
      for (let x = 0; x < columns; x++) order.push([x, y]);
      break;
    }
    for (let x = 0; x < columns; x += 2) {
      const upper: [number, number][] = [
        [x, y],
        [x + 1, y],
      ];
      const lower: [number, number][] = [
        [x, y + 1],
        [x + 1, y + 1],
      ];
      order.push(...(x % 4 === 0 ? [...upper, ...lower] : [...lower, ...upper]));
    }
  }
  return order;
}

/** A plane of `lines` lines of `width` bytes out of its tiles, whose lines have `stride` bytes. */
export function untile(tiled: Uint8Array, width: number, lines: number, stride: number): Uint8Array {
  const out = new Uint8Array(width * lines);
  for (const [n, [tx, ty]] of tileOrder(stride / 64, up(lines, 32) / 32).entries()) {
    for (let i = 0; i < 2048; i++) {
      const x = tx * 64 + (i % 64);
      const y = ty * 32 + Math.floor(i / 64);
      if (x < width && y < lines) out[y * width + x] = tiled[n * 2048 + i]!;
    }
  }
  return out;
}

/** TM12 as the NV12 it stands for; other formats as they are. */
function linear(p: PlainPicture): PlainPicture {
  if (p.format !== "TM12") return p;
  const [y, c] = p.planes as [Uint8Array, Uint8Array];
  const stride = up(p.width, 128);
  return {
    ...p,
    format: "NV12",
    planes: [untile(y, p.width, p.height, stride), untile(c, p.width, p.height / 2, stride)],
  };
}

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
    case "YUYV": {
      const pair = (y * p.width + cx * 2) * 2;
      return [a[pair + (x % 2) * 2]!, a[pair + 1]!, a[pair + 3]!];
    }
    case "RGBP": {
      const at = (y * p.width + x) * 2;
      const v = a[at]! + 256 * a[at + 1]!;
      const wide = (part: number, bits: number) => {
        const text = part.toString(2).padStart(bits, "0");
        return Number.parseInt((text + text).slice(0, 8), 2);
      };
      return [wide(Math.floor(v / 2048), 5), wide(Math.floor(v / 32) % 64, 6), wide(v % 32, 5)];
    }
    default: {
      const at = (y * p.width + x) * 4;
      return [a[at + 2]!, a[at + 1]!, a[at]!];
    }
  }
}

type Pixel = [number, number, number];

const toYcbcr = {
  601: ([r, g, b]: Pixel): Pixel => [
    limit((r * 77 + g * 150 + b * 29 + 128) / 256),
    limit((b * 128 - r * 43 - g * 85 + 128) / 256 + 128),
    limit((r * 128 - g * 107 - b * 21 + 128) / 256 + 128),
  ],
  709: ([r, g, b]: Pixel): Pixel => [
    limit((r * 54 + g * 183 + b * 19 + 128) / 256),
    limit((b * 128 - r * 29 - g * 99 + 128) / 256 + 128),
    limit((r * 128 - g * 116 - b * 12 + 128) / 256 + 128),
  ],
};

const toRgb = {
  601: ([y, cb, cr]: Pixel): Pixel => [
    limit(y + Math.floor(((cr - 128) * 359 + 128) / 256)),
    limit(y - Math.floor(((cb - 128) * 88 + (cr - 128) * 183 + 128) / 256)),
    limit(y + Math.floor(((cb - 128) * 454 + 128) / 256)),
  ],
  709: ([y, cb, cr]: Pixel): Pixel => [
    limit(y + Math.floor(((cr - 128) * 403 + 128) / 256)),
    limit(y - Math.floor(((cb - 128) * 48 + (cr - 128) * 120 + 128) / 256)),
    limit(y + Math.floor(((cb - 128) * 475 + 128) / 256)),
  ],
};

/** The picture scaled to `width` by `height` and converted to `format`; a tiled one is left as lines. */
export function plainScale(
  picture: PlainPicture,
  format: string,
  width: number,
  height: number,
): Uint8Array[] {
  const from = linear(picture);
  const yuv = (f: string) => f !== "BGR4" && f !== "RGBP";
  const matrix = width >= 1280 ? 709 : 601;
  const at = (x: number, y: number) => {
    const p = pixelOf(from, Math.floor((x * from.width) / width), Math.floor((y * from.height) / height));
    if (yuv(from.format) === yuv(format)) return p;
    return yuv(format) ? toYcbcr[matrix](p) : toRgb[matrix](p);
  };
  const planes: number[][] = [[], [], []];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [a, b, c] = at(x, y);
      if (format === "BGR4") planes[0]!.push(c, b, a, 0);
      else if (format === "RGBP") {
        const v = Math.floor(a / 8) * 2048 + Math.floor(b / 4) * 32 + Math.floor(c / 8);
        planes[0]!.push(v % 256, Math.floor(v / 256));
      } else if (format === "YUYV") planes[0]!.push(a, x % 2 === 0 ? b : at(x - 1, y)[2]);
      else {
        planes[0]!.push(a);
        if (x % 2 === 0 && y % 2 === 0) {
          planes[1]!.push(b);
          planes[format === "YU12" ? 2 : 1]!.push(c);
        }
      }
    }
  }
  return planes.filter((p) => p.length > 0).map((p) => Uint8Array.from(p));
}
