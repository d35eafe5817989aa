// Numbers that core and host share. The host reads them as exported globals, so they cannot
// drift apart. Each floor has its own file and its own ranges:
//
//   switches     0..15 iova   16..31 iommu   32..47 cache   48..79 dma   80..95 bounce
//   counters     0..31 dma    32..95 cache   96..127 iova   128..159 iommu
//              160..191 bounce   192..223 stream   256..399 attributes without effect
//
// Not modelled: this file holds numbers only.

export * from "./abi/bounce";
export * from "./abi/cache";
export * from "./abi/dma";
export * from "./abi/hazard";
export * from "./abi/history";
export * from "./abi/iommu";
export * from "./abi/iova";
export * from "./abi/kernel";
export * from "./abi/stream";
export * from "./abi/sysmmu";
