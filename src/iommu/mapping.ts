// struct dma_iommu_mapping: an IO-address space plus a translation domain, shared by the
// devices that are attached to it (arm_iommu_create_mapping and friends; spec dma-mapping 2.1, 2.2, 2.8).
//
// References: one from creation, one more per attached device; the last one put frees both halves.
//
// Not modelled: locks; a machine runs one call at a time.

import { checkAligned, checkChoice, checkInteger, checkObject, checkU32, describe, hex } from "../check.js";
import { createSpace, type IovaAllocator } from "../iova/allocators.js";
import type { Device } from "../machine/device.js";
import type { Live } from "../machine/live.js";

/** What `createMapping` wants. */
export interface MappingOptions {
  /** First IO address; a multiple of 4096. Default 0. */
  base?: number;
  /** Bytes of IO-address space, 1 .. 4 GiB. Default 4 GiB. The kernel's rounding applies. */
  size?: number;
  /** log2 of pages per bit: profiles up to v3.14 only. Default 0. */
  order?: number;
  /**
   * Which allocator gives out the IO addresses, whatever the profile: "bitmap", "gen-pool", "range-tree",
   * "range-cache" or "own". Default: the profile's ("gen-pool" for rfc2011, else "bitmap").
   */
  allocator?: IovaAllocator;
}

/** Figures of an IO-address space, in pages. */
export interface SpaceFigures {
  readonly total: number;
  readonly used: number;
  readonly peak: number;
  /** Longest run of free pages, and the number of free runs, in the bitmaps that exist. */
  readonly largestFree: number;
  readonly freeRuns: number;
}

const PROT_READ = 1;
const PROT_WRITE = 2;

/** @internal What a core needs to be a mapping's. */
export interface MappingCore {
  readonly base: number;
  readonly size: number;
  readonly space: number;
  readonly domain: number;
  readonly allocator?: IovaAllocator;
}

/** @internal What a snapshot keeps of a mapping. */
export interface SavedMapping extends MappingCore {
  /** The creator has not released it. */
  readonly created: boolean;
  /** Indices of the devices that are attached. */
  readonly devices: readonly number[];
}

/** Why a mapping could not be made or attached. */
export class IommuError extends Error {
  /** Positive errno as the kernel returns it negated: 12 ENOMEM, 22 EINVAL, 34 ERANGE, 16 EBUSY, 19 ENODEV. */
  readonly errno: number;

  constructor(message: string, errno: number) {
    super(`${message} (errno ${errno})`);
    this.name = "IommuError";
    this.errno = errno;
  }
}

/** An IO-address space with its domain. */
export class IommuMapping {
  readonly #live: Live;
  readonly #devices = new Set<Device>();
  #references = 1;
  /** First IO address. */
  readonly base: number;
  /** Bytes asked for; the usable window follows the profile's rounding. */
  readonly size: number;
  /** Allocator of its IO addresses, where `createMapping` named one; else null: the profile's. */
  readonly allocator: IovaAllocator | null;
  /** @internal pointer of the space in the core */
  readonly space: number;
  /** @internal pointer of the domain in the core */
  readonly domain: number;

  /** @internal */
  constructor(live: Live, saved: MappingCore) {
    const { base, size, space, domain } = saved;
    this.#live = live;
    this.allocator = saved.allocator ?? null;
    this.base = base;
    this.size = size;
    this.space = space;
    this.domain = domain;
  }

  /** @internal */
  static create(live: Live, options: MappingOptions): IommuMapping {
    checkObject("options", options, ["base", "size", "order", "allocator"]);
    const base = checkAligned("options.base", options.base ?? 0, 4096);
    const size = checkInteger("options.size", options.size ?? 2 ** 32, 1, 2 ** 40);
    const order = checkInteger("options.order", options.order ?? 0, 0, 20);
    const { core } = live;
    const { exports } = core;
    const space = createSpace(core, base, size, order, options.allocator);
    if (space === 0) {
      throw new IommuError(`no IO-address space of ${hex(size)} bytes at ${hex(base)}`, exports.lastError());
    }
    const domain = exports.domainCreate() >>> 0;
    if (domain === 0) {
      exports.iovaDestroy(space);
      throw new IommuError("no memory for the page table of a new domain", 12);
    }
    const saved = { base, size, space, domain };
    return new IommuMapping(live, options.allocator ? { ...saved, allocator: options.allocator } : saved);
  }

  /** @internal A mapping of a restored machine, with its devices attached as they were. */
  static revive(live: Live, saved: SavedMapping, devices: readonly Device[]): IommuMapping {
    const mapping = new IommuMapping(live, saved);
    mapping.#references = (saved.created ? 1 : 0) + devices.length;
    for (const device of devices) {
      mapping.#devices.add(device);
      device.setMapping(mapping);
    }
    return mapping;
  }

  /** @internal What a snapshot keeps. */
  get saved(): SavedMapping {
    const { base, size, space, domain, allocator } = this;
    return {
      base,
      size,
      space,
      domain,
      ...(allocator === null ? {} : { allocator }),
      created: this.#references > this.#devices.size,
      devices: this.devices.map((d) => d.index),
    };
  }

  /** References held: 1 from creation, 1 per attached device. 0 after the last put. */
  get references(): number {
    void this.#live.core;
    return this.#references;
  }

