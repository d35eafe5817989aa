// The cache of level-1 descriptors of versions 3.2 and later
// (spec/sysmmu-hardware 1.3 bit 20, 3.6, 4).
//
//   line   | tag va[31:20] aligned to span | stamp | valid, a bit per descriptor | span words |
//
// 3.2 keeps the descriptors that walks used, one a line, and no faults. 3.3 and
// 5.x fetch the 16 descriptors around a missing one ahead of need, faults
// included: a fault cached so hides a mapping made later until its FLUSH_ENTRY.
//
// Not modelled: prefetch at times other than a miss.

import { arenaAlloc } from "../arena";

const HEADER: usize = 64;
const LINE: u32 = 80;
/** Tag of a line that holds nothing (tags are below 4096). */
const EMPTY: u32 = 0xffffffff;

//   block   0 lines   4 span   8 tick   12 live descriptors   64 lines of 80 bytes

/** A cache of `lines` lines of `span` (1 or 16) descriptors, or 0 when memory is exhausted. */
export function flpdCreate(lines: u32, span: u32): u32 {
  const block = arenaAlloc(<u32>HEADER + lines * LINE);
  if (block === 0) return 0;
  store<u32>(block, lines, 0);
  store<u32>(block, span, 4);
  store<u32>(block, 1, 8);
  for (let i: u32 = 0; i < lines; i++) store<u32>(block + HEADER + i * LINE, EMPTY);
  return <u32>block;
}

/** Descriptors fetched together. */
export function flpdSpan(flpd: u32): u32 {
  return load<u32>(<usize>flpd, 4);
}

/** Descriptors held now. */
export function flpdLive(flpd: u32): u32 {
  return load<u32>(<usize>flpd, 12);
}

function lineOf(flpd: u32, tag: u32): usize {
  const lines = load<u32>(<usize>flpd);
  let line = <usize>flpd + HEADER;
  for (let i: u32 = 0; i < lines; i++, line += LINE) if (load<u32>(line) === tag) return line;
  return 0;
}

/** Address of the cached level-1 descriptor number `index` (va >> 20), or 0. */
export function flpdFind(flpd: u32, index: u32): usize {
  const slot = index & (flpdSpan(flpd) - 1);
  const line = lineOf(flpd, index - slot);
  if (line === 0 || ((load<u32>(line, 8) >> slot) & 1) === 0) return 0;
  return line + 16 + ((<usize>slot) << 2);
}

/** Counts a use of the line that holds descriptor `index`. */
export function flpdTouch(flpd: u32, index: u32): void {
  const line = lineOf(flpd, index & ~(flpdSpan(flpd) - 1));
  const tick = load<u32>(<usize>flpd, 8);
  if (line === 0 || load<u32>(line, 4) === tick) return;
  store<u32>(<usize>flpd, tick + 1, 8);
  store<u32>(line, tick + 1, 4);
}

/**
 * The line for descriptor `index`, taken from the least recently used one when there is
 * none; returns how many descriptors that threw out.
 */
export function flpdMakeLine(flpd: u32, index: u32): u32 {
  const tag = index & ~(flpdSpan(flpd) - 1);
  if (lineOf(flpd, tag) !== 0) return 0;
  const lines = load<u32>(<usize>flpd);
  let line = <usize>flpd + HEADER;
  let victim = line;
  for (let i: u32 = 0; i < lines; i++, line += LINE) {
    if (load<u32>(line) === EMPTY) {
      victim = line;
      break;
    }
    if (load<u32>(line, 4) < load<u32>(victim, 4)) victim = line;
  }
  const lost = <u32>popcnt<i32>(load<i32>(victim, 8));
  store<u32>(<usize>flpd, flpdLive(flpd) - lost, 12);
  store<u32>(victim, tag);
  store<u32>(victim, 0, 4);
  store<u32>(victim, 0, 8);
  return lost;
}

/** Puts `value` into the line made for descriptor `index`; false when it was there already. */
export function flpdPut(flpd: u32, index: u32, value: u32): bool {
  const slot = index & (flpdSpan(flpd) - 1);
  const line = lineOf(flpd, index - slot);
  const valid = load<u32>(line, 8);
  if (((valid >> slot) & 1) !== 0) return false;
  store<u32>(line + ((<usize>slot) << 2), value, 16);
  store<u32>(line, valid | (1 << slot), 8);
  store<u32>(<usize>flpd, flpdLive(flpd) + 1, 12);
  return true;
}

/** Drops the descriptors numbered first..last; returns how many were held. */
export function flpdFlush(flpd: u32, first: u32, last: u32): u32 {
  const span = flpdSpan(flpd);
  const lines = load<u32>(<usize>flpd);
  let dropped: u32 = 0;
  let line = <usize>flpd + HEADER;
  for (let i: u32 = 0; i < lines; i++, line += LINE) {
    const tag = load<u32>(line);
    if (tag === EMPTY || tag > last || tag + span - 1 < first) continue;
    const valid = load<u32>(line, 8);
    let left = valid;
    for (let slot: u32 = 0; slot < span; slot++) {
      if (tag + slot >= first && tag + slot <= last) left &= ~(1 << slot);
    }
    dropped += <u32>popcnt<i32>(<i32>(valid & ~left));
    store<u32>(line, left, 8);
    if (left === 0) store<u32>(line, EMPTY);
  }
  store<u32>(<usize>flpd, flpdLive(flpd) - dropped, 12);
  return dropped;
}
