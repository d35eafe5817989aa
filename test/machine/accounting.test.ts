// Counters stay whole when a driver gives buffers back in the wrong way.

import { expect, test } from "vitest";
import { DmaDirection, exynos4210, Machine } from "../../src/index.js";

function setUp() {
  const machine = Machine.create({ soc: exynos4210, dram: { base: 0x4000_0000, bytes: 16 << 20 } });
  const device = machine.device("fimc0");
  const mapping = machine.iommu.createMapping({ base: 0x2000_0000, size: 1 << 24 });
  return { machine, device, mapping };
}

for (const attached of [false, true]) {
  test(`unmap of a coherent buffer, then its free: nothing counted twice (attached: ${attached})`, () => {
    const { machine, device, mapping } = setUp();
    if (attached) mapping.attach(device);
    const buffer = device.dma.alloc(10_000)!;
    expect(device.counters).toMatchObject({ live: 1, liveBytes: 10_000 });
    device.dma.unmapSingle(buffer.dmaAddress, 10_000, DmaDirection.Bidirectional);
    device.dma.free(buffer);
    expect(device.counters).toMatchObject({ live: 0, liveBytes: 0 });
    expect(machine.liveMappings()).toEqual([]);
  });
}

for (const way of ["attach", "detach"] as const) {
  test(`a buffer of before ${way} is gone after its free`, () => {
    const { machine, device, mapping } = setUp();
    if (way === "detach") mapping.attach(device);
    const buffer = device.dma.alloc(10_000)!;
    if (way === "attach") mapping.attach(device);
    else mapping.detach(device);
    device.dma.free(buffer);
    expect(device.counters).toMatchObject({ live: 0, liveBytes: 0 });
    expect(machine.liveMappings()).toEqual([]);
    expect(machine.deadMappings()).toHaveLength(1);
    // Nothing names the dead record any more.
    if (way === "attach") mapping.detach(device);
    mapping.attach(device);
    device.dma.unmapSingle(buffer.dmaAddress, 10_000, DmaDirection.Bidirectional);
    expect(device.counters).toMatchObject({ live: 0, liveBytes: 0 });
    expect(machine.deadMappings()).toHaveLength(1);
  });
}
