// Bouncing by profile, and what the kernel says while it does it. Sources: arch/arm/common/dmabounce.c
// v3.14, kernel/dma/swiotlb.c and mm/dmapool.c v6.1 (spec/dma-mapping 5).
//
// Not modelled: which devices bounce; that is the board's choice (OPS_BOUNCE per device).

/** Switches 80..95 by profile. */
export const BOUNCE_SWITCHES = {
  /** 0 dmabounce (removed in v6.0), 1 swiotlb. */
  SWITCH_BOUNCE_KIND: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** dmabounce finds a buffer 1 by its exact start, which the ops of 2011 were given apart from the offset, 0 by any address in it. */
  SWITCH_BOUNCE_EXACT: { rfc2011: 1, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 0 },
  /** 1: swiotlb copies to its buffer for every direction, so that a short device write destroys nothing (5.18). */
  SWITCH_SWIOTLB_COPY_ALWAYS: { rfc2011: 0, "v3.6": 0, "v3.14": 0, "v4.4": 0, "v6.1": 1 },
  /** 1: dma_pool leaves the last block of a page unused when it would end with the page (until 6.3). */
  SWITCH_DMA_POOL_WASTE: { rfc2011: 1, "v3.6": 1, "v3.14": 1, "v4.4": 1, "v6.1": 1 },
} as const;

/** One thing the kernel prints or stops with; `bug` where it stops. */
export interface BounceMessage {
  readonly bug: boolean;
  /** The text with the operands put in. */
  readonly text: (a: number, b: number, c: number) => string;
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/** Messages by the core's constant BOUNCE_SAYS_*; a, b, c are its operands. */
export const BOUNCE_MESSAGES: Readonly<Record<string, BounceMessage>> = {
  BOUNCE_SAYS_TOO_BIG: {
    bug: false,
    text: (size, mask) => `DMA mapping too big (requested ${hex(size)} mask ${hex(mask)})`,
  },
  BOUNCE_SAYS_HIGHMEM: { bug: false, text: () => "DMA buffer bouncing of HIGHMEM pages is not supported" },
  BOUNCE_SAYS_NO_MEMORY: { bug: false, text: (size) => `could not alloc dma memory (size=${size})` },
  BOUNCE_SAYS_UNSAFE: { bug: false, text: (pa) => `unable to map unsafe buffer ${hex(pa)}!` },
  BOUNCE_SAYS_INVALID: { bug: false, text: () => "Trying to use invalid mapping" },
  BOUNCE_SAYS_PENDING: { bug: true, text: () => "Removing from dmabounce with pending buffers!" },
  BOUNCE_SAYS_SIZE: { bug: true, text: (had, got) => `buffer of ${had} bytes unmapped with size ${got}` },
  BOUNCE_SAYS_DIRECTION: {
    bug: true,
    text: (had, got) => `buffer of direction ${had} used with direction ${got}`,
  },
  BOUNCE_SAYS_FULL: {
    bug: false,
    text: (size, slots, used) =>
      `swiotlb buffer is full (sz: ${size} bytes), total ${slots} (slots), used ${used} (slots)`,
  },
  BOUNCE_SAYS_OVERFLOW: { bug: false, text: (dma, size) => `swiotlb addr ${hex(dma)}+${size} overflow` },
  BOUNCE_SAYS_BEFORE: {
    bug: false,
    text: (kept, asked) =>
      `Access before mapping start detected. orig offset ${kept}, requested offset ${asked}.`,
  },
  BOUNCE_SAYS_OVERRUN: {
    bug: false,
    text: (allocation, mapping, offset) =>
      `Buffer overflow detected. Allocation size: ${allocation}. Mapping size: ${mapping}${offset === 0 ? "" : `+${offset}`}.`,
  },
  BOUNCE_SAYS_NO_POOL: {
    bug: false,
    text: () =>
      "Can not allocate SWIOTLB buffer earlier and can't now provide you with the DMA bounce buffer",
  },
};
