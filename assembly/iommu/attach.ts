// Probe, attach, detach and power management of the drivers with one data record per
// System MMU (v4.4, v6.1), and the dispatch to the older ones (spec/sysmmu-hardware 6.3).
//
//   enable    clocks; CTRL=7 (no poll); [v4.4 VERSION]; CFG; PT_BASE; FLUSH; CTRL=5; master clock off
//   disable   master clock; CTRL=0; CFG=0; clocks off
//
//   v4.4   activations are counted; another table is refused with -EBUSY
//   v6.1   attach leaves the old domain first; suspended System MMUs are programmed on resume
//
// Not modelled: device links; probe failures; the identity domain of v6.2 and later.

import {
  CLOCK_ACLK,
  CLOCK_DISABLE,
  CLOCK_DISABLE_UNPREPARE,
  CLOCK_ENABLE,
  CLOCK_MASTER,
  CLOCK_PCLK,
  CLOCK_PREPARE,
  CLOCK_PREPARE_ENABLE,
  CLOCK_SYSMMU,
  DRIVER_2011,
  DRIVER_V3_6,
  DRIVER_V4_4,
  DRIVER_V6_1,
  EBUSY,
  ENOMEM,
  LABEL_BUSY,
  POWER_GET_NORESUME,
  POWER_GET_SYNC,
  POWER_PUT,
  SWITCH_DRIVER,
  TEXT_ATTACH_FAILED,
  TEXT_NOT_ATTACHED,
} from "../abi";
import { deviceOf, deviceSysmmu } from "../device";
import { switchOf } from "../switches";
import { attach36, detach36 } from "./driver-3-6";
import { attach2011, detach2011 } from "./driver-2011";
import { clock, power, print, warnOn } from "./events";
import { sysmmuRegRead, sysmmuRegWrite } from "./hardware";
import {
  CTRL_BLOCKED,
  CTRL_OFF,
  configV44,
  configV61,
  REG_CFG,
  REG_CTRL,
  REG_FLUSH,
  REG_PT_BASE,
  REG_V5_FLUSH_ALL,
  REG_V5_PT_BASE,
  REG_VERSION,
  rawVersion,
  unblock,
  VERSION_1_0,
  VERSION_5_0,
} from "./protocol";
import { addClient, clientOf, domainOf, driver, driverReady, masterOf, removeClient, unitOf } from "./state";

/** VERSION of SoCs that do not report one; v4.10 and later take it for 1.0. */
const VERSION_BOGUS: u32 = 0x80000001;

/** Which clocks instance `instance` has (CLOCK_SYSMMU ...; 0: sysmmu and master). Only events depend on it. */
export function driverSetClocks(instance: u32, clocks: u32): void {
  if (driverReady()) unitOf(instance).clocks = clocks;
}

function clocksOn(instance: u32, what: u32): void {
  clock(instance, what, CLOCK_MASTER);
  clock(instance, what, CLOCK_SYSMMU);
  clock(instance, what, CLOCK_PCLK);
  clock(instance, what, CLOCK_ACLK);
}

function clocksOff(instance: u32): void {
  clock(instance, CLOCK_DISABLE_UNPREPARE, CLOCK_ACLK);
  clock(instance, CLOCK_DISABLE_UNPREPARE, CLOCK_PCLK);
  clock(instance, CLOCK_DISABLE_UNPREPARE, CLOCK_SYSMMU);
  clock(instance, CLOCK_DISABLE_UNPREPARE, CLOCK_MASTER);
}

/**
 * Probe of one System MMU, once, before anything else is done with it. v6.1 reads its version and, at
 * the first probe, fixes the descriptor format for all. 0, or -ENOMEM.
 */
