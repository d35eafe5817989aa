// What the IO-address floor offers to the floors above, the host and the tests.
export { iovaAlloc, iovaFree, iovaOwnerOf, iovaSetOwner, iovaStartOf, iovaTrackOwners } from "./allocate";
export { iovaBatch, magBatch, wcBatch } from "./batch";
export {
  iovaBitmapCount,
  iovaBitmapCrc,
  iovaBits,
  iovaBugs,
  iovaExtensions,
  iovaFailures,
  iovaFreeRuns,
  iovaLargestFree,
  iovaPeakPages,
  iovaTotalPages,
  iovaUsedPages,
  rbCrc,
} from "./figures";
export { magazinesCreate, magazinesDestroy, magGive, magTake } from "./magazines";
export { rbAllocFast, rbCached, rbFlush, rbFreeFast } from "./range-cache";
export {
  rbAlloc,
  rbCreate,
  rbDestroy,
  rbFind,
  rbFree,
  rbNodeHi,
  rbNodeLo,
  rbNodes,
  rbPages,
  rbReserve,
} from "./range-tree";
export { iovaCreate, iovaCreateKind, iovaDestroy } from "./space";
export {
  wcCreate,
  wcCreatePart,
  wcDestroy,
  wcExtend,
  wcFree,
  wcIsFree,
  wcPages,
  wcReserve,
  wcUsed,
} from "./word-classes";
export { wcAlloc, wcAllocBased, wcLowest } from "./word-search";
