import { describe, expect, test } from "vitest";
import { socFromDeviceTree } from "../../src/soc/device-tree.js";
import { exynos4210 } from "../../src/soc/exynos4210.js";
import { findMaster, findSysmmu } from "../../src/soc/find.js";
import { board } from "./board.js";
import { type Node, writeFdt } from "./fdt-writer.js";

const read = (tree: Node) => socFromDeviceTree(writeFdt(tree));
const inSoc = (tree: Node, name: string) => tree.nodes!["soc"]!.nodes![name]!;

describe("a board with an Exynos4210", () => {
  const soc = read(board());

  test("what it is and where its memory lies, neighbours joined", () => {
    expect([soc.name, soc.title, soc.compatible]).toEqual([
      "exynos4210",
      "A test board",
      "samsung,exynos4210",
    ]);
    expect(soc.memory).toEqual([
      { name: "memory0", base: 0x4000_0000, bytes: 0x2000_0000 },
      { name: "memory1", base: 0x8000_0000, bytes: 0x1000 },
    ]);
    expect(soc.dramBase).toBe(0x4000_0000);
  });

  test("System MMUs are those of the table", () => {
    expect(soc.sysmmus.map((s) => s.name)).toEqual(["mfc_l", "mfc_r", "fimc0", "fimd0", "fimd1"]);
    for (const name of ["mfc_l", "mfc_r", "fimc0"]) {
      expect(findSysmmu(soc, name)).toEqual(findSysmmu(exynos4210, name));
    }
    expect(findSysmmu(soc, "fimd1")).toMatchObject({
      master: null,
      interrupt: { kind: "combiner", group: 5, bit: 3 },
    });
  });

  test("masters: address through ranges, ports in order of iommus, status, interrupts of both controllers", () => {
    expect(findMaster(soc, "fimc0")).toEqual({
      ...findMaster(exynos4210, "fimc0"),
      powerDomain: null,
      enabled: false,
    });
    expect(findMaster(soc, "mfc")).toEqual(findMaster(exynos4210, "mfc"));
    expect(findMaster(soc, "fimd0")?.interrupts).toEqual([
      { kind: "combiner", group: 11, bit: 0 },
      { kind: "combiner", group: 11, bit: 1 },
      { kind: "spi", number: 7 },
    ]);
    expect(findMaster(soc, "pdma0")).toEqual(findMaster(exynos4210, "pdma0"));
  });

  test("power domains, combiner and GIC", () => {
    expect(soc.powerDomains).toEqual([
      { name: "CAM", base: 0x1002_3c00, parent: null },
      { name: "MFC", base: 0x1002_3c40, parent: "CAM" },
    ]);
    expect(soc.combiner).toEqual({ base: 0x1044_0000, groups: 6, spis: [0, 1, 2, 3, 4, 5] });
    expect(soc.gic).toEqual({ distributor: 0x1049_0000, cpuInterface: 0x1048_0000, cpuOffset: 0x8000 });
  });
});

describe("a board with an SoC that has no table", () => {
  test("names come from what the nodes are; versions and clocks are what can be known", () => {
    const tree = board();
    tree.props!["compatible"] = ["x,y", "samsung,exynos5250", "samsung,exynos5"];
    inSoc(tree, "codec@13400000").props!["iommu-names"] = ["one", "two"];
    const soc = read(tree);
    expect(soc.name).toBe("exynos5250");
    expect(soc.sysmmus.map((s) => s.name)).toEqual([
      "mfc_one",
      "mfc_two",
      "fimc0",
      "fimd",
      "sysmmu_12220000",
    ]);
    expect(findSysmmu(soc, "fimd")).toMatchObject({
      version: 0x2020_0000,
      clock: { name: "sysmmu", register: null, bit: null },
    });
    expect(findMaster(soc, "pdma0")).toBeUndefined();
    expect(soc.cmuBase).toBe(0);
  });

  test("no System MMU, no memory, no controllers is an empty description", () => {
    const soc = read({ props: { compatible: "acme,board" } });
    expect(soc).toMatchObject({
      name: "acme,board",
      sysmmus: [],
      devices: [],
      memory: [],
      combiner: null,
      gic: null,
    });
  });
});

describe("trees that contradict themselves", () => {
  test.each([
    [
      "one System MMU for two masters",
      (t: Node) => {
        inSoc(t, "fimd@11c00000").props!["iommus"] = [0x11];
      },
      /named by \/soc\/codec/,
    ],
    [
      "two System MMUs at one address",
      (t: Node) => {
        inSoc(t, "sysmmu@12220000").props!["reg"] = [0x11e20000, 0x1000];
      },
      /address that is taken/,
    ],
    [
      "iommus without an address",
      (t: Node) => {
        delete inSoc(t, "fimd@11c00000").props!["reg"];
      },
      /no address/,
    ],
    [
      "iommus to nowhere",
      (t: Node) => {
        inSoc(t, "fimd@11c00000").props!["iommus"] = [0x99];
      },
      /phandle 0x99/,
    ],
    [
      "interrupts of the wrong width",
      (t: Node) => {
        inSoc(t, "sysmmu@11a20000").props!["interrupts"] = [4];
      },
      /list of 2 cells/,
    ],
    [
      "too many address cells",
      (t: Node) => {
        t.nodes!["soc"]!.props!["#address-cells"] = [5];
      },
      /#address-cells/,
    ],
  ])("%s", (_, change, message) => {
    const tree = board();
    change(tree);
    expect(() => read(tree)).toThrow(message);
  });
});
