// The driver of the 2011 RFC, as its mails describe it (spec/sysmmu-hardware 6.1, 7): sizes 4K, 64K,
// 1M and 16M, a use count per level-2 table, no per-page invalidation.
//
//   map      over anything: BUG; iova not a multiple of the size: -EINVAL
//   unmap    of anything but exactly what was mapped: BUG. The last entry of a table frees the table
//            first, then clears level 1, then flushes: for a moment walkers may read a freed table
//   enable   PT_BASE; CFG |= LRU; CTRL |= 5. No flush: stale entries stay.  disable: CTRL &= ~1
//
// Only the mails exist, not the driver: the order of stores and cache cleaning is assumed.
// domain.counts holds used entries here (64 KiB counts 16).
//
// Not modelled: TLB policy calls; the private API of the March 2011 version.

import {
  COUNT_MAP_LARGE,
  COUNT_MAP_SECTION,
  COUNT_MAP_SMALL,
  COUNT_UNMAP_LARGE,
  COUNT_UNMAP_SECTION,
  COUNT_UNMAP_SMALL,
  DRIVER_BUG,
  EBUSY,
  EINVAL,
  ENOMEM,
  LABEL_MAPPED,
  LABEL_UNMAPPED,
  NO_PA,
  UNMAP_BUG,
} from "../abi";
import { count } from "../counters";
import { deviceOf, deviceSysmmu } from "../device";
import {
  LARGE_SIZE,
  LV1_SECTION,
  LV1_SUPERSECTION_BIT,
  LV1_TABLE,
  LV2_BYTES,
  LV2_LARGE,
  LV2_SMALL,
  lv1Index,
  lv2Index,
  SECTION_SIZE,
  SMALL_SIZE,
  SUPERSECTION_SIZE,
} from "../pagetable/descriptor";
import { tableOf } from "../pagetable/map";
import { invalidate } from "./clients";
import { returnTable, takeTable } from "./driver-map";
import { bug } from "./events";
import { sysmmuRegRead, sysmmuRegWrite } from "./hardware";
import { cpuRead32, cpuWrite32, tableClose, tablePublish } from "./memory";
import { CTRL_ON, REG_CFG, REG_CTRL, REG_PT_BASE } from "./protocol";
import { addClient, Domain, domainOf, freeEntries, masterOf, removeClient, setFreeEntries } from "./state";

/** True when all `words` words at `at` are `value` in their low two bits' sense: 0 empty. */
function allEmpty(at: u32, words: u32): boolean {
  for (let i: u32 = 0; i < words; i++) if ((cpuRead32(at + (i << 2)) & 3) !== 0) return false;
  return true;
}

function fill(at: u32, words: u32, value: u32): void {
  for (let i: u32 = 0; i < words; i++) cpuWrite32(at + (i << 2), value);
  tableClose(at, words << 2);
}

function known(size: u32): boolean {
  return size === SMALL_SIZE || size === LARGE_SIZE || size === SECTION_SIZE || size === SUPERSECTION_SIZE;
}

/** Maps one page; 0, -EINVAL, -ENOMEM or DRIVER_BUG. */
export function map2011(d: u32, iova: u32, pa: u32, size: u32): i32 {
  const domain = domainOf(d);
  if (!known(size) || ((iova | pa) & (size - 1)) !== 0) return -EINVAL;
  const index = lv1Index(iova);
  const at = domain.l1Pa + (index << 2);
  if (size >= SECTION_SIZE) {
    const words = size >> 20;
    if (!allEmpty(at, words)) return stop();
    fill(at, words, pa | LV1_SECTION | (words === 16 ? LV1_SUPERSECTION_BIT : 0));
    count(COUNT_MAP_SECTION);
    return 0;
  }
  let word = cpuRead32(at);
  if ((word & 3) === LV1_SECTION) return stop();
  if ((word & 3) !== LV1_TABLE) {
    const table = takeTable(domain, index);
    if (table === NO_PA) return -ENOMEM;
    tablePublish(table, LV2_BYTES);
    word = table | LV1_TABLE;
    fill(at, 1, word);
    setFreeEntries(domain, index, 0);
  }
  const slot = tableOf(word) + (lv2Index(iova) << 2);
  const words = size >> 12;
  if (!allEmpty(slot, words)) return stop();
  fill(slot, words, pa | (words === 1 ? LV2_SMALL : LV2_LARGE));
  setFreeEntries(domain, index, freeEntries(domain, index) + words);
  count(words === 1 ? COUNT_MAP_SMALL : COUNT_MAP_LARGE);
  return 0;
}

