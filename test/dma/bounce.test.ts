// dmabounce: who bounces, what is copied when, and where the kernel stops.
import { beforeEach, describe, expect, it } from "vitest";
import { builds } from "../cores.js";
import { BASE, BIDIRECTIONAL, DmaCore, FROM_DEVICE, MAPPING_ERROR, TO_DEVICE } from "./bounce-core.js";

describe.each(builds)("dmabounce (%s)", (build) => {
  let core: DmaCore;
  const high = BASE + (8 << 20); // beyond the mask
  const mask = BASE + (4 << 20) - 1;
  const bytes = (n: number, first = 1): number[] => Array.from({ length: n }, (_, i) => (first + i) & 0xff);

  beforeEach(() => {
    core = new DmaCore(build, "v3.14");
    expect(core.raw.dmabounceRegister(0, 1024, 4096)).toBe(0);
  });

  it("decides by the mask as the source does (spec/dma-mapping 5.1)", () => {
    core.device({ dmaMask: 0x3ffffff });
    expect(core.raw.dmabounceNeeds(0, 0x03fff000, 0x1000)).toBe(0);
    expect(core.raw.dmabounceNeeds(0, 0x03fff000, 0x1001)).toBe(1);
    expect(core.raw.dmabounceNeeds(0, 0x04000000, 16)).toBe(1);
    expect(core.raw.dmabounceNeeds(0, 0, 0x4000001)).toBe(-7);
    expect(core.said()).toEqual(["BOUNCE_SAYS_TOO_BIG", 0x4000001, 0x3ffffff, 0]);
    core.device({ dmaMask: 0xffffffff });
    expect(core.raw.dmabounceNeeds(0, 0xfffff000, 0x1000)).toBe(0);
    expect(core.raw.dmabounceNeeds(0, 0, 0xffffffff)).toBe(0);
  });

  it("bounces what the board's window names", () => {
    core.raw.dmabounceWindow(0, 0x48000000, 0x50000000);
    expect(core.raw.dmabounceNeeds(0, 0x47fff000, 0x1000)).toBe(0);
    expect(core.raw.dmabounceNeeds(0, 0x47fff000, 0x1001)).toBe(1);
    expect(core.raw.dmabounceNeeds(0, 0x50000000, 16)).toBe(0);
  });

  it("maps reachable buffers without a copy", () => {
    core.device({ dmaMask: 0x7fffffff });
    core.cpuWrite(high, bytes(64));
    expect(core.raw.bounceOpsMapPage(0, high, 0, 64, TO_DEVICE, 0) >>> 0).toBe(high);
    expect(core.busRead(high, 64)).toEqual(bytes(64));
    expect(core.counter("COUNT_BOUNCED")).toBe(0);
  });

  it.each([TO_DEVICE, FROM_DEVICE, BIDIRECTIONAL])("copies in and out for direction %i", (dir) => {
    core.raw.dmabounceWindow(0, high, high + 0x100000);
    core.cpuWrite(high + 8, bytes(100));
    const dma = core.raw.bounceOpsMapPage(0, high, 8, 100, dir, 0) >>> 0;
    expect(dma).not.toBe(high + 8);
    const seen = core.busRead(dma, 100);
    if (dir === FROM_DEVICE) expect(seen).not.toEqual(bytes(100));
    else expect(seen).toEqual(bytes(100));
    core.busWrite(dma, bytes(50, 200));
    core.raw.bounceOpsUnmapPage(0, dma, 100, dir, 0);
    const back = core.cpuRead(high + 8, 100);
    if (dir === TO_DEVICE) expect(back).toEqual(bytes(100));
    else expect(back.slice(0, 50)).toEqual(bytes(50, 200));
    expect(core.raw.dmabounceStatistic(0, 4)).toBe(1);
    expect(core.raw.dmabounceStatistic(0, 5)).toBe(1);
  });

  it("takes small, large and single buffers and counts them", () => {
    core.raw.dmabounceWindow(0, high, high + 0x100000);
    const map = (size: number): number => core.raw.bounceOpsMapPage(0, high, 0, size, FROM_DEVICE, 0) >>> 0;
    const handles = [1024, 1025, 4096, 4097, 20000].map(map);
    expect(new Set(handles).size).toBe(5);
    expect([0, 1, 2, 3].map((n) => core.raw.dmabounceStatistic(0, n))).toEqual([1, 2, 2, 5]);
    [1024, 1025, 4096, 4097, 20000].forEach((size, i) => {
      core.raw.bounceOpsUnmapPage(0, handles[i]!, size, FROM_DEVICE, 0);
    });
    expect(core.raw.dmabounceUnregister(0)).toBe(0);
  });

  it("uses three 1 KiB blocks of a page, newest first", () => {
    core.raw.dmabounceWindow(0, high, high + 0x100000);
    const map = (): number => core.raw.bounceOpsMapPage(0, high, 0, 1024, FROM_DEVICE, 0) >>> 0;
    const [a, b, c, d] = [map(), map(), map(), map()];
    expect([b! - a!, c! - a!]).toEqual([1024, 2048]);
    expect(d! & 4095).toBe(0);
    core.raw.bounceOpsUnmapPage(0, b!, 1024, FROM_DEVICE, 0);
    core.raw.bounceOpsUnmapPage(0, d!, 1024, FROM_DEVICE, 0);
    expect(map()).toBe(d); // the page added last serves first
  });

  it("finds a buffer by an inner address and copies parts", () => {
    core.raw.dmabounceWindow(0, high, high + 0x100000);
    core.cpuWrite(high, bytes(256));
    const dma = core.raw.bounceOpsMapPage(0, high, 0, 256, BIDIRECTIONAL, 0) >>> 0;
    core.busWrite(dma + 64, bytes(32, 100));
    core.raw.bounceOpsSyncForCpu(0, dma + 64, 32, BIDIRECTIONAL);
    expect(core.cpuRead(high + 64, 32)).toEqual(bytes(32, 100));
    core.cpuWrite(high + 128, bytes(16, 7));
    core.raw.bounceOpsSyncForDevice(0, dma + 128, 16, BIDIRECTIONAL);
    expect(core.busRead(dma + 128, 16)).toEqual(bytes(16, 7));
    core.raw.bounceOpsSyncForCpu(0, dma + 200, 500, BIDIRECTIONAL);
    expect(core.counter("COUNT_BOUNCE_CLAMPED")).toBe(1);
    core.raw.bounceOpsUnmapPage(0, dma + 10, 256, BIDIRECTIONAL, 0);
    expect(core.counter("COUNT_BOUNCE_INNER")).toBe(1);
    expect(core.raw.dmabounceUnregister(0)).toBe(0);
  });

  it("stops where the kernel stops, changing nothing", () => {
    core.raw.dmabounceWindow(0, high, high + 0x100000);
    const dma = core.raw.bounceOpsMapPage(0, high, 0, 256, TO_DEVICE, 0) >>> 0;
    core.raw.bounceOpsUnmapPage(0, dma, 255, TO_DEVICE, 0);
    expect(core.said()).toEqual(["BOUNCE_SAYS_SIZE", 256, 255, 0]);
    core.raw.bounceOpsUnmapPage(0, dma, 256, FROM_DEVICE, 0);
    expect(core.said()).toEqual(["BOUNCE_SAYS_DIRECTION", 1, 2, 0]);
    core.raw.bounceOpsSyncForCpu(0, dma, 256, BIDIRECTIONAL);
    expect(core.said()).toEqual(["BOUNCE_SAYS_DIRECTION", 1, 0, 0]);
    expect(core.raw.dmabounceUnregister(0)).toBe(-16);
    expect(core.said()?.[0]).toBe("BOUNCE_SAYS_PENDING");
    expect(core.counter("COUNT_BOUNCE_BUGS")).toBe(4);
    core.raw.bounceOpsUnmapPage(0, dma, 256, TO_DEVICE, 0);
    expect(core.raw.dmabounceUnregister(0)).toBe(0);
  });

  it("refuses what is too big for the mask, highmem, and the error value", () => {
    core.device({ dmaMask: 0xfff });
    expect(core.raw.bounceOpsMapPage(0, high, 0, 0x1001, TO_DEVICE, 0) >>> 0).toBe(MAPPING_ERROR);
    core.device({ dmaMask: mask });
    core.raw.syncSetHighmem(high);
    expect(core.raw.bounceOpsMapPage(0, high, 0, 64, TO_DEVICE, 0) >>> 0).toBe(MAPPING_ERROR);
    expect(core.said()?.[0]).toBe("BOUNCE_SAYS_HIGHMEM");
    core.raw.syncSetHighmem(0xffffffff);
    core.raw.bounceOpsSyncForCpu(0, MAPPING_ERROR, 0, TO_DEVICE);
    expect(core.said()?.[0]).toBe("BOUNCE_SAYS_INVALID");
  });

  it("unwinds a list when a buffer is not to be had", () => {
    core.raw.dmabounceWindow(0, high, high + 0x100000);
    core.list([
      [high, 0, 100],
      [high + 4096, 0, 100],
      [high + 8192, 0, 100],
    ]);
    const inject = (core.constant("INJECT") >>> 2) + 2 * core.constant("INJECT_BOUNCE");
    core.u32[inject] = 3;
    expect(core.raw.bounceOpsMapSg(0, 3, TO_DEVICE, 0)).toBe(0);
    expect(core.said()?.[0]).toBe("BOUNCE_SAYS_UNSAFE");
    expect(core.raw.dmabounceUnregister(0)).toBe(0);
  });
});
