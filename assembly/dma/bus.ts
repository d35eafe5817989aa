// Physical address <-> bus address of a device that sees memory without translation.
//
//   one offset       bus = pa - dmaOffset       (platform offset, then dev->dma_pfn_offset, to v5.9)
//   several ranges   bus = pa - range.pa + range.bus, an error outside   (dma_range_map, v5.10)
//
//   block at device.ranges: +0 count, then entries of 12 bytes: pa, bus, bytes (0: to the end of 4 GiB)
//
// Sources: kernel/dma/direct.h v6.1, arch/arm/include/asm/dma-mapping.h v3.6 to v4.4; spec dma-mapping 1.5.
//
// Not modelled: addresses above 4 GiB; encrypted memory.

import { DMA_MAPPING_ERROR, EINVAL, ENOMEM, NO_PA } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { Device, deviceOf } from "../device";

const ENTRY: u32 = 12;

function entryAt(device: Device, i: u32): usize {
  return <usize>(device.ranges + 4 + i * ENTRY);
}

/** True when `offset` lies in a range of `bytes` (0: 4 GiB). */
function inside(offset: u32, bytes: u32): bool {
  return bytes === 0 || offset < bytes;
}

function throughRanges(device: Device, address: u32, from: usize, to: usize): u32 {
  const n = load<u32>(<usize>device.ranges);
  for (let i: u32 = 0; i < n; i++) {
    const at = entryAt(device, i);
    const offset = address - load<u32>(at + from);
    if (address >= load<u32>(at + from) && inside(offset, load<u32>(at, 8)))
      return load<u32>(at + to) + offset;
  }
  return 0xffffffff;
}

/** phys_to_dma: the bus address of `pa`; DMA_MAPPING_ERROR outside every range. */
export function busOf(device: Device, pa: u32): u32 {
  if (device.ranges === 0) return pa - device.dmaOffset;
  return throughRanges(device, pa, 0, 4);
}

/** dma_to_phys: the physical address behind bus address `dma`; NO_PA outside every range. */
export function physOf(device: Device, dma: u32): u32 {
  if (device.ranges === 0) return dma + device.dmaOffset;
  return throughRanges(device, dma, 4, 0);
}

/**
 * Gives device `index` the `n` ranges at `at` (three words each: pa, bus address, bytes; 0 bytes: to the
 * end of 4 GiB), in the order in which they are searched; `n` 0 takes them away. 0, -EINVAL or -ENOMEM.
 */
export function deviceSetRanges(index: u32, at: usize, n: u32): i32 {
  if (n > 64) return -EINVAL;
  const device = deviceOf(index);
  let block: u32 = 0;
  if (n !== 0) {
    block = <u32>arenaAlloc(4 + n * ENTRY);
    if (block === 0) return -ENOMEM;
    store<u32>(<usize>block, n);
    memory.copy(<usize>block + 4, at, n * ENTRY);
  }
  const old = device.ranges;
  if (old !== 0) arenaFree(old, 4 + load<u32>(<usize>old) * ENTRY);
  device.ranges = block;
  return 0;
}

/** Bus address of `pa` for device `index`: `busOf` for the host. */
export function devicePhysToDma(index: u32, pa: u32): u32 {
  return busOf(deviceOf(index), pa);
}

/** Physical address behind bus address `dma` for device `index`: `physOf` for the host. */
export function deviceDmaToPhys(index: u32, dma: u32): u32 {
  return dma === DMA_MAPPING_ERROR ? NO_PA : physOf(deviceOf(index), dma);
}
