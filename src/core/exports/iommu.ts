// Raw exports of the IOMMU floor: domains, the IOMMU core's calls, the Exynos driver. Numbers in and
// out are u32 or i32; a u32 result arrives signed and wants `>>> 0`. `d` is a domain's pointer, `device`
// and `instance` are indices.

/** Page tables, the IOMMU core and the driver of five kernels. */
export interface IommuExports {
  /** A new domain's pointer, or 0 with lastError 12. */
  domainCreate(): number;
  domainDestroy(d: number): void;
  /** Physical address of the level-1 table. */
  domainTable(d: number): number;
  /** Physical address of the shared empty level-2 table, 0 when the profile has none. */
  domainEmptyTable(d: number): number;
  /** The driver's count of free entries behind level-1 entry `index` (0 when there is no table). */
  domainFreeEntries(d: number, index: number): number;
  /** `present` 0: no fault handler; 1: one that returns `result`. */
  domainSetHandler(d: number, present: number, result: number): void;

  /** 0, -errno, or DRIVER_BUG. */
  iommuMap(d: number, iova: number, pa: number, size: number, prot: number): number;
  /** Bytes unmapped; -22 as a size (to v4.4) or 0 for unaligned arguments; UNMAP_BUG. */
  iommuUnmap(d: number, iova: number, size: number): number;
  iommuIovaToPhys(d: number, iova: number): number;
  /** One page: 0, -98, -12, or DRIVER_BUG. */
  driverMap(d: number, iova: number, pa: number, size: number, prot: number): number;
  /** Bytes removed, 0, or UNMAP_BUG. */
  driverUnmap(d: number, iova: number, size: number): number;

  /** Makes the driver's state and the shared empty table; domainCreate does it too. 0 or -12. */
  driverInit(): number;
  driverProbe(instance: number): number;
  /** Bits CLOCK_*; 0: sysmmu and master. */
  driverSetClocks(instance: number, clocks: number): void;
  /** 0, 1 (attached to this table already), -16, or DRIVER_BUG. */
  driverAttach(d: number, device: number): number;
  driverDetach(d: number, device: number): void;
  driverSuspend(instance: number): void;
  driverResume(instance: number): void;
  /** 1 handled, or DRIVER_BUG. */
  driverIrq(instance: number): number;
  /** Label (LABEL_*) of the last BUG, 0 none; reading clears it. */
  driverBug(): number;

  // v3.6 helpers
  driverEnable(device: number, pgtable: number): number;
  driverDisable(device: number): number;
  driverTlbInvalidate(device: number): void;
  driverSetPrefetch(device: number, base0: number, size0: number, base1: number, size1: number): number;
  /** `kind` 0 the default handler, 1 one that returns `result`, 2 none. */
  driverSetFaultHandler(device: number, kind: number, result: number): void;
}
