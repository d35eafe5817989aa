// Whether an op of the IOMMU tables does cache maintenance: the device's coherency as each kernel
// reads it, and the attributes.
//
//   v3.6 one flag tested in the ops | v3.14 not read | v4.4 a table without syncs | v6.1 device flag in the ops
//
// Not modelled: partly coherent devices (a port that snoops one cache level only).

import { COHERENT_IGNORED, COHERENT_OWN_TABLE, SWITCH_DMA_COHERENT, SWITCH_DMA_SKIP_SYNC } from "../abi";
import { Device } from "../device";
import { switchOf } from "../switches";
import { ATTR_MMIO, ATTR_SKIP_CPU_SYNC } from "./iommu-calls";

/** True when the ops treat the device as snooping the caches. */
export function coherentOps(device: Device): bool {
  return device.coherent !== 0 && switchOf(SWITCH_DMA_COHERENT) !== COHERENT_IGNORED;
}

/** True when the device has the coherent ops table of v4.x, which has no sync ops at all. */
export function ownCoherentTable(device: Device): bool {
  return device.coherent !== 0 && switchOf(SWITCH_DMA_COHERENT) === COHERENT_OWN_TABLE;
}

/** True when map and unmap do cache maintenance. */
export function mapSyncs(device: Device, attrs: u32): bool {
  if (device.coherent !== 0 && switchOf(SWITCH_DMA_COHERENT) !== COHERENT_IGNORED) return false;
  return (attrs & (ATTR_SKIP_CPU_SYNC | ATTR_MMIO)) === 0 || switchOf(SWITCH_DMA_SKIP_SYNC) === 0;
}
