// Rules of the drivers that no recording at hand shows: misuse of the first driver, lost
// invalidations, domains freed in use, the 2011 driver, version 5 faults.
import { beforeEach, describe, expect, it } from "vitest";
import {
  type DriverEvent,
  type EventNaming,
  logPosition,
  readDriverEvents,
} from "../../src/iommu/driver-events.js";
import { builds } from "../cores.js";
import { type Bench, bench, counter, dram32 } from "./core.js";

const naming: EventNaming = {
  sysmmu: (n) => `sysmmu${n}`,
  device: (n) => `master${n}`,
  debug: (n) => `dbg${n}`,
  table: (pa) => ["PA", pa],
  allocated: () => 0,
  freed: () => {},
  address: (pa) => pa,
  register: (_instance, _offset, value) => value,
  descriptor: (word) => word,
};

/** Events of `call`, as driver number `driver` words them. */
function during({ core }: Bench, driver: number, call: () => unknown): DriverEvent[] {
  core.u32[(core.constants["HEADER"]! >>> 2) + 10] = 0x23;
  const from = logPosition(core);
  call();
  const events = readDriverEvents(core, from, driver, naming);
  core.u32[(core.constants["HEADER"]! >>> 2) + 10] = 0;
  return events;
}

const IOVA = 0x1000_0000;
const PA = 0x4080_0000;
const MIB = 0x10_0000;
const BUG_MAP = -2147483648;
const BUG_UNMAP = 0xffff_ffff;

