// The SoC tables: spot values from spec sysmmu-hardware 5, and what must hold for every table.
import { describe, expect, test } from "vitest";
import { withMfcSwapped } from "../../src/soc/exynos4.js";
import {
  findByLinuxName,
  findMaster,
  findSysmmu,
  routeInterrupt,
  SOCS,
  socByName,
} from "../../src/soc/find.js";

const { exynos4210, exynos4212, exynos4412 } = SOCS;
const names = (list: readonly { name: string }[]) => list.map((x) => x.name).sort();

describe.each(Object.values(SOCS))("$name", (soc) => {
  test("names and addresses are unique", () => {
    for (const list of [soc.sysmmus, soc.devices, soc.powerDomains]) {
      expect(new Set(list.map((x) => x.name)).size).toBe(list.length);
      const bases = list.map((x) => x.base).filter((base) => base !== 0);
      expect(new Set(bases).size).toBe(bases.length);
    }
  });

  test("ports and masters name each other; domains exist", () => {
    const domains = new Set(soc.powerDomains.map((d) => d.name));
    for (const s of soc.sysmmus) {
      expect(findMaster(soc, s.master!)?.ports).toContain(s.name);
      if (s.powerDomain !== null) expect(domains).toContain(s.powerDomain);
    }
    for (const d of soc.devices) {
      for (const port of d.ports) expect(findSysmmu(soc, port)?.master).toBe(d.name);
      if (d.powerDomain !== null) expect(domains).toContain(d.powerDomain);
      if (d.base !== 0) expect(d.linuxName).toBe(`${d.base.toString(16)}.${d.linuxName.split(".")[1]}`);
    }
    for (const p of soc.powerDomains) if (p.parent !== null) expect(domains).toContain(p.parent);
  });

  test("interrupt lines are inside the combiner and used once; gates too", () => {
    const seen = new Set<string>();
    for (const s of soc.sysmmus) {
      if (s.interrupt !== null) {
        expect(routeInterrupt(soc, s.interrupt)).not.toBeNull();
        const key = JSON.stringify(s.interrupt);
        expect(seen).not.toContain(key);
        seen.add(key);
      }
      // The two ports of the MFC have one master, whose clock is named twice.
      for (const clock of s.name === "mfc_r" ? [s.clock] : [s.clock, s.masterClock]) {
        if (clock === null || clock.register === null) continue;
        const key = `${clock.register}:${clock.bit}`;
        expect(seen).not.toContain(key);
        seen.add(key);
      }
    }
  });
});

test("instances by SoC", () => {
  const common = [
    "fimc0",
    "fimc1",
    "fimc2",
    "fimc3",
    "fimd0",
    "g2d",
    "jpeg",
    "mdma2",
    "mfc_l",
    "mfc_r",
    "rotator",
    "sss",
    "tv",
  ];
  expect(names(exynos4210.sysmmus)).toEqual([...common, "fimd1", "mdma", "pcie"].sort());
  const imaging = ["fimc_isp", "fimc_drc", "fimc_fd", "fimc_mcuctl", "fimc_lite0", "fimc_lite1", "gps"];
  expect(names(exynos4412.sysmmus)).toEqual([...common, ...imaging].sort());
  expect(exynos4212.sysmmus).toEqual(exynos4412.sysmmus);
});

test("spot values", () => {
  expect(findSysmmu(exynos4210, "g2d")).toMatchObject({
    base: 0x12a2_0000,
    linuxName: "12a20000.sysmmu",
    interrupt: { kind: "combiner", group: 4, bit: 7 },
    powerDomain: "LCD0",
    clock: { register: 0xc930, bit: 3 },
  });
  expect(findSysmmu(exynos4412, "g2d")).toMatchObject({
    base: 0x10a4_0000,
    powerDomain: null,
    clock: { register: 0x10900 },
  });
  expect(findSysmmu(exynos4412, "fimc_lite1")).toMatchObject({
    interrupt: { kind: "combiner", group: 16, bit: 1 },
    clock: { name: "smmu_lite1", register: 0x18800, bit: 12 },
    masterClock: { name: "lite1", register: 0x18800, bit: 4 },
  });
  expect(findSysmmu(exynos4412, "fimc_lite0")?.masterClock).toMatchObject({ register: 0x18800, bit: 3 });
  expect(findMaster(exynos4412, "fimc_is")?.ports).toEqual([
    "fimc_isp",
    "fimc_drc",
    "fimc_fd",
    "fimc_mcuctl",
  ]);
  expect(findMaster(exynos4210, "mfc")?.ports).toEqual(["mfc_l", "mfc_r"]);
  expect(exynos4412.combiner?.spis.slice(15)).toEqual([15, 107, 108, 48, 42]);
  expect([exynos4210, exynos4212, exynos4412].map((s) => s.combiner?.groups)).toEqual([16, 18, 20]);
});

test("MFC interrupts the other way round", () => {
  const swapped = withMfcSwapped(exynos4210);
  expect(findSysmmu(exynos4210, "mfc_l")?.interrupt).toEqual({ kind: "combiner", group: 5, bit: 5 });
  expect(findSysmmu(swapped, "mfc_l")?.interrupt).toEqual({ kind: "combiner", group: 5, bit: 6 });
  expect(findSysmmu(swapped, "mfc_r")?.interrupt).toEqual({ kind: "combiner", group: 5, bit: 5 });
  expect(withMfcSwapped(swapped)).toEqual(exynos4210);
});

describe("finding", () => {
  test.each([
    ["11800000.fimc", "fimc0"],
    ["11c00000.fimd", "fimd0"],
    ["12810000.rotator", "rotator"],
    ["12800000.g2d", "g2d"],
    ["11840000.jpeg-codec", "jpeg"],
    ["13400000.codec", "mfc"],
    ["13400000.mfc", "mfc"],
    ["12680000.dma-controller", "pdma0"],
    ["12510000.mmc", "sdhci0"],
    [" fimc2 ", "fimc2"],
  ])("%s is %s", (linux, name) => {
    expect(findByLinuxName(exynos4210, linux)).toMatchObject({ kind: "device", device: { name } });
  });

  test("System MMUs, and what is neither", () => {
    expect(findByLinuxName(exynos4210, "13620000.sysmmu")).toMatchObject({
      kind: "sysmmu",
      sysmmu: { name: "mfc_l" },
    });
    for (const name of ["10800000.g2d", "0000:00:1f.2", "", "00000000.pcie"]) {
      expect(findByLinuxName(exynos4210, name)).toBeUndefined();
    }
  });

  test("SoC by name", () => {
    expect(socByName("exynos4412")).toBe(exynos4412);
    for (const name of ["exynos9", "toString"])
      expect(() => socByName(name)).toThrow(/exynos4210, exynos4212, exynos4412/);
  });

  test("the way of an interrupt", () => {
    expect(routeInterrupt(exynos4412, { kind: "combiner", group: 18, bit: 7 })).toEqual({
      spi: 48,
      intid: 80,
      combiner: { bank: 0x1044_0040, mask: 0x0080_0000 },
    });
    expect(routeInterrupt(exynos4210, { kind: "combiner", group: 3, bit: 7 })?.combiner?.mask).toBe(
      0x8000_0000,
    );
    expect(routeInterrupt(exynos4210, { kind: "combiner", group: 16, bit: 0 })).toBeNull();
    expect(routeInterrupt(exynos4210, { kind: "spi", number: 84 })).toEqual({
      spi: 84,
      intid: 116,
      combiner: null,
    });
  });
});
