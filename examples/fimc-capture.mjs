// The capture loop of a camera driver, moved over from the kernel's API name by name: queue buffers,
// map them, start, take the interrupt, sync, hand the frame on, queue again, stop and unmap.
import { contiguousPlanes, DmaDirection, exynos4210, FimcCapture, Machine, pictureBytes } from "sysmmu";

const FORMAT = "NV12";
const WIDTH = 64;
const HEIGHT = 48;
const FRAME = pictureBytes(FORMAT, WIDTH, HEIGHT);
const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const fimc0 = machine.device("fimc0");
const { dma } = fimc0;
machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(fimc0);
dma.maxSegSize = 0xffff_ffff; // dma_set_max_seg_size, as videobuf2-dma-contig wants
const hardware = new FimcCapture(fimc0, {
  format: FORMAT,
  width: WIDTH,
  height: HEIGHT,
  sensor: (line, sequence, rgb) => rgb.fill(sequence + 1 + line), // grey, darker above
});

/** vb2: pages that are not neighbours, as user memory is. */
function allocateBuffer() {
  const list = [];
  for (let left = FRAME; left > 0; left -= 4096) {
    const pa = machine.memory.alloc(4096);
    machine.memory.alloc(4096); // somebody else's page between
    list.push({ pa, offset: 0, length: Math.min(left, 4096) });
  }
  return { list, planes: [] };
}

/** buf_prepare: dma_map_sg. */
function prepare(buffer) {
  const segments = dma.mapSg(buffer.list, DmaDirection.FromDevice, 0, "fimc capture");
  if (segments !== 1) throw new Error(`dma_map_sg: ${segments} segments, the hardware wants one`);
  buffer.planes = contiguousPlanes(FORMAT, WIDTH, HEIGHT, buffer.list[0].dmaAddress);
}

/** buf_queue: the addresses go into the block's registers. */
function queue(buffer) {
  active.push(buffer);
  hardware.queue(buffer.planes);
}

const active = [];
const buffers = [allocateBuffer(), allocateBuffer(), allocateBuffer()];
for (const buffer of buffers) prepare(buffer);
for (const buffer of buffers) queue(buffer);

/** The interrupt handler: the frame belongs to the CPU now; when it is done with it, queue it again. */
hardware.onInterrupt = ({ sequence, planes }) => {
  const buffer = active.shift();
  dma.syncSgForCpu(buffer.list, DmaDirection.FromDevice);
  const luma = machine.cpu.read(buffer.list[0].pa, WIDTH * HEIGHT);
  console.log(
    `frame ${sequence + 1} at 0x${planes[0].address.toString(16)}: first byte ${luma[0]}, last byte ${luma.at(-1)}`,
  );
  dma.syncSgForDevice(buffer.list, DmaDirection.FromDevice);
  queue(buffer);
};

// start_streaming: the sensor sends six frames.
for (let frame = 0; frame < 6; frame++) {
  const result = hardware.capture();
  if (result?.status !== "done") throw new Error(`frame ${frame}: ${result?.status ?? "no buffer"}`);
}
for (const { list } of buffers) dma.unmapSg(list, DmaDirection.FromDevice); // stop_streaming, buf_cleanup
const { hits, misses, faults } = machine.sysmmu("fimc0").statistics();
console.log(
  `live mappings ${machine.statistics().live}, TLB hits ${hits}, misses ${misses}, faults ${faults}`,
);
machine.dispose();
