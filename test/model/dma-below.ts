// What lies below the dma ops in the slow model: IO addresses as an array of booleans, the IOMMU as a
// map of pages, cache maintenance as events. Shares no code with the core.

export type Version = "v3.6" | "v3.14" | "v4.4" | "v6.1";
export type Event = (string | number)[];

export const PAGE = 4096;
export const ERROR = 0xffff_ffff;
export const SKIP = 0x20;
const PRIVILEGED = 0x200;

export const pagesOf = (bytes: number): number => Math.ceil(bytes / PAGE);

/** Least n with 2^n >= pages; 20 for none. */
export function orderOf(pages: number): number {
  if (pages === 0) return 20;
  let order = 0;
  while (2 ** order < pages) order++;
  return order;
}

/** First fit in an array of booleans; -1 when there is no room. */
export function firstFit(taken: boolean[], pages: number, align: number): number {
  for (let at = 0; at + pages <= taken.length; at += align) {
    if (taken.slice(at, at + pages).every((bit) => !bit)) return at;
  }
  return -1;
}

export class DmaBelow {
  readonly version: Version;
  readonly coherent: boolean;
  readonly base: number;
  readonly iova: boolean[];
  readonly table = new Map<number, number>();
  readonly pool: boolean[] = new Array<boolean>(64).fill(false);
  readonly poolBase: number;
  maxSeg = 65536;
  events: Event[] = [];
  /** How many iommu_map calls succeed before one fails; -1 none fails. */
  failAfter = -1;
  failWith = -12;
  /** Decides about each block of pages: an address, or -1. */
  takePages: (pages: number) => number = () => -1;
  remapFails = false;
  lastHandle = ERROR;

  constructor(version: Version, coherent: boolean, base: number, size: number, poolBase: number) {
    this.version = version;
    this.coherent = coherent;
    this.base = base;
    this.iova = new Array<boolean>(size / PAGE).fill(false);
    this.poolBase = poolBase;
  }

  get old(): boolean {
    return this.version !== "v6.1";
  }

  /** v3.14 attaches the plain table to every device. */
  get snoops(): boolean {
    return this.coherent && this.version !== "v3.14";
  }

  usedPages(): number {
    return this.iova.filter((bit) => bit).length;
  }

  // ---- below the ops -----------------------------------------------------------

  takeIova(bytes: number): number {
    const pages = pagesOf(bytes);
    const cap = this.version === "v3.6" ? 20 : 8;
    const at = firstFit(this.iova, pages, 2 ** Math.min(orderOf(pages), cap));
    if (at < 0) return ERROR;
    this.iova.fill(true, at, at + pages);
    return this.base + at * PAGE;
  }

  giveIova(address: number, bytes: number): void {
    const at = (address - this.base) / PAGE;
    this.iova.fill(false, at, at + pagesOf(bytes));
  }

  iommuMap(iova: number, pa: number, bytes: number, prot: number): number {
    let result = 0;
    if (this.failAfter === 0) result = this.failWith;
    if (this.failAfter >= 0) this.failAfter--;
    if (result === 0) for (let n = 0; n < bytes; n += PAGE) this.table.set(iova + n, pa + n);
    this.events.push(["iommu_map", iova, pa, bytes, prot, result]);
    return result;
  }

  iommuUnmap(iova: number, bytes: number): void {
    for (let n = 0; n < bytes; n += PAGE) this.table.delete(iova + n);
    this.events.push(["iommu_unmap", iova, bytes]);
  }

  lookUp(iova: number): number {
    const pa = this.table.get(iova) ?? 0;
    this.events.push(["iova_to_phys", iova, pa]);
    return pa;
  }

  remove(dma: number, length: number): void {
    const inPage = dma % PAGE;
    const bytes = pagesOf(inPage + length) * PAGE;
    this.iommuUnmap(dma - inPage, bytes);
    this.giveIova(dma - inPage, bytes);
  }

  prot(dir: number, attrs: number): number {
    if (this.version === "v3.6") return 0;
    const bits = dir === 0 ? 3 : dir;
    return this.version === "v6.1" && (attrs & PRIVILEGED) !== 0 ? bits + 32 : bits;
  }

  toDevice(pa: number, size: number, dir: number): void {
    this.events.push(["dmac_map", pa, size, dir, 0]);
    this.events.push([dir === 2 ? "outer_inv" : "outer_clean", pa, pa + size]);
  }

  toCpu(pa: number, size: number, dir: number): void {
    if (dir !== 1) this.events.push(["outer_inv", pa, pa + size]);
    if (dir !== 1 || this.version === "v3.6" || this.version === "v3.14") {
      this.events.push(["dmac_unmap", pa, size, dir, 0]);
    }
    if (dir === 1) return;
    if (this.version === "v3.6") {
      if (pa % PAGE === 0 && size >= PAGE) this.events.push(["dcache_clean", pa]);
      return;
    }
    // Every page that the range covers as a whole.
    for (let page = pagesOf(pa) * PAGE; page + PAGE <= pa + size; page += PAGE) {
      this.events.push(["dcache_clean", page]);
    }
  }

  syncs(attrs: number): boolean {
    return !this.snoops && (attrs & SKIP) === 0;
  }
}
