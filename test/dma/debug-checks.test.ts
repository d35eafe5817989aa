// Each check by hand: spec dma-mapping 6.2 row by row, and the state around them.
import { describe, expect, test } from "vitest";
import { DEBUG_NO_DEVICE, type DebugEvent, DmaDebug, type DmaDebugOptions } from "../../src/dma/debug.js";
import { PLAIN_AREAS } from "../../src/dma/debug-areas.js";
import { DEBUG_CHECKS } from "../../src/dma/debug-checks.js";

const A = 0x2000_0000;
const PAGE = 0x4800_0000;

function make(options: DmaDebugOptions = {}) {
  const debug = new DmaDebug(options);
  debug.allErrors = true;
  const dev = debug.addDevice({ name: "11800000.fimc", driver: "exynos4-fimc" });
  return { debug, dev };
}
const texts = (events: readonly DebugEvent[]) => events.map((e) => e.text);
const checks = (events: readonly DebugEvent[]) => events.map((e) => e.check);

const areas = {
  ...PLAIN_AREAS,
  text: { start: 0xc000_8000, end: 0xc010_0000 },
  rodata: { start: 0xc010_0000, end: 0xc014_0000 },
  stack: { start: 0xc020_0000, end: 0xc020_2000 },
};

describe("map", () => {
  test("stack, text and read-only data are refused by their addresses", () => {
    const { debug, dev } = make({ areas });
    expect(texts(debug.mapPage(dev, 0x4020_1000, 0xff8, 64, 1, A))).toEqual([
      "DMA-API: exynos4-fimc 11800000.fimc: device driver maps memory from stack [addr=c0201ff8]\n",
    ]);
    expect(checks(debug.mapPage(dev, 0x4020_2000, 0, 64, 1, A + 0x1000))).toEqual([]);
    expect(texts(debug.mapPage(dev, 0x4000_7000, 0xfff, 2, 1, A + 0x2000))).toEqual([
      "DMA-API: exynos4-fimc 11800000.fimc: device driver maps memory from kernel text or rodata [addr=c0007fff] [len=2]\n",
    ]);
    expect(checks(debug.mapPage(dev, 0x4000_7000, 0xfff, 1, 1, A + 0x3000))).toEqual([]);
    expect(checks(debug.mapPage(dev, 0x4013_f000, 0xfff, 1, 1, A + 0x4000))).toEqual(["mapText"]);
    expect(checks(debug.mapPage(dev, 0x4014_0000, 0, 1, 1, A + 0x5000))).toEqual([]);
  });

  test("highmem has no address to check", () => {
    const { debug, dev } = make({ areas: { ...areas, highmemPfn: 0x40000 } });
    expect(debug.mapPage(dev, 0x4020_0000, 0, 64, 1, A)).toEqual([]);
  });

  test("dma_map_single wants a linear address; a vmalloc one is both invalid and vmalloc", () => {
    const { debug, dev } = make();
    expect(debug.mapSingleCheck(dev, 0xc800_0000, 64)).toEqual([]);
    expect(checks(debug.mapSingleCheck(dev, 0xbfff_ffff, 64))).toEqual(["mapInvalid"]);
    expect(texts(debug.mapSingleCheck(dev, 0xf000_0000, 64))).toEqual([
      "DMA-API: exynos4-fimc 11800000.fimc: device driver maps memory from invalid area [addr=f0000000] [len=64]\n",
      "DMA-API: exynos4-fimc 11800000.fimc: device driver maps memory from vmalloc area [addr=f0000000] [len=64]\n",
    ]);
  });

  test("a failed mapping is not tracked, a failed resource mapping is", () => {
    const { debug, dev } = make();
    debug.mapPage(dev, PAGE, 0, 64, 1, 0xffff_ffff);
    expect(debug.active).toBe(0);
    debug.mapResource(dev, 0x1000_0000, 64, 1, 0xffff_ffff);
    expect(debug.active).toBe(1);
  });

  test("list segments: length, boundary, and 4 GiB", () => {
    const { debug, dev } = make();
    debug.device(dev).maxSegment = 4096;
    debug.device(dev).segmentBoundary = 0xffff;
    const entry = { pa: PAGE, offset: 0, length: 8192, dmaAddress: A + 0xf800, dmaLength: 0x1000 };
    expect(texts(debug.mapSg(dev, [entry], 1, 1, 1))).toEqual([
      "DMA-API: exynos4-fimc 11800000.fimc: mapping sg segment longer than device claims to support [len=8192] [max=4096]\n",
      "DMA-API: exynos4-fimc 11800000.fimc: mapping sg segment across boundary [start=0x000000002000f800] [end=0x00000000200107ff] [boundary=0x000000000000ffff]\n",
    ]);
    debug.device(dev).segmentBoundary = 0xffff_ffff;
    const top = { pa: PAGE, offset: 0, length: 64, dmaAddress: 0xffff_f000, dmaLength: 0x1001 };
    expect(texts(debug.mapSg(dev, [top], 1, 1, 1))[0]).toContain("[end=0x0000000100000000]");
    const none = { pa: PAGE, offset: 0, length: 64, dmaAddress: 0, dmaLength: 0 };
    expect(texts(debug.mapSg(dev, [none], 1, 1, 1))[0]).toContain("[end=0xffffffffffffffff]");
  });
});

