// Laws of the caches: bytes are never lost by a CPU alone, every line is accounted for, and
// maintenance of a range is the sum of its lines.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Build, builds } from "../cores.js";
import { BASE, DmaCore, FROM_DEVICE, TO_DEVICE } from "../dma/bounce-core.js";

/** Valid lines that the counters say a level must hold. */
function held(core: DmaCore, level: "L1" | "L2"): number {
  const cells = new BigUint64Array(core.raw.memory.buffer, core.constant("COUNTERS"), 96);
  const first = core.constant(`COUNT_${level}`);
  const at = (name: string): number => Number(cells[first + core.constant(`CACHE_${name}`)]);
  const removed = (context: number): number =>
    Number(
      cells[
        first +
          core.constant("CACHE_MAINTENANCE") +
          context * core.constant("CACHE_CONTEXT_COUNTERS") +
          core.constant("CACHE_REMOVED")
      ],
    );
  return at("FILLS") - at("EVICTIONS") - removed(0) - removed(1);
}

describe.each(builds)("laws of the caches (%s)", (build: Build) => {
  const step = fc.record({
    pa: fc.integer({ min: 0, max: 200_000 }),
    size: fc.integer({ min: 1, max: 9000 }),
    write: fc.boolean(),
  });

  it("hold every byte a CPU wrote, wherever it is, and give it to DRAM when flushed", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 2 }), (steps, policy) => {
        const core = new DmaCore(build, "v6.1", 1 << 20);
        core.raw.cacheInit(2048, 2, 16384, 4, policy, 9);
        const flat = new Uint8Array(1 << 20);
        let stamp = 0;
        for (const { pa, size, write } of steps) {
          if (write) {
            const from = Uint8Array.from({ length: size }, () => (stamp = (stamp + 3) & 0xff));
            flat.set(from, pa);
            core.cpuWrite(BASE + pa, from);
          } else {
            const read = Uint8Array.from(core.cpuRead(BASE + pa, size));
            expect(Buffer.compare(read, flat.subarray(pa, pa + size))).toBe(0);
          }
        }
        const dirty = core.raw.cacheDirtyLines(BASE, 1 << 20);
        core.raw.cacheFlushAll();
        expect(core.raw.cacheValidLines(BASE, 1 << 20)).toBe(0);
        const dram = core.u8.subarray(core.constant("DRAM"), core.constant("DRAM") + flat.length);
        expect(Buffer.compare(dram, flat)).toBe(0);
        if (steps.every(({ write }) => !write)) expect(dirty).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("keep fills minus evictions minus removals equal to the lines they hold", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const core = new DmaCore(build, "v6.1", 1 << 20);
        core.raw.cacheInit(2048, 4, 0, 0, 1, 9);
        for (const { pa, size, write } of steps) {
          if (write) core.cpuWrite(BASE + pa, new Uint8Array(size));
          else core.raw.innerInvalidate(BASE + pa, BASE + pa + size);
        }
        expect(held(core, "L1")).toBe(core.raw.cacheValidLines(BASE, 1 << 20));
      }),
      { numRuns: 30 },
    );
  });

  it("clean a range as the sum of its lines, at every size", () => {
    for (const size of [32, 2048, 4096, 20_000, 1 << 20]) {
      const whole = new DmaCore(build, "v6.1", 4 << 20);
      const single = new DmaCore(build, "v6.1", 4 << 20);
      for (const core of [whole, single]) {
        for (let pa = 0; pa < size; pa += 96) core.cpuWrite(BASE + pa, [pa & 0xff, 1, 2, 3]);
      }
      whole.raw.innerClean(BASE, BASE + size);
      for (let pa = 0; pa < size; pa += 32) single.raw.innerClean(BASE + pa, BASE + pa + 32);
      whole.raw.outerFlush(BASE, BASE + size);
      for (let pa = 0; pa < size; pa += 32) single.raw.outerFlush(BASE + pa, BASE + pa + 32);
      const image = (core: DmaCore): Buffer =>
        Buffer.from(core.u8.slice(core.constant("DRAM"), core.constant("DRAM") + (2 << 20)));
      expect(image(whole).equals(image(single))).toBe(true);
      const counts = (core: DmaCore): bigint[] =>
        [...new BigUint64Array(core.raw.memory.buffer, core.constant("COUNTERS"), 66)].slice(32);
      expect(counts(whole)).toEqual(counts(single));
    }
  });
});

