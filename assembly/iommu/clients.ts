// Telling a domain's System MMUs that descriptors changed: what each driver does for every
// client of the domain, in order of attachment.
//
//   new level-2 table   v4.4  3.3 only, FLUSH_ENTRY without blocking; master clock around it always
//                       v6.1  3.3 and later, blocked; version 5 flushes all
//   unmap               v3.6  every bank of the device, one FLUSH_ENTRY
//                       v4.4, v6.1  master clock; one FLUSH_ENTRY, on version 2 one per page up to 64
//                       2011  the whole TLB
//
// Clients that are not active are passed over: they flush when they are enabled again.
//
// Not modelled: locks.

import {
  CLOCK_DISABLE,
  CLOCK_ENABLE,
  CLOCK_MASTER,
  DRIVER_2011,
  DRIVER_V3_6,
  DRIVER_V4_4,
  DRIVER_V6_1,
  SWITCH_DRIVER,
} from "../abi";
import { deviceOf, deviceSysmmu } from "../device";
import { switchOf } from "../switches";
import { clock } from "./events";
import { sysmmuRegRead, sysmmuRegWrite } from "./hardware";
import {
  block,
  flushEntries,
  REG_CTRL,
  REG_FLUSH,
  REG_FLUSH_ENTRY,
  REG_V5_FLUSH_ALL,
  REG_V5_FLUSH_ENTRY,
  unblock,
  VERSION_3_3,
  VERSION_5_0,
} from "./protocol";
import { clientOf, Domain, masterOf, Unit, unitOf } from "./state";

/** A level-2 table has replaced the shared empty one behind `iova`: cached level-1 descriptors must go. */
export function dropDescriptor(domain: Domain, iova: u32): void {
  const way = switchOf(SWITCH_DRIVER);
  for (let k: u32 = 0; k < domain.clients; k++) {
    const instance = clientOf(domain, k);
    const unit = unitOf(instance);
    if (way === DRIVER_V4_4) {
      clock(instance, CLOCK_ENABLE, CLOCK_MASTER);
      if (unit.active !== 0 && unit.version === VERSION_3_3) flushEntries(instance, REG_FLUSH_ENTRY, iova, 1);
      clock(instance, CLOCK_DISABLE, CLOCK_MASTER);
    } else if (way === DRIVER_V6_1 && unit.active !== 0 && unit.version >= VERSION_3_3) {
      clock(instance, CLOCK_ENABLE, CLOCK_MASTER);
      if (block(instance)) {
        if (unit.version >= VERSION_5_0) sysmmuRegWrite(instance, REG_V5_FLUSH_ALL, 1);
        else flushEntries(instance, REG_FLUSH_ENTRY, iova, 1);
        unblock(instance);
      }
      clock(instance, CLOCK_DISABLE, CLOCK_MASTER);
    }
  }
}

function flushUnit(instance: u32, unit: Unit, iova: u32, size: u32, way: u32): void {
  if (unit.active === 0) return;
  clock(instance, CLOCK_ENABLE, CLOCK_MASTER);
  if (block(instance)) {
    const pages: u32 = unit.version >> 7 === 2 ? min<u32>(size >> 12, 64) : 1;
    const v5 = way === DRIVER_V6_1 && unit.version >= VERSION_5_0;
    flushEntries(instance, v5 ? REG_V5_FLUSH_ENTRY : REG_FLUSH_ENTRY, iova, pages);
    unblock(instance);
  }
  clock(instance, CLOCK_DISABLE, CLOCK_MASTER);
}

/** Flushes the whole TLB of every bank of a device as the 2011 driver does: BLOCK set, FLUSH, BLOCK cleared. */
export function flushWhole(index: u32): void {
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    sysmmuRegWrite(instance, REG_CTRL, sysmmuRegRead(instance, REG_CTRL) | 2);
    sysmmuRegWrite(instance, REG_FLUSH, 1);
    sysmmuRegWrite(instance, REG_CTRL, sysmmuRegRead(instance, REG_CTRL) & ~2);
  }
}

function flushBanks(index: u32, iova: u32): void {
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    if (!block(instance)) continue;
    flushEntries(instance, REG_FLUSH_ENTRY, iova, 1);
    unblock(instance);
  }
}

/** The page of `size` bytes at `iova` has been unmapped. */
export function invalidate(domain: Domain, iova: u32, size: u32): void {
  const way = switchOf(SWITCH_DRIVER);
  for (let k: u32 = 0; k < domain.clients; k++) {
    const client = clientOf(domain, k);
    if (way === DRIVER_V6_1 || way === DRIVER_V4_4) flushUnit(client, unitOf(client), iova, size, way);
    else if (masterOf(client).activations === 0) continue;
    else if (way === DRIVER_V3_6) flushBanks(client, iova);
    else if (way === DRIVER_2011) flushWhole(client);
  }
}