export function driverProbe(instance: u32): i32 {
  if (!driverReady()) return -ENOMEM;
  const way = switchOf(SWITCH_DRIVER);
  if (way === DRIVER_V4_4) {
    clock(instance, CLOCK_PREPARE, CLOCK_SYSMMU);
    clock(instance, CLOCK_PREPARE, CLOCK_MASTER);
  }
  if (way !== DRIVER_V6_1) return 0;
  clocksOn(instance, CLOCK_PREPARE_ENABLE);
  const register = sysmmuRegRead(instance, REG_VERSION);
  const version = register === VERSION_BOGUS ? VERSION_1_0 : rawVersion(register);
  unitOf(instance).version = version;
  clocksOff(instance);
  const d = driver();
  if (d.probed === 0) {
    d.probed = 1;
    d.shift = version >= VERSION_5_0 ? 4 : 0;
  }
  return 0;
}

// __sysmmu_enable of v6.1, __sysmmu_enable_nocount of v4.4.
function program(instance: u32, way: u32): void {
  const unit = unitOf(instance);
  const v61 = way === DRIVER_V6_1;
  if (v61) clocksOn(instance, CLOCK_PREPARE_ENABLE);
  else {
    clock(instance, CLOCK_ENABLE, CLOCK_MASTER);
    clock(instance, CLOCK_ENABLE, CLOCK_SYSMMU);
  }
  sysmmuRegWrite(instance, REG_CTRL, CTRL_BLOCKED);
  if (!v61) unit.version = rawVersion(sysmmuRegRead(instance, REG_VERSION));
  sysmmuRegWrite(instance, REG_CFG, v61 ? configV61(unit.version) : configV44(unit.version));
  if (v61 && unit.version >= VERSION_5_0) {
    sysmmuRegWrite(instance, REG_V5_PT_BASE, unit.pgtable >> 12);
    sysmmuRegWrite(instance, REG_V5_FLUSH_ALL, 1);
  } else {
    sysmmuRegWrite(instance, REG_PT_BASE, unit.pgtable);
    sysmmuRegWrite(instance, REG_FLUSH, 1);
  }
  unblock(instance);
  if (v61) unit.active = 1;
  clock(instance, CLOCK_DISABLE, CLOCK_MASTER);
}

// __sysmmu_disable of v6.1, __sysmmu_disable_nocount of v4.4.
function switchOff(instance: u32, way: u32): void {
  clock(instance, CLOCK_ENABLE, CLOCK_MASTER);
  sysmmuRegWrite(instance, REG_CTRL, CTRL_OFF);
  sysmmuRegWrite(instance, REG_CFG, 0);
  if (way === DRIVER_V6_1) {
    unitOf(instance).active = 0;
    clocksOff(instance);
    return;
  }
  clock(instance, CLOCK_DISABLE, CLOCK_SYSMMU);
  clock(instance, CLOCK_DISABLE, CLOCK_MASTER);
}

function forget(instance: u32): void {
  const unit = unitOf(instance);
  unit.pgtable = 0;
  unit.domain = 0;
}

// v4.4: each System MMU of the master, as far as it goes; the result is the last one's.
function attach44(d: u32, index: u32): i32 {
  const domain = domainOf(d);
  const device = deviceOf(index);
  let result: i32 = 0;
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    const unit = unitOf(instance);
    power(POWER_GET_SYNC, instance);
    if (unit.active === 0) {
      result = 0;
      unit.active = 1;
      unit.pgtable = domain.l1Pa;
      unit.domain = d;
      program(instance, DRIVER_V4_4);
      unit.device = index;
      addClient(domain, instance);
    } else if (unit.pgtable === domain.l1Pa) {
      result = 1;
      unit.active = unit.active + 1;
      unit.device = index;
    } else {
      result = -EBUSY;
      warnOn(LABEL_BUSY);
    }
  }
  if (result < 0) print(TEXT_ATTACH_FAILED, domain.l1Pa, 0, 0, 0);
  return result;
}

function detach44(d: u32, index: u32): void {
  const domain = domainOf(d);
  const device = deviceOf(index);
  let found = false;
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    const unit = unitOf(instance);
    if (unit.domain !== d || unit.device !== index) continue;
    found = true;
    unit.active = unit.active - 1;
    if (unit.active === 0) {
      forget(instance);
      switchOff(instance, DRIVER_V4_4);
      removeClient(domain, instance);
    }
    power(POWER_PUT, instance);
  }
  if (!found) print(TEXT_NOT_ATTACHED, 0, 0, 0, 0);
}

