// Exynos4212 and 4412: the imaging subsystem with its own System MMUs, G2D on the ACP port.
//
// MMU_VERSION: no published value. The ISP block gets 1.2 (0x10400000), the rest 2.1 (0x20200000), after the
// generations that drivers of the time name for this family (spec sysmmu-hardware 1.0, open question Q9).
//
// Combiner (5,1) is GPS in the 4412 manual's list, so the interrupt of mdma2 is not known (Q13). The manual's
// "MDMA" at (4,0) has no known base here, because 0x10a40000 is G2D's: it is left out.
//
// Gate bits of the FIMC-LITE masters: drivers/clk/samsung/clk-exynos4412-isp.c (torvalds/linux@3d5e4894) and,
// before the ISP clocks had a driver of their own, clk-exynos4.c (@00637a6f): "lite0" is ISP0:3, "lite1"
// ISP0:4. The numbers 4 and 5 that the device tree gives them are names of clocks, not bits. Nodes:
// exynos4x12.dtsi (Kingxukai/linux@9b44fff6) and exynos4.dtsi of 5.15 (DT515) agree with every row here that
// has one.

import { commonMasters, commonSysmmus, GATES } from "./exynos4.js";
import { comb, gate, master, spi, sysmmu } from "./rows.js";
import type { MasterDescription, SysmmuDescription } from "./types.js";

const VERSION = 0x2020_0000;
const ISP_VERSION = 0x1040_0000;
const { image4x12, dmc, gps, isp0, isp1 } = GATES;

/** System MMUs of the two SoCs. */
export const SYSMMUS_4X12: readonly SysmmuDescription[] = [
  ...commonSysmmus(VERSION, { register: image4x12 }),
  sysmmu({
    name: "g2d",
    base: 0x10a4_0000,
    interrupt: comb(4, 7),
    clock: gate("smmu_g2d", dmc, 24),
    masterClock: gate("g2d", dmc, 23),
    version: VERSION,
  }),
  sysmmu({
    name: "fimc_isp",
    base: 0x1226_0000,
    interrupt: comb(16, 2),
    powerDomain: "ISP",
    clock: gate("smmu_isp", isp0, 8),
    master: "fimc_is",
    version: ISP_VERSION,
  }),
  sysmmu({
    name: "fimc_drc",
    base: 0x1227_0000,
    interrupt: comb(16, 3),
    powerDomain: "ISP",
    clock: gate("smmu_drc", isp0, 9),
    master: "fimc_is",
    version: ISP_VERSION,
  }),
  sysmmu({
    name: "fimc_fd",
    base: 0x122a_0000,
    interrupt: comb(16, 4),
    powerDomain: "ISP",
    clock: gate("smmu_fd", isp0, 10),
    master: "fimc_is",
    version: ISP_VERSION,
  }),
  sysmmu({
    name: "fimc_mcuctl",
    base: 0x122b_0000,
    interrupt: comb(16, 5),
    powerDomain: "ISP",
    clock: gate("smmu_ispcx", isp1, 4),
    master: "fimc_is",
    version: ISP_VERSION,
  }),
  sysmmu({
    name: "fimc_lite0",
    base: 0x123b_0000,
    interrupt: comb(16, 0),
    powerDomain: "ISP",
    clock: gate("smmu_lite0", isp0, 11),
    masterClock: gate("lite0", isp0, 3),
    version: ISP_VERSION,
  }),
  sysmmu({
    name: "fimc_lite1",
    base: 0x123c_0000,
    interrupt: comb(16, 1),
    powerDomain: "ISP",
    clock: gate("smmu_lite1", isp0, 12),
    masterClock: gate("lite1", isp0, 4),
    version: ISP_VERSION,
  }),
  sysmmu({
    name: "mdma2",
    base: 0x12a4_0000,
    interrupt: null,
    clock: gate("smmu_mdma2", image4x12, 5),
    masterClock: gate("mdma", image4x12, 2),
    version: VERSION,
    deviceTree: false,
  }),
  sysmmu({
    name: "gps",
    base: 0x1273_0000,
    interrupt: comb(5, 1),
    powerDomain: "GPS",
    clock: gate("smmu_gps", gps, 1),
    masterClock: gate("gps", gps, 0),
    version: VERSION,
    deviceTree: false,
  }),
];

/** Bus masters of the two SoCs. */
export const MASTERS_4X12: readonly MasterDescription[] = [
  ...commonMasters(null),
  master("g2d", 0x1080_0000, 0x1000, "g2d", [spi(89)]),
  master("fimc_is", 0x1200_0000, 0x26_0000, "fimc-is", [spi(90), spi(95)], "ISP", [
    "fimc_isp",
    "fimc_drc",
    "fimc_fd",
    "fimc_mcuctl",
  ]),
  master("fimc_lite0", 0x1239_0000, 0x1000, "fimc-lite", [spi(105)], "ISP"),
  master("fimc_lite1", 0x123a_0000, 0x1000, "fimc-lite", [spi(106)], "ISP"),
  master("mdma2", 0x1285_0000, 0x1000, "dma-controller", [spi(34)]),
  master("gps", 0x1270_0000, 0, "gps", [spi(111)], "GPS"),
  master("mshc", 0x1255_0000, 0x1000, "mmc", [spi(77)], null, []),
];
