// The core's exports as the host calls them: raw Wasm functions, numbers in, numbers out.
// Each floor describes its own in exports/<floor>.ts. Results are signed 32-bit: `>>> 0`
// where an address or a u32 is meant.

import type { BounceExports } from "./exports/bounce.js";
import type { CacheExports } from "./exports/cache.js";
import type { DmaIommuExports } from "./exports/dma-iommu.js";
import type { DmaLinearExports } from "./exports/dma-linear.js";
import type { IommuExports } from "./exports/iommu.js";
import type { IovaExports } from "./exports/iova.js";
import type { MachineExports } from "./exports/machine.js";
import type { SysmmuExports } from "./exports/sysmmu.js";

/** Every function and the memory of a core instance; constants are in `Core.constants`. */
export interface CoreExports
  extends BounceExports,
    CacheExports,
    DmaIommuExports,
    DmaLinearExports,
    IommuExports,
    IovaExports,
    MachineExports,
    SysmmuExports {
  readonly memory: WebAssembly.Memory;
}
