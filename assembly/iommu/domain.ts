// Birth and death of a domain: its 16 KiB level-1 table in guest DRAM, the count of free
// entries per level-2 table, the client list (exynos_iommu_domain_alloc and _free).
//
//   level 1 empty   v3.16 on: 4096 links to one shared table without entries; before: zeros
//
// Not modelled: reserved regions; DMA and identity domain types.

import {
  DRIVER_2011,
  DRIVER_V3_6,
  DRIVER_V6_1,
  ENOMEM,
  INJECT_TABLE,
  LABEL_CLIENTS,
  NO_PA,
  SWITCH_DRIVER,
  SWITCH_DRIVER_ZERO_L1,
} from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { pagesFind, pagesFree } from "../dram";
import { setError } from "../header";
import { injected } from "../inject";
import { LV1_BYTES, LV1_ENTRIES, LV1_TABLE, LV2_BYTES } from "../pagetable/descriptor";
import { linkWord, tableOf } from "../pagetable/map";
import { slabAlloc } from "../pagetable/slab";
import { switchOf } from "../switches";
import { releaseUnits } from "./attach";
import { driverDisable } from "./driver-3-6";
import { detach2011 } from "./driver-2011";
import { lv1Empty, returnTable } from "./driver-map";
import { warnOn } from "./events";
import { cpuRead32, cpuWrite, cpuWrite32, tablePublish, tableRetire } from "./memory";
import {
  clientOf,
  DOMAIN_BYTES,
  Domain,
  domainOf,
  driver,
  driverReady,
  freeEntries,
  masterOf,
  zeros,
} from "./state";

const COUNTS_BYTES: u32 = LV1_ENTRIES * 2;
const LV1_PAGES: u32 = LV1_BYTES >> 12;

function failed(): u32 {
  setError(ENOMEM);
  return 0;
}

// The shared table without entries, made with the first domain that needs it.
function zeroTable(): u32 {
  const d = driver();
  if (d.zeroPa === 0) {
    const pa = slabAlloc();
    if (pa === NO_PA) return NO_PA;
    tablePublish(pa, LV2_BYTES);
    d.zeroPa = pa;
  }
  return d.zeroPa;
}

/** exynos_iommu_init: the driver's state and, where the profile has one, the shared empty table. 0 or -ENOMEM. */
export function driverInit(): i32 {
  if (!driverReady()) return -ENOMEM;
  return switchOf(SWITCH_DRIVER_ZERO_L1) === 0 && zeroTable() === NO_PA ? -ENOMEM : 0;
}

/** A new domain; its pointer, or 0 with setError(ENOMEM). */
export function domainCreate(): u32 {
  if (!driverReady()) return failed();
  let zeroPa: u32 = 0;
  if (switchOf(SWITCH_DRIVER_ZERO_L1) === 0) {
    zeroPa = zeroTable();
    if (zeroPa === NO_PA) return failed();
  }
  const l1Pa = injected(INJECT_TABLE) ? NO_PA : pagesFind(LV1_PAGES, 2);
  if (l1Pa === NO_PA) return failed();
  const d = arenaAlloc(DOMAIN_BYTES);
  const counts = arenaAlloc(COUNTS_BYTES);
  if (d === 0 || counts === 0) {
    pagesFree(l1Pa, LV1_PAGES);
    arenaFree(d, DOMAIN_BYTES);
    arenaFree(counts, COUNTS_BYTES);
    return failed();
  }
  const domain = changetype<Domain>(d);
  domain.l1Pa = l1Pa;
  domain.zeroPa = zeroPa;
  domain.counts = <u32>counts;
  if (zeroPa === 0) {
    for (let at: u32 = 0; at < LV1_BYTES; at += LV2_BYTES) cpuWrite(l1Pa + at, LV2_BYTES, zeros());
  } else {
    const word = linkWord(zeroPa);
    for (let at: u32 = 0; at < LV1_BYTES; at += 4) cpuWrite32(l1Pa + at, word);
  }
  tablePublish(l1Pa, LV1_BYTES);
  return <u32>d;
}

// A domain that still has clients: WARN_ON, and they are switched off.
function evict(d: u32, domain: Domain): void {
  if (domain.clients === 0) return;
  const way = switchOf(SWITCH_DRIVER);
  if (way !== DRIVER_2011) warnOn(LABEL_CLIENTS);
  if (way < DRIVER_V3_6) {
    releaseUnits(d);
    return;
  }
  for (let k = domain.clients; k-- > 0; ) {
    const index = clientOf(domain, k);
    if (way === DRIVER_2011) detach2011(d, index);
    else {
      while (driverDisable(index) === 0) {}
      masterOf(index).listed = 0;
    }
  }
}

/** Frees a domain with all its tables. Devices still attached are switched off with a warning. */
export function domainDestroy(d: u32): void {
  const domain = domainOf(d);
  evict(d, domain);
  tableRetire(domain.l1Pa, LV1_BYTES);
  const dma = switchOf(SWITCH_DRIVER) === DRIVER_V6_1;
  for (let i: u32 = 0; i < LV1_ENTRIES; i++) {
    const word = cpuRead32(domain.l1Pa + (i << 2));
    if ((word & 3) !== LV1_TABLE || lv1Empty(domain, word)) continue;
    const table = tableOf(word);
    if (dma) tableRetire(table, LV2_BYTES);
    returnTable(table);
  }
  pagesFree(domain.l1Pa, LV1_PAGES);
  arenaFree(<usize>domain.counts, COUNTS_BYTES);
  arenaFree(<usize>d, DOMAIN_BYTES);
}

/** Physical address of the level-1 table (16 KiB). */
export function domainTable(d: u32): u32 {
  return domainOf(d).l1Pa;
}

/** Physical address of the shared level-2 table without entries, 0 when the profile has none. */
export function domainEmptyTable(d: u32): u32 {
  return domainOf(d).zeroPa;
}

/** The driver's count of free entries of the level-2 table behind level-1 entry `index`. */
export function domainFreeEntries(d: u32, index: u32): i32 {
  return freeEntries(domainOf(d), index);
}

/** Sets what the domain's fault handler returns; `present` 0: there is none (iommu_set_fault_handler). */
export function domainSetHandler(d: u32, present: u32, result: i32): void {
  const domain = domainOf(d);
  domain.handler = present;
  domain.handlerResult = result;
}
