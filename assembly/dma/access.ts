// What bus masters do: an access at a bus address, through the SysMMU of a port if the device has
// one, else straight to memory.
//
//   device ── port k ──> SysMMU k ──> DRAM       (coherent devices: through the caches)
//                        off: bus address ──> offset, ranges (bus.ts), own memory ──> DRAM
//
// In a replay nobody repairs a fault: the interrupt is acknowledged and the access dropped, as a
// driver would that logs and goes on. The calls of the API leave the master stalled.
//
// Not modelled: bus width, outstanding transactions of one port.

import {
  ACCESS_BUS,
  ACCESS_COHERENT,
  ACCESS_NONE,
  COUNT_BUFFERED_DEVICE_WRITES,
  COUNT_STALE_DEVICE_READS,
  COUNT_UNDER_DIRTY_WRITES,
  DEVCOUNT_ACCESS_FAULTS,
  DEVCOUNT_BUS_ERRORS,
  DEVCOUNT_READ_BYTES,
  DEVCOUNT_READS,
  DEVCOUNT_WRITE_BYTES,
  DEVCOUNT_WRITES,
  NO_PA,
  OPS_BOUNCE,
  STOP_BUS_ERROR,
  SYSMMU_V5,
} from "../abi";
import { busRead, busWrite, snoopRead, snoopWrite } from "../cache/index";
import { counter } from "../counters";
import { Device, deviceCount, deviceOf, deviceSnoops, deviceSysmmu } from "../device";
import { inDram } from "../dram";
import { header } from "../header";
import { SCRATCH } from "../layout";
import { bouncedAfterAccess } from "../sanitize/bounced";
import { hazardAfterAccess, hazardsOfAccesses } from "../sanitize/hazards";
import {
  sysmmuAccess,
  sysmmuPass,
  sysmmuPasses,
  sysmmuRegRead,
  sysmmuRegWrite,
  sysmmuStop,
  sysmmuTranslateBatch,
} from "../sysmmu/index";
import { sysmmuOf } from "../sysmmu/instance";
import { physOf } from "./bus";
import { memoryPhys } from "./device-memory";

/** Bytes of a burst where the access does not say: eight beats of 64 bit. */
const DEFAULT_BURST_SHIFT: u32 = 6;
/** Memory access without a SysMMU; bytes done (all or nothing per page). */
function plain(pa: u32, bytes: u32, write: u32, op: u32, at: usize): u32 {
  if (pa === NO_PA || !inDram(pa, bytes)) return 0;
  if (op === ACCESS_NONE) return bytes;
  if (op === ACCESS_COHERENT)
    return (write !== 0 ? snoopWrite(pa, bytes, at) : snoopRead(pa, bytes, at)) !== 0 ? bytes : 0;
  return (write !== 0 ? busWrite(pa, bytes, at) : busRead(pa, bytes, at)) !== 0 ? bytes : 0;
}

/** The physical address that `dma` is without translation; NO_PA where the bus leads nowhere. */
function reachedBy(device: Device, dma: u32): u32 {
  const own = memoryPhys(device, dma);
  if (own !== NO_PA) return own;
  return device.busLimit !== 0 && dma > device.busLimit ? NO_PA : physOf(device, dma);
}

/** True when untranslated bus addresses of the device are not simply physical addresses. */
function shifted(device: Device): bool {
  return (device.dmaOffset | device.ranges | device.memory | device.busLimit) !== 0;
}

/** True when all of [dma, dma + bytes) leads to DRAM without translation. */
function reachable(device: Device, dma: u32, bytes: u32): bool {
  if (!shifted(device)) return inDram(dma, bytes);
  let done: u32 = 0;
  while (done < bytes) {
    const n = min<u32>(bytes - done, 4096 - ((dma + done) & 4095));
    const first = reachedBy(device, dma + done);
    const last = reachedBy(device, dma + done + n - 1);
    if (first === NO_PA || last === NO_PA || !inDram(first, n)) return false;
    done += n;
  }
  return true;
}

