// The IOMMU floor's exports; nothing else.
export {
  driverAttach,
  driverDetach,
  driverProbe,
  driverResume,
  driverSetClocks,
  driverSuspend,
} from "./attach";
export { iommuIovaToPhys, iommuMap, iommuUnmap } from "./core";
export {
  domainCreate,
  domainDestroy,
  domainEmptyTable,
  domainFreeEntries,
  domainSetHandler,
  domainTable,
  driverInit,
} from "./domain";
export {
  driverDisable,
  driverEnable,
  driverSetFaultHandler,
  driverSetPrefetch,
  driverTlbInvalidate,
} from "./driver-3-6";
export { driverMap, driverUnmap } from "./driver-map";
export { driverBug, driverIrq } from "./irq";
