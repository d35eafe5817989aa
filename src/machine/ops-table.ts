// set_dma_ops: which table of the core a device has.
//
//   linear     arm_dma_ops, dma-direct of a device that does not snoop
//   coherent   arm_coherent_dma_ops (v3.7 on), dma-direct of a device marked coherent: no maintenance.
//              rfc2011 and v3.6 have no table of its own: their linear ops ask arch_is_coherent(), one answer
//              for the machine; here the answer is the device's, so that its table has the same effect
//   iommu      the ops of the mapping the device is attached to
//   bounce     dmabounce or swiotlb, by profile
//
// The choice tells the ops only; whether the bus snoops stays as it was (`dma.snoops`), so that a wrong
// table has its real effect: old bytes for the device or for the CPU.
//
// Not modelled: a change of table with mappings alive; kernels allow it and forget how to undo them.

import {
  checkChoice,
  checkFlag,
  checkInteger,
  checkMaybeObject,
  checkObject,
  checkU32,
  hex,
} from "../check.js";
import { coreConstant } from "../core/core.js";
import type { Device } from "./device.js";
import type { Live } from "./live.js";

/** Names of the tables. */
export const OPS_TABLES = ["linear", "coherent", "iommu", "bounce"] as const;
/** Name of an ops table of the core. */
export type OpsTable = (typeof OPS_TABLES)[number];

/** What the bounce table wants. */
export interface OpsOptions {
  /** Size of the swiotlb pool when this call makes it. Default 64 MiB. */
  poolBytes?: number;
  /**
   * swiotlb (v6.1): areas of the pool when this call makes it, a power of two, 1..1024 (swiotlb=,n); at most one
   * per 256 KiB. The search starts in the area of the CPU, and no mapping spans two. Default 1.
   */
  areas?: number;
  /** Bounce every mapping, not only those the device cannot reach (swiotlb=force; dmabounce: a window of everything). */
  force?: boolean;
  /** dmabounce: bus addresses from `start` up to `end` bounce whatever the mask says (the board's needs_bounce). */
  window?: { readonly start: number; readonly end: number };
}

const COHERENT = 1;
const SNOOP = 21;

/** @internal Gives `device` the table `ops`; 0 or -12 (ENOMEM: no pool). See {@link Device.setOps}. */
export function chooseOps(live: Live, device: Device, ops: OpsTable, options: OpsOptions): number {
  checkChoice("ops", ops, OPS_TABLES);
  checkObject("options", options, ["poolBytes", "areas", "force", "window"]);
  checkMaybeObject("options.window", options.window, ["start", "end"]);
  checkFlag("options.force", options.force ?? false);
  const areas = checkInteger("options.areas", options.areas ?? 1, 1, 1024);
  if ((areas & (areas - 1)) !== 0) throw new RangeError(`options.areas must be a power of two, got ${areas}`);
  const { core } = live;
  const { exports } = core;
  const alive = device.counters.live;
  if (alive !== 0) {
    throw new TypeError(
      `device ${device.name} has ${alive} live mappings under its ${device.dma.ops.name} ops`,
    );
  }
  if (ops === "iommu") {
    if (device.mapping === null) {
      throw new TypeError(
        `device ${device.name} is attached to no mapping: iommu ops want mapping.attach(device)`,
      );
    }
    exports.deviceSetOps(device.index, coreConstant(core, "OPS_IOMMU"));
    return 0;
  }
  if (ops === "bounce") {
    const bytes = checkInteger("options.poolBytes", options.poolBytes ?? 64 << 20, 1 << 20, 0x4000_0000);
    const swiotlb =
      core.u32[(coreConstant(core, "SWITCHES") >>> 2) + coreConstant(core, "SWITCH_BOUNCE_KIND")] !== 0;
    if (swiotlb && options.window !== undefined)
      throw new RangeError("options.window: only dmabounce has one (to v5.19)");
    if (!swiotlb && options.areas !== undefined)
      throw new RangeError("options.areas: only swiotlb has them (v6.0 on)");
    if (swiotlb) {
      if (exports.swiotlbInit(bytes, areas, options.force === true ? 1 : 0) !== 0) return -12;
    } else {
      const error = exports.bounceCreate(device.index, bytes);
      if (error !== 0) return error;
      const all = options.force === true ? { start: 0, end: 0xffff_ffff } : { start: 0, end: 0 };
      const { start, end } = options.window ?? all;
      checkU32("options.window.start", start);
      checkU32("options.window.end", end);
      if (start > end) {
        throw new RangeError(
          `options.window.start must not lie above options.window.end (${hex(end)}), got ${hex(start)}`,
        );
      }
      exports.dmabounceWindow(device.index, start, end);
    }
    exports.deviceSetOps(device.index, coreConstant(core, "OPS_BOUNCE"));
    return 0;
  }
  const record = (coreConstant(core, "DEVICES") + device.index * coreConstant(core, "DEVICE_BYTES")) >>> 2;
  const { snoops } = device.dma;
  exports.deviceSetOps(device.index, coreConstant(core, "OPS_LINEAR"));
  core.u32[record + COHERENT] = ops === "coherent" ? 1 : 0;
  core.u32[record + SNOOP] = snoops ? 2 : 1;
  return 0;
}