/** An access past no System MMU: all or nothing. The bus may lead every page elsewhere. */
function straight(device: Device, dma: u32, bytes: u32, write: u32, op: u32, at: usize): u32 {
  if (!shifted(device)) return plain(dma, bytes, write, op, at);
  if (!reachable(device, dma, bytes)) return 0;
  let done: u32 = 0;
  while (done < bytes) {
    const n = min<u32>(bytes - done, 4096 - ((dma + done) & 4095));
    plain(reachedBy(device, dma + done), n, write, op, at + done);
    done += n;
  }
  return bytes;
}

/**
 * An access past System MMU `instance`. What a switched-off one lets through untranslated meets the bus as a
 * device without one does: offset, ranges, memory of its own.
 */
function through(
  device: Device,
  instance: u32,
  dma: u32,
  bytes: u32,
  burst: u32,
  write: u32,
  op: u32,
  at: usize,
): u32 {
  if (!shifted(device) || !sysmmuPasses(instance))
    return sysmmuAccess(instance, dma, bytes, burst, write, op, at);
  let done: u32 = 0;
  while (done < bytes) {
    const start = dma + done;
    const n = min<u32>(bytes - done, 4096 - (start & 4095));
    const last = reachedBy(device, start + n - 1);
    const pa = last === NO_PA ? NO_PA : reachedBy(device, start);
    const moved = sysmmuPass(instance, start, pa, n, burst, write, op, at + done);
    done += moved;
    if (moved < n) break;
  }
  return done;
}

// True when the master or the System MMU of the port lacks power or clock.
function isDark(device: Device, port: u32): bool {
  return ((device.dark >> port) & 1) !== 0;
}

/**
 * A non-coherent access that moves bytes, page by page: what it meets in the caches is blamed on the mapping
 * of the page. A burst never crosses a page, so no count differs from one access over all. Without a
 * System MMU all of the range must be in DRAM.
 */
function watched(index: u32, port: u32, dma: u32, bytes: u32, write: u32, burst: u32, at: usize): u32 {
  const device = deviceOf(index);
  const mapped = port < device.sysmmuCount;
  if (!mapped && !reachable(device, dma, bytes)) return 0;
  let done: u32 = 0;
  while (done < bytes) {
    const start = dma + done;
    const n = min<u32>(bytes - done, 4096 - (start & 4095));
    const before = hazardsOfAccesses();
    const stale = counter(COUNT_STALE_DEVICE_READS);
    const dirty = counter(COUNT_UNDER_DIRTY_WRITES);
    const buffered = counter(COUNT_BUFFERED_DEVICE_WRITES);
    let moved: u32;
    let pa: u32;
    if (mapped) {
      const instance = deviceSysmmu(device, port);
      moved = through(device, instance, start, n, burst, write, ACCESS_BUS, at + done);
      pa = sysmmuOf(instance).paPage;
    } else {
      pa = reachedBy(device, start);
      moved = plain(pa, n, write, ACCESS_BUS, at + done);
    }
    if (hazardsOfAccesses() !== before) {
      hazardAfterAccess(index, start, pa, moved, write, stale, dirty, buffered);
    }
    if (device.ops === OPS_BOUNCE && moved !== 0) bouncedAfterAccess(index, start, moved, write);
    done += moved;
    if (moved < n) break;
  }
  return done;
}

/** One access of at most `bytes`; returns what was done, counts it and why it stopped. */
function access(
  index: u32,
  dma: u32,
  bytes: u32,
  write: u32,
  port: u32,
  burst: u32,
  op: u32,
  at: usize,
): u32 {
  const device = deviceOf(index);
  let done: u32;
  let bus = false;
  if (isDark(device, port)) {
    done = 0;
    bus = true;
  } else if (port < device.sysmmuCount) {
    const instance = deviceSysmmu(device, port);
    done =
      op === ACCESS_BUS
        ? watched(index, port, dma, bytes, write, burst, at)
        : through(device, instance, dma, bytes, burst, write, op, at);
    bus = done < bytes && sysmmuStop(instance) === STOP_BUS_ERROR;
  } else {
    done =
      op === ACCESS_BUS
        ? watched(index, port, dma, bytes, write, burst, at)
        : straight(device, dma, bytes, write, op, at);
    bus = done < bytes;
  }
  deviceCount(device, write !== 0 ? DEVCOUNT_WRITES : DEVCOUNT_READS, 1);
  deviceCount(device, write !== 0 ? DEVCOUNT_WRITE_BYTES : DEVCOUNT_READ_BYTES, done);
  if (done < bytes) deviceCount(device, bus ? DEVCOUNT_BUS_ERRORS : DEVCOUNT_ACCESS_FAULTS, 1);
  return done;
}

