// The first driver for Exynos4 (v3.5 to v3.14): one driver device holds all System MMUs of a master
// (spec/sysmmu-hardware 6.2).
//
//   enable    power, clocks; per bank: CFG=1, PT_BASE, FLUSH, VERSION read, on 3.x CFG anew and
//             both prefetch windows over everything; CTRL=5. Counted: the same table again only counts
//   disable   when the count reaches 0: CTRL=0 per bank, clocks, power
//
// Not modelled: locks; names of debug messages.

import {
  CLOCK_DISABLE,
  CLOCK_ENABLE,
  CLOCK_MASTER,
  CLOCK_SYSMMU,
  DRIVER_BUG,
  EBUSY,
  LABEL_BUSY,
  LABEL_LISTED,
  LABEL_NOT_ACTIVE,
  LABEL_OTHER_PGTABLE,
  LABEL_PREFBUF,
  POWER_GET_SYNC,
  POWER_PUT,
  TEXT_ALREADY_ENABLED,
  TEXT_ATTACH_FAILED,
} from "../abi";
import { Device, deviceOf, deviceSysmmu } from "../device";
import { bug, clock, power, print, warnOn } from "./events";
import { sysmmuRegRead, sysmmuRegWrite } from "./hardware";
import {
  block,
  CTRL_OFF,
  CTRL_ON,
  REG_CFG,
  REG_CTRL,
  REG_FLUSH,
  REG_PT_BASE,
  REG_VERSION,
  unblock,
} from "./protocol";
import { addClient, domainOf, driverReady, masterOf, removeClient } from "./state";

const CFG_FIRST: u32 = 1; // LRU
const CFG_V3: u32 = 0x20001000; // shareable, separate prefetch buffers: LRU is lost
const REG_PB0: u32 = 0x4c; // start, end; the second window 8 bytes on

function setWindow(instance: u32, window: u32, base: u32, size: u32): void {
  const at = REG_PB0 + (window << 3);
  sysmmuRegWrite(instance, at, base);
  sysmmuRegWrite(instance, at + 4, base + size - 1);
}

function isVersion3(instance: u32): bool {
  return sysmmuRegRead(instance, REG_VERSION) >> 28 === 3;
}

// The driver device's calls on clocks and power name its first bank.
function first(device: Device): u32 {
  return deviceSysmmu(device, 0);
}

// __exynos_sysmmu_enable: 0 enabled, 1 was enabled with this table, -EBUSY with another.
function enable(index: u32, pgtable: u32, domain: u32): i32 {
  const master = masterOf(index);
  if (master.activations !== 0) {
    if (master.pgtable !== pgtable) {
      warnOn(LABEL_OTHER_PGTABLE);
      return -EBUSY;
    }
    master.activations = master.activations + 1;
    return 1;
  }
  const device = deviceOf(index);
  master.activations = 1;
  clock(first(device), CLOCK_ENABLE, CLOCK_SYSMMU);
  clock(first(device), CLOCK_ENABLE, CLOCK_MASTER);
  master.pgtable = pgtable;
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const bank = deviceSysmmu(device, i);
    sysmmuRegWrite(bank, REG_CFG, CFG_FIRST);
    sysmmuRegWrite(bank, REG_PT_BASE, pgtable);
    sysmmuRegWrite(bank, REG_FLUSH, 1);
    if (isVersion3(bank)) {
      sysmmuRegWrite(bank, REG_CFG, CFG_V3);
      setWindow(bank, 0, 0, 0xffffffff);
      setWindow(bank, 1, 0, 0xffffffff);
    }
    sysmmuRegWrite(bank, REG_CTRL, CTRL_ON);
  }
  master.domain = domain;
  return 0;
}

// __exynos_sysmmu_disable: true when this was the last activation.
function disable(index: u32): bool {
  const master = masterOf(index);
  master.activations = master.activations - 1;
  if (master.activations !== 0) return false;
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    sysmmuRegWrite(deviceSysmmu(device, i), REG_CTRL, CTRL_OFF);
  }
  clock(first(device), CLOCK_DISABLE, CLOCK_MASTER);
  clock(first(device), CLOCK_DISABLE, CLOCK_SYSMMU);
  master.pgtable = 0;
  master.domain = 0;
  return true;
}

