import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { exynos4210, Machine } from "../../src/index.js";
import { GFP_ATOMIC, Op } from "../../src/trace/opcodes.js";
import { builds } from "../cores.js";

it.each(builds)(
  "page blocks are one allocation's: what the pool served leaves them to no other (%s)",
  (build) => {
    const machine = Machine.create({
      soc: exynos4210,
      dram: { bytes: 16 << 20 },
      core: readFileSync(`build/${build}.wasm`),
    });
    const fimc0 = machine.device("fimc0");
    machine.iommu.createMapping({ base: 0x2000_0000, size: 16 << 20 }).attach(fimc0);
    const device = fimc0.index << 16;
    const blocks = [0x4080_0000, 0x4090_0000];
    machine.run(
      Uint32Array.of(
        ...[Op.Prefix, 0, 0, GFP_ATOMIC],
        ...[Op.FeedPages, blocks[0]!, 4096, 0],
        ...[Op.Alloc | device, 0, 4096, 0],
        ...[Op.FeedPages, blocks[1]!, 4096, 0],
        ...[Op.Alloc | device, 1, 4096, 0],
      ),
    );
    const [atomic, ordinary] = machine.allocations(fimc0);
    expect(atomic!.cpu).toBe("pool");
    expect(ordinary!.runs).toEqual([{ pa: blocks[1], bytes: 4096 }]);
    expect(machine.statistics().counters["COUNT_FEED_UNUSED"]).toBe(1);
  },
);
