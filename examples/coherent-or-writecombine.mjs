// KyongHo Cho's question of June 2011: is write-combine worth anything beside coherent memory?
// On a Cortex-A9 both are Normal non-cacheable memory, so both sit in the write buffer and both
// need a barrier before the device may look; where coherent memory is Strongly Ordered they differ.
import { exynos4210, Machine } from "sysmmu";

for (const coherent of ["bufferable", "strongly-ordered"]) {
  const machine = Machine.create({
    soc: exynos4210,
    dram: { base: 0x4000_0000, bytes: 64 << 20 },
    coherentMemory: coherent,
  });
  const fimc0 = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(fimc0);
  console.log(`coherent memory is ${coherent}`);
  for (const kind of ["allocCoherent", "allocWritecombine"]) {
    const buffer = fimc0.dma[kind](4096);
    const before = machine.statistics().cpu;
    for (let i = 0; i < 64; i++) buffer.write32(i * 4, i + 1);
    const early = new Uint32Array(fimc0.read(buffer.dmaAddress, 256).slice().buffer);
    machine.cpu.barrier();
    const late = new Uint32Array(fimc0.read(buffer.dmaAddress, 256).slice().buffer);
    const after = machine.statistics().cpu;
    const stale = early.filter((word, i) => word !== i + 1).length;
    const wrong = late.filter((word, i) => word !== i + 1).length;
    console.log(
      `  ${kind.padEnd(17)} bus writes ${String(after.busWrites - before.busWrites).padStart(3)}, ` +
        `stale words before the barrier ${stale}, after it ${wrong}`,
    );
    fimc0.dma.free(buffer);
  }
  machine.dispose();
}
