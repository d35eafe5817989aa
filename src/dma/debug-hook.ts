// What the dma-mapping API tells an observer (dma-debug, a recorder): each call after it happened.

import { describe } from "../check.js";
import type { DmaAllocation } from "./allocation.js";
import type { DmaDirection } from "./direction.js";
import type { Scatterlist } from "./scatterlist.js";

/** What a device says about segments (dma_parms). */
export interface SegmentLimits {
  readonly maxSegSize: number;
  readonly segBoundary: number;
}

/** Receives every mapping call that a script makes on a machine, in order, with its result. */
export interface DmaDebugHook {
  /** Told first, when it begins to observe a machine: what devices are called, by number. */
  observes?(nameOf: (device: number) => string): void;
  mapPage(
    device: number,
    page: number,
    offset: number,
    size: number,
    dir: DmaDirection,
    dma: number,
    attrs: number,
  ): void;
  unmapPage(device: number, dma: number, size: number, dir: DmaDirection): void;
  mapResource(device: number, pa: number, size: number, dir: DmaDirection, dma: number, attrs: number): void;
  unmapResource(device: number, dma: number, size: number, dir: DmaDirection): void;
  mapSg(
    device: number,
    list: Scatterlist,
    segments: number,
    dir: DmaDirection,
    attrs: number,
    limits?: SegmentLimits,
  ): void;
  unmapSg(device: number, list: Scatterlist, nents: number, dir: DmaDirection): void;
  syncSingle(device: number, dma: number, size: number, dir: DmaDirection, forDevice: boolean): void;
  syncSg(device: number, list: Scatterlist, nents: number, dir: DmaDirection, forDevice: boolean): void;
  allocCoherent(device: number, allocation: DmaAllocation, attrs: number): void;
  freeCoherent(device: number, allocation: DmaAllocation): void;
  mappingError(device: number, dma: number): void;
}

const METHODS = [
  "mapPage",
  "unmapPage",
  "mapResource",
  "unmapResource",
  "mapSg",
  "unmapSg",
  "syncSingle",
  "syncSg",
  "allocCoherent",
  "freeCoherent",
  "mappingError",
] as const;

/** Throws TypeError unless `value` is an observer, null or undefined; names the method that is missing. */
export function checkObserver(name: string, value: unknown): void {
  if (value === null || value === undefined) return;
  if (typeof value !== "object") {
    throw new TypeError(`${name} must be an observer or null, got ${describe(value)}`);
  }
  const observer = value as Record<string, unknown>;
  for (const method of METHODS) {
    if (typeof observer[method] !== "function") {
      throw new TypeError(`${name}.${method} must be a function, got ${describe(observer[method])}`);
    }
  }
  if (observer["observes"] !== undefined && typeof observer["observes"] !== "function") {
    throw new TypeError(`${name}.observes must be a function, got ${describe(observer["observes"])}`);
  }
}

/**
 * An observer threw. The call that it was told of is done: `result` is what the call would have returned (undefined
 * for those that return nothing), `cause` what was thrown.
 */
export class ObserverError extends Error {
  readonly result: unknown;

  constructor(call: string, result: unknown, cause: unknown) {
    super(
      `the observer threw in ${call}, which is done: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
    this.name = "ObserverError";
    this.result = result;
  }
}

/** @internal Tells an observer of a call that is done; returns `result`, or throws ObserverError that has it. */
export function tell<T>(
  observer: DmaDebugHook | null,
  call: string,
  result: T,
  told: (observer: DmaDebugHook) => void,
): T {
  if (observer === null) return result;
  try {
    told(observer);
  } catch (cause) {
    throw new ObserverError(call, result, cause);
  }
  return result;
}
