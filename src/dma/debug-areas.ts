// DMA-API debug: where the kernel's own memory lies, for the checks of what a driver maps.
//
//   linear  va = pa - linear.pa + linear.va, below linear.end      highmem  pfn >= highmemPfn: no address
//   vmalloc [vmalloc.start, vmalloc.end)                           text, rodata, stack: virtual ranges
//
// Not modelled: modules (ARM places them below the linear mapping), kmap addresses, vmapped stacks.

/** A range of virtual addresses, end excluded. */
export interface VirtualRange {
  readonly start: number;
  readonly end: number;
}

/** Layout of the kernel's address space, as far as the checks ask. */
export interface DebugAreas {
  /** Linear mapping of lowmem. */
  readonly linear: { readonly va: number; readonly pa: number; readonly end: number };
  /** First page frame without a permanent address. */
  readonly highmemPfn: number;
  readonly vmalloc: VirtualRange;
  /** Page frame behind a vmalloc address. */
  readonly vmallocToPfn: (va: number) => number;
  readonly text: VirtualRange;
  readonly rodata: VirtualRange;
  /** Stack of the current task. */
  readonly stack: VirtualRange;
}

const NOWHERE: VirtualRange = { start: 0, end: 0 };

/**
 * A 3 GiB/1 GiB split with DRAM at 0x40000000 and no kernel image: nothing mapped is ever
 * text, read-only data or stack. vmalloc space stands for itself (pfn = va >> 12).
 */
export const PLAIN_AREAS: DebugAreas = {
  linear: { va: 0xc000_0000, pa: 0x4000_0000, end: 0xef80_0000 },
  highmemPfn: 0x6f800,
  vmalloc: { start: 0xf000_0000, end: 0xff80_0000 },
  vmallocToPfn: (va) => va >>> 12,
  text: NOWHERE,
  rodata: NOWHERE,
  stack: NOWHERE,
};

/** True when `va` lies in `range`. */
export function inRange(range: VirtualRange, va: number): boolean {
  return va >= range.start && va < range.end;
}

/** virt_addr_valid: `va` is a lowmem address. */
export function isLinear(areas: DebugAreas, va: number): boolean {
  return va >= areas.linear.va && va < areas.linear.end;
}

/** Linear address of page frame `pfn`. */
export function linearAddress(areas: DebugAreas, pfn: number): number {
  return (pfn * 4096 - areas.linear.pa + areas.linear.va) >>> 0;
}

/** Page frame of a linear or vmalloc address. */
export function pfnOf(areas: DebugAreas, va: number): number {
  if (inRange(areas.vmalloc, va)) return areas.vmallocToPfn(va);
  return (va - areas.linear.va + areas.linear.pa) >>> 12;
}

/** memory_intersects: [va, va + length) meets `range`; the end wraps at 32 bits as a pointer does. */
export function intersects(range: VirtualRange, va: number, length: number): boolean {
  return va < range.end && (va + length) >>> 0 > range.start;
}