describe.each(builds)("%s core", (build) => {
  describe("v3.6", () => {
    let made: Bench;
    let domain: number;
    beforeEach(() => {
      made = bench(build, "v3.6", 0x1000_0000);
      domain = made.iommu.domainCreate() >>> 0;
    });

    it("writes a page over a section into the section's memory", () => {
      const { core, iommu } = made;
      expect(iommu.driverMap(domain, IOVA, PA, MIB, 3)).toBe(0);
      const events = during(made, 2, () =>
        expect(iommu.driverMap(domain, IOVA + 0x3000, PA, 4096, 3)).toBe(0),
      );
      expect(events).toEqual([
        ["dflush", "PA", PA + 12, 4],
        ["oflush", "PA", PA + 12, 4],
      ]);
      expect(dram32(core, PA + 12)).toBe(PA | 2);
      expect(iommu.domainFreeEntries(domain, 0x100)).toBe(-1);
      expect(counter(core, "COUNT_SECTION_WRITES")).toBe(1);
    });

    it("wipes forward from the occupied entry when a large page does not fit", () => {
      const { core, iommu } = made;
      iommu.driverMap(domain, IOVA + 0x5000, PA, 4096, 3);
      iommu.driverMap(domain, IOVA + 0x8000, PA, 4096, 3);
      const events = during(made, 2, () => expect(iommu.driverMap(domain, IOVA, PA, 0x10000, 3)).toBe(-98));
      expect(events).toEqual([]);
      const table = dram32(core, (iommu.domainTable(domain) >>> 0) + 0x400) - 1;
      const slots = Array.from({ length: 16 }, (_, k) => dram32(core, table + 4 * k));
      expect(slots).toEqual([...new Array(5).fill(PA | 1), ...new Array(11).fill(0)]);
      expect(iommu.domainFreeEntries(domain, 0x100)).toBe(254);
    });

    it("lets the count of free entries pass 256, after which no section fits", () => {
      const { iommu } = made;
      iommu.driverMap(domain, IOVA, PA, 0x10000, 3);
      expect(iommu.driverUnmap(domain, IOVA + 0x4000, 0x10000)).toBe(0x10000);
      expect(iommu.driverUnmap(domain, IOVA, 0x10000)).toBe(0x10000);
      expect(iommu.domainFreeEntries(domain, 0x100)).toBe(272);
      expect(iommu.driverMap(domain, IOVA, PA, MIB, 3)).toBe(-98);
    });

    it("stops when less than the page is unmapped", () => {
      const { core, iommu } = made;
      iommu.driverMap(domain, IOVA, PA, MIB, 3);
      expect(iommu.driverUnmap(domain, IOVA, 4096) >>> 0).toBe(BUG_UNMAP);
      expect(iommu.driverBug()).toBe(core.constants["LABEL_SECTION"]);
      expect(iommu.driverBug()).toBe(0);
      expect(iommu.iommuUnmap(domain, IOVA, 0x10000) >>> 0).toBe(BUG_UNMAP);
    });

    it("leaves cleared entries in the cache, where the walker does not see them", () => {
      const { core, iommu } = made;
      core.exports["cacheInit"](4096, 4, 16384, 8, 0, 1);
      iommu.driverMap(domain, IOVA, PA, 4096, 3);
      const table = dram32(core, (iommu.domainTable(domain) >>> 0) + 0x400) - 1;
      expect(dram32(core, table)).toBe(PA | 2);
      iommu.driverUnmap(domain, IOVA, 4096);
      expect(dram32(core, table)).toBe(PA | 2);
      expect(iommu.iommuIovaToPhys(domain, IOVA)).toBe(0);
    });
  });

  it("gives an invalidation up without a word when the block does not take effect", () => {
    const made = bench(build, "v6.1");
    const { core, iommu, device } = made;
    const domain = iommu.domainCreate() >>> 0;
    iommu.driverAttach(domain, device);
    iommu.iommuMap(domain, IOVA, PA, 4096, 3);
    core.exports["sysmmuSetBlockPolls"](0, 121);
    const events = during(made, 0, () => iommu.iommuUnmap(domain, IOVA, 4096));
    expect(events.slice(3)).toEqual([
      ["w", 0, 0, 7],
      ["r", 0, 8, 0, 121],
      ["w", 0, 0, 5],
      ["clk", "disable", "master"],
    ]);
    expect(counter(core, "COUNT_INVALIDATIONS_LOST")).toBe(1);
    core.exports["sysmmuSetBlockPolls"](0, 120);
    expect(during(made, 0, () => iommu.iommuUnmap(domain, IOVA, 4096))).toContainEqual([
      "w",
      0,
      16,
      IOVA | 1,
    ]);
  });

  it("passes over a suspended System MMU and programs it on resume", () => {
    const made = bench(build, "v6.1", 0x3060_0000, 2);
    const { iommu, device } = made;
    const domain = iommu.domainCreate() >>> 0;
    iommu.driverAttach(domain, device);
    iommu.driverSuspend(0);
    const touched = during(made, 0, () => iommu.iommuUnmap(domain, IOVA, 4096));
    expect(new Set(touched.filter(([kind]) => kind === "w").map(([, unit]) => unit))).toEqual(new Set([1]));
    const resumed = during(made, 0, () => iommu.driverResume(0));
    expect(resumed).toContainEqual(["w", 0, 0x14, iommu.domainTable(domain) >>> 0]);
  });

  it.each(["v3.6", "v4.4", "v6.1"] as const)(
    "switches off what a freed domain leaves attached, %s",
    (version) => {
      const made = bench(build, version, 0x3060_0000, 2);
      const { core, iommu, device } = made;
      const domain = iommu.domainCreate() >>> 0;
      iommu.driverAttach(domain, device);
      iommu.domainDestroy(domain);
      for (const unit of [0, 1]) expect(core.exports["sysmmuPeek"](unit, 0)).toBe(0);
      const next = iommu.domainCreate() >>> 0;
      expect(iommu.driverAttach(next, device)).toBe(0);
      expect(core.exports["sysmmuPeek"](0, 0)).toBe(5);
      expect(iommu.iommuUnmap(next, IOVA, 4096)).toBe(4096);
    },
  );

  it("names the causes of version 5", () => {
    const made = bench(build, "v6.1", 0x5000_0000);
    const { core, iommu, device } = made;
    const domain = iommu.domainCreate() >>> 0;
    iommu.driverAttach(domain, device);
    iommu.domainSetHandler(domain, 1, 0);
    core.exports["sysmmuInject"](0, 0x8_0000, 0, 0x1234_5000, 0x1111_1000, 0);
    expect(during(made, 0, () => expect(iommu.driverIrq(0)).toBe(1))).toEqual([
      ["clk", "enable", "master"],
      ["r", 0, 0x60, 0x8_0000],
      ["r", 0, 0x80, 0x1234_5000],
      ["print", "dev_err", "master0: AW ACCESS PROTECTION FAULT occurred at 0x12345000\n"],
      ["domain_handler", "master0", 0x1234_5000, 1, 0],
      ["w", 0, 0x64, 0x8_0000],
      ["w", 0, 0, 5],
      ["clk", "disable", "master"],
    ]);
    expect(core.exports["sysmmuPeek"](0, 0x60)).toBe(0);
  });

  describe("rfc2011", () => {
    let made: Bench;
    let domain: number;
    beforeEach(() => {
      made = bench(build, "rfc2011", 0x1000_0000);
      domain = made.iommu.domainCreate() >>> 0;
    });

    it("maps four sizes and finds their addresses", () => {
      const { iommu } = made;
      const sizes = [0x1000, 0x10000, MIB, 16 * MIB];
      sizes.forEach((size, k) => {
        const iova = (k + 1) * 32 * MIB;
        expect(iommu.driverMap(domain, iova, 16 * MIB * 5, size, 0)).toBe(0);
        expect(iommu.iommuIovaToPhys(domain, iova + size - 1)).toBe(16 * MIB * 5 + size - 1);
        expect(iommu.driverMap(domain, iova, 16 * MIB * 5, size, 0)).toBe(BUG_MAP);
        expect(iommu.driverUnmap(domain, iova, size) >>> 0).toBe(size);
        expect(iommu.driverUnmap(domain, iova, size) >>> 0).toBe(BUG_UNMAP);
      });
    });

    it("frees a table with its last entry, then flushes all", () => {
      const { iommu, device, core } = made;
      iommu.driverAttach(domain, device);
      iommu.iommuMap(domain, IOVA, PA, 8192, 0);
      iommu.driverUnmap(domain, IOVA, 4096);
      expect(counter(core, "COUNT_TABLES_FREED")).toBe(0);
      const events = during(made, 3, () => iommu.driverUnmap(domain, IOVA + 4096, 4096));
      expect(counter(core, "COUNT_TABLES_FREED")).toBe(1);
      expect(events.map(([kind]) => kind).join(" ")).toBe("dflush oflush free_l2 dflush oflush r w w r w");
    });

    it("runs without a flush and only clears the enable bit to stop", () => {
      const { iommu, device, core } = made;
      const events = during(made, 3, () => iommu.driverAttach(domain, device));
      expect(events).toEqual([
        ["w", 0, 0x14, iommu.domainTable(domain) >>> 0],
        ["r", 0, 4, 0],
        ["w", 0, 4, 1],
        ["r", 0, 0, 0],
        ["w", 0, 0, 5],
      ]);
      iommu.driverDetach(domain, device);
      expect(core.exports["sysmmuPeek"](0, 0)).toBe(4);
    });
  });

  it("reports table memory that is not there and recovers", () => {
    const { core, iommu } = bench(build, "v6.1");
    const domain = iommu.domainCreate() >>> 0;
    const at = (core.constants["INJECT"]! + 8 * core.constants["INJECT_TABLE"]!) >>> 2;
    core.u32[at] = 1;
    expect(iommu.iommuMap(domain, IOVA, PA, 4096, 3)).toBe(-12);
    expect(iommu.iommuMap(domain, IOVA, PA, 4096, 3)).toBe(0);
  });
});
