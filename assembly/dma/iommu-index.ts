// What the host, the dispatch and the tests need of the IOMMU dma ops; nothing else.
export {
  iommuOpsAlloc,
  iommuOpsFree,
  iommuOpsFreeAs,
  iommuOpsLastHandle,
} from "./alloc";
export { iommuOpsGetSgtable, iommuOpsIsCookie, iommuOpsMmap, iommuOpsMmapPage } from "./alloc-map";
export {
  iommuOpsMapPage,
  iommuOpsMapResource,
  iommuOpsMapSg,
  iommuOpsSyncForCpu,
  iommuOpsSyncForDevice,
  iommuOpsSyncSgForCpu,
  iommuOpsSyncSgForDevice,
  iommuOpsUnmapPage,
  iommuOpsUnmapResource,
  iommuOpsUnmapSg,
} from "./iommu";
export { stubCreate, stubDestroy } from "./iommu-stub";
export { kmapAdd, kmapClear } from "./kmap-list";
export { poolAlloc, poolBase, poolFree, poolInit, poolUsed } from "./pool";
