// A master uses an address that nobody mapped: the System MMU stops it, raises its interrupt,
// and the machine can say who held the address before.
import { DmaDirection, exynos4210, Machine } from "sysmmu";

const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const fimc0 = machine.device("fimc0");
machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(fimc0);
const mmu = machine.sysmmu("fimc0");
mmu.onInterrupt = (level) => console.log(`interrupt ${level ? "raised" : "lowered"}`);
// request_irq: the combiner lets it through to the GIC.
machine.interrupts.enable("fimc0");
machine.interrupts.onInterrupt = (spi, level) => console.log(`SPI ${spi} is ${level ? "up" : "down"}`);

const pa = machine.memory.alloc(4096);
const dma = fimc0.dma.mapSingle(pa, 4096, DmaDirection.FromDevice, 0, "capture");
fimc0.dma.unmapSingle(dma, 4096, DmaDirection.FromDevice);

// Too late: the buffer is gone.
const result = fimc0.write(dma, new Uint8Array(64));
console.log(`write ended with "${result.status}" after ${result.done} bytes`);
for (const finding of machine.findings()) console.log(finding.message);
console.log(machine.explain(fimc0, dma).text);

// What the interrupt handler of a driver would do: acknowledge.
mmu.writeUint32(0x01c, mmu.readUint32(0x018));
machine.dispose();
