export { domainCreate, domainDestroy, driverAttach, driverDetach, driverProbe, iommuIovaToPhys, iommuMap, iommuUnmap } from "./interim";
