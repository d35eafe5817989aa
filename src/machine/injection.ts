// Fault injection: the n-th attempt of a kind fails, as the kernel's fail-nth does.
//
//   kind        what fails                                    what the caller sees
//   map         an iommu_map call below mapPage, mapSg, alloc   DMA_MAPPING_ERROR, 0, null
//   pages       a guest page allocation                         null
//   table       the allocation of a page table, level 1 or 2     IommuError at createMapping, or as map
//   iova        an IO-address allocation                        as map
//   bounce      a bounce buffer                                 as map
//   remap       the kernel mapping of an allocation             null
//   space       the record or a bitmap of an IO-address space   IommuError at createMapping, or as iova
//   attach      the driver's attach                             IommuError at attach
//
// Core: assembly/inject.ts; per kind a countdown and a count of attempts, 8 bytes each at INJECT.
//
// Not modelled: failures by chance; a sweep over n meets every point exactly once.

import { checkChoice, checkInteger } from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Live } from "./live.js";

/** Kinds of injected failures; their index is the core's number. */
export const INJECTION_KINDS = [
  "map",
  "pages",
  "table",
  "iova",
  "bounce",
  "remap",
  "space",
  "attach",
] as const;
/** One of {@link INJECTION_KINDS}. */
export type InjectionKind = (typeof INJECTION_KINDS)[number];

/** What a sweep did. */
export interface SweepResult {
  readonly kind: InjectionKind;
  /** Runs made: one per attempt of the script, and the last in which nothing failed. */
  readonly runs: number;
}

/** Fault injection of one machine: `machine.inject`. */
export class FaultInjection {
  readonly #live: Live;

  /** @internal */
  constructor(live: Live) {
    this.#live = live;
  }

  #cell(kind: InjectionKind): number {
    checkChoice("kind", kind, INJECTION_KINDS);
    return (coreConstant(this.#live.core, "INJECT") >>> 2) + INJECTION_KINDS.indexOf(kind) * 2;
  }

  /** Makes the `n`-th attempt of `kind` from now fail; 0 switches it off. */
  failNth(kind: InjectionKind, n: number): void {
    this.#live.core.u32[this.#cell(kind)] = checkInteger("n", n, 0, 0xffff_ffff);
  }

  /** Attempts of `kind` so far. */
  attempts(kind: InjectionKind): number {
    return this.#live.core.u32[this.#cell(kind) + 1]!;
  }

  /** True while a failure of `kind` still waits to happen. */
  pending(kind: InjectionKind): boolean {
    return this.#live.core.u32[this.#cell(kind)] !== 0;
  }
}

/**
 * Runs `script` again and again on fresh machines, letting attempt 1, 2, 3 ... of `kind` fail, until a
 * run meets no failure: every failure point of the script is met exactly once.
 * @param make makes a fresh machine
 * @param script what to do with it; `n` is the attempt that fails
 * @param check called after each run with the machine, to assert that nothing leaked
 * @throws RangeError when `limit` runs did not get to the end
 */
export function failNthSweep<M extends { readonly inject: FaultInjection; dispose(): void }>(
  kind: InjectionKind,
  make: () => M,
  script: (machine: M, n: number) => void,
  check: (machine: M, n: number) => void = () => {},
  limit = 10_000,
): SweepResult {
  for (let n = 1; n <= limit; n++) {
    const machine = make();
    try {
      machine.inject.failNth(kind, n);
      script(machine, n);
      const over = machine.inject.pending(kind);
      machine.inject.failNth(kind, 0);
      check(machine, n);
      if (over) return { kind, runs: n };
    } finally {
      machine.dispose();
    }
  }
  throw new RangeError(`the script still met failure points after ${limit} runs`);
}
