// A network driver's receive and transmit rings: descriptors in coherent memory, payloads in streaming
// mappings, a barrier before the doorbell, and what is seen when the barrier is left out.
import { DmaDirection, exynos4210, Machine } from "sysmmu";

const ENTRIES = 8;
const BUFFER = 2048;
const OWN = 0x8000_0000; // the device owns the descriptor
const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
const nic = machine.addDevice("nic");
const { dma } = nic;
machine.iommu.createMapping({ base: 0x1000_0000, size: 16 << 20 }).attach(nic);
dma.setMaskAndCoherent(32);

const ring = dma.allocCoherent(ENTRIES * 8); // { address, flags | length } each
const skbs = [];

/** Maps a buffer and gives its descriptor to the device. */
function post(i, direction, bytes) {
  const pa = machine.memory.alloc(4096);
  if (bytes !== undefined) machine.cpu.write(pa, bytes);
  const address = dma.mapSingle(pa, BUFFER, direction, 0, direction === DmaDirection.ToDevice ? "tx" : "rx");
  if (dma.mappingError(address)) throw new Error("dma_map_single failed");
  skbs[i] = { pa, address, direction };
  ring.write32(i * 8, address);
  ring.write32(i * 8 + 4, (OWN | (bytes?.length ?? BUFFER)) >>> 0);
}

/** The device looks at descriptor `i`; null when it does not own it. */
function fetch(i) {
  const words = new DataView(nic.read(ring.dmaAddress + i * 8, 8).slice().buffer);
  const flags = words.getUint32(4, true);
  return flags & OWN ? { address: words.getUint32(0, true), length: flags & 0xffff } : null;
}

const text = new TextEncoder();
for (let i = 0; i < ENTRIES; i++) {
  if (i % 2 === 0) post(i, DmaDirection.ToDevice, text.encode(`packet ${i}`));
  else post(i, DmaDirection.FromDevice);
}
let early = 0;
for (let i = 0; i < ENTRIES; i++) if (fetch(i) === null) early++;
console.log(`doorbell without a barrier: ${early} descriptors not seen yet`);
machine.cpu.barrier(); // wmb()
for (let i = 0; i < ENTRIES; i++) {
  const descriptor = fetch(i);
  if (descriptor === null) throw new Error(`descriptor ${i} is not the device's`);
  if (i % 2 === 0) {
    console.log(`sent: ${new TextDecoder().decode(nic.read(descriptor.address, descriptor.length))}`);
  } else nic.write(descriptor.address, text.encode(`answer ${i}`));
}
for (let i = 0; i < ENTRIES; i++) {
  const { pa, address, direction } = skbs[i];
  dma.unmapSingle(address, BUFFER, direction);
  if (direction === DmaDirection.FromDevice) {
    console.log(`received: ${new TextDecoder().decode(machine.cpu.read(pa, 8))}`);
  }
}
dma.free(ring);
const { bufferedDeviceReads, staleDeviceReads } = machine.statistics().hazards;
console.log(
  `device reads of bytes in the write buffer ${bufferedDeviceReads}, of stale lines ${staleDeviceReads}`,
);
machine.dispose();
