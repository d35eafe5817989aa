// Kernel profiles: which kernel's dma-mapping layer a machine has. A profile is a column of the
// switch tables in profiles/; the rows are independent, so a switch can be set alone too.

import { checkInteger, checkObject } from "../check.js";
import { type Core, coreConstant } from "../core/core.js";
import { BOUNCE_SWITCHES } from "./profiles/bounce.js";
import { CACHE_SWITCHES } from "./profiles/cache.js";
import { DMA_SWITCHES } from "./profiles/dma.js";
import { IOMMU_SWITCHES } from "./profiles/iommu.js";
import { IOVA_SWITCHES } from "./profiles/iova.js";
import { SWITCH_RANGES } from "./profiles/ranges.js";

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

/**
 * Throws unless every own name of `switches` is a switch and its value one that the switch may have.
 * @param path what to call it in the error
 * @throws TypeError for an unknown name, RangeError for a value
 */
export function checkSwitches(path: string, switches: Readonly<Record<string, number>>): void {
  checkObject(path, switches, Object.keys(PROFILE_SWITCHES));
  for (const [name, value] of Object.entries(switches)) {
    const range = SWITCH_RANGES[name] ?? 1;
    if (typeof range === "number") checkInteger(`${path}.${name}`, value, 0, range);
    else if (!range.includes(checkInteger(`${path}.${name}`, value, 0, 0xffff_ffff))) {
      throw new RangeError(`${path}.${name} must be one of ${range.join(", ")}, got ${value}`);
    }
  }
}

/** Writes a profile's switches into a core, then `overrides` by switch name, {@link checkSwitches} passed. */
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
  for (const [name, value] of Object.entries(overrides)) words[at + coreConstant(core, name)] = value;
}
