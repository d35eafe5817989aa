// The indexed prefetch buffers of version 3.3 (spec/sysmmu-hardware 1.1).
//
//   400 PB_INFO       number of buffers
//   408 PB_INDICATE   | 8 sub-buffer | 7:0 buffer |
//   40c PB_CFG   410 PB_START   414 PB_END      of the buffer that PB_INDICATE names
//
// A window is a hint: what it does, if that is modelled, is in buffers.ts. Both sub-buffers share the
// settings of their buffer; a buffer the hardware does not have reads 0.
//
// Not modelled: groups of 5.x (stored only).

import { FILE_BANKS, Sysmmu } from "./instance";

const INFO: u32 = 0x400;
const INDICATE: u32 = 0x408;
const CFG: u32 = 0x40c;

// Address of the stored word for `offset` in the bank named now, 0 without such a bank.
function cell(mmu: Sysmmu, offset: u32): usize {
  const file = <usize>mmu.file;
  const bank = load<u32>(file, INDICATE) & 0xff;
  if (bank >= load<u32>(file, INFO)) return 0;
  return file + FILE_BANKS + (bank << 4) + (offset - CFG);
}

/** Value of PB_CFG, PB_START or PB_END of the named buffer. */
export function bankRead(mmu: Sysmmu, offset: u32): u32 {
  const at = cell(mmu, offset);
  return at === 0 ? 0 : load<u32>(at);
}

/** A write to PB_CFG, PB_START or PB_END of the named buffer. */
export function bankWrite(mmu: Sysmmu, offset: u32, value: u32): void {
  const at = cell(mmu, offset);
  if (at !== 0) store<u32>(at, value);
}