describe.each(builds)("what caches do to drivers (%s)", (build: Build) => {
  it("shows the device old bytes until the buffer is synced", () => {
    const core = new DmaCore(build, "v6.1");
    core.cpuWrite(BASE, [1, 2, 3, 4]);
    expect(core.busRead(BASE, 4)).toEqual([0, 0, 0, 0]);
    expect(core.counter("COUNT_STALE_DEVICE_READS")).toBe(1);
    core.raw.syncCpuToDev(BASE, 0, 4, TO_DEVICE);
    expect(core.busRead(BASE, 4)).toEqual([1, 2, 3, 4]);
    expect(core.counter("COUNT_STALE_DEVICE_READS")).toBe(1);
  });

  it("shows the CPU old bytes when the sync after the transfer is missing", () => {
    const core = new DmaCore(build, "v6.1");
    core.cpuRead(BASE, 64);
    core.busWrite(BASE, [9, 9, 9, 9]);
    expect(core.counter("COUNT_UNDER_VALID_WRITES")).toBe(1);
    expect(core.cpuRead(BASE, 4)).toEqual([0, 0, 0, 0]);
    core.raw.syncDevToCpu(BASE, 0, 64, FROM_DEVICE);
    expect(core.cpuRead(BASE, 4)).toEqual([9, 9, 9, 9]);
  });

  it("lets a refill between map and unmap bring old bytes back, which the unmap throws out", () => {
    const core = new DmaCore(build, "v6.1");
    core.raw.linearMapPage(0, BASE, 0, 64, FROM_DEVICE, 0);
    expect(core.raw.cacheRefill(BASE + 5)).toBe(1);
    expect(core.raw.cacheRefill(BASE + 5)).toBe(0);
    core.busWrite(BASE, [7, 7, 7, 7]);
    expect(core.cpuRead(BASE, 2)).toEqual([0, 0]);
    core.raw.linearUnmapPage(0, BASE, 64, FROM_DEVICE, 0);
    expect(core.cpuRead(BASE, 2)).toEqual([7, 7]);
  });

  it("refills at random only behind an access, inside its page, and the same for the same seed", () => {
    const lines = (seed: number): number[] => {
      const core = new DmaCore(build, "v6.1");
      core.raw.cacheRandomRefills(seed, 3);
      for (let i = 0; i < 40; i++) core.cpuRead(BASE + 4096 + 512 * (i % 8), 4);
      expect(core.raw.cacheValidLines(BASE, 4096)).toBe(0);
      expect(core.raw.cacheValidLines(BASE + 8192, 4096)).toBe(0);
      const held: number[] = [];
      for (let pa = BASE + 4096; pa < BASE + 8192; pa += 32)
        if (core.raw.cacheValidLines(pa, 1)) held.push(pa);
      expect(held.length).toBe(8 + core.counter("COUNT_REFILLS"));
      expect(core.counter("COUNT_REFILLS")).toBeGreaterThan(0);
      return held;
    };
    expect(lines(77)).toEqual(lines(77));
    expect(lines(77)).not.toEqual(lines(78));
  });

  it("loses a neighbour's bytes on an empty invalidate of the old kernels only", () => {
    const after = (version: "v4.4" | "v6.1"): number[] => {
      const core = new DmaCore(build, version);
      core.cpuWrite(BASE, [5, 5]);
      core.raw.innerInvalidate(BASE, BASE);
      return core.cpuRead(BASE, 2);
    };
    expect(after("v4.4")).toEqual([0, 0]);
    expect(after("v6.1")).toEqual([5, 5]);
  });

  it("holds uncached stores back until a barrier, a full buffer, their age or a read", () => {
    const core = new DmaCore(build, "v6.1");
    const store = (pa: number, bytes: number[]): void => {
      core.u8.set(bytes, core.constant("BATCH"));
      core.raw.cpuWriteAs(pa, bytes.length, core.constant("BATCH"), core.constant("MEMORY_BUFFERABLE"));
    };
    store(BASE, [1, 2, 3, 4]);
    store(BASE + 4, [5, 6, 7, 8]);
    expect(core.counter("COUNT_BUFFER_MERGES")).toBe(1);
    expect(core.busRead(BASE, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(core.counter("COUNT_BUFFERED_DEVICE_READS")).toBe(1);
    core.raw.cpuBarrier();
    expect(core.busRead(BASE, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (let i = 0; i < 5; i++) store(BASE + 64 + 8 * i, [i, i, i, i]);
    // The fifth pushes out the four before it, which follow each other: one burst.
    expect(core.counter("COUNT_DRAIN_FULL")).toBe(4);
    expect(core.counter("COUNT_BUS_BURSTS")).toBe(2);
    core.u32[0x20 >>> 2]! += 65;
    expect(core.busRead(BASE + 96, 2)).toEqual([4, 4]);
    expect(core.counter("COUNT_DRAIN_AGE")).toBe(1);
  });

  it("writes strongly ordered memory word by word at once", () => {
    const core = new DmaCore(build, "v6.1");
    core.u8.set([1, 2, 3, 4, 5, 6, 7, 8], core.constant("BATCH"));
    core.raw.cpuWriteAs(BASE, 8, core.constant("BATCH"), core.constant("MEMORY_STRONGLY_ORDERED"));
    expect(core.busRead(BASE, 8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(core.counter("COUNT_BUS_WRITES")).toBe(2);
    expect(core.counter("COUNT_BUS_BURSTS")).toBe(2);
  });

  it("keeps page-table maintenance apart from streaming", () => {
    const core = new DmaCore(build, "v6.1");
    expect(core.raw.cacheContext(core.constant("CONTEXT_TABLE"))).toBe(0);
    core.raw.cpuWrite32(BASE, 1);
    core.raw.innerClean(BASE, BASE + 4);
    expect(core.raw.cacheContext(0)).toBe(core.constant("CONTEXT_TABLE"));
    core.raw.innerClean(BASE, BASE + 64);
    const cells = new BigUint64Array(core.raw.memory.buffer, core.constant("COUNTERS"), 96);
    const first = core.constant("COUNT_L1") + core.constant("CACHE_MAINTENANCE");
    expect([cells[first], cells[first + 6]]).toEqual([2n, 1n]);
  });

  it("refuses geometries that no cache has", () => {
    const core = new DmaCore(build, "v6.1");
    const init = (...values: [number, number, number, number, number]): number =>
      core.raw.cacheInit(values[0], values[1], values[2], values[3], values[4], 0);
    expect(init(3000, 4, 0, 0, 0)).toBe(-22);
    expect(init(32768, 17, 0, 0, 0)).toBe(-22);
    expect(init(32768, 0, 0, 0, 0)).toBe(-22);
    expect(init(96 * 32, 3, 0, 0, 0)).toBe(0);
    expect(init(0, 0, 0, 0, 0)).toBe(0);
    core.cpuWrite(BASE, [1, 2]);
    expect(core.busRead(BASE, 2)).toEqual([1, 2]);
  });
});
