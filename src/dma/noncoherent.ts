// dma_alloc_noncoherent (5.10): ordinary cached pages, mapped for a direction, to be synced by hand.
//
//   alloc   map without maintenance, then zero through the caches: the CPU owns the buffer, its zeros are dirty
//   device's first turn: syncSingleForDevice, as before every turn. Without it the zeros may be written back over
//   what the device wrote, or be lost; both are findings
//   free    unmap without maintenance, as far as the profile's ops know the attribute
//
// Source: kernel/dma/ops_helpers.c and kernel/dma/direct.c v6.1, the DMA-API document (part II). Not modelled: earlier kernels' call.

import { checkText, describe } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "../machine/live.js";
import { checkDirection, checkSize } from "./arguments.js";
import { DmaAttr } from "./attributes.js";
import { type DmaDebugHook, tell } from "./debug-hook.js";
import { DMA_MAPPING_ERROR, type DmaDirection } from "./direction.js";
import type { DmaOps } from "./ops.js";

const PAGE = 4096;

/** Memory of {@link Dma.allocNoncoherent}: the CPU uses `pa` through its caches, the device `dmaAddress`. */
export interface NoncoherentBuffer {
  readonly pa: number;
  readonly dmaAddress: number;
  /** Bytes, whole pages. */
  readonly size: number;
  readonly direction: DmaDirection;
}

/** @internal Whose call it is. */
export interface NoncoherentCaller {
  readonly live: Live;
  readonly device: number;
  readonly ops: DmaOps;
  readonly observer: DmaDebugHook | null;
}

/** @internal See {@link Dma.allocNoncoherent}. */
export function allocNoncoherent(
  caller: NoncoherentCaller,
  size: number,
  direction: DmaDirection,
  label: string,
): NoncoherentBuffer | null {
  checkSize(size);
  checkDirection(direction);
  checkText("label", label);
  const pages = Math.ceil(size / PAGE);
  const { core } = caller.live;
  const pa = core.exports.pagesAlloc(pages, 0) >>> 0;
  if (pa === DMA_MAPPING_ERROR) return null;
  const bytes = pages * PAGE;
  const attrs = DmaAttr.SkipCpuSync;
  let dmaAddress: number;
  try {
    dmaAddress = caller.ops.mapPage(pa, 0, bytes, direction, attrs, label);
  } catch (error) {
    // An op of the script's own: nobody else knows these pages.
    core.exports.pagesFree(pa, pages);
    throw error;
  }
  const told = (o: DmaDebugHook): void => {
    o.mapPage(caller.device, pa, 0, bytes, direction, dmaAddress, attrs);
    o.mappingError(caller.device, dmaAddress);
  };
  if (dmaAddress === DMA_MAPPING_ERROR) {
    core.exports.pagesFree(pa, pages);
    return tell(caller.observer, "allocNoncoherent", null, told);
  }
  core.u8.fill(0, coreConstant(core, "BATCH"), coreConstant(core, "BATCH") + PAGE);
  for (let n = 0; n < pages; n++) core.exports.cpuWrite(pa + n * PAGE, PAGE, coreConstant(core, "BATCH"));
  const buffer = Object.freeze({ pa, dmaAddress, size: bytes, direction });
  caller.live.noncoherent.set(buffer, caller.device);
  return tell(caller.observer, "allocNoncoherent", buffer, told);
}

/** @internal See {@link Dma.freeNoncoherent}. */
export function freeNoncoherent(caller: NoncoherentCaller, buffer: NoncoherentBuffer): void {
  const { noncoherent, core } = caller.live;
  if (noncoherent.get(buffer) !== caller.device) {
    throw new TypeError(
      `buffer must be one that allocNoncoherent of this device returned and that is alive, got ${describe(buffer)}`,
    );
  }
  const { pa, dmaAddress, size, direction } = buffer;
  caller.ops.unmapPage(dmaAddress, size, direction, DmaAttr.SkipCpuSync);
  core.exports.pagesFree(pa, size / PAGE);
  noncoherent.delete(buffer);
  tell(caller.observer, "freeNoncoherent", undefined, (o) =>
    o.unmapPage(caller.device, dmaAddress, size, direction),
  );
}
