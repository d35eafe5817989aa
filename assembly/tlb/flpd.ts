// The cache of level-1 descriptors of versions 3.2 and later
// (spec/sysmmu-hardware 1.3 bit 20, 3.6, 4).
//
//   block  0 lines  4 span  8 u64 tick  16 live descriptors     64 lines of 192 bytes
//   line   0 tag: va[31:20] aligned to span    4 valid   8 u64 stamp   16 dead
//          64 span words   128 the mapping that owned each dead one
//
// 3.2 keeps the descriptors that walks used, one a line, and no faults. 3.3 and
// 5.x fetch the 16 descriptors around a missing one ahead of need, faults
// included: a fault cached so hides a mapping made later until its FLUSH_ENTRY.
// valid and dead hold a bit per descriptor; dead is a section whose mapping is gone.
//
// Not modelled: prefetch at times other than a miss.

import { arenaAlloc } from "../arena";
import { lv1IsFault, lv1IsTable } from "../pagetable/walk";
import { Sysmmu } from "../sysmmu/instance";

const HEADER: usize = 64;
const LINE: u32 = 192;
/** Tag of a line that holds nothing (tags are below 4096). */
const EMPTY: u32 = 0xffffffff;

/** A cache of `lines` lines of `span` (1 or 16) descriptors, or 0 when memory is exhausted. */
export function flpdCreate(lines: u32, span: u32): u32 {
  const block = arenaAlloc(<u32>HEADER + lines * LINE);
  if (block === 0) return 0;
  store<u32>(block, lines, 0);
  store<u32>(block, span, 4);
  for (let i: u32 = 0; i < lines; i++) store<u32>(block + HEADER + i * LINE, EMPTY);
  return <u32>block;
}

/** Descriptors fetched together. */
export function flpdSpan(flpd: u32): u32 {
  return load<u32>(<usize>flpd, 4);
}

/** Descriptors held now. */
export function flpdLive(flpd: u32): u32 {
  return load<u32>(<usize>flpd, 16);
}

function setLive(flpd: u32, live: u32): void {
  store<u32>(<usize>flpd, live, 16);
}

function lineOf(flpd: u32, tag: u32): usize {
  const lines = load<u32>(<usize>flpd);
  let line = <usize>flpd + HEADER;
  for (let i: u32 = 0; i < lines; i++, line += LINE) if (load<u32>(line) === tag) return line;
  return 0;
}

/** The line that holds level-1 descriptor number `index` (va >> 20), or 0. */
export function flpdFind(flpd: u32, index: u32): usize {
  const slot = index & (flpdSpan(flpd) - 1);
  const line = lineOf(flpd, index - slot);
  return line !== 0 && ((load<u32>(line, 4) >> slot) & 1) !== 0 ? line : 0;
}

/** Descriptor `index` of the line that holds it. */
export function flpdWord(line: usize, index: u32): u32 {
  return load<u32>(line + ((<usize>(index - load<u32>(line))) << 2), 64);
}

/** True when the mapping of the section that descriptor `index` of `line` describes is gone. */
export function flpdIsDead(line: usize, index: u32): bool {
  return ((load<u32>(line, 16) >> (index - load<u32>(line))) & 1) !== 0;
}

/** The mapping that owned dead descriptor `index` of `line`; 0 when it was not known. */
export function flpdOwner(line: usize, index: u32): u32 {
  return load<u32>(line + ((<usize>(index - load<u32>(line))) << 2), 128);
}

/** Counts a use of `line`. */
export function flpdTouch(flpd: u32, line: usize): void {
  const tick = load<u64>(<usize>flpd, 8) + 1;
  store<u64>(<usize>flpd, tick, 8);
  store<u64>(line, tick, 8);
}

/**
 * The line for descriptor `index`: the one it belongs to, else one taken from the least recently
 * used. `flpdLive` falls by what that threw out.
 */
export function flpdMakeLine(flpd: u32, index: u32): usize {
  const tag = index & ~(flpdSpan(flpd) - 1);
  const present = lineOf(flpd, tag);
  if (present !== 0) return present;
  const lines = load<u32>(<usize>flpd);
  let line = <usize>flpd + HEADER;
  let victim = line;
  for (let i: u32 = 0; i < lines; i++, line += LINE) {
    if (load<u32>(line) === EMPTY) {
      victim = line;
      break;
    }
    if (load<u64>(line, 8) < load<u64>(victim, 8)) victim = line;
  }
  setLive(flpd, flpdLive(flpd) - <u32>popcnt<i32>(load<i32>(victim, 4)));
  store<u32>(victim, tag);
  store<u32>(victim, 0, 4);
  store<u32>(victim, 0, 16);
  return victim;
}

/** Puts `value` into the line made for descriptor `index`; false when it was there already. */
export function flpdPut(flpd: u32, line: usize, index: u32, value: u32): bool {
  const slot = index - load<u32>(line);
  const valid = load<u32>(line, 4);
  if (((valid >> slot) & 1) !== 0) return false;
  store<u32>(line + ((<usize>slot) << 2), value, 64);
  store<u32>(line, valid | (1 << slot), 4);
  store<u32>(line, load<u32>(line, 16) & ~(1 << slot), 16);
  setLive(flpd, flpdLive(flpd) + 1);
  return true;
}

/** Drops the descriptors numbered first..last, with `links` those of tables too; returns how many went. */
export function flpdFlush(flpd: u32, first: u32, last: u32, links: bool): u32 {
  const span = flpdSpan(flpd);
  const lines = load<u32>(<usize>flpd);
  let dropped: u32 = 0;
  let line = <usize>flpd + HEADER;
  for (let i: u32 = 0; i < lines; i++, line += LINE) {
    const tag = load<u32>(line);
    if (tag === EMPTY || tag > last || tag + span - 1 < first) continue;
    const valid = load<u32>(line, 4);
    let left = valid;
    for (let slot: u32 = 0; slot < span; slot++) {
      if (tag + slot < first || tag + slot > last) continue;
      if (links || !lv1IsTable(flpdWord(line, tag + slot))) left &= ~(1 << slot);
    }
    dropped += <u32>popcnt<i32>(<i32>(valid & ~left));
    store<u32>(line, left, 4);
    if (left === 0) store<u32>(line, EMPTY);
  }
  setLive(flpd, flpdLive(flpd) - dropped);
  return dropped;
}

/**
 * Marks the sections among descriptors first..last as left over from mapping `owner`. A link to a
 * table is none: what its table says is read again by every walk.
 */
export function flpdMarkStale(mmu: Sysmmu, first: u32, last: u32, owner: u32): void {
  const flpd = mmu.flpd;
  if (flpdLive(flpd) === 0) return;
  const span = flpdSpan(flpd);
  const lines = load<u32>(<usize>flpd);
  let line = <usize>flpd + HEADER;
  for (let i: u32 = 0; i < lines; i++, line += LINE) {
    const tag = load<u32>(line);
    if (tag === EMPTY || tag > last || tag + span - 1 < first) continue;
    const valid = load<u32>(line, 4) & ~load<u32>(line, 16);
    for (let slot: u32 = 0; slot < span; slot++) {
      if (((valid >> slot) & 1) === 0 || tag + slot < first || tag + slot > last) continue;
      const word = flpdWord(line, tag + slot);
      if (lv1IsTable(word) || lv1IsFault(mmu, word)) continue;
      store<u32>(line, load<u32>(line, 16) | (1 << slot), 16);
      store<u32>(line + ((<usize>slot) << 2), owner, 128);
    }
  }
}
