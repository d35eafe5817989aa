// What Exynos4210, 4212 and 4412 have in common: instances, masters, memory map.
//
// Sources, by the keys of spec sysmmu-hardware 0: DT515 (device trees of 5.15) for bases, interrupts,
// power domains; CLK515 for gate bits; L36 and MZ for instances without a device-tree node; NBSD for DRAM.
//
// MFC interrupts: device trees and the 2011 driver give (5,5) to the left port and (5,6) to the right;
// the 3.6 machine files give them the other way round. The tables follow the device trees;
// withMfcSwapped() gives the other reading.

import { comb, domain, gate, master, spi, sysmmu } from "./rows.js";
import type {
  AddressRange,
  MasterDescription,
  PowerDomainDescription,
  SocDescription,
  SysmmuDescription,
} from "./types.js";

/** CMU offsets of the gate registers (CLK515, spec 5.1). */
export const GATES = {
  image4210: 0xc930,
  image4x12: 0x4930,
  cam: 0xc920,
  tv: 0xc924,
  mfc: 0xc928,
  lcd0: 0xc934,
  lcd1: 0xc938,
  fsys: 0xc940,
  gps: 0xc94c,
  dmc: 0x10900,
  isp0: 0x18800,
  isp1: 0x18804,
} as const;

/** Clock controller base. */
export const CMU_BASE = 0x1003_0000;

/** DRAM behind the two memory controllers, SFR space (NBSD). */
export const EXYNOS4_MEMORY: readonly AddressRange[] = [
  { name: "dmc0", base: 0x4000_0000, bytes: 0x6000_0000 },
  { name: "dmc1", base: 0xa000_0000, bytes: 0x6000_0000 },
];

/** First DRAM address. */
export const EXYNOS4_DRAM_BASE = 0x4000_0000;

/** System MMUs of FIMC0..3, JPEG, FIMD0, SSS, ROTATOR, TV and MFC, with one MMU_VERSION for all. */
export function commonSysmmus(
  version: number,
  rotator: { readonly register: number; readonly powerDomain?: string },
): SysmmuDescription[] {
  const cam = (n: number, bit: number) => ({
    interrupt: comb(4, 2 + n),
    powerDomain: "CAM",
    clock: gate(`smmu_fimc${n}`, GATES.cam, bit),
    masterClock: gate(`fimc${n}`, GATES.cam, n),
    version,
  });
  const mfcBus = gate("mfc", GATES.mfc, 0);
  return [
    sysmmu({ name: "fimc0", base: 0x11a2_0000, ...cam(0, 7) }),
    sysmmu({ name: "fimc1", base: 0x11a3_0000, ...cam(1, 8) }),
    sysmmu({ name: "fimc2", base: 0x11a4_0000, ...cam(2, 9) }),
    sysmmu({ name: "fimc3", base: 0x11a5_0000, ...cam(3, 10) }),
    sysmmu({
      name: "jpeg",
      base: 0x11a6_0000,
      interrupt: comb(4, 6),
      powerDomain: "CAM",
      clock: gate("smmu_jpeg", GATES.cam, 11),
      masterClock: gate("jpeg", GATES.cam, 6),
      version,
    }),
    sysmmu({
      name: "fimd0",
      base: 0x11e2_0000,
      interrupt: comb(5, 2),
      powerDomain: "LCD0",
      clock: gate("smmu_fimd0", GATES.lcd0, 4),
      masterClock: gate("fimd0", GATES.lcd0, 0),
      version,
    }),
    sysmmu({
      name: "rotator",
      base: 0x12a3_0000,
      interrupt: comb(5, 0),
      clock: gate("smmu_rotator", rotator.register, 4),
      masterClock: gate("rotator", rotator.register, 1),
      version,
      ...(rotator.powerDomain === undefined ? {} : { powerDomain: rotator.powerDomain }),
    }),
    sysmmu({
      name: "tv",
      base: 0x12e2_0000,
      interrupt: comb(5, 4),
      powerDomain: "TV",
      clock: gate("smmu_tv", GATES.tv, 4),
      masterClock: gate("mixer", GATES.tv, 1),
      version,
    }),
    sysmmu({
      name: "mfc_l",
      base: 0x1362_0000,
      interrupt: comb(5, 5),
      powerDomain: "MFC",
      clock: gate("smmu_mfcl", GATES.mfc, 1),
      masterClock: mfcBus,
      master: "mfc",
      version,
    }),
    sysmmu({
      name: "mfc_r",
      base: 0x1363_0000,
      interrupt: comb(5, 6),
      powerDomain: "MFC",
      clock: gate("smmu_mfcr", GATES.mfc, 2),
      masterClock: mfcBus,
      master: "mfc",
      version,
    }),
    // Header only (L36, MZ).
    sysmmu({
      name: "sss",
      base: 0x10a5_0000,
      interrupt: comb(4, 1),
      clock: gate("smmu_sss", GATES.dmc, 12),
      masterClock: gate("sss", GATES.dmc, 4),
      version,
      deviceTree: false,
    }),
  ];
}

