// What the host, the floors above and the tests need of the System MMU floor.
export { walkBase, walkBatch } from "../pagetable/walk";
export { sysmmuTranslateBatch } from "./batch";
export {
  sysmmuCreate,
  sysmmuMarkStale,
  sysmmuReset,
  sysmmuSetBlockPolls,
  sysmmuSetBuffers,
  sysmmuSetSpace,
} from "./create";
export { sysmmuExplain } from "./explain";
export { sysmmuInject, sysmmuIrqLevel } from "./fault";
export { darkAccess, sysmmuDark, sysmmuSetDark } from "./instance";
export { sysmmuPeek, sysmmuRegRead, sysmmuRegWrite } from "./registers";
export {
  sysmmuAccess,
  sysmmuHolds,
  sysmmuPaHigh,
  sysmmuPass,
  sysmmuPasses,
  sysmmuStop,
  sysmmuTranslate,
} from "./translate";
