// Kernel profiles: which kernel's dma-mapping layer a machine has. A profile is a column of the
// switch tables in profiles/; the rows are independent, so a switch can be set alone too.

import { type Core, coreConstant } from "../core/core.js";
import { BOUNCE_SWITCHES } from "./profiles/bounce.js";
import { CACHE_SWITCHES } from "./profiles/cache.js";
import { DMA_SWITCHES } from "./profiles/dma.js";
import { IOMMU_SWITCHES } from "./profiles/iommu.js";
import { IOVA_SWITCHES } from "./profiles/iova.js";

/** Profiles in order of age; their index is the core's profile number. */
export const PROFILES = ["rfc2011", "v3.6", "v3.14", "v4.4", "v6.1"] as const;
/** Name of a kernel profile. */
export type Profile = (typeof PROFILES)[number];

/** All switches by name, each with its value per profile. */
export const PROFILE_SWITCHES: Readonly<Record<string, Readonly<Record<Profile, number>>>> = {
  ...IOVA_SWITCHES,
  ...IOMMU_SWITCHES,
  ...CACHE_SWITCHES,
  ...DMA_SWITCHES,
  ...BOUNCE_SWITCHES,
};

/** Writes a profile's switches into a core, then `overrides` by switch name. */
export function setProfile(
  core: Core,
  profile: Profile,
  overrides: Readonly<Record<string, number>> = {},
): void {
  const at = coreConstant(core, "SWITCHES") >>> 2;
  const words = core.u32;
  for (const [name, values] of Object.entries(PROFILE_SWITCHES)) {
    words[at + coreConstant(core, name)] = values[profile];
  }
  for (const [name, value] of Object.entries(overrides)) {
    if (PROFILE_SWITCHES[name] === undefined) throw new RangeError(`switches: there is no switch ${name}`);
    words[at + coreConstant(core, name)] = value;
  }
}
