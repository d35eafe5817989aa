// DMA attributes without effect: which of the bits that a call was given do nothing under the ops
// table and the profile, counted per call and per bit (spec dma-mapping 3.2).
//
//   cell  IDLE_ATTRIBUTES + 16 * CALL_* + bit     (bits 15 and up share the last cell)
//
// A bit has an effect when the ops look at it and the device lets it matter: SKIP_CPU_SYNC of a device
// that snoops skips nothing; WRITE_COMBINE says nothing where coherent memory is bufferable already.
//
// Not modelled: execute permission (XN), the one thing WRITE_COMBINE changes on ARMv7.

import {
  ATTR_BITS,
  BOUNCE_SWIOTLB,
  CALL_ALLOC,
  CALL_FREE,
  CALL_MAP,
  CALL_MAP_RESOURCE,
  CALL_MAP_SG,
  CALL_MMAP,
  CALL_UNMAP_RESOURCE,
  COHERENT_IGNORED,
  GATHER_TABLE,
  GFP_ATOMIC,
  IDLE_ATTRIBUTES,
  MEMORY_BUFFERABLE,
  OPS_BOUNCE,
  OPS_IOMMU,
  SWITCH_BOUNCE_KIND,
  SWITCH_DMA_ATOMIC,
  SWITCH_DMA_COHERENT,
  SWITCH_DMA_COHERENT_TYPE,
  SWITCH_DMA_CONTIGUOUS,
  SWITCH_DMA_COOKIE,
  SWITCH_DMA_GATHER,
  SWITCH_DMA_PROT_ATTRS,
  SWITCH_DMA_RESOURCE,
  SWITCH_DMA_SIMPLE,
  SWITCH_DMA_SINGLE_PAGES,
  SWITCH_DMA_SKIP_SYNC,
  SWITCH_LINEAR_COOKIE,
} from "../abi";
import { count } from "../counters";
import { Device, deviceOf } from "../device";
import { switchOf } from "../switches";
import {
  ATTR_CONTIGUOUS,
  ATTR_COOKIE,
  ATTR_MMIO,
  ATTR_PRIVILEGED,
  ATTR_SINGLE_PAGES,
  ATTR_SKIP_CPU_SYNC,
} from "./iommu-calls";

const ATTR_WRITE_COMBINE: u32 = 0x4;
const ATTR_NO_WARN: u32 = 0x100;

function known(index: u32): bool {
  return switchOf(index) !== 0;
}

/** WRITE_COMBINE, where the CPU gets an uncached mapping of its own and coherent memory is another type. */
function writeCombine(): u32 {
  return switchOf(SWITCH_DMA_COHERENT_TYPE) === MEMORY_BUFFERABLE ? 0 : ATTR_WRITE_COMBINE;
}

/** Bits that reach the IOMMU's prot. */
function protBits(): u32 {
  return known(SWITCH_DMA_PROT_ATTRS) ? ATTR_PRIVILEGED | ATTR_MMIO : 0;
}

function allocEffects(device: Device, attrs: u32, gfp: u32): u32 {
  const atomic = (gfp & GFP_ATOMIC) !== 0 && known(SWITCH_DMA_ATOMIC);
  if (device.ops !== OPS_IOMMU) {
    const cookie: u32 = known(SWITCH_LINEAR_COOKIE) ? ATTR_COOKIE : 0;
    const remapped = device.coherent === 0 && !atomic && (attrs & cookie) === 0;
    return remapped ? cookie | writeCombine() : cookie;
  }
  if ((device.coherent !== 0 && known(SWITCH_DMA_SIMPLE)) || atomic) return protBits();
  let effects = protBits();
  if (known(SWITCH_DMA_COOKIE)) effects |= ATTR_COOKIE;
  if (known(SWITCH_DMA_CONTIGUOUS)) effects |= ATTR_CONTIGUOUS;
  // One block has no pages to choose; without kernel mapping there is no type to choose.
  const single = known(SWITCH_DMA_SINGLE_PAGES) && switchOf(SWITCH_DMA_GATHER) === GATHER_TABLE;
  if (single && (attrs & effects & ATTR_CONTIGUOUS) === 0) effects |= ATTR_SINGLE_PAGES;
  if ((attrs & effects & ATTR_COOKIE) === 0) effects |= writeCombine();
  return effects;
}

function streamingEffects(device: Device, call: u32): u32 {
  const maps = call === CALL_MAP || call === CALL_MAP_SG;
  const skips = known(SWITCH_DMA_SKIP_SYNC);
  if (device.ops === OPS_IOMMU) {
    const cached = device.coherent === 0 || switchOf(SWITCH_DMA_COHERENT) === COHERENT_IGNORED;
    return (skips && cached ? ATTR_SKIP_CPU_SYNC | ATTR_MMIO : 0) | (maps ? protBits() : 0);
  }
  if (device.ops === OPS_BOUNCE) {
    if (switchOf(SWITCH_BOUNCE_KIND) !== BOUNCE_SWIOTLB) return 0; // dmabounce looks at none
    // The copy out of a bounce buffer is skipped too, whether the device snoops or not.
    const skip: u32 = device.coherent === 0 || !maps ? ATTR_SKIP_CPU_SYNC : 0;
    return maps ? skip | ATTR_NO_WARN : skip;
  }
  return skips && device.coherent === 0 ? ATTR_SKIP_CPU_SYNC : 0;
}

/** The bits that `call` (CALL_*) with `attrs` and `gfp` would not ignore, for device `index` as it is now. */
export function dmaAttributeEffects(index: u32, call: u32, attrs: u32, gfp: u32): u32 {
  const device = deviceOf(index);
  if (call === CALL_ALLOC) return allocEffects(device, attrs, gfp);
  if (call === CALL_FREE || call === CALL_MMAP) {
    const cookie: u32 = device.ops === OPS_IOMMU && known(SWITCH_DMA_COOKIE) ? ATTR_COOKIE : 0;
    return call === CALL_FREE ? cookie : cookie | writeCombine();
  }
  if (call === CALL_UNMAP_RESOURCE) return 0;
  if (call === CALL_MAP_RESOURCE) {
    return device.ops === OPS_IOMMU && known(SWITCH_DMA_RESOURCE) ? protBits() & ~ATTR_MMIO : 0;
  }
  return streamingEffects(device, call);
}

/** Counts the bits of `attrs` that are not among `effects` for `call`. */
export function noteIdle(call: u32, attrs: u32, effects: u32): void {
  let rest = attrs & ~effects;
  while (rest !== 0) {
    const n = ctz(rest);
    count(IDLE_ATTRIBUTES + call * ATTR_BITS + min<u32>(n, ATTR_BITS - 1));
    rest &= rest - 1;
  }
}

/** Counts what `call` was given for nothing; callers come here only with bits to look at. */
export function noteAttributes(index: u32, call: u32, attrs: u32): void {
  noteIdle(call, attrs, dmaAttributeEffects(index, call, attrs, 0));
}
