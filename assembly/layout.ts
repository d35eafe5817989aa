// The map of linear memory. Everything the machine is lies here, at addresses
// that this file alone decides; a snapshot is a copy of [0, memory end).
//
//   0x000000  HEADER     magic, ABI version, configuration, allocator state
//   0x001000  SWITCHES   profile switches, one u32 each (indices in abi.ts)
//   0x002000  COUNTERS   machine-wide u64 counters (indices in abi.ts)
//   0x004000  DEVICES    128 device records of 512 bytes
//   0x014000  SYSMMUS    64 System MMU instances of 1 KiB
//   0x024000  INJECT     fault-injection counters
//   0x025000  FEED       1024 page blocks handed to the allocator in advance
//   0x028000  SCRATCH    one page for bytes on their way inside a call
//   0x030000  LOG        event log ring: 8192 records of 32 bytes
//   0x070000  FAULTS     fault record ring: 1024 records of 64 bytes
//   0x080000  SG         scatterlist exchange: 16384 entries of 32 bytes
//   0x100000  BATCH      batch exchange with the host: 1 MiB
//   0x200000  constants of the compiler (--memoryBase)
//   0x210000  DRAM       the guest's physical memory window
//   DRAM end  ARENA      caches, TLBs, IO-address spaces, history; grows
//
// Not modelled: nothing; this file holds numbers only.

export const HEADER: usize = 0x000000;
export const SWITCHES: usize = 0x001000;
export const SWITCH_COUNT: u32 = 256;
export const COUNTERS: usize = 0x002000;
export const COUNTER_COUNT: u32 = 512;
export const DEVICES: usize = 0x004000;
export const DEVICE_COUNT: u32 = 128;
export const DEVICE_BYTES: u32 = 512;
export const SYSMMUS: usize = 0x014000;
export const SYSMMU_COUNT: u32 = 64;
export const SYSMMU_BYTES: u32 = 1024;
export const INJECT: usize = 0x024000;
export const FEED: usize = 0x025000;
export const FEED_COUNT: u32 = 1024;
export const SCRATCH: usize = 0x028000;
export const LOG: usize = 0x030000;
export const LOG_COUNT: u32 = 8192;
export const LOG_BYTES: u32 = 32;
export const FAULTS: usize = 0x070000;
export const FAULT_COUNT: u32 = 1024;
export const FAULT_BYTES: u32 = 64;
export const SG: usize = 0x080000;
export const SG_COUNT: u32 = 16384;
export const SG_BYTES: u32 = 32;
export const BATCH: usize = 0x100000;
export const BATCH_BYTES: u32 = 0x100000;
export const MEMORY_BASE: usize = 0x200000;
export const DRAM: usize = 0x210000;

/** "SMMU" in little-endian ASCII; the first word of every snapshot. */
export const MAGIC: u32 = 0x554d4d53;
/** Raised whenever a structure or an address of the memory changes meaning. */
export const ABI_VERSION: u32 = 1;
