// A page table alone: what the kernel's driver would write for given maps, without a machine around
// it. Its tables lie in DRAM of their own, in the hardware's format.
//
// Not modelled: devices and caches; nobody walks these tables but the caller.

import { checkChoice, checkInteger, checkObject, checkU32 } from "../check.js";
import { type Core, coreConstant } from "../core/core.js";
import { type CoreSource, loadCore } from "../core/load.js";
import { PROFILES, type Profile, setProfile } from "../dma/profiles.js";
import { checkVersion } from "../sysmmu/registers.js";

/** What {@link PageTable.create} wants. */
export interface PageTableOptions {
  /** Kernel whose driver writes the tables. Default "v6.1". */
  profile?: Profile;
  /** MMU_VERSION, which chooses the descriptor format (5.x on v6.1: 36 bits): 1.x, 2.x, 3.x, 5.x. Default 0x30600000 (3.3). */
  version?: number;
  /** Compiled core; default the embedded one. */
  core?: CoreSource;
}

/** A non-zero entry of a level-2 table. */
export interface Lv2Entry {
  /** Index in the table, 0..255. */
  readonly index: number;
  readonly value: number;
}

/** A level-1 entry that is not the default. */
export interface Lv1Entry {
  /** Index in the table, 0..4095: IO address bits 31:20. */
  readonly index: number;
  readonly value: number;
  /** Entries of the level-2 table it points to, null for a section. */
  readonly lv2: readonly Lv2Entry[] | null;
}

const DRAM_BASE = 0x4000_0000;
/** Room for level 1 and a level-2 table for each of its entries. */
const DRAM_BYTES = 8 << 20;
const PROT_READ = 1;
const PROT_WRITE = 2;

/** An IOMMU domain's page table. */
export class PageTable {
  #owned: Core | null;
  readonly #domain: number;
  readonly #shift: number;

  private constructor(core: Core, domain: number, shift: number) {
    this.#owned = core;
    this.#domain = domain;
    this.#shift = shift;
  }

  get #core(): Core {
    if (this.#owned === null) throw new TypeError("the page table was disposed");
    return this.#owned;
  }

  /** Drops the core and its memory; every later use throws TypeError. Idempotent. */
  dispose(): void {
    this.#owned = null;
  }

  /** `using`: as {@link dispose}. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /**
   * Makes an empty table.
   * @throws RangeError or TypeError naming the option that is wrong
   */
  static create(options: PageTableOptions = {}): PageTable {
    checkObject("options", options, ["profile", "version", "core"]);
    const profile = checkChoice("options.profile", options.profile ?? "v6.1", PROFILES);
    const version = checkVersion("options.version", options.version ?? 0x3060_0000);
    const core = loadCore(options.core);
    core.exports.machineInit(DRAM_BASE, DRAM_BYTES, PROFILES.indexOf(profile));
    setProfile(core, profile);
    core.exports.cacheInit(0, 0, 0, 0, 0, 0);
    const instance = core.exports.sysmmuCreate(version, 0, 0, 0, 0, 0, 0);
    core.exports.driverProbe(instance);
    const domain = core.exports.domainCreate() >>> 0;
    return new PageTable(core, domain, profile === "v6.1" && version >>> 28 === 5 ? 4 : 0);
  }

  /**
   * iommu_map: `size` bytes at `pa` appear at `iova`, in the largest pages that fit.
   * @param access "read", "write" or "read-write" (profiles before v6.1 write no permissions)
   * @returns 0, or a negative errno (-22 not aligned, -98 occupied, -12 no memory for a table)
   */
  map(
    iova: number,
    pa: number,
    size: number,
    access: "read" | "write" | "read-write" = "read-write",
  ): number {
    checkU32("iova", iova);
    checkU32("pa", pa);
    checkInteger("size", size, 1, 0xffff_ffff);
    checkChoice("access", access, ["read", "write", "read-write"]);
    const prot = (access === "write" ? 0 : PROT_READ) | (access === "read" ? 0 : PROT_WRITE);
    return this.#core.exports.iommuMap(this.#domain, iova, pa, size, prot);
  }

  /** iommu_unmap. Returns the bytes that went, as the profile's kernel counts them. */
  unmap(iova: number, size: number): number {
    checkU32("iova", iova);
    checkInteger("size", size, 1, 0xffff_ffff);
    return this.#core.exports.iommuUnmap(this.#domain, iova, size) >>> 0;
  }

  /** iommu_iova_to_phys: the physical address of `iova`, 0 where nothing is mapped. */
  iovaToPhys(iova: number): number {
    return this.#core.exports.iommuIovaToPhys(this.#domain, checkU32("iova", iova)) >>> 0;
  }

  /** Everything in the tables that is not the default, as it lies in memory. */
  entries(): Lv1Entry[] {
    const { exports } = this.#core;
    const table = exports.domainTable(this.#domain) >>> 0;
    const empty = exports.domainEmptyTable(this.#domain) >>> 0;
    const fallback = empty === 0 ? 0 : ((empty >>> this.#shift) | 1) >>> 0;
    const words = this.#core.u32;
    const at = (pa: number) => (coreConstant(this.#core, "DRAM") + pa - DRAM_BASE) >>> 2;
    const out: Lv1Entry[] = [];
    for (let index = 0; index < 4096; index++) {
      const value = words[at(table) + index]!;
      if (value === fallback) continue;
      let lv2: Lv2Entry[] | null = null;
      if ((value & 3) === 1) {
        lv2 = [];
        const first = at(this.#shift === 4 ? (value & 0xffff_ffc0) * 16 : (value & 0xffff_fc00) >>> 0);
        for (let i = 0; i < 256; i++)
          if (words[first + i] !== 0) lv2.push({ index: i, value: words[first + i]! });
      }
      out.push({ index, value, lv2 });
    }
    return out;
  }
}
