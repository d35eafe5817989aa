// Attributes that were passed and did nothing, by call and attribute (assembly/dma/attributes.ts).
//
// Not modelled: attributes of records that were refused.

import { type Core, coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { ATTRIBUTE_NAMES } from "./attributes.js";

/** Calls that take attributes, in the order of the core's CALL_*. */
export const ATTRIBUTE_CALLS = [
  "alloc",
  "map",
  "unmap",
  "mapSg",
  "unmapSg",
  "mapResource",
  "unmapResource",
  "free",
  "mmap",
] as const;
/** One of {@link ATTRIBUTE_CALLS}. */
export type AttributeCall = (typeof ATTRIBUTE_CALLS)[number];

/** An attribute that had no effect. */
export interface IdleAttribute {
  readonly call: AttributeCall;
  /** Kernel name without DMA_ATTR_; `bit 14` and `bits 15 and above` (counted together) for those without one. */
  readonly attribute: string;
  /** Calls in which it was passed for nothing. */
  readonly count: number;
}

/** Every attribute that was passed without effect so far, under the ops table and profile of the time. */
export function readIdleAttributes(core: Core): IdleAttribute[] {
  const bits = coreConstant(core, "ATTR_BITS");
  const base = coreConstant(core, "COUNTERS") + coreConstant(core, "IDLE_ATTRIBUTES") * 8;
  return ATTRIBUTE_CALLS.flatMap((call, c) =>
    Array.from({ length: bits }, (_, bit) => ({
      call,
      attribute: ATTRIBUTE_NAMES[bit] ?? (bit < bits - 1 ? `bit ${bit}` : `bits ${bit} and above`),
      count: core.views.u64(base + (c * bits + bit) * 8),
    })).filter(({ count }) => count > 0),
  );
}

/** @internal The bits of `attrs` that `call` would not ignore for `device` as it is now. */
export function attributeEffects(
  live: Live,
  device: number,
  call: AttributeCall,
  attrs: number,
  atomic: boolean,
): number {
  const effects = live.core.exports.dmaAttributeEffects(
    device,
    ATTRIBUTE_CALLS.indexOf(call),
    attrs,
    atomic ? 1 : 0,
  );
  return (effects & attrs) >>> 0;
}
