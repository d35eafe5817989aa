// Bounced buffers: the device works on the pool's copy, the CPU on the buffer. A hand-over copies; a
// forgotten one leaves the other side with old bytes.
//
//   device reads the pool, the buffer differs    the CPU stored after the map      no sync for the device
//   CPU uses the buffer, the pool differs and    the device wrote after the last   no sync for the CPU
//   the device wrote since the last hand-over    hand-over
//
//   block at header 0xf0 (made at the first write into a pool): 256 entries {record, owner}, by owner
//
// Not modelled: CPU stores to a BIDIRECTIONAL buffer after the device wrote it (the difference may be the
// device's); a mapping whose number meets another's in the table of 256 written ones.

import {
  COUNT_STALE_CPU_READS,
  COUNT_STALE_DEVICE_READS,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  HAZARD_STALE_CPU_READ,
  HAZARD_STALE_DEVICE_READ,
  KIND_SG,
  OPS_BOUNCE,
} from "../abi";
import { arenaAlloc } from "../arena";
import { cachePeek } from "../cache/index";
import { countAdd } from "../counters";
import { deviceOf } from "../device";
import { physOf } from "../dma/bus";
import { hostOf, inDram } from "../dram";
import { HEADER, SCRATCH, SG_BYTES } from "../layout";
import { hazardNote, serialOf } from "./hazards";
import { historyHolder, Mapping } from "./history";

const WRITTEN: u32 = 256;
function writtenEntry(owner: u32): usize {
  const at = load<u32>(HEADER, 0xf0);
  return at === 0 ? 0 : <usize>(at + (owner & (WRITTEN - 1)) * 8);
}

function isWritten(owner: u32): bool {
  const entry = writtenEntry(owner);
  return entry !== 0 && load<u32>(entry, 4) === owner;
}

// Lines of 32 bytes in which the pool at `slot` differs from what the CPU sees at `pa`.
function difference(slot: u32, pa: u32, bytes: u32): u32 {
  if (!inDram(slot, bytes) || !inDram(pa, bytes)) return 0;
  let lines: u32 = 0;
  while (bytes !== 0) {
    const n = min<u32>(bytes, 32);
    cachePeek(pa, n, SCRATCH);
    if (memory.compare(SCRATCH, hostOf(slot), n) !== 0) lines++;
    pa += n;
    slot += n;
    bytes -= n;
  }
  return lines;
}

// The physical address behind bus address `dma` of the mapping at `record` as the CPU uses it; 0 when unknown.
function originOf(record: Mapping, dma: u32): u32 {
  if (<u32>(record.kind & 0x7f) !== KIND_SG) return record.pa + (dma - record.dma);
  for (let i: u32 = 0; i < record.nents && record.extra !== 0; i++) {
    const entry = <usize>record.extra + <usize>(i * SG_BYTES);
    const offset = dma - load<u32>(entry, 12);
    if (offset < load<u32>(entry, 16)) return load<u32>(entry) + load<u32>(entry, 4) + offset;
  }
  return 0;
}

/** After a master's access to `bytes` bytes of the pool at `dma`: notes old bytes read, remembers a write. */
export function bouncedAfterAccess(index: u32, dma: u32, bytes: u32, write: u32): void {
  const device = deviceOf(index);
  if (device.ops !== OPS_BOUNCE) return;
  const at = historyHolder(index, dma);
  if (at === 0) return;
  const record = changetype<Mapping>(<usize>at);
  const pa = originOf(record, dma);
  const slot = physOf(device, dma);
  if (pa === 0 || slot === pa) return;
  if (write === 0) {
    if (<u32>record.direction === DMA_FROM_DEVICE || isWritten(record.serial)) return;
    const lines = difference(slot, pa, bytes);
    if (lines === 0) return;
    countAdd(COUNT_STALE_DEVICE_READS, lines);
    hazardNote(HAZARD_STALE_DEVICE_READ, index, record.serial, at, dma, pa, lines, 0, 0);
    return;
  }
  if (<u32>record.direction === DMA_TO_DEVICE) return;
  if (load<u32>(HEADER, 0xf0) === 0) store<u32>(HEADER, <u32>arenaAlloc(WRITTEN * 8), 0xf0);
  const entry = writtenEntry(record.serial);
  if (entry === 0) return;
  store<u32>(entry, at);
  store<u32>(entry, record.serial, 4);
}

/** The mapping numbered `owner` was handed to the CPU: its bytes are where the CPU looks. */
export function bouncedHandover(owner: u32): void {
  const entry = writtenEntry(owner);
  if (entry !== 0 && load<u32>(entry, 4) === owner) store<u64>(entry, 0);
}

// The part [from, end) of a piece of `length` bytes at `start`, of the pool at `slot`, as far as the CPU touches it.
function touched(start: u32, length: u32, slot: u32, from: u32, end: u32): u32 {
  const low = max(start, from);
  const high = min(start + length, end);
  return low < high ? difference(slot + (low - start), low, high - low) : 0;
}

/** Before the CPU uses [pa, pa + bytes): notes what only the pool has. */
export function bouncedBeforeCpu(pa: u32, bytes: u32): void {
  const table = load<u32>(HEADER, 0xf0);
  if (table === 0) return;
  for (let i: u32 = 0; i < WRITTEN; i++) {
    const entry = <usize>(table + i * 8);
    const at = load<u32>(entry);
    const owner = load<u32>(entry, 4);
    if (owner === 0 || serialOf(at) !== owner) continue;
    const record = changetype<Mapping>(<usize>at);
    const device = deviceOf(record.device);
    let lines: u32 = 0;
    if (<u32>(record.kind & 0x7f) !== KIND_SG) {
      lines = touched(record.pa, record.size, physOf(device, record.dma), pa, pa + bytes);
    } else {
      for (let k: u32 = 0; k < record.nents && record.extra !== 0; k++) {
        const piece = <usize>record.extra + <usize>(k * SG_BYTES);
        const slot = physOf(device, load<u32>(piece, 12));
        lines += touched(load<u32>(piece) + load<u32>(piece, 4), load<u32>(piece, 8), slot, pa, pa + bytes);
      }
    }
    if (lines === 0) continue;
    countAdd(COUNT_STALE_CPU_READS, lines);
    hazardNote(HAZARD_STALE_CPU_READ, record.device, owner, at, record.dma, pa, lines, 0, 0);
  }
}