describe("overlap", () => {
  test("only the first cache line counts, and only where the device writes", () => {
    const { debug, dev } = make();
    debug.mapPage(dev, PAGE, 0, 4096, 2, A);
    expect(debug.mapPage(dev, PAGE, 64, 64, 2, A + 0x1000)).toEqual([]);
    expect(debug.mapPage(dev, PAGE, 0, 64, 1, A + 0x2000)).toEqual([]);
    expect(debug.mapPage(dev, PAGE, 0, 64, 0, A + 0x3000, 0x20)).toEqual([]);
    expect(texts(debug.mapPage(dev, PAGE, 63, 64, 0, A + 0x4000))).toEqual([
      "DMA-API: exynos4-fimc 11800000.fimc: cacheline tracking EEXIST, overlapping mappings aren't supported\n",
    ]);
  });

  test("the ninth mapping of a line overflows once per boot, and eight removals forget it", () => {
    const once = { overflow: false, trackingMemory: false };
    const { debug, dev } = make({ once });
    const map = (n: number) => debug.mapPage(dev, PAGE, 0, 64, 2, A + n * 0x2000);
    for (let n = 0; n < 8; n++) expect(checks(map(n))).toEqual(n === 0 ? [] : ["overlap"]);
    expect(texts(map(8))[0]).toBe("DMA-API: exceeded 7 overlapping mappings of cacheline 0x01200000\n");
    expect(checks(map(9))).toEqual(["overlap"]);
    expect(debug.errorCount).toBe(9);
    for (let n = 0; n < 8; n++) debug.unmapPage(dev, A + n * 0x2000, 64, 2);
    expect(map(10)).toEqual([]);
    const second = make({ once });
    for (let n = 0; n < 10; n++) {
      expect(checks(second.debug.mapPage(second.dev, PAGE, 0, 64, 2, A + n * 0x2000))).not.toContain(null);
    }
  });

  test("no memory for tracking switches the facility off", () => {
    const { debug, dev } = make();
    debug.limitMemory({ lines: 1 });
    debug.mapPage(dev, PAGE, 0, 64, 2, A);
    expect(debug.mapPage(dev, PAGE, 64, 64, 2, A + 64)).toEqual([
      {
        kind: "print",
        level: "err",
        check: null,
        text: "DMA-API: cacheline tracking ENOMEM, dma-debug disabled\n",
      },
    ]);
    expect(debug.disabled).toBe(true);
    expect(debug.unmapPage(dev, 0x1234, 1, 1)).toEqual([]);
    expect(debug.driverUnbound(dev)).toEqual([]);
  });
});

describe("unmap", () => {
  test("every difference at once, in the kernel's order; the entry goes", () => {
    const { debug, dev } = make();
    debug.mapPage(dev, PAGE, 0, 4096, 1, A);
    const sg = { pa: PAGE, offset: 0, length: 64, dmaAddress: A, dmaLength: 64 };
    expect(checks(debug.unmapSg(dev, [sg], 1, 2))).toEqual([
      "freeSize",
      "freeFunction",
      "freeCount",
      "freeDirection",
      "mapErrorUnchecked",
    ]);
    expect(debug.active).toBe(0);
  });

  test("coherent memory freed with another CPU address", () => {
    const { debug, dev } = make();
    debug.allocCoherent(dev, 4096, A, 0xc800_0000);
    expect(texts(debug.freeCoherent(dev, 4096, 0xc800_1000, A))).toEqual([
      "DMA-API: exynos4-fimc 11800000.fimc: device driver frees DMA memory with different CPU address " +
        "[device address=0x0000000020000000] [size=4096 bytes] " +
        "[cpu alloc address=0x0000000048000000] [cpu free address=0x0000000048001000]",
    ]);
    debug.allocCoherent(dev, 4096, A, 0);
    debug.allocCoherent(dev, 4096, A, 0xbf00_0000);
    expect(debug.active).toBe(0);
  });

  test("of several candidates only a perfect fit is taken; the search marks one as checked", () => {
    const { debug, dev } = make();
    debug.mapPage(dev, PAGE, 0, 64, 1, A);
    // Tracking the second mapping asks about the address, so the first now counts as checked.
    debug.mapPage(dev, PAGE, 0, 128, 1, A);
    expect(checks(debug.unmapPage(dev, A, 256, 1))).toEqual(["freeUnknown"]);
    // That search asked too: the second is checked as well.
    expect(debug.unmapPage(dev, A, 128, 1)).toEqual([]);
    expect(debug.unmapPage(dev, A, 64, 1)).toEqual([]);
  });

  test("a list whose first entry is unknown is tried entry by entry", () => {
    const { debug, dev } = make();
    const list = [0, 1, 2].map((n) => ({
      pa: PAGE + n * 4096,
      offset: 0,
      length: 4096,
      dmaAddress: A + n * 4096,
      dmaLength: 4096,
    }));
    expect(checks(debug.unmapSg(dev, list, 3, 1))).toEqual(["freeUnknown", "freeUnknown", "freeUnknown"]);
    expect(debug.syncSgForCpu(dev, list, 3, 1)).toEqual([]);
  });
});