  /** Devices attached now. */
  get devices(): readonly Device[] {
    return [...this.#devices];
  }

  /** Pages of IO-address space in use. */
  get usedPages(): number {
    this.#check();
    return this.#live.core.exports.iovaUsedPages(this.space);
  }

  /** How much of the IO-address space is taken and how the rest is cut up, in pages of 4096. */
  get figures(): SpaceFigures {
    this.#check();
    const { exports } = this.#live.core;
    return {
      total: exports.iovaTotalPages(this.space) >>> 0,
      used: exports.iovaUsedPages(this.space) >>> 0,
      peak: exports.iovaPeakPages(this.space) >>> 0,
      largestFree: exports.iovaLargestFree(this.space) >>> 0,
      freeRuns: exports.iovaFreeRuns(this.space) >>> 0,
    };
  }

  /**
   * arm_iommu_attach_device: the device's ops become the IOMMU ones and its SysMMUs translate. As in the kernel,
   * mappings alive are not checked: what was mapped before faults from now on, and its unmap goes to the IOMMU ops,
   * which know no such address: nothing of it is undone. Unmap first, or detach and unmap.
   * @throws IommuError when the driver refuses (16 EBUSY: attached elsewhere; 19 ENODEV: no SysMMU before it)
   * @throws TypeError for a device of another machine, or after the mapping was freed
   */
  attach(device: Device): void {
    this.#check();
    this.#mine(device);
    if (device.mapping !== null) {
      throw new IommuError(`device ${device.name} is attached to a mapping already`, 16);
    }
    if (device.sysmmus.length === 0) {
      throw new IommuError(`device ${device.name} has no SysMMU: the driver does not know it`, 19);
    }
    const error = this.#live.core.exports.deviceAttach(device.index, this.space, this.domain);
    if (error < 0) throw new IommuError(`the driver refused to attach ${device.name}`, -error);
    this.#references++;
    this.#devices.add(device);
    device.setMapping(this);
    this.#live.settle();
  }

  /**
   * arm_iommu_detach_device: back to linear ops, SysMMUs off. Live mappings are not checked, as in
   * the kernel, and no unmap reaches them afterwards; `machine.findings()` lists them as "leak".
   * @throws TypeError when the device is not attached here
   */
  detach(device: Device): void {
    this.#mine(device);
    if (!this.#devices.has(device))
      throw new TypeError(`device ${device.name} is not attached to this mapping`);
    this.#live.core.exports.deviceDetach(device.index);
    this.#devices.delete(device);
    device.setMapping(null);
    this.#put();
    this.#live.settle();
  }

  /**
   * arm_iommu_release_mapping: drops the creator's reference. The space lives on while devices are
   * attached.
   * @throws TypeError when released before
   */
  release(): void {
    this.#check();
    if (this.#references - this.#devices.size !== 1) throw new TypeError("the mapping was released before");
    this.#put();
  }

  /**
   * iommu_map on the mapping's domain: `size` bytes at `pa` appear at `iova`, in the largest pages that
   * fit. The IO-address space does not hear of it: this is the door below the dma-mapping calls.
   * @param access "read", "write" or "read-write" (profiles before v6.1 write no permissions)
   * @returns 0, or a negative errno (-22 not aligned, -98 occupied, -12 no memory for a table)
   */
  map(
    iova: number,
    pa: number,
    size: number,
    access: "read" | "write" | "read-write" = "read-write",
  ): number {
    this.#check();
    checkU32("iova", iova);
    checkU32("pa", pa);
    checkInteger("size", size, 1, 0xffff_ffff);
    checkChoice("access", access, ["read", "write", "read-write"]);
    const prot = (access === "write" ? 0 : PROT_READ) | (access === "read" ? 0 : PROT_WRITE);
    return this.#live.core.exports.iommuMap(this.domain, iova, pa, size, prot);
  }

  /** iommu_unmap on the mapping's domain. Returns the bytes that went, as the profile's kernel counts them. */
  unmap(iova: number, size: number): number {
    this.#check();
    checkU32("iova", iova);
    checkInteger("size", size, 1, 0xffff_ffff);
    return this.#live.core.exports.iommuUnmap(this.domain, iova, size) >>> 0;
  }

  /** iommu_iova_to_phys: the physical address of `iova`, 0 where nothing is mapped. */
  iovaToPhys(iova: number): number {
    this.#check();
    return this.#live.core.exports.iommuIovaToPhys(this.domain, checkU32("iova", iova)) >>> 0;
  }

  /** Physical address of the level-1 table, as the driver writes it to PT_BASE. */
  get tableBase(): number {
    this.#check();
    return this.#live.core.exports.domainTable(this.domain) >>> 0;
  }

  /**
   * iommu_set_fault_handler: one that returns `result` (0: the driver acknowledges and goes on), or
   * null for none, with which the kernel stops at a fault.
   */
  setFaultHandler(result: number | null): void {
    this.#check();
    if (result !== null) checkInteger("result", result, -4095, 4095);
    this.#live.core.exports.domainSetHandler(this.domain, result === null ? 0 : 1, result ?? 0);
  }

  #put(): void {
    this.#references--;
    if (this.#references > 0) return;
    const { exports } = this.#live.core;
    exports.domainDestroy(this.domain);
    exports.iovaDestroy(this.space);
  }

  #mine(device: Device): void {
    // No class at hand: its module imports this one's.
    if (typeof (device as Partial<Device> | null | undefined)?.belongsTo !== "function") {
      throw new TypeError(`device must be a Device, got ${describe(device)}`);
    }
    device.belongsTo(this.#live);
  }

  #check(): void {
    void this.#live.core;
    if (this.#references === 0) throw new TypeError("the mapping was freed");
  }
}
