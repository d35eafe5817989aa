// The fault interrupt of each driver: which register it reads, whom it asks, what it
// acknowledges, where the kernel stops (spec/sysmmu-hardware 2.4, 2.5, 6; README V2 17).
//
//   all    the lowest status bit only; then its address register
//   v3.6   domain handler; -ENOSYS: the device's handler (default: print, BUG); INT_CLEAR if handled;
//          CTRL=5 in any case but an unknown bit
//   v4.4   prints; domain handler; BUG unless it returned 0; INT_CLEAR; CTRL=5
//   v6.1   the same with other texts; version 5 has its own registers and bits
//   2011   exact single-bit values only; clears all bits it read
//
// Not modelled: panic notifiers; the interrupt controller.

import {
  CLOCK_DISABLE,
  CLOCK_ENABLE,
  CLOCK_MASTER,
  COUNT_FAULT_IRQS,
  DRIVER_2011,
  DRIVER_BUG,
  DRIVER_V3_6,
  DRIVER_V4_4,
  ENOSYS,
  LABEL_INACTIVE,
  LABEL_NOT_HANDLED,
  LABEL_UNCONDITIONAL,
  LABEL_UNKNOWN_BIT,
  LOG_GROUP_DRIVER,
  LOGK_DOMAIN_HANDLER,
  LOGK_FAULT_HANDLER,
  SWITCH_DRIVER,
  TEXT_CHECK_IRQ,
  TEXT_FAULT,
  TEXT_LV1,
  TEXT_LV2,
  TEXT_MASTER_FAULT,
  TEXT_NOT_OURS,
  TEXT_OOPS,
} from "../abi";
import { count } from "../counters";
import { deviceOf, deviceSysmmu } from "../device";
import { header } from "../header";
import { logEvent, logging } from "../log";
import { LV1_TABLE, lv1Index, lv2Index } from "../pagetable/descriptor";
import { linkWord, tableOf } from "../pagetable/map";
import { switchOf } from "../switches";
import { bug, clock, print, warnOn } from "./events";
import { sysmmuRegRead, sysmmuRegWrite } from "./hardware";
import { cpuRead32 } from "./memory";
import {
  REG_INT_CLEAR,
  REG_INT_STATUS,
  REG_PT_BASE,
  REG_V5_INT_CLEAR,
  REG_V5_INT_STATUS,
  unblock,
  VERSION_5_0,
} from "./protocol";
import { domainOf, driver, driverReady, HANDLER_NONE, HANDLER_RESULT, masterOf, unitOf } from "./state";

/** Fault types of map A: INT_STATUS bit 0..7. */
const UNKNOWN: u32 = 8;
const NO_ADDRESS: u32 = 0xffffffff;

// Address register by bit: page, AR, AW, default slave, AR, AR, AW, AW.
function addressRegister(bit: u32): u32 {
  const four: u32 = bit < 4 ? 0x30282c24 : 0x28282c2c;
  return (four >> ((bit & 3) << 3)) & 0xff;
}

// Lowest set bit, or 32 where __ffs(0) of 32-bit ARM gives -1.
function lowestBit(status: u32): u32 {
  return ctz<u32>(status);
}

/** report_iommu_fault: -ENOSYS when domain `d` has no handler. */
function report(d: u32, device: u32, iova: u32, flags: u32): i32 {
  const domain = domainOf(d);
  if (domain.handler === 0) return -ENOSYS;
  const result = domain.handlerResult;
  if (logging(LOG_GROUP_DRIVER)) {
    logEvent(LOG_GROUP_DRIVER, LOGK_DOMAIN_HANDLER, device, iova, flags, result, 0);
  }
  return result;
}

// Descriptors of `iova` under the table at `base`, as show_fault_information prints them.
function printDescriptors(base: u32, iova: u32): void {
  const word = cpuRead32(base + (lv1Index(iova) << 2));
  print(TEXT_LV1, word, 0, 0, 0);
  const zero = driver().zeroPa;
  if ((word & 3) !== LV1_TABLE || (zero !== 0 && word === linkWord(zero))) return;
  print(TEXT_LV2, cpuRead32(tableOf(word) + (lv2Index(iova) << 2)), 0, 0, 0);
}

/** Device that `instance` belongs to, 0 when none names it. */
function deviceBehind(instance: u32): u32 {
  for (let index: u32 = 0; index < header().deviceCount; index++) {
    const device = deviceOf(index);
    for (let i: u32 = 0; i < device.sysmmuCount; i++) if (deviceSysmmu(device, i) === instance) return index;
  }
  return 0;
}

function stop(label: u32): i32 {
  bug(label);
  return DRIVER_BUG;
}

// The device's own handler of v3.6: the default one never comes back.
function ask36(index: u32, bit: u32, base: u32, iova: u32): i32 {
  const master = masterOf(index);
  if (master.handler === HANDLER_RESULT) {
    if (logging(LOG_GROUP_DRIVER)) {
      logEvent(LOG_GROUP_DRIVER, LOGK_FAULT_HANDLER, bit, base, iova, master.handlerResult, 0);
    }
    return master.handlerResult;
  }
  print(TEXT_FAULT, bit, iova, base, 0);
  printDescriptors(base, iova);
  print(TEXT_OOPS, 0, 0, 0, 0);
  return stop(LABEL_UNCONDITIONAL);
}

