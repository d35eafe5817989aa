// Quirks of the kernel that bit: what the profile's code did otherwise than a driver expects.
//
// Each is a counter of the core; the finding says what happened and what to do.
//
// Not modelled: whose buffers they were, where the counter is machine-wide.

import type { Core } from "../core/core.js";
import { coreConstant } from "../core/core.js";
import type { Finding } from "./findings.js";

const QUIRKS: Readonly<Record<string, string>> = {
  COUNT_ZERO_IOVA:
    "unmaps and syncs ignored because the IO address lies in page 0: the mapping stays; create the mapping with a base that is not 0",
  COUNT_SYNC_UNMAPPED:
    "unmaps or syncs of IO addresses without a translation: the kernel takes page 0 of memory for them",
  COUNT_BIG_OFFSET:
    "mapPage with an offset of a page or more: the kernel's unmap leaves the leading pages mapped",
  COUNT_MULTI_PAGE_ATOMIC:
    "atomic or coherent allocations of several pages: the kernel reads past its one page pointer; mapped here as one run",
  COUNT_POOL_LEAKED: "pages of the atomic pool that this kernel never gets back",
  COUNT_PAGES_LEAKED: "pages lost on failed allocations, as in this kernel",
  COUNT_REFUSED: "calls in which this kernel runs off into foreign memory: refused here",
  COUNT_UNCHECKED_MMAP: "mmaps of more than the buffer, which this kernel does not check: refused here",
  COUNT_RUNAWAY_SYNC: "syncs whose loop runs over all memory in this kernel: refused here",
  COUNT_IOVA_BUGS: "frees of IO addresses at which this kernel stops with BUG or leaves its bitmaps",
  COUNT_IOVA_PARTIAL: "frees of IO addresses that left a part of the range taken",
  COUNT_MASK_UNREACHABLE:
    "mappings handed out although the device cannot reach them (no mask check in these ops)",
  COUNT_FREE_ATTRIBUTES: "frees that freed nothing, for their attributes were others than at alloc",
};

/** One finding for each quirk that bit, dated now; `count` says how often. */
export function quirkFindings(core: Core): Finding[] {
  const base = coreConstant(core, "COUNTERS");
  const seq = core.views.u64(0x20);
  return Object.entries(QUIRKS).flatMap(([name, text]) => {
    const count = core.views.u64(base + coreConstant(core, name) * 8);
    if (count === 0) return [];
    const message = `kernel: ${count} ${text}`;
    return [{ kind: "quirk" as const, message, device: "", iova: 0, seq, count, mapping: null }];
  });
}
