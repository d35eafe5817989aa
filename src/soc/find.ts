// Finding things in an SoC description: by short name, by Linux device name, by interrupt line.

import { describe } from "../check.js";
import { exynos4210 } from "./exynos4210.js";
import { exynos4212 } from "./exynos4212.js";
import { exynos4412 } from "./exynos4412.js";
import type { Interrupt, MasterDescription, SocDescription, SysmmuDescription } from "./types.js";

/** The SoCs with tables, by name. */
export const SOCS = { exynos4210, exynos4212, exynos4412 } as const;

/** Name of an SoC with a table. */
export type SocName = keyof typeof SOCS;

/** SoC table by name; throws RangeError naming the known ones. */
export function socByName(name: string): SocDescription {
  const soc = Object.hasOwn(SOCS, name) ? SOCS[name as SocName] : undefined;
  if (soc === undefined) {
    throw new RangeError(`soc must be one of ${Object.keys(SOCS).join(", ")}, got ${describe(name)}`);
  }
  return soc;
}

/** Bus master by short name, or undefined. */
export function findMaster(soc: SocDescription, name: string): MasterDescription | undefined {
  return soc.devices.find((d) => d.name === name);
}

/** System MMU by short name, or undefined. */
export function findSysmmu(soc: SocDescription, name: string): SysmmuDescription | undefined {
  return soc.sysmmus.find((s) => s.name === name);
}

/** What a Linux device name stands for. */
export type LinuxDevice =
  | { readonly kind: "device"; readonly device: MasterDescription }
  | { readonly kind: "sysmmu"; readonly sysmmu: SysmmuDescription };

/**
 * Master or System MMU that Linux calls `name` (`11800000.fimc`, `11a20000.sysmmu`). The address decides,
 * because the word after it changed over the years; short names are accepted too.
 */
export function findByLinuxName(soc: SocDescription, name: string): LinuxDevice | undefined {
  const address = /^(?:0x)?([0-9a-f]{6,8})(?:\.|@|$)/i.exec(name.trim())?.[1];
  // An address of 0 in a table means that it is not known.
  const base = (address === undefined ? 0 : Number.parseInt(address, 16)) || Number.NaN;
  const short = name.trim();
  for (const device of soc.devices) {
    if (device.base === base || device.name === short) return { kind: "device", device };
  }
  for (const sysmmu of soc.sysmmus) {
    if (sysmmu.base === base || sysmmu.name === short) return { kind: "sysmmu", sysmmu };
  }
  return undefined;
}

/** Where an interrupt arrives. */
export interface InterruptRoute {
  /** Shared peripheral interrupt number. */
  readonly spi: number;
  /** Number at the GIC. */
  readonly intid: number;
  /** Combiner bank (address of its enable-set register) and mask of the line in it; null without combiner. */
  readonly combiner: { readonly bank: number; readonly mask: number } | null;
}

/** Way of an interrupt to the GIC, or null when the SoC has no such combiner group. */
export function routeInterrupt(soc: SocDescription, interrupt: Interrupt): InterruptRoute | null {
  if (interrupt.kind === "spi")
    return { spi: interrupt.number, intid: interrupt.number + 32, combiner: null };
  const { combiner } = soc;
  const spi = combiner?.spis[interrupt.group];
  if (combiner === null || spi === undefined || interrupt.group >= combiner.groups) return null;
  return {
    spi,
    intid: spi + 32,
    combiner: {
      bank: combiner.base + 0x10 * (interrupt.group >>> 2),
      mask: (1 << ((interrupt.group & 3) * 8 + interrupt.bit)) >>> 0,
    },
  };
}
