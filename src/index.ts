/// <reference lib="esnext.disposable" preserve="true" />
// The public API; nothing else. No dependency, no top-level await, no environment needed.

export { CacheModel } from "./cache/cache-model.js";
export {
  DmaEngine,
  type DmaEngineFault,
  type DmaEngineOptions,
  type DmaEngineResult,
} from "./devices/dma-engine.js";
export {
  type CapturedFrame,
  FimcCapture,
  type FimcCaptureFormat,
  type FimcOptions,
  type FimcResult,
  FimcScaler,
} from "./devices/fimc.js";
export { FIMC_MAX_RATIO } from "./devices/fimc-limits.js";
export { FIMD_WINDOWS, type FimdOptions, type FimdWindow, fimdScanOut } from "./devices/fimd.js";
export { type G2dMask, type G2dOptions, g2dBlit } from "./devices/g2d.js";
export { type JpegOptions, type JpegStream, jpegEncode } from "./devices/jpeg.js";
export {
  Mfc,
  type MfcBanks,
  type MfcCodec,
  type MfcDecode,
  type MfcFrame,
  mfcFrameBytes,
} from "./devices/mfc.js";
export {
  type BusAccess,
  type PatternBase,
  patterns,
  type RandomPattern,
  type Rectangle,
  type TiledPlane,
} from "./devices/patterns.js";
export {
  contiguousPlanes,
  PIXEL_FORMATS,
  type Picture,
  type PicturePlane,
  type PixelFormat,
  pictureBytes,
  planeLayout,
} from "./devices/picture.js";
export { type RotatorOptions, rotate } from "./devices/rotator.js";
export type { Surface } from "./devices/surface.js";
export { testPicture } from "./devices/test-pattern.js";
export { nv12mtTile } from "./devices/tiles.js";
export { type CpuMapping, DmaAllocation, type MemoryRun, type MemoryType } from "./dma/allocation.js";
export {
  ATTRIBUTE_CALLS,
  type AttributeCall,
  type IdleAttribute,
} from "./dma/attribute-statistics.js";
export { ATTRIBUTE_NAMES, attributeNames, DmaAttr } from "./dma/attributes.js";
export type { DmaRange } from "./dma/bus.js";
export { DmaDebug } from "./dma/debug.js";
export { type DmaDebugHook, ObserverError } from "./dma/debug-hook.js";
export { DmaDebugObserver } from "./dma/debug-observer.js";
export type { DeviceMemoryFigures } from "./dma/device-memory.js";
export { DIRECTION_NAMES, DMA_MAPPING_ERROR, DmaDirection } from "./dma/direction.js";
export { Dma } from "./dma/dma.js";
export type { NoncoherentBuffer } from "./dma/noncoherent.js";
export type { AllocOptions, DmaOps } from "./dma/ops.js";
export { PROFILE_SWITCHES, PROFILES, type Profile } from "./dma/profiles.js";
export type { Scatterlist, ScatterlistEntry } from "./dma/scatterlist.js";
export { UserMapping } from "./dma/user-mapping.js";
export { type InterruptOutcome, SysmmuDriver } from "./iommu/driver.js";
export { IommuError, IommuMapping, type MappingOptions } from "./iommu/mapping.js";
export { type Lv1Entry, type Lv2Entry, PageTable, type PageTableOptions } from "./iommu/page-table.js";
export { type RegisterAccess, RegisterLog } from "./iommu/register-log.js";
export type { IovaAllocator } from "./iova/allocators.js";
export { IovaSpace } from "./iova/iova-space.js";
export { Cpu, type CpuAccess } from "./machine/cpu.js";
export type { Explanation } from "./machine/description.js";
export { Device, type DeviceCounters } from "./machine/device.js";
export type { Finding } from "./machine/findings.js";
export type { AccessResult, AccessStatus, HeldAccess } from "./machine/held.js";
export type { MappingRecord, SegmentRange } from "./machine/history.js";
export {
  FaultInjection,
  failNthSweep,
  INJECTION_KINDS,
  type InjectionKind,
} from "./machine/injection.js";
export { Interrupts } from "./machine/interrupts.js";
export { GuestMemory } from "./machine/memory.js";
export { OPS_TABLES, type OpsOptions, type OpsTable } from "./machine/ops-table.js";
export type { CacheOptions, MachineOptions, NewDevice, TlbOptions } from "./machine/options.js";
export { Power, type PowerPolicy } from "./machine/power.js";
export type { RunOptions } from "./machine/run.js";
export { SnapshotError } from "./machine/snapshot.js";
export { Speculation } from "./machine/speculation.js";
export type { MachineStatistics } from "./machine/statistics.js";
export { Machine } from "./machine.js";
export { Combiner } from "./soc/combiner.js";
export { socFromDeviceTree } from "./soc/device-tree.js";
export { exynos4210 } from "./soc/exynos4210.js";
export { exynos4212 } from "./soc/exynos4212.js";
export { exynos4412 } from "./soc/exynos4412.js";
export { FdtError } from "./soc/fdt.js";
export type { MasterDescription, SocDescription, SysmmuDescription } from "./soc/types.js";
export type { FaultRecord } from "./sysmmu/faults.js";
export { BusError, RegisterError, SysMmu } from "./sysmmu/sysmmu.js";
