// dma_alloc_noncoherent (5.10): ordinary cached pages, mapped for a direction, to be synced by hand.

import type { DmaDirection } from "./direction.js";

/** Memory of {@link Dma.allocNoncoherent}: the CPU uses `pa` through its caches, the device `dmaAddress`. */
export interface NoncoherentBuffer {
  readonly pa: number;
  readonly dmaAddress: number;
  /** Bytes, whole pages. */
  readonly size: number;
  readonly direction: DmaDirection;
}
