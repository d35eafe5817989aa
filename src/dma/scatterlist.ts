// struct scatterlist as callers hold it.

/** One entry of a list for `mapSg`: a run of bytes from `offset` of the page at `pa`. */
export interface ScatterlistEntry {
  /** Physical address of the (first) page, a multiple of 4096. */
  readonly pa: number;
  /** Byte offset from `pa`, normally below 4096. */
  readonly offset: number;
  /** Length in bytes. */
  readonly length: number;
  /** Bus address of the merged segment that begins at this position of the list; set by `mapSg`. */
  dmaAddress?: number;
  /** Length of that segment in bytes; 0 in the positions that merging left over. */
  dmaLength?: number;
}

/** A list of entries; `mapSg` and `unmapSg` both take it whole. */
export type Scatterlist = ScatterlistEntry[];
