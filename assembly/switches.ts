// Profile switches: what a kernel version does differently, one u32 each at
// SWITCHES. The host writes them from src/dma/profiles.ts; the core reads.
// Not modelled: combinations no kernel had are allowed and behave as the sum of their parts.

import { SWITCHES } from "./layout";

/** The value of switch `index` (numbers in abi.ts). */
export function switchOf(index: u32): u32 {
  return load<u32>(SWITCHES + ((<usize>index) << 2));
}
