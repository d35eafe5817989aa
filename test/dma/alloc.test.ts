// Allocations behind an IOMMU on real guest pages: what they take, show and give back.
import { beforeEach, describe, expect, it } from "vitest";
import type { Core } from "../../src/core/core.js";
import { DmaAllocation } from "../../src/core/exports/dma-iommu.js";
import { builds } from "../cores.js";
import { counter, DRAM_BASE, iommuCore, setSwitch } from "./iommu-core.js";

const VERSIONS = ["rfc2011", "v3.6", "v3.14", "v4.4", "v6.1"];
const ENXIO = -6;
const COOKIE = 0x10;
const CONTIGUOUS = 0x40;
const SINGLE = 0x80;

/** A device 0 with an empty IO-address space of 16 MiB and a recorder. */
function machine(build: "debug" | "release", version: string): Core {
  const core = iommuCore(build, version);
  const device = core.constants["DEVICES"]! >>> 2;
  const space = core.exports["iovaCreate"](0x2000_0000, 16 << 20, 0, 0) >>> 0;
  const domain = core.exports["stubCreate"]() >>> 0;
  core.u32[device + 6] = space;
  core.u32[device + 7] = domain;
  core.u32[device + 8] = 65536;
  return core;
}

function field(core: Core, at: number, offset: number): number {
  return core.u32[(at + offset) >>> 2]!;
}

function inject(core: Core, kind: string, n: number): void {
  core.u32[(core.constants["INJECT"]! >>> 2) + 2 * core.constants[kind]!] = n;
}

function attempts(core: Core, kind: string): number {
  return core.u32[(core.constants["INJECT"]! >>> 2) + 2 * core.constants[kind]! + 1]!;
}

function usedIova(core: Core): number {
  return core.exports["iovaUsedPages"](core.u32[(core.constants["DEVICES"]! >>> 2) + 6]);
}

