// Which parts of linear memory hold anything: what a snapshot keeps.
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
