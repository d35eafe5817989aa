// The op stream's operations, and the counters of the loop that runs them.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

// ---- op stream (replay.ts): 16-byte records ------------------------------------
// word 0: op (bits 7:0) | direction or access (15:8) | device index (31:16)
export const OP_NOP: u32 = 0;
export const OP_PREFIX: u32 = 1; // w1 attributes, w2 label, w3 gfp bits: apply to the next map/alloc
export const OP_MAP: u32 = 2; // w1 handle, w2 pa, w3 size
export const OP_UNMAP: u32 = 3; // w1 handle, w2 0, w3 size (0 as mapped); direction 0xff as mapped
export const OP_SG_BEGIN: u32 = 4; // w1 handle, w2 nents, w3 max segment size (0: the device's)
export const OP_SG_ENTRY: u32 = 5; // w1 pa (page and offset), w2 length
export const OP_SG_END: u32 = 6; // w1 handle: performs mapSg
export const OP_UNMAP_SG: u32 = 7; // w1 handle, w2 nents (0 as mapped)
export const OP_SYNC_FOR_CPU: u32 = 8; // w1 handle, w2 offset, w3 size (0 all)
export const OP_SYNC_FOR_DEVICE: u32 = 9; // same
export const OP_ALLOC: u32 = 10; // w1 handle, w2 size, w3 0
export const OP_FREE: u32 = 11; // w1 handle
export const OP_FEED_PAGES: u32 = 12; // w1 pa, w2 bytes: physical block that the next alloc receives
export const OP_CPU_READ: u32 = 13; // w1 handle or NO_HANDLE, w2 offset or pa, w3 length
export const OP_CPU_WRITE: u32 = 14; // same
export const OP_DEV_READ: u32 = 15; // w1 handle or NO_HANDLE, w2 offset or dma address, w3 length
export const OP_DEV_WRITE: u32 = 16; // same
export const OP_BARRIER: u32 = 17;
export const OP_REG_READ: u32 = 18; // device field = SysMMU instance; w1 offset, w2 expected value, w3 1 to check
export const OP_REG_WRITE: u32 = 19; // w1 offset, w2 value
export const OP_FLUSH: u32 = 20; // device: invalidate its translation caches
export const OP_MARKER: u32 = 21; // w1 label
export const OP_MAP_RESOURCE: u32 = 22; // w1 handle, w2 pa, w3 size
export const OP_EXPECT: u32 = 23; // w1 handle, w2 bus address the recording machine gave it: compared and counted
export const OP_COUNT: u32 = 24;
export const NO_HANDLE: u32 = 0xffffffff;
export const DIRECTION_AS_MAPPED: u32 = 0xff;

// ---- machine-wide counters 192..223: replay --------------------------------------
export const COUNT_RECORDS: u32 = 192; // op-stream records executed
export const COUNT_BAD_HANDLE: u32 = 193; // records whose handle names nothing alive
export const COUNT_FAILED_HANDLE: u32 = 194; // records skipped because their map had failed
export const COUNT_BAD_RECORD: u32 = 195; // unknown op, bad direction or bad device
export const COUNT_ADDRESS_EQUAL: u32 = 196; // OP_EXPECT that agreed
export const COUNT_ADDRESS_DIFFERENT: u32 = 197;
export const COUNT_REGISTER_EQUAL: u32 = 198; // checked OP_REG_READ that agreed
export const COUNT_REGISTER_DIFFERENT: u32 = 199;
export const COUNT_HANDLE_TAKEN: u32 = 200; // maps and allocations whose handle named a live mapping
