// Numbers of the page tables and the Exynos IOMMU driver: switches, log kinds, texts, counters.
//
// Not modelled: numbers only; the map of their ranges is in ../abi.ts.

// ---- page tables and the Exynos IOMMU driver (assembly/iommu, assembly/pagetable) --
// switches 16..31; what each number means is said in src/dma/profiles/iommu.ts
export const SWITCH_DRIVER: u32 = 16;
export const SWITCH_DRIVER_ZERO_L1: u32 = 17;
export const SWITCH_DRIVER_TABLE_SYNC: u32 = 18;
export const SWITCH_DRIVER_NO_PROT: u32 = 19;
export const SWITCH_DRIVER_MISUSE: u32 = 20;
export const SWITCH_DRIVER_ROLLBACK: u32 = 21;
export const SWITCH_DRIVER_UNCLEANED: u32 = 22;
export const SWITCH_DRIVER_OLD_MAP: u32 = 23;
export const SWITCH_IOMMU_SIZES: u32 = 24;
export const SWITCH_IOMMU_UNMAP_REST: u32 = 25;
export const SWITCH_IOMMU_UNALIGNED: u32 = 26;
/** Ways of SWITCH_DRIVER: whose register protocol. */
export const DRIVER_V6_1: u32 = 0; // v5.15 .. v6.1
export const DRIVER_V4_4: u32 = 1;
export const DRIVER_V3_6: u32 = 2; // v3.5 .. v3.14
export const DRIVER_2011: u32 = 3; // the 2011 RFC
/** Ways of SWITCH_DRIVER_TABLE_SYNC. */
export const TABLE_SYNC_DMA: u32 = 0; // streaming DMA API: clean
export const TABLE_SYNC_FLUSH: u32 = 1; // dmac_flush_range and outer_flush_range
/** Ways of SWITCH_DRIVER_MISUSE. */
export const MISUSE_WARN: u32 = 0; // WARN, nothing done
export const MISUSE_BUG: u32 = 1; // BUG on unmap; map over a section unnoticed

/** driverUnmap and iommuUnmap: the kernel stops with BUG here (driverBug says why). */
export const UNMAP_BUG: u32 = 0xffffffff;
/** driverIrq, driverMap, driverDisable: the same. */
export const DRIVER_BUG: i32 = -2147483648;

