// Attribute names of trace lines, from bytes to bits (src/dma/attributes.ts has the bits).

/** Bit of an attribute name, by length and first letters; hex for bits without a name; -1 unknown. */
export function attributeBit(b: Uint8Array, from: number, to: number): number {
  const length = to - from;
  const c = b[from]!;
  if (c >= 48 && c <= 57) {
    let value = 0;
    for (let i = c === 48 && length > 2 ? from + 2 : from; i < to; i++) {
      const x = b[i]! | 32;
      const d = x >= 97 ? x - 87 : b[i]! - 48;
      if (d < 0 || d > 15) return -1;
      value = ((value << 4) | d) >>> 0;
    }
    return value;
  }
  switch (length) {
    case 4:
      return c === 77 ? 0x400 : -1; // MMIO
    case 7:
      return c === 78 ? 0x100 : -1; // NO_WARN
    case 9:
      return c === 67 ? 0x2000 : -1; // CC_SHARED
    case 10:
      return c === 80 ? 0x200 : -1; // PRIVILEGED
    case 13:
      if (c === 83) return 0x20; // SKIP_CPU_SYNC
      if (c !== 87) return -1;
      if (b[from + 1] === 69) return 0x02; // WEAK_ORDERING
      return b[from + 6] === 66 ? 0x01 : 0x04; // WRITE_BARRIER, WRITE_COMBINE
    case 14:
      return c === 78 ? 0x08 : -1; // NON_CONSISTENT
    case 16:
      return c === 70 ? 0x40 : c === 82 ? 0x1000 : -1; // FORCE_CONTIGUOUS, REQUIRE_COHERENT
    case 17:
      return c === 78 ? 0x10 : -1; // NO_KERNEL_MAPPING
    case 18:
      return c === 65 ? 0x80 : c === 67 ? 0x800 : -1; // ALLOC_SINGLE_PAGES, CACHELINES_OVERLAP
    default:
      return -1;
  }
}
