// The tiles of V4L2_PIX_FMT_NV12MT, the format of Samsung's codecs (fourcc TM12).
//
//   tile: 64 bytes by 32 lines, 2 KiB one after the other
//   memory order of the tiles     0  1  6  7 |  8  9 14 15      groups of two by two, Z and turned Z by turns
//                                 2  3  4  5 | 10 11 12 13
//   (an odd last row is linear)  16 17 18 19   20 21 22 23
//
// Both planes (luma; Cb Cr pairs, half the lines) lie like that. Lines are multiples of 128 bytes, since no
// group is cut sideways; a plane has whole tiles of 32 lines.
//
// Sources: Documentation/DocBook/media/v4l/pixfmt-nv12mt.xml (torvalds/linux@0c929238) and
// Documentation/userspace-api/media/v4l/pixfmt-yuv-planar.rst (torvalds/linux@11db24b6); the numbers of the
// figure, which is not stored as text, from the table in GStreamer's gst-libs/gst/video/video-tile.c (1.4).
//
// Not modelled: NV12MT_16X16 (VM12), the linear order of 16 by 16 blocks of later codecs.

/** Bytes of a line of a tile. */
export const TILE_WIDTH = 64;
/** Lines of a tile. */
export const TILE_LINES = 32;
/** Bytes of a tile. */
export const TILE_BYTES = TILE_WIDTH * TILE_LINES;
/** Bytes that the line of a tiled plane is a multiple of: a group of two tiles. */
export const TILED_STRIDE_UNIT = 2 * TILE_WIDTH;

/**
 * Place in memory of the tile in column `x`, row `y` of a plane of `columns` by `rows` tiles in the order of
 * V4L2_PIX_FMT_NV12MT: groups of two by two, in Z and turned Z by turns.
 * @param columns even, since no group is cut
 */
export function nv12mtTile(x: number, y: number, columns: number, rows: number): number {
  if (y % 2 === 0 && y === rows - 1) return y * columns + x;
  const group = (y >>> 1) * 2 * columns + (x >>> 1) * 4;
  // Turned: the lower two tiles come first.
  const lower = (x >>> 1) % 2 === 0 ? y % 2 : 1 - (y % 2);
  return group + lower * 2 + (x % 2);
}

/** Offset of byte `x` of line `y` in a plane whose lines have `stride` bytes and which has `lines` lines. */
export function nv12mtOffset(x: number, y: number, stride: number, lines: number): number {
  const tile = nv12mtTile(x >>> 6, y >>> 5, stride / TILE_WIDTH, lines / TILE_LINES);
  return tile * TILE_BYTES + (y % TILE_LINES) * TILE_WIDTH + (x % TILE_WIDTH);
}
