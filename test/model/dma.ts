// A slow, obvious model of the dma ops behind an IOMMU: sets of pages, lists of pages, one call after
// the other as the specification tells it (spec dma-mapping 2.3 to 2.7). Shares no code with the core.
//
// It covers lowmem and one bitmap of IO addresses; highmem and extensions have models of their own.

import { DmaBelow, ERROR, firstFit, orderOf, PAGE, pagesOf } from "./dma-below.js";

export type { Version } from "./dma-below.js";
export interface Entry {
  page: number;
  offset: number;
  length: number;
  dmaAddress: number;
  dmaLength: number;
}
export interface Buffer {
  handle: number;
  pages: number[];
  kind: "remap" | "pool" | "pages" | "linear";
  contiguous: boolean;
}

const CONTIGUOUS = 0x40;
const SINGLE = 0x80;
const COOKIE = 0x10;

export class DmaModel extends DmaBelow {
  // ---- streaming ops -------------------------------------------------------------

  mapPage(page: number, offset: number, size: number, dir: number, attrs: number): number {
    if (this.syncs(attrs)) this.toDevice(page + offset, size, dir);
    return this.mapOne(page, offset, size, this.prot(dir, attrs));
  }

  mapResource(pa: number, size: number, dir: number, attrs: number): number {
    return this.mapOne(pa - (pa % PAGE), pa % PAGE, size, this.prot(dir, attrs) + 16);
  }

  private mapOne(page: number, offset: number, size: number, prot: number): number {
    const bytes = pagesOf(offset + size) * PAGE;
    const iova = this.takeIova(bytes);
    if (iova === ERROR) return ERROR;
    if (this.iommuMap(iova, page, bytes, prot) < 0) {
      this.giveIova(iova, bytes);
      return ERROR;
    }
    return iova + offset;
  }

  unmapPage(dma: number, size: number, dir: number, attrs: number): void {
    const iova = dma - (dma % PAGE);
    const looksFirst = this.old && !(this.version === "v4.4" && this.coherent);
    let page = looksFirst ? this.lookUp(iova) : 0;
    if (iova === 0) return;
    if (this.syncs(attrs)) {
      if (!looksFirst) page = this.lookUp(iova);
      this.toCpu(page + (dma % PAGE), size, dir);
    }
    this.remove(dma, size);
  }

  unmapResource(dma: number, size: number): void {
    if (dma >= PAGE) this.remove(dma, size);
  }

  /** False when the table has no such op. */
  sync(dma: number, size: number, dir: number, forDevice: boolean): boolean {
    if (this.version === "v4.4" && this.coherent) return false;
    const iova = dma - (dma % PAGE);
    if (this.version === "v6.1" && (this.coherent || iova === 0)) return true;
    const page = this.lookUp(iova);
    if (iova === 0) return true;
    const pa = page + (dma % PAGE);
    // v3.6 cleans for coherent devices too.
    if (forDevice && (!this.snoops || this.version === "v3.6")) this.toDevice(pa, size, dir);
    if (!forDevice && !this.snoops) this.toCpu(pa, size, dir);
    return true;
  }

  // ---- scatterlists ----------------------------------------------------------------

  /** The list cut into segments: each the entries from `from` on, `bytes` with the first offset. */
  static segments(list: readonly Entry[], maxSeg: number): { from: number; bytes: number; offset: number }[] {
    const segments = [{ from: 0, bytes: list[0]!.offset + list[0]!.length, offset: list[0]!.offset }];
    for (let i = 1; i < list.length; i++) {
      const last = segments.at(-1)!;
      const { offset, length } = list[i]!;
      if (offset === 0 && last.bytes % PAGE === 0 && last.bytes + length <= maxSeg) last.bytes += length;
      else segments.push({ from: i, bytes: offset + length, offset });
    }
    return segments;
  }

