// The one place that knows whether a machine is still alive. Its parts (memory, cpu, devices,
// mappings) hold this, never the core itself, so that none outlives `dispose()`.

import { type Core, coreConstant } from "../core/core.js";
import type { DmaAllocation, MemoryType } from "../dma/allocation.js";
import type { NoncoherentBuffer } from "../dma/noncoherent.js";
import { HeldAccesses } from "./held.js";

/** By the value of SWITCH_DMA_COHERENT_TYPE: MEMORY_* of assembly/abi/cache.ts. */
const MEMORY_TYPES: readonly MemoryType[] = ["cacheable", "bufferable", "strongly-ordered"];

/** A machine's core while it lives, and the names that only the host keeps. */
export class Live {
  #core: Core | null;
  /** Devices whose ops a script replaced in part: the op stream cannot call those. */
  readonly ownOps = new Set<number>();
  /** Call-site labels by number; 0 is "no label". */
  readonly labels: string[] = [""];
  readonly #labelNumbers = new Map<string, number>([["", 0]]);

  /** Handles of allocations by the core's record. */
  readonly allocations = new Map<number, DmaAllocation>();
  /** What `memory.alloc` gave out: bytes by physical address. */
  readonly pages = new Map<number, number>();
  /** Buffers of `dma.allocNoncoherent` alive, with their device. */
  readonly noncoherent = new Map<NoncoherentBuffer, number>();
  /** Accesses of masters that System MMUs hold. */
  readonly held = new HeldAccesses(this);
  /** Brings interrupt lines up to date after a call that may have changed a fault register. */
  settle: () => void = () => {};

  /** @internal */
  constructor(core: Core) {
    this.#core = core;
  }

  /** The core. Throws TypeError after `dispose()`. */
  get core(): Core {
    if (this.#core === null) throw new TypeError("the machine was disposed");
    return this.#core;
  }

  /** Memory type of coherent allocations without write-combine (ARM_DMA_MEM_BUFFERABLE or not): a switch of the core. */
  get coherentType(): MemoryType {
    return MEMORY_TYPES[this.core.u32[this.#coherentSwitch]!] ?? "bufferable";
  }

  set coherentType(type: MemoryType) {
    this.core.u32[this.#coherentSwitch] = MEMORY_TYPES.indexOf(type);
  }

  get #coherentSwitch(): number {
    return (coreConstant(this.core, "SWITCHES") >>> 2) + coreConstant(this.core, "SWITCH_DMA_COHERENT_TYPE");
  }

  /** True until `dispose()`. */
  get alive(): boolean {
    return this.#core !== null;
  }

  /** Drops the core; idempotent. */
  end(): void {
    this.#core = null;
  }

  /** Number of a call-site label, given out on first use. */
  label(text: string): number {
    let n = this.#labelNumbers.get(text);
    if (n === undefined) {
      n = this.labels.length;
      this.labels.push(text);
      this.#labelNumbers.set(text, n);
    }
    return n;
  }
}
