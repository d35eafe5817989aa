// The core's exports; nothing else.
export * from "./abi";
export { pagesAlloc, pagesFree, pagesReserve, pagesUsed } from "./dram";
export { header } from "./header";
export * from "./layout";
export { arenaAllocForHost, machineInit } from "./machine";