function detach61(d: u32, index: u32): void {
  const owner = masterOf(index);
  if (owner.owner !== d) return;
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    power(POWER_GET_NORESUME, instance);
    if (unitOf(instance).suspended === 0) switchOff(instance, DRIVER_V6_1);
    power(POWER_PUT, instance);
  }
  const domain = domainOf(d);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    forget(instance);
    removeClient(domain, instance);
  }
  owner.owner = 0;
}

function attach61(d: u32, index: u32): i32 {
  const owner = masterOf(index);
  if (owner.owner !== 0) detach61(owner.owner, index);
  const domain = domainOf(d);
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    const unit = unitOf(instance);
    unit.pgtable = domain.l1Pa;
    unit.domain = d;
    unit.device = index;
    addClient(domain, instance);
  }
  owner.owner = d;
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    power(POWER_GET_NORESUME, instance);
    if (unitOf(instance).suspended === 0) program(instance, DRIVER_V6_1);
    power(POWER_PUT, instance);
  }
  return 0;
}

/**
 * Attaches device `index` with all its System MMUs to domain `d`. 0; 1 when it runs on this table
 * already (to v4.4); -EBUSY (16) when on another (to v4.4); DRIVER_BUG. Without System MMUs nothing is done.
 */
export function driverAttach(d: u32, index: u32): i32 {
  if (deviceOf(index).sysmmuCount === 0) return 0;
  const way = switchOf(SWITCH_DRIVER);
  if (way === DRIVER_V6_1) return attach61(d, index);
  if (way === DRIVER_V4_4) return attach44(d, index);
  return way === DRIVER_V3_6 ? attach36(d, index) : attach2011(d, index);
}

/** Detaches device `index` from domain `d`; a device that is not attached to it is left alone. */
export function driverDetach(d: u32, index: u32): void {
  if (deviceOf(index).sysmmuCount === 0) return;
  const way = switchOf(SWITCH_DRIVER);
  if (way === DRIVER_V6_1) detach61(d, index);
  else if (way === DRIVER_V4_4) detach44(d, index);
  else if (way === DRIVER_V3_6) detach36(d, index);
  else if (way === DRIVER_2011) detach2011(d, index);
}

/** Switches off and forgets every System MMU of a domain that is going away (v4.4, v6.1). */
export function releaseUnits(d: u32): void {
  const domain = domainOf(d);
  const way = switchOf(SWITCH_DRIVER);
  while (domain.clients !== 0) {
    const instance = clientOf(domain, 0);
    const unit = unitOf(instance);
    if (way === DRIVER_V6_1) {
      switchOff(instance, way);
      masterOf(unit.device).owner = 0;
    } else {
      unit.active = unit.active - 1;
      if (unit.active === 0) switchOff(instance, way);
    }
    forget(instance);
    removeClient(domain, instance);
  }
}

/** Runtime suspend of a System MMU: v4.4 and v6.1 switch it off when it is in use. */
export function driverSuspend(instance: u32): void {
  if (!driverReady()) return;
  const unit = unitOf(instance);
  const way = switchOf(SWITCH_DRIVER);
  if (way === DRIVER_V6_1) {
    if (unit.domain !== 0) switchOff(instance, way);
  } else if (way === DRIVER_V4_4 && unit.active !== 0) {
    switchOff(instance, way);
    power(POWER_PUT, instance);
  }
  unit.suspended = 1;
}

/** Runtime resume of a System MMU: v4.4 and v6.1 program it anew when it is in use. */
export function driverResume(instance: u32): void {
  if (!driverReady()) return;
  const unit = unitOf(instance);
  const way = switchOf(SWITCH_DRIVER);
  unit.suspended = 0;
  if (way === DRIVER_V6_1) {
    if (unit.domain !== 0) program(instance, way);
  } else if (way === DRIVER_V4_4 && unit.active !== 0) {
    power(POWER_GET_SYNC, instance);
    program(instance, way);
  }
}
