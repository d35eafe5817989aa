// Page tables of the Exynos IOMMU driver, slow and plain: objects instead of words. An independent
// account of the same rules; it shares no code with the core.

/** What a level-1 entry is: nothing, a section, or a table of 256 small slots. */
export type Lv1 =
  | { kind: "none" }
  | { kind: "section"; pa: number; prot: number }
  | { kind: "table"; slots: Slot[]; free: number };
/** What a level-2 slot is. */
export type Slot = null | { large: boolean; pa: number; prot: number };

/** Which kernel: the old driver (v3.5 to v3.14), v4.4, or v6.1. */
export type ModelKernel = "v3.6" | "v3.14" | "v4.4" | "v6.1";

const KIB4 = 0x1000;
const KIB64 = 0x10000;
const MIB = 0x100000;
const BUG = "BUG";

/** A domain. Map and unmap return what the kernel returns; "BUG" where it stops. */
export class PagetableModel {
  readonly entries = new Map<number, Lv1>();
  /** Counts that stay behind after a table is gone or without one. */
  readonly counts = new Map<number, number>();
  readonly kernel: ModelKernel;

  constructor(kernel: ModelKernel) {
    this.kernel = kernel;
  }

  get old(): boolean {
    return this.kernel === "v3.6" || this.kernel === "v3.14";
  }

  at(iova: number): Lv1 {
    return this.entries.get(Math.floor(iova / MIB)) ?? { kind: "none" };
  }

  /** iommu_map. */
  map(iova: number, pa: number, size: number, prot: number): number | typeof BUG {
    if (iova % KIB4 !== 0 || pa % KIB4 !== 0 || size % KIB4 !== 0) return -22;
    let done = 0;
    while (done < size) {
      const page = [MIB, KIB64, KIB4].find(
        (n) => n <= size - done && (iova + done) % n === 0 && (pa + done) % n === 0,
      )!;
      const error = this.mapPage(iova + done, pa + done, page, prot);
      if (error !== 0) {
        if (done > 0 && this.unmap(iova, done) === BUG) return BUG;
        return error;
      }
      done += page;
    }
    return 0;
  }

  /** One page. The old driver's write into section memory is not for this model. */
  mapPage(iova: number, pa: number, page: number, prot: number): number {
    const index = Math.floor(iova / MIB);
    const entry = this.at(iova);
    if (page === MIB) {
      if (entry.kind === "section") return -98;
      if (entry.kind === "table" && entry.free !== 256) return -98;
      this.entries.set(index, { kind: "section", pa, prot });
      return 0;
    }
    if (entry.kind === "section") return -98;
    let table = entry;
    if (table.kind === "none") {
      table = { kind: "table", slots: new Array<Slot>(256).fill(null), free: 256 };
      this.entries.set(index, table);
    }
    const first = Math.floor(iova / KIB4) % 256;
    if (page === KIB4) {
      if (table.slots[first] !== null) return -98;
      table.slots[first] = { large: false, pa, prot };
      table.free -= 1;
      return 0;
    }
    const taken = table.slots.slice(first, first + 16).findIndex((slot) => slot !== null);
    if (taken === -1) {
      for (let k = 0; k < 16; k++) table.slots[first + k] = { large: true, pa, prot };
      table.free -= 16;
      return 0;
    }
    if (this.old) {
      // What was written stays; as many slots are wiped from the occupied one on.
      for (let k = 0; k < taken; k++) table.slots[first + k] = { large: true, pa, prot };
      for (let k = 0; k < taken && first + taken + k < 256; k++) table.slots[first + taken + k] = null;
    }
    return -98;
  }

  /** iommu_unmap: bytes, -22, or "BUG". */
  unmap(iova: number, size: number): number | typeof BUG {
    if (iova % KIB4 !== 0 || size % KIB4 !== 0) return this.kernel === "v6.1" ? 0 : -22;
    let done = 0;
    while (done < size) {
      const left = size - done;
      const page =
        this.kernel === "v3.6" ? left : [MIB, KIB64, KIB4].find((n) => n <= left && (iova + done) % n === 0)!;
      const removed = this.unmapPage(iova + done, page);
      if (removed === BUG) return BUG;
      if (removed === 0) break;
      done += removed;
    }
    return done;
  }

  unmapPage(iova: number, size: number): number | typeof BUG {
    const index = Math.floor(iova / MIB) % 4096;
    const entry = this.entries.get(index) ?? { kind: "none" };
    if (entry.kind === "section") {
      if (size < MIB) return this.old ? BUG : 0;
      this.entries.delete(index);
      return MIB;
    }
    if (entry.kind === "none") return Math.min(size, MIB);
    const at = Math.floor(iova / KIB4) % 256;
    const slot = entry.slots[at]!;
    if (slot === null) return KIB4;
    if (!slot.large) {
      entry.slots[at] = null;
      entry.free += 1;
      return KIB4;
    }
    if (size < KIB64) return this.old ? BUG : 0;
    // From the middle of a large page too: sixteen slots from here on.
    for (let k = 0; k < 16 && at + k < 256; k++) entry.slots[at + k] = null;
    entry.free += 16;
    return KIB64;
  }

  /** iommu_iova_to_phys. */
  translate(iova: number): number {
    const entry = this.at(iova);
    if (entry.kind === "section") return entry.pa + (iova % MIB);
    if (entry.kind === "none") return 0;
    const slot = entry.slots[Math.floor(iova / KIB4) % 256]!;
    if (slot === null) return 0;
    return slot.pa + (iova % (slot.large ? KIB64 : KIB4));
  }

  /** Words as memory holds them: [level-1 index, word or null for a table, slots that are not 0, free count]. */
  words(version5: boolean): [number, number | null, [number, number][], number][] {
    const result: [number, number | null, [number, number][], number][] = [];
    for (const index of [...this.entries.keys()].sort((a, b) => a - b)) {
      const entry = this.entries.get(index)!;
      if (entry.kind === "section")
        result.push([index, this.#section(entry.pa, entry.prot, version5), [], 0]);
      if (entry.kind !== "table") continue;
      const slots = entry.slots.flatMap((slot, k): [number, number][] =>
        slot === null ? [] : [[k, this.#slot(slot, version5)]],
      );
      result.push([index, null, slots, entry.free]);
    }
    return result;
  }

  #section(pa: number, prot: number, version5: boolean): number {
    if (this.kernel !== "v6.1") return pa + 2;
    if (version5) return pa / 16 + (prot & 3) * 16 + 2;
    return pa + [0, 0x8400, 0x400, 0x400][prot & 3]! + 2;
  }

  #slot(slot: NonNullable<Slot>, version5: boolean): number {
    const type = slot.large ? 1 : 2;
    if (this.kernel !== "v6.1") return slot.pa + type;
    if (version5) return slot.pa / 16 + (slot.prot & 3) * 4 + type;
    return slot.pa + [0, 0x210, 0x10, 0x10][slot.prot & 3]! + type;
  }
}