describe("sync", () => {
  test("finds a mapping that starts many buckets below, also beyond the longest segment", () => {
    const { debug, dev } = make();
    debug.mapPage(dev, PAGE, 0, 0x80_0000, 2, A);
    expect(debug.syncSingleForCpu(dev, A + 0x7f_ffc0, 64, 2)).toEqual([]);
    expect(checks(debug.syncSingleForCpu(dev, A + 0x7f_ffc0, 65, 2))).toEqual(["syncUnknown"]);
  });

  test("5.8 gives up after the longest segment; v3.14 lets a mapping 8 KiB below stand for the right one", () => {
    const late = make({ version: "v5.8" });
    late.debug.mapPage(late.dev, PAGE, 0, 0x80_0000, 2, A);
    expect(late.debug.syncSingleForCpu(late.dev, A + 0x1_1fff, 1, 2)).toEqual([]);
    expect(checks(late.debug.syncSingleForCpu(late.dev, A + 0x1_2000, 1, 2))).toEqual(["syncUnknown"]);
    const old = make({ version: "v3.14" });
    old.debug.mapPage(old.dev, PAGE, 0, 64, 2, A);
    expect(old.debug.syncSingleForCpu(old.dev, A + 0x2000, 64, 2)).toEqual([]);
    expect(checks(old.debug.syncSingleForCpu(old.dev, A + 0x2040, 64, 2))).toEqual(["syncUnknown"]);
  });

  test("lists: entry count after the directions, not for mappings both ways", () => {
    const { debug, dev } = make();
    const list = [
      { pa: PAGE, offset: 0, length: 64, dmaAddress: A, dmaLength: 64 },
      { pa: PAGE + 64, offset: 0, length: 64 },
    ];
    debug.mapSg(dev, list, 2, 1, 2);
    expect(checks(debug.syncSgForDevice(dev, list, 1, 1))).toEqual([
      "syncDirection",
      "syncWriteOnly",
      "syncCount",
    ]);
  });

  test("a range check exists and can never fire", () => {
    expect(DEBUG_CHECKS.syncRange.row).toBe(13);
  });
});

describe("counting and showing", () => {
  test("one error is shown at first; numErrors may be raised; all count", () => {
    const { debug, dev } = make();
    debug.allErrors = false;
    const bad = () => debug.unmapPage(dev, A, 1, 1);
    expect(bad()).toHaveLength(1);
    expect(bad()).toHaveLength(0);
    expect([debug.errorCount, debug.numErrors]).toEqual([2, 0]);
    debug.numErrors = 2;
    expect([bad().length, bad().length, bad().length]).toEqual([1, 1, 0]);
    expect(() => {
      debug.numErrors = -1;
    }).toThrow(/numErrors/);
  });

  test("a filtered error still uses up numErrors", () => {
    const { debug, dev } = make();
    debug.allErrors = false;
    expect(texts(debug.setDriverFilter("s5p-mfc\n"))).toEqual([
      "DMA-API: enable driver filter for driver [s5p-mfc]\n",
    ]);
    expect(debug.unmapPage(dev, A, 1, 1)).toEqual([]);
    expect(debug.numErrors).toBe(0);
  });

  test("driver filter: first token, off by a first byte that is no letter or digit, no NULL device", () => {
    const { debug, dev } = make();
    debug.setDriverFilter("exynos4-fimc second\n");
    expect(debug.driverFilter).toBe("exynos4-fimc\n");
    expect(debug.unmapPage(dev, A, 1, 1)).toHaveLength(1);
    expect(debug.unmapPage(DEBUG_NO_DEVICE, A, 1, 1)).toEqual([]);
    const loose = debug.addDevice({ name: "loose0" });
    expect(debug.unmapPage(loose, A, 1, 1)).toEqual([]);
    expect(texts(debug.setDriverFilter("\n"))).toEqual(["DMA-API: switching off dma-debug driver filter\n"]);
    expect(debug.setDriverFilter("")).toEqual([]);
    expect(texts(debug.unmapPage(loose, A, 1, 1))[0]).toMatch(/^DMA-API: platform loose0: /);
    expect(texts(debug.unmapPage(DEBUG_NO_DEVICE, A, 1, 1))[0]).toMatch(/^DMA-API: NULL NULL: /);
    debug.setDriverFilter("x".repeat(100));
    expect(debug.driverFilter).toBe(`${"x".repeat(63)}\n`);
  });

  test("v3.14 puts the device first and counts one type more", () => {
    const { debug, dev } = make({ version: "v3.14", areas });
    expect(texts(debug.mapPage(dev, 0x4020_0000, 0, 64, 1, A))).toEqual([
      "exynos4-fimc 11800000.fimc: DMA-API: device driver maps memory fromstack [addr=c0200000]\n",
    ]);
    debug.mappingError(dev, A);
    expect(texts(debug.unmapSingle(dev, A, 64, 1))[0]).toContain("[mapped as page] [unmapped as single]");
    expect(debug.debugfsDump()).toEqual([]);
    debug.mapSingle(dev, PAGE + 5, 64, 2, A);
    expect(texts(debug.assertIdle(PAGE))).toEqual([
      "exynos4-fimc 11800000.fimc: DMA-API: cpu touching an active dma mapped cacheline [cln=0x01200000]\n",
    ]);
    expect(debug.assertIdle(PAGE + 4096)).toEqual([]);
  });
});