function stop(): i32 {
  bug(LABEL_MAPPED);
  return DRIVER_BUG;
}

/** Size of what is mapped at `iova`, 0 for nothing. */
function mappedSize(domain: Domain, iova: u32): u32 {
  const word = cpuRead32(domain.l1Pa + (lv1Index(iova) << 2));
  if ((word & 3) === LV1_SECTION)
    return (word & LV1_SUPERSECTION_BIT) !== 0 ? SUPERSECTION_SIZE : SECTION_SIZE;
  if ((word & 3) !== LV1_TABLE) return 0;
  const entry = cpuRead32(tableOf(word) + (lv2Index(iova) << 2));
  if ((entry & 3) === LV2_LARGE) return LARGE_SIZE;
  return (entry & 2) !== 0 ? SMALL_SIZE : 0;
}

/** Unmaps one page of exactly `size` bytes; `size` or UNMAP_BUG. */
export function unmap2011(d: u32, iova: u32, size: u32): u32 {
  const domain = domainOf(d);
  if (mappedSize(domain, iova) !== size || (iova & (size - 1)) !== 0) {
    bug(LABEL_UNMAPPED);
    return UNMAP_BUG;
  }
  const index = lv1Index(iova);
  const at = domain.l1Pa + (index << 2);
  if (size >= SECTION_SIZE) {
    fill(at, size >> 20, 0);
    count(COUNT_UNMAP_SECTION);
  } else {
    const table = tableOf(cpuRead32(at));
    const words = size >> 12;
    fill(table + (lv2Index(iova) << 2), words, 0);
    const used = freeEntries(domain, index) - <i32>words;
    setFreeEntries(domain, index, used);
    if (used === 0) {
      returnTable(table);
      fill(at, 1, 0);
    }
    count(words === 1 ? COUNT_UNMAP_SMALL : COUNT_UNMAP_LARGE);
  }
  invalidate(domain, iova, size);
  return size;
}

/** Attaches a device: every bank gets the table and runs. 0, or -EBUSY when it is attached. */
export function attach2011(d: u32, index: u32): i32 {
  const domain = domainOf(d);
  const master = masterOf(index);
  if (master.activations !== 0) return -EBUSY;
  master.activations = 1;
  master.pgtable = domain.l1Pa;
  master.domain = d;
  addClient(domain, index);
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    sysmmuRegWrite(instance, REG_PT_BASE, domain.l1Pa);
    sysmmuRegWrite(instance, REG_CFG, sysmmuRegRead(instance, REG_CFG) | 1);
    sysmmuRegWrite(instance, REG_CTRL, sysmmuRegRead(instance, REG_CTRL) | CTRL_ON);
  }
  return 0;
}

/** Detaches a device from `d`; nothing when it is not attached to it. */
export function detach2011(d: u32, index: u32): void {
  if (!removeClient(domainOf(d), index)) return;
  const master = masterOf(index);
  master.activations = 0;
  master.domain = 0;
  const device = deviceOf(index);
  for (let i: u32 = 0; i < device.sysmmuCount; i++) {
    const instance = deviceSysmmu(device, i);
    sysmmuRegWrite(instance, REG_CTRL, sysmmuRegRead(instance, REG_CTRL) & ~1);
  }
}
