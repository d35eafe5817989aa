// One record per bus master at DEVICES: what the dma-mapping layer keeps in
// struct device and its archdata, and the master's counters.
//
//  0x00 ops        0x04 coherent   0x08 dmaMask (u64)       0x10 coherentMask (u64)
//  0x18 space      0x1c domain     0x20 maxSegSize          0x24 segBoundary
//  0x28 minAlignMask  0x2c dmaOffset (dma = pa - dmaOffset) 0x30 busLimit (0 none)
//  0x34 sysmmuCount   0x38 sysmmus (8 instance indices)     0x40 bounce
//  0x44 active        0x48 memory (its own coherent memory, dma/device-memory.ts)
//  0x4c dark (bit k: port k moves nothing)                  0x50 ranges (dma/bus.ts)
//  0x54 snoop (SNOOP_*)                                     0x80 counters (48 u64)
//
// Not modelled: device links, parents; runtime power is the one word `active`.

import { DEVICE_BYTES, DEVICES } from "./layout";

@unmanaged
export class Device {
  ops: u32;
  coherent: u32;
  dmaMask: u64;
  coherentMask: u64;
  space: u32;
  domain: u32;
  maxSegSize: u32;
  segBoundary: u32;
  minAlignMask: u32;
  dmaOffset: u32;
  busLimit: u32;
  sysmmuCount: u32;
  sysmmus: u64;
  bounce: u32;
  active: u32;
  memory: u32;
  dark: u32;
  ranges: u32;
  snoop: u32;
}

/** Device.snoop: the bus snoops the caches as `coherent` says, never, or always. */
export const SNOOP_AS_COHERENT: u32 = 0;
export const SNOOP_NEVER: u32 = 1;
export const SNOOP_ALWAYS: u32 = 2;

const DEVICE_COUNTERS: usize = 0x80;

/** Record of device `index` (0..DEVICE_COUNT-1). */
export function deviceOf(index: u32): Device {
  return changetype<Device>(DEVICES + <usize>(index * DEVICE_BYTES));
}

/** True when the device's accesses really snoop the CPU's caches, whatever its ops believe. */
export function deviceSnoops(device: Device): bool {
  const snoop = device.snoop;
  return snoop === SNOOP_AS_COHERENT ? device.coherent !== 0 : snoop === SNOOP_ALWAYS;
}

/** SysMMU instance number `k` (0..sysmmuCount-1) of a device. */
export function deviceSysmmu(device: Device, k: u32): u32 {
  return <u32>((device.sysmmus >> ((<u64>k) << 3)) & 0xff);
}

/** Adds `n` to counter `index` (abi.ts DEVCOUNT_*) of a device. */
export function deviceCount(device: Device, index: u32, n: u64): void {
  const p = changetype<usize>(device) + DEVICE_COUNTERS + ((<usize>index) << 3);
  store<u64>(p, load<u64>(p) + n);
}

/** Counter `index` (abi.ts DEVCOUNT_*) of a device. */
export function deviceCounter(device: Device, index: u32): u64 {
  return load<u64>(changetype<usize>(device) + DEVICE_COUNTERS + ((<usize>index) << 3));
}
