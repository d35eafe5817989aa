// What the Exynos IOMMU driver remembers: one arena block at header.driver.
//
//   0x0000 Driver     zero table, descriptor format, free level-2 blocks, scratch
//   0x0400 64 x Unit      one System MMU as the drivers since v3.16 see it (struct sysmmu_drvdata)
//   0x0c00 128 x Master   all System MMUs of a device as v3.5..v3.14 see them (the same, with several banks)
//   0x1c00 1 KiB of zeros (an empty level-2 table)
//
//   Domain (its own block): l1Pa, zeroPa first, because tests read them there
//
// Not modelled: locks; reference counts of runtime power (events tell them).

import { arenaAlloc } from "../arena";
import { driverBlock, setDriverBlock } from "../header";

@unmanaged
export class Driver {
  /** The shared table without entries; 0 before the first domain that needs it. */
  zeroPa: u32;
  /** 4: descriptors hold pa >> 4 (version 5); 0 otherwise. */
  shift: u32;
  /** 1 once a probe has chosen `shift`. */
  probed: u32;
  /** Label of the last BUG, 0 none. */
  bug: u32;
  /** Free level-2 blocks: an arena array of physical addresses used as a stack. */
  slab: u32;
  slabCount: u32;
  slabRoom: u32;
}

@unmanaged
export class Unit {
  version: u32;
  clocks: u32;
  domain: u32;
  device: u32;
  /** v4.4: enables counted; v6.1: 1 while registers are programmed. */
  active: u32;
  /** 1 while runtime power is off. */
  suspended: u32;
  pgtable: u32;
}

@unmanaged
export class Master {
  activations: u32;
  pgtable: u32;
  domain: u32;
  /** Domain that lists this device among its clients. */
  listed: u32;
  /** Fault handler: HANDLER_*. */
  handler: u32;
  handlerResult: i32;
  /** v6.1: domain of the device's owner record. */
  owner: u32;
}

@unmanaged
export class Domain {
  l1Pa: u32;
  zeroPa: u32;
  /** i16[4096]: free entries of each level-2 table as the driver counts them. */
  counts: u32;
  /** Clients in order of attachment: u8 each, unit or (v3.6) device index. */
  clients: u32;
  /** 1: a fault handler is there and returns handlerResult. */
  handler: u32;
  handlerResult: i32;
}

/** Offset of the client list in a domain's block. */
const CLIENTS: usize = 32;
export const DOMAIN_BYTES: u32 = 32 + 128;

export const HANDLER_DEFAULT: u32 = 0; // prints and stops
export const HANDLER_RESULT: u32 = 1; // returns a number
export const HANDLER_NONE: u32 = 2;

const UNITS: usize = 0x400;
const UNIT_BYTES: usize = 32;
const MASTERS: usize = 0xc00;
const MASTER_BYTES: usize = 32;
const ZEROS: usize = 0x1c00;
const SCRATCH: usize = 0x80;
const BLOCK_BYTES: u32 = 0x2000;

/** The driver's block; only when `driverReady`. */
export function driver(): Driver {
  return changetype<Driver>(<usize>driverBlock());
}

/** Makes the block when it is not there; false when memory is exhausted. */
export function driverReady(): bool {
  if (driverBlock() !== 0) return true;
  const block = arenaAlloc(BLOCK_BYTES);
  if (block === 0) return false;
  setDriverBlock(<u32>block);
  return true;
}

/** Driver data of System MMU `instance`. */
export function unitOf(instance: u32): Unit {
  return changetype<Unit>(<usize>driverBlock() + UNITS + <usize>instance * UNIT_BYTES);
}

/** Driver data of all System MMUs of device `index` (v3.6). */
export function masterOf(index: u32): Master {
  return changetype<Master>(<usize>driverBlock() + MASTERS + <usize>index * MASTER_BYTES);
}

/** Linear address of 1 KiB of zeros. */
export function zeros(): usize {
  return <usize>driverBlock() + ZEROS;
}

/** Linear address of 64 bytes for descriptors on their way. */
export function scratch(): usize {
  return <usize>driverBlock() + SCRATCH;
}

/** Domain at pointer `d`. */
export function domainOf(d: u32): Domain {
  return changetype<Domain>(<usize>d);
}

/** Client number `k` (0..domain.clients-1) in order of attachment. */
export function clientOf(domain: Domain, k: u32): u32 {
  return load<u8>(changetype<usize>(domain) + CLIENTS + k);
}

/** Puts `client` behind the others. */
export function addClient(domain: Domain, client: u32): void {
  store<u8>(changetype<usize>(domain) + CLIENTS + domain.clients, <u8>client);
  domain.clients = domain.clients + 1;
}

/** Takes `client` out of the list; false when it is not in it. */
export function removeClient(domain: Domain, client: u32): bool {
  const list = changetype<usize>(domain) + CLIENTS;
  for (let k: u32 = 0; k < domain.clients; k++) {
    if (load<u8>(list + k) !== <u8>client) continue;
    domain.clients = domain.clients - 1;
    memory.copy(list + k, list + k + 1, domain.clients - k);
    return true;
  }
  return false;
}

/** The driver's count of free entries behind level-1 entry `index`. */
export function freeEntries(domain: Domain, index: u32): i32 {
  return load<i16>(<usize>domain.counts + ((<usize>index) << 1));
}

/** Sets that count. */
export function setFreeEntries(domain: Domain, index: u32, value: i32): void {
  store<i16>(<usize>domain.counts + ((<usize>index) << 1), <i16>value);
}
