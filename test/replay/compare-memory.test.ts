// What a store of the op stream through a handle does, by the memory type behind it.
import { describe, expect, it } from "vitest";
import { DmaAttr, exynos4210, Machine, type MachineOptions } from "../../src/index.js";
import { Op } from "../../src/trace/opcodes.js";
import { type Build, builds, moduleOf } from "../cores.js";

function machineOf(build: Build, options: Partial<MachineOptions> = {}): Machine {
  return Machine.create({
    soc: exynos4210,
    dram: { bytes: 32 << 20 },
    core: moduleOf(build),
    ...options,
  });
}

const NOT_STORED = 0;

describe.each(builds)("stores of the op stream on the %s core", (build) => {
  /** Allocates under handle 0, stores one word, and looks into DRAM before and after a barrier. */
  function store(machine: Machine, attrs: number, coherent = false): [before: number, after: number] {
    const device = machine.device("g2d");
    device.dma.coherent = coherent;
    const words = (...records: number[][]) => machine.run(new Uint32Array(records.flat()));
    words([Op.Prefix, attrs, 0, 0], [Op.Alloc | (device.index << 16), 0, 4096, 0]);
    const [mapping] = machine.liveMappings();
    const look = () => machine.memory.peek(mapping!.dmaAddress, 4)[0]!;
    expect(look()).toBe(NOT_STORED);
    words([Op.CpuWrite, 0, 0, 4]);
    const before = look();
    words([Op.Barrier, 0, 0, 0]);
    return [before, look()];
  }

  it("wait in the write buffer for coherent and write-combined memory of ARMv7", () => {
    for (const attrs of [0, DmaAttr.WriteCombine]) {
      const machine = machineOf(build);
      const [before, after] = store(machine, attrs);
      expect(before).toBe(NOT_STORED);
      expect(after).not.toBe(NOT_STORED);
      expect(machine.statistics().cpu).toMatchObject({ bufferStores: 1, busWrites: 1, drainsByBarrier: 1 });
    }
  });

  it("reach memory at once where coherent memory is Strongly Ordered", () => {
    for (const options of [
      { coherentMemory: "strongly-ordered" },
      { switches: { SWITCH_DMA_COHERENT_TYPE: 2 } },
    ] as const) {
      const machine = machineOf(build, options);
      const [before, after] = store(machine, 0);
      expect(before).not.toBe(NOT_STORED);
      expect(after).toBe(before);
      expect(machine.statistics().cpu).toMatchObject({ bufferStores: 0, busWrites: 1 });
    }
    // Write-combine is Normal memory in any configuration.
    const [before] = store(machineOf(build, { coherentMemory: "strongly-ordered" }), DmaAttr.WriteCombine);
    expect(before).toBe(NOT_STORED);
  });

  it("stay in the caches for a coherent device, and are seen by it", () => {
    const machine = machineOf(build);
    const [before, after] = store(machine, 0, true);
    expect([before, after]).toEqual([NOT_STORED, NOT_STORED]);
    const [mapping] = machine.liveMappings();
    expect(machine.device("g2d").read(mapping!.dmaAddress, 1)[0]).not.toBe(NOT_STORED);
    expect(machine.device("g2d").dma.coherent).toBe(true);
  });

  it("keep their memory type across a snapshot", () => {
    const machine = machineOf(build, { coherentMemory: "strongly-ordered" });
    const restored = Machine.restore(machine.snapshot(), { core: moduleOf(build) });
    const [before] = store(restored, 0);
    expect(before).not.toBe(NOT_STORED);
    const buffer = restored.device("g2d").dma.allocCoherent(4096)!;
    expect(buffer.memoryType).toBe("strongly-ordered");
  });
});
