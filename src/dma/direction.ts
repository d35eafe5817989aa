// enum dma_data_direction with the kernel's numbers (include/linux/dma-direction.h).

/** Direction of a streaming mapping; the numbers are the kernel's. */
export const DmaDirection = {
  /** Both ways. */
  Bidirectional: 0,
  /** Memory to device: the device reads. */
  ToDevice: 1,
  /** Device to memory: the device writes. */
  FromDevice: 2,
  /** No transfer; refused by every call that maps or syncs. */
  None: 3,
} as const;
/** One of the numbers of {@link DmaDirection}. */
export type DmaDirection = (typeof DmaDirection)[keyof typeof DmaDirection];

/** The kernel's names, by number, as trace events and dma-debug print them (without DMA_). */
export const DIRECTION_NAMES = ["BIDIRECTIONAL", "TO_DEVICE", "FROM_DEVICE", "NONE"] as const;

/** Value returned by a mapping call that failed (32-bit dma_addr_t; include/linux/dma-mapping.h). */
export const DMA_MAPPING_ERROR = 0xffff_ffff;
