// Exynos4210: two Cortex-A9, sixteen combiner groups, a second display controller, G2D on IMAGE.
//
// MMU_VERSION: no published value. All instances read 0x80000001 here, the value that some SoCs give instead
// of a version and that drivers take for 1.0; the recorded runs of Linux 6.12 had it too.
//
// Sources: spec sysmmu-hardware 5.1 to 5.4. Instances mdma, mdma2, pcie and sss have no mainline device-tree
// node. The clock of mdma is not known; IMAGE:5 is mdma2's after MZ (open question Q15). Rows with a node
// agree with exynos4.dtsi of 5.15 (DT515) and samsung/exynos4210.dtsi (torvalds/linux@c05b27c8), gate bits
// with clk-exynos4.c (torvalds/linux@00637a6f). FIMD1 itself has no node, only its System MMU.

import {
  CMU_BASE,
  combiner,
  commonMasters,
  commonSysmmus,
  EXYNOS4_DRAM_BASE,
  EXYNOS4_MEMORY,
  GATES,
  gic,
  powerDomains,
} from "./exynos4.js";
import { comb, gate, master, named, spi, sysmmu } from "./rows.js";
import type { SocDescription } from "./types.js";

const VERSION = 0x8000_0001;
const { image4210, lcd1, fsys } = GATES;

/** Samsung Exynos4210 (2011), the SoC of the Origen, Trats and Universal C210 boards. */
export const exynos4210: SocDescription = {
  name: "exynos4210",
  title: "Samsung Exynos4210",
  compatible: "samsung,exynos4210",
  memory: EXYNOS4_MEMORY,
  dramBase: EXYNOS4_DRAM_BASE,
  cmuBase: CMU_BASE,
  sysmmus: [
    ...commonSysmmus(VERSION, { register: image4210, powerDomain: "LCD0" }),
    sysmmu({
      name: "g2d",
      base: 0x12a2_0000,
      interrupt: comb(4, 7),
      powerDomain: "LCD0",
      clock: gate("smmu_g2d", image4210, 3),
      masterClock: gate("g2d", image4210, 0),
      version: VERSION,
    }),
    sysmmu({
      name: "fimd1",
      base: 0x1222_0000,
      interrupt: comb(5, 3),
      powerDomain: "LCD1",
      clock: gate("smmu_fimd1", lcd1, 4),
      masterClock: gate("fimd1", lcd1, 0),
      version: VERSION,
    }),
    sysmmu({
      name: "mdma",
      base: 0x10a4_0000,
      interrupt: comb(4, 0),
      clock: named("smmu_mdma"),
      version: VERSION,
      deviceTree: false,
    }),
    sysmmu({
      name: "mdma2",
      base: 0x12a4_0000,
      interrupt: comb(5, 1),
      powerDomain: "LCD0",
      clock: gate("smmu_mdma2", image4210, 5),
      masterClock: gate("mdma", image4210, 2),
      version: VERSION,
      deviceTree: false,
    }),
    sysmmu({
      name: "pcie",
      base: 0x1262_0000,
      interrupt: comb(5, 7),
      clock: gate("smmu_pcie", fsys, 18),
      masterClock: gate("pcie", fsys, 14),
      version: VERSION,
      deviceTree: false,
    }),
  ],
  devices: [
    ...commonMasters("LCD0"),
    master("g2d", 0x1280_0000, 0x1000, "g2d", [spi(89)], "LCD0"),
    master("fimd1", 0x1200_0000, 0x2_0000, "fimd", [comb(12, 0), comb(12, 1), comb(12, 2)], "LCD1"),
    master("mdma", 0x1081_0000, 0x1000, "dma-controller", [spi(33)]),
    master("mdma2", 0x1285_0000, 0x1000, "dma-controller", [spi(34)], "LCD0"),
    // Its registers are in no source.
    { ...master("pcie", 0, 0, "pcie", [spi(90)]), linuxName: "pcie" },
  ],
  powerDomains: powerDomains("LCD1"),
  combiner: combiner(16),
  gic: gic(0x8000),
};