// kinds of LOG_GROUP_TABLE: operands pa, bytes; alloc: pa or NO_PA, domain, lv1 index
export const LOGK_TABLE_ALLOC: u32 = 0;
export const LOGK_TABLE_FREE: u32 = 1;
export const LOGK_TABLE_DFLUSH: u32 = 2;
export const LOGK_TABLE_OFLUSH: u32 = 3;
export const LOGK_TABLE_SYNC_CPU: u32 = 4;
export const LOGK_TABLE_SYNC_DEV: u32 = 5;
export const LOGK_TABLE_DMA_MAP: u32 = 6;
export const LOGK_TABLE_DMA_UNMAP: u32 = 7;
// kinds of LOG_GROUP_DRIVER; the texts behind the numbers are in src/iommu/driver-events.ts
export const LOGK_CLOCK: u32 = 0; // what, clock, instance
export const LOGK_POWER: u32 = 1; // what, instance
export const LOGK_DOMAIN_HANDLER: u32 = 2; // device, iova, flags, result
export const LOGK_FAULT_HANDLER: u32 = 3; // type, page table, address, result
export const LOGK_WARN_ON: u32 = 4; // label
export const LOGK_WARN: u32 = 5; // text, iova
export const LOGK_BUG: u32 = 6; // label
export const LOGK_PRINT: u32 = 7; // text, its operands in order
export const CLOCK_ENABLE: u32 = 0;
export const CLOCK_DISABLE: u32 = 1;
export const CLOCK_PREPARE: u32 = 2;
export const CLOCK_PREPARE_ENABLE: u32 = 3;
export const CLOCK_DISABLE_UNPREPARE: u32 = 4;
/** Clocks of an instance, bits of driverSetClocks. */
export const CLOCK_SYSMMU: u32 = 1;
export const CLOCK_MASTER: u32 = 2;
export const CLOCK_PCLK: u32 = 4;
export const CLOCK_ACLK: u32 = 8;
export const POWER_GET_SYNC: u32 = 0;
export const POWER_PUT: u32 = 1;
export const POWER_GET_NORESUME: u32 = 2;
// labels of WARN_ON and BUG
export const LABEL_BUSY: u32 = 1; // attach:busy
export const LABEL_OTHER_PGTABLE: u32 = 2; // enable:other-pgtable
export const LABEL_NOT_ACTIVE: u32 = 3; // disable:not-active
export const LABEL_INACTIVE: u32 = 4; // irq:sysmmu-inactive
export const LABEL_UNKNOWN_BIT: u32 = 5; // irq:unknown-fault-bit
export const LABEL_NOT_HANDLED: u32 = 6; // irq:fault-not-handled
export const LABEL_UNCONDITIONAL: u32 = 7; // unconditional
export const LABEL_ENTRY_BUSY: u32 = 8; // map:l2-entry-busy
export const LABEL_SECTION: u32 = 9; // unmap:smaller-than-section
export const LABEL_LARGE: u32 = 10; // unmap:smaller-than-large-page
export const LABEL_CLIENTS: u32 = 11; // domain-free:attached
export const LABEL_LISTED: u32 = 12; // attach:listed
export const LABEL_PREFBUF: u32 = 13; // prefbuf:range
export const LABEL_MAPPED: u32 = 14; // map:prohibited (2011)
export const LABEL_UNMAPPED: u32 = 15; // unmap:prohibited (2011)
// texts of WARN and print
export const TEXT_SECTION_MAPPED: u32 = 1; // iova
export const TEXT_UNDER_SECTION: u32 = 2; // iova
export const TEXT_MAP_FAILED: u32 = 3; // errno, size, iova
export const TEXT_UNMAP_FAILED: u32 = 4; // size, iova, page size
export const TEXT_MAP_UNALIGNED: u32 = 5; // iova, pa, size, smallest page
export const TEXT_UNMAP_UNALIGNED: u32 = 6; // iova, size, smallest page
export const TEXT_ATTACH_FAILED: u32 = 7; // page table
export const TEXT_NOT_ATTACHED: u32 = 8;
export const TEXT_ALREADY_ENABLED: u32 = 9; // device, page table
export const TEXT_FAULT: u32 = 10; // type, address, page table, instance
export const TEXT_LV1: u32 = 11; // descriptor
export const TEXT_LV2: u32 = 12; // descriptor
export const TEXT_OOPS: u32 = 13;
export const TEXT_NOT_OURS: u32 = 14; // instance
export const TEXT_CHECK_IRQ: u32 = 15;
export const TEXT_MASTER_FAULT: u32 = 16; // bit, address, device, 1 for version 5

// machine-wide counters 128..159: page tables and driver
export const COUNT_MAP_SMALL: u32 = 128; // 4 KiB pages mapped
export const COUNT_MAP_LARGE: u32 = 129; // 64 KiB pages mapped
export const COUNT_MAP_SECTION: u32 = 130; // 1 MiB sections mapped
export const COUNT_UNMAP_SMALL: u32 = 131;
export const COUNT_UNMAP_LARGE: u32 = 132;
export const COUNT_UNMAP_SECTION: u32 = 133;
export const COUNT_UNMAP_NOTHING: u32 = 134; // driver unmaps that found no mapping
export const COUNT_MAP_BUSY: u32 = 135; // driver maps refused: something is mapped there
export const COUNT_TABLES: u32 = 136; // level-2 tables taken
export const COUNT_TABLES_FREED: u32 = 137;
export const COUNT_INVALIDATIONS: u32 = 138; // block, flush, unblock rounds that were done
export const COUNT_INVALIDATIONS_LOST: u32 = 139; // rounds skipped: the block did not take effect
export const COUNT_DRIVER_BUGS: u32 = 140; // calls at which the kernel stops
export const COUNT_DRIVER_WARNINGS: u32 = 141; // WARN and WARN_ON
export const COUNT_SECTION_WRITES: u32 = 142; // pages mapped into a section's memory taken for a table (v3.6)
export const COUNT_FAULT_IRQS: u32 = 143; // fault interrupts taken
export const COUNT_TABLE_SYNCS: u32 = 144; // stretches of a table brought to memory after a change (sync_single_for_device)
