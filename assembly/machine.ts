// Birth of a machine: header, DRAM window, page allocator.
// Not modelled: reset lines; a new machine is a new instance.

import { arenaAlloc } from "./arena";
import { pagesInit } from "./dram";
import { header } from "./header";
import { ABI_VERSION, DRAM, MAGIC } from "./layout";
import { replayInit } from "./replay-handles";
import { historyInit } from "./sanitize/history";

/** Room the arena gets at birth; it grows by itself. */
const ARENA_START_BYTES: u32 = 0x400000;

/**
 * Makes the machine: `dramBytes` (a multiple of 64 KiB, 1 MiB..2 GiB) of DRAM at `dramBase`,
 * kernel profile `profile` (abi.ts PROFILE_*). Returns 0, or 12 (ENOMEM) when the
 * engine gives no memory. Called once per instance; the host checks the ranges.
 */
export function machineInit(dramBase: u32, dramBytes: u32, profile: u32): i32 {
  const end = <u64>DRAM + dramBytes + ARENA_START_BYTES;
  const have = (<u64>memory.size()) << 16;
  if (end > have && memory.grow(<i32>((end - have + 0xffff) >> 16)) < 0) return 12;
  const h = header();
  h.magic = MAGIC;
  h.abiVersion = ABI_VERSION;
  h.profile = profile;
  h.dramBase = dramBase;
  h.dramBytes = dramBytes;
  h.arenaNext = <u32>DRAM + dramBytes;
  h.arenaEnd = <u32>((<u64>memory.size()) << 16);
  return pagesInit() && historyInit() && replayInit() ? 0 : 12;
}

/** A zeroed block of the arena for the host's own tables; 0 when memory is exhausted. */
export function arenaAllocForHost(bytes: u32): usize {
  return arenaAlloc(bytes);
}
