// The core's exports; nothing else.
export * from "./abi";
export { blockSum, blockUsed } from "./blocks";
export * from "./cache/index";
export * from "./dma/access";
export { aliasAccess, aliasBlock, aliasPages, aliasRefill } from "./dma/alias";
export { dmaAlloc, dmaFindAllocation, dmaFree } from "./dma/alloc-api";
export {
  dmaMapPage,
  dmaMapResource,
  dmaMapSg,
  dmaSyncSg,
  dmaSyncSingle,
  dmaUnmapPage,
  dmaUnmapResource,
  dmaUnmapSg,
} from "./dma/api";
export { deviceAddSysmmu, deviceAttach, deviceCreate, deviceDetach, deviceSetOps } from "./dma/attach";
export { dmaAttributeEffects } from "./dma/attributes";
export * from "./dma/bounce-index";
export { deviceDmaToPhys, devicePhysToDma, deviceSetRanges } from "./dma/bus";
export { deviceDeclareMemory, deviceMemoryStatistic, deviceReleaseMemory } from "./dma/device-memory";
export * from "./dma/iommu-index";
export * from "./dma/linear";
export { linearAlloc, linearFree } from "./dma/linear-alloc";
export { dmaFreeAs, dmaMmap, dmaMmapPage } from "./dma/mmap";
export { syncCpuToDev, syncDevToCpu, syncSetHighmem, syncSetKmapped } from "./dma/sync";
export { dmaSyncRange } from "./dma/sync-range";
export { pagesAlloc, pagesFree, pagesReserve, pagesTaken, pagesUsed } from "./dram";
export { lastError } from "./header";
export * from "./iommu/index";
export * from "./iova/index";
export * from "./layout";
export { arenaAllocForHost, machineInit } from "./machine";
export { replayRun } from "./replay";
export { replayHandle } from "./replay-handles";
export { hazardBeforeCpu } from "./sanitize/cpu-hazards";
export { hazardBlock } from "./sanitize/hazards";
export {
  historyDead,
  historyDeaths,
  historyFind,
  historyKeepList,
  historyLastBorn,
  historyLive,
  historySlot,
} from "./sanitize/history";
export * from "./sysmmu/index";
