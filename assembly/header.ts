// The machine's header: one structure at address 0.
//
//  0x00 magic      0x04 abiVersion  0x08 profile    0x0c flags
//  0x10 dramBase   0x14 dramBytes   0x18 arenaNext  0x1c arenaEnd
//  0x20 seq (u64)                   0x28 logMask    0x2c logHead (next record)
//  0x30 faultHead  0x34 feedHead    0x38 feedTail   0x3c deviceCount
//  0x40 sysmmuCount                 0x44 pages (guest page allocator)
//  0x48 reserved   0x4c cache       0x50 history    0x54 freeLists[32]
//  0xd4 errorCode (why the last call returned its error value)  0xd8 replay state
//  0xdc driver (IOMMU driver state)             0xe8 hazards   0xec written-under   0xf0 bounced (sanitize/)
//
// Pointers are addresses of arena structures, 0 for none.
// Not modelled: time; `seq` is the only clock.

import { HEADER } from "./layout";

@unmanaged
export class Header {
  magic: u32;
  abiVersion: u32;
  profile: u32;
  flags: u32;
  dramBase: u32;
  dramBytes: u32;
  arenaNext: u32;
  arenaEnd: u32;
  seq: u64;
  logMask: u32;
  logHead: u32;
  faultHead: u32;
  feedHead: u32;
  feedTail: u32;
  deviceCount: u32;
  sysmmuCount: u32;
  pages: u32;
  reserved: u32;
  cache: u32;
  history: u32;
}

/** Byte offset of the arena's 32 free-list heads, one per power of two. */
export const HEADER_FREE_LISTS: usize = 0x54;

/** The header of this machine. */
export function header(): Header {
  return changetype<Header>(HEADER);
}

/** Why the last call returned its error value: a positive errno, or 0. */
export function setError(errno: i32): void {
  store<i32>(HEADER, errno, 0xd4);
}

/** The errno of `setError`. */
export function lastError(): i32 {
  return load<i32>(HEADER, 0xd4);
}

/** Address of the replay loop's state (replay.ts), 0 before it is made. */
export function replayBlock(): u32 {
  return load<u32>(HEADER, 0xd8);
}

/** Sets the address of the replay loop's state. */
export function setReplayBlock(block: u32): void {
  store<u32>(HEADER, block, 0xd8);
}

/** Address of the IOMMU driver's state (iommu/state.ts), 0 before it is made. */
export function driverBlock(): u32 {
  return load<u32>(HEADER, 0xdc);
}

/** Sets the address of the IOMMU driver's state. */
export function setDriverBlock(block: u32): void {
  store<u32>(HEADER, block, 0xdc);
}

/** Moves the machine's clock, the sequence number, one step and returns it. */
export function tick(): u64 {
  const h = changetype<Header>(HEADER);
  const now = h.seq + 1;
  h.seq = now;
  return now;
}
