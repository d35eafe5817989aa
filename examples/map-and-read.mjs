// A driver maps a buffer, the camera interface reads it through its System MMU.
import { DmaDirection, exynos4210, Machine } from "sysmmu";

const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const fimc0 = machine.device("fimc0");
const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 });
mapping.attach(fimc0);

const pa = machine.memory.alloc(8192);
machine.cpu.write(pa, new TextEncoder().encode("a line of pixels"));

// mapSingle cleans the caches, so the master sees what the CPU wrote.
const dma = fimc0.dma.mapSingle(pa, 8192, DmaDirection.ToDevice, 0, "example");
if (fimc0.dma.mappingError(dma)) throw new Error("no IO address left");

console.log(`pa 0x${pa.toString(16)} is IO address 0x${dma.toString(16)}`);
console.log(`fimc0 reads: ${new TextDecoder().decode(fimc0.read(dma, 16))}`);

fimc0.dma.unmapSingle(dma, 8192, DmaDirection.ToDevice);
const { lookups, hits, misses, walks } = machine.sysmmu("fimc0").statistics();
console.log(`lookups ${lookups}, hits ${hits}, misses ${misses}, walks ${walks}`);
machine.dispose();
