// The linear alias of a coherent buffer. The kernel remaps the buffer uncached but leaves the cacheable
// linear address in place; the proposal of 2011 has its removal on the list of work to do. What a driver
// that uses the wrong address sees with the alias, and what stops it without.
import { exynos4210, Machine } from "sysmmu";

const text = (bytes) => JSON.stringify(new TextDecoder().decode(bytes).replaceAll("\0", "."));
const bytes = (s) => new TextEncoder().encode(s);

for (const linearAlias of ["mapped", "unmapped"]) {
  const machine = Machine.create({
    soc: exynos4210,
    dram: { base: 0x4000_0000, bytes: 64 << 20 },
    linearAlias,
  });
  const mfc = machine.device("mfc");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(mfc);
  console.log(`linear alias ${linearAlias}`);

  const buffer = mfc.dma.allocCoherent(4096, { label: "firmware" });
  const linear = buffer.paOf(0); // what __va(dma_to_phys(...)) would lead to
  machine.cpu.speculation.refill(linear); // the prefetcher uses the linear map too
  mfc.write(buffer.dmaAddress, bytes("ready"));
  console.log(
    `  the device wrote "ready"; through the buffer's address the CPU reads ${text(buffer.read(0, 5))}`,
  );
  console.log(
    `  through the linear address ${text(machine.cpu.read(linear, 5))} (${machine.cpu.lastAccess.status})`,
  );
  const { status } = machine.cpu.write(linear, bytes("start"));
  machine.cpu.barrier();
  console.log(
    `  a command stored there (${status}) reaches the device as ${text(mfc.read(buffer.dmaAddress, 5))}`,
  );
  for (const finding of machine.findings()) console.log(`  ${finding.kind}: ${finding.message}`);
  machine.dispose();
}
