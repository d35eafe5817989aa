// What the host, the dispatch and the tests need of the bounce ops; nothing else.
export {
  bounceCreate,
  bounceMaxMapping,
  bounceOpsMapPage,
  bounceOpsMapSg,
  bounceOpsSyncForCpu,
  bounceOpsSyncForDevice,
  bounceOpsSyncSgForCpu,
  bounceOpsSyncSgForDevice,
  bounceOpsUnmapPage,
  bounceOpsUnmapSg,
} from "./bounce";
export { bounceSaid, bounceSaidOperand } from "./bounce-common";
export {
  dmabounceNeeds,
  dmabounceRegister,
  dmabounceUnregister,
  dmabounceWindow,
} from "./bounce-dmabounce";
export { dmabounceStatistic } from "./bounce-safe";
export { swiotlbExit, swiotlbInit, swiotlbResetHighWater, swiotlbSetCpu, swiotlbStatistic } from "./swiotlb";
export { swiotlbMap, swiotlbUnmap } from "./swiotlb-ops";
