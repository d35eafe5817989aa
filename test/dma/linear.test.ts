// The linear ops: addresses, masks, offsets, coherent devices, lists and allocations.
import { describe, expect, it } from "vitest";
import { builds } from "../cores.js";
import { BASE, DmaCore, FROM_DEVICE, MAPPING_ERROR, TO_DEVICE } from "./bounce-core.js";

const SKIP_CPU_SYNC = 0x20;
const NO_KERNEL_MAPPING = 0x10;

describe.each(builds)("linear ops (%s)", (build) => {
  it("subtract the device's offset and leave the caches of coherent devices alone", () => {
    const core = new DmaCore(build, "v6.1");
    core.device({ dmaOffset: BASE, coherent: 1 });
    core.cpuWrite(BASE + 0x1000, [1, 2]);
    expect(core.raw.linearMapPage(0, BASE + 0x1000, 4, 16, TO_DEVICE, 0) >>> 0).toBe(0x1004);
    expect(core.busRead(BASE + 0x1000, 2)).toEqual([0, 0]);
    core.device({ coherent: 0 });
    core.raw.linearSyncForDevice(0, 0x1000, 2, TO_DEVICE);
    expect(core.busRead(BASE + 0x1000, 2)).toEqual([1, 2]);
  });

  it("refuse unreachable buffers in v6.1 and hand them out before", () => {
    for (const version of ["v3.14", "v6.1"] as const) {
      const core = new DmaCore(build, version);
      core.device({ dmaMask: BASE + 0xfff });
      const direct = version === "v6.1";
      expect(core.raw.linearMapPage(0, BASE, 0, 0x1000, TO_DEVICE, 0) >>> 0).toBe(BASE);
      expect(core.raw.linearMapPage(0, BASE, 1, 0x1000, TO_DEVICE, 0) >>> 0).toBe(
        direct ? MAPPING_ERROR : BASE + 1,
      );
      expect(core.counter(direct ? "COUNT_MASK_OVERFLOW" : "COUNT_MASK_UNREACHABLE")).toBe(1);
      core.device({ dmaMask: 0xffffffff, busLimit: BASE + 0xff });
      expect(core.raw.linearMapPage(0, BASE, 0, 0x101, TO_DEVICE, 0) >>> 0).toBe(
        direct ? MAPPING_ERROR : BASE,
      );
    }
  });

  it("honour SKIP_CPU_SYNC, which the 2011 proposal does not know", () => {
    for (const [version, seen] of [
      ["v3.6", 0],
      ["rfc2011", 7],
    ] as const) {
      const core = new DmaCore(build, version);
      core.cpuWrite(BASE, [7]);
      core.raw.linearMapPage(0, BASE, 0, 32, TO_DEVICE, SKIP_CPU_SYNC);
      expect(core.busRead(BASE, 1)).toEqual([seen]);
    }
  });

  it("map lists entry by entry and unwind them", () => {
    const core = new DmaCore(build, "v6.1");
    core.list([
      [BASE, 16, 100],
      [BASE + 0x3000, 5000, 60],
    ]);
    expect(core.raw.linearMapSg(0, 2, TO_DEVICE, 0)).toBe(2);
    expect([core.segment(0), core.segment(1)]).toEqual([
      [BASE + 16, 100],
      [BASE + 0x3000 + 5000, 60],
    ]);
    core.device({ dmaMask: BASE + 0xfff });
    core.cpuRead(BASE, 100);
    expect(core.raw.linearMapSg(0, 2, FROM_DEVICE, 0)).toBe(-5);
    // dma-direct unwinds without touching the caches: one invalidate pass only, from the map.
    expect(core.raw.cacheValidLines(BASE + 32, 32)).toBe(0);
  });

  it("allocate reachable zeroed blocks that no cache holds", () => {
    for (const version of ["rfc2011", "v3.6", "v3.14", "v4.4", "v6.1"] as const) {
      const core = new DmaCore(build, version);
      const before = core.raw.pagesUsed();
      const at = core.raw.linearAlloc(0, 5000, 0, 0) >>> 0;
      expect(at).not.toBe(0);
      const handle = core.u32[(at >>> 2) + 2]!;
      expect(core.raw.cacheValidLines(handle, 8192)).toBe(0);
      expect(core.busRead(handle, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
      expect(core.raw.pagesUsed()).toBe(before + 2);
      core.raw.linearFree(0, at);
      expect(core.raw.pagesUsed()).toBe(before);
      core.device({ coherentMask: 0 });
      expect(core.raw.linearAlloc(0, 5000, 0, 0)).toBe(0);
    }
  });

  it("serve atomic callers from the pool, and lose a cookie's pages in v4.4", () => {
    const core = new DmaCore(build, "v4.4");
    const at = core.raw.linearAlloc(0, 8192, 1, 0) >>> 0;
    expect(core.raw.poolUsed()).toBe(2);
    core.raw.linearFree(0, at);
    expect(core.raw.poolUsed()).toBe(0);
    const cookie = core.raw.linearAlloc(0, 8192, 1, NO_KERNEL_MAPPING) >>> 0;
    core.raw.linearFree(0, cookie);
    expect(core.raw.poolUsed()).toBe(2);
    expect(core.counter("COUNT_POOL_LEAKED")).toBe(2);
  });

  it("give everything back when the remap fails", () => {
    const core = new DmaCore(build, "v3.14");
    const before = core.raw.pagesUsed();
    core.u32[(core.constant("INJECT") >>> 2) + 2 * core.constant("INJECT_REMAP")] = 1;
    expect(core.raw.linearAlloc(0, 5000, 0, 0)).toBe(0);
    expect(core.raw.pagesUsed()).toBe(before);
    core.u32[(core.constant("INJECT") >>> 2) + 2 * core.constant("INJECT_PAGES")] = 1;
    expect(core.raw.linearAlloc(0, 5000, 0, 0)).toBe(0);
    expect(core.raw.pagesUsed()).toBe(before);
  });

  it.each(["v3.6", "v6.1"] as const)("%s: count the kmaps of highmem, cached or not", (profile) => {
    const core = new DmaCore(build, profile);
    const high = BASE + 0x100000;
    core.raw.syncSetHighmem(high);
    const kmaps = () => core.counter("COUNT_KMAP_TEMPORARY");
    core.raw.syncCpuToDev(high - 4096, 0, 4096, TO_DEVICE);
    expect(kmaps()).toBe(0);
    core.raw.syncCpuToDev(high, 100, 2 * 4096, TO_DEVICE);
    expect(kmaps()).toBe(3);
    core.raw.syncDevToCpu(high, 0, 4096, 2);
    expect(kmaps()).toBe(4);
  });

  it("see a runaway loop of v3.6 coming", () => {
    const core = new DmaCore(build, "v3.6");
    core.raw.syncSetHighmem(BASE + 0x100000);
    core.raw.syncCpuToDev(BASE + 0x100000, 4096, 100, TO_DEVICE);
    expect(core.counter("COUNT_RUNAWAY_SYNC")).toBe(1);
    core.raw.syncCpuToDev(BASE + 0x100000, 4000, 200, TO_DEVICE);
    core.raw.syncCpuToDev(BASE + 0x100000, 5000, 4096, TO_DEVICE);
    expect(core.counter("COUNT_RUNAWAY_SYNC")).toBe(1);
  });
});
