// Which memory type the CPU's accesses to an allocation have (spec dma-mapping 3.3).
//
//   linear map           cacheable          device's own memory   ioremap or memremap(WC), by profile
//   WRITE_COMBINE        bufferable         otherwise             what coherent memory is on this core
//
// Not modelled: types that the user mapping alone has.

import {
  CPU_DEVICE,
  CPU_LINEAR,
  MEMORY_BUFFERABLE,
  MEMORY_CACHEABLE,
  MEMORY_STRONGLY_ORDERED,
  SWITCH_DMA_COHERENT_TYPE,
  SWITCH_DMA_MEMORY_WC,
} from "../abi";
import { switchOf } from "../switches";
import { Allocation } from "./alloc-record";

const ATTR_WRITE_COMBINE: u32 = 0x4;

/** MEMORY_* of the device's own memory: memremap(WC) since v4.6. */
export function ownMemoryType(): u32 {
  return switchOf(SWITCH_DMA_MEMORY_WC) !== 0 ? MEMORY_BUFFERABLE : MEMORY_STRONGLY_ORDERED;
}

/** MEMORY_* of an allocation. */
export function allocationType(record: Allocation): u32 {
  if (record.cpu === CPU_LINEAR) return MEMORY_CACHEABLE;
  if (record.cpu === CPU_DEVICE) return ownMemoryType();
  return (record.attrs & ATTR_WRITE_COMBINE) !== 0 ? MEMORY_BUFFERABLE : switchOf(SWITCH_DMA_COHERENT_TYPE);
}
