// Hazards: what goes wrong when bytes, caches and mappings meet (sanitize/hazards.ts).
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

/** A non-coherent master read lines that the CPU's caches held changed: no sync for the device. */
export const HAZARD_STALE_DEVICE_READ: u32 = 1;
/** A non-coherent master wrote lines that the CPU's caches held changed: their write-back destroys it. */
export const HAZARD_LOST_DEVICE_WRITE: u32 = 2;
/** The CPU read lines from its caches that a master had written since: no sync for the CPU. */
export const HAZARD_STALE_CPU_READ: u32 = 3;
/** A master read bytes that still waited in the write buffer: no barrier. */
export const HAZARD_BUFFERED_READ: u32 = 4;
/** Unmap, free or sync of an address that no live mapping starts at. */
export const HAZARD_UNMAP_UNKNOWN: u32 = 5;
/** Unmap with another size than mapped. */
export const HAZARD_UNMAP_SIZE: u32 = 6;
/** Unmap with another direction than mapped. */
export const HAZARD_UNMAP_DIRECTION: u32 = 7;

/** A hand-over to the CPU threw away lines that the CPU had changed: it wrote while the device owned them. */
export const HAZARD_LOST_CPU_WRITE: u32 = 8;

/** A master wrote bytes for which a store still waits in the write buffer: it drains over them. */
export const HAZARD_BUFFERED_WRITE: u32 = 9;
/** Sync of an address that no live mapping holds. */
export const HAZARD_SYNC_UNKNOWN: u32 = 10;
/** Sync that leaves its mapping. */
export const HAZARD_SYNC_SIZE: u32 = 11;
/** Sync in another direction than mapped. */
export const HAZARD_SYNC_DIRECTION: u32 = 12;
/** Unmap by a call of another kind than the map. */
export const HAZARD_UNMAP_KIND: u32 = 13;

/** Device field of a hazard whose master is not known. */
export const HAZARD_NOBODY: u32 = 0xffff;

/** Hazards remembered: one per kind, device and mapping. */
export const HAZARD_SLOTS: u32 = 256;
// A slot: kind | device << 16, owner (mapping serial, 0 none), first dma, first pa,
// count (u64), first seq (u64), last seq (u64), what the call gave (size or direction), what was mapped;
// at 64 the mapping's record as it was then (assembly/sanitize/history.ts), all 0 without one
export const HAZARD_SLOT_BYTES: u32 = 128;
export const HAZARD_RECORD: u32 = 64;
/** First slot in the block; before it: slots used (u32 at 0), events beyond the table (u64 at 8). */
export const HAZARD_FIRST: u32 = 64;
