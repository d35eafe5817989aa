// Interim v6.1 driver: enough to bind the floors together.
import { EADDRINUSE, EINVAL, ENOMEM, IOMMU_READ, IOMMU_WRITE, NO_PA } from "../abi";
import { arenaAlloc, arenaFree } from "../arena";
import { cacheContext, cpuRead32, cpuWrite32, innerClean, outerClean } from "../cache/index";
import { deviceOf, deviceSysmmu } from "../device";
import { pagesAlloc, pagesFree, tableAlloc, tableFree } from "../dram";
import { LV1_BYTES } from "../pagetable/descriptor";
import { sysmmuRegRead, sysmmuRegWrite } from "../sysmmu/index";
import { sysmmuOf } from "../sysmmu/instance";

@unmanaged
class Domain {
  l1Pa: u32;
  zeroPa: u32;
  clients: u32;
  counts: u32;
}

function sync(pa: u32, bytes: u32): void {
  innerClean(pa, pa + bytes);
  outerClean(pa, pa + bytes);
}

export function domainCreate(): u32 {
  const d = <u32>arenaAlloc(64);
  if (d === 0) return 0;
  const domain = changetype<Domain>(<usize>d);
  domain.l1Pa = pagesAlloc(4, 2);
  domain.zeroPa = tableAlloc();
  if (domain.l1Pa === NO_PA || domain.zeroPa === NO_PA) return 0;
  cacheContext(1);
  for (let i: u32 = 0; i < 4096; i++) cpuWrite32(domain.l1Pa + i * 4, domain.zeroPa | 1);
  sync(domain.l1Pa, LV1_BYTES);
  cacheContext(0);
  return d;
}
export function domainDestroy(d: u32): void {
  const domain = changetype<Domain>(<usize>d);
  for (let i: u32 = 0; i < 4096; i++) {
    const e = cpuRead32(domain.l1Pa + i * 4);
    if ((e & 3) === 1 && (e & ~1023) !== domain.zeroPa) tableFree(e & ~1023);
  }
  pagesFree(domain.l1Pa, 4);
  tableFree(domain.zeroPa);
  arenaFree(<usize>d, 64);
}
function mapOne(domain: Domain, iova: u32, pa: u32, size: u32, prot: u32): i32 {
  const at = domain.l1Pa + ((iova >> 20) << 2);
  const e = cpuRead32(at);
  if (size === 0x100000) {
    if (e !== (domain.zeroPa | 1)) return -EADDRINUSE;
    cpuWrite32(at, pa | 2 | (prot === 0 ? 0 : prot === 1 ? 0x8400 : 0x400));
    sync(at, 4);
    return 0;
  }
  let table = e & ~1023;
  if (e === (domain.zeroPa | 1)) {
    table = tableAlloc();
    if (table === NO_PA) return -ENOMEM;
    cpuWrite32(at, table | 1);
    sync(at, 4);
  } else if ((e & 3) === 2) return -EADDRINUSE;
  const slot = table + (((iova >> 12) & 255) << 2);
  const n: u32 = size === 0x10000 ? 16 : 1;
  const word = pa | (n === 16 ? 1 : 2) | (prot === 0 ? 0 : prot === 1 ? 0x210 : 0x10);
  for (let i: u32 = 0; i < n; i++) if (cpuRead32(slot + i * 4) !== 0) return -EADDRINUSE;
  for (let i: u32 = 0; i < n; i++) cpuWrite32(slot + i * 4, word);
  sync(slot, n * 4);
  return 0;
}
export function iommuMap(d: u32, iova: u32, pa: u32, size: u32, prot: u32): i32 {
  if (((iova | pa | size) & 4095) !== 0) return -EINVAL;
  const domain = changetype<Domain>(<usize>d);
  cacheContext(1);
  let done: u32 = 0;
  let r: i32 = 0;
  while (done < size) {
    const mix = (iova + done) | (pa + done);
    const left = size - done;
    let s: u32 = 4096;
    if (left >= 0x100000 && (mix & 0xfffff) === 0) s = 0x100000;
    else if (left >= 0x10000 && (mix & 0xffff) === 0) s = 0x10000;
    r = mapOne(domain, iova + done, pa + done, s, prot);
    if (r !== 0) break;
    done += s;
  }
  cacheContext(0);
  if (r !== 0 && done !== 0) iommuUnmap(d, iova, done);
  return r;
}
export function iommuUnmap(d: u32, iova: u32, size: u32): u32 {
  const domain = changetype<Domain>(<usize>d);
  let done: u32 = 0;
  while (done < size) {
    const va = iova + done;
    const at = domain.l1Pa + ((va >> 20) << 2);
    const e = cpuRead32(at);
    let s: u32 = 4096;
    cacheContext(1);
    if ((e & 3) === 2) {
      s = 0x100000;
      cpuWrite32(at, domain.zeroPa | 1);
      sync(at, 4);
    } else {
      const slot = (e & ~1023) + (((va >> 12) & 255) << 2);
      const w = cpuRead32(slot);
      const n: u32 = (w & 3) === 1 ? 16 : 1;
      s = n << 12;
      for (let i: u32 = 0; i < n; i++) cpuWrite32(slot + i * 4, 0);
      sync(slot, n * 4);
    }
    cacheContext(0);
    for (let k: u32 = 0; k < 64; k++) {
      if (((domain.clients >> k) & 1) === 0) continue;
      sysmmuRegWrite(k, 0, 7);
      sysmmuRegRead(k, 8);
      sysmmuRegRead(k, 8);
      sysmmuRegWrite(k, 0x10, (va & ~4095) | 1);
      sysmmuRegWrite(k, 0, 5);
    }
    done += s;
  }
  return done;
}
export function iommuIovaToPhys(d: u32, iova: u32): u32 {
  const domain = changetype<Domain>(<usize>d);
  const e = cpuRead32(domain.l1Pa + ((iova >> 20) << 2));
  if ((e & 3) === 2) return (e & 0xfff00000) | (iova & 0xfffff);
  const w = cpuRead32((e & ~1023) + (((iova >> 12) & 255) << 2));
  if ((w & 3) === 1) return (w & 0xffff0000) | (iova & 0xffff);
  if ((w & 2) !== 0) return (w & 0xfffff000) | (iova & 0xfff);
  return 0;
}
export function driverProbe(instance: u32): i32 {
  sysmmuRegRead(instance, 0x34);
  return 0;
}
export function driverAttach(d: u32, index: u32): i32 {
  const domain = changetype<Domain>(<usize>d);
  const device = deviceOf(index);
  for (let k: u32 = 0; k < device.sysmmuCount; k++) {
    const m = deviceSysmmu(device, k);
    domain.clients |= 1 << m;
    sysmmuRegWrite(m, 0, 7);
    sysmmuRegWrite(m, 4, 0x785);
    sysmmuRegWrite(m, 0x14, domain.l1Pa);
    sysmmuRegWrite(m, 0x0c, 1);
    sysmmuRegWrite(m, 0, 5);
  }
  return 0;
}
export function driverDetach(d: u32, index: u32): void {
  const domain = changetype<Domain>(<usize>d);
  const device = deviceOf(index);
  for (let k: u32 = 0; k < device.sysmmuCount; k++) {
    const m = deviceSysmmu(device, k);
    domain.clients &= ~(1 << m);
    sysmmuRegWrite(m, 0, 0);
    sysmmuRegWrite(m, 4, 0);
  }
}
