// The lines of a plane on their way between memory and a block's line buffer.
//
//   linear plane: one transfer per line          tiled plane: one per tile, a row of tiles at once
//
// Of a row of tiles that the picture fills only partly, the lines it has are transferred: they come first in
// each tile. How FIMC really walks a tile (CIDMAPARAM: 64x32) is in no source: chosen.
//
// Not modelled: bursts (FIMC's input DMA is set to a count of 4, fimc-reg.c); the core splits at pages.

import type { PicturePlane, PlaneLayout } from "./picture.js";
import { nv12mtTile, TILE_BYTES, TILE_LINES, TILE_WIDTH } from "./tiles.js";
import type { Transfer } from "./transfers.js";

/** One plane of a picture and a buffer for one line of it. */
export class PlaneLines {
  /** The line fetched last, or to be stored next. */
  readonly line: Uint8Array;
  readonly #side: "source" | "destination";
  readonly #plane: number;
  readonly #where: Required<PicturePlane>;
  readonly #rows: number;
  readonly #tileRows: number;
  readonly #tiles: Uint8Array | null;
  #heldRow = -1;
  #heldTiles = -1;

  /**
   * @param plane number of the plane
   * @param bytes bytes of a line that the picture uses
   * @param rows lines that the picture uses
   */
  constructor(
    side: "source" | "destination",
    plane: number,
    where: Required<PicturePlane>,
    layout: PlaneLayout,
    bytes: number,
    rows: number,
  ) {
    this.#side = side;
    this.#plane = plane;
    this.#where = where;
    this.#rows = rows;
    this.#tileRows = layout.lines / TILE_LINES;
    const columns = Math.ceil(bytes / TILE_WIDTH);
    this.line = new Uint8Array(layout.tiled === true ? columns * TILE_WIDTH : bytes);
    this.#tiles = layout.tiled === true ? new Uint8Array(columns * TILE_BYTES) : null;
  }

  /** Brings line `row` into the buffer, for line `line` of the destination; nothing when it is there already. */
  *fetch(row: number, line: number): Generator<Transfer, void> {
    if (this.#heldRow === row) return;
    if (this.#tiles === null) yield this.#transfer(line, row * this.#where.stride, this.line);
    else {
      const y = Math.floor(row / TILE_LINES);
      if (this.#heldTiles !== y) yield* this.#tileRow(this.#tiles, y, line);
      this.#heldTiles = y;
      this.#eachPiece(this.#tiles, row, (tile, piece) => piece.set(tile));
    }
    this.#heldRow = row;
  }

  /** Stores the buffer as line `row`; a row of tiles with its last line. */
  *store(row: number, line: number): Generator<Transfer, void> {
    if (this.#tiles === null) {
      yield this.#transfer(line, row * this.#where.stride, this.line);
      return;
    }
    this.#eachPiece(this.#tiles, row, (tile, piece) => tile.set(piece));
    const last = (row + 1) % TILE_LINES === 0 || row + 1 === this.#rows;
    if (last) yield* this.#tileRow(this.#tiles, Math.floor(row / TILE_LINES), line);
  }

  *#tileRow(tiles: Uint8Array, y: number, line: number): Generator<Transfer, void> {
    const bytes = Math.min(TILE_LINES, this.#rows - y * TILE_LINES) * TILE_WIDTH;
    for (let x = 0; x * TILE_BYTES < tiles.length; x++) {
      const place = nv12mtTile(x, y, this.#where.stride / TILE_WIDTH, this.#tileRows);
      const buffer = tiles.subarray(x * TILE_BYTES, x * TILE_BYTES + bytes);
      yield this.#transfer(line, place * TILE_BYTES, buffer);
    }
  }

  /** Pairs the 64 bytes of each tile that belong to line `row` with their place in the line buffer. */
  #eachPiece(tiles: Uint8Array, row: number, move: (tile: Uint8Array, piece: Uint8Array) => void): void {
    for (let x = 0; x * TILE_BYTES < tiles.length; x++) {
      const at = x * TILE_BYTES + (row % TILE_LINES) * TILE_WIDTH;
      const piece = this.line.subarray(x * TILE_WIDTH, (x + 1) * TILE_WIDTH);
      move(tiles.subarray(at, at + TILE_WIDTH), piece);
    }
  }

  #transfer(line: number, offset: number, buffer: Uint8Array): Transfer {
    return {
      line,
      side: this.#side,
      plane: this.#plane,
      address: this.#where.address + offset,
      buffer,
    };
  }
}
