// Which parts of linear memory hold anything, what a snapshot keeps, and sums that tell whether it is whole.
//
// Not modelled: nothing; it reads memory as it is.

/** 1 when any byte of [at, at + bytes) is not 0; both are multiples of 128. */
export function blockUsed(at: usize, bytes: u32): u32 {
  for (let p = at, end = at + <usize>bytes; p < end; p += 128) {
    const a = v128.or(v128.or(v128.load(p), v128.load(p, 16)), v128.or(v128.load(p, 32), v128.load(p, 48)));
    const b = v128.or(
      v128.or(v128.load(p, 64), v128.load(p, 80)),
      v128.or(v128.load(p, 96), v128.load(p, 112)),
    );
    if (v128.any_true(v128.or(a, b))) return 1;
  }
  return 0;
}

// Odd, so that a product tells its factor; the shift brings high bits down, where products never do.
const FACTOR: u32 = 0x01000193;
const SHIFT: i32 = 15;

function mixed(sum: v128, at: usize, offset: usize): v128 {
  const product = i32x4.mul(v128.xor(sum, v128.load(at + offset)), i32x4.splat(FACTOR));
  return v128.xor(product, i32x4.shr_u(product, SHIFT));
}

function folded(sum: u32, word: u32): u32 {
  const product = (sum ^ word) * FACTOR;
  return product ^ (product >> SHIFT);
}

/**
 * A sum of [at, at + bytes), both multiples of 128, as sixteen chains of words that end in one. Every step can
 * be undone, so a change of one word never goes unseen.
 */
export function blockSum(at: usize, bytes: u32): u32 {
  let a = i32x4.splat(1);
  let b = i32x4.splat(2);
  let c = i32x4.splat(3);
  let d = i32x4.splat(4);
  for (let p = at, end = at + <usize>bytes; p < end; p += 64) {
    a = mixed(a, p, 0);
    b = mixed(b, p, 16);
    c = mixed(c, p, 32);
    d = mixed(d, p, 48);
  }
  return foldedLanes(foldedLanes(foldedLanes(foldedLanes(0, a), b), c), d);
}

function foldedLanes(sum: u32, lanes: v128): u32 {
  let out = folded(sum, i32x4.extract_lane(lanes, 0));
  out = folded(out, i32x4.extract_lane(lanes, 1));
  out = folded(out, i32x4.extract_lane(lanes, 2));
  return folded(out, i32x4.extract_lane(lanes, 3));
}
