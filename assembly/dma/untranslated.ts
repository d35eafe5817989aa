// History of mappings whose bus address is none of the IO-address space although the device has IOMMU
// ops: memory of its own, and registers where the ops have no map_resource. Their records hang on the
// chains of untranslated addresses, as those of a device with linear ops do.
//
// Not modelled: nothing; the chains are history.ts's.

import { OPS_LINEAR } from "../abi";
import { deviceOf } from "../device";
import { historyBirth, historyFind } from "../sanitize/history";

/** `historyBirth` on the chains, whatever the ops of the device. */
export function birthUntranslated(
  index: u32,
  kind: u32,
  dma: u32,
  size: u32,
  pa: u32,
  direction: u32,
  attrs: u32,
  label: u32,
): u32 {
  const device = deviceOf(index);
  const ops = device.ops;
  device.ops = OPS_LINEAR;
  const at = historyBirth(index, kind, dma, size, pa, direction, attrs, label);
  device.ops = ops;
  return at;
}

/** `historyFind` on the chains, whatever the ops of the device. */
export function findUntranslated(index: u32, dma: u32, size: u32): u32 {
  const device = deviceOf(index);
  const ops = device.ops;
  device.ops = OPS_LINEAR;
  const at = historyFind(index, dma, size);
  device.ops = ops;
  return at;
}
