// The event log: what the layers below an API call did, in order, for
// conformance, recording and explanation. Off unless its group's bit is set
// in header.logMask; then each event is one 32-byte record of the ring:
//
//   0 kind (u16) | group (u16)   4 a   8 b   12 c   16 d   20 e   24 seq (u64)
//
// `logHead` counts records ever written; the host drains between calls.
// Not modelled: lost events are visible only as logHead advancing by more than LOG_COUNT.

import { header } from "./header";
import { LOG, LOG_BYTES, LOG_COUNT } from "./layout";

/** True when events of `group` (0..31) are recorded. */
export function logging(group: u32): bool {
  return ((header().logMask >> group) & 1) !== 0;
}

/** Appends one event of `kind` in `group` with up to five operands. */
export function logEvent(group: u32, kind: u32, a: u32, b: u32, c: u32, d: u32, e: u32): void {
  const h = header();
  const at = LOG + <usize>((h.logHead & (LOG_COUNT - 1)) * LOG_BYTES);
  store<u32>(at, kind | (group << 16));
  store<u32>(at, a, 4);
  store<u32>(at, b, 8);
  store<u32>(at, c, 12);
  store<u32>(at, d, 16);
  store<u32>(at, e, 20);
  store<u64>(at, h.seq, 24);
  h.logHead = h.logHead + 1;
}
