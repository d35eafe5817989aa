// dma_sync_single_range_for_cpu and _for_device: the start of a mapping and an offset apart, so that
// both can be checked, as the first proposal wanted for its ops (spec dma-mapping 1.1 number 1). Mainline
// dropped the offset; the ops below get the sum, and what the check would have found is counted.
//
// Not modelled: ops that look the buffer up by its exact start only.

import { COUNT_SYNC_BEYOND, COUNT_SYNC_START } from "../abi";
import { count } from "../counters";
import { historyFind, Mapping } from "../sanitize/history";
import { dmaSyncSingle } from "./api";

/** Syncs `size` bytes at `offset` of the mapping that starts at `start`; `forDevice` as in dmaSyncSingle. */
export function dmaSyncRange(index: u32, start: u32, offset: u32, size: u32, dir: u32, forDevice: u32): void {
  const at = historyFind(index, start, 0);
  if (at === 0) count(COUNT_SYNC_START);
  else {
    const had = changetype<Mapping>(<usize>at).size;
    if (offset > had || size > had - offset) count(COUNT_SYNC_BEYOND);
  }
  dmaSyncSingle(index, start + offset, size, dir, forDevice);
}
