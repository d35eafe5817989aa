// set_dma_ops with a table that is a driver's own in part: a wrapper that keeps count
// of mapped bytes and refuses more than a budget; every other op stays the IOMMU's.
import { DMA_MAPPING_ERROR, DmaDirection, exynos4210, Machine } from "sysmmu";

const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const g2d = machine.device("g2d");
machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(g2d);
const { dma } = g2d;
const BUDGET = 10_000;
let mapped = 0;

const previous = dma.ops;
dma.setOps({
  name: "budget",
  mapPage(page, offset, size, ...rest) {
    if (mapped + size > BUDGET) return DMA_MAPPING_ERROR;
    const address = previous.mapPage(page, offset, size, ...rest);
    if (address !== DMA_MAPPING_ERROR) mapped += size;
    return address;
  },
  unmapPage(address, size, ...rest) {
    previous.unmapPage(address, size, ...rest);
    mapped -= size;
  },
});
console.log(`ops of g2d: ${previous.name}, then ${dma.ops.name}`);

const pa = machine.memory.alloc(16384);
const addresses = [];
for (let n = 0; n < 4; n++) {
  // dma_map_single is a wrapper of map_page: the budget holds for it too.
  const address = dma.mapSingle(pa + n * 4096, 4096, DmaDirection.ToDevice, 0, `tile ${n}`);
  const failed = dma.mappingError(address);
  if (!failed) addresses.push(address);
  console.log(`  tile ${n}: ${failed ? "over budget" : `0x${address.toString(16)}`}, ${mapped} bytes mapped`);
}
for (const address of addresses) dma.unmapSingle(address, 4096, DmaDirection.ToDevice);
dma.resetOps();
console.log(
  `after unmap ${mapped} bytes; ops of g2d: ${dma.ops.name}; live mappings ${machine.statistics().live}`,
);
machine.dispose();