/** exynos_iommu_attach_device: 0; 1 when enabled with this table already; -EBUSY with another; DRIVER_BUG. */
export function attach36(d: u32, index: u32): i32 {
  const master = masterOf(index);
  const instance = first(deviceOf(index));
  const l1Pa = domainOf(d).l1Pa;
  power(POWER_GET_SYNC, instance);
  const result = enable(index, l1Pa, d);
  if (result === 0) {
    if (master.listed !== 0) {
      bug(LABEL_LISTED);
      return DRIVER_BUG;
    }
    master.listed = d;
    addClient(domainOf(d), index);
  }
  if (result < 0) {
    print(TEXT_ATTACH_FAILED, l1Pa, 0, 0, 0);
    power(POWER_PUT, instance);
  }
  return result;
}

/** exynos_iommu_detach_device: one activation less; nothing when the device is not a client of `d`. */
export function detach36(d: u32, index: u32): void {
  const master = masterOf(index);
  if (master.listed !== d) return;
  if (master.activations === 0 || disable(index)) {
    removeClient(domainOf(d), index);
    master.listed = 0;
  }
  power(POWER_PUT, first(deviceOf(index)));
}

/** exynos_sysmmu_enable: as attach without a domain, table at `pgtable`. 0, 1 or -EBUSY. */
export function driverEnable(index: u32, pgtable: u32): i32 {
  driverReady();
  const instance = first(deviceOf(index));
  power(POWER_GET_SYNC, instance);
  const result = enable(index, pgtable, 0);
  if (result < 0) {
    warnOn(LABEL_BUSY);
    power(POWER_PUT, instance);
    print(TEXT_ALREADY_ENABLED, index, masterOf(index).pgtable, 0, 0);
  }
  return result;
}

/** exynos_sysmmu_disable: 1 when it is off now, 0 when other activations remain, DRIVER_BUG when it was off. */
export function driverDisable(index: u32): i32 {
  driverReady();
  if (masterOf(index).activations === 0) {
    bug(LABEL_NOT_ACTIVE);
    return DRIVER_BUG;
  }
  const off = disable(index);
  power(POWER_PUT, first(deviceOf(index)));
  return off ? 1 : 0;
}

/** exynos_sysmmu_tlb_invalidate: the whole TLB of every bank, if the device's System MMUs are on. */
export function driverTlbInvalidate(index: u32): void {
  driverReady();
  if (masterOf(index).activations === 0) return;
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const bank = deviceSysmmu(device, i);
    if (!block(bank)) continue;
    sysmmuRegWrite(bank, REG_FLUSH, 1);
    unblock(bank);
  }
}

/**
 * exynos_sysmmu_set_prefbuf: prefetch windows of version 3 banks. With `size1` 0 one plane is meant: up to
 * 128 KiB both buffers serve it, more is split with the second half a rest of whole 64 KiB. 0 or DRIVER_BUG.
 */
export function driverSetPrefetch(index: u32, base0: u32, size0: u32, base1: u32, size1: u32): i32 {
  driverReady();
  if (base0 + size0 <= base0 || (size1 !== 0 && base1 + size1 <= base1)) {
    bug(LABEL_PREFBUF);
    return DRIVER_BUG;
  }
  if (masterOf(index).activations === 0) return 0;
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const bank = deviceSysmmu(device, i);
    if (!isVersion3(bank) || !block(bank)) continue;
    if (size1 === 0) {
      if (size0 <= 0x20000) {
        base1 = base0;
        size1 = size0;
      } else {
        size1 = size0 - (((size0 >> 1) + 0xffff) & 0xffff0000);
        size0 -= size1;
        base1 = base0 + size0;
      }
    }
    setWindow(bank, 0, base0, size0);
    setWindow(bank, 1, base1, size1);
    unblock(bank);
  }
  return 0;
}

/** exynos_sysmmu_set_fault_handler of a device: `kind` 0 the default, 1 one that returns `result`, 2 none. */
export function driverSetFaultHandler(index: u32, kind: u32, result: i32): void {
  driverReady();
  const master = masterOf(index);
  master.handler = kind;
  master.handlerResult = result;
}
