// Numbers of the System MMU: generations, log kinds, why an access stopped, counters, fault records.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

// ---- System MMU (assembly/sysmmu) ------------------------------------------------
// Generations as major << 4 | minor of the hardware that is modelled.
export const SYSMMU_V1: u32 = 0x10;
export const SYSMMU_V2: u32 = 0x20;
export const SYSMMU_V3_1: u32 = 0x31; // 3.0 and 3.1
export const SYSMMU_V3_2: u32 = 0x32;
export const SYSMMU_V3_3: u32 = 0x33;
export const SYSMMU_V5: u32 = 0x50;
/** sysmmuSetBlockPolls: the block never takes effect. */
export const SYSMMU_NEVER: u32 = 0xffffffff;
/** sysmmuCreate: no such cache (0 is what the generation has). */
export const SYSMMU_NONE: u32 = 0xffffffff;

// log kinds of LOG_GROUP_REGISTER: a instance, b offset, c value
export const LOGK_REG_WRITE: u32 = 0;
export const LOGK_REG_READ: u32 = 1;
export const LOGK_REG_UNKNOWN: u32 = 2; // first access to an offset without a register; d 1 = write

// Why sysmmuTranslate and sysmmuAccess stopped (sysmmuStop)
export const STOP_NONE: u32 = 0; // done
export const STOP_FAULT: u32 = 1; // this access raised a fault and is held
export const STOP_STALLED: u32 = 2; // held: an earlier fault is not yet cleared
export const STOP_BLOCKED: u32 = 3; // held: CTRL.BLOCK is in effect
export const STOP_BUS_ERROR: u32 = 4; // translated to an address without memory
/** What sysmmuAccess does with the bytes. */
export const ACCESS_NONE: u32 = 0; // translate only
export const ACCESS_BUS: u32 = 1; // past the CPU's caches
export const ACCESS_COHERENT: u32 = 2; // snooping the CPU's caches

// per-instance counters (sysmmuCounters): u64 cells; pairs are read, write
export const SYSCOUNT_LOOKUPS: u32 = 0; // +1 write
export const SYSCOUNT_HITS: u32 = 2;
export const SYSCOUNT_MISSES: u32 = 4; // neither TLB level answered
export const SYSCOUNT_L1_MISSES: u32 = 6; // the first level did not answer
export const SYSCOUNT_FAULTS: u32 = 8; // + INT_STATUS bit (version 5: AW bit n is 8 + 8 + n - 16)
export const SYSCOUNT_WALKS: u32 = 24;
export const SYSCOUNT_DESCRIPTOR_READS: u32 = 25;
export const SYSCOUNT_FILLS: u32 = 26;
export const SYSCOUNT_EVICTIONS: u32 = 27;
export const SYSCOUNT_INVALIDATED: u32 = 28; // entries dropped by a flush
export const SYSCOUNT_FLUSH_ALL: u32 = 29;
export const SYSCOUNT_FLUSH_ENTRY: u32 = 30;
export const SYSCOUNT_FLUSH_RANGE: u32 = 31;
export const SYSCOUNT_STALE_HITS: u32 = 32; // hits on entries whose mapping is gone
export const SYSCOUNT_FLPD_HITS: u32 = 33; // +1 write
export const SYSCOUNT_FLPD_MISSES: u32 = 35; // +1 write
export const SYSCOUNT_REG_READS: u32 = 37;
export const SYSCOUNT_REG_WRITES: u32 = 38;
export const SYSCOUNT_UNKNOWN_REGS: u32 = 39; // accesses to offsets without a register
export const SYSCOUNT_BYPASS: u32 = 40; // +1 write: passed untranslated, MMU off
export const SYSCOUNT_HELD: u32 = 42; // +1 write: accesses refused while stalled or blocked
export const SYSCOUNT_FLPD_FILLS: u32 = 44; // level-1 descriptors cached, prefetched ones included
export const SYSCOUNT_FLPD_INVALIDATED: u32 = 45;
export const SYSCOUNT_FLPD_EVICTIONS: u32 = 46;
export const SYSCOUNT_DARK_REGS: u32 = 47; // register accesses without power (or clock, of a trace): no effect
export const SYSCOUNT_FLPD_STALE: u32 = 48; // level-1 descriptors taken from the cache that memory no longer holds
export const SYSCOUNT_PB_LOOKUPS: u32 = 49; // +1 write: accesses in a window of a prefetch buffer
export const SYSCOUNT_PB_MISSES: u32 = 51; // +1 write: which the buffer could not serve
export const SYSCOUNT_FLPD_PREFETCH_MISSES: u32 = 53; // +1 write: FLPD misses for a prefetch buffer
export const SYSCOUNT_PB_LOADS: u32 = 55; // blocks of 16 pages that buffers loaded
export const SYSCOUNT_SMALL_TABLE_WALKS: u32 = 56; // walks with CFG.5 set, which is not modelled
export const SYSCOUNT_COUNT: u32 = 57;

// sysmmuSetDark: what a System MMU lacks. The driver turns its clocks on around its accesses.
export const DARK_POWER: u32 = 1;
export const DARK_CLOCK: u32 = 2;

// 64-byte records of the ring at FAULTS; header.faultHead counts records ever written:
//   0x00 instance   0x04 kind << 8 | INT_STATUS bit   0x08 va         0x0c write (0/1)
//   0x10 lv1 descriptor address  0x14 its value  0x18 lv2 address     0x1c its value
//   0x20 owner (mapping id)      0x24 PT_BASE (version 5: PPN)        0x28 seq (u64)
//   0x30 INT_STATUS after        0x34 CTRL       0x38 VERSION         0x3c TLB entry (0 none)
// Descriptor addresses are NO_PA where the walk did not come that far.
export const FAULT_KIND_WALK: u32 = 0; // found by the walk
export const FAULT_KIND_TLB: u32 = 1; // found in the TLB: cached fault, permission, multi-hit
export const FAULT_KIND_INJECTED: u32 = 2; // sysmmuInject
export const FAULT_KIND_STALE: u32 = 3; // no fault: first use of an entry whose mapping is gone

// Block of stale uses (its address is in the record of the instance): u32 used, u32 room, u64 hits
// that found no slot, then slots of 32 bytes: owner, first va, u64 hits, u64 first seq, u64 last seq
export const STALE_SLOTS: u32 = 64; // room at birth; it grows
export const STALE_SLOT_BYTES: u32 = 32;