/** Masters of those, and masters without a System MMU that real traces name. */
export function commonMasters(rotatorDomain: string | null): MasterDescription[] {
  return [
    master("fimc0", 0x1180_0000, 0x1000, "fimc", [spi(84)], "CAM"),
    master("fimc1", 0x1181_0000, 0x1000, "fimc", [spi(85)], "CAM"),
    master("fimc2", 0x1182_0000, 0x1000, "fimc", [spi(86)], "CAM"),
    master("fimc3", 0x1183_0000, 0x1000, "fimc", [spi(87)], "CAM"),
    master("jpeg", 0x1184_0000, 0x1000, "jpeg-codec", [spi(88)], "CAM"),
    master("fimd0", 0x11c0_0000, 0x2_0000, "fimd", [comb(11, 0), comb(11, 1), comb(11, 2)], "LCD0"),
    master("rotator", 0x1281_0000, 0x64, "rotator", [spi(83)], rotatorDomain),
    // The video processor (0x12c00000) fetches through the mixer.
    master("tv", 0x12c1_0000, 0x2100, "mixer", [spi(91)], "TV"),
    master("mfc", 0x1340_0000, 0x1_0000, "codec", [spi(94)], "MFC", ["mfc_l", "mfc_r"]),
    master("sss", 0x1083_0000, 0x300, "sss", [spi(112)]),
    master("pdma0", 0x1268_0000, 0x1000, "dma-controller", [spi(35)], null, []),
    master("pdma1", 0x1269_0000, 0x1000, "dma-controller", [spi(36)], null, []),
    master("hsotg", 0x1248_0000, 0x2_0000, "usb", [spi(71)], null, []),
    master("sdhci0", 0x1251_0000, 0x100, "mmc", [spi(73)], null, []),
    master("sdhci1", 0x1252_0000, 0x100, "mmc", [spi(74)], null, []),
    master("sdhci2", 0x1253_0000, 0x100, "mmc", [spi(75)], null, []),
    master("sdhci3", 0x1254_0000, 0x100, "mmc", [spi(76)], null, []),
    master("ehci", 0x1258_0000, 0x100, "usb", [spi(70)], null, []),
    master("ohci", 0x1259_0000, 0x100, "usb", [spi(70)], null, []),
  ];
}

/** Power domains (PMU 0x10020000); the one at 0x10023ca0 is LCD1 or ISP. */
export function powerDomains(variable: "LCD1" | "ISP"): PowerDomainDescription[] {
  return [
    domain("CAM", 0x1002_3c00),
    domain("TV", 0x1002_3c20, "LCD0"),
    domain("MFC", 0x1002_3c40),
    domain("G3D", 0x1002_3c60),
    domain("LCD0", 0x1002_3c80),
    domain(variable, 0x1002_3ca0),
    domain("GPS", 0x1002_3ce0),
    domain("GPS alive", 0x1002_3d00),
  ];
}

const SPIS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 107, 108, 48, 42] as const;

/** Combiner of 16, 18 or 20 groups. */
export function combiner(groups: number): NonNullable<SocDescription["combiner"]> {
  return { base: 0x1044_0000, groups, spis: SPIS.slice(0, groups) };
}

/** GIC; the offset of a CPU's bank differs. */
export function gic(cpuOffset: number): NonNullable<SocDescription["gic"]> {
  return { distributor: 0x1049_0000, cpuInterface: 0x1048_0000, cpuOffset };
}

/** `soc` with the interrupts of the two MFC ports exchanged, as the machine files of 3.6 have them. */
export function withMfcSwapped(soc: SocDescription): SocDescription {
  const of = (name: string) => soc.sysmmus.find((s) => s.name === name)?.interrupt ?? null;
  const [left, right] = [of("mfc_l"), of("mfc_r")];
  const sysmmus = soc.sysmmus.map((s) => {
    if (s.name === "mfc_l") return { ...s, interrupt: right };
    return s.name === "mfc_r" ? { ...s, interrupt: left } : s;
  });
  return { ...soc, sysmmus };
}
