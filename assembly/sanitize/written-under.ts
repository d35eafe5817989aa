// Whose write a cached line misses: one entry per line that a master wrote while a cache held it.
//
//   block at header 0xec (made at the first such write): 2048 sets of 8 entries
//   entry   line + 1   device   owner   record   dma of the line's first byte written   (32 bytes)
//
// An entry counts as long as the line is cached; a set that is full loses one whose line is not, else its first.
//
// Not modelled: two masters' writes to one line (the later one is blamed).

import { arenaAlloc } from "../arena";
import { cacheValidLines } from "../cache/index";
import { HEADER } from "../layout";

const SETS: u32 = 2048;
const WAYS: u32 = 8;
const ENTRY: u32 = 32;

// Neighbouring lines lie in neighbouring sets, buffers a power of two apart do not meet.
function setOf(at: u32, line: u32): usize {
  return <usize>(at + ((line ^ ((line >> 11) * 0x9e5)) & (SETS - 1)) * WAYS * ENTRY);
}

/** The entry of the line at `pa`, 0 when none is kept. */
export function underEntry(pa: u32): usize {
  const at = load<u32>(HEADER, 0xec);
  if (at === 0) return 0;
  const line = pa >> 5;
  const set = setOf(at, line);
  for (let i: u32 = 0; i < WAYS; i++) {
    const entry = set + <usize>(i * ENTRY);
    if (load<u32>(entry) === line + 1) return entry;
  }
  return 0;
}

function place(at: u32, line: u32): usize {
  const set = setOf(at, line);
  let free: usize = 0;
  for (let i: u32 = 0; i < WAYS; i++) {
    const entry = set + <usize>(i * ENTRY);
    const held = load<u32>(entry);
    if (held === line + 1) return entry;
    if (free === 0 && (held === 0 || cacheValidLines((held - 1) << 5, 1) === 0)) free = entry;
  }
  return free !== 0 ? free : set;
}

/** A master wrote [pa, pa + bytes) of one page through `dma`: notes it for every line that a cache holds. */
export function underNote(pa: u32, bytes: u32, device: u32, owner: u32, record: u32, dma: u32): void {
  let at = load<u32>(HEADER, 0xec);
  if (at === 0) {
    at = <u32>arenaAlloc(SETS * WAYS * ENTRY);
    if (at === 0) return;
    store<u32>(HEADER, at, 0xec);
  }
  for (let line = pa >> 5, last = (pa + bytes - 1) >> 5; line <= last; line++) {
    const start = line << 5;
    if (cacheValidLines(start, 1) === 0) continue;
    const entry = place(at, line);
    store<u32>(entry, line + 1);
    store<u32>(entry, device, 4);
    store<u32>(entry, owner, 8);
    store<u32>(entry, record, 12);
    store<u32>(entry, dma + (start > pa ? start - pa : 0), 16);
  }
}
