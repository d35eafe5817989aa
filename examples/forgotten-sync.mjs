// Why a buffer is invalidated twice, at map and before the CPU looks: between the two the core may take
// lines back in without being asked. With seed and odds the accident is repeatable.
import { DmaDirection, exynos4210, Machine } from "sysmmu";

const FRAME = 4096;
const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const fimc0 = machine.device("fimc0");
machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(fimc0);
const { dma } = fimc0;
const pa = machine.memory.alloc(FRAME);
const address = dma.mapSingle(pa, FRAME, DmaDirection.FromDevice);

let frame = 0;
for (const [what, lines, sync] of [
  ["no speculation, no sync", 0, false],
  ["speculation, no sync   ", 24, false],
  ["speculation and sync   ", 24, true],
]) {
  frame++;
  dma.syncSingleForDevice(address, FRAME, DmaDirection.FromDevice);
  const taken = machine.cpu.speculation.scatter({ seed: 42, lines, pa, bytes: FRAME });
  fimc0.write(address, new Uint8Array(FRAME).fill(frame)); // the next frame
  if (sync) dma.syncSingleForCpu(address, FRAME, DmaDirection.FromDevice);
  const old = machine.cpu.read(pa, FRAME).filter((byte) => byte !== frame).length;
  console.log(`${what}: ${taken} lines taken in, ${old} old bytes of ${FRAME}`);
}
dma.unmapSingle(address, FRAME, DmaDirection.FromDevice);
machine.dispose();
