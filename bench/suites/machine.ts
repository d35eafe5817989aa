// Machines come and go: creation, snapshot and restore, against a copy of the same bytes.

import { DmaDirection } from "../../src/dma/direction.js";
import { Machine } from "../../src/machine.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { DRAM_BASE } from "../core.js";
import type { Point } from "../harness.js";
import type { Suite } from "../suite.js";

function create(bytes: number): Machine {
  return Machine.create({ soc: exynos4210, dram: { base: DRAM_BASE, bytes } });
}

function creation(cycles: number): Point {
  const run = () => {
    for (let i = 0; i < cycles; i++) create(256 << 20).dispose();
  };
  return {
    name: "create and dispose, 256 MiB DRAM",
    unit: "machine",
    operations: cycles,
    contenders: [{ name: "Machine.create", run }],
  };
}

/** A machine in use: a mapping of each device, dirty caches. */
function used(): Machine {
  const machine = create(16 << 20);
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(device);
  for (let i = 0; i < 64; i++) {
    const pa = machine.memory.alloc(65536);
    if (pa === null) break;
    machine.cpu.write32(pa, i);
    device.dma.mapSingle(pa, 65536, DmaDirection.ToDevice);
  }
  return machine;
}

function saving(): Point {
  const machine = used();
  const saved = machine.snapshot();
  const copy = new Uint8Array(saved.length);
  return {
    name: "snapshot and restore, 16 MiB DRAM",
    unit: "pair",
    operations: 1,
    contenders: [
      {
        name: "two copies of the bytes",
        run: () => {
          copy.set(saved);
          saved.set(copy);
        },
      },
      { name: "snapshot, restore", run: () => Machine.restore(machine.snapshot()).dispose() },
    ],
    close: () => machine.dispose(),
  };
}

/** Machines as objects. */
export const machines: Suite = {
  name: "machine",
  title: "Machines",
  needs: ["iommuMap", "dmaMapPage"],
  *points(quick) {
    yield creation(quick ? 5 : 20);
    yield saving();
  },
};
