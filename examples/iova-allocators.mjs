// One workload under every allocator of IO addresses: where buffers land, how much of the space is used
// up and into how many pieces the rest is cut. gen_pool was the proposal of May 2011, bitmaps were its
// future work and mainline, the tree with magazines is what other architectures have.
import { DmaDirection, exynos4210, Machine } from "sysmmu";

for (const allocator of ["gen-pool", "bitmap", "range-tree", "range-cache", "own"]) {
  const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 64 << 20 } });
  const { dma, name } = machine.device("fimd0");
  const order = allocator === "gen-pool" ? 4 : 0; // granules of 64 KiB, as the proposal asked for
  const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20, order, allocator });
  mapping.attach(machine.device(name));
  const pa = machine.memory.alloc(1 << 20);
  const live = [];
  let x = 1;
  let first = 0;
  for (let n = 0; n < 400; n++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    if (live.length > 40) {
      const [address, size] = live.splice(x % live.length, 1)[0];
      dma.unmapSingle(address, size, DmaDirection.ToDevice);
    }
    const size = 4096 * (1 + ((x >>> 8) % 24));
    const address = dma.mapSingle(pa, size, DmaDirection.ToDevice);
    if (n === 0) first = address;
    if (!dma.mappingError(address)) live.push([address, size]);
  }
  const { used, peak, freeRuns, largestFree } = mapping.figures;
  console.log(
    `${allocator.padEnd(11)} first 0x${first.toString(16)}, ${used} pages used, at most ${peak}; ` +
      `free runs ${freeRuns}, the longest ${largestFree}; refused ${machine.device(name).counters.mapErrors}`,
  );
  machine.dispose();
}
