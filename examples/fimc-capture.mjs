// The capture loop of a camera driver, moved over from the kernel's API name by name: queue buffers,
// map them, start, take the interrupt, sync, hand the frame on, queue again, stop and unmap.
import { DMA_MAPPING_ERROR, DmaDirection, exynos4210, Machine } from "sysmmu";

const WIDTH = 64;
const HEIGHT = 48;
const FRAME = WIDTH * HEIGHT * 2; // YUYV
const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const fimc0 = machine.device("fimc0");
const { dma } = fimc0;
machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(fimc0);
dma.maxSegSize = 0xffff_ffff; // dma_set_max_seg_size, as videobuf2-dma-contig wants

/** vb2: pages that are not neighbours, as user memory is. */
function allocateBuffer() {
  const list = [];
  for (let left = FRAME; left > 0; left -= 4096) {
    const pa = machine.memory.alloc(4096);
    machine.memory.alloc(4096); // somebody else's page between
    list.push({ pa, offset: 0, length: Math.min(left, 4096) });
  }
  return { list, dmaAddress: DMA_MAPPING_ERROR };
}

/** buf_prepare: dma_map_sg. */
function prepare(buffer) {
  const segments = dma.mapSg(buffer.list, DmaDirection.FromDevice, 0, "fimc capture");
  if (segments !== 1) throw new Error(`dma_map_sg: ${segments} segments, the hardware wants one`);
  buffer.dmaAddress = buffer.list[0].dmaAddress;
}

/** What the block does between start and its interrupt: writes lines at its output address. */
function hardwareWritesFrame(address, number) {
  for (let line = 0; line < HEIGHT; line++) {
    const result = fimc0.write(address + line * WIDTH * 2, new Uint8Array(WIDTH * 2).fill(number + line));
    if (result.status !== "ok") throw new Error(`line ${line}: ${result.status}`);
  }
}

/** The interrupt handler: the frame belongs to the CPU now. */
function interrupt(buffer) {
  dma.syncSgForCpu(buffer.list, DmaDirection.FromDevice);
  const [first] = machine.cpu.read(buffer.list[0].pa, 1);
  const last = buffer.list.at(-1);
  const [end] = machine.cpu.read(last.pa + last.length - 1, 1);
  return [first, end];
}

const queue = [allocateBuffer(), allocateBuffer(), allocateBuffer()];
for (const buffer of queue) prepare(buffer);
for (let frame = 1; frame <= 6; frame++) {
  const buffer = queue.shift();
  hardwareWritesFrame(buffer.dmaAddress, frame);
  const [first, end] = interrupt(buffer);
  console.log(`frame ${frame} at 0x${buffer.dmaAddress.toString(16)}: first byte ${first}, last byte ${end}`);
  dma.syncSgForDevice(buffer.list, DmaDirection.FromDevice);
  queue.push(buffer);
}
for (const buffer of queue) dma.unmapSg(buffer.list, DmaDirection.FromDevice);
const { hits, misses, faults } = machine.sysmmu("fimc0").statistics();
console.log(
  `live mappings ${machine.statistics().live}, TLB hits ${hits}, misses ${misses}, faults ${faults}`,
);
machine.dispose();
