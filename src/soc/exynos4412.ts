// Exynos4412: as 4x12, with four Cortex-A9 and 20 combiner groups.
// Sources: spec sysmmu-hardware 5.1 to 5.4; choices that the sources leave open are named in exynos4x12.ts.

import { CMU_BASE, combiner, EXYNOS4_DRAM_BASE, EXYNOS4_MEMORY, gic, powerDomains } from "./exynos4.js";
import { MASTERS_4X12, SYSMMUS_4X12 } from "./exynos4x12.js";
import type { SocDescription } from "./types.js";

/** Samsung Exynos4412 (2012), the SoC of Odroid-X/U, Trats 2. */
export const exynos4412: SocDescription = {
  name: "exynos4412",
  title: "Samsung Exynos4412",
  compatible: "samsung,exynos4412",
  memory: EXYNOS4_MEMORY,
  dramBase: EXYNOS4_DRAM_BASE,
  cmuBase: CMU_BASE,
  sysmmus: SYSMMUS_4X12,
  devices: MASTERS_4X12,
  powerDomains: powerDomains("ISP"),
  combiner: combiner(20),
  gic: gic(0x4000),
};
