// swiotlb: slots against the slow model, bytes by direction, limits and messages.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { builds } from "../cores.js";
import { SlowSlots } from "../model/bounce.js";
import { BASE, BIDIRECTIONAL, DmaCore, FROM_DEVICE, MAPPING_ERROR, TO_DEVICE } from "./bounce-core.js";

const NO_PA = 0xffff_ffff;
const SKIP_CPU_SYNC = 0x20;
const NO_WARN = 0x100;

describe.each(builds)("swiotlb (%s)", (build) => {
  const bytes = (n: number, first = 1): number[] => Array.from({ length: n }, (_, i) => (first + i) & 0xff);
  const high = BASE + (12 << 20);

  function make(fields: Parameters<DmaCore["device"]>[0] = {}, poolBytes = 1 << 20, areas = 1): DmaCore {
    const core = new DmaCore(build, "v6.1");
    expect(core.raw.swiotlbInit(poolBytes, areas, 1)).toBe(0);
    core.device(fields);
    return core;
  }

  it("chooses the slots of the slow model", () => {
    const action = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          size: fc.integer({ min: 1, max: 270_000 }),
          at: fc.nat(0xfffff),
          cpu: fc.nat(3),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          size: fc.integer({ min: 1, max: 6000 }),
          at: fc.nat(0xfffff),
          cpu: fc.nat(3),
        }),
      },
      { weight: 4, arbitrary: fc.record({ free: fc.nat(100) }) },
    );
    fc.assert(
      fc.property(
        fc.constantFrom(0, 0xff, 0xfff, 0x7ff),
        fc.constantFrom(1, 2, 3, 4),
        fc.array(action, { maxLength: 60 }),
        (minAlignMask, areas, actions) => {
          const core = make({ minAlignMask }, 2 << 20, areas);
          const model = new SlowSlots(
            core.raw.swiotlbStatistic(3) >>> 0,
            core.raw.swiotlbStatistic(0),
            core.raw.swiotlbStatistic(4),
          );
          const live: number[] = [];
          for (const step of actions) {
            if ("free" in step) {
              if (live.length === 0) continue;
              const [buffer] = live.splice(step.free % live.length, 1);
              core.raw.swiotlbUnmap(0, buffer!, 1, TO_DEVICE, 0);
              model.unmap(buffer!);
            } else {
              core.raw.swiotlbSetCpu(step.cpu);
              const original = high + step.at;
              const expected = model.map(original, step.size, minAlignMask, step.cpu % model.next.length);
              const buffer = core.raw.swiotlbMap(0, original, step.size, 0, FROM_DEVICE, 0) >>> 0;
              expect(buffer).toBe(expected ?? NO_PA);
              if (expected !== undefined) live.push(buffer);
            }
            expect(core.raw.swiotlbStatistic(1)).toBe(model.used);
            expect(core.raw.swiotlbStatistic(2)).toBe(model.highWater);
          }
          for (const buffer of live) core.raw.swiotlbUnmap(0, buffer, 1, TO_DEVICE, 0);
          expect(core.raw.swiotlbExit()).toBe(1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([TO_DEVICE, FROM_DEVICE, BIDIRECTIONAL])("moves the bytes of direction %i", (dir) => {
    const core = make();
    core.cpuWrite(high + 100, bytes(5000));
    const dma = core.raw.bounceOpsMapPage(0, high, 100, 5000, dir, 0) >>> 0;
    // Copied for every direction; a FROM_DEVICE buffer then loses what only the caches held.
    if (dir !== FROM_DEVICE) expect(core.busRead(dma, 5000)).toEqual(bytes(5000));
    core.busWrite(dma + 1000, bytes(64, 77));
    core.raw.bounceOpsSyncForCpu(0, dma + 1000, 64, dir);
    const synced = core.cpuRead(high + 1100, 64);
    expect(synced).toEqual(dir === TO_DEVICE ? bytes(5000).slice(1000, 1064) : bytes(64, 77));
    core.busWrite(dma, bytes(10, 99));
    core.raw.bounceOpsUnmapPage(0, dma, 5000, dir, 0);
    expect(core.cpuRead(high + 100, 10)).toEqual(dir === TO_DEVICE ? bytes(10) : bytes(10, 99));
    expect(core.raw.swiotlbStatistic(1)).toBe(0);
  });

  it("bounces only what the device cannot reach unless forced", () => {
    const core = make({ dmaMask: BASE + (8 << 20) - 1 });
    core.raw.swiotlbInit(0, 0, 0);
    expect(core.raw.bounceOpsMapPage(0, BASE + 0x5000, 4, 100, TO_DEVICE, 0) >>> 0).toBe(BASE + 0x5004);
    expect(core.counter("COUNT_BOUNCE_DIRECT")).toBe(1);
    const dma = core.raw.bounceOpsMapPage(0, high, 4, 100, TO_DEVICE, 0) >>> 0;
    expect(dma).toBeLessThan(BASE + (8 << 20));
    core.raw.bounceOpsUnmapPage(0, dma, 100, TO_DEVICE, SKIP_CPU_SYNC);
    expect(core.raw.swiotlbStatistic(1)).toBe(0);
  });

  it("refuses a buffer that the device cannot reach either", () => {
    const core = make({ dmaMask: 0xffff });
    expect(core.raw.bounceOpsMapPage(0, high, 0, 100, TO_DEVICE, 0) >>> 0).toBe(MAPPING_ERROR);
    expect(core.said()?.[0]).toBe("BOUNCE_SAYS_OVERFLOW");
    expect(core.raw.swiotlbStatistic(1)).toBe(0);
  });

  it("takes 256 KiB and no more, and says so when it is full", () => {
    const core = make();
    expect(core.raw.bounceMaxMapping(0)).toBe(256 << 10);
    const dma = core.raw.bounceOpsMapPage(0, high, 0, 256 << 10, TO_DEVICE, 0) >>> 0;
    expect(dma).not.toBe(MAPPING_ERROR);
    expect(core.raw.bounceOpsMapPage(0, high, 0, (256 << 10) + 1, TO_DEVICE, 0) >>> 0).toBe(MAPPING_ERROR);
    expect(core.said()).toEqual(["BOUNCE_SAYS_FULL", (256 << 10) + 1, 512, 128]);
    expect(core.raw.bounceOpsMapPage(0, high, 0, 1 << 20, TO_DEVICE, NO_WARN) >>> 0).toBe(MAPPING_ERROR);
    expect(core.said()).toBeUndefined();
    core.device({ minAlignMask: 0xfff });
    expect(core.raw.bounceMaxMapping(0)).toBe((256 << 10) - 4096);
  });

  it("cuts copies at the end of the mapping", () => {
    const core = make();
    core.cpuWrite(high, bytes(4096));
    const dma = core.raw.bounceOpsMapPage(0, high, 0, 100, BIDIRECTIONAL, 0) >>> 0;
    core.busWrite(dma, bytes(200, 50));
    core.raw.bounceOpsSyncForCpu(0, dma, 200, BIDIRECTIONAL);
    expect(core.said()).toEqual(["BOUNCE_SAYS_OVERRUN", 100, 200, 0]);
    expect(core.cpuRead(high + 100, 8)).toEqual(bytes(4096).slice(100, 108));
    core.raw.bounceOpsSyncForCpu(0, dma + 150, 8, BIDIRECTIONAL);
    expect(core.said()).toEqual(["BOUNCE_SAYS_OVERRUN", 100, 8, 150]);
    core.raw.bounceOpsUnmapPage(0, dma, 100, BIDIRECTIONAL, 0);
    core.raw.bounceOpsUnmapPage(0, dma, 100, BIDIRECTIONAL, 0);
    expect(core.counter("COUNT_BOUNCE_TWICE")).toBe(1);
  });

  it("keeps the low bits a device asks for, with whole slots of padding", () => {
    const core = make({ minAlignMask: 0x3fff });
    const buffer = core.raw.swiotlbMap(0, high + 0x1a10, 100, 0x3fff, TO_DEVICE, 0) >>> 0;
    expect(buffer & 0x3fff).toBe((high + 0x1a10) & 0x3fff);
    expect(core.raw.swiotlbStatistic(1)).toBe(4);
    core.raw.swiotlbUnmap(0, buffer, 100, TO_DEVICE, 0);
    expect(core.raw.swiotlbStatistic(1)).toBe(0);
  });

  it("returns -EIO for a list that does not fit and unwinds it", () => {
    const core = make();
    core.list([
      [high, 0, 200 << 10],
      [high + 0x40000, 0, 300 << 10],
    ]);
    expect(core.raw.bounceOpsMapSg(0, 2, TO_DEVICE, 0)).toBe(-5);
    expect(core.raw.swiotlbStatistic(1)).toBe(0);
    core.list([
      [high, 0, 200 << 10],
      [high + 0x40000, 8, 100 << 10],
    ]);
    expect(core.raw.bounceOpsMapSg(0, 2, TO_DEVICE, 0)).toBe(2);
    expect(core.segment(1)[1]).toBe(100 << 10);
    core.raw.bounceOpsUnmapSg(0, 2, TO_DEVICE, 0);
    expect(core.raw.swiotlbStatistic(1)).toBe(0);
  });
});