function irq36(instance: u32): i32 {
  const index = deviceBehind(instance);
  const master = masterOf(index);
  if (master.activations === 0) warnOn(LABEL_INACTIVE);
  let bit = lowestBit(sysmmuRegRead(instance, REG_INT_STATUS));
  let iova = NO_ADDRESS;
  if (bit >= UNKNOWN) {
    warnOn(LABEL_UNKNOWN_BIT);
    bit = UNKNOWN;
  } else iova = sysmmuRegRead(instance, addressRegister(bit));
  let result: i32 = -ENOSYS;
  if (master.domain !== 0) result = report(master.domain, index, iova, bit);
  if (result === -ENOSYS && master.handler !== HANDLER_NONE) {
    const base = bit === UNKNOWN ? master.pgtable : sysmmuRegRead(instance, REG_PT_BASE);
    result = ask36(index, bit, base, iova);
    if (result === DRIVER_BUG) return result;
  }
  if (bit === UNKNOWN) return 1;
  if (result === 0) sysmmuRegWrite(instance, REG_INT_CLEAR, 1 << bit);
  unblock(instance);
  return 1;
}

function irq44(instance: u32): i32 {
  const unit = unitOf(instance);
  if (unit.active === 0) warnOn(LABEL_INACTIVE);
  clock(instance, CLOCK_ENABLE, CLOCK_MASTER);
  const bit = lowestBit(sysmmuRegRead(instance, REG_INT_STATUS));
  if (bit >= UNKNOWN) {
    warnOn(LABEL_UNKNOWN_BIT);
    print(TEXT_NOT_OURS, instance, 0, 0, 0);
    print(TEXT_CHECK_IRQ, 0, 0, 0, 0);
    return stop(LABEL_UNCONDITIONAL);
  }
  const iova = sysmmuRegRead(instance, addressRegister(bit));
  const base = sysmmuRegRead(instance, REG_PT_BASE);
  print(TEXT_FAULT, bit, iova, base, instance);
  printDescriptors(base, iova);
  if (unit.domain === 0 || report(unit.domain, unit.device, iova, bit) !== 0) return stop(LABEL_NOT_HANDLED);
  sysmmuRegWrite(instance, REG_INT_CLEAR, 1 << bit);
  unblock(instance);
  clock(instance, CLOCK_DISABLE, CLOCK_MASTER);
  return 1;
}

function irq61(instance: u32): i32 {
  const unit = unitOf(instance);
  const v5: bool = unit.version >= VERSION_5_0;
  if (unit.active === 0) warnOn(LABEL_INACTIVE);
  clock(instance, CLOCK_ENABLE, CLOCK_MASTER);
  const bit = lowestBit(sysmmuRegRead(instance, v5 ? REG_V5_INT_STATUS : REG_INT_STATUS));
  const known = v5 ? bit < 32 && (bit & 15) < 5 : bit < UNKNOWN;
  if (!known) return stop(LABEL_UNKNOWN_BIT);
  const write: u32 = v5 ? bit >> 4 : addressRegister(bit) === 0x28 ? 1 : 0;
  const iova = sysmmuRegRead(instance, v5 ? 0x70 + (write << 4) : addressRegister(bit));
  print(TEXT_MASTER_FAULT, bit, iova, unit.device, v5 ? 1 : 0);
  if (unit.domain === 0 || report(unit.domain, unit.device, iova, write) !== 0)
    return stop(LABEL_NOT_HANDLED);
  sysmmuRegWrite(instance, v5 ? REG_V5_INT_CLEAR : REG_INT_CLEAR, 1 << bit);
  unblock(instance);
  clock(instance, CLOCK_DISABLE, CLOCK_MASTER);
  return 1;
}

function irq2011(instance: u32): i32 {
  const index = deviceBehind(instance);
  const status = sysmmuRegRead(instance, REG_INT_STATUS) & 0xff;
  if (popcnt<u32>(status) === 1) {
    const bit = ctz<u32>(status);
    const iova = sysmmuRegRead(instance, addressRegister(bit));
    print(TEXT_FAULT, bit, iova, masterOf(index).pgtable, instance);
    if (masterOf(index).domain !== 0) report(masterOf(index).domain, index, iova, bit);
  }
  sysmmuRegWrite(instance, REG_INT_CLEAR, status);
  return 1;
}

/** The fault interrupt of `instance`: 1 handled, or DRIVER_BUG where the kernel stops. */
export function driverIrq(instance: u32): i32 {
  if (!driverReady()) return 0;
  count(COUNT_FAULT_IRQS);
  const way = switchOf(SWITCH_DRIVER);
  if (way === DRIVER_V3_6) return irq36(instance);
  if (way === DRIVER_V4_4) return irq44(instance);
  return way === DRIVER_2011 ? irq2011(instance) : irq61(instance);
}

/** Label (LABEL_*) of the BUG that the last calls ran into, 0 for none; reading clears it. */
export function driverBug(): u32 {
  if (!driverReady()) return 0;
  const label = driver().bug;
  driver().bug = 0;
  return label;
}
