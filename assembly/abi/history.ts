// Counters of a device (device.ts) and records of the mapping history.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

// ---- per-device counters (device.ts) -----------------------------------------
export const DEVCOUNT_MAPS: u32 = 0; // mapSingle, mapPage, mapResource that succeeded
export const DEVCOUNT_UNMAPS: u32 = 1;
export const DEVCOUNT_MAP_SGS: u32 = 2; // mapSg that succeeded
export const DEVCOUNT_UNMAP_SGS: u32 = 3;
export const DEVCOUNT_SG_ENTRIES: u32 = 4; // list entries handed to mapSg
export const DEVCOUNT_SG_SEGMENTS: u32 = 5; // segments mapSg returned
export const DEVCOUNT_ALLOCS: u32 = 6;
export const DEVCOUNT_FREES: u32 = 7;
export const DEVCOUNT_MAP_BYTES: u32 = 8; // bytes mapped by maps and sgs
export const DEVCOUNT_UNMAP_BYTES: u32 = 9;
export const DEVCOUNT_ALLOC_BYTES: u32 = 10;
export const DEVCOUNT_FREE_BYTES: u32 = 11;
export const DEVCOUNT_SYNC_FOR_CPU: u32 = 12;
export const DEVCOUNT_SYNC_FOR_DEVICE: u32 = 13;
export const DEVCOUNT_SYNC_BYTES: u32 = 14;
export const DEVCOUNT_MAP_ERRORS: u32 = 15; // map or mapSg that failed
export const DEVCOUNT_ALLOC_ERRORS: u32 = 16;
export const DEVCOUNT_READS: u32 = 17; // master reads (bursts)
export const DEVCOUNT_READ_BYTES: u32 = 18;
export const DEVCOUNT_WRITES: u32 = 19;
export const DEVCOUNT_WRITE_BYTES: u32 = 20;
export const DEVCOUNT_ACCESS_FAULTS: u32 = 21; // accesses that a SysMMU stopped: at fault, or blocked
export const DEVCOUNT_BUS_ERRORS: u32 = 22; // accesses outside DRAM
export const DEVCOUNT_LIVE: u32 = 23; // live mappings now
export const DEVCOUNT_LIVE_PEAK: u32 = 24;
export const DEVCOUNT_LIVE_BYTES: u32 = 25;
export const DEVCOUNT_LIVE_BYTES_PEAK: u32 = 26;

// ---- mapping history (sanitize/history.ts) ------------------------------------
export const KIND_SINGLE: u32 = 0; // mapSingle, mapPage
export const KIND_SG: u32 = 1;
export const KIND_COHERENT: u32 = 2; // alloc
export const KIND_RESOURCE: u32 = 3;
/** Dead mappings kept for blame. */
export const HISTORY_DEAD: u32 = 16384;
/** Live mappings per chunk of the table. */
export const HISTORY_CHUNK: u32 = 4096;
export const HISTORY_BYTES: u32 = 64;