/** Acknowledges whatever the SysMMU of `port` reports, as a handler that gives the access up. */
function acknowledge(device: Device, port: u32): void {
  if (port >= device.sysmmuCount || isDark(device, port)) return;
  const instance = deviceSysmmu(device, port);
  const v5 = sysmmuOf(instance).generation === SYSMMU_V5;
  const status = sysmmuRegRead(instance, v5 ? 0x60 : 0x18);
  if (status !== 0) sysmmuRegWrite(instance, v5 ? 0x64 : 0x1c, status);
}

/**
 * A replay's access of `bytes` at bus address `dma`; `how` is the access byte of the op stream
 * (bit 0 move data, bits 3:1 port, bits 7:4 log2 of the burst, 0: 64 bytes). A fault is
 * acknowledged. Returns the bytes done.
 */
export function deviceAccess(index: u32, dma: u32, bytes: u32, write: u32, how: u32): u32 {
  const device = deviceOf(index);
  const port = (how >> 1) & 7;
  const shift = how >> 4;
  const burst = (<u32>1) << (shift === 0 || shift > 12 ? DEFAULT_BURST_SHIFT : shift);
  if ((how & 1) === 0) {
    const done = access(index, dma, bytes, write, port, burst, ACCESS_NONE, 0);
    if (done < bytes) acknowledge(device, port);
    return done;
  }
  const op = deviceSnoops(device) ? ACCESS_COHERENT : ACCESS_BUS;
  let done: u32 = 0;
  while (done < bytes) {
    const n = min<u32>(bytes - done, 4096 - ((dma + done) & 4095));
    if (write !== 0) memory.fill(SCRATCH, <u8>(<u32>header().seq), n);
    const moved = access(index, dma + done, n, write, port, burst, op, SCRATCH);
    done += moved;
    if (moved < n) {
      acknowledge(device, port);
      break;
    }
  }
  return done;
}

/**
 * The API's access: moves `bytes` between linear memory at `pointer` and bus address `dma` through
 * `port`. Returns the bytes done; a fault leaves the master stalled.
 */
export function deviceTransfer(index: u32, dma: u32, bytes: u32, write: u32, port: u32, pointer: usize): u32 {
  const op = deviceSnoops(deviceOf(index)) ? ACCESS_COHERENT : ACCESS_BUS;
  return access(index, dma, bytes, write, port, 1 << DEFAULT_BURST_SHIFT, op, pointer);
}

/** Says which ports of a device move nothing for want of power or clock: bit k is port k (0..7). */
export function deviceSetDark(index: u32, ports: u32): void {
  deviceOf(index).dark = ports;
}

/** 1 when a SysMMU of the device reports a fault and holds it, else 0. */
export function deviceStalled(index: u32): u32 {
  const device = deviceOf(index);
  for (let k: u32 = 0; k < device.sysmmuCount; k++) {
    if (sysmmuOf(deviceSysmmu(device, k)).intStatus !== 0) return 1;
  }
  return 0;
}

/** Instance of the SysMMU before `port` of a device; -1 for none. */
export function deviceInstance(index: u32, port: u32): i32 {
  const device = deviceOf(index);
  return port < device.sysmmuCount ? <i32>deviceSysmmu(device, port) : -1;
}

/** sysmmuTranslateBatch through port `port` of a device. */
export function deviceTranslateBatch(
  index: u32,
  input: usize,
  output: usize,
  n: u32,
  write: u32,
  port: u32,
): u32 {
  if (isDark(deviceOf(index), port)) return 0;
  return sysmmuTranslateBatch(deviceSysmmu(deviceOf(index), port), input, output, n, write);
}

/** Invalidates every translation cache before the device, as a write of 1 to FLUSH does. */
export function deviceFlush(index: u32): void {
  const device = deviceOf(index);
  for (let k: u32 = 0; k < device.sysmmuCount; k++) {
    const instance = deviceSysmmu(device, k);
    sysmmuRegWrite(instance, sysmmuOf(instance).generation === SYSMMU_V5 ? 0x10 : 0x0c, 1);
  }
}