  mapSg(list: Entry[], dir: number, attrs: number): number {
    const segments = DmaModel.segments(list, this.maxSeg);
    for (const [n, segment] of segments.entries()) {
      // Entries are visited up to the one that closes the segment.
      const end = segments[n + 1]?.from ?? list.length - 1;
      for (let i = 1; i <= end; i++) {
        if (i <= segment.from) continue;
        if (this.old) list[i]!.dmaAddress = ERROR;
        list[i]!.dmaLength = 0;
      }
      const result = this.mapSegment(list, segment, list[n]!, dir, attrs);
      if (result < 0) {
        for (let k = 0; k < n; k++) this.remove(list[k]!.dmaAddress, list[k]!.dmaLength);
        if (this.old) return 0;
        return result === -12 ? -12 : -22;
      }
    }
    return segments.length;
  }

  private mapSegment(
    list: Entry[],
    segment: { from: number; bytes: number; offset: number },
    out: Entry,
    dir: number,
    attrs: number,
  ): number {
    const pages = pagesOf(segment.bytes);
    out.dmaAddress = ERROR;
    const base = this.takeIova(segment.bytes);
    if (base === ERROR) return -12;
    let done = 0;
    for (let i = segment.from; done < pages; i++) {
      const { page, offset, length } = list[i]!;
      if (this.syncs(attrs)) this.toDevice(page + offset, length, dir);
      const bytes = pagesOf(offset + length) * PAGE;
      const result = this.iommuMap(base + done * PAGE, page, bytes, this.prot(dir, attrs));
      if (result < 0) {
        this.iommuUnmap(base, done * PAGE);
        this.giveIova(base, segment.bytes);
        return result;
      }
      done += bytes / PAGE;
    }
    out.dmaAddress = base + segment.offset;
    out.dmaLength = segment.bytes - segment.offset;
    return 0;
  }

  unmapSg(list: readonly Entry[], dir: number, attrs: number): void {
    for (const entry of list) {
      if (entry.dmaLength !== 0) this.remove(entry.dmaAddress, entry.dmaLength);
      if (this.syncs(attrs)) this.toCpu(entry.page + entry.offset, entry.length, dir);
    }
  }

  syncSg(list: readonly Entry[], dir: number, forDevice: boolean): boolean {
    if (this.version === "v4.4" && this.coherent) return false;
    if (this.snoops) return true;
    for (const { page, offset, length } of list) {
      if (forDevice) this.toDevice(page + offset, length, dir);
      else this.toCpu(page + offset, length, dir);
    }
    return true;
  }

  // ---- alloc and free ----------------------------------------------------------------

  alloc(size: number, atomic: boolean, attrs: number): Buffer | undefined {
    this.lastHandle = ERROR;
    const count = pagesOf(size);
    if (this.version === "v6.1" && this.coherent) return this.allocPlain(count, attrs);
    if (atomic) return this.allocAtomic(count, attrs);
    const contiguous = (attrs & CONTIGUOUS) !== 0 && this.version !== "v3.6";
    const pages = contiguous ? this.contiguous(count) : this.gather(count, attrs);
    if (pages === undefined) return undefined;
    const handle = this.mapPages(pages, attrs);
    const buffer: Buffer = { handle, pages, contiguous, kind: "remap" };
    if (handle === ERROR) {
      this.freePages(buffer);
      return undefined;
    }
    this.lastHandle = handle;
    if ((attrs & COOKIE) !== 0) return { ...buffer, kind: "pages" };
    if (this.remapFails) {
      this.events.push(["remap", count, -1]);
      this.remove(handle, count * PAGE);
      this.freePages(buffer);
      return undefined;
    }
    this.events.push(["remap", count, 0]);
    return buffer;
  }

  private block(order: number): number {
    const pa = this.takePages(2 ** order);
    this.events.push(["alloc_pages", order, pa]);
    return pa;
  }

  private clear(pa: number, bytes: number, flush: boolean): void {
    this.events.push(["zero", pa, bytes]);
    if (!flush) return;
    this.events.push(["dmac_flush", pa, bytes, 0], ["outer_flush", pa, pa + bytes]);
  }

