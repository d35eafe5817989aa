// Machines come and go: creation, snapshot and restore against a copy of the same bytes, and what
// a machine and its mappings take of memory.

import { DmaDirection } from "../../src/dma/direction.js";
import { Machine } from "../../src/machine.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { benchCore, DRAM_BASE } from "../core.js";
import type { Contender, Point } from "../harness.js";
import { hashWords } from "../random.js";
import type { Quantity, Suite } from "../suite.js";
import { idleMemory, mappingMemory } from "../weigh.js";

const MIB = 1 << 20;

function create(bytes: number): Machine {
  return Machine.create({ soc: exynos4210, dram: { base: DRAM_BASE, bytes } });
}

function creation(mib: number, cycles: number): Point {
  const repeat = (name: string, make: () => void): Contender => ({
    name,
    run: () => {
      for (let i = 0; i < cycles; i++) make();
    },
  });
  return {
    name: `create and dispose, ${mib} MiB DRAM`,
    unit: "machine",
    operations: cycles,
    contenders: [
      repeat("Machine.create", () => create(mib * MIB).dispose()),
      repeat("core alone", () => benchCore(mib * MIB)),
      repeat("an empty memory", () => new WebAssembly.Memory({ initial: mib * 16 })),
    ],
  };
}

/** A machine in use: mappings, dirty caches, and `touched` MiB of DRAM written. */
function used(dram: number, touched: number): Machine {
  const machine = create(dram * MIB);
  const device = machine.device("fimc0");
  machine.iommu.createMapping({ base: 0x2000_0000, size: 128 << 20 }).attach(device);
  const bytes = new Uint8Array(65536).map((_, i) => i * 7 + 1);
  for (let i = 0; i < touched * 16; i++) {
    const pa = machine.memory.alloc(65536);
    if (pa === null) break;
    machine.memory.poke(pa, bytes);
    if (i >= 64) continue;
    machine.cpu.write32(pa, i);
    device.dma.mapSingle(pa, 65536, DmaDirection.ToDevice);
  }
  return machine;
}

function hashOf(bytes: Uint8Array): number {
  return hashWords(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2));
}

/** Copies of the snapshot's own bytes: what the memory system alone takes for as much. */
function copies(saved: Uint8Array): Contender[] {
  const copy = new Uint8Array(saved.length);
  return [
    {
      name: "copy into fresh memory",
      run: () => {
        saved.slice();
      },
    },
    {
      name: "copy in place",
      run: () => {
        copy.set(saved);
      },
    },
  ];
}

function saving(dram: number, touched: number): Point {
  const machine = used(dram, touched);
  const saved = machine.snapshot();
  return {
    name: `snapshot, ${touched} MiB of ${dram} touched`,
    unit: "MiB",
    operations: saved.length / MIB,
    contenders: [
      ...copies(saved),
      {
        name: "snapshot",
        run: () => {
          machine.snapshot();
        },
        check: () => hashOf(machine.snapshot()),
      },
    ],
    close: () => machine.dispose(),
  };
}

function restoring(dram: number, touched: number): Point {
  const machine = used(dram, touched);
  const saved = machine.snapshot();
  machine.dispose();
  return {
    name: `restore, ${touched} MiB of ${dram} touched`,
    unit: "MiB",
    operations: saved.length / MIB,
    contenders: [
      { ...copies(saved)[0]!, check: () => hashOf(saved) },
      copies(saved)[1]!,
      {
        name: "restore",
        run: () => Machine.restore(saved).dispose(),
        check: () => hashOf(Machine.restore(saved).snapshot()),
      },
    ],
  };
}

/** Machines as objects. */
export const machines: Suite = {
  name: "machine",
  title: "Machines",
  needs: ["iommuMap", "dmaMapPage"],
  *points(quick) {
    for (const mib of quick ? [256] : [16, 256, 1024]) yield creation(mib, quick ? 5 : 20);
    const sizes: readonly (readonly [number, number])[] = quick
      ? [[64, 8]]
      : [
          [16, 4],
          [64, 32],
          [256, 128],
        ];
    for (const [dram, touched] of sizes) {
      yield saving(dram, touched);
      yield restoring(dram, touched);
    }
  },
  *quantities(quick): Iterable<Quantity> {
    yield* idleMemory(quick ? 8 : 24);
    yield* mappingMemory(quick ? 40_000 : 400_000);
  },
};