describe.each(builds)("allocations, %s core", (build) => {
  describe.each(VERSIONS)("%s", (version) => {
    let core: Core;
    beforeEach(() => {
      core = machine(build, version);
    });

    it("zeroes its pages and gives everything back", () => {
      const { exports } = core;
      const pages = exports["pagesUsed"]();
      const dirt = exports["pagesAlloc"](64, 6) >>> 0;
      const at = (core.constants["DRAM"]! + (dirt - DRAM_BASE)) >>> 2;
      core.u32.fill(0xa5a5_a5a5, at, at + (64 << 10));
      exports["pagesFree"](dirt, 64);
      const allocation = exports.iommuOpsAlloc(0, 47_000, 0, 0) >>> 0;
      expect(allocation).not.toBe(0);
      expect(field(core, allocation, DmaAllocation.size)).toBe(49_152);
      for (let i = 0; i < field(core, allocation, DmaAllocation.runs); i++) {
        const pa = field(core, allocation, DmaAllocation.firstRun + 8 * i);
        const words = field(core, allocation, DmaAllocation.firstRun + 8 * i + 4) << 10;
        const first = (core.constants["DRAM"]! + (pa - DRAM_BASE)) >>> 2;
        expect(core.u32.subarray(first, first + words).every((word) => word === 0)).toBe(true);
      }
      expect(exports["pagesUsed"]()).toBe(pages + 12);
      expect(usedIova(core)).toBeGreaterThan(0);
      exports.iommuOpsFree(0, allocation);
      expect(exports["pagesUsed"]()).toBe(pages);
      expect(usedIova(core)).toBe(0);
    });

    it("unwinds at whatever point it fails", () => {
      const { exports } = core;
      exports.poolInit(0xffff_ffff);
      const allocate = (): number => exports.iommuOpsAlloc(0, 300_000, 0, 0) >>> 0;
      for (const kind of ["INJECT_MAP", "INJECT_PAGES", "INJECT_REMAP"]) {
        const before = attempts(core, kind);
        exports.iommuOpsFree(0, allocate());
        const points = attempts(core, kind) - before;
        const pages = exports["pagesUsed"]();
        for (let n = 1; n <= points; n++) {
          inject(core, kind, n);
          const allocation = allocate();
          inject(core, kind, 0);
          // A failed block of several pages is only a reason to take smaller ones.
          if (allocation !== 0) exports.iommuOpsFree(0, allocation);
          else expect(exports["lastError"]()).toBe(12);
          expect(exports["pagesUsed"](), `${kind} ${n}`).toBe(pages);
          expect(usedIova(core), `${kind} ${n}`).toBe(0);
        }
      }
    });

    it("lists its pages and checks user mappings as the kernel does", () => {
      const { exports } = core;
      const allocation = exports.iommuOpsAlloc(0, 20_000, 0, 0) >>> 0;
      const entries = exports.iommuOpsGetSgtable(allocation, 20_000);
      expect(entries).toBe(field(core, allocation, DmaAllocation.runs));
      const sg = core.constants["SG"]! >>> 2;
      let bytes = 0;
      for (let i = 0; i < entries; i++) bytes += core.u32[sg + 8 * i + 2]!;
      expect(bytes).toBe(20_000);
      expect(exports.iommuOpsMmap(allocation, 0, 5)).toBe(0);
      expect(exports.iommuOpsMmap(allocation, 0, 6)).toBe(ENXIO);
      const checked = version === "v4.4" || version === "v6.1";
      // Older kernels ignore the offset: the mapping starts at page 0.
      expect(exports.iommuOpsMmap(allocation, 2, 4)).toBe(checked ? ENXIO : 0);
      expect(exports.iommuOpsMmap(allocation, 5, 0)).toBe(checked ? ENXIO : 0);
      const page = exports.iommuOpsMmapPage(allocation, 2, 1) >>> 0;
      expect(page).toBe(exports.iommuOpsMmapPage(allocation, 0, checked ? 3 : 1) >>> 0);
      expect(exports.iommuOpsMmapPage(allocation, 0, 5) >>> 0).toBe(0xffff_ffff);
      expect(counter(core, "COUNT_UNCHECKED_MMAP")).toBe(checked ? 0 : 1);
    });
  });

  it("keeps the cookie a cookie", () => {
    const core = machine(build, "v6.1");
    const { exports } = core;
    const cookie = exports.iommuOpsAlloc(0, 8192, 0, COOKIE) >>> 0;
    expect(exports.iommuOpsIsCookie(cookie)).toBe(1);
    expect(exports.iommuOpsFreeAs(0, cookie, 0)).toBe(core.constants["FREE_INVALID"]);
    expect(usedIova(core)).toBe(2);
    const mapped = exports.iommuOpsAlloc(0, 4096, 0, 0) >>> 0;
    expect(exports.iommuOpsFreeAs(0, mapped, COOKIE)).toBe(core.constants["FREE_REFUSED"]);
    expect(exports.iommuOpsFreeAs(0, cookie, COOKIE)).toBe(core.constants["FREE_DONE"]);
    expect(exports.iommuOpsFreeAs(0, mapped, 0)).toBe(core.constants["FREE_DONE"]);
    expect(usedIova(core)).toBe(0);
  });

  it("takes one block, or single pages, when asked", () => {
    const core = machine(build, "v6.1");
    const { exports } = core;
    // Every second page of 2 MiB is taken: nothing but single pages fits below.
    const first = exports["pagesAlloc"](512, 9) >>> 0;
    for (let n = 0; n < 512; n += 2) exports["pagesFree"](first + n * 4096, 1);
    const single = exports.iommuOpsAlloc(0, 64 << 10, 0, SINGLE) >>> 0;
    expect(field(core, single, DmaAllocation.runs)).toBe(16);
    const contiguous = exports.iommuOpsAlloc(0, 64 << 10, 0, CONTIGUOUS | SINGLE) >>> 0;
    expect(field(core, contiguous, DmaAllocation.runs)).toBe(1);
    exports.iommuOpsFree(0, single);
    exports.iommuOpsFree(0, contiguous);
  });

  it("serves callers that cannot sleep from the pool and says when it is empty", () => {
    const core = machine(build, "v6.1");
    const { exports, constants } = core;
    const all = Array.from(
      { length: 64 },
      () => exports.iommuOpsAlloc(0, 100, constants["GFP_ATOMIC"]!, 0) >>> 0,
    );
    expect(
      all.every((allocation) => field(core, allocation, DmaAllocation.cpu) === constants["CPU_POOL"]),
    ).toBe(true);
    expect(exports.poolUsed()).toBe(64);
    expect(exports.iommuOpsAlloc(0, 100, constants["GFP_ATOMIC"]!, 0)).toBe(0);
    expect(counter(core, "COUNT_POOL_EMPTY")).toBe(1);
    for (const allocation of all) exports.iommuOpsFree(0, allocation);
    expect(exports.poolUsed()).toBe(0);
    const two = exports.iommuOpsAlloc(0, 8192, constants["GFP_ATOMIC"]!, 0) >>> 0;
    expect(counter(core, "COUNT_MULTI_PAGE_ATOMIC")).toBe(1);
    expect(exports.iommuOpsMmap(two, 0, 1)).toBe(ENXIO);
    expect(counter(core, "COUNT_REFUSED")).toBe(1);
  });

  it("loses pool pages in v3.6, where free looks for another address", () => {
    const core = machine(build, "v3.6");
    const { exports, constants } = core;
    for (let n = 0; n < 3; n++)
      exports.iommuOpsFree(0, exports.iommuOpsAlloc(0, 1, constants["GFP_ATOMIC"]!, 0));
    expect(exports.poolUsed()).toBe(3);
    expect(counter(core, "COUNT_POOL_LEAKED")).toBe(3);
  });

  it("loses the plain block of a coherent device when its mapping fails (v6.1)", () => {
    const core = machine(build, "v6.1");
    const { exports } = core;
    core.u32[(core.constants["DEVICES"]! >>> 2) + 1] = 1;
    const used = exports["pagesUsed"]();
    const good = exports.iommuOpsAlloc(0, 12_288, 0, 0) >>> 0;
    expect(field(core, good, DmaAllocation.cpu)).toBe(core.constants["CPU_LINEAR"]);
    expect(exports.iommuOpsMmap(good, 0, 1)).toBe(ENXIO);
    exports.iommuOpsFree(0, good);
    expect(exports["pagesUsed"]()).toBe(used);
    inject(core, "INJECT_MAP", 1);
    expect(exports.iommuOpsAlloc(0, 12_288, 0, 0)).toBe(0);
    expect(exports["pagesUsed"]()).toBe(used + 3);
    expect(counter(core, "COUNT_PAGES_LEAKED")).toBe(3);
  });

  it("ignores handles in IO page 0, or repairs that when told to", () => {
    const core = machine(build, "v4.4");
    const { exports } = core;
    const space = exports["iovaCreate"](0, 1 << 20, 0, 0) >>> 0;
    core.u32[(core.constants["DEVICES"]! >>> 2) + 6] = space;
    expect(exports.iommuOpsMapPage(0, 0x4000_0000, 16, 100, 1, 0)).toBe(16);
    exports.iommuOpsUnmapPage(0, 16, 100, 1, 0);
    expect(exports["iovaUsedPages"](space)).toBe(1);
    expect(counter(core, "COUNT_ZERO_IOVA")).toBe(1);
    setSwitch(core, "SWITCH_DMA_ZERO_IOVA", 1);
    exports.iommuOpsUnmapPage(0, 16, 100, 1, 0);
    expect(exports["iovaUsedPages"](space)).toBe(0);
  });
});
