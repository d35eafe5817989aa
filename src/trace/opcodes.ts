// Op-stream numbers for the host. The core's own are exported globals; a test compares the two.
//
//   word 0   op (7:0) | direction or access (15:8) | device index (31:16)
//   word 1   handle or attribute bits       words 2, 3   operands

/** Operations of the op stream (design: op stream); the operands of each are listed in docs/opstream.md. */
export const Op = {
  Nop: 0,
  Prefix: 1,
  Map: 2,
  Unmap: 3,
  SgBegin: 4,
  SgEntry: 5,
  SgEnd: 6,
  UnmapSg: 7,
  SyncForCpu: 8,
  SyncForDevice: 9,
  Alloc: 10,
  Free: 11,
  FeedPages: 12,
  CpuRead: 13,
  CpuWrite: 14,
  DevRead: 15,
  DevWrite: 16,
  Barrier: 17,
  RegRead: 18,
  RegWrite: 19,
  Flush: 20,
  Marker: 21,
  MapResource: 22,
  Expect: 23,
} as const;

/** Operations known to this version; numbers from here on are malformed. */
export const OP_COUNT = 24;
/** Handle of a record that gives an address itself. */
export const NO_HANDLE = 0xffff_ffff;
/** Direction byte: as the mapping was made. */
export const DIRECTION_AS_MAPPED = 0xff;
/** gfp operand of Prefix: the caller cannot sleep. */
export const GFP_ATOMIC = 1;
/** Words of a record. */
export const RECORD_WORDS = 4;
/** Bytes of a record. */
export const RECORD_BYTES = 16;
/** Records of one chunk at most: what one crossing into the core takes. */
export const CHUNK_RECORDS = 65536;
