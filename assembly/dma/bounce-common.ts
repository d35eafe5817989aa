// What both bounce schemes share: the copy between a buffer and the original through the CPU's
// caches, the last thing the kernel would have said, and the block that remembers it.
//
//   block at 0x1a0 of the header page:
//   0 scratch page   4 last message (BOUNCE_SAYS_*)   8..16 its operands   20 its device
//   24 swiotlb pool (swiotlb.ts)
//
// Not modelled: rate limits of messages.

import {
  COUNT_BOUNCE_IN,
  COUNT_BOUNCE_OUT,
  LOG_GROUP_BOUNCE,
  LOGK_BOUNCE_COPY,
  LOGK_BOUNCE_MESSAGE,
} from "../abi";
import { arenaAlloc } from "../arena";
import { cpuReadAs, cpuWriteAs } from "../cache/index";
import { countAdd } from "../counters";
import { HEADER } from "../layout";
import { logEvent, logging } from "../log";

const BLOCK: usize = 0x1a0;
const SCRATCH_BYTES: u32 = 4096;

@unmanaged
class Common {
  scratch: u32;
  says: u32;
  a: u32;
  b: u32;
  c: u32;
  device: u32;
  pool: u32;
}

function common(): Common {
  return changetype<Common>(HEADER + BLOCK);
}

/** Address of the swiotlb pool, 0 for none. */
export function poolPointer(): u32 {
  return common().pool;
}

/** Sets the address of the swiotlb pool. */
export function setPoolPointer(pool: u32): void {
  common().pool = pool;
}

/** Notes what the kernel says at this point (BOUNCE_SAYS_* and its operands). */
export function says(what: u32, device: u32, a: u32, b: u32, c: u32): void {
  const t = common();
  t.says = what;
  t.a = a;
  t.b = b;
  t.c = c;
  t.device = device;
  if (logging(LOG_GROUP_BOUNCE)) logEvent(LOG_GROUP_BOUNCE, LOGK_BOUNCE_MESSAGE, what, a, b, c, device);
}

/** BOUNCE_SAYS_* since the last call of this, 0 for nothing. */
export function bounceSaid(): u32 {
  const what = common().says;
  common().says = 0;
  return what;
}

/** Operand `n` (0..2) of the last message. */
export function bounceSaidOperand(n: u32): u32 {
  return load<u32>(HEADER + BLOCK + 8 + ((<usize>n) << 2));
}

/**
 * memcpy of the CPU: `bytes` from `from` (memory of `fromType`) to `to` (memory of `toType`); `counter`
 * is COUNT_BOUNCE_IN or COUNT_BOUNCE_OUT.
 */
function copy(to: u32, toType: u32, from: u32, fromType: u32, bytes: u32, counter: u32): void {
  const t = common();
  if (t.scratch === 0) {
    t.scratch = <u32>arenaAlloc(SCRATCH_BYTES);
    if (t.scratch === 0) return;
  }
  countAdd(counter, bytes);
  if (logging(LOG_GROUP_BOUNCE)) logEvent(LOG_GROUP_BOUNCE, LOGK_BOUNCE_COPY, to, from, bytes, 0, 0);
  let done: u32 = 0;
  while (done < bytes) {
    const n = min(bytes - done, SCRATCH_BYTES);
    cpuReadAs(from + done, n, t.scratch, fromType);
    cpuWriteAs(to + done, n, t.scratch, toType);
    done += n;
  }
}

/** Copies the original into the buffer, which is memory of `type`. */
export function copyIn(buffer: u32, type: u32, original: u32, bytes: u32): void {
  copy(buffer, type, original, 0, bytes, COUNT_BOUNCE_IN);
}

/** Copies the buffer, memory of `type`, back to the original. */
export function copyOut(original: u32, buffer: u32, type: u32, bytes: u32): void {
  copy(original, 0, buffer, type, bytes, COUNT_BOUNCE_OUT);
}
