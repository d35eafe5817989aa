// The cache floor's exports; nothing else.
export { cpuRead, cpuRead32, cpuWrite, cpuWrite32 } from "./access";
export {
  busRead,
  busWrite,
  cacheDirtyLines,
  cachePeek,
  cacheStaleLines,
  cacheValidLines,
  snoopRead,
  snoopWrite,
} from "./bus";
export { dmacFlushVia, dmacMapArea, dmacUnmapArea, innerClean, innerFlush, innerInvalidate } from "./inner";
export { cacheContext, cacheFlushAll } from "./maintenance";
export { outerClean, outerFlush, outerInvalidate } from "./outer";
export { cacheRandomRefills, cacheRefill } from "./refill";
export { cacheInit, cacheSetBufferAge, cacheSetLineBytes } from "./state";
export { cpuBarrier, cpuReadAs, cpuWriteAs } from "./uncached";
export { bufferPending } from "./write-buffer";