describe("pool", () => {
  test("grows by a page, tells at each multiple of the first allocation", () => {
    const { debug, dev } = make({ preallocated: 128 });
    const said: string[] = [];
    for (let n = 0; n < 400; n++) said.push(...texts(debug.mapPage(dev, PAGE, 0, 64, 1, n * 8192)));
    expect(said).toEqual([
      "DMA-API: dma_debug_entry pool grown to 256 (200%)\n",
      "DMA-API: dma_debug_entry pool grown to 384 (300%)\n",
    ]);
    expect(debug.pool).toEqual({ total: 448, free: 48, minFree: 0 });
  });

  test("an empty pool of v3.14 switches the facility off", () => {
    const { debug, dev } = make({ version: "v3.14", preallocated: 1 });
    expect(texts(debug.boot)[0]).toBe("DMA-API: preallocated 1 debug entries\n");
    debug.mapPage(dev, PAGE, 0, 64, 1, A);
    expect(texts(debug.mapPage(dev, PAGE, 0, 64, 1, A + 64))).toEqual([
      "DMA-API: debugging out of memory - disabling\n",
    ]);
    expect(debug.disabled).toBe(true);
  });

  test("off from the start", () => {
    const { debug, dev } = make({ off: true });
    expect(texts(debug.boot)).toEqual(["DMA-API: debugging disabled on kernel command line\n"]);
    debug.mapPage(dev, PAGE, 0, 64, 1, A);
    expect(debug.active).toBe(0);
  });
});

describe("reports", () => {
  test("leak report names the last entry of the hash and leaves the entries", () => {
    const { debug, dev } = make();
    debug.mapPage(dev, PAGE, 0, 64, 1, A + 0x2000);
    debug.mapPage(dev, PAGE, 0, 64, 2, A);
    expect(texts(debug.driverUnbound(dev))).toEqual([
      "DMA-API: exynos4-fimc 11800000.fimc: device driver has pending DMA allocations while released from device [count=2]\n" +
        "One of leaked entries details: [device address=0x0000000020002000] [size=64 bytes] [mapped with DMA_TO_DEVICE] [mapped as single]\n",
    ]);
    expect(debug.active).toBe(2);
    expect(debug.driverUnbound(debug.addDevice({ name: "idle" }))).toEqual([]);
  });

  test("dump lines", () => {
    const { debug, dev } = make();
    debug.mapPage(dev, PAGE, 0x123, 64, 2, A + 0x123);
    const tail =
      "single idx 0 P=48000123 N=48000 D=20000123 L=40 DMA_FROM_DEVICE dma map error not checked\n";
    expect(debug.dumpMappings()).toEqual([
      { kind: "print", level: "dev_info", check: null, text: `exynos4-fimc 11800000.fimc: ${tail}` },
    ]);
    expect(texts(debug.debugfsDump())).toEqual([`11800000.fimc exynos4-fimc ${tail}`]);
  });

  test("a device nobody added is refused by name", () => {
    const { debug } = make();
    expect(() => debug.unmapPage(7, A, 1, 1)).toThrow(/device .* got 7/);
    expect(() => new DmaDebug({ preallocated: 0 })).toThrow(/preallocated/);
  });
});
