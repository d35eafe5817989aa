// The core's exports; nothing else.
export * from "./abi";
export { blockUsed } from "./blocks";
export * from "./cache/index";
export * from "./dma/access";
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
export * from "./dma/bounce-index";
export * from "./dma/iommu-index";
export * from "./dma/linear";
export { linearAlloc, linearFree } from "./dma/linear-alloc";
export { syncCpuToDev, syncDevToCpu, syncSetHighmem, syncSetKmapped } from "./dma/sync";
export { pagesAlloc, pagesFree, pagesReserve, pagesUsed } from "./dram";
export { lastError } from "./header";
export * from "./iommu/index";
export * from "./iova/index";
export * from "./layout";
export { arenaAllocForHost, machineInit } from "./machine";
export { replayRun } from "./replay";
export { replayHandle } from "./replay-handles";
export { hazardBeforeCpu, hazardBlock } from "./sanitize/hazards";
export { historyDead, historyDeaths, historyFind, historyLive, historySlot } from "./sanitize/history";
export * from "./sysmmu/index";
