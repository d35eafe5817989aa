// dma_sync_single_range_for_cpu and _for_device: the start of a mapping and an offset apart, so that
// both can be checked, as the first proposal wanted for its ops (spec dma-mapping 1.1 number 1): dmabounce
// then found its buffer by the start. Mainline dropped the offset; its ops get the sum, and what the
// check would have found is counted.
//
// Not modelled: nothing.

import {
  BOUNCE_DMABOUNCE,
  COUNT_SYNC_BEYOND,
  COUNT_SYNC_START,
  DEVCOUNT_SYNC_BYTES,
  DEVCOUNT_SYNC_FOR_CPU,
  DEVCOUNT_SYNC_FOR_DEVICE,
  OPS_BOUNCE,
  SWITCH_BOUNCE_EXACT,
  SWITCH_BOUNCE_KIND,
} from "../abi";
import { count } from "../counters";
import { deviceCount, deviceOf } from "../device";
import { tick } from "../header";
import { historyFind, Mapping } from "../sanitize/history";
import { switchOf } from "../switches";
import { dmaSyncSingle } from "./api";
import { dmabounceSyncRange } from "./bounce-dmabounce";

/** Syncs `size` bytes at `offset` of the mapping that starts at `start`; `forDevice` as in dmaSyncSingle. */
export function dmaSyncRange(index: u32, start: u32, offset: u32, size: u32, dir: u32, forDevice: u32): void {
  const at = historyFind(index, start, 0);
  if (at === 0) count(COUNT_SYNC_START);
  else {
    const had = changetype<Mapping>(<usize>at).size;
    if (offset > had || size > had - offset) count(COUNT_SYNC_BEYOND);
  }
  const device = deviceOf(index);
  const exact = switchOf(SWITCH_BOUNCE_EXACT) !== 0 && switchOf(SWITCH_BOUNCE_KIND) === BOUNCE_DMABOUNCE;
  if (device.ops !== OPS_BOUNCE || !exact) {
    dmaSyncSingle(index, start + offset, size, dir, forDevice);
    return;
  }
  tick();
  dmabounceSyncRange(index, start, offset, size, dir, forDevice);
  deviceCount(device, forDevice !== 0 ? DEVCOUNT_SYNC_FOR_DEVICE : DEVCOUNT_SYNC_FOR_CPU, 1);
  deviceCount(device, DEVCOUNT_SYNC_BYTES, size);
}