  private contiguous(count: number): number[] | undefined {
    const pa = this.takePages(count);
    this.events.push(["cma_alloc", count, orderOf(count), pa]);
    if (pa < 0) return undefined;
    this.clear(pa, count * PAGE, true);
    return Array.from({ length: count }, (_, n) => pa + n * PAGE);
  }

  private gather(count: number, attrs: number): number[] | undefined {
    const pages: number[] = [];
    const ladder = (attrs & SINGLE) !== 0 ? [0] : [9, 8, 4, 0];
    while (pages.length < count) {
      const left = count - pages.length;
      let pa = -1;
      let order = Math.floor(Math.log2(left));
      if (this.version === "v6.1") {
        while (2 ** ladder[0]! > left) ladder.shift();
        order = ladder[0]!;
        pa = this.block(order);
        if (pa < 0 && order > 0) {
          ladder.shift();
          continue;
        }
      } else {
        for (; order >= 0 && pa < 0; order--) pa = this.block(order);
        order++;
      }
      if (pa < 0) {
        for (const page of pages.reverse()) this.events.push(["free_page", page, 0]);
        return undefined;
      }
      this.clear(pa, 2 ** order * PAGE, true);
      for (let n = 0; n < 2 ** order; n++) pages.push(pa + n * PAGE);
    }
    return pages;
  }

  private mapPages(pages: readonly number[], attrs: number): number {
    const base = this.takeIova(pages.length * PAGE);
    if (base === ERROR) return ERROR;
    let first = 0;
    while (first < pages.length) {
      let n = 1;
      while (pages[first + n] === pages[first]! + n * PAGE) n++;
      const iova = base + first * PAGE;
      if (this.iommuMap(iova, pages[first]!, n * PAGE, this.prot(0, attrs)) < 0) {
        this.iommuUnmap(base, first * PAGE);
        this.giveIova(base, pages.length * PAGE);
        return ERROR;
      }
      first += n;
    }
    return base;
  }

  private freePages({ pages, contiguous }: Buffer): void {
    if (contiguous) this.events.push(["cma_free", pages[0]!, pages.length]);
    else for (const page of pages) this.events.push(["free_page", page, 0]);
  }

  private allocAtomic(count: number, attrs: number): Buffer | undefined {
    const at = firstFit(this.pool, count, 2 ** orderOf(count));
    const pa = at < 0 ? ERROR : this.poolBase + at * PAGE;
    if (this.version !== "v3.6") this.events.push(["pool_alloc", count, at < 0 ? -1 : pa]);
    if (at < 0) return undefined;
    this.pool.fill(true, at, at + count);
    const pages = Array.from({ length: count }, (_, n) => pa + n * PAGE);
    const handle = this.mapPages(pages, attrs);
    if (handle === ERROR) {
      this.pool.fill(false, at, at + count);
      if (this.version !== "v3.6") this.events.push(["pool_free", pa, count]);
      return undefined;
    }
    this.lastHandle = handle;
    return { handle, pages, contiguous: false, kind: "pool" };
  }

  private allocPlain(count: number, attrs: number): Buffer | undefined {
    const pa = this.block(orderOf(count));
    if (pa < 0) return undefined;
    for (let n = count; n < 2 ** orderOf(count); n++) this.events.push(["free_page", pa + n * PAGE, 0]);
    this.clear(pa, count * PAGE, false);
    const pages = Array.from({ length: count }, (_, n) => pa + n * PAGE);
    const handle = this.mapPages(pages, attrs);
    if (handle === ERROR) return undefined; // the block is lost
    this.lastHandle = handle;
    return { handle, pages, contiguous: false, kind: "linear" };
  }

  free(buffer: Buffer): void {
    const { handle, pages, kind } = buffer;
    if (kind === "remap") this.events.push(["unremap", 0]);
    this.remove(handle, pages.length * PAGE);
    if (kind !== "pool") {
      this.freePages(buffer);
      return;
    }
    if (this.version === "v3.6") return; // never comes back
    const at = (pages[0]! - this.poolBase) / PAGE;
    this.pool.fill(false, at, at + pages.length);
    this.events.push(["pool_free", pages[0]!, pages.length]);
  }
}
