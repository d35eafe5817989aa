// Devices come to be, get their ops table, and meet an IO-address space.
//
//   deviceCreate -> linear ops, 32-bit masks, no SysMMU
//   deviceAttach(space, domain) -> driver attaches, ops become iommu   (arm_iommu_attach_device)
//   deviceDetach -> driver detaches, ops become linear                  (arm_iommu_detach_device)
//
// Live mappings are not checked on detach, as in the kernel: they leak and the host reports them.
//
// Not modelled: device links and probe order.

import { INJECT_ATTACH, OPS_IOMMU, OPS_LINEAR } from "../abi";
import { deviceOf, deviceSysmmu } from "../device";
import { header } from "../header";
import { injected, injectedErrno } from "../inject";
import { driverAttach, driverDetach } from "../iommu/index";
import { iovaTrackOwners } from "../iova/index";
import { DEVICE_COUNT } from "../layout";
import { sysmmuSetSpace } from "../sysmmu/index";

/** Makes a device with the kernel's defaults; its index, or 0xffffffff when all 128 are taken. */
export function deviceCreate(): u32 {
  const h = header();
  const index = h.deviceCount;
  if (index === DEVICE_COUNT) return 0xffffffff;
  h.deviceCount = index + 1;
  const d = deviceOf(index);
  d.ops = OPS_LINEAR;
  d.dmaMask = 0xffffffff;
  d.coherentMask = 0xffffffff;
  d.maxSegSize = 65536;
  d.segBoundary = 0xffffffff;
  d.active = 1;
  return index;
}

/** Puts SysMMU `instance` before the next port (at most 8) of a device. */
export function deviceAddSysmmu(index: u32, instance: u32): void {
  const d = deviceOf(index);
  if (d.sysmmuCount === 8) return;
  d.sysmmus = d.sysmmus | ((<u64>instance) << ((<u64>d.sysmmuCount) << 3));
  d.sysmmuCount = d.sysmmuCount + 1;
}

/** Replaces the ops table of a device (abi.ts OPS_*). */
export function deviceSetOps(index: u32, ops: u32): void {
  deviceOf(index).ops = ops;
}

/** Attaches a device to a domain and its IO-address space; 0 or the driver's errno (positive: already there). */
export function deviceAttach(index: u32, space: u32, domain: u32): i32 {
  const error = injected(INJECT_ATTACH) ? -injectedErrno(INJECT_ATTACH) : driverAttach(domain, index);
  if (error < 0) return error;
  const d = deviceOf(index);
  d.space = space;
  if (space !== 0) iovaTrackOwners(space);
  d.domain = domain;
  d.ops = OPS_IOMMU;
  for (let k: u32 = 0; k < d.sysmmuCount; k++) sysmmuSetSpace(deviceSysmmu(d, k), space);
  return error;
}

/** Detaches a device; it goes back to linear ops. */
export function deviceDetach(index: u32): void {
  const d = deviceOf(index);
  if (d.domain !== 0) driverDetach(d.domain, index);
  d.space = 0;
  d.domain = 0;
  d.ops = OPS_LINEAR;
}
